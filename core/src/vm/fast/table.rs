//! Which handler does which instruction.

use super::Handler;
use super::binary::binary;
use super::control::{
    Panicking, Returning, Reverting, end, hosted, jump, native, near_call, nop, rare, ret,
};
use super::memory::{heap_read, heap_write, pointer_read};
use super::operands::{
    ANY, CodePage, FROM_ABSOLUTE, FROM_RELATIVE, Immediate, InRegister, POP, PUSH, Stack,
    TO_ABSOLUTE, TO_RELATIVE,
};
use super::pointer::{Add, Pack, Shrink, Sub, pointer};
use super::state::{
    Caller, CodeAddress, ContextU128, ErgsLeft, Meta, Sp, This, context, event, transient_read,
    transient_write,
};
use crate::isa::{DstMode, Instruction, Modifier, Opcode, SrcMode, Variant};
use crate::semantics::{self, Binary};

/// Whether exchanging the sources is a handler of its own: not between registers, where it is a matter of names.
macro_rules! ordered {
    ($op:ident InRegister) => {
        false
    };
    ($op:ident $src:ident) => {
        !<semantics::$op as Binary>::COMMUTES
    };
}

/// On the stack, in any mode.
type OnStack = Stack<ANY>;

/// Handlers of an operation by source (4), destination (2), `!` (2) and `.s` (2).
macro_rules! binary_handlers {
    ($($op:ident),*) => {
        &[$(
            binary_handlers!(@ $op InRegister), binary_handlers!(@ $op Immediate),
            binary_handlers!(@ $op CodePage), binary_handlers!(@ $op OnStack),
        )*]
    };
    (@ $op:ident $src:ident) => {[
        binary::<semantics::$op, $src, InRegister, false, false, T>,
        binary::<semantics::$op, $src, InRegister, false, { ordered!($op $src) }, T>,
        binary::<semantics::$op, $src, InRegister, true, false, T>,
        binary::<semantics::$op, $src, InRegister, true, { ordered!($op $src) }, T>,
        binary::<semantics::$op, $src, OnStack, false, false, T>,
        binary::<semantics::$op, $src, OnStack, false, { ordered!($op $src) }, T>,
        binary::<semantics::$op, $src, OnStack, true, false, T>,
        binary::<semantics::$op, $src, OnStack, true, { ordered!($op $src) }, T>,
    ]};
}

/// Handlers of a quick operation, in the order of [`SrcMode`] (6), [`DstMode`] (4) and `!` (2).
///
/// PERF: one for each mode on the stack, because finding out the mode costs a third of such an instruction. From the top of the
/// stack they count with the base register r0 only, because what limits the rest is the number of accesses to memory: compilers
/// hardly use another one there, which is left to [`binary_handlers`].
macro_rules! quick_handlers {
    ($($op:ident),*) => {
        &[$(
            quick_handlers!(@ $op InRegister), quick_handlers!(@ $op Stack<POP>),
            quick_handlers!(@ $op Stack<FROM_RELATIVE>), quick_handlers!(@ $op Stack<FROM_ABSOLUTE>),
            quick_handlers!(@ $op Immediate), quick_handlers!(@ $op CodePage),
        )*]
    };
    (@ $op:ident $src:ty) => {[
        binary::<semantics::$op, $src, InRegister, false, false, T>,
        binary::<semantics::$op, $src, InRegister, true, false, T>,
        binary::<semantics::$op, $src, Stack<PUSH>, false, false, T>,
        binary::<semantics::$op, $src, Stack<PUSH>, true, false, T>,
        binary::<semantics::$op, $src, Stack<TO_RELATIVE>, false, false, T>,
        binary::<semantics::$op, $src, Stack<TO_RELATIVE>, true, false, T>,
        binary::<semantics::$op, $src, Stack<TO_ABSOLUTE>, false, false, T>,
        binary::<semantics::$op, $src, Stack<TO_ABSOLUTE>, true, false, T>,
    ]};
}

/// Opcodes with [`binary_handlers`], in their order.
const BINARY: [Opcode; 11] = [
    Opcode::Add,
    Opcode::Sub,
    Opcode::And,
    Opcode::Or,
    Opcode::Xor,
    Opcode::Shl,
    Opcode::Shr,
    Opcode::Rol,
    Opcode::Ror,
    Opcode::Div,
    Opcode::Mul,
];
/// How many an opcode has.
const BINARY_EACH: usize = 32;

/// Place of the multiplication in it.
const MUL: usize = 10;
const _: () = assert!(matches!(BINARY[MUL], Opcode::Mul));

