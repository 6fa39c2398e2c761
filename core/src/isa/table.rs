//! The instruction table.
//!
//! The 11 low bits of an instruction select one of 2048 *slots*. A [`Row`] owns a run of slots: one per
//! combination of source mode, destination mode and modifiers, in that order, the last modifier fastest.

use super::ergs::*;
use super::instruction::{DstMode, SrcMode};
use super::opcode::Opcode;

/// Number of slots.
pub const SLOTS: usize = 1 << 11;

/// How an instruction uses its first source operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Src0 {
    /// Not at all.
    None,
    /// A register.
    Reg,
    /// A register, or `imm0`; the variants with `imm0` start at this slot.
    RegOrImm(u16),
    /// Any of the six addressing modes.
    Any,
}

/// How an instruction uses its first destination operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dst0 {
    /// Not at all.
    None,
    /// A register.
    Reg,
    /// Any of the four writable addressing modes.
    Any,
}

/// A bit of behaviour that an instruction may have on top of its opcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Modifier {
    /// `!`: sets the flags.
    SetFlags,
    /// `.s`: exchanges the two sources.
    Swap,
    /// `.first`: marks the first of a group of log entries.
    First,
    /// `.static`: the callee may not write.
    Static,
    /// `.shard`: the callee's shard is taken from the ABI.
    Shard,
    /// `.to_label`: returns to `imm0` instead of the caller's next instruction.
    ToLabel,
    /// `.inc`: also gives the address after the one accessed.
    Increment,
}

/// One instruction of the set.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// First slot.
    pub first_slot: u16,
    /// Operation.
    pub opcode: Opcode,
    /// Name in assembly.
    pub mnemonic: &'static str,
    /// Use of the first source.
    pub src0: Src0,
    /// Whether a second source register is read.
    pub src1: bool,
    /// Use of the first destination.
    pub dst0: Dst0,
    /// Whether a second result is written.
    pub dst1: bool,
    /// Modifiers, the slowest-running first.
    pub modifiers: &'static [Modifier],
    /// Static price.
    pub ergs: u32,
    /// Panics outside kernel space.
    pub kernel_only: bool,
    /// Panics in a static frame.
    pub writes: bool,
    /// Keeps the tag and the metadata of a pointer in `src0` in user space.
    pub pointer: bool,
}

impl Row {
    const fn new(first_slot: u16, opcode: Opcode, mnemonic: &'static str, ergs: u32) -> Self {
        Self {
            first_slot,
            opcode,
            mnemonic,
            src0: Src0::None,
            src1: false,
            dst0: Dst0::None,
            dst1: false,
            modifiers: &[],
            ergs,
            kernel_only: false,
            writes: false,
            pointer: false,
        }
    }

    const fn src(mut self, src0: Src0) -> Self {
        self.src0 = src0;
        self
    }

    const fn src1(mut self) -> Self {
        self.src1 = true;
        self
    }

    const fn dst(mut self, dst0: Dst0) -> Self {
        self.dst0 = dst0;
        self
    }

    const fn dst1(mut self) -> Self {
        self.dst1 = true;
        self
    }

    const fn with(mut self, modifiers: &'static [Modifier]) -> Self {
        self.modifiers = modifiers;
        self
    }

    const fn kernel(mut self) -> Self {
        self.kernel_only = true;
        self
    }

    const fn writes(mut self) -> Self {
        self.writes = true;
        self
    }

    const fn pointer(mut self) -> Self {
        self.pointer = true;
        self
    }

    /// Binary operation with the full choice of operands.
    const fn binary(self, modifiers: &'static [Modifier]) -> Self {
        self.src(Src0::Any).src1().dst(Dst0::Any).with(modifiers)
    }

    const fn read_memory(self, immediates: u16) -> Self {
        self.src(Src0::RegOrImm(immediates)).dst(Dst0::Reg).dst1().with(&[Increment]).pointer()
    }

