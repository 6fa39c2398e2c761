//! keccak256 of what lies in pieces.

/// A digest of 32 bytes.
pub type Hash = [u8; 32];

/// keccak256 of the concatenation.
pub(crate) fn keccak(pieces: &[&[u8]]) -> Hash {
    crate::keccak::keccak(pieces.iter().copied())
}

/// The hash of a sequence in which every item extends the hash of those before it, beginning with zero. `L1Messenger` keeps
/// such hashes of logs, messages and code.
pub(super) fn chain(items: impl IntoIterator<Item = Hash>) -> Hash {
    items.into_iter().fold([0; 32], |chained, item| keccak(&[&chained, &item]))
}
