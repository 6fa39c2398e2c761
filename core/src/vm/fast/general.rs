//! The less common cases of instructions that compute: pointer tags on what is read or overwritten, a `dst1` to be cleared,
//! addressing modes that compilers do not emit together. One function for each operation, which looks up everything else.

use super::{Ip, Meter, Signal, careful, next, park};
use crate::isa::{self, DstMode, Modifier, Opcode, SrcMode, Variant};
use crate::program::Op;
use crate::semantics::{self, Binary, PointerOp};
use crate::state::registers::Register;
use crate::vm::careful::Tagged;
use crate::vm::{Vm, status};
use crate::word::Word;

/// Does an instruction whose predicate holds and whose mode is right, or hands it to the careful path.
pub(super) fn general<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let variant = isa::variant(op.slot());
    if let (charged, false) = meter.charge(variant.row.ergs)
        && let Some(status) = execute(vm, op, variant, status)
    {
        if variant.row.opcode != Opcode::Jump {
            return next::<THREADED>(vm, ip.next(), charged, status);
        }
        if let Some(to) = Ip::at(&vm.frame.program, usize::from(vm.pc)) {
            return next::<THREADED>(vm, to, charged, status);
        }
        // Behind the end of the code.
        let pc = vm.pc;
        park(vm, ip, charged, status);
        vm.pc = pc;
        return if THREADED { careful::<THREADED>(vm) } else { Signal::Next };
    }
    park(vm, ip, meter, status);
    careful::<THREADED>(vm)
}

/// Returns the new status; `None`, and nothing done, if this is a case for the careful path.
#[inline(never)]
fn execute(vm: &mut Vm, op: &Op, variant: &Variant, status: u32) -> Option<u32> {
    match variant.row.opcode {
        Opcode::Add => binary::<semantics::Add>(vm, op, variant, status),
        Opcode::Sub => binary::<semantics::Sub>(vm, op, variant, status),
        Opcode::And => binary::<semantics::And>(vm, op, variant, status),
        Opcode::Or => binary::<semantics::Or>(vm, op, variant, status),
        Opcode::Xor => binary::<semantics::Xor>(vm, op, variant, status),
        Opcode::Shl => binary::<semantics::Shl>(vm, op, variant, status),
        Opcode::Shr => binary::<semantics::Shr>(vm, op, variant, status),
        Opcode::Rol => binary::<semantics::Rol>(vm, op, variant, status),
        Opcode::Ror => binary::<semantics::Ror>(vm, op, variant, status),
        Opcode::Mul => binary::<semantics::Mul>(vm, op, variant, status),
        Opcode::Div => binary::<semantics::Div>(vm, op, variant, status),
        Opcode::PtrAdd => pointer(PointerOp::Add, vm, op, variant, status),
        Opcode::PtrSub => pointer(PointerOp::Sub, vm, op, variant, status),
        Opcode::PtrPack => pointer(PointerOp::Pack, vm, op, variant, status),
        Opcode::PtrShrink => pointer(PointerOp::Shrink, vm, op, variant, status),
        Opcode::Jump => jump(vm, op, variant, status),
        _ => None,
    }
}

fn binary<O: Binary>(vm: &mut Vm, op: &Op, variant: &Variant, status: u32) -> Option<u32> {
    let places = Places::find(vm, op, variant, status)?;
    let number = |source: Tagged| {
        if source.is_pointer && status & status::USER != 0 {
            semantics::erase_pointer(&source.word)
        } else {
            source.word
        }
    };
    let (first, second) = (number(places.first), number(places.second));
    let (result, other, flags) = O::apply(&first, &second);
    let status = places.put(vm, op, Tagged::number(result), status);
    let status =
        if variant.has(Modifier::SetFlags) { status::with_flags(status, flags) } else { status };
    Some(if O::HAS_SECOND {
        write(vm, op.dst1, Tagged::number(other), status)
    } else {
        clear_second(vm, op, status)
    })
}

fn pointer(which: PointerOp, vm: &mut Vm, op: &Op, variant: &Variant, status: u32) -> Option<u32> {
    let places = Places::find(vm, op, variant, status)?;
    if !places.first.is_pointer || places.second.is_pointer {
        return None;
    }
    let word = semantics::pointer_op(which, &places.first.word, &places.second.word)?;
    let status = places.put(vm, op, Tagged { word, is_pointer: true }, status);
    Some(clear_second(vm, op, status))
}

