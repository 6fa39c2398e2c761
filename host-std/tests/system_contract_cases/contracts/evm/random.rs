//! Programs at random that mostly do something.

use super::{FIRST, SECOND, THIRD};
use crate::actors::{MIRROR, NOBODY, TOKEN};
use crate::vary::Random;
use eravm_core::{Address, Word, system_address};

/// Writes programs.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    random: Random,
    /// Whether nothing depends on ergs.
    is_pure: bool,
    code: Vec<u8>,
}

/// What an instruction takes from the stack.
#[derive(Clone, Copy, Debug)]
enum Takes {
    Number,
    Offset,
    Length,
    Account,
    Slot,
    Gas,
    Value,
}

use Takes::{Account, Gas, Length, Number, Offset, Slot, Value};

/// Instructions that leave a word: what they take, the topmost last.
const ASKING: &[(u8, &[Takes])] = &[
    (0x01, &[Number, Number]),
    (0x02, &[Number, Number]),
    (0x03, &[Number, Number]),
    (0x04, &[Number, Number]),
    (0x05, &[Number, Number]),
    (0x06, &[Number, Number]),
    (0x07, &[Number, Number]),
    (0x08, &[Number, Number, Number]),
    (0x09, &[Number, Number, Number]),
    (0x0a, &[Slot, Number]),
    (0x0a, &[Number, Number]),
    (0x0b, &[Number, Slot]),
    (0x10, &[Number, Number]),
    (0x11, &[Number, Number]),
    (0x12, &[Number, Number]),
    (0x13, &[Number, Number]),
    (0x14, &[Number, Number]),
    (0x15, &[Number]),
    (0x16, &[Number, Number]),
    (0x17, &[Number, Number]),
    (0x18, &[Number, Number]),
    (0x19, &[Number]),
    (0x1a, &[Number, Offset]),
    (0x1b, &[Number, Offset]),
    (0x1c, &[Number, Offset]),
    (0x1d, &[Number, Offset]),
    (0x20, &[Length, Offset]),
    (0x30, &[]),
    (0x31, &[Account]),
    (0x32, &[]),
    (0x33, &[]),
    (0x34, &[]),
    (0x35, &[Offset]),
    (0x36, &[]),
    (0x38, &[]),
    (0x3a, &[]),
    (0x3b, &[Account]),
    (0x3d, &[]),
    (0x3f, &[Account]),
    (0x40, &[Number]),
    (0x41, &[]),
    (0x42, &[]),
    (0x43, &[]),
    (0x44, &[]),
    (0x45, &[]),
    (0x46, &[]),
    (0x47, &[]),
    (0x48, &[]),
    (0x49, &[Number]),
    (0x4a, &[]),
    (0x51, &[Offset]),
    (0x54, &[Slot]),
    (0x54, &[Slot]),
    (0x58, &[]),
    (0x59, &[]),
    (0x5c, &[Slot]),
];

/// Instructions that leave nothing.
const DOING: &[(u8, &[Takes])] = &[
    (0x37, &[Length, Offset, Offset]),
    (0x39, &[Length, Offset, Offset]),
    (0x3c, &[Length, Offset, Offset, Account]),
    (0x3e, &[Length, Offset, Offset]),
    (0x3e, &[Length, Length, Offset]),
    (0x52, &[Number, Offset]),
    (0x52, &[Number, Offset]),
    (0x53, &[Number, Offset]),
    (0x55, &[Number, Slot]),
    (0x55, &[Slot, Slot]),
    (0x55, &[Number, Slot]),
    (0x5d, &[Number, Slot]),
    (0x5e, &[Length, Offset, Offset]),
    (0xa0, &[Length, Offset]),
    (0xa1, &[Number, Length, Offset]),
    (0xa2, &[Number, Number, Length, Offset]),
    (0xa3, &[Number, Number, Number, Length, Offset]),
    (0xa4, &[Number, Number, Number, Number, Length, Offset]),
];

