//! From the interpreter into compiled code and back.

use super::CompiledCode;
use super::view::{Leave, View};
use crate::vm::fast::{self, Ip, Meter, SPARE, Signal, Spare};
use crate::vm::{Vm, status};

/// The handler of instructions at which there is an entry.
pub(crate) fn compiled(vm: &mut Vm, ip: Ip, _: Spare, meter: Meter, status: u32) -> Signal {
    if status & status::CALL_STACK_FULL != 0 {
        return fast::threaded(ip.op().kind())(vm, ip, SPARE, meter, status);
    }
    if vm.is_shadowed {
        super::shadow::enter(vm, ip.op().pc, meter, status);
        if vm.stop.is_some() {
            return Signal::Stopped;
        }
    } else {
        enter(vm, ip.op().pc, meter, status);
    }
    // At least one instruction without compiled code, so that there is progress.
    match Ip::at(&vm.frame.program, usize::from(vm.pc)) {
        Some(ip) => {
            let (meter, status) = (Meter::new(vm.ergs), vm.status);
            fast::threaded(ip.op().kind())(vm, ip, SPARE, meter, status)
        }
        None => fast::careful::<true>(vm),
    }
}

/// Calls compiled code until there is none to go on with, and parks the machine there.
#[inline(never)]
pub(super) fn enter(vm: &mut Vm, mut pc: u16, meter: Meter, status: u32) {
    fast::park_at(vm, pc, meter, status);
    let Some(code) = vm.frame.program.compiled() else { return };
    // SAFETY: the frame keeps the program, which keeps its code for good, and compiled code does not exchange frames.
    let code: &CompiledCode = unsafe { &*core::ptr::from_ref(code) };
    let view = View::refresh(vm, meter.ergs(), status);
    let mut leave = Leave::Elsewhere as u32;
    let mut entries = 0;
    while leave == Leave::Elsewhere as u32
        && let Some(entry) = code.entry(pc)
    {
        entries += 1;
        // SAFETY: who installed the code vouches for it. The view is of this machine, which nobody else uses meanwhile.
        let result = unsafe { (entry.function)(view, entry.number) };
        (pc, leave) = (result as u16, result >> 16);
    }
    let view = &vm.hot.view;
    vm.pc = pc;
    vm.sp = view.sp as u16;
    vm.ergs = view.ergs as u32;
    vm.status = view.status;
    vm.instructions += view.instructions;
    vm.near_frames.set_len(view.near_len as usize);
    vm.compiled_stats.entries += entries;
    if let Some(count) = vm.compiled_stats.leaves.get_mut(leave as usize) {
        *count += 1;
    }
}
