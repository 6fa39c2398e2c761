//! Operands of prepared instructions, one type for each addressing mode.

use crate::isa::{DstMode, SrcMode};
use crate::program::{Op, Program};
use crate::state::frame::Frame;
use crate::state::registers::{LIMBS, Register, Registers};
use crate::state::stack::Tags;
use crate::word::Word;
use core::cell::Cell;

/// What operands are read from and results are written to. In cells, because a result may go to where an operand is.
#[derive(Clone, Copy)]
pub(super) struct Operands<'a> {
    op: &'a Op,
    pub(super) registers: &'a [Cell<u64>; LIMBS],
    stack: &'a [Cell<[u64; 4]>],
    pub(super) tags: Tags<'a>,
    program: &'a Program,
}

/// A word on the stack.
pub(super) type OnStack<'a> = &'a [Cell<u64>; 4];

impl<'a> Operands<'a> {
    #[inline(always)]
    pub(super) fn of(op: &'a Op, registers: &'a mut Registers, frame: &'a mut Frame) -> Self {
        let Frame { stack, program, .. } = frame;
        let (stack, tags) = stack.cells();
        Self { op, registers: registers.cells(), stack, tags, program }
    }

    /// A limb of a register.
    #[inline(always)]
    pub(super) fn limb(&self, register: Register, k: usize) -> u64 {
        self.registers[register as usize + k].get()
    }

    /// The address of an operand on the stack.
    #[inline(always)]
    fn stack_address(&self, has_base: bool, register: Register, immediate: u16) -> u16 {
        if has_base { self.address(register, immediate) } else { immediate }
    }

    /// The low 16 bits of a register and an immediate: what all addresses are made of.
    #[inline(always)]
    fn address(&self, register: Register, immediate: u16) -> u16 {
        (self.registers[register as usize].get() as u16).wrapping_add(immediate)
    }

    /// The word at a stack index, if its memory is there.
    #[inline(always)]
    fn on_stack(&self, index: u16) -> Option<OnStack<'a>> {
        self.stack.get(usize::from(index)).map(Cell::as_array_of_cells)
    }
}

/// An operand that was found.
pub(super) struct Found<L> {
    pub(super) limbs: L,
    /// Its index, if it is on the stack.
    pub(super) index: u16,
    /// The stack pointer afterwards.
    pub(super) sp: u16,
}

/// Where a first source comes from. Finding it has no effect; it is not found on the stack where nothing was written yet, nor behind the
/// end of the code page.
pub(super) trait Source {
    /// Whether it is on the stack, where a word may be tagged.
    const ON_STACK: bool = false;
    type Limbs<'a>: Copy;

    fn find<'a>(operands: &Operands<'a>, sp: u16) -> Option<Found<Self::Limbs<'a>>>;
    fn limb(limbs: Self::Limbs<'_>, k: usize) -> u64;
}

/// Where a first result goes to.
pub(super) trait Destination {
    /// Whether it is on the stack, where a word may be tagged.
    const ON_STACK: bool = false;
    type Limbs<'a>: Copy;

    fn find<'a>(operands: &Operands<'a>, sp: u16) -> Option<Found<Self::Limbs<'a>>>;
    fn put(limbs: Self::Limbs<'_>, k: usize, limb: u64);
}

pub(super) struct InRegister;
pub(super) struct Immediate;
pub(super) struct CodePage;
/// On the stack: in a mode that is known beforehand, counted from the top with the base register r0 only; or, if that is [`ANY`],
/// in any mode and with any register.
pub(super) struct Stack<const MODE: u16>;

/// The mode is looked up in the instruction.
pub(super) const ANY: u16 = u16::MAX;
pub(super) const POP: u16 = SrcMode::StackPop as u16;
pub(super) const FROM_RELATIVE: u16 = SrcMode::StackRelative as u16;
pub(super) const FROM_ABSOLUTE: u16 = SrcMode::StackAbsolute as u16;
pub(super) const PUSH: u16 = DstMode::StackPush as u16;
pub(super) const TO_RELATIVE: u16 = DstMode::StackRelative as u16;
pub(super) const TO_ABSOLUTE: u16 = DstMode::StackAbsolute as u16;

