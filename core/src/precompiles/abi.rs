//! The word that describes a call.

use super::kind::Precompile;
use crate::word::Word;

/// Bytes that a round of keccak256 takes in.
const KECCAK256_BLOCK_BYTES: u64 = 136;

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

    /// Rounds that this call of a precompile takes; the padding of keccak256 is a round where the input leaves no room for it.
    pub(crate) const fn rounds_of(&self, which: Precompile) -> u64 {
        match which {
            Precompile::Keccak256 => self.input_length as u64 / KECCAK256_BLOCK_BYTES + 1,
            Precompile::Sha256 | Precompile::EcPairing => self.rounds,
            Precompile::Ecrecover
            | Precompile::Secp256r1Verify
            | Precompile::Modexp
            | Precompile::EcAdd
            | Precompile::EcMul => 1,
        }
    }
}
