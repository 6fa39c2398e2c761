//! The names of programs.

use eravm_core::{Program, VersionedHash};
use sha2::{Digest, Sha256};

/// The versioned hash of a program, of its words as they are: hosts may know code by other hashes than its own.
pub(crate) fn code_hash(program: &Program) -> VersionedHash {
    let mut sha256 = Sha256::new();
    for word in program.words() {
        sha256.update(word.to_be_bytes());
    }
    let mut hash = VersionedHash(sha256.finalize().into());
    // A program has fewer than 2¹⁶ words.
    let [high, low] = (program.words().len() as u16).to_be_bytes();
    hash.0[..4].copy_from_slice(&[VersionedHash::ERAVM, 0, high, low]);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By another implementation of SHA-256.
    #[test]
    fn has_the_length_and_the_digest() {
        let hash = code_hash(&Program::new(&[0; 32]).unwrap());
        assert_eq!(
            hash.to_string(),
            "0x01000001f862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
        );
    }
}
