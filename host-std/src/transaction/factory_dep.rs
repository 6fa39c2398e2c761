//! Code that comes with a transaction.

use core::fmt;
use eravm_core::{CodeError, VersionedHash};
use std::sync::Arc;

/// Most factory dependencies of a transaction before protocol version 26.
const MAX_FACTORY_DEPS_BEFORE_26: usize = 32;
/// Most factory dependencies of a transaction in any protocol version.
pub const MAX_FACTORY_DEPS: usize = 64;

/// Most factory dependencies of a transaction in a protocol version: so many places has the bootloader's memory for them.
pub const fn max_factory_deps(protocol: u16) -> usize {
    if protocol < 26 { MAX_FACTORY_DEPS_BEFORE_26 } else { MAX_FACTORY_DEPS }
}

/// Bytecode that comes with a transaction, with its hash. Cloning is cheap.
#[derive(Clone, PartialEq, Eq)]
pub struct FactoryDep {
    hash: VersionedHash,
    code: Arc<[u8]>,
}

impl FactoryDep {
    /// Takes bytecode that may be deployed.
    ///
    /// # Errors
    /// If it is not an odd number of 32-byte words, or too many of them. (The number must be odd because the circuits
    /// hash two words at a time and pad with one.)
    pub fn new(code: impl Into<Arc<[u8]>>) -> Result<Self, FactoryDepError> {
        let code = code.into();
        let words = code.len() / 32;
        let hash = match VersionedHash::of_code(&code) {
            Some(hash) => hash,
            None if !code.len().is_multiple_of(32) => {
                return Err(FactoryDepError::Code(CodeError::NotInWords(code.len())));
            }
            None => return Err(FactoryDepError::Code(CodeError::TooLong(words))),
        };
        if words.is_multiple_of(2) {
            return Err(FactoryDepError::EvenWords(words));
        }
        Ok(Self { hash, code })
    }

    /// The hash by which it is known.
    pub fn hash(&self) -> VersionedHash {
        self.hash
    }

    /// The bytecode.
    pub fn code(&self) -> &[u8] {
        &self.code
    }
}

impl fmt::Debug for FactoryDep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FactoryDep").field(&self.hash).finish()
    }
}

/// Why bytes cannot come with a transaction as code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FactoryDepError {
    /// They cannot be code.
    Code(CodeError),
    /// They are an even number of words; how many.
    EvenWords(usize),
}

impl fmt::Display for FactoryDepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(error) => fmt::Display::fmt(error, f),
            Self::EvenWords(words) => write!(
                f,
                "code has {words} words, which must be an odd number: send the bytecode exactly as the compiler wrote it"
            ),
        }
    }
}

impl core::error::Error for FactoryDepError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Code(error) => Some(error),
            Self::EvenWords(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_number_of_words_is_code() {
        let one = FactoryDep::new(vec![7; 32]).unwrap();
        assert_eq!(Some(one.hash()), VersionedHash::of_code(&[7; 32]));
        assert_eq!(one.code(), [7; 32]);
        let new = |bytes: usize| FactoryDep::new(vec![0; bytes]).map(|dep| dep.hash().length());
        assert_eq!(new(32 * 65535), Ok(65535));
        assert_eq!(new(0), Err(FactoryDepError::EvenWords(0)));
        assert_eq!(new(64), Err(FactoryDepError::EvenWords(2)));
        assert_eq!(new(33), Err(FactoryDepError::Code(CodeError::NotInWords(33))));
        assert_eq!(new(32 * 65537), Err(FactoryDepError::Code(CodeError::TooLong(65537))));
    }

    #[test]
    fn the_limit_depends_on_the_protocol_version() {
        assert_eq!([25, 26, 31].map(max_factory_deps), [32, 64, 64]);
    }
}
