//! Compression of code with a dictionary of 8-byte chunks, which are instructions.
//!
//! The packed form is the number of dictionary entries (2 bytes), the entries (8 bytes each), and an index into the
//! dictionary for every chunk of the code (2 bytes each); all big-endian. `Compressor` (0x800e) checks it. Any order of the
//! dictionary would do for it; the network's hosts sort by frequency, so that most indices have a zero byte.

use super::bytecode::{InvalidBytecode, check_length};
use core::cmp::Reverse;
use core::fmt;
use eravm_core::MAX_CODE_WORDS;
use std::collections::HashMap;

/// Bytes of a dictionary entry.
const CHUNK_BYTES: usize = 8;
/// Bytes of an index into the dictionary, and of their number.
const INDEX_BYTES: usize = 2;
/// Most bytes of code that there can be.
const MAX_CODE_BYTES: usize = MAX_CODE_WORDS * 32;

/// Why code cannot be compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BytecodeCompressionError {
    /// It cannot be published at all.
    Invalid(InvalidBytecode),
    /// It has more different chunks than the dictionary can hold.
    DictionaryOverflow {
        /// How many.
        entries: usize,
    },
}

impl fmt::Display for BytecodeCompressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => fmt::Display::fmt(error, f),
            Self::DictionaryOverflow { entries } => write!(
                f,
                "code with {entries} different chunks of 8 bytes, more than the {} of a dictionary: \
                 publish it uncompressed",
                u16::MAX
            ),
        }
    }
}

impl core::error::Error for BytecodeCompressionError {}

impl From<InvalidBytecode> for BytecodeCompressionError {
    fn from(error: InvalidBytecode) -> Self {
        Self::Invalid(error)
    }
}

/// Compresses code, to the very bytes that the network's hosts make of it.
///
/// The dictionary has the most frequent chunks first; of equally frequent ones that whose first occurrence is last. The
/// result is not always shorter than the code, and the hosts publish it all the same.
///
/// # Errors
/// If it cannot be published, or has too many different chunks.
pub fn compress_bytecode(code: &[u8]) -> Result<Vec<u8>, BytecodeCompressionError> {
    check_length(code.len())?;
    let (chunks, _) = code.as_chunks::<CHUNK_BYTES>();
    let mut statistics: HashMap<_, (usize, usize)> = HashMap::new();
    for (position, chunk) in chunks.iter().enumerate() {
        statistics.entry(chunk).or_insert((0, position)).0 += 1;
    }
    let mut dictionary: Vec<_> = statistics.into_iter().collect();
    dictionary.sort_unstable_by_key(|&(_, rank)| Reverse(rank));
    let entries = dictionary.len();
    let size = u16::try_from(entries)
        .map_err(|_| BytecodeCompressionError::DictionaryOverflow { entries })?;

    let length = INDEX_BYTES + entries * CHUNK_BYTES + chunks.len() * INDEX_BYTES;
    let mut compressed = Vec::with_capacity(length);
    compressed.extend(size.to_be_bytes());
    compressed.extend(dictionary.iter().flat_map(|(chunk, _)| **chunk));
    let indices: HashMap<_, u16> =
        dictionary.iter().map(|(chunk, _)| *chunk).zip(0..size).collect();
    let encoded = chunks.iter().filter_map(|chunk| indices.get(chunk));
    compressed.extend(encoded.flat_map(|index| index.to_be_bytes()));
    Ok(compressed)
}

/// Why bytes are not compressed code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DecompressionError {
    /// They end within the dictionary.
    DictionaryCutOff {
        /// Entries of the dictionary, as the first two bytes say; none if there are no two bytes.
        entries: u16,
        /// How many bytes there are in all.
        bytes: usize,
    },
    /// The dictionary has more entries than there are chunks.
    DictionaryTooLarge {
        /// Its entries.
        entries: u16,
        /// The chunks.
        chunks: usize,
    },
    /// They end within an index.
    HalfIndex,
    /// An index that the dictionary does not have.
    UnknownIndex {
        /// Which chunk it stands for.
        chunk: usize,
        /// The index.
        index: u16,
        /// Entries of the dictionary.
        entries: u16,
    },
    /// What comes out cannot be published.
    Invalid(InvalidBytecode),
}

