//! The emulator of the network, which is EraVM code, and the embedded one: the same EVM code does the same on both, to the last unit
//! of gas. What it costs in ergs differs, and with it the gas of who is called from outside the EVM and of what is called there.
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]

mod compiled;
mod edges;
mod generated;
mod world;
