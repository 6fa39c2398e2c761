//! Compressed code as the bootloader takes it from its heap.

use super::bytecode::check_bytecode;
use super::bytecode_compression::{BytecodeCompressionError, compress_bytecode};
use eravm_core::{VersionedHash, Word};
use std::collections::HashSet;

/// Code with its compressed form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompressedBytecode {
    hash: VersionedHash,
    original: Vec<u8>,
    compressed: Vec<u8>,
}

impl CompressedBytecode {
    /// Compresses code.
    ///
    /// # Errors
    /// If it cannot be compressed.
    pub fn new(original: Vec<u8>) -> Result<Self, BytecodeCompressionError> {
        let hash = check_bytecode(&original)?;
        let compressed = compress_bytecode(&original)?;
        Ok(Self { hash, original, compressed })
    }

    /// The hash of the code.
    pub const fn hash(&self) -> VersionedHash {
        self.hash
    }

    /// The code.
    pub fn original(&self) -> &[u8] {
        &self.original
    }

    /// Its compressed form, which is published as a message of `Compressor`.
    pub fn compressed(&self) -> &[u8] {
        &self.compressed
    }

    /// What the bootloader finds in its heap: the hash of the code, a word where it writes the selector of
    /// `publishCompressedBytecode(bytes,bytes)`, and the two arguments in the encoding of the ABI.
    fn append_to(&self, words: &mut Vec<Word>) {
        let in_words = |bytes: usize| bytes.div_ceil(32) as u64 * 32;
        let second_argument = 3 * 32 + in_words(self.original.len());
        words.extend([self.hash.to_word(), Word::ZERO]);
        words.extend([Word::from_u64(2 * 32), Word::from_u64(second_argument)]);
        for bytes in [&self.original, &self.compressed] {
            words.push(Word::from_u64(bytes.len() as u64));
            append_padded(bytes, words);
        }
    }
}

/// Bytes as words, with zeros behind the last one.
pub(super) fn append_padded(bytes: &[u8], words: &mut Vec<Word>) {
    let (whole, rest) = bytes.as_chunks::<32>();
    words.extend(whole.iter().map(Word::from_be_bytes));
    if !rest.is_empty() {
        let mut last = [0; 32];
        last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        words.push(Word::from_be_bytes(&last));
    }
}

/// The code of a transaction's factory dependencies that is published with the transaction: what is not known yet, each
/// once, in the transaction's order. Code that cannot be compressed is left out; the bootloader then has it published as it is.
///
/// Transactions from L1 and upgrades publish nothing compressed: hosts do not call this for them.
pub fn compress_unknown<'a>(
    dependencies: impl IntoIterator<Item = &'a [u8]>,
    mut is_known: impl FnMut(&VersionedHash) -> bool,
) -> Vec<CompressedBytecode> {
    let mut seen = HashSet::new();
    let dependencies = dependencies.into_iter();
    let unknown = dependencies.filter(|code| {
        check_bytecode(code).is_ok_and(|hash| seen.insert(hash) && !is_known(&hash))
    });
    unknown.filter_map(|code| CompressedBytecode::new(code.to_vec()).ok()).collect()
}

/// The words for a transaction's compressed code in the bootloader's heap.
///
/// They follow those of the transaction before; the first word of the [region](super::compressed_bytecodes) is the
/// bootloader's pointer to what it has to do next.
pub fn compressed_bytecode_words<'a>(
    bytecodes: impl IntoIterator<Item = &'a CompressedBytecode>,
) -> Vec<Word> {
    let mut words = Vec::new();
    bytecodes.into_iter().for_each(|bytecode| bytecode.append_to(&mut words));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_compressed_and_only_once() {
        let (old, new, newer) = ([1; 32], [2; 96], [3; 32]);
        let old_hash = check_bytecode(&old).expect("it is code");
        let dependencies: [&[u8]; 6] = [&new, &old, &newer, &new, &[4; 64], &[]];
        let compressed = compress_unknown(dependencies, |hash| *hash == old_hash);
        let originals: Vec<_> = compressed.iter().map(CompressedBytecode::original).collect();
        assert_eq!(originals, [&new[..], &newer[..]]);
    }

    #[test]
    fn the_encoding_is_that_of_a_call() {
        let bytecode = CompressedBytecode::new(vec![7; 32]).expect("it is code");
        let words = compressed_bytecode_words([&bytecode]);
        let number = Word::from_u64;
        assert_eq!(words[..2], [bytecode.hash().to_word(), Word::ZERO]);
        assert_eq!(words[2..5], [number(64), number(128), number(32)]);
        assert_eq!(words[5], Word([0x0707_0707_0707_0707; 4]));
        // 2 bytes of length, 8 of the only entry, 2 for each of 4 chunks.
        assert_eq!(words[6], number(18));
        assert_eq!(words[7].to_be_bytes()[..4], [0, 1, 7, 7]);
        assert_eq!(words.len(), 8);
    }
}
