//! Context, events and transient storage.

use super::{Ip, Meter, SPARE, Signal, Spare, Vm, admit, next, retract};
use crate::isa::{
    self, AVERAGE_ERGS, EVENT_ERGS, Modifier, TRANSIENT_READ_ERGS, TRANSIENT_WRITE_ERGS,
};
use crate::vm::status;
use crate::word::Word;

/// Something that `context.*` reads.
pub(super) trait Context {
    fn read(vm: &Vm, ergs: u32) -> Word;
}

macro_rules! contexts {
    ($($name:ident = |$vm:ident, $ergs:ident| $value:expr;)*) => {$(
        pub(super) struct $name;

        impl Context for $name {
            #[inline(always)]
            fn read($vm: &Vm, $ergs: u32) -> Word {
                $value
            }
        }
    )*};
}

contexts! {
    This = |vm, _ergs| Word::from_address(&vm.frame.this_address);
    Caller = |vm, _ergs| Word::from_address(&vm.frame.caller);
    CodeAddress = |vm, _ergs| Word::from_address(&vm.frame.code_address);
    ErgsLeft = |_vm, ergs| Word::from_u64(ergs.into());
    Meta = |vm, _ergs| vm.meta();
    Sp = |vm, _ergs| Word::from_u64(vm.sp.into());
    ContextU128 = |vm, _ergs| Word::from_u128(vm.frame.context_u128);
}

/// `context.*` that only reads.
pub(super) fn context<C: Context, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, meter, status, AVERAGE_ERGS);
    let value = C::read(vm, charged.ergs());
    vm.set_destination(op.dst0, &value);
    let status = status & !status::tag_of(op.dst0);
    next::<THREADED>(vm, ip.next(), SPARE, charged, status)
}

/// `log.event`; only in kernel space, where pointers are numbers like others.
pub(super) fn event<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, meter, status, EVENT_ERGS);
    if vm.events.len() == vm.events.capacity() {
        return retract::<THREADED>(vm, ip, SPARE, charged, status);
    }
    let is_first = isa::variant(op.slot()).has(Modifier::First);
    vm.add_event(op.src0, op.src1, is_first);
    next::<THREADED>(vm, ip.next(), SPARE, charged, status)
}

pub(super) fn transient_read<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, meter, status, TRANSIENT_READ_ERGS);
    vm.transient_read_to(op.src0, op.dst0);
    next::<THREADED>(vm, ip.next(), SPARE, charged, status)
}

pub(super) fn transient_write<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, meter, status, TRANSIENT_WRITE_ERGS);
    if vm.undo.len() == vm.undo.capacity() {
        return retract::<THREADED>(vm, ip, SPARE, charged, status);
    }
    vm.transient_write_from(op.src0, op.src1);
    next::<THREADED>(vm, ip.next(), SPARE, charged, status)
}