    const fn write_memory(self, immediates: u16) -> Self {
        self.src(Src0::RegOrImm(immediates)).src1().dst(Dst0::Reg).with(&[Increment]).pointer()
    }

    const fn far_call(self) -> Self {
        self.src(Src0::Reg).src1().with(&[Static, Shard]).pointer()
    }

    const fn src_modes(&self) -> usize {
        if matches!(self.src0, Src0::Any) { SrcMode::COUNT } else { 1 }
    }

    const fn dst_modes(&self) -> usize {
        if matches!(self.dst0, Dst0::Any) { DstMode::COUNT } else { 1 }
    }

    /// Slots in the main run (variants with an immediate source of [`Src0::RegOrImm`] come on top).
    pub const fn len(&self) -> usize {
        (self.src_modes() * self.dst_modes()) << self.modifiers.len()
    }

    /// Never true: every row has at least one slot.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

use Modifier::{First, Increment, SetFlags, Shard, Static, Swap, ToLabel};
use Opcode as Op;

/// The instruction set, in order of slots.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    Row::new(0,    Op::Invalid,           "invalid",           INVALID_ERGS),
    Row::new(1,    Op::Nop,               "nop",               RICH_ADDRESSING_ERGS).src(Src0::Any).dst(Dst0::Any),
    Row::new(25,   Op::Add,               "add",               RICH_ADDRESSING_ERGS).binary(&[SetFlags]),
    Row::new(73,   Op::Sub,               "sub",               RICH_ADDRESSING_ERGS).binary(&[SetFlags, Swap]),
    Row::new(169,  Op::Mul,               "mul",               RICH_ADDRESSING_ERGS).binary(&[SetFlags]).dst1(),
    Row::new(217,  Op::Div,               "div",               RICH_ADDRESSING_ERGS).binary(&[SetFlags, Swap]).dst1(),
    Row::new(313,  Op::Jump,              "jump",              RICH_ADDRESSING_ERGS).src(Src0::Any).dst(Dst0::Reg),
    Row::new(319,  Op::Xor,               "xor",               RICH_ADDRESSING_ERGS).binary(&[SetFlags]),
    Row::new(367,  Op::And,               "and",               RICH_ADDRESSING_ERGS).binary(&[SetFlags]),
    Row::new(415,  Op::Or,                "or",                RICH_ADDRESSING_ERGS).binary(&[SetFlags]),
    Row::new(463,  Op::Shl,               "shl",               RICH_ADDRESSING_ERGS).binary(&[SetFlags, Swap]),
    Row::new(559,  Op::Shr,               "shr",               RICH_ADDRESSING_ERGS).binary(&[SetFlags, Swap]),
    Row::new(655,  Op::Rol,               "rol",               RICH_ADDRESSING_ERGS).binary(&[SetFlags, Swap]),
    Row::new(751,  Op::Ror,               "ror",               RICH_ADDRESSING_ERGS).binary(&[SetFlags, Swap]),
    Row::new(847,  Op::PtrAdd,            "ptr.add",           RICH_ADDRESSING_ERGS).binary(&[Swap]).pointer(),
    Row::new(895,  Op::PtrSub,            "ptr.sub",           RICH_ADDRESSING_ERGS).binary(&[Swap]).pointer(),
    Row::new(943,  Op::PtrPack,           "ptr.pack",          RICH_ADDRESSING_ERGS).binary(&[Swap]).pointer(),
    Row::new(991,  Op::PtrShrink,         "ptr.shrink",        RICH_ADDRESSING_ERGS).binary(&[Swap]).pointer(),
    Row::new(1039, Op::NearCall,          "near_call",         NEAR_CALL_ERGS).src(Src0::Reg),
    Row::new(1040, Op::This,              "context.this",      AVERAGE_ERGS).dst(Dst0::Reg),
    Row::new(1041, Op::Caller,            "context.caller",    AVERAGE_ERGS).dst(Dst0::Reg),
    Row::new(1042, Op::CodeAddress,       "context.code_source", AVERAGE_ERGS).dst(Dst0::Reg),
    Row::new(1043, Op::Meta,              "context.meta",      AVERAGE_ERGS).dst(Dst0::Reg),
    Row::new(1044, Op::ErgsLeft,          "context.ergs_left", AVERAGE_ERGS).dst(Dst0::Reg),
    Row::new(1045, Op::Sp,                "context.sp",        AVERAGE_ERGS).dst(Dst0::Reg),
    Row::new(1046, Op::GetContextU128,    "context.get_context_u128", AVERAGE_ERGS).dst(Dst0::Reg),
    Row::new(1047, Op::SetContextU128,    "context.set_context_u128", AVERAGE_ERGS).src(Src0::Reg).kernel().writes(),
    Row::new(1048, Op::AuxMutating0,      "context.set_ergs_per_pubdata", AVERAGE_ERGS).src(Src0::Reg).kernel().writes(),
    Row::new(1049, Op::IncrementTxNumber, "context.inc_tx_num", AVERAGE_ERGS).kernel().writes(),
    Row::new(1050, Op::StorageRead,       "log.sread",         STORAGE_READ_ERGS).src(Src0::Reg).dst(Dst0::Reg),
    Row::new(1051, Op::StorageWrite,      "log.swrite",        STORAGE_WRITE_ERGS).src(Src0::Reg).src1().writes(),
    Row::new(1052, Op::ToL1,              "log.to_l1",         L1_MESSAGE_ERGS).src(Src0::Reg).src1().with(&[First]).kernel().writes(),
    Row::new(1054, Op::Event,             "log.event",         EVENT_ERGS).src(Src0::Reg).src1().with(&[First]).kernel().writes(),
    Row::new(1056, Op::PrecompileCall,    "log.precompile",    PRECOMPILE_ERGS).src(Src0::Reg).src1().dst(Dst0::Reg).kernel(),
    Row::new(1057, Op::FarCall,           "far_call",          FAR_CALL_ERGS).far_call(),
    Row::new(1061, Op::DelegateCall,      "far_call.delegate", FAR_CALL_ERGS).far_call(),
    Row::new(1065, Op::MimicCall,         "far_call.mimic",    FAR_CALL_ERGS).far_call().kernel(),
    Row::new(1069, Op::RetOk,             "ret.ok",            AVERAGE_ERGS).src(Src0::Reg).with(&[ToLabel]).pointer(),
    Row::new(1071, Op::RetRevert,         "ret.revert",        AVERAGE_ERGS).src(Src0::Reg).with(&[ToLabel]).pointer(),
    Row::new(1073, Op::RetPanic,          "ret.panic",         AVERAGE_ERGS).with(&[ToLabel]).pointer(),
    Row::new(1075, Op::HeapRead,          "ld.1",              MEMORY_READ_ERGS).read_memory(1085),
    Row::new(1077, Op::HeapWrite,         "st.1",              MEMORY_WRITE_ERGS).write_memory(1087),
    Row::new(1079, Op::AuxHeapRead,       "ld.2",              MEMORY_READ_ERGS).read_memory(1089),
    Row::new(1081, Op::AuxHeapWrite,      "st.2",              MEMORY_WRITE_ERGS).write_memory(1091),
    Row::new(1083, Op::FatPointerRead,    "ld",                MEMORY_READ_ERGS).src(Src0::Reg).dst(Dst0::Reg).dst1().with(&[Increment]).pointer(),
    Row::new(1093, Op::Decommit,          "log.decommit",      DECOMMIT_ERGS).src(Src0::Reg).src1().dst(Dst0::Reg).kernel(),
    Row::new(1094, Op::TransientRead,     "log.tread",         TRANSIENT_READ_ERGS).src(Src0::Reg).dst(Dst0::Reg),
    Row::new(1095, Op::TransientWrite,    "log.twrite",        TRANSIENT_WRITE_ERGS).src(Src0::Reg).src1().writes(),
    Row::new(1096, Op::StaticRead,        "uma.static_read",   MEMORY_READ_ERGS).read_memory(1098).kernel(),
    Row::new(1100, Op::StaticWrite,       "uma.static_write",  MEMORY_WRITE_ERGS).write_memory(1102).kernel(),
];

