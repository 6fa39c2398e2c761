//! Instructions prepared for execution.

use super::run::Run;
use crate::isa::{
    Dst0, DstMode, Instruction, Modifier, Opcode, Predicate, SLOTS, SrcMode, TABLE, VARIANTS,
    Variant,
};
use crate::state::registers::Register;
use crate::vm::fast::{self, Handler};
use crate::vm::status;

/// An instruction prepared for execution.
#[repr(C)]
pub(crate) struct Op {
    run: Run,
    /// If any of these bits is set in the machine's status, the instruction may not simply be executed: its
    /// predicate does not hold, its mode is wrong, or pointer tags are involved. See [`status`].
    pub(crate) mask: u32,
    /// Bytes from here to the instruction that `imm0` names, for jumps and calls to a place that is there.
    displacement: i32,
    pub(crate) imm0: u16,
    /// Slot in the instruction table in the low 11 bits, then 3 bits of [`SrcMode`] and 2 of [`DstMode`].
    slot_and_modes: u16,
    pub(crate) imm1: u16,
    /// Where it is.
    pub(crate) pc: u16,
    pub(crate) src0: Register,
    pub(crate) src1: Register,
    pub(crate) dst0: Register,
    pub(crate) dst1: Register,
    pub(crate) opcode: Opcode,
    traits: u8,
    /// Which handler executes it, by number.
    kind: u16,
}

/// Bits of [`Op::traits`].
mod traits {
    /// The sources must be exchanged, which was not done by exchanging the names of registers.
    pub(super) const SWAPS: u8 = 1;
    /// It sets the flags.
    pub(super) const SETS_FLAGS: u8 = 1 << 1;
    /// Once it is paid for it always writes its result, and reads no register that the result goes to.
    pub(super) const ONLY_OVERWRITES: u8 = 1 << 2;
    /// A far call whose ABI word says which shard.
    pub(super) const NAMES_SHARD: u8 = 1 << 3;
    /// A far call whose callee may not write.
    pub(super) const CALLS_STATICALLY: u8 = 1 << 4;
}

impl Op {
    /// Prepares the instruction at `pc` of `count`.
    #[inline]
    pub(super) fn new(instruction: &Instruction, pc: usize, count: usize) -> Self {
        let prepared = &PREPARED[usize::from(instruction.slot) % SLOTS];
        let (src0, src1) = if prepared.exchanges {
            (instruction.src1, instruction.src0)
        } else {
            (instruction.src0, instruction.src1)
        };
        let mut kind = prepared.kind.of_instruction(instruction);
        let mut displacement = 0;
        if prepared.goes_to_immediate {
            // To just behind the last instruction is to the one that stands for the end.
            if usize::from(instruction.imm0) <= count {
                let by = i32::from(instruction.imm0) - pc as i32;
                displacement = by * size_of::<Self>() as i32;
            } else {
                kind = fast::RARE;
            }
        }
        let mut traits = prepared.traits;
        if src0 == instruction.dst0 || src1 == instruction.dst0 {
            traits &= !traits::ONLY_OVERWRITES;
        }
        // A memory operand's register is the base of an address, where r0 is zero like everywhere.
        let dst0 = if prepared.to_register {
            Register::destination(instruction.dst0)
        } else {
            Register::source(instruction.dst0)
        };
        Self {
            run: Run::new(fast::threaded(kind)),
            mask: prepared.mask(instruction, src0, src1),
            displacement,
            imm0: instruction.imm0,
            slot_and_modes: prepared.slot_and_modes,
            imm1: instruction.imm1,
            pc: pc as u16,
            src0: Register::source(src0),
            src1: Register::source(src1),
            dst0,
            dst1: Register::destination(instruction.dst1),
            opcode: prepared.opcode,
            traits,
            kind,
        }
    }

    /// Stands for a place where a native program waits for the host.
    pub(super) fn native(pc: usize) -> Self {
        Self { run: Run::new(fast::threaded(fast::NATIVE)), kind: fast::NATIVE, ..Self::end(pc) }
    }

    /// Stands for the end of code with `count` instructions.
    pub(super) fn end(count: usize) -> Self {
        Self {
            run: Run::new(fast::threaded(fast::END)),
            mask: 0,
            displacement: 0,
            imm0: 0,
            slot_and_modes: 0,
            imm1: 0,
            pc: count as u16,
            src0: Register::R0,
            src1: Register::R0,
            dst0: Register::Sink,
            dst1: Register::Sink,
            opcode: Opcode::Invalid,
            traits: 0,
            kind: fast::END,
        }
    }

