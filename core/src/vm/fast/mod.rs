//! The fast path: one handler per kind of instruction, each ending in a jump to the next.
//!
//! A handler does an instruction in its common case or does not touch anything and hands over: to [`refuse`], which knows
//! the less common cases ([`general`]), and from there to the careful path ([`Vm::step_carefully`]), which can do every
//! instruction in every case. So what is handled here is a matter of speed only; all compute with [`crate::semantics`].
//!
//! The [`Meter`] and the [`status`] word travel from handler to handler. With `THREADED`, a handler ends by calling the next one, which the
//! optimiser turns into a jump; without, it parks the state and returns after one instruction.

mod binary;
mod control;
mod general;
mod memory;
mod meter;
mod operands;
mod pointer;
mod state;
mod table;

pub(crate) use super::Signal;
pub(crate) use super::ip::Ip;
pub(crate) use meter::Meter;
pub(crate) use table::{END, Kind, NATIVE, RARE, takes_pointer_second, threaded};

use super::{Vm, status};
use crate::word::Word;
use core::mem::MaybeUninit;

/// Executes one instruction and, on the threaded path, all that follow until something stops it.
pub(crate) type Handler = fn(&mut Vm, Ip, Spare, Meter, u32) -> Signal;

/// Two argument registers of a handler that hold nothing. A number of twice their width, because a handler must not have
/// anything that the compiler puts into memory.
///
/// PERF: the optimiser likes to compute in the third and fourth argument registers of x86-64. What travels in them is moved out at
/// the beginning of a handler and back at its end: one in eight of all instructions.
#[cfg(not(target_pointer_width = "32"))]
pub(crate) type Spare = MaybeUninit<u128>;
#[cfg(target_pointer_width = "32")]
pub(crate) type Spare = MaybeUninit<u64>;
pub(crate) const SPARE: Spare = MaybeUninit::uninit();

/// Whether handlers call each other. Needs an optimiser that makes those calls jumps; the build script knows. Debug
/// assertions put references to local variables into handlers, which can keep it from that.
const CHAINED: bool = cfg!(eravm_threaded) && !cfg!(debug_assertions);

#[inline(always)]
fn next<const THREADED: bool>(vm: &mut Vm, ip: Ip, _: Spare, meter: Meter, status: u32) -> Signal {
    if THREADED && CHAINED {
        (ip.op().run())(vm, ip, SPARE, meter, status)
    } else {
        park(vm, ip, meter, status);
        Signal::Next
    }
}

#[inline(always)]
fn park(vm: &mut Vm, ip: Ip, meter: Meter, status: u32) {
    park_at(vm, ip.op().pc, meter, status);
}

#[inline(always)]
pub(crate) fn park_at(vm: &mut Vm, pc: u16, meter: Meter, status: u32) {
    vm.pc = pc;
    vm.ergs = meter.ergs();
    vm.status = status;
    vm.instructions += u64::from(meter.instructions());
}

/// Runs from the parked state until something needs attention.
#[inline]
pub(crate) fn run(vm: &mut Vm) -> Signal {
    loop {
        let signal = resume::<true>(vm);
        if CHAINED || signal != Signal::Next {
            return signal;
        }
    }
}

/// Executes one instruction from the parked state.
#[inline]
pub(crate) fn step(vm: &mut Vm) -> Signal {
    if vm.pending_panic {
        return vm.step_carefully();
    }
    match Ip::at(&vm.frame.program, usize::from(vm.pc)) {
        Some(ip) => stepped(vm, ip),
        None => vm.step_carefully(),
    }
}

/// Executes the parked instruction, which is there.
#[inline(always)]
pub(crate) fn stepped(vm: &mut Vm, ip: Ip) -> Signal {
    let (meter, status) = (Meter::new(vm.ergs), vm.status);
    table::stepped(ip.op().kind())(vm, ip, SPARE, meter, status)
}

#[inline(always)]
pub(crate) fn resume<const THREADED: bool>(vm: &mut Vm) -> Signal {
    let at = if vm.pending_panic { None } else { Ip::at(&vm.frame.program, usize::from(vm.pc)) };
    match at {
        Some(ip) => {
            let (meter, status) = (Meter::new(vm.ergs), vm.status);
            (ip.op().run())(vm, ip, SPARE, meter, status)
        }
        None => careful::<THREADED>(vm),
    }
}

