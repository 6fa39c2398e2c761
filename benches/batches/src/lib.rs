//! Batches to measure: real transactions in the state of a new chain.
//!
//! They are made as zksync-era's own VM benchmark makes them: one account with a lot of money signs transactions of type 0x71. A
//! [`Chain`] is a new chain with that account; a [`Scenario`] is a batch on it, ready to be run by any engine.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "benchmarks have the standard library"
)]

mod abi;
mod chain;
mod scenario;
mod sender;
mod token;

pub use chain::{CHAIN_ID, Chain, Code};
pub use scenario::{Batches, Executor, Scenario};
pub use sender::Sender;