/// Where a first source in one of the stack modes is, and the stack pointer afterwards.
#[inline(always)]
pub(super) const fn source_place(mode: u16, address: u16, sp: u16) -> (u16, u16) {
    match mode {
        FROM_ABSOLUTE => (address, sp),
        FROM_RELATIVE => (sp.wrapping_sub(address), sp),
        _ => (sp.wrapping_sub(address), sp.wrapping_sub(address)),
    }
}

/// Where a first result goes to in one of the stack modes, and the stack pointer afterwards.
#[inline(always)]
pub(super) const fn target_place(mode: u16, address: u16, sp: u16) -> (u16, u16) {
    match mode {
        TO_ABSOLUTE => (address, sp),
        TO_RELATIVE => (sp.wrapping_sub(address), sp),
        _ => (sp, sp.wrapping_add(address)),
    }
}

impl Source for InRegister {
    type Limbs<'a> = (&'a [Cell<u64>; LIMBS], Register);

    #[inline(always)]
    fn find<'a>(operands: &Operands<'a>, sp: u16) -> Option<Found<Self::Limbs<'a>>> {
        Some(Found { limbs: (operands.registers, operands.op.src0), index: 0, sp })
    }

    #[inline(always)]
    fn limb((registers, register): Self::Limbs<'_>, k: usize) -> u64 {
        registers[register as usize + k].get()
    }
}

impl Destination for InRegister {
    type Limbs<'a> = (&'a [Cell<u64>; LIMBS], Register);

    #[inline(always)]
    fn find<'a>(operands: &Operands<'a>, sp: u16) -> Option<Found<Self::Limbs<'a>>> {
        Some(Found { limbs: (operands.registers, operands.op.dst0), index: 0, sp })
    }

    #[inline(always)]
    fn put((registers, register): Self::Limbs<'_>, k: usize, limb: u64) {
        registers[register as usize + k].set(limb);
    }
}

impl Source for Immediate {
    type Limbs<'a> = u16;

    #[inline(always)]
    fn find<'a>(operands: &Operands<'a>, sp: u16) -> Option<Found<u16>> {
        Some(Found { limbs: operands.op.imm0, index: 0, sp })
    }

    #[inline(always)]
    fn limb(immediate: u16, k: usize) -> u64 {
        if k == 0 { immediate.into() } else { 0 }
    }
}

impl Source for CodePage {
    type Limbs<'a> = &'a Word;

    #[inline(always)]
    fn find<'a>(operands: &Operands<'a>, sp: u16) -> Option<Found<&'a Word>> {
        let index = operands.address(operands.op.src0, operands.op.imm0);
        let limbs = operands.program.words().get(usize::from(index))?;
        Some(Found { limbs, index: 0, sp })
    }

    #[inline(always)]
    fn limb(word: &Word, k: usize) -> u64 {
        word.0[k]
    }
}

impl<const MODE: u16> Source for Stack<MODE> {
    const ON_STACK: bool = true;
    type Limbs<'a> = OnStack<'a>;

    #[inline(always)]
    fn find<'a>(operands: &Operands<'a>, sp: u16) -> Option<Found<OnStack<'a>>> {
        let has_base = matches!(MODE, ANY | FROM_ABSOLUTE);
        let address = operands.stack_address(has_base, operands.op.src0, operands.op.imm0);
        let mode = if MODE == ANY { operands.op.src_mode() } else { MODE };
        let (index, sp) = source_place(mode, address, sp);
        Some(Found { limbs: operands.on_stack(index)?, index, sp })
    }

    #[inline(always)]
    fn limb(word: OnStack<'_>, k: usize) -> u64 {
        word[k].get()
    }
}

impl<const MODE: u16> Destination for Stack<MODE> {
    const ON_STACK: bool = true;
    type Limbs<'a> = OnStack<'a>;

    #[inline(always)]
    fn find<'a>(operands: &Operands<'a>, sp: u16) -> Option<Found<OnStack<'a>>> {
        let has_base = matches!(MODE, ANY | TO_ABSOLUTE);
        let address = operands.stack_address(has_base, operands.op.dst0, operands.op.imm1);
        let mode = if MODE == ANY { operands.op.dst_mode() } else { MODE };
        let (index, sp) = target_place(mode, address, sp);
        Some(Found { limbs: operands.on_stack(index)?, index, sp })
    }

    #[inline(always)]
    fn put(word: OnStack<'_>, k: usize, limb: u64) {
        word[k].set(limb);
    }
}
