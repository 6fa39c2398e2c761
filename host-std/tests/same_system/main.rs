//! The embedded system and that of bytecode (protocol version 29), with the same transactions: the same results, returndata, revert
//! data, events, logs, storage changes and error codes. What differs is the amount of gas and what follows from that; `differences.rs`
//! lists it by name.
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]

#[path = "../common/mod.rs"]
mod common;
mod differences;
mod generated;
mod goldens;
mod systems;
mod traced;