/// Calls, which leave whether they succeeded.
const CALLING: &[(u8, &[Takes])] = &[
    (0xf1, &[Length, Offset, Length, Offset, Value, Account, Gas]),
    (0xf1, &[Length, Offset, Length, Offset, Value, Account, Gas]),
    (0xf4, &[Length, Offset, Length, Offset, Account, Gas]),
    (0xfa, &[Length, Offset, Length, Offset, Account, Gas]),
];

/// Instructions that end a frame.
const ENDING: &[(u8, &[Takes])] = &[
    (0x00, &[]),
    (0xf3, &[Length, Offset]),
    (0xf3, &[Length, Offset]),
    (0xfd, &[Length, Offset]),
    (0xfe, &[]),
    (0xff, &[Account]),
    (0xf2, &[Length, Offset, Length, Offset, Value, Account, Gas]),
];

const GAS: u8 = 0x5a;
const JUMPDEST: u8 = 0x5b;
const POP: u8 = 0x50;
const MSTORE: u8 = 0x52;
const SSTORE: u8 = 0x55;
const JUMPI: u8 = 0x57;
const CREATE: u8 = 0xf0;
const CREATE2: u8 = 0xf5;

impl Writer {
    pub(super) fn new(seed: u64, is_pure: bool) -> Self {
        let random = Random::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Self { random, is_pure, code: Vec::new() }
    }

    pub(super) fn one<T: Copy>(&mut self, items: &[T]) -> T {
        self.random.one(items)
    }

    pub(super) fn bytes(&mut self, most: usize) -> Vec<u8> {
        let count = self.random.below(most);
        self.random.bytes(count)
    }

    /// A program of about so many instructions.
    pub(super) fn program(&mut self, length: usize) -> Vec<u8> {
        let outer = core::mem::take(&mut self.code);
        for _ in 0..length {
            self.instruction();
        }
        let (opcode, takes) = self.one(ENDING);
        self.take(takes);
        self.code.push(opcode);
        core::mem::replace(&mut self.code, outer)
    }

    fn instruction(&mut self) {
        match self.random.below(20) {
            0..10 => {
                let (opcode, takes) = self.one(ASKING);
                self.take(takes);
                self.code.push(opcode);
                self.keep();
            }
            10..15 => {
                let (opcode, takes) = self.one(DOING);
                self.take(takes);
                self.code.push(opcode);
            }
            15..17 => {
                let (opcode, takes) = self.one(CALLING);
                self.take(takes);
                self.code.push(opcode);
                self.keep();
            }
            17 => self.create(),
            18 => self.jump(),
            _ => match self.random.below(6) {
                // Whatever it is.
                0 => self.code.push(self.random.clone().below(256) as u8),
                1 if self.is_pure => {
                    self.code.push(GAS);
                    self.keep();
                }
                2 => {
                    let depth = self.random.below(16) as u8;
                    self.code.push(0x80 + depth);
                }
                3 => {
                    let depth = self.random.below(16) as u8;
                    self.code.push(0x90 + depth);
                }
                _ => {
                    let count = 1 + self.random.below(32);
                    self.code.push(0x5f + count as u8);
                    let bytes = self.random.bytes(count);
                    self.code.extend(bytes);
                }
            },
        }
    }

    /// Does something with the word on top of the stack.
    fn keep(&mut self) {
        match self.random.below(5) {
            0 => self.code.push(POP),
            1 | 2 => {
                let place = self.word(Offset);
                self.push(&place);
                self.code.push(MSTORE);
            }
            3 => {
                let place = self.word(Slot);
                self.push(&place);
                self.code.push(SSTORE);
            }
            _ => {}
        }
    }

    /// Jumps over some bytes, or not.
    fn jump(&mut self) {
        let condition = self.random.below(2) as u64;
        self.push(&Word::from_u64(condition));
        let skipped = self.random.below(6);
        // PUSH2 and JUMPI.
        let target = self.code.len() + 4 + skipped;
        self.code.extend([0x61, (target >> 8) as u8, target as u8, JUMPI]);
        let bytes = self.random.bytes(skipped);
        self.code.extend(bytes);
        if self.random.below(8) > 0 {
            self.code.push(JUMPDEST);
        }
    }

