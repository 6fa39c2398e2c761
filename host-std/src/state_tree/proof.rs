//! Proofs that a leaf is in a tree, or that there is none.

use super::error::TreeError;
use super::hashing::{self, Lone, TREE_DEPTH, empty_subtree, row_above};
use super::key::LeafKey;
use super::node::{Child, LEVELS, Node, Position, STEPS, children_height};
use super::source::TreeSource;
use crate::batch::Leaf;
use crate::pubdata::Hash;
use core::fmt;
use eravm_core::Word;

/// A proof of what the tree with a certain root has at a certain place.
///
/// At most [`TREE_DEPTH`] hashes, which is checked when one is [made from parts](Self::from_parts).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    leaf: Option<Leaf>,
    siblings: Vec<Hash>,
}

/// Why something is no proof.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProofError {
    /// It has this many hashes, more than the tree has levels.
    TooLong(usize),
    /// It has a value for a leaf with number 0, which stands for no leaf.
    ValueOfNoLeaf(Word),
    /// It leads to this root.
    OtherRoot(Hash),
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(length) => {
                write!(f, "the proof has {length} hashes, more than {TREE_DEPTH}")
            }
            Self::ValueOfNoLeaf(value) => {
                write!(f, "the proof has the value {value} of a leaf without a number")
            }
            Self::OtherRoot(root) => {
                write!(f, "the proof leads to the root {}", Word::from_be_bytes(root))
            }
        }
    }
}

impl core::error::Error for ProofError {}

impl Proof {
    /// A proof that came from elsewhere: number and value of the leaf, both 0 if there is none, and the siblings of what is on the way
    /// to the root, from the leaf on. Siblings of the first of them may be left out if they are subtrees without leaves.
    ///
    /// # Errors
    /// If it cannot be one.
    pub fn from_parts(index: u64, value: Word, siblings: Vec<Hash>) -> Result<Self, ProofError> {
        if siblings.len() > TREE_DEPTH {
            return Err(ProofError::TooLong(siblings.len()));
        }
        let leaf = match index {
            0 if value.is_zero() => None,
            0 => return Err(ProofError::ValueOfNoLeaf(value)),
            _ => Some(Leaf { value, index }),
        };
        Ok(Self { leaf, siblings })
    }

    /// What it proves to be there. `None`: nothing.
    pub const fn leaf(&self) -> Option<Leaf> {
        self.leaf
    }

    /// The siblings of what is on the way to the root, from the leaf on, without the first ones that are subtrees without leaves.
    pub fn siblings(&self) -> &[Hash] {
        &self.siblings
    }

    /// All [`TREE_DEPTH`] siblings.
    pub fn all_siblings(&self) -> impl Iterator<Item = Hash> + '_ {
        let left_out = TREE_DEPTH.saturating_sub(self.siblings.len());
        (0..left_out).map(empty_subtree).chain(self.siblings.iter().copied())
    }

    /// The root of the tree that has the leaf at a place, or no leaf there.
    pub fn root(&self, key: &LeafKey) -> Hash {
        let left_out = TREE_DEPTH.saturating_sub(self.siblings.len());
        let begin = match &self.leaf {
            Some(leaf) => Lone::subtree(*key, leaf, left_out),
            None => empty_subtree(left_out),
        };
        (left_out..)
            .zip(&self.siblings)
            .fold(begin, |hash, (height, sibling)| hashing::parent(key, height, &hash, sibling))
    }

    /// Checks the proof, and says what is there.
    ///
    /// # Errors
    /// If it proves nothing about the tree with this root.
    pub fn verify(&self, root: &Hash, key: &LeafKey) -> Result<Option<Leaf>, ProofError> {
        match self.root(key) {
            actual if actual == *root => Ok(self.leaf),
            actual => Err(ProofError::OtherRoot(actual)),
        }
    }
}

/// Proves what is at a place.
pub(crate) fn prove<S: TreeSource>(source: &S, key: &LeafKey) -> Result<Proof, S::Error> {
    // From the root down; `None` for a subtree without leaves.
    let mut siblings: Vec<Option<Hash>> = Vec::new();
    let mut leaf = None;
    let mut node = source.node(&Position::ROOT)?.unwrap_or_default();
    for level in 0..LEVELS {
        siblings.extend(siblings_in(&node, key, level));
        match node.child(key.nibble(level)) {
            None => break,
            Some(Child::Node { .. }) => {
                if level + 1 >= LEVELS {
                    return Err(TreeError::NodeMissing { key: *key, level: level + 1 }.into());
                }
                node = source.known_node(key, level + 1)?;
            }
            Some(Child::Leaf { key: other, .. }) => {
                let content = source.known_leaf(other)?;
                if other == key {
                    leaf = Some(content);
                } else {
                    // Below this, the other leaf is alone up to where the ways part.
                    let height = key.meets(other).saturating_sub(1);
                    siblings.resize(TREE_DEPTH - height - 1, None);
                    siblings.push(Some(Lone::subtree(*other, &content, height)));
                }
                break;
            }
        }
    }
    while siblings.last() == Some(&None) {
        siblings.pop();
    }
    let heights = (0..TREE_DEPTH).rev();
    let filled =
        heights.zip(siblings).map(|(height, hash)| hash.unwrap_or_else(|| empty_subtree(height)));
    let mut siblings: Vec<_> = filled.collect();
    siblings.reverse();
    Ok(Proof { leaf, siblings })
}

/// The siblings of what is on the way to a leaf from a node to its child, from above.
fn siblings_in(node: &Node, key: &LeafKey, level: usize) -> Vec<Option<Hash>> {
    let mut row = node.row().to_vec();
    let mut place = usize::from(key.nibble(level));
    let mut siblings = Vec::with_capacity(STEPS);
    for step in 0..STEPS {
        siblings.push(row.get(place ^ 1).copied().flatten());
        row = row_above(&row, children_height(level) + step);
        place /= 2;
    }
    siblings.reverse();
    siblings
}
