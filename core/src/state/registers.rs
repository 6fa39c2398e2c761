//! The register file.

use crate::word::Word;
use core::cell::Cell;

/// Names of registers as prepared instructions use them.
///
/// PERF: an enumeration, so that the compiler knows that an index into the register file is in range; its values are places
/// of limbs, so that the processor's addressing does the multiplication. Backwards: native code finds registers from what is behind
/// the last one, and the low ones, which programs use most, are within an offset of 8 bits there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs, reason = "numbered registers")]
pub(crate) enum Register {
    R0 = 0,
    /// Where results for r0 go.
    Sink = 4,
    R15 = 8,
    R14 = 12,
    R13 = 16,
    R12 = 20,
    R11 = 24,
    R10 = 28,
    R9 = 32,
    R8 = 36,
    R7 = 40,
    R6 = 44,
    R5 = 48,
    R4 = 52,
    R3 = 56,
    R2 = 60,
    R1 = 64,
}

/// Limbs of all registers.
pub(crate) const LIMBS: usize = 17 * 4;

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

/// r0 (always zero), the place where results for it go, and r15 to r1, limb by limb.
///
/// Aligned so that no register straddles a cache line, and so that accelerators which address whole words can
/// work in place.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
pub(crate) struct Registers([u64; LIMBS]);

impl Registers {
    pub(crate) const fn new() -> Self {
        Self([0; LIMBS])
    }

    #[inline(always)]
    pub(crate) const fn get(&self, register: Register) -> Word {
        let at = register as usize;
        Word([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }

    #[inline(always)]
    pub(crate) const fn set(&mut self, register: Register, value: &Word) {
        let at = register as usize;
        let Word([l0, l1, l2, l3]) = *value;
        self.0[at] = l0;
        self.0[at + 1] = l1;
        self.0[at + 2] = l2;
        self.0[at + 3] = l3;
    }

    /// The limbs, for an instruction whose result may go to where an operand is. That of a register number `k` is at
    /// its name plus `k`.
    #[inline(always)]
    pub(crate) const fn cells(&mut self) -> &[Cell<u64>; LIMBS] {
        Cell::from_mut(&mut self.0).as_array_of_cells()
    }

    /// Zeroes a range of r1 to r15.
    #[inline(always)]
    pub(crate) fn clear(&mut self, numbers: core::ops::Range<u8>) {
        // Backwards, like the names: the last one comes first.
        let place = |number: u8| LIMBS - usize::from(number) * 4;
        if let Some(limbs) = self.0.get_mut(place(numbers.end) + 4..place(numbers.start) + 4) {
            limbs.fill(0);
        }
    }

    /// Where a register is, in bytes from behind the last of them.
    #[cfg(feature = "compiled")]
    pub(crate) const fn offset(number: u8) -> i32 {
        (Register::source(number) as i32 - LIMBS as i32) * size_of::<u64>() as i32
    }

    /// r1 to r15.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = Word> {
        (1..16).map(|number| self.get(Register::source(number)))
    }
}
