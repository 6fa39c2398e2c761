//! The Merkle tree of a batch's logs to L1.
//!
//! A binary tree of keccak256 with a fixed number of leaves; a leaf is the hash of an 88-byte log, and a leaf without a log that
//! of 88 zero bytes. Its root is part of what the settlement layer stores, and contracts there check proofs against it.
//! Every protocol version from 25 on has 16384 leaves.

use super::hash::{Hash, keccak};
use super::l1_log::{L2ToL1Log, LOG_BYTES};
use core::fmt;

/// Levels of nodes above the leaves.
pub const LOG_TREE_DEPTH: usize = 14;
/// Leaves, of which each may have a log.
const LEAVES: usize = 1 << LOG_TREE_DEPTH;

/// What a tree cannot do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogTreeError {
    /// It has a log in every leaf.
    Full,
    /// There is no log of this number.
    NoSuchLog {
        /// The number.
        index: usize,
        /// How many there are.
        logs: usize,
    },
}

impl fmt::Display for LogTreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => write!(f, "more than {LEAVES} logs to L1 in a batch"),
            Self::NoSuchLog { index, logs } => {
                write!(f, "log {index} of a batch that has {logs} logs to L1")
            }
        }
    }
}

impl core::error::Error for LogTreeError {}

/// The tree. Adding a log hashes its path only, and subtrees without logs are hashed once.
#[derive(Clone, Debug)]
pub struct LogTree {
    /// Nodes above at least one log: the leaves first, the root last.
    levels: [Vec<Hash>; LOG_TREE_DEPTH + 1],
    /// Roots of trees without logs, by depth.
    empty: [Hash; LOG_TREE_DEPTH + 1],
}

impl Default for LogTree {
    fn default() -> Self {
        let mut next = keccak(&[&[0; LOG_BYTES]]);
        let empty = core::array::from_fn(|_| {
            let hash = next;
            next = node(&hash, &hash);
            hash
        });
        Self { levels: Default::default(), empty }
    }
}

fn node(left: &Hash, right: &Hash) -> Hash {
    keccak(&[left, right])
}

impl LogTree {
    /// A tree without logs.
    pub fn new() -> Self {
        Self::default()
    }

    /// A tree with these logs.
    ///
    /// # Errors
    /// If there are too many.
    pub fn of<'a>(logs: impl IntoIterator<Item = &'a L2ToL1Log>) -> Result<Self, LogTreeError> {
        let mut tree = Self::new();
        logs.into_iter().try_for_each(|log| tree.push(log).map(|_| ()))?;
        Ok(tree)
    }

    /// How many logs it has.
    pub fn len(&self) -> usize {
        self.levels.first().map_or(0, Vec::len)
    }

    /// Whether it has no logs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a log, and gives its number.
    ///
    /// # Errors
    /// If there is no leaf left.
    pub fn push(&mut self, log: &L2ToL1Log) -> Result<usize, LogTreeError> {
        let index = self.len();
        if index >= LEAVES {
            return Err(LogTreeError::Full);
        }
        let mut hash = keccak(&[&log.encode()]);
        let mut place = index;
        for (level, empty) in self.levels.iter_mut().zip(&self.empty) {
            match level.get_mut(place) {
                Some(old) => *old = hash,
                // Nodes are added from the left, so the next one is at the end.
                None => level.push(hash),
            }
            let sibling = level.get(place ^ 1).unwrap_or(empty);
            hash =
                if place.is_multiple_of(2) { node(&hash, sibling) } else { node(sibling, &hash) };
            place /= 2;
        }
        Ok(index)
    }

    /// The root of this tree.
    pub fn root(&self) -> Hash {
        let [.., empty] = &self.empty;
        let [.., top] = &self.levels;
        *top.first().unwrap_or(empty)
    }

    /// The proof that a log is part of the tree, as the tree is now.
    ///
    /// # Errors
    /// If there is no such log.
    pub fn proof(&self, index: usize) -> Result<LogProof, LogTreeError> {
        let logs = self.len();
        if index >= logs {
            return Err(LogTreeError::NoSuchLog { index, logs });
        }
        let mut path = [[0; 32]; LOG_TREE_DEPTH];
        let levels = self.levels.iter().zip(&self.empty).enumerate();
        for (place, (height, (level, empty))) in path.iter_mut().zip(levels) {
            *place = *level.get(index >> height ^ 1).unwrap_or(empty);
        }
        Ok(LogProof { index, path })
    }
}

