//! Workloads that several engines run in one process, and what is measured of them.
//!
//! `cargo run --release -p eravm-benches --bin compare` prints the comparison; `BENCHMARKS.md` says what its
//! rows mean. Without the feature `peers` there is what the instruction counts need, which is built in a fraction of the time.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "benchmarks have the standard library"
)]

#[cfg(feature = "peers")]
pub mod batch;
pub mod call;
pub mod case;
#[cfg(feature = "peers")]
pub mod cases;
#[cfg(feature = "peers")]
pub mod corpus;
pub mod counts;
#[cfg(feature = "peers")]
pub mod deployments;
pub mod end_state;
pub mod engines;
#[cfg(feature = "peers")]
pub mod evm;
#[cfg(feature = "peers")]
pub mod first_call;
pub mod measure;
pub mod plot;
#[cfg(feature = "peers")]
mod recorder;
#[cfg(feature = "peers")]
pub mod replay;
pub mod report;
pub mod workloads;