/// Executes the parked instruction on the careful path and goes on.
#[cold]
#[inline(never)]
pub(crate) fn careful<const THREADED: bool>(vm: &mut Vm) -> Signal {
    let signal = vm.step_carefully();
    go_on::<THREADED>(vm, signal)
}

/// Goes on after an instruction that parked the state, if that is how handlers go on.
#[inline(always)]
fn go_on<const THREADED: bool>(vm: &mut Vm, signal: Signal) -> Signal {
    match signal {
        Signal::Next if THREADED && CHAINED => resume::<THREADED>(vm),
        signal => signal,
    }
}

/// Takes over an instruction that a handler did not want and has not charged for: skips it if its predicate does not hold, else finds
/// somebody who can do it.
#[cold]
#[inline(never)]
fn refuse<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    const BENIGN: u32 = status::FLAGS | status::TAGS | status::CLEARS_DST1;
    let op = ip.op();
    let wrong = status & op.mask;
    if wrong & !BENIGN == 0 {
        if wrong & status::FLAGS != 0 {
            // Its predicate does not hold.
            let charged = charge!(vm, ip, meter, status, op.price());
            return next::<THREADED>(vm, ip.next(), SPARE, charged, status);
        }
        if wrong != 0 && wrong == status::tag_of(op.dst0) && op.only_overwrites() {
            // All that is in the way is the tag of a pointer that the result takes the place of.
            if let (_, false) = meter.charge(op.price()) {
                return redo::<THREADED>(vm, ip, SPARE, meter, status & !wrong);
            }
        }
        if wrong == status::CLEARS_DST1 && op.opcode.is_binary() {
            // All that is in the way is a register to be cleared afterwards.
            if let (_, false) = meter.charge(op.price()) {
                return do_and_clear::<THREADED>(vm, ip, SPARE, meter, status);
            }
        }
        return general::general::<THREADED>(vm, ip, SPARE, meter, status);
    }
    park(vm, ip, meter, status);
    careful::<THREADED>(vm)
}

/// Does an instruction with another status.
#[inline(always)]
fn redo<const THREADED: bool>(vm: &mut Vm, ip: Ip, _: Spare, meter: Meter, status: u32) -> Signal {
    if THREADED && CHAINED {
        return (ip.op().run())(vm, ip, SPARE, meter, status);
    }
    table::stepped(ip.op().kind())(vm, ip, SPARE, meter, status)
}

/// Does an instruction that can be paid and does not fail, then clears its `dst1`.
fn do_and_clear<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let signal = table::stepped(op.kind())(vm, ip, SPARE, meter, status & !status::CLEARS_DST1);
    vm.set_destination(op.dst1, &Word::ZERO);
    vm.status = vm.status & !status::tag_of(op.dst1) | status::CLEARS_DST1;
    go_on::<THREADED>(vm, signal)
}

/// [`refuse`] for handlers that have charged for the instruction already.
#[cold]
#[inline(never)]
fn retract<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    charged: Meter,
    status: u32,
) -> Signal {
    let meter = charged.refund(ip.op().price());
    refuse::<THREADED>(vm, ip, SPARE, meter, status)
}

/// Takes over an instruction that the frame cannot pay, with the ergs that paying has left.
#[cold]
#[inline(never)]
fn too_dear<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    charged: Meter,
    status: u32,
) -> Signal {
    let meter = charged.refund(ip.op().price());
    park(vm, ip, meter, status);
    careful::<THREADED>(vm)
}

/// The meter after a price, or off to where that is too high.
///
/// PERF: to another place than where a wrong status leads, so that the optimiser does not make one slower test of the two; and
/// what goes there is the result of the subtraction, so that nothing keeps the ergs before it.
macro_rules! charge {
    ($vm:ident, $ip:ident, $meter:ident, $status:ident, $price:expr) => {{
        let (charged, short) = $meter.charge($price);
        if short {
            return $crate::vm::fast::too_dear::<THREADED>($vm, $ip, SPARE, charged, $status);
        }
        charged
    }};
}

/// Checks the status, then [`charge!`].
macro_rules! admit {
    ($vm:ident, $ip:ident, $meter:ident, $status:ident, $price:expr) => {{
        if $status & $ip.op().mask != 0 {
            return $crate::vm::fast::refuse::<THREADED>($vm, $ip, SPARE, $meter, $status);
        }
        $crate::vm::fast::charge!($vm, $ip, $meter, $status, $price)
    }};
}

use {admit, charge};
