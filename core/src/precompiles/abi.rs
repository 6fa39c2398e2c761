//! The word that describes a call.

use crate::word::Word;

/// Operands of a call, as `log.precompile` finds them in its first source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PrecompileAbi {
    /// Where the input starts: bytes for keccak256, words for the others.
    pub input_offset: u32,
    /// How much input there is, in bytes (keccak256 only).
    pub input_length: u32,
    /// Word at which the output starts.
    pub output_offset: u32,
    /// Not used by any precompile.
    pub output_length: u32,
    /// Page of the input; 0 is replaced by the current heap.
    pub input_page: u32,
    /// Page of the output; 0 is replaced by the current heap.
    pub output_page: u32,
    /// Rounds (sha256) or pairs (ec pairing).
    pub rounds: u64,
}

impl PrecompileAbi {
    /// Unpacks the ABI word.
    pub const fn from_word(word: &Word) -> Self {
        let [offsets, output, pages, rounds] = word.0;
        Self {
            input_offset: offsets as u32,
            input_length: (offsets >> 32) as u32,
            output_offset: output as u32,
            output_length: (output >> 32) as u32,
            input_page: pages as u32,
            output_page: (pages >> 32) as u32,
            rounds,
        }
    }
}
