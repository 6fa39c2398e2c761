//! Workloads that several engines run in one process, and what is measured of them.
//!
//! `cargo run --release -p eravm-benches --bin compare` prints the comparison; `BENCHMARKS.md` says what its
//! rows mean.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "benchmarks have the standard library"
)]

pub mod batch;
pub mod call;
pub mod case;
pub mod cases;
pub mod corpus;
pub mod counts;
pub mod deployments;
pub mod end_state;
pub mod engines;
pub mod evm;
pub mod first_call;
pub mod measure;
pub mod plot;
mod recorder;
pub mod replay;
pub mod report;
pub mod workloads;
