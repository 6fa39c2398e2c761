//! Watching the instructions of a transaction, with what its host does in between.

use super::hook::Hook;
use crate::trace::TraceWriter;
use eravm_core::{NoTracer, Tracer, Verdict, Vm};
use std::io::Write;

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

    /// Whether a paymaster, too, may only use ergs for validation that are left of the account's. On the network it may use all.
    fn limits_paymaster(&self) -> bool {
        false
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
}
