//! Hashing for the machine's tables: the same on every machine and in every run.
//!
//! Nothing observable depends on the order of a table, so a host that runs hostile code may set its own seed
//! ([`crate::Settings::hash_seed`]) to keep collisions unpredictable.

use core::hash::{BuildHasher, Hasher};

/// Builds hashers from a fixed seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FixedState(pub(crate) u64);

impl Default for FixedState {
    fn default() -> Self {
        Self(0x243f_6a88_85a3_08d3)
    }
}

impl BuildHasher for FixedState {
    type Hasher = Mixer;

    #[inline(always)]
    fn build_hasher(&self) -> Mixer {
        Mixer(self.0)
    }
}

/// Multiplies and folds, one 64-bit word at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mixer(u64);

impl Mixer {
    #[inline(always)]
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }
}

/// Multiplies two numbers and folds the halves of the product, so that every bit of either reaches all bits.
#[inline(always)]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

impl Hasher for Mixer {
    #[inline(always)]
    fn finish(&self) -> u64 {
        fold(self.0, 0x9e37_79b9_7f4a_7c15)
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    #[inline(always)]
    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    #[inline(always)]
    fn write_u64(&mut self, word: u64) {
        self.0 = fold(self.0 ^ word, 0xa076_1d64_78bd_642f ^ self.0.rotate_left(32));
    }

    #[inline(always)]
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}