/// Place of the multiplication whose high half nobody asks for, behind those.
const MUL_LOW: usize = BINARY.len();

/// Opcodes with [`quick_handlers`], in their order.
const QUICK: [Opcode; 5] = [Opcode::Add, Opcode::Sub, Opcode::And, Opcode::Or, Opcode::Xor];
/// How many an opcode has.
const QUICK_EACH: usize = 48;

/// Where the groups of kinds begin.
const FIRST_QUICK: usize = (BINARY.len() + 1) * BINARY_EACH;
const FIRST_OTHER: usize = FIRST_QUICK + QUICK.len() * QUICK_EACH;

/// Room for all kinds; a power of two, so that an index is bounded by masking.
const KINDS: usize = 1024;

macro_rules! other_handlers {
    ($($kind:ident = $handler:expr;)*) => {
        #[allow(dead_code, reason = "some are reached by counting from the first of their group")]
        #[derive(Clone, Copy)]
        #[repr(usize)]
        enum Other { $($kind,)* }

        struct Table<const T: bool>;

        impl<const T: bool> Table<T> {
            const OTHERS: &'static [Handler] = &[$($handler,)*];
        }
    };
}

other_handlers! {
    Rare = rare::<T>;
    Hosted = hosted::<T>;
    End = end::<T>;
    Native = native::<T>;
    Nop = nop::<T>;
    JumpRegister = jump::<InRegister, false, T>;
    JumpImmediate = jump::<Immediate, true, T>;
    JumpCode = jump::<CodePage, false, T>;
    NearCall = near_call::<T>;
    RetOk = ret::<Returning, false, T>;
    RetOkToLabel = ret::<Returning, true, T>;
    RetRevert = ret::<Reverting, false, T>;
    RetRevertToLabel = ret::<Reverting, true, T>;
    RetPanic = ret::<Panicking, false, T>;
    RetPanicToLabel = ret::<Panicking, true, T>;
    HeapReadRegister = heap_read::<InRegister, false, false, false, T>;
    HeapReadRegisterInc = heap_read::<InRegister, false, true, false, T>;
    HeapReadImmediate = heap_read::<Immediate, false, false, false, T>;
    HeapReadImmediateInc = heap_read::<Immediate, false, true, false, T>;
    HeapWriteRegister = heap_write::<InRegister, false, false, false, T>;
    HeapWriteRegisterInc = heap_write::<InRegister, false, true, false, T>;
    HeapWriteImmediate = heap_write::<Immediate, false, false, false, T>;
    HeapWriteImmediateInc = heap_write::<Immediate, false, true, false, T>;
    AuxReadRegister = heap_read::<InRegister, true, false, false, T>;
    AuxReadRegisterInc = heap_read::<InRegister, true, true, false, T>;
    AuxReadImmediate = heap_read::<Immediate, true, false, false, T>;
    AuxReadImmediateInc = heap_read::<Immediate, true, true, false, T>;
    AuxWriteRegister = heap_write::<InRegister, true, false, false, T>;
    AuxWriteRegisterInc = heap_write::<InRegister, true, true, false, T>;
    AuxWriteImmediate = heap_write::<Immediate, true, false, false, T>;
    AuxWriteImmediateInc = heap_write::<Immediate, true, true, false, T>;
    PointerRead = pointer_read::<false, false, T>;
    PointerReadInc = pointer_read::<true, false, T>;
    PointerAdd = pointer::<Add, InRegister, InRegister, false, T>;
    PointerAddFromStack = pointer::<Add, OnStack, InRegister, false, T>;
    PointerAddToStack = pointer::<Add, InRegister, OnStack, false, T>;
    PointerAddOnStack = pointer::<Add, OnStack, OnStack, false, T>;
    PointerAddImmediate = pointer::<Add, Immediate, InRegister, true, T>;
    PointerSub = pointer::<Sub, InRegister, InRegister, false, T>;
    PointerPack = pointer::<Pack, InRegister, InRegister, false, T>;
    PointerShrink = pointer::<Shrink, InRegister, InRegister, false, T>;
    This = context::<This, T>;
    Caller = context::<Caller, T>;
    CodeAddress = context::<CodeAddress, T>;
    ErgsLeft = context::<ErgsLeft, T>;
    Meta = context::<Meta, T>;
    Sp = context::<Sp, T>;
    ContextU128 = context::<ContextU128, T>;
    Event = event::<T>;
    TransientRead = transient_read::<T>;
    TransientWrite = transient_write::<T>;
}

