//! A small deterministic source of random numbers: a failure is named by one 64-bit seed.

use alloc::collections::VecDeque;
use eravm_core::Word;

/// SplitMix64, after choices that are given.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
    /// What is still given.
    choices: VecDeque<u8>,
}

impl Random {
    /// The sequence of a seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed ^ 0x5851_f42d_4c95_7f2d, choices: VecDeque::new() }
    }

    /// Choices that a fuzzer makes: as few bytes as will do for each, and the sequence of seed 0 when there are none left, because not
    /// everything that is generated comes to an end with zeros.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self { choices: bytes.iter().copied().collect(), ..Self::new(0) }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.given(8).unwrap_or_else(|| self.next())
    }

    /// A number below `bound`, which must not be 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let bytes = match bound {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 8,
        };
        self.given(bytes).unwrap_or_else(|| self.next()) % bound
    }

    /// What is still given, taken.
    pub fn rest(&mut self) -> Vec<u8> {
        self.choices.drain(..).collect()
    }

    fn given(&mut self, bytes: usize) -> Option<u64> {
        if self.choices.is_empty() {
            return None;
        }
        let given = self.choices.drain(..bytes.min(self.choices.len()));
        Some(given.fold(0, |bits, byte| bits << 8 | u64::from(byte)))
    }

    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// True once in `times`.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of some values.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// A word that is likely to be special: small, near a power of two, all ones, or of four random limbs.
    pub fn word(&mut self) -> Word {
        let near = |random: &mut Self, word: Word| {
            let by = Word::from_u64(random.below(3));
            if random.one_in(2) {
                eravm_core::semantics::add(&word, &by).0
            } else {
                eravm_core::semantics::sub(&word, &by).0
            }
        };
        match self.below(8) {
            0 => Word::from_u64(self.below(3)),
            1 => Word::from_u64(self.below(100)),
            2 => {
                let mut limbs = [0; 4];
                limbs[self.below(4) as usize] = 1 << self.below(64);
                near(self, Word(limbs))
            }
            3 => {
                let zero = Word::ZERO;
                near(self, zero)
            }
            4 => {
                let top = Word::from_u64(self.pick(&[
                    1 << 12,
                    56 << 10,
                    1 << 21,
                    (1 << 32) - 32,
                    1 << 32,
                ]));
                near(self, top)
            }
            5 => Word::from_u64(self.bits()),
            6 => {
                let keep = self.below(4) as usize;
                let mut limbs = [0; 4];
                for limb in &mut limbs[..=keep] {
                    *limb = self.bits();
                }
                Word(limbs)
            }
            _ => Word([self.bits(), self.bits(), self.bits(), self.bits()]),
        }
    }
}
