//! Which bytes can be published as code.

use core::fmt;
use eravm_core::{MAX_CODE_WORDS, VersionedHash};

/// Why bytes cannot be published as code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InvalidBytecode {
    /// Their number is not a multiple of 32.
    PartialWord {
        /// The number of bytes.
        bytes: usize,
    },
    /// They have an even number of words; `KnownCodesStorage` takes only odd ones. No bytes at all count as such.
    EvenWords {
        /// The number of words.
        words: usize,
    },
    /// They have more words than 16 bits can count.
    TooLong {
        /// The number of words.
        words: usize,
    },
}

impl fmt::Display for InvalidBytecode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PartialWord { bytes } => {
                write!(f, "code of {bytes} bytes, which is not a multiple of 32")
            }
            Self::EvenWords { words } => {
                write!(f, "code of {words} words of 32 bytes, where an odd number is required")
            }
            Self::TooLong { words } => {
                write!(
                    f,
                    "code of {words} words of 32 bytes, more than the {MAX_CODE_WORDS} allowed"
                )
            }
        }
    }
}

impl core::error::Error for InvalidBytecode {}

/// The versioned hash of EraVM code, if it can be published.
///
/// The rule is that of `KnownCodesStorage` and `Utils.hashL2Bytecode` (era-contracts): whole words, an odd number of them
/// that fits 16 bits.
///
/// # Errors
/// If it cannot be.
pub fn check_bytecode(code: &[u8]) -> Result<VersionedHash, InvalidBytecode> {
    check_length(code.len())?;
    VersionedHash::of_code(code).ok_or(InvalidBytecode::TooLong { words: code.len() / 32 })
}

/// The same without the hash.
pub(super) const fn check_length(bytes: usize) -> Result<(), InvalidBytecode> {
    let words = bytes / 32;
    if !bytes.is_multiple_of(32) {
        Err(InvalidBytecode::PartialWord { bytes })
    } else if words.is_multiple_of(2) {
        Err(InvalidBytecode::EvenWords { words })
    } else if words > MAX_CODE_WORDS {
        Err(InvalidBytecode::TooLong { words })
    } else {
        Ok(())
    }
}