    /// Creates a contract whose code is at most a word.
    fn create(&mut self) {
        let runtime = self.random.below(20) as u8;
        let first = self.one(&[0x60, 0x00, 0xef, 0xfe]);
        // Returns a word of memory, which begins with some byte; or does something else.
        let code = match self.random.below(5) {
            0 => self.bytes(32),
            1 => vec![0x60, 0, 0x60, 0, 0xfd],
            2 => vec![0x34, 0x60, 1, 0x55, 0x33, 0x60, 0, 0x52, 0x60, runtime, 0x60, 12, 0xf3],
            _ => vec![0x60, first, 0x60, 0, 0x53, 0x60, runtime, 0x60, 0, 0xf3],
        };
        let mut word = [0; 32];
        word.iter_mut().zip(&code).for_each(|(place, byte)| *place = *byte);
        self.push(&Word::from_be_bytes(&word));
        self.push(&Word::ZERO);
        self.code.push(MSTORE);
        let salts = self.random.below(2) == 1;
        if salts {
            let salt = self.word(Slot);
            self.push(&salt);
        }
        self.push(&Word::from_u64(code.len() as u64));
        self.push(&Word::ZERO);
        let value = self.word(Value);
        self.push(&value);
        self.code.push(if salts { CREATE2 } else { CREATE });
        self.keep();
    }

    fn take(&mut self, takes: &[Takes]) {
        for kind in takes {
            let word = self.word(*kind);
            if matches!(kind, Gas) && self.random.below(2) == 0 {
                self.code.push(GAS);
            } else {
                self.push(&word);
            }
        }
    }

    fn word(&mut self, kind: Takes) -> Word {
        let small = |random: &mut Random, most: usize| Word::from_u64(random.below(most) as u64);
        let random = &mut self.random;
        let is_odd = random.below(60) == 0;
        match kind {
            Number if random.below(3) == 0 => {
                let bytes = random.bytes(32);
                bytes.first_chunk().map(Word::from_be_bytes).unwrap_or_default()
            }
            Offset | Length if is_odd => random.one(&[
                Word::from_u64(0x10_0000),
                Word::from_u64(12 << 20),
                Word::from_u64(0xffff_ffff),
                Word::from_u64(u64::MAX),
                Word::MAX,
            ]),
            Number => random.one(&[
                Word::ZERO,
                Word::ONE,
                Word::from_u64(776),
                Word::from_u64(255),
                Word::MAX,
                Word([0, 0, 0, 1 << 63]),
                Word([u64::MAX, u64::MAX, u64::MAX, u64::MAX >> 1]),
                Word::from_u64(u64::MAX),
            ]),
            Offset => small(random, 200),
            Length => small(random, 100),
            Slot if random.below(12) == 0 => random.one(&[Word::MAX, Word([5, 0, 1 << 30, 9])]),
            Slot => small(random, 6),
            Gas => random.one(&[0, 100, 2300, 30_000, 500_000, u64::MAX].map(Word::from_u64)),
            Value => random.one(&[0, 0, 0, 1, 100, 5000].map(Word::from_u64)),
            Account => self.account(),
        }
    }

    fn account(&mut self) -> Word {
        let precompile = self.random.below(11) as u16;
        let own = [FIRST, SECOND, THIRD, SECOND, THIRD, NOBODY, Address::zero()];
        let others = [MIRROR, TOKEN, NOBODY, SECOND, system_address(0x8001)];
        let account = match self.random.below(8) {
            // One of EraVM, or one that does not even exist.
            0 if !self.is_pure => self.one(&others),
            1 => system_address(precompile),
            _ => self.one(&own),
        };
        let mut word = Word::from_address(&account);
        if self.random.below(10) == 0 {
            word.0[3] = 7;
        }
        word
    }

    /// Pushes a word with as few bytes as it has.
    fn push(&mut self, word: &Word) {
        let bytes = word.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        self.code.push(0x5f + (32 - zeros) as u8);
        self.code.extend_from_slice(&bytes[zeros..]);
    }
}
