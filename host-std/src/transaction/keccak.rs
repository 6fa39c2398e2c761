//! Keccak-256.

use super::TransactionHash;
use eravm_core::VersionedHash;
use tiny_keccak::{Hasher, Keccak};

/// Keccak-256 of the concatenation of `parts`.
pub(super) fn keccak<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hasher = Keccak::v256();
    for part in parts {
        hasher.update(part);
    }
    let mut digest = [0; 32];
    hasher.finalize(&mut digest);
    digest
}

/// Keccak-256 of some bytes as the hash of a transaction.
pub(super) fn hash(bytes: &[u8]) -> TransactionHash {
    VersionedHash(keccak([bytes]))
}
