//! The less common cases of instructions that compute: pointer tags on what is read or overwritten, a `dst1` to be cleared,
//! addressing modes that compilers do not emit together. One function for each operation, which looks up everything else.

use super::operands::{source_place, target_place};
use super::{Ip, Meter, SPARE, Signal, Spare, careful, next, park};
use crate::isa::{DstMode, Opcode, SrcMode};
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
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    if let (charged, false) = meter.charge(op.price())
        && let Some(status) = execute(vm, op, status)
    {
        if op.opcode != Opcode::Jump {
            return next::<THREADED>(vm, ip.next(), SPARE, charged, status);
        }
        if let Some(to) = Ip::at(&vm.frame.program, usize::from(vm.pc)) {
            return next::<THREADED>(vm, to, SPARE, charged, status);
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
fn execute(vm: &mut Vm, op: &Op, status: u32) -> Option<u32> {
    match op.opcode {
        Opcode::Add => binary::<semantics::Add>(vm, op, status),
        Opcode::Sub => binary::<semantics::Sub>(vm, op, status),
        Opcode::And => binary::<semantics::And>(vm, op, status),
        Opcode::Or => binary::<semantics::Or>(vm, op, status),
        Opcode::Xor => binary::<semantics::Xor>(vm, op, status),
        Opcode::Shl => binary::<semantics::Shl>(vm, op, status),
        Opcode::Shr => binary::<semantics::Shr>(vm, op, status),
        Opcode::Rol => binary::<semantics::Rol>(vm, op, status),
        Opcode::Ror => binary::<semantics::Ror>(vm, op, status),
        Opcode::Mul => binary::<semantics::Mul>(vm, op, status),
        Opcode::Div => binary::<semantics::Div>(vm, op, status),
        Opcode::PtrAdd => pointer(PointerOp::Add, vm, op, status),
        Opcode::PtrSub => pointer(PointerOp::Sub, vm, op, status),
        Opcode::PtrPack => pointer(PointerOp::Pack, vm, op, status),
        Opcode::PtrShrink => pointer(PointerOp::Shrink, vm, op, status),
        Opcode::Jump => jump(vm, op, status),
        _ => None,
    }
}

#[inline(never)]
fn binary<O: Binary>(vm: &mut Vm, op: &Op, status: u32) -> Option<u32> {
    let source = Source::find(vm, op, status)?;
    let target = Target::find(vm, op, source.sp)?;
    let number = |value: Tagged| {
        if value.is_pointer && status & status::USER != 0 {
            semantics::erase_pointer(&value.word)
        } else {
            value.word
        }
    };
    let (first, second) = (number(source.value), number(in_register(vm, op.src1, status)));
    let (result, other, flags) =
        if op.swaps() { O::apply(&second, &first) } else { O::apply(&first, &second) };
    let status = target.put(vm, op, Tagged::number(result), status);
    let status = if op.sets_flags() { status::with_flags(status, flags) } else { status };
    Some(if O::HAS_SECOND {
        write(vm, op.dst1, Tagged::number(other), status)
    } else {
        clear_second(vm, op, status)
    })
}

fn pointer(which: PointerOp, vm: &mut Vm, op: &Op, status: u32) -> Option<u32> {
    let source = Source::find(vm, op, status)?;
    let target = Target::find(vm, op, source.sp)?;
    let (mut first, mut second) = (source.value, in_register(vm, op.src1, status));
    if op.swaps() {
        (first, second) = (second, first);
    }
    if !first.is_pointer || second.is_pointer {
        return None;
    }
    let word = semantics::pointer_op(which, &first.word, &second.word)?;
    let status = target.put(vm, op, Tagged { word, is_pointer: true }, status);
    Some(clear_second(vm, op, status))
}

/// Leaves the program counter in the machine.
fn jump(vm: &mut Vm, op: &Op, status: u32) -> Option<u32> {
    let source = Source::find(vm, op, status)?;
    let target = Target::find(vm, op, source.sp)?;
    vm.pc = source.value.word.low_u16();
    let after = Word::from_u64(op.pc.wrapping_add(1).into());
    let status = target.put(vm, op, Tagged::number(after), status);
    Some(clear_second(vm, op, status))
}

#[inline(always)]
fn in_register(vm: &Vm, register: Register, status: u32) -> Tagged {
    Tagged { word: vm.source(register), is_pointer: status & status::tag_of(register) != 0 }
}

#[inline(always)]
fn address(vm: &Vm, register: Register, immediate: u16) -> u16 {
    vm.source(register).low_u16().wrapping_add(immediate)
}

/// A first source, before sources are exchanged.
struct Source {
    value: Tagged,
    /// Stack pointer afterwards.
    sp: u16,
}

impl Source {
    /// `None` if it is on the stack where its memory is not there yet.
    #[inline(always)]
    fn find(vm: &Vm, op: &Op, status: u32) -> Option<Self> {
        const REGISTER: u16 = SrcMode::Reg as u16;
        const IMMEDIATE: u16 = SrcMode::Imm as u16;
        const CODE: u16 = SrcMode::Code as u16;
        let sp = vm.sp;
        match op.src_mode() {
            REGISTER => Some(Self { value: in_register(vm, op.src0, status), sp }),
            IMMEDIATE => Some(Self { value: Tagged::number(Word::from_u64(op.imm0.into())), sp }),
            CODE => {
                let word = vm.frame.program.word(address(vm, op.src0, op.imm0));
                Some(Self { value: Tagged::number(word), sp })
            }
            mode => {
                let address = address(vm, op.src0, op.imm0);
                let (index, sp) = source_place(mode, address, sp);
                let stack = &vm.frame.stack;
                if !stack.has_room_for(index) {
                    return None;
                }
                let value = Tagged { word: stack.get(index), is_pointer: stack.tag(index) };
                Some(Self { value, sp })
            }
        }
    }
}

/// Where a first result goes to.
struct Target {
    /// Stack index, if it is not a register.
    index: Option<u16>,
    /// Stack pointer afterwards.
    sp: u16,
}

impl Target {
    /// `None` if it is on the stack and its memory cannot be had here.
    #[inline(always)]
    fn find(vm: &mut Vm, op: &Op, sp: u16) -> Option<Self> {
        const REGISTER: u16 = DstMode::Reg as u16;
        let mode = op.dst_mode();
        if mode == REGISTER {
            return Some(Self { index: None, sp });
        }
        let address = address(vm, op.dst0, op.imm1);
        let (index, sp) = target_place(mode, address, sp);
        let has_room = vm.frame.stack.has_room_for(index) || vm.make_room_on_stack(index);
        has_room.then_some(Self { index: Some(index), sp })
    }

    /// Writes the result and moves the stack pointer; returns the new status.
    #[inline(always)]
    fn put(&self, vm: &mut Vm, op: &Op, value: Tagged, status: u32) -> u32 {
        vm.sp = self.sp;
        let Some(index) = self.index else {
            return write(vm, op.dst0, value, status);
        };
        vm.frame.stack.try_set(index, value.word);
        if value.is_pointer || status & status::STACK_TAGGED != 0 {
            vm.frame.stack.set_tag(index, value.is_pointer);
        }
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
