//! Decoded code: a cheap handle that hosts keep and share.

use crate::isa::{
    Dst0, DstMode, Instruction, Modifier, Opcode, Predicate, SLOTS, SrcMode, TABLE, VARIANTS,
    Variant,
};
use crate::state::registers::Register;
use crate::vm::fast::{self, Handler};
use crate::vm::status;
use crate::word::Word;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// Shared ownership. Targets without compare-and-swap have no `Arc`; they have one thread, too.
#[cfg(target_has_atomic = "ptr")]
type Shared<T> = alloc::sync::Arc<T>;
#[cfg(not(target_has_atomic = "ptr"))]
type Shared<T> = alloc::rc::Rc<T>;

/// Most 32-byte words that code may have: its length must fit 16 bits.
pub const MAX_CODE_WORDS: usize = u16::MAX as usize;
/// Instructions that a program counter can reach.
const MAX_INSTRUCTIONS: usize = 1 << 16;

/// Why bytes cannot be code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeError {
    /// Not a multiple of 32 bytes; the length.
    NotInWords(usize),
    /// More than [`MAX_CODE_WORDS`]; the number of words.
    TooLong(usize),
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInWords(bytes) => {
                write!(f, "code has {bytes} bytes, which is not a multiple of 32")
            }
            Self::TooLong(words) => {
                write!(f, "code has {words} words, more than the {MAX_CODE_WORDS} that are allowed")
            }
        }
    }
}

impl core::error::Error for CodeError {}

/// An instruction prepared for execution.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Op {
    /// What executes it.
    pub(crate) run: Handler,
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
}

/// Bits of [`Op::traits`].
mod traits {
    /// The sources must be exchanged, which was not done by exchanging the names of registers.
    pub(super) const SWAPS: u8 = 1;
    /// It sets the flags.
    pub(super) const SETS_FLAGS: u8 = 1 << 1;
    /// Once it is paid for it always writes its result, and reads no register that the result goes to.
    pub(super) const ONLY_OVERWRITES: u8 = 1 << 2;
}

/// Decoded code.
///
/// Cloning is cheap; the decoded form does not depend on protocol version, host or tracer.
#[derive(Clone)]
pub struct Program(Shared<Code>);

struct Code {
    words: Box<[Word]>,
    /// Prepared instructions, then one that stands for the end.
    ops: Box<[Op]>,
    instructions: Box<[Instruction]>,
    /// Index of the handler of each instruction, and of the end.
    kinds: Box<[u16]>,
}

impl Program {
    /// Decodes code.
    ///
    /// # Errors
    /// If the length is not a whole number of words or exceeds [`MAX_CODE_WORDS`].
    pub fn new(bytes: &[u8]) -> Result<Self, CodeError> {
        let (words, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() {
            return Err(CodeError::NotInWords(bytes.len()));
        }
        Self::from_words(words.iter().map(Word::from_be_bytes).collect())
    }

    /// Decodes code that is already in words.
    ///
    /// # Errors
    /// If there are more than [`MAX_CODE_WORDS`].
    pub fn from_words(words: Vec<Word>) -> Result<Self, CodeError> {
        if words.len() > MAX_CODE_WORDS {
            return Err(CodeError::TooLong(words.len()));
        }
        let reachable = words.len().min(MAX_INSTRUCTIONS / 4);
        let mut instructions = Vec::with_capacity(reachable * 4);
        let mut ops = Vec::with_capacity(reachable * 4 + 1);
        let mut kinds = Vec::with_capacity(reachable * 4 + 1);
        for word in &words[..reachable] {
            for &bits in word.0.iter().rev() {
                let instruction = Instruction::decode(bits);
                let mut kind = fast::kind_of(&instruction);
                let mut displacement = 0;
                if fast::goes_to_immediate(kind) {
                    // To just behind the last instruction is to the one that stands for the end.
                    if usize::from(instruction.imm0) <= reachable * 4 {
                        let by = i32::from(instruction.imm0) - ops.len() as i32;
                        displacement = by * size_of::<Op>() as i32;
                    } else {
                        kind = fast::RARE;
                    }
                }
                ops.push(Op::new(&instruction, kind, ops.len() as u16, displacement));
                kinds.push(kind);
                instructions.push(instruction);
            }
        }
        ops.push(Op::end(ops.len() as u16));
        kinds.push(fast::END);
        Ok(Self(Shared::new(Code {
            words: words.into_boxed_slice(),
            ops: ops.into_boxed_slice(),
            instructions: instructions.into_boxed_slice(),
            kinds: kinds.into_boxed_slice(),
        })))
    }

    /// The code page.
    pub fn words(&self) -> &[Word] {
        &self.0.words
    }

    /// The word of the code page at an index; zero beyond the end.
    #[inline(always)]
    pub fn word(&self, index: u16) -> Word {
        self.0.words.get(usize::from(index)).copied().unwrap_or(Word::ZERO)
    }

    /// Number of instructions that a program counter can reach. Beyond them all is invalid.
    pub fn len(&self) -> usize {
        self.0.instructions.len()
    }

    /// Whether there is no code at all.
    pub fn is_empty(&self) -> bool {
        self.0.instructions.is_empty()
    }

    /// The instruction at a program counter.
    #[inline]
    pub fn instruction(&self, pc: u16) -> Instruction {
        const BEYOND_THE_END: Instruction = Instruction::decode(0);
        self.0.instructions.get(usize::from(pc)).copied().unwrap_or(BEYOND_THE_END)
    }

    /// Index of the handler of the instruction at a program counter.
    #[inline]
    pub(crate) fn kind(&self, pc: u16) -> u16 {
        self.0.kinds.get(usize::from(pc)).copied().unwrap_or(fast::END)
    }

    /// The prepared instructions and the one that stands for the end.
    #[inline(always)]
    pub(crate) fn ops(&self) -> &[Op] {
        &self.0.ops
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("words", &self.0.words.len()).finish_non_exhaustive()
    }
}

impl Op {
    fn new(instruction: &Instruction, kind: u16, pc: u16, displacement: i32) -> Self {
        let variant = instruction.variant();
        // With both sources in registers, exchanging them is a matter of names.
        let swapped = variant.has(Modifier::Swap) && variant.src0 == SrcMode::Reg;
        let (src0, src1) = if swapped {
            (instruction.src1, instruction.src0)
        } else {
            (instruction.src0, instruction.src1)
        };
        // A memory operand's register is the base of an address, where r0 is zero like everywhere.
        let dst0 = if variant.dst0 == DstMode::Reg {
            Register::destination(instruction.dst0)
        } else {
            Register::source(instruction.dst0)
        };
        let mut traits = 0;
        if variant.has(Modifier::Swap) && !swapped {
            traits |= traits::SWAPS;
        }
        if variant.has(Modifier::SetFlags) {
            traits |= traits::SETS_FLAGS;
        }
        if variant.row.opcode.is_binary()
            && variant.dst0 == DstMode::Reg
            && ![src0, src1].contains(&instruction.dst0)
        {
            traits |= traits::ONLY_OVERWRITES;
        }
        Self {
            opcode: variant.row.opcode,
            traits,
            run: fast::threaded(kind),
            mask: Self::mask(instruction, src0, src1),
            displacement,
            imm0: instruction.imm0,
            imm1: instruction.imm1,
            src0: Register::source(src0),
            src1: Register::source(src1),
            dst0,
            dst1: Register::destination(instruction.dst1),
            slot_and_modes: instruction.slot
                | (variant.src0 as u16) << 11
                | (variant.dst0 as u16) << 14,
            pc,
        }
    }

