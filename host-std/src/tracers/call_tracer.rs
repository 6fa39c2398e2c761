//! Following the far calls of a transaction.

use super::call::{Call, CallError, CallKind, CallTrace, Data, shown};
use crate::batch::{HostTracer, NativeDeed, RevertReason};
use eravm_core::isa::{Modifier, Opcode};
use eravm_core::semantics::FatPointer;
use eravm_core::{Ending, NativeCaller, Outcome, Step, Tracer, Verdict, Vm, Word};

/// Deepest nesting of calls that can be kept: trees are shown and dropped recursively.
pub const MAX_CALL_DEPTH: usize = 1024;

/// What is kept of calls. The rest is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallLimits {
    /// Calls.
    pub calls: usize,
    /// Calls in calls, up to [`MAX_CALL_DEPTH`].
    pub depth: usize,
    /// Bytes of one calldata or output.
    pub bytes: usize,
    /// Bytes of all of them.
    pub all_bytes: usize,
}

impl Default for CallLimits {
    /// 100,000 calls, 256 deep, with 64 KiB each and 64 MiB together.
    fn default() -> Self {
        Self { calls: 100_000, depth: 256, bytes: 64 << 10, all_bytes: 64 << 20 }
    }
}

/// What an instruction is that is being done.
#[derive(Clone, Copy, Debug)]
enum Pending {
    Nothing,
    Call(CallKind),
    Return { error: Option<CallError>, caller_ergs: u32 },
}

/// Keeps the far calls of a transaction, with those of system contracts, and not those into the same code.
#[derive(Clone, Debug)]
pub struct CallTracer {
    limits: CallLimits,
    trace: CallTrace,
    /// Calls that have not ended, the first one first.
    open: Vec<Call>,
    /// Calls above those that have not ended either and are not kept.
    unkept: u64,
    kept: usize,
    bytes: usize,
    pending: Pending,
}

impl CallTracer {
    /// For one transaction.
    pub const fn new(limits: CallLimits) -> Self {
        Self {
            limits,
            trace: CallTrace { calls: Vec::new(), omitted_calls: 0 },
            open: Vec::new(),
            unkept: 0,
            kept: 0,
            bytes: 0,
            pending: Pending::Nothing,
        }
    }

    /// The calls. Those that have not ended are [unfinished](CallError::Unfinished).
    pub fn finish(mut self) -> CallTrace {
        while let Some(mut call) = self.open.pop() {
            call.error = Some(CallError::Unfinished);
            call.gas_used = 0;
            self.add(call);
        }
        self.trace
    }

    fn add(&mut self, call: Call) {
        match self.open.last_mut() {
            Some(caller) => caller.calls.push(call),
            None => self.trace.calls.push(call),
        }
    }

    /// Reads as much as may be kept.
    fn read(&mut self, vm: &Vm, pointer: FatPointer) -> Data {
        let length = pointer.length.saturating_sub(pointer.offset);
        let room = self.limits.all_bytes.saturating_sub(self.bytes).min(self.limits.bytes);
        let kept = length.min(u32::try_from(room).unwrap_or(u32::MAX));
        // PERF: a pointer to megabytes costs the program little: what is not kept is not read.
        let pointer = FatPointer { length: pointer.offset.saturating_add(kept), ..pointer };
        let bytes = if kept > 0 { vm.read_pointer(pointer) } else { Vec::new() };
        self.bytes = self.bytes.saturating_add(bytes.len());
        Data { bytes, length: usize::try_from(length).unwrap_or(usize::MAX) }
    }

    fn begin(&mut self, vm: &Vm, kind: CallKind) {
        let depth = self.limits.depth.min(MAX_CALL_DEPTH);
        if self.unkept > 0 || self.kept >= self.limits.calls || self.open.len() >= depth {
            self.unkept += 1;
            let omitted = match self.open.last_mut() {
                Some(caller) => &mut caller.omitted_calls,
                None => &mut self.trace.omitted_calls,
            };
            *omitted += 1;
            return;
        }
        self.kept += 1;
        let input = self.read(vm, FatPointer::from_word(&vm.register(1).0));
        let frame = vm.current_frame();
        let is_constructor = vm.register(2).0.0[0] & 1 != 0;
        self.open.push(Call {
            kind: if is_constructor { CallKind::Create } else { kind },
            from: match kind {
                CallKind::DelegateCall => *frame.this_address,
                _ => *frame.caller,
            },
            to: Some(*frame.code_address),
            value: Word::from_u128(frame.context_u128),
            gas: vm.ergs().into(),
            gas_used: 0,
            input,
            output: Data::default(),
            error: None,
            revert_reason: None,
            calls: Vec::new(),
            omitted_calls: 0,
        });
    }

