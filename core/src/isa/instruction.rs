//! Instructions as values, and their 64-bit encoding.

use super::opcode::Opcode;
use super::table::{Modifier, Variant, slot_of, variant};

/// Addressing mode of the first source.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum SrcMode {
    /// The register.
    Reg = 0,
    /// `stack-=[reg + imm0]`: moves `sp` down by that much, then reads there.
    StackPop = 1,
    /// `stack[sp − (reg + imm0)]`.
    StackRelative = 2,
    /// `stack[reg + imm0]`.
    StackAbsolute = 3,
    /// `imm0` itself.
    Imm = 4,
    /// `code[reg + imm0]`, in words.
    Code = 5,
}

impl SrcMode {
    /// Number of modes.
    pub const COUNT: usize = 6;
    /// All modes, in the order of their encoding.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Reg,
        Self::StackPop,
        Self::StackRelative,
        Self::StackAbsolute,
        Self::Imm,
        Self::Code,
    ];
}

/// Addressing mode of the first destination.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum DstMode {
    /// The register.
    Reg = 0,
    /// `stack+=[reg + imm1]`: writes at `sp`, then moves it up by that much.
    StackPush = 1,
    /// `stack[sp − (reg + imm1)]`.
    StackRelative = 2,
    /// `stack[reg + imm1]`.
    StackAbsolute = 3,
}

impl DstMode {
    /// Number of modes.
    pub const COUNT: usize = 4;
    /// All modes, in the order of their encoding.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Reg, Self::StackPush, Self::StackRelative, Self::StackAbsolute];
}

/// The condition under which an instruction is executed; otherwise it is paid for and skipped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Predicate {
    /// Always.
    Always = 0,
    /// `gt`.
    Gt = 1,
    /// `lt` (also overflow).
    Lt = 2,
    /// `eq`.
    Eq = 3,
    /// `gt` or `eq`.
    Ge = 4,
    /// `lt` or `eq`.
    Le = 5,
    /// Not `eq`.
    Ne = 6,
    /// `gt` or `lt`.
    GtOrLt = 7,
}

impl Predicate {
    /// All predicates, in the order of their encoding.
    pub const ALL: [Self; 8] =
        [Self::Always, Self::Gt, Self::Lt, Self::Eq, Self::Ge, Self::Le, Self::Ne, Self::GtOrLt];

    /// Whether it holds for these flags.
    pub const fn holds(self, lt: bool, eq: bool, gt: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Gt => gt,
            Self::Lt => lt,
            Self::Eq => eq,
            Self::Ge => gt | eq,
            Self::Le => lt | eq,
            Self::Ne => !eq,
            Self::GtOrLt => gt | lt,
        }
    }
}

/// A decoded instruction.
#[derive(Clone, Copy, Debug)]
pub struct Instruction {
    /// Slot in the table.
    pub slot: u16,
    /// Predicate.
    pub predicate: Predicate,
    /// First source register, 0..16.
    pub src0: u8,
    /// Second source register, 0..16.
    pub src1: u8,
    /// First destination register, 0..16.
    pub dst0: u8,
    /// Second destination register, 0..16.
    pub dst1: u8,
    /// First immediate.
    pub imm0: u16,
    /// Second immediate.
    pub imm1: u16,
}

impl Instruction {
    /// `ret.panic`, what any instruction turns into that may not be executed.
    pub const PANIC: Self = Self::plain(1073);

    const fn plain(slot: u16) -> Self {
        Self {
            slot,
            predicate: Predicate::Always,
            src0: 0,
            src1: 0,
            dst0: 0,
            dst1: 0,
            imm0: 0,
            imm1: 0,
        }
    }

    /// An instruction with all registers and immediates zero; `None` if there is no such variant.
    pub fn new(
        opcode: Opcode,
        src0: SrcMode,
        dst0: DstMode,
        modifiers: &[Modifier],
    ) -> Option<Self> {
        slot_of(opcode, src0, dst0, modifiers).map(Self::plain)
    }

    /// Decodes any 64 bits: unknown slots are [`Opcode::Invalid`], the two unused bits are ignored.
    pub const fn decode(bits: u64) -> Self {
        Self {
            slot: bits as u16 & 0x7ff,
            predicate: Predicate::ALL[(bits >> 13 & 7) as usize],
            src0: (bits >> 16 & 15) as u8,
            src1: (bits >> 20 & 15) as u8,
            dst0: (bits >> 24 & 15) as u8,
            dst1: (bits >> 28 & 15) as u8,
            imm0: (bits >> 32) as u16,
            imm1: (bits >> 48) as u16,
        }
    }

    /// The canonical encoding. Registers are taken modulo 16.
    pub const fn encode(&self) -> u64 {
        (self.slot & 0x7ff) as u64
            | (self.predicate as u64) << 13
            | (self.src0 as u64 & 15) << 16
            | (self.src1 as u64 & 15) << 20
            | (self.dst0 as u64 & 15) << 24
            | (self.dst1 as u64 & 15) << 28
            | (self.imm0 as u64) << 32
            | (self.imm1 as u64) << 48
    }

    /// Row, operand modes and modifiers.
    #[inline]
    pub fn variant(&self) -> &'static Variant {
        variant(self.slot)
    }

    /// Operation.
    #[inline]
    pub fn opcode(&self) -> Opcode {
        self.variant().row.opcode
    }
}
