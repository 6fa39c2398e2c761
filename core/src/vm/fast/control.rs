//! Jumps, calls and returns.

use super::binary::read;
use super::operands::Source;
use super::{
    Ip, Meter, SPARE, Signal, Spare, Vm, admit, careful, charge, go_on, next, park, refuse,
    retract, table,
};
use crate::isa::{AVERAGE_ERGS, DstMode, NEAR_CALL_ERGS, RICH_ADDRESSING_ERGS, SrcMode};
use crate::semantics::{Flags, RetAbi};
use crate::state::frame::NearFrame;
use crate::state::registers::Register;
use crate::vm::ret::Ending;
use crate::vm::status;
use crate::word::Word;

/// A jump to where a source says. With `RESOLVED`, that is an immediate whose target is known.
pub(super) fn jump<S: Source, const RESOLVED: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let wrong = status & op.mask;
    let charged = charge!(vm, ip, meter, status, RICH_ADDRESSING_ERGS);
    if wrong != 0 {
        // Not taken, most of the time.
        return if wrong & !status::FLAGS == 0 {
            next::<THREADED>(vm, ip.next(), SPARE, charged, status)
        } else {
            retract::<THREADED>(vm, ip, SPARE, charged, status)
        };
    }
    let to = if RESOLVED {
        ip.target()
    } else {
        let target = read::<S>(vm, op).map(|word| word.low_u16());
        match target.and_then(|pc| Ip::at(&vm.frame.program, usize::from(pc))) {
            Some(to) => to,
            None => return retract::<THREADED>(vm, ip, SPARE, charged, status),
        }
    };
    if op.dst0 != Register::Sink {
        let after = op.pc.wrapping_add(1);
        vm.set_destination(op.dst0, &Word::from_u64(after.into()));
    }
    next::<THREADED>(vm, to, SPARE, charged, status)
}

pub(super) fn near_call<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, meter, status, NEAR_CALL_ERGS);
    let asked = vm.source(op.src0).low_u32();
    let kept = if asked == 0 { 0 } else { charged.ergs().saturating_sub(asked) };
    let frame = NearFrame {
        handler: op.imm1,
        call: op.pc,
        sp: vm.sp,
        ergs: kept,
        undo_mark: vm.undo.len() as u32,
    };
    if !vm.near_frames.push_in_place(frame) {
        return retract::<THREADED>(vm, ip, SPARE, charged, status);
    }
    let status = status::with_flags(status, Flags::NONE);
    next::<THREADED>(vm, ip.target(), SPARE, charged.take(kept), status)
}

/// How a frame ends.
pub(super) trait FrameEnding {
    const ENDING: Ending;
    /// The flags that the caller of a near frame finds.
    const FLAGS: Flags = Flags::NONE;
}

pub(super) struct Returning;
pub(super) struct Reverting;
pub(super) struct Panicking;

impl FrameEnding for Returning {
    const ENDING: Ending = Ending::Returns;
}

impl FrameEnding for Reverting {
    const ENDING: Ending = Ending::Reverts;
}

impl FrameEnding for Panicking {
    const ENDING: Ending = Ending::Panics;
    const FLAGS: Flags = Flags { lt: true, ..Flags::NONE };
}

/// A return from a near call that has nothing to undo, or from a far call.
pub(super) fn ret<E: FrameEnding, const TO_LABEL: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let charged = admit!(vm, ip, meter, status, AVERAGE_ERGS);
    if vm.near_frames.len() <= vm.frame.near_base {
        return ret_far::<E, THREADED>(vm, ip, SPARE, charged, status);
    }
    let Some(frame) = vm.near_frames.last() else {
        return retract::<THREADED>(vm, ip, SPARE, charged, status);
    };
    let fails = E::ENDING != Ending::Returns;
    if fails && vm.undo.len() != frame.undo_mark as usize {
        return retract::<THREADED>(vm, ip, SPARE, charged, status);
    }
    let pc = if TO_LABEL {
        ip.op().imm0
    } else if fails {
        frame.handler
    } else {
        frame.caller_pc()
    };
    let Some(to) = Ip::at(&vm.frame.program, usize::from(pc)) else {
        return retract::<THREADED>(vm, ip, SPARE, charged, status);
    };
    vm.near_frames.pop();
    vm.sp = frame.sp;
    let status = status::with_flags(status, E::FLAGS);
    next::<THREADED>(vm, to, SPARE, charged.add(frame.ergs), status)
}

/// A return from a far call.
#[inline(never)]
fn ret_far<E: FrameEnding, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    charged: Meter,
    status: u32,
) -> Signal {
    park(vm, ip, charged, status);
    let signal = leave::<E>(vm, ip.op().src0);
    if vm.stop.is_some() {
        return Signal::Stopped;
    }
    go_on::<THREADED>(vm, signal)
}

/// Apart from the handler, whose last call would be no jump otherwise.
#[inline(never)]
fn leave<E: FrameEnding>(vm: &mut Vm, abi: Register) -> Signal {
    let is_pointer = vm.status & status::tag_of(abi) != 0;
    let abi = RetAbi::from_word(&vm.source(abi));
    vm.ret_far(E::ENDING, &abi, is_pointer)
}

/// `nop` with stack operands moves `sp`.
pub(super) fn nop<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, meter, status, RICH_ADDRESSING_ERGS);
    if op.src_mode() == SrcMode::StackPop as u16 {
        let by = vm.source(op.src0).low_u16().wrapping_add(op.imm0);
        vm.sp = vm.sp.wrapping_sub(by);
    }
    if op.dst_mode() == DstMode::StackPush as u16 {
        let by = vm.source(op.dst0).low_u16().wrapping_add(op.imm1);
        vm.sp = vm.sp.wrapping_add(by);
    }
    next::<THREADED>(vm, ip.next(), SPARE, charged, status)
}

/// Instructions that are always done carefully.
pub(super) fn rare<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    refuse::<THREADED>(vm, ip, SPARE, meter, status)
}

/// Instructions that need the host.
pub(super) fn hosted<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    if status & ip.op().mask != 0 {
        return refuse::<THREADED>(vm, ip, SPARE, meter, status);
    }
    park(vm, ip, meter, status);
    Signal::Host
}

/// Where a native program waits for the host, unless it may not go on.
pub(super) fn native<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    park(vm, ip, meter, status);
    if status & status::CALL_STACK_FULL != 0 {
        return careful::<THREADED>(vm);
    }
    Signal::Native
}

/// Behind the last instruction: the program counter wraps at 2¹⁶; before that there is only invalid code.
pub(super) fn end<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    match Ip::at(&vm.frame.program, 0) {
        Some(first) if vm.frame.program.len() > usize::from(u16::MAX) => {
            if THREADED {
                next::<THREADED>(vm, first, SPARE, meter, status)
            } else {
                table::stepped(first.op().kind())(vm, first, SPARE, meter, status)
            }
        }
        _ => {
            park(vm, ip, meter, status);
            careful::<THREADED>(vm)
        }
    }
}