    fn end(pc: u16) -> Self {
        Self {
            opcode: Opcode::Invalid,
            traits: 0,
            run: fast::threaded(fast::END),
            mask: 0,
            displacement: 0,
            imm0: 0,
            imm1: 0,
            src0: Register::R0,
            src1: Register::R0,
            dst0: Register::Sink,
            dst1: Register::Sink,
            slot_and_modes: 0,
            pc,
        }
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

    /// Status bits in which an instruction may not simply be executed.
    fn mask(instruction: &Instruction, src0: u8, src1: u8) -> u32 {
        let Rule { always, src0_tag, src1_tag, dst0_tag, second } =
            RULES[usize::from(instruction.slot) % SLOTS];
        let tag = |concerned: bool, register: u8| {
            if concerned { status::tag(register) } else { 0 }
        };
        let second = match (instruction.dst1, second) {
            (0, _) | (_, Second::Pointer) => 0,
            (register, Second::Number) => status::tag(register),
            (_, Second::None) => status::CLEARS_DST1,
        };
        always
            | REFUSING_FLAGS[instruction.predicate as usize]
            | tag(src0_tag, src0)
            | tag(src1_tag, src1)
            | tag(dst0_tag, instruction.dst0)
            | second
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

/// What [`Op::mask`] is made of, for one slot of the instruction table.
#[derive(Clone, Copy)]
struct Rule {
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

static RULES: [Rule; SLOTS] = {
    let mut rules = [Rule::of(&VARIANTS[0]); SLOTS];
    let mut slot = 0;
    while slot < SLOTS {
        rules[slot] = Rule::of(&VARIANTS[slot]);
        slot += 1;
    }
    rules
};

impl Rule {
    const fn of(variant: &Variant) -> Self {
        let row = variant.row;
        let mut always = status::CALL_STACK_FULL;
        if row.kernel_only {
            always |= status::USER;
        }
        if row.writes {
            always |= status::STATIC;
        }
        let to_register = matches!(variant.dst0, DstMode::Reg);
        // Pointer operations look at the tags of the first source and of the destination themselves.
        let pointer = is_pointer_op(row.opcode);
        if matches!(row.opcode, Opcode::HeapWrite | Opcode::AuxHeapWrite) {
            always |= status::STORES_OBSERVED;
        }
        // Used as a number in user space, a pointer loses its metadata. The handlers leave that to the careful path.
        let numbers = takes_numbers(row.opcode);
        Self {
            always,
            src0_tag: numbers && matches!(variant.src0, SrcMode::Reg),
            src1_tag: numbers || pointer || is_far_call(row.opcode),
            dst0_tag: !pointer && to_register && !matches!(row.dst0, Dst0::None),
            second: match row.opcode {
                Opcode::Mul | Opcode::Div => Second::Number,
                _ if !(row.dst1 && variant.has(Modifier::Increment)) => Second::None,
                Opcode::FatPointerRead => Second::Pointer,
                _ => Second::Number,
            },
        }
    }
}

/// The flag states in which each predicate does not hold.
static REFUSING_FLAGS: [u32; 8] = {
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

const fn is_pointer_op(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::PtrAdd | Opcode::PtrSub | Opcode::PtrPack | Opcode::PtrShrink)
}

const fn is_far_call(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::FarCall | Opcode::DelegateCall | Opcode::MimicCall)
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