/// The proof that a log is part of a tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogProof {
    /// The number of the log.
    pub index: usize,
    /// The sibling of every node above the log, from the leaf on.
    pub path: [Hash; LOG_TREE_DEPTH],
}

impl LogProof {
    /// Whether it proves that the log is part of the tree with this root.
    pub fn verifies(&self, log: &L2ToL1Log, root: &Hash) -> bool {
        if self.index >= LEAVES {
            return false;
        }
        let leaf = keccak(&[&log.encode()]);
        let folded = self.path.iter().enumerate().fold(leaf, |hash, (height, sibling)| {
            match self.index >> height & 1 {
                0 => node(&hash, sibling),
                _ => node(sibling, &hash),
            }
        });
        folded == *root
    }
}

/// The root that `L1Messenger` sends to L1 since protocol version 26: over that of the batch's own logs and that of the chains
/// which settle on this one (`MessageRoot`).
pub fn message_root(local: &Hash, aggregated: &Hash) -> Hash {
    node(local, aggregated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use eravm_core::{Address, Word};

    fn log(number: u64) -> L2ToL1Log {
        L2ToL1Log {
            shard_id: 0,
            is_service: true,
            tx_number: 1,
            sender: Address::repeat_byte(2),
            key: Word::from_u64(number),
            value: Word::ZERO,
        }
    }

    /// The root, computed from all leaves.
    fn slow_root(logs: &[L2ToL1Log]) -> Hash {
        let mut nodes: Vec<Hash> = logs.iter().map(|log| keccak(&[&log.encode()])).collect();
        nodes.resize(LEAVES, keccak(&[&[0; LOG_BYTES]]));
        while nodes.len() > 1 {
            nodes = nodes.chunks(2).map(|pair| keccak(&[&pair.concat()])).collect();
        }
        nodes[0]
    }

    #[test]
    fn roots_and_proofs_are_those_of_all_leaves() {
        let mut tree = LogTree::new();
        assert_eq!(tree.root(), slow_root(&[]));
        let logs: Vec<_> = (0..9).map(log).collect();
        for (index, log) in logs.iter().enumerate() {
            assert_eq!(tree.push(log), Ok(index));
            assert_eq!(tree.root(), slow_root(&logs[..=index]));
            for (number, log) in logs[..=index].iter().enumerate() {
                let proof = tree.proof(number).expect("there is such a log");
                assert!(proof.verifies(log, &tree.root()));
            }
        }
        assert_eq!(LogTree::of(&logs).map(|tree| tree.root()), Ok(tree.root()));
        assert_eq!(tree.proof(9), Err(LogTreeError::NoSuchLog { index: 9, logs: 9 }));
    }

    #[test]
    fn wrong_proofs_fail() {
        let logs: Vec<_> = (0..5).map(log).collect();
        let tree = LogTree::of(&logs).expect("they are few");
        let proof = tree.proof(3).expect("there is such a log");
        let root = tree.root();
        assert!(!proof.verifies(&logs[2], &root));
        for index in [2, 3 + LEAVES, usize::MAX] {
            assert!(!LogProof { index, ..proof }.verifies(&logs[3], &root));
        }
        for height in 0..LOG_TREE_DEPTH {
            let mut path = proof.path;
            path[height][7] ^= 1;
            assert!(!LogProof { path, ..proof }.verifies(&logs[3], &root));
        }
        assert!(!proof.verifies(&logs[3], &[0; 32]));
    }

    #[test]
    fn a_batch_has_at_most_16384_logs() {
        let logs: Vec<_> = (0..=LEAVES as u64).map(log).collect();
        let full = LogTree::of(&logs[..LEAVES]).expect("as many as leaves");
        assert_eq!(full.root(), slow_root(&logs[..LEAVES]));
        assert!(
            full.proof(LEAVES - 1).expect("it is there").verifies(&logs[LEAVES - 1], &full.root())
        );
        assert_eq!(LogTree::of(&logs).map(|tree| tree.len()), Err(LogTreeError::Full));
    }
}
