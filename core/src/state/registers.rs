//! The register file.

use crate::word::Word;

/// Names of registers as prepared instructions use them.
///
/// PERF: an enumeration, so that the compiler knows that an index into the register file is in range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs, reason = "numbered registers")]
pub(crate) enum Register {
    R0,
    R1,
    R2,
    R3,
    R4,
    R5,
    R6,
    R7,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    /// Where results for r0 go.
    Sink,
}

impl Register {
    const NUMBERED: [Self; 16] = [
        Self::R0,
        Self::R1,
        Self::R2,
        Self::R3,
        Self::R4,
        Self::R5,
        Self::R6,
        Self::R7,
        Self::R8,
        Self::R9,
        Self::R10,
        Self::R11,
        Self::R12,
        Self::R13,
        Self::R14,
        Self::R15,
    ];

    /// The register that a source names; numbers are taken modulo 16.
    pub(crate) const fn source(number: u8) -> Self {
        Self::NUMBERED[(number & 15) as usize]
    }

    /// The register that a destination names.
    pub(crate) const fn destination(number: u8) -> Self {
        if number == 0 { Self::Sink } else { Self::source(number) }
    }
}

/// r0 (always zero) to r15, and the place where results for r0 go.
///
/// Aligned so that no register straddles a cache line, and so that accelerators which address whole words can
/// work in place.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
pub(crate) struct Registers([Word; 17]);

impl Registers {
    pub(crate) const fn new() -> Self {
        Self([Word::ZERO; 17])
    }

    #[inline(always)]
    pub(crate) const fn get(&self, register: Register) -> &Word {
        &self.0[register as usize]
    }

    #[inline(always)]
    pub(crate) const fn set(&mut self, register: Register, value: &Word) {
        self.0[register as usize] = *value;
    }

    /// Zeroes a range of r1 to r15.
    #[inline(always)]
    pub(crate) fn clear(&mut self, numbers: core::ops::Range<u8>) {
        if let Some(words) = self.0.get_mut(numbers.start.into()..numbers.end.into()) {
            words.fill(Word::ZERO);
        }
    }

    /// r1 to r15.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = &Word> {
        self.0[1..16].iter()
    }
}
