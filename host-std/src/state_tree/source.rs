//! Where a tree is kept.

use super::error::TreeError;
use super::hashing::{TREE_DEPTH, empty_subtree};
use super::key::LeafKey;
use super::node::{Node, Position};
use crate::batch::Leaf;
use crate::pubdata::Hash;
use std::collections::HashMap;

/// What a tree is as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TreeHead {
    /// Hash of the root.
    pub root: Hash,
    /// How many leaves there are.
    pub leaf_count: u64,
    /// The highest number of a leaf. The next new one gets the number after it.
    pub last_index: u64,
}

impl TreeHead {
    /// Of the tree without leaves.
    pub fn empty() -> Self {
        Self { root: empty_subtree(TREE_DEPTH), leaf_count: 0, last_index: 0 }
    }
}

/// Where the nodes and the leaves of a tree are kept.
pub(crate) trait TreeSource {
    /// Why it cannot answer, or is wrong.
    type Error: From<TreeError>;

    /// The node at a position.
    fn node(&self, position: &Position) -> Result<Option<Node>, Self::Error>;

    /// What a leaf holds.
    fn leaf(&self, key: &LeafKey) -> Result<Option<Leaf>, Self::Error>;

    /// The node with `level` nodes above on the way to a leaf, which is there.
    fn known_node(&self, key: &LeafKey, level: usize) -> Result<Node, Self::Error> {
        let node = self.node(&Position::on_way_to(key, level))?;
        node.ok_or_else(|| TreeError::NodeMissing { key: *key, level }.into())
    }

    /// What a leaf holds that is there.
    fn known_leaf(&self, key: &LeafKey) -> Result<Leaf, Self::Error> {
        self.leaf(key)?.ok_or_else(|| TreeError::LeafMissing(*key).into())
    }
}

/// A tree in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    pub(super) nodes: HashMap<Position, Node>,
    pub(super) leaves: HashMap<LeafKey, Leaf>,
}

impl TreeSource for Memory {
    type Error = TreeError;

    fn node(&self, position: &Position) -> Result<Option<Node>, TreeError> {
        Ok(self.nodes.get(position).cloned())
    }

    fn leaf(&self, key: &LeafKey) -> Result<Option<Leaf>, TreeError> {
        Ok(self.leaves.get(key).copied())
    }
}