impl fmt::Display for DecompressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not compressed code: ")?;
        match self {
            Self::DictionaryCutOff { entries, bytes } => {
                write!(
                    f,
                    "it has {bytes} bytes and ends within its dictionary of {entries} entries"
                )
            }
            Self::DictionaryTooLarge { entries, chunks } => {
                write!(f, "its dictionary has {entries} entries for {chunks} chunks")
            }
            Self::HalfIndex => f.write_str("it ends within an index of 2 bytes"),
            Self::UnknownIndex { chunk, index, entries } => write!(
                f,
                "chunk {chunk} is entry {index} of a dictionary that has {entries} entries"
            ),
            Self::Invalid(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl core::error::Error for DecompressionError {}

/// Restores code from its compressed form, with the checks that `Compressor` makes.
///
/// The dictionary may be in any order and have entries twice or unused, as the contract allows.
///
/// # Errors
/// If it is not compressed code.
pub fn decompress_bytecode(compressed: &[u8]) -> Result<Vec<u8>, DecompressionError> {
    let bytes = compressed.len();
    let cut_off = |entries| DecompressionError::DictionaryCutOff { entries, bytes };
    let (size, rest) = compressed.split_first_chunk::<INDEX_BYTES>().ok_or(cut_off(0))?;
    let entries = u16::from_be_bytes(*size);
    let (dictionary, encoded) =
        rest.split_at_checked(usize::from(entries) * CHUNK_BYTES).ok_or(cut_off(entries))?;
    let (dictionary, _) = dictionary.as_chunks::<CHUNK_BYTES>();
    let (indices, half) = encoded.as_chunks::<INDEX_BYTES>();
    if !half.is_empty() {
        return Err(DecompressionError::HalfIndex);
    }
    let chunks = indices.len();
    // Before anything is restored, so that no more memory is taken than code can have.
    if chunks > MAX_CODE_BYTES / CHUNK_BYTES {
        let words = (chunks * CHUNK_BYTES).div_ceil(32);
        return Err(DecompressionError::Invalid(InvalidBytecode::TooLong { words }));
    }
    if usize::from(entries) > chunks {
        return Err(DecompressionError::DictionaryTooLarge { entries, chunks });
    }
    let mut code = Vec::with_capacity(chunks * CHUNK_BYTES);
    for (chunk, index) in indices.iter().enumerate() {
        let index = u16::from_be_bytes(*index);
        let entry = dictionary.get(usize::from(index));
        code.extend(entry.ok_or(DecompressionError::UnknownIndex { chunk, index, entries })?);
    }
    check_length(code.len()).map_err(DecompressionError::Invalid)?;
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three words whose chunks are these bytes, repeated.
    fn code(chunks: [u8; 12]) -> Vec<u8> {
        chunks.into_iter().flat_map(|byte| [byte; CHUNK_BYTES]).collect()
    }

    #[test]
    fn frequent_chunks_come_first_and_then_late_ones() {
        let code = code([9, 1, 2, 1, 3, 2, 4, 9, 1, 5, 6, 7]);
        let compressed = compress_bytecode(&code).expect("it is code");
        // 1 is there three times, 2 and 9 twice, where 2 begins later; then those that are there once, the last one first.
        let expected = [1, 2, 9, 7, 6, 5, 4, 3];
        assert_eq!(compressed[..2], [0, 8]);
        let (dictionary, indices) = compressed[2..].split_at(8 * CHUNK_BYTES);
        let entries: Vec<u8> = dictionary.chunks(CHUNK_BYTES).map(|entry| entry[0]).collect();
        assert_eq!(entries, expected);
        assert_eq!(indices[..8], [0, 2, 0, 0, 0, 1, 0, 0]);
        assert_eq!(decompress_bytecode(&compressed), Ok(code));
    }

    #[test]
    fn only_code_is_compressed() {
        use InvalidBytecode::{EvenWords, PartialWord, TooLong};
        let error = |bytes: usize| compress_bytecode(&vec![0; bytes]).expect_err("it is no code");
        assert_eq!(error(0), EvenWords { words: 0 }.into());
        assert_eq!(error(33), PartialWord { bytes: 33 }.into());
        assert_eq!(error(64), EvenWords { words: 2 }.into());
        assert_eq!(error((1 << 21) + 32), TooLong { words: 0x1_0001 }.into());
        assert_eq!(compress_bytecode(&[0; 32]).map(|packed| packed.len()), Ok(2 + 8 + 8));
    }

    #[test]
    fn a_dictionary_has_at_most_65535_entries() {
        let different = |chunks: u64| -> Vec<u8> {
            let numbers = (0..chunks).chain(core::iter::repeat(0));
            // 16385 words are an odd number, and one word more than 65536 chunks.
            numbers.take(16385 * 4).flat_map(u64::to_be_bytes).collect()
        };
        let largest = different(65535);
        let compressed = compress_bytecode(&largest).expect("it fits");
        assert_eq!(decompress_bytecode(&compressed), Ok(largest));
        assert_eq!(
            compress_bytecode(&different(65536)),
            Err(BytecodeCompressionError::DictionaryOverflow { entries: 65536 })
        );
    }

    #[test]
    fn what_is_not_compressed_code_is_refused() {
        use DecompressionError::{
            DictionaryCutOff, DictionaryTooLarge, HalfIndex, Invalid, UnknownIndex,
        };
        let error = |bytes: &[u8]| decompress_bytecode(bytes).expect_err("it is not");
        assert_eq!(error(&[]), DictionaryCutOff { entries: 0, bytes: 0 });
        assert_eq!(error(&[0]), DictionaryCutOff { entries: 0, bytes: 1 });
        assert_eq!(error(&[0, 1, 7]), DictionaryCutOff { entries: 1, bytes: 3 });
        assert_eq!(error(&[0, 0, 0]), HalfIndex);
        assert_eq!(error(&[0, 0]), Invalid(InvalidBytecode::EvenWords { words: 0 }));
        assert_eq!(error(&[0, 0, 0, 5]), UnknownIndex { chunk: 0, index: 5, entries: 0 });
        assert_eq!(
            error(&[0, 1, 1, 2, 3, 4, 5, 6, 7, 8]),
            DictionaryTooLarge { entries: 1, chunks: 0 }
        );
        let partial = [0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0];
        assert_eq!(error(&partial), Invalid(InvalidBytecode::PartialWord { bytes: 8 }));
        let long = [vec![0, 1, 1, 2, 3, 4, 5, 6, 7, 8], vec![0; 2 * (MAX_CODE_WORDS * 4 + 4)]];
        assert_eq!(error(&long.concat()), Invalid(InvalidBytecode::TooLong { words: 0x1_0000 }));
    }
}
