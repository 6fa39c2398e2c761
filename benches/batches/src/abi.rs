//! Calls of contracts.

use eravm_core::Word;
use tiny_keccak::{Hasher, Keccak};

/// Keccak256 of some bytes.
pub(crate) fn keccak(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = Keccak::v256();
    hasher.update(bytes);
    let mut hash = [0; 32];
    hasher.finalize(&mut hash);
    hash
}

/// Calldata: the selector of a signature, and words.
pub(crate) fn call(signature: &str, arguments: &[Word]) -> Vec<u8> {
    let selector = &keccak(signature.as_bytes())[..4];
    let arguments = arguments.iter().flat_map(Word::to_be_bytes);
    selector.iter().copied().chain(arguments).collect()
}

/// A byte string at the end of arguments: its length and its bytes, padded.
pub(crate) fn bytes(bytes: &[u8]) -> Vec<Word> {
    let length = Word::from_u64(bytes.len() as u64);
    let words = bytes.chunks(32).map(|chunk| {
        let mut word = [0; 32];
        word[..chunk.len()].copy_from_slice(chunk);
        Word::from_be_bytes(&word)
    });
    core::iter::once(length).chain(words).collect()
}
