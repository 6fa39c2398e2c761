//! Code of a bundle.

use crate::pubdata::{InvalidBytecode, check_bytecode};
use eravm_core::VersionedHash;
use std::fmt;
use std::sync::Arc;

/// EraVM code that can be deployed, with its hash. Cloning is cheap.
#[derive(Clone, PartialEq, Eq)]
pub struct Bytecode {
    hash: VersionedHash,
    bytes: Arc<[u8]>,
}

impl Bytecode {
    /// Checks code.
    ///
    /// # Errors
    /// If it cannot be deployed.
    pub fn new(bytes: &[u8]) -> Result<Self, InvalidBytecode> {
        Ok(Self { hash: check_bytecode(bytes)?, bytes: bytes.into() })
    }

    /// Its hash.
    pub const fn hash(&self) -> VersionedHash {
        self.hash
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Bytecode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.hash, f)
    }
}