/// What a slot selects: a row of the table, operand modes and modifiers.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The row.
    pub row: &'static Row,
    /// Addressing mode of the first source.
    pub src0: SrcMode,
    /// Addressing mode of the first destination.
    pub dst0: DstMode,
    modifiers: u8,
}

impl Variant {
    const INVALID: Self =
        Self { row: &TABLE[0], src0: SrcMode::Reg, dst0: DstMode::Reg, modifiers: 0 };

    /// Whether a modifier is set.
    #[inline]
    pub const fn has(&self, modifier: Modifier) -> bool {
        let mut index = 0;
        while index < self.row.modifiers.len() {
            if self.row.modifiers[index] as u8 == modifier as u8 {
                return self.modifiers >> (self.row.modifiers.len() - 1 - index) & 1 == 1;
            }
            index += 1;
        }
        false
    }
}

pub(crate) static VARIANTS: [Variant; SLOTS] = {
    let mut slots = [Variant::INVALID; SLOTS];
    let mut taken = [false; SLOTS];
    let mut at = 0;
    while at < TABLE.len() {
        let row = &TABLE[at];
        let combinations = 1 << row.modifiers.len();
        let mut index = 0;
        while index < row.len() {
            let slot = row.first_slot as usize + index;
            assert!(!taken[slot], "two rows claim a slot");
            taken[slot] = true;
            slots[slot] = Variant {
                row,
                src0: SrcMode::ALL[index / combinations / row.dst_modes()],
                dst0: DstMode::ALL[index / combinations % row.dst_modes()],
                modifiers: (index % combinations) as u8,
            };
            index += 1;
        }
        if let Src0::RegOrImm(first) = row.src0 {
            let mut modifiers = 0;
            while modifiers < combinations {
                let slot = first as usize + modifiers;
                assert!(!taken[slot], "two rows claim a slot");
                taken[slot] = true;
                slots[slot] = Variant {
                    row,
                    src0: SrcMode::Imm,
                    dst0: DstMode::Reg,
                    modifiers: modifiers as u8,
                };
                modifiers += 1;
            }
        }
        at += 1;
    }
    slots
};