    fn end(&mut self, vm: &Vm, error: Option<CallError>, caller_ergs: u32) {
        if let Some(unkept) = self.unkept.checked_sub(1) {
            self.unkept = unkept;
            return;
        }
        let Some(mut call) = self.open.pop() else { return };
        call.output = self.read(vm, FatPointer::from_word(&vm.register(1).0));
        // A return whose pointer is not one, or whose memory cannot be paid for, is a panic.
        call.error = match error {
            None | Some(CallError::Reverted) if vm.flags().lt => Some(CallError::Panicked),
            error => error,
        };
        if call.error == Some(CallError::Reverted) {
            call.revert_reason = shown(&RevertReason::of_data(&call.output.bytes));
        }
        let left = vm.ergs().saturating_sub(caller_ergs);
        call.gas_used = call.gas.saturating_sub(left.into());
        self.add(call);
    }
}

/// How a frame fails that panics at this instruction.
fn panic_of(step: &Step<'_>) -> CallError {
    if step.vm.current_frame().code_page == 0 {
        CallError::NotBegun
    } else if step.ergs == 0 {
        CallError::OutOfErgs
    } else {
        CallError::Panicked
    }
}

impl Tracer for CallTracer {
    const AFTER: bool = true;

    fn before(&mut self, step: &Step<'_>) -> Verdict {
        self.pending = Pending::Nothing;
        let (opcode, is_static) = match step.outcome {
            Outcome::Executes => {
                let variant = step.instruction.variant();
                (step.instruction.opcode(), variant.has(Modifier::Static))
            }
            Outcome::Panics(_) => (Opcode::RetPanic, false),
            Outcome::Skips => return Verdict::Continue,
        };
        let error = match opcode {
            Opcode::FarCall if is_static => return self.will_call(CallKind::StaticCall),
            Opcode::FarCall => return self.will_call(CallKind::Call),
            Opcode::DelegateCall => return self.will_call(CallKind::DelegateCall),
            Opcode::MimicCall => return self.will_call(CallKind::MimicCall),
            Opcode::RetOk => None,
            Opcode::RetRevert => Some(CallError::Reverted),
            Opcode::RetPanic => Some(panic_of(step)),
            _ => return Verdict::Continue,
        };
        if step.vm.near_depth() == 0
            && let Some(caller_ergs) = step.vm.caller_ergs()
        {
            self.pending = Pending::Return { error, caller_ergs };
        }
        Verdict::Continue
    }

    fn after(&mut self, vm: &Vm) -> Verdict {
        match core::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => {}
            Pending::Call(kind) => self.begin(vm, kind),
            Pending::Return { error, caller_ergs } => self.end(vm, error, caller_ergs),
        }
        Verdict::Continue
    }
}

impl CallTracer {
    const fn will_call(&mut self, kind: CallKind) -> Verdict {
        self.pending = Pending::Call(kind);
        Verdict::Continue
    }
}

impl HostTracer for CallTracer {
    fn watches_natives(&self) -> bool {
        true
    }

    fn native(&mut self, deed: &NativeDeed, vm: &Vm) {
        match *deed {
            NativeDeed::Called { caller, is_static } => {
                self.begin(
                    vm,
                    match caller {
                        NativeCaller::Delegating => CallKind::DelegateCall,
                        NativeCaller::Mimicked(_) => CallKind::MimicCall,
                        NativeCaller::This if is_static => CallKind::StaticCall,
                        NativeCaller::This => CallKind::Call,
                    },
                );
            }
            NativeDeed::Ends(ending) => {
                let error = match ending {
                    Ending::Returns => None,
                    Ending::Reverts => Some(CallError::Reverted),
                    Ending::Panics if vm.ergs() == 0 => Some(CallError::OutOfErgs),
                    Ending::Panics => Some(CallError::Panicked),
                };
                let caller_ergs = vm.caller_ergs().unwrap_or(0);
                self.pending = Pending::Return { error, caller_ergs };
            }
            NativeDeed::Ended => {
                self.after(vm);
            }
            NativeDeed::Slot { .. } | NativeDeed::Evm { .. } => {}
        }
    }
}
