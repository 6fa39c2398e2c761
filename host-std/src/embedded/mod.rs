//! The embedded system: system contracts and the bootloader as native Rust, so that no artifact is needed.
//!
//! Its contracts stand where those of protocol 29 stand, and cannot be told from them but by their code hashes and by what they cost in
//! ergs: [`prices`] is the table of that. They are entered by far calls as any contract is, in frames of the machine: what
//! [`eravm_core::Program::native`] describes.
//!
//! * [`NativeContract`] lists the contracts, with the code that others see of them;
//! * [`Natives`] runs a machine and does what the contracts do whenever it waits for that;
//! * `contracts` has one file for each, `solidity` what they need to look like compiled Solidity.

mod account;
pub(crate) mod bootloader;
mod call;
mod context;
mod contract;
mod contracts;
pub(crate) mod failure;
mod natives;
pub mod prices;
pub(crate) mod solidity;
pub(crate) mod world;

pub use contract::NativeContract;
pub use natives::Natives;
