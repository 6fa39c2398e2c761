//! What compiled code has of the host, for as long as a run takes: a way to let the interpreter do an instruction.

use super::View;
use super::view::Leave;
use crate::host::Host;
use crate::isa::Opcode;
use crate::vm::fast::{self, Ip};
use crate::vm::{Exit, RunError, Signal, Vm};

/// What a run lends to compiled code.
struct Lent<'h, H: Host> {
    host: &'h mut H,
    /// What became of an instruction that needs attention.
    outcome: Option<Result<Signal, RunError<H::Fault>>>,
}

impl Vm {
    /// Runs until something needs the caller's attention; compiled code has the host meanwhile.
    pub(crate) fn run_compiled<H: Host>(
        &mut self,
        host: &mut H,
    ) -> Result<Exit, RunError<H::Fault>> {
        let mut lent = Lent { host, outcome: None };
        let lent: *mut Lent<'_, H> = &raw mut lent;
        self.hot.view.step = step::<H>;
        self.hot.view.lent = lent.cast();
        let result = loop {
            if let Some(exit) = self.ended {
                break Ok(exit);
            }
            let signal = fast::run(self);
            self.note_heat();
            // SAFETY: compiled code, which has used it in between, has ended.
            let Lent { host, outcome } = unsafe { &mut *lent };
            let done = match outcome.take() {
                Some(Ok(signal)) => self.conclude(signal),
                Some(Err(error)) => Err(error),
                None => self.attend(signal, *host),
            };
            match done {
                Ok(None) => {}
                Ok(Some(exit)) => break Ok(exit),
                Err(error) => break Err(error),
            }
        };
        self.hot.view.step = step_alone;
        self.hot.view.lent = core::ptr::null_mut();
        result
    }
}

/// Whether an instruction leaves all memory where it is.
const fn keeps_memory(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::StorageRead
            | Opcode::StorageWrite
            | Opcode::TransientRead
            | Opcode::TransientWrite
            | Opcode::Event
            | Opcode::ToL1
    )
}

/// [`View::step`] in a run with a host.
///
/// # Safety
/// The view must be that of a machine which is in [`Vm::run_compiled`] with this host, and nobody else may use that meanwhile.
unsafe extern "C" fn step<H: Host>(view: *mut View, pc: u64) -> u32 {
    // SAFETY: compiled code passes its view, whose machine it alone uses.
    let vm = unsafe { &mut *(*view).vm };
    let pc = pc as u16;
    let at = Ip::at(&vm.frame.program, usize::from(pc));
    let Some(ip) = at.filter(|_| !vm.is_shadowed) else {
        // What a host does cannot be done twice.
        return Leave::NotCompiled.at(pc);
    };
    let keeps_memory = keeps_memory(ip.op().opcode);
    let depth = vm.callers.len();
    View::park(vm, pc);
    let signal = fast::stepped(vm, ip);
    if signal != Signal::Next {
        // SAFETY: the run has put it there, and uses it again when compiled code has ended.
        let lent = unsafe { &mut *vm.hot.view.lent.cast::<Lent<'_, H>>() };
        let outcome = match signal {
            Signal::Host => vm.step_with_host_or_halt(lent.host),
            signal => Ok(signal),
        };
        if !matches!(outcome, Ok(Signal::Next)) {
            lent.outcome = Some(outcome);
            View::refresh_counters(vm);
            return Leave::Attention.at(vm.pc);
        }
    }
    View::refresh_counters(vm);
    if vm.pc != pc.wrapping_add(1) || vm.callers.len() != depth || vm.pending_panic {
        return Leave::Stepped.at(vm.pc);
    }
    if !keeps_memory {
        View::refresh_memory(vm);
    }
    vm.compiled_stats.steps += 1;
    View::GO_ON
}

/// [`View::step`] outside of runs: the interpreter will do it.
pub(super) unsafe extern "C" fn step_alone(_: *mut View, pc: u64) -> u32 {
    Leave::NotCompiled.at(pc as u16)
}
