//! What can go wrong with a store.

use crate::pubdata::Hash;
use crate::state_tree::TreeError;
use core::fmt;
use eravm_core::{VersionedHash, Word};
use std::io;
use std::path::PathBuf;

/// Why a store cannot be opened, read or written to.
#[derive(Debug)]
pub enum StoreError {
    /// A file or folder cannot be used.
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// Reading or writing failed while the store was in use. What was committed before is safe; the store must be opened again.
    Io(io::Error),
    /// Somebody else has the store open.
    InUse,
    /// A file is where the store's should be, and it is something else.
    NotAStore(PathBuf),
    /// It is a store in a format that is not known.
    Version {
        /// Its version.
        actual: u32,
        /// The one that is known.
        known: u32,
    },
    /// It is not as it was written.
    Corrupt(String),
    /// It contradicts itself, or leaves have numbers that cannot be.
    Tree(TreeError),
    /// A batch does not follow the last one.
    BatchNumber {
        /// The number of the next.
        expected: u32,
        /// Its number.
        actual: u32,
    },
    /// There is no number for another batch.
    LastBatchNumber,
    /// A batch leads to another root than it should. Nothing of it is written.
    OtherRoot {
        /// The root that it should lead to.
        expected: Hash,
        /// The root that it leads to.
        actual: Hash,
    },
    /// Bytes are not the code that has this hash.
    NotTheCode(VersionedHash),
    /// After an earlier error the store must be opened again.
    Closed,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Io(error) => write!(f, "the store cannot be read or written to: {error}"),
            Self::InUse => f.write_str("the store is in use"),
            Self::NotAStore(path) => write!(f, "{} is not a store of state", path.display()),
            Self::Version { actual, known } => {
                write!(f, "the store has format {actual}; only format {known} is known")
            }
            Self::Corrupt(what) => write!(f, "the store is corrupt: {what}"),
            Self::Tree(error) => write!(f, "the state tree: {error}"),
            Self::BatchNumber { expected, actual } => {
                write!(f, "batch {actual} does not follow the last one: the next is {expected}")
            }
            Self::LastBatchNumber => f.write_str("there is no number for another batch"),
            Self::OtherRoot { expected, actual } => write!(
                f,
                "the batch leads to root {}, not {}",
                Word::from_be_bytes(actual),
                Word::from_be_bytes(expected)
            ),
            Self::NotTheCode(hash) => write!(f, "the code of {hash} has another hash"),
            Self::Closed => f.write_str("after an earlier error the store must be opened again"),
        }
    }
}

impl core::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::File { error, .. } | Self::Io(error) => Some(error),
            Self::Tree(error) => Some(error),
            _ => None,
        }
    }
}

impl From<TreeError> for StoreError {
    fn from(error: TreeError) -> Self {
        Self::Tree(error)
    }
}

impl StoreError {
    /// What an error of the database means.
    pub(super) fn of_database(error: impl Into<redb::Error>) -> Self {
        match error.into() {
            redb::Error::Io(error) => Self::Io(error),
            redb::Error::DatabaseAlreadyOpen => Self::InUse,
            redb::Error::PreviousIo
            | redb::Error::DatabaseClosed
            | redb::Error::LockPoisoned(_) => Self::Closed,
            redb::Error::Corrupted(what) => Self::Corrupt(what),
            // Tables that are missing or have other types, and whatever a sound file does not lead to.
            other => Self::Corrupt(other.to_string()),
        }
    }
}
