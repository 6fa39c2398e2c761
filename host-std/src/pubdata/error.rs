//! Why a batch cannot publish what it has to.

use super::bytecode::InvalidBytecode;
use super::events::AnnouncementError;
use super::format::GATEWAY_PROTOCOL;
use super::log_tree::LogTreeError;
use super::state_diffs::StateDiffError;
use core::fmt;
use eravm_core::VersionedHash;

/// A form of pubdata that a protocol version does not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormatError {
    /// Before protocol version 26 all pubdata is published.
    HashBeforeGateway {
        /// The version.
        protocol: u16,
    },
    /// The validator is not of the kind that the version has.
    WrongValidator {
        /// The version.
        protocol: u16,
        /// What it has.
        expected: &'static str,
    },
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HashBeforeGateway { protocol } => write!(
                f,
                "protocol version {protocol} publishes all pubdata: a validium needs {GATEWAY_PROTOCOL} or later"
            ),
            Self::WrongValidator { protocol, expected } => {
                write!(f, "in protocol version {protocol} pubdata is checked by {expected}")
            }
        }
    }
}

impl core::error::Error for FormatError {}

/// Why a batch cannot publish what it has to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PubdataError {
    /// An event is not as it should be.
    Announcement(AnnouncementError),
    /// Code is to be published that is not known.
    UnknownBytecode(VersionedHash),
    /// What was given as code under this hash has another one.
    WrongBytecode(VersionedHash),
    /// What is to be published as code cannot be.
    InvalidBytecode(InvalidBytecode),
    /// The state diffs cannot be published.
    StateDiffs(StateDiffError),
    /// There are too many logs.
    Logs(LogTreeError),
    /// A list or an item of it is longer than 32 bits can count; its length.
    Count(usize),
    /// It does not fit the bootloader's heap.
    TooLong {
        /// Its words.
        words: usize,
        /// Words that there are for it.
        available: u32,
    },
}

impl fmt::Display for PubdataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Announcement(error) => fmt::Display::fmt(error, f),
            Self::UnknownBytecode(hash) => {
                write!(f, "code {hash} is to be published, but the host does not know it")
            }
            Self::WrongBytecode(hash) => {
                write!(f, "what the host has as code {hash} has another hash")
            }
            Self::InvalidBytecode(error) => write!(f, "to be published: {error}"),
            Self::StateDiffs(error) => fmt::Display::fmt(error, f),
            Self::Logs(error) => fmt::Display::fmt(error, f),
            Self::Count(count) => {
                write!(f, "{count} of something in pubdata, more than 32 bits count")
            }
            Self::TooLong { words, available } => write!(
                f,
                "pubdata takes {words} words of the bootloader's heap, which has {available} for it"
            ),
        }
    }
}

impl core::error::Error for PubdataError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Announcement(error) => Some(error),
            Self::StateDiffs(error) => Some(error),
            Self::Logs(error) => Some(error),
            _ => None,
        }
    }
}

impl From<StateDiffError> for PubdataError {
    fn from(error: StateDiffError) -> Self {
        Self::StateDiffs(error)
    }
}

impl From<LogTreeError> for PubdataError {
    fn from(error: LogTreeError) -> Self {
        Self::Logs(error)
    }
}