/// The variant behind a slot; bits above the 11 low ones are ignored.
#[inline]
pub fn variant(slot: u16) -> &'static Variant {
    &VARIANTS[slot as usize % SLOTS]
}

/// The slot of an opcode with these operand modes and modifiers, or `None` if no such variant exists.
pub fn slot_of(
    opcode: Opcode,
    src0: SrcMode,
    dst0: DstMode,
    modifiers: &[Modifier],
) -> Option<u16> {
    let row = TABLE.iter().find(|row| row.opcode == opcode)?;
    if modifiers.iter().any(|modifier| !row.modifiers.contains(modifier)) {
        return None;
    }
    let bits = row
        .modifiers
        .iter()
        .fold(0, |bits, modifier| bits << 1 | u16::from(modifiers.contains(modifier)));
    let dst_index = match (row.dst0, dst0) {
        (Dst0::Any, mode) => mode as u16,
        (Dst0::None | Dst0::Reg, DstMode::Reg) => 0,
        (Dst0::None | Dst0::Reg, _) => return None,
    };
    let operands = match (row.src0, src0) {
        (Src0::Any, mode) => mode as u16 * row.dst_modes() as u16 + dst_index,
        (Src0::RegOrImm(first), SrcMode::Imm) => return Some(first + bits),
        (Src0::None | Src0::Reg | Src0::RegOrImm(_), SrcMode::Reg) => dst_index,
        (Src0::None | Src0::Reg | Src0::RegOrImm(_), _) => return None,
    };
    Some(row.first_slot + (operands << row.modifiers.len()) + bits)
}
