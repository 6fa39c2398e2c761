//! Code of the EVM: an interpreter that runs one frame at a time, and what is different on ZKsync.
//!
//! * [`Frame`] runs code until it ends, or [suspends](Suspended) for a call or a creation. Nothing here calls itself;
//! * [`EvmHost`] is what a frame asks: state, block, transaction;
//! * [`Rules`] are a [`Fork`] of Ethereum and the [`Differences`] from it.
//!
//! The instructions are those of the crate `revm-interpreter`. Two hosts run frames: the embedded system's `EvmEmulator`, which is a contract
//! of the machine, and Ethereum's state tests, which show that with all differences taken away this is Ethereum's EVM.

mod bridge;
mod code;
mod cursor;
mod differences;
mod fork;
mod frame;
mod host;
mod instructions;
mod memory;
mod outcome;
mod rules;
#[cfg(feature = "evm-tests")]
pub mod state_tests;
#[cfg(test)]
mod tests;
mod word;

pub(crate) use code::CodeCache;
pub use code::{Code, published};
pub use differences::{Difference, Differences, MEMORY_LIMIT, PREVRANDAO, Place};
pub use fork::Fork;
pub use frame::{Frame, FrameInputs, Room};
pub use host::{Environment, EvmHost, HostFailed, HostResult, Loaded, SelfDestructed, Stored};
pub use instructions::{CallKind, CallRequest};
pub use outcome::{CreateRequest, Ended, EvmFailure, Outcome, SubOutcome, Suspended};
pub use rules::Rules;