/// Leaves the program counter in the machine.
fn jump(vm: &mut Vm, op: &Op, variant: &Variant, status: u32) -> Option<u32> {
    let places = Places::find(vm, op, variant, status)?;
    vm.pc = places.first.word.low_u16();
    let after = Word::from_u64(op.pc.wrapping_add(1).into());
    let status = places.put(vm, op, Tagged::number(after), status);
    Some(clear_second(vm, op, status))
}

/// Operands of an instruction and where its first result goes to.
struct Places {
    first: Tagged,
    second: Tagged,
    /// Stack index of the first result, if it does not go to a register.
    target: Option<u16>,
    /// Stack pointer afterwards.
    sp: u16,
}

impl Places {
    /// `None` if something is on the stack where its memory is not there yet.
    #[inline(always)]
    fn find(vm: &Vm, op: &Op, variant: &Variant, status: u32) -> Option<Self> {
        let stack = &vm.frame.stack;
        let in_register = |register: Register| Tagged {
            word: vm.source(register),
            is_pointer: status & status::tag_of(register) != 0,
        };
        let address = |register: Register, immediate: u16| {
            vm.source(register).low_u16().wrapping_add(immediate)
        };
        let mut sp = vm.sp;
        let mut first = || {
            let index = match variant.src0 {
                SrcMode::Reg => return Some(in_register(op.src0)),
                SrcMode::Imm => return Some(Tagged::number(Word::from_u64(op.imm0.into()))),
                SrcMode::Code => {
                    let word = vm.frame.program.word(address(op.src0, op.imm0));
                    return Some(Tagged::number(word));
                }
                SrcMode::StackAbsolute => address(op.src0, op.imm0),
                SrcMode::StackRelative => sp.wrapping_sub(address(op.src0, op.imm0)),
                SrcMode::StackPop => {
                    sp = sp.wrapping_sub(address(op.src0, op.imm0));
                    sp
                }
            };
            let found = Tagged { word: stack.get(index), is_pointer: stack.tag(index) };
            stack.has_room_for(index).then_some(found)
        };
        let (first, second) = (first()?, in_register(op.src1));
        // With both in registers, `.s` was resolved by exchanging their names.
        let swap = variant.has(Modifier::Swap) && variant.src0 != SrcMode::Reg;
        let (first, second) = if swap { (second, first) } else { (first, second) };
        let target = match variant.dst0 {
            DstMode::Reg => None,
            DstMode::StackAbsolute => Some(address(op.dst0, op.imm1)),
            DstMode::StackRelative => Some(sp.wrapping_sub(address(op.dst0, op.imm1))),
            DstMode::StackPush => {
                let index = sp;
                sp = sp.wrapping_add(address(op.dst0, op.imm1));
                Some(index)
            }
        };
        if target.is_some_and(|index| !stack.has_room_for(index)) {
            return None;
        }
        Some(Self { first, second, target, sp })
    }

    /// Writes the first result and moves the stack pointer; returns the new status.
    #[inline(always)]
    fn put(&self, vm: &mut Vm, op: &Op, value: Tagged, status: u32) -> u32 {
        vm.sp = self.sp;
        let Some(index) = self.target else {
            return write(vm, op.dst0, value, status);
        };
        vm.frame.stack.try_set(index, value.word);
        vm.frame.stack.set_tag(index, value.is_pointer);
        if value.is_pointer { status | status::STACK_TAGGED } else { status }
    }
}

/// Writes a register; returns the new status.
#[inline(always)]
fn write(vm: &mut Vm, register: Register, value: Tagged, status: u32) -> u32 {
    vm.set_destination(register, &value.word);
    let tag = status::tag_of(register);
    if value.is_pointer { status | tag } else { status & !tag }
}

/// What [`Vm::clear_second`] does on the careful path.
#[inline(always)]
fn clear_second(vm: &mut Vm, op: &Op, status: u32) -> u32 {
    if status & status::CLEARS_DST1 == 0 {
        return status;
    }
    write(vm, op.dst1, Tagged::number(Word::ZERO), status)
}
