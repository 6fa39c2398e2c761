//! Native system contracts against the compiled ones of protocol 29.
//!
//! A case is a sequence of far calls of a contract from a given state. It is run with the published bundle and with the embedded
//! system, and both must agree in everything that others can see but ergs: how the calls end and with which data, the storage, the
//! events, the messages to L1 and the pubdata. Cases are written by hand; each is also varied systematically, and at random:
//! as many times more as `ERAVM_CASE_FACTOR` says.
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]

mod abi;
mod actors;
mod case;
#[path = "../common/mod.rs"]
mod common;
mod compare;
mod contracts;
mod hostile;
mod known;
mod run;
mod suite;
mod transaction;
mod vary;
mod world;
