//! From the interpreter into compiled code and back.

use super::CompiledCode;
use super::view::{Leave, View};
use crate::vm::fast::{self, Ip, Meter, SPARE, Signal, Spare};
use crate::vm::{Vm, status};

/// How the interpreter goes on where compiled code does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum After {
    /// With the parked instruction, and without compiled code for it.
    Instruction,
    /// From the parked state on.
    Resume,
    /// Not before somebody has looked.
    Attention,
}

/// The handler of instructions at which there is an entry.
pub(crate) fn compiled(vm: &mut Vm, ip: Ip, _: Spare, meter: Meter, status: u32) -> Signal {
    if status & status::CALL_STACK_FULL != 0 {
        return fast::threaded(ip.op().kind())(vm, ip, SPARE, meter, status);
    }
    fast::park_at(vm, ip.op().pc, meter, status);
    let after = if vm.is_shadowed { super::shadow::enter(vm) } else { enter(vm) };
    match after {
        _ if vm.stop.is_some() => Signal::Stopped,
        After::Attention => Signal::Stopped,
        After::Resume => fast::resume::<true>(vm),
        // So that there is progress.
        After::Instruction => match Ip::at(&vm.frame.program, usize::from(vm.pc)) {
            Some(ip) => {
                let (meter, status) = (Meter::new(vm.ergs), vm.status);
                fast::threaded(ip.op().kind())(vm, ip, SPARE, meter, status)
            }
            None => fast::careful::<true>(vm),
        },
    }
}

/// Calls compiled code from the parked state until there is none to go on with. Follows calls and returns.
#[inline(never)]
pub(super) fn enter(vm: &mut Vm) -> After {
    let mut after = After::Instruction;
    while let Some(code) = vm.frame.program.compiled()
        && let Some(mut entry) = code.entry(vm.pc)
    {
        // SAFETY: the frame keeps the program, which keeps its code for good, and compiled code does not exchange frames.
        let code: &CompiledCode = unsafe { &*core::ptr::from_ref(code) };
        let view = View::refresh(vm);
        let mut entries = 0;
        let (pc, mut leave) = loop {
            entries += 1;
            // SAFETY: who installed the code vouches for it. The view is of this machine, which nobody else uses meanwhile.
            let result = unsafe { (entry.function)(view, entry.number) };
            let (pc, leave) = (result as u16, result >> 16);
            if leave == Leave::Elsewhere as u32
                && let Some(next) = code.entry(pc)
            {
                entry = next;
            } else {
                break (pc, leave);
            }
        };
        View::park(vm, pc);
        vm.compiled_stats.entries += entries;
        if let Some(count) = vm.compiled_stats.leaves.get_mut(leave as usize) {
            *count += 1;
        }
        if leave == Leave::Call as u32 || leave == Leave::Return as u32 {
            let view = View::of(vm);
            // SAFETY: the view is up to date, and of this machine, which nobody else uses meanwhile.
            leave = unsafe { ((*view).step)(view, u64::from(pc)) } >> 16;
        }
        if leave == Leave::Attention as u32 {
            return After::Attention;
        }
        if leave != Leave::Stepped as u32 {
            return After::Instruction;
        }
        if vm.pending_panic || vm.status & status::CALL_STACK_FULL != 0 {
            return After::Resume;
        }
        after = After::Resume;
    }
    after
}