    /// What executes it.
    #[inline(always)]
    pub(crate) fn run(&self) -> Handler {
        self.run.get()
    }

    /// Lets something else execute it from now on.
    #[cfg(feature = "compiled")]
    pub(super) fn run_with(&self, handler: Handler) {
        self.run.set(handler);
    }

    /// Which handler executes it, by number.
    #[inline(always)]
    pub(crate) const fn kind(&self) -> u16 {
        self.kind
    }

    /// Bytes from this instruction to another of the same program; 0 if it goes nowhere.
    #[inline(always)]
    pub(crate) const fn displacement(&self) -> i32 {
        self.displacement
    }

    /// Whether the sources must be exchanged, which was not done by exchanging the names of registers.
    #[inline(always)]
    pub(crate) const fn swaps(&self) -> bool {
        self.traits & traits::SWAPS != 0
    }

    /// Whether it sets the flags.
    #[inline(always)]
    pub(crate) const fn sets_flags(&self) -> bool {
        self.traits & traits::SETS_FLAGS != 0
    }

    /// Whether it always writes its result once it is paid for, and reads no register that the result goes to.
    #[inline(always)]
    pub(crate) const fn only_overwrites(&self) -> bool {
        self.traits & traits::ONLY_OVERWRITES != 0
    }

    /// Whether it is a far call whose ABI word says which shard.
    #[inline(always)]
    pub(crate) const fn names_shard(&self) -> bool {
        self.traits & traits::NAMES_SHARD != 0
    }

    /// Whether it is a far call whose callee may not write.
    #[inline(always)]
    pub(crate) const fn calls_statically(&self) -> bool {
        self.traits & traits::CALLS_STATICALLY != 0
    }

    /// Its static price.
    #[inline(always)]
    pub(crate) const fn price(&self) -> u32 {
        PRICES[self.opcode as usize]
    }

    /// Slot in the instruction table.
    #[inline(always)]
    pub(crate) const fn slot(&self) -> u16 {
        self.slot_and_modes & 0x7ff
    }

    /// [`SrcMode`] as a number.
    #[inline(always)]
    pub(crate) const fn src_mode(&self) -> u16 {
        self.slot_and_modes >> 11 & 7
    }

    /// [`DstMode`] as a number.
    #[inline(always)]
    pub(crate) const fn dst_mode(&self) -> u16 {
        self.slot_and_modes >> 14
    }
}

/// Static prices by opcode.
static PRICES: [u32; Opcode::COUNT] = {
    let mut prices = [0; Opcode::COUNT];
    let mut row = 0;
    while row < TABLE.len() {
        prices[TABLE[row].opcode as usize] = TABLE[row].ergs;
        row += 1;
    }
    prices
};

/// All of an [`Op`] that depends on nothing but the slot in the instruction table.
struct Prepared {
    kind: fast::Kind,
    slot_and_modes: u16,
    opcode: Opcode,
    traits: u8,
    /// Whether `.s` is done by exchanging the names of the two source registers.
    exchanges: bool,
    to_register: bool,
    goes_to_immediate: bool,
    /// Status bits in which it may not simply be executed.
    always: u32,
    /// Whether the tags of the registers that these operands name matter.
    src0_tag: bool,
    src1_tag: bool,
    dst0_tag: bool,
    second: Second,
}

/// What an instruction writes to `dst1`.
#[derive(Clone, Copy)]
enum Second {
    None,
    Number,
    /// A pointer, whose tag the handler sets.
    Pointer,
}

static PREPARED: [Prepared; SLOTS] = {
    let mut prepared = [const { Prepared::of(0) }; SLOTS];
    let mut slot = 0;
    while slot < SLOTS {
        prepared[slot] = Prepared::of(slot);
        slot += 1;
    }
    prepared
};