impl<const T: bool> Table<T> {
    const BINARY: &'static [[Handler; 8]] =
        binary_handlers!(Add, Sub, And, Or, Xor, Shl, Shr, Rol, Ror, Div, Mul, MulLow);

    const QUICK: &'static [[Handler; 8]] = quick_handlers!(Add, Sub, And, Or, Xor);

    const ALL: [Handler; KINDS] = {
        let mut all: [Handler; KINDS] = [rare::<T>; KINDS];
        let mut at = 0;
        while at < FIRST_OTHER + Self::OTHERS.len() {
            all[at] = if at < FIRST_QUICK {
                Self::BINARY[at / 8][at % 8]
            } else if at < FIRST_OTHER {
                Self::QUICK[(at - FIRST_QUICK) / 8][at % 8]
            } else {
                Self::OTHERS[at - FIRST_OTHER]
            };
            at += 1;
        }
        all
    };
}

const _: () = assert!(FIRST_QUICK.is_multiple_of(8));

static STEPPED: [Handler; KINDS] = Table::<false>::ALL;
static THREADED: [Handler; KINDS] = Table::<true>::ALL;

/// The kind of the end marker.
pub(crate) const END: u16 = (FIRST_OTHER + Other::End as usize) as u16;
/// The kind of the places where a native program waits.
pub(crate) const NATIVE: u16 = (FIRST_OTHER + Other::Native as usize) as u16;
/// The kind of what no handler does.
pub(crate) const RARE: u16 = (FIRST_OTHER + Other::Rare as usize) as u16;

/// The handler of a kind on the threaded path.
pub(crate) fn threaded(kind: u16) -> Handler {
    THREADED[usize::from(kind) % KINDS]
}

/// The handler of a kind that does one instruction.
pub(super) fn stepped(kind: u16) -> Handler {
    STEPPED[usize::from(kind) % KINDS]
}

/// The kind of the instructions of a slot: which handler does them.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    usual: u16,
    /// With a base register for an operand that is counted from the top of the stack.
    indexed: u16,
    /// All bits set if the first source, or the first result, is counted from there.
    from_top: u8,
    to_top: u8,
}

impl Kind {
    pub(crate) const fn of(variant: &Variant) -> Self {
        Self {
            usual: kind_of_variant(variant, false),
            indexed: kind_of_variant(variant, true),
            from_top: match variant.src0 {
                SrcMode::StackPop | SrcMode::StackRelative => u8::MAX,
                _ => 0,
            },
            to_top: match variant.dst0 {
                DstMode::StackPush | DstMode::StackRelative => u8::MAX,
                _ => 0,
            },
        }
    }

    /// The kind of an instruction of this slot.
    #[inline(always)]
    pub(crate) const fn of_instruction(&self, instruction: &Instruction) -> u16 {
        // Nobody asks for the high half of a product that goes to r0.
        let is_mul = self.usual as usize / BINARY_EACH == MUL && self.usual & 2 == 0;
        if is_mul && instruction.dst1 == 0 {
            return self.usual + ((MUL_LOW - MUL) * BINARY_EACH) as u16;
        }
        let base = instruction.src0 & self.from_top | instruction.dst0 & self.to_top;
        if base == 0 { self.usual } else { self.indexed }
    }

    /// Whether the handler goes to the instruction that the first immediate names, without looking whether it is there.
    pub(crate) const fn goes_to_immediate(self) -> bool {
        const NEAR_CALL: usize = FIRST_OTHER + Other::NearCall as usize;
        const JUMP: usize = FIRST_OTHER + Other::JumpImmediate as usize;
        matches!(self.usual as usize, NEAR_CALL | JUMP)
    }
}

