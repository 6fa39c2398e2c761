//! The state tree: what a batch's state root is the root of.
//!
//! A Merkle tree with a leaf for every slot that was ever written to. It has 256 levels, hashed with Blake2s-256: a leaf is the hash of its
//! number (8 bytes, big-endian) and its value, a place without a leaf that of 40 zero bytes, a node that of its two children.
//! Leaves are numbered from 1 in the order of their first writes; a slot that becomes zero again keeps its leaf. Where a
//! leaf is follows from the [derived key](crate::pubdata::derived_key) of its slot: see [`LeafKey`].
//!
//! [`StateTree`] keeps a tree in memory, [`persistent::Store`](crate::persistent::Store) on disk. Both keep nodes with sixteen children, and
//! none above a single leaf; a batch reads and writes each node above its writes once.
//!
//! ```
//! use eravm_core::{Address, Word};
//! use eravm_host::state_tree::{LeafKey, StateTree};
//!
//! let slot = |number| LeafKey::of_slot(&Address::repeat_byte(1), &Word::from_u64(number));
//! let mut tree = StateTree::new();
//! let root = tree.apply(&[(slot(1), Word::ONE), (slot(2), Word::MAX)])?;
//!
//! let proof = tree.prove(&slot(2))?;
//! let leaf = proof.verify(&root, &slot(2))?.expect("it was written to");
//! assert_eq!((leaf.index, leaf.value), (2, Word::MAX));
//! assert_eq!(tree.prove(&slot(3))?.verify(&root, &slot(3))?, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod entries;
mod error;
mod hashing;
mod key;
mod node;
mod proof;
mod rebuild;
mod source;
mod update;

pub(crate) use entries::Entries;
pub use error::TreeError;
pub use hashing::{TREE_DEPTH, empty_subtree};
pub use key::LeafKey;
pub(crate) use node::{Node, Position};
pub(crate) use proof::prove;
pub use proof::{Proof, ProofError};
pub(crate) use rebuild::RootOfLeaves;
pub use source::TreeHead;
pub(crate) use source::TreeSource;
pub(crate) use update::patch;

use crate::batch::Leaf;
use crate::pubdata::Hash;
use eravm_core::Word;
use source::Memory;

/// A tree in memory.
#[derive(Clone, Debug)]
pub struct StateTree {
    memory: Memory,
    head: TreeHead,
}

impl Default for StateTree {
    fn default() -> Self {
        Self::new()
    }
}

impl StateTree {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self { memory: Memory::default(), head: TreeHead::empty() }
    }

    /// Writes values and returns the new root. A leaf that is there keeps its number; new ones get the next numbers in the order in which
    /// they come. Of several writes of a leaf the last one counts. A value of zero is a value.
    ///
    /// # Errors
    /// If there are no more numbers. Then nothing is written.
    pub fn apply(&mut self, writes: &[(LeafKey, Word)]) -> Result<Hash, TreeError> {
        let entries = Entries::of_writes(&self.memory, &self.head, writes.iter().copied())?;
        self.write(&entries)
    }

    /// Takes leaves with their numbers as they are, and returns the new root: a state that was numbered before. That no number is there
    /// twice is not checked.
    ///
    /// # Errors
    /// If a leaf has number 0, or another one than it has in the tree. Then nothing is written.
    pub fn insert(
        &mut self,
        leaves: impl IntoIterator<Item = (LeafKey, Leaf)>,
    ) -> Result<Hash, TreeError> {
        let entries = Entries::of_leaves(&self.memory, &self.head, leaves)?;
        self.write(&entries)
    }

    fn write(&mut self, entries: &Entries) -> Result<Hash, TreeError> {
        let patch = patch(&self.memory, &self.head, entries)?;
        self.memory.nodes.extend(patch.nodes);
        self.memory.leaves.extend(entries.sorted().iter().map(|entry| (entry.key, entry.leaf)));
        self.head = patch.head;
        Ok(self.head.root)
    }

    /// The root.
    pub const fn root(&self) -> Hash {
        self.head.root
    }

    /// How many leaves there are.
    pub const fn leaf_count(&self) -> u64 {
        self.head.leaf_count
    }

    /// The tree as a whole.
    pub const fn head(&self) -> TreeHead {
        self.head
    }

    /// What a leaf holds, if it was ever written to.
    pub fn leaf(&self, key: &LeafKey) -> Option<Leaf> {
        self.memory.leaves.get(key).copied()
    }

    /// Proves to whoever knows the root what is at a place, or that nothing is there.
    ///
    /// # Errors
    /// If the tree contradicts itself, which it does not.
    pub fn prove(&self, key: &LeafKey) -> Result<Proof, TreeError> {
        prove(&self.memory, key)
    }
}