impl Prepared {
    const fn of(slot: usize) -> Self {
        let variant: &Variant = &VARIANTS[slot];
        let row = variant.row;
        let from_register = matches!(variant.src0, SrcMode::Reg);
        let to_register = matches!(variant.dst0, DstMode::Reg);
        let mut always = status::CALL_STACK_FULL;
        if row.kernel_only {
            always |= status::USER;
        }
        if row.writes {
            always |= status::STATIC;
        }
        if matches!(row.opcode, Opcode::HeapWrite | Opcode::AuxHeapWrite) {
            always |= status::STORES_OBSERVED;
        }
        let mut traits = 0;
        if variant.has(Modifier::Swap) && !from_register {
            traits |= traits::SWAPS;
        }
        if variant.has(Modifier::SetFlags) {
            traits |= traits::SETS_FLAGS;
        }
        if row.opcode.is_binary() && to_register {
            traits |= traits::ONLY_OVERWRITES;
        }
        if is_far_call(row.opcode) && variant.has(Modifier::Shard) {
            traits |= traits::NAMES_SHARD;
        }
        if is_far_call(row.opcode) && variant.has(Modifier::Static) {
            traits |= traits::CALLS_STATICALLY;
        }
        let kind = fast::Kind::of(variant);
        // Pointer operations look at the tags of the pointer and of the destination themselves.
        let pointer = row.opcode.is_pointer_op();
        let minds_dst0 = !pointer && !replaces_pointers(row.opcode);
        let pointer_first = pointer && !fast::takes_pointer_second(variant);
        // Used as a number in user space, a pointer loses its metadata. The handlers leave that to others.
        let numbers = takes_numbers(row.opcode);
        Self {
            kind,
            slot_and_modes: slot as u16 | (variant.src0 as u16) << 11 | (variant.dst0 as u16) << 14,
            opcode: row.opcode,
            traits,
            exchanges: variant.has(Modifier::Swap) && from_register,
            to_register,
            goes_to_immediate: kind.goes_to_immediate(),
            always,
            src0_tag: numbers && from_register,
            src1_tag: numbers || pointer_first || is_far_call(row.opcode),
            dst0_tag: minds_dst0 && to_register && !matches!(row.dst0, Dst0::None),
            second: match row.opcode {
                Opcode::Mul | Opcode::Div => Second::Number,
                _ if !(row.dst1 && variant.has(Modifier::Increment)) => Second::None,
                Opcode::FatPointerRead => Second::Pointer,
                _ => Second::Number,
            },
        }
    }

    /// Status bits in which an instruction may not simply be executed.
    #[inline(always)]
    fn mask(&self, instruction: &Instruction, src0: u8, src1: u8) -> u32 {
        let tag = |concerned: bool, register: u8| {
            if concerned { status::tag(register) } else { 0 }
        };
        let second = match (instruction.dst1, self.second) {
            (0, _) | (_, Second::Pointer) => 0,
            (register, Second::Number) => status::tag(register),
            (_, Second::None) => status::CLEARS_DST1,
        };
        self.always
            | REFUSING_FLAGS[instruction.predicate as usize]
            | tag(self.src0_tag, src0)
            | tag(self.src1_tag, src1)
            | tag(self.dst0_tag, instruction.dst0)
            | second
    }
}

/// The flag states in which each predicate does not hold.
pub(crate) static REFUSING_FLAGS: [u32; 8] = {
    let mut masks = [0; 8];
    let mut predicate = 0;
    while predicate < 8 {
        let mut state = 0;
        while state < 8 {
            let (lt, eq, gt) = (state & 1 != 0, state & 2 != 0, state & 4 != 0);
            if !Predicate::ALL[predicate].holds(lt, eq, gt) {
                masks[predicate] |= 1 << state;
            }
            state += 1;
        }
        predicate += 1;
    }
    masks
};

const fn is_far_call(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::FarCall | Opcode::DelegateCall | Opcode::MimicCall)
}

/// Whether the result of an instruction often takes the place of a pointer, so that its handler clears the tag itself.
const fn replaces_pointers(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::FatPointerRead
            | Opcode::This
            | Opcode::Caller
            | Opcode::CodeAddress
            | Opcode::ErgsLeft
            | Opcode::Meta
            | Opcode::Sp
            | Opcode::GetContextU128
    )
}

/// Whether an instruction takes its sources as numbers whose value tags can change.
const fn takes_numbers(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::Add
            | Opcode::Sub
            | Opcode::Mul
            | Opcode::Div
            | Opcode::And
            | Opcode::Or
            | Opcode::Xor
            | Opcode::Shl
            | Opcode::Shr
            | Opcode::Rol
            | Opcode::Ror
            | Opcode::HeapRead
            | Opcode::HeapWrite
            | Opcode::AuxHeapRead
            | Opcode::AuxHeapWrite
            | Opcode::TransientRead
            | Opcode::TransientWrite
            | Opcode::StorageRead
            | Opcode::StorageWrite
            | Opcode::PrecompileCall
            | Opcode::Decommit
    )
}
