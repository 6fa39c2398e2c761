//! Batches: the state transition function of the network, by running the real bootloader.
//!
//! A [`BatchExecutor`] is made from a [`SystemEnvironment`], a [`BatchEnvironment`] and a [`BatchState`]. Transactions are
//! [executed](BatchExecutor::execute) one by one, each with an [`Outcome`]; [`finish`](BatchExecutor::finish) ends the batch and says
//! what is published. An [`Observer`] sees everything that the host does on the way, a [`HostTracer`]
//! every instruction of a transaction.

mod blocks;
mod circuits;
mod environment;
mod error;
mod error_code;
mod executor;
mod hook;
mod layout;
pub(crate) mod memory;
mod observer;
mod outcome;
mod result;
mod signals;
mod state;
mod tracer;
mod world;

pub use blocks::BlockError;
pub use circuits::{CircuitCycles, CircuitStatistic, CircuitUse, Circuits, GEOMETRY, Geometry};
pub use environment::{
    BaseContract, BatchEnvironment, BlockEnvironment, ExecutionMode, InteropRoot, SystemEnvironment,
};
pub use error::BatchError;
pub use error_code::ErrorCode;
pub use executor::BatchExecutor;
pub use hook::Hook;
pub use layout::{
    BLOCK_WORDS, DESCRIPTION_WORDS, HEAP_WORDS, INTEROP_ROOT_WORDS, InteropLayout, Layout,
    MAX_INTEROP_ROOTS, MAX_TRANSACTIONS,
};
pub use observer::{GasNote, Observer, WriteReason};
pub use outcome::{FinishedBatch, Outcome, TransactionOutcome};
pub(crate) use result::ERROR_SELECTOR;
pub use result::{ExecutionResult, Halt, RevertReason};
pub use signals::Signals;
pub use state::{BatchState, Leaf, MemoryState};
pub use tracer::{HostTracer, NativeDeed};
