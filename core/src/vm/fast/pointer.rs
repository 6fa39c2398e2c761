//! Operations on pointers.

use super::operands::{Destination, Operands, Source};
use super::{Ip, Meter, SPARE, Signal, Spare, Vm, admit, next, retract};
use crate::isa::RICH_ADDRESSING_ERGS;
use crate::program::Op;
use crate::semantics::{self, PointerOp};
use crate::vm::status;
use crate::word::Word;

/// One of the operations on pointers.
pub(super) trait Pointer {
    const OP: PointerOp;
}

macro_rules! pointer_ops {
    ($($name:ident)*) => {$(
        pub(super) struct $name;

        impl Pointer for $name {
            const OP: PointerOp = PointerOp::$name;
        }
    )*};
}

pointer_ops!(Add Sub Pack Shrink);

/// Pointer operations. The tag of what is not the pointer is in the mask, or it has none; those of the pointer and of the destination are
/// looked at here. With `SWAP`, the pointer is the second source.
pub(super) fn pointer<
    P: Pointer,
    S: Source,
    D: Destination,
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
    let charged = admit!(vm, ip, meter, status, RICH_ADDRESSING_ERGS);
    match compute::<P, S, D, SWAP>(vm, op, status) {
        Some(tag) => next::<THREADED>(vm, ip.next(), SPARE, charged, status | tag),
        None => retract::<THREADED>(vm, ip, SPARE, charged, status),
    }
}

/// Returns the status bits that the tag of the result sets; `None`, and nothing done, if there is none.
#[inline(always)]
fn compute<P: Pointer, S: Source, D: Destination, const SWAP: bool>(
    vm: &mut Vm,
    op: &Op,
    status: u32,
) -> Option<u32> {
    let operands = Operands::of(op, &mut vm.hot.registers, &mut vm.frame);
    let source = S::find(&operands, vm.sp)?;
    let target = D::find(&operands, source.sp)?;
    let is_pointer = if SWAP {
        status & status::tag_of(op.src1) != 0
    } else if S::ON_STACK {
        operands.tags.has(source.index)
    } else {
        status & status::tag_of(op.src0) != 0
    };
    if !is_pointer {
        return None;
    }
    // No loops and no closures over arrays: they could put a local variable into memory, which keeps the last call from being a jump.
    let first = |k| S::limb(source.limbs, k);
    let first = Word([first(0), first(1), first(2), first(3)]);
    let second = |k| operands.limb(op.src1, k);
    let second = Word([second(0), second(1), second(2), second(3)]);
    let (pointer, number) = if SWAP { (second, first) } else { (first, second) };
    let result = semantics::pointer_op(P::OP, &pointer, &number)?;
    D::put(target.limbs, 0, result.0[0]);
    D::put(target.limbs, 1, result.0[1]);
    D::put(target.limbs, 2, result.0[2]);
    D::put(target.limbs, 3, result.0[3]);
    let index = target.index;
    vm.sp = target.sp;
    Some(if D::ON_STACK {
        vm.frame.stack.set_tag(index, true);
        status::STACK_TAGGED
    } else {
        status::tag_of(op.dst0)
    })
}
