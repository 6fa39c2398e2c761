//! keccak256.

use eravm_core::Word;
use eravm_core::precompiles::keccak256;

/// keccak256 of the concatenation of parts.
pub(crate) fn keccak<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    keccak256(&mut parts.into_iter())
}

/// The same as a word.
pub(crate) fn keccak_word<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Word {
    Word::from_be_bytes(&keccak(parts))
}
