//! Arithmetic, logic and shifts.

use super::operands::{Destination, Operands, Source};
use super::{Ip, Meter, SPARE, Signal, Spare, Vm, charge, next, refuse, retract};
use crate::isa::RICH_ADDRESSING_ERGS;
use crate::program::Op;
use crate::semantics::{Binary, FlagState};
use crate::vm::status;
use crate::word::Word;

/// The rest of [`binary`] once it is paid for; `None`, and nothing done, if an operand is not where it is expected or, with
/// `CHECK_TAGS`, is tagged on the stack.
#[inline(always)]
fn compute<O: Binary, S: Source, D: Destination, const SWAP: bool, const CHECK_TAGS: bool>(
    vm: &mut Vm,
    op: &Op,
) -> Option<FlagState> {
    let operands = Operands::of(op, &mut vm.hot.registers, &mut vm.frame);
    let source = S::find(&operands, vm.sp)?;
    let target = D::find(&operands, source.sp)?;
    if CHECK_TAGS {
        let tagged = |index| operands.tags.has(index);
        if S::ON_STACK && tagged(source.index) || D::ON_STACK && tagged(target.index) {
            return None;
        }
    }
    if S::ON_STACK || D::ON_STACK {
        vm.sp = target.sp;
    }
    // Once: the compiler cannot know that no limb of the result is written over the instruction.
    let src1 = op.src1;
    let first = |k| S::limb(source.limbs, k);
    let second = |k| operands.limb(src1, k);
    let put = |k, limb| D::put(target.limbs, k, limb);
    let (other, flags) =
        if SWAP { O::stream(second, first, put) } else { O::stream(first, second, put) };
    if O::HAS_SECOND {
        vm.set_destination(op.dst1, &other);
    }
    Some(flags)
}

/// [`compute`] as a call of its own: what lets the address of a local variable escape must not be in a handler, or
/// its last call is no jump.
#[inline(never)]
fn compute_apart<O: Binary, S: Source, D: Destination, const SWAP: bool, const CHECK_TAGS: bool>(
    vm: &mut Vm,
    op: &Op,
) -> Option<FlagState> {
    compute::<O, S, D, SWAP, CHECK_TAGS>(vm, op)
}

pub(super) fn binary<
    O: Binary,
    S: Source,
    D: Destination,
    const FLAGS: bool,
    const SWAP: bool,
    const THREADED: bool,
>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    if status & ip.op().mask != 0 {
        if O::IS_SHIFT && !S::ON_STACK && !D::ON_STACK {
            return binary_on_pointers::<O, S, D, FLAGS, SWAP, THREADED>(
                vm, ip, SPARE, meter, status,
            );
        }
        return refuse::<THREADED>(vm, ip, SPARE, meter, status);
    }
    let charged = charge!(vm, ip, meter, status, RICH_ADDRESSING_ERGS);
    if (S::ON_STACK || D::ON_STACK) && status & status::STACK_TAGGED != 0 {
        return binary_beside_tags::<O, S, D, FLAGS, SWAP, THREADED>(
            vm, ip, SPARE, charged, status,
        );
    }
    perform::<O, S, D, FLAGS, SWAP, false, THREADED>(vm, ip, charged, status)
}

/// [`binary`] where registers that it uses are pointers. In kernel space these are numbers like others.
///
/// PERF: system contracts take the pointers apart that they are called with, some hundred times in a transaction.
#[inline(never)]
fn binary_on_pointers<
    O: Binary,
    S: Source,
    D: Destination,
    const FLAGS: bool,
    const SWAP: bool,
    const THREADED: bool,
>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    if status & (op.mask & !status::TAGS | status::USER) != 0 {
        return refuse::<THREADED>(vm, ip, SPARE, meter, status);
    }
    let charged = charge!(vm, ip, meter, status, RICH_ADDRESSING_ERGS);
    let status = status & !status::tag_of(op.dst0);
    perform::<O, S, D, FLAGS, SWAP, false, THREADED>(vm, ip, charged, status)
}

/// [`binary`], once it is paid for, where some words on the stack are pointers: not its operands, most of the time.
///
/// PERF: a handler of its own, because with both in one the registers do not suffice.
#[inline(never)]
fn binary_beside_tags<
    O: Binary,
    S: Source,
    D: Destination,
    const FLAGS: bool,
    const SWAP: bool,
    const THREADED: bool,
>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    charged: Meter,
    status: u32,
) -> Signal {
    perform::<O, S, D, FLAGS, SWAP, true, THREADED>(vm, ip, charged, status)
}

#[inline(always)]
fn perform<
    O: Binary,
    S: Source,
    D: Destination,
    const FLAGS: bool,
    const SWAP: bool,
    const CHECK_TAGS: bool,
    const THREADED: bool,
>(
    vm: &mut Vm,
    ip: Ip,
    charged: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let computed = if O::IS_LONG {
        compute_apart::<O, S, D, SWAP, CHECK_TAGS>(vm, op)
    } else {
        compute::<O, S, D, SWAP, CHECK_TAGS>(vm, op)
    };
    let Some(flags) = computed else {
        return retract::<THREADED>(vm, ip, SPARE, charged, status);
    };
    let status = if FLAGS { status::with_state(status, flags) } else { status };
    next::<THREADED>(vm, ip.next(), SPARE, charged, status)
}

/// The word of a first source, without effects on the stack pointer: for modes that have none.
#[inline(always)]
pub(super) fn read<S: Source>(vm: &mut Vm, op: &Op) -> Option<Word> {
    let sp = vm.sp;
    let operands = Operands::of(op, &mut vm.hot.registers, &mut vm.frame);
    let limbs = S::find(&operands, sp)?.limbs;
    Some(Word([S::limb(limbs, 0), S::limb(limbs, 1), S::limb(limbs, 2), S::limb(limbs, 3)]))
}
