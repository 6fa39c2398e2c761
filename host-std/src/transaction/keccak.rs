//! Hashes of transactions.

use super::TransactionHash;
use eravm_core::VersionedHash;

pub(super) use crate::keccak::keccak;

/// keccak256 of some bytes as the hash of a transaction.
pub(super) fn hash(bytes: &[u8]) -> TransactionHash {
    VersionedHash(keccak([bytes]))
}
