//! Tracers of transactions in a batch: which calls they made, and which state they found and left.
//!
//! [`CallTracer`] gives a tree of far calls, [`PrestateTracer`] accounts and slots, [`EvmTracer`] the opcodes of EVM code that the emulator
//! executes. They are made for
//! [`BatchExecutor::trace_transaction`](crate::batch::BatchExecutor::trace_transaction), alone or as a pair; the JSON is that of geth's
//! `callTracer` and `prestateTracer`, with what EraVM has besides. What they keep is bounded, and what is left out is said.
//!
//! ```no_run
//! # use eravm_host::batch::{BatchError, BatchExecutor, MemoryState};
//! # use eravm_host::transaction::Transaction;
//! use eravm_host::tracers::{CallLimits, CallTracer, PrestateTracer, StateLimits};
//!
//! # fn trace(executor: &mut BatchExecutor<MemoryState>, transaction: &Transaction)
//! #     -> Result<(), BatchError<core::convert::Infallible>> {
//! executor.push_transaction(transaction)?;
//! let calls = CallTracer::new(CallLimits::default());
//! let state = PrestateTracer::new(transaction, StateLimits::default());
//! let mut tracer = (calls, state);
//! let done = executor.trace_transaction(&mut tracer)?;
//! println!("{}", tracer.0.finish().into_root(transaction, &done));
//! println!("{} accounts", tracer.1.finish(executor)?.accounts.len());
//! # Ok(())
//! # }
//! ```

mod call;
mod call_json;
mod call_text;
mod call_tracer;
mod evm_opcode;
mod evm_tracer;
mod evm_view;
mod prestate_tracer;
mod touched;
mod touched_json;
mod touched_text;

pub use call::{Call, CallError, CallKind, CallTrace, Data};
pub use call_tracer::{CallLimits, CallTracer, MAX_CALL_DEPTH};
pub use evm_opcode::EvmOpcode;
pub use evm_tracer::{EvmStep, EvmTrace, EvmTracer};
pub use prestate_tracer::{PrestateTracer, StateLimits};
pub use touched::{Change, TouchedAccount, TouchedState};
pub use touched_json::{AccountView, DiffView};
pub use touched_text::StateText;