const fn kind_of_variant(variant: &Variant, is_indexed: bool) -> u16 {
    let opcode = variant.row.opcode;
    // With both sources in registers, `.s` was resolved by exchanging their numbers.
    let swap = variant.has(Modifier::Swap) && !matches!(variant.src0, SrcMode::Reg);
    if let Some(index) = place(&QUICK, opcode)
        && !is_indexed
        && !(swap && matches!(opcode, Opcode::Sub))
    {
        return (FIRST_QUICK + index * QUICK_EACH + quick_kind(variant)) as u16;
    }
    if let Some(index) = place(&BINARY, opcode) {
        return (index * BINARY_EACH + binary_kind(variant, swap)) as u16;
    }
    let from_register = matches!(variant.src0, SrcMode::Reg);
    let to_register = matches!(variant.dst0, DstMode::Reg);
    let in_registers = from_register && to_register;
    // Exchanging sources of which one is on the stack is left to the careful path.
    let from_stack = is_on_stack(variant.src0) && !variant.has(Modifier::Swap);
    let other = match opcode {
        Opcode::Nop => Other::Nop as usize,
        Opcode::Jump => match variant.src0 {
            SrcMode::Reg => Other::JumpRegister as usize,
            SrcMode::Imm => Other::JumpImmediate as usize,
            SrcMode::Code => Other::JumpCode as usize,
            SrcMode::StackPop | SrcMode::StackRelative | SrcMode::StackAbsolute => {
                Other::Rare as usize
            }
        },
        Opcode::NearCall => Other::NearCall as usize,
        Opcode::RetOk => Other::RetOk as usize + variant.has(Modifier::ToLabel) as usize,
        Opcode::RetRevert => Other::RetRevert as usize + variant.has(Modifier::ToLabel) as usize,
        Opcode::RetPanic => Other::RetPanic as usize + variant.has(Modifier::ToLabel) as usize,
        Opcode::HeapRead => memory_kind(Other::HeapReadRegister, variant),
        Opcode::HeapWrite => memory_kind(Other::HeapWriteRegister, variant),
        Opcode::AuxHeapRead => memory_kind(Other::AuxReadRegister, variant),
        Opcode::AuxHeapWrite => memory_kind(Other::AuxWriteRegister, variant),
        Opcode::FatPointerRead => memory_kind(Other::PointerRead, variant),
        Opcode::PtrAdd if from_register || from_stack => {
            Other::PointerAdd as usize + from_stack as usize + 2 * !to_register as usize
        }
        Opcode::PtrAdd if takes_pointer_second(variant) && to_register => {
            Other::PointerAddImmediate as usize
        }
        Opcode::PtrSub if in_registers => Other::PointerSub as usize,
        Opcode::PtrPack if in_registers => Other::PointerPack as usize,
        Opcode::PtrShrink if in_registers => Other::PointerShrink as usize,
        Opcode::This => Other::This as usize,
        Opcode::Caller => Other::Caller as usize,
        Opcode::CodeAddress => Other::CodeAddress as usize,
        Opcode::ErgsLeft => Other::ErgsLeft as usize,
        Opcode::Meta => Other::Meta as usize,
        Opcode::Sp => Other::Sp as usize,
        Opcode::GetContextU128 => Other::ContextU128 as usize,
        Opcode::Event => Other::Event as usize,
        Opcode::TransientRead => Other::TransientRead as usize,
        Opcode::TransientWrite => Other::TransientWrite as usize,
        opcode if crate::vm::needs_host(opcode) => Other::Hosted as usize,
        _ => Other::Rare as usize,
    };
    (FIRST_OTHER + other) as u16
}

/// Whether an operation on pointers takes the pointer from its second source, and a constant that has no tag from the first.
pub(crate) const fn takes_pointer_second(variant: &Variant) -> bool {
    matches!(variant.src0, SrcMode::Imm) && variant.has(Modifier::Swap)
}

/// The place of an opcode in a list.
const fn place(list: &[Opcode], opcode: Opcode) -> Option<usize> {
    let mut index = 0;
    while index < list.len() {
        if list[index] as u8 == opcode as u8 {
            return Some(index);
        }
        index += 1;
    }
    None
}

/// The place among the [`quick_handlers`] of an operation.
const fn quick_kind(variant: &Variant) -> usize {
    variant.src0 as usize * 8 + variant.dst0 as usize * 2 + variant.has(Modifier::SetFlags) as usize
}

/// The place among the [`binary_handlers`] of an operation.
const fn binary_kind(variant: &Variant, swap: bool) -> usize {
    let source = match variant.src0 {
        SrcMode::Reg => 0,
        SrcMode::Imm => 1,
        SrcMode::Code => 2,
        SrcMode::StackPop | SrcMode::StackRelative | SrcMode::StackAbsolute => 3,
    };
    let on_stack = !matches!(variant.dst0, DstMode::Reg);
    source * 8
        + on_stack as usize * 4
        + variant.has(Modifier::SetFlags) as usize * 2
        + swap as usize
}

/// The place among the handlers of a memory access, by source and `.inc`.
const fn memory_kind(first: Other, variant: &Variant) -> usize {
    let immediate = matches!(variant.src0, SrcMode::Imm);
    first as usize + immediate as usize * 2 + variant.has(Modifier::Increment) as usize
}

/// Whether a first source is on the stack.
const fn is_on_stack(source: SrcMode) -> bool {
    matches!(source, SrcMode::StackPop | SrcMode::StackRelative | SrcMode::StackAbsolute)
}
