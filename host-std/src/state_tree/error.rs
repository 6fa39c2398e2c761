//! What can be wrong with a tree.

use super::key::LeafKey;
use core::fmt;

/// Why a tree cannot be read or changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TreeError {
    /// A leaf is to have number 0, which stands for no leaf.
    NoNumber(LeafKey),
    /// A leaf is to have another number than it has.
    OtherNumber {
        /// The leaf.
        key: LeafKey,
        /// The number that it has.
        actual: u64,
        /// The number that it is to have.
        wanted: u64,
    },
    /// There are no more numbers for new leaves.
    NoMoreNumbers,
    /// What is kept of the tree lacks a node.
    NodeMissing {
        /// A leaf below it.
        key: LeafKey,
        /// How many nodes are above it.
        level: usize,
    },
    /// What is kept of the tree lacks a leaf.
    LeafMissing(LeafKey),
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNumber(key) => write!(f, "the leaf {key:?} has no number"),
            Self::OtherNumber { key, actual, wanted } => {
                write!(f, "the leaf {key:?} has number {actual}, not {wanted}")
            }
            Self::NoMoreNumbers => f.write_str("there are no more numbers for new leaves"),
            Self::NodeMissing { key, level } => {
                write!(f, "the node at level {level} above the leaf {key:?} is missing")
            }
            Self::LeafMissing(key) => write!(f, "the leaf {key:?} is missing"),
        }
    }
}

impl core::error::Error for TreeError {}
