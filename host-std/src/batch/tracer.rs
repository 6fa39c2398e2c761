//! Watching the instructions of a transaction, with what its host does in between.

use super::hook::Hook;
use crate::trace::TraceWriter;
use eravm_core::{Address, Ending, NativeCaller, NoTracer, Tracer, Verdict, Vm, Word};
use std::io::Write;

/// What a native contract of the embedded system does, which has no instructions that a tracer could see.
///
/// Functions that native contracts have in common are called as functions: there is no far call then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NativeDeed {
    /// It has made a far call: the current frame is that of the callee. Calls of bytecode show as instructions, whatever they call.
    Called {
        /// Whose rights the call has.
        caller: NativeCaller,
        /// Whether the callee may not write.
        is_static: bool,
    },
    /// Its frame, the current one, is about to end like this.
    Ends(Ending),
    /// Its frame has ended: the current one is that of its caller.
    Ended,
    /// It has found a slot, and reads or writes it.
    Slot {
        /// The contract.
        address: Address,
        /// The slot.
        key: Word,
        /// What it holds, before it is written.
        value: Word,
    },
    /// It runs EVM code, the current frame's, and comes to this opcode.
    Evm {
        /// Where in the code.
        pc: u32,
        /// The opcode.
        opcode: u8,
    },
}

/// A tracer that also learns what the bootloader tells the host: which part of a transaction is going on.
///
/// What a tracer of instructions alone needs of it is the empty `impl`.
#[expect(unused_variables, reason = "the names are for those who implement it")]
pub trait HostTracer: Tracer {
    /// The bootloader suspended the machine; the host has not done anything about it yet. With [`Verdict::Pause`] it will not:
    /// the transaction is [stopped](super::Halt::Tracer).
    fn hook(&mut self, hook: Hook, vm: &Vm) -> Verdict {
        Verdict::Continue
    }

    /// Whether [`native`](Self::native) is called.
    fn watches_natives(&self) -> bool {
        false
    }

    /// A native contract does something.
    fn native(&mut self, deed: &NativeDeed, vm: &Vm) {}

    /// Whether a paymaster, too, may only use ergs for validation that are left of the account's. On the network it may use all.
    fn limits_paymaster(&self) -> bool {
        false
    }
}

fn for_watching(tracer: &mut impl HostTracer, deed: &NativeDeed, vm: &Vm) {
    if tracer.watches_natives() {
        tracer.native(deed, vm);
    }
}

impl HostTracer for NoTracer {}

impl<W: Write> HostTracer for TraceWriter<W> {}

/// Two that watch the same transaction. It is stopped if one of them asks for it.
impl<A: HostTracer, B: HostTracer> HostTracer for (A, B) {
    fn hook(&mut self, hook: Hook, vm: &Vm) -> Verdict {
        self.0.hook(hook, vm).or(self.1.hook(hook, vm))
    }

    fn limits_paymaster(&self) -> bool {
        self.0.limits_paymaster() || self.1.limits_paymaster()
    }

    fn watches_natives(&self) -> bool {
        self.0.watches_natives() || self.1.watches_natives()
    }

    fn native(&mut self, deed: &NativeDeed, vm: &Vm) {
        for_watching(&mut self.0, deed, vm);
        for_watching(&mut self.1, deed, vm);
    }
}
