//! The host side of `eravm-core` with the standard library: what the command `eravm` is made of.
//!
//! * [`artifact`] reads programs in every format that compilers and tools write, chosen by content;
//! * [`Host`] answers the machine's questions about storage and code from memory;
//! * [`execute`] runs a program once and gives a [`Report`], which is also the JSON of `--json`;
//! * [`events`] puts the raw entries of the event queue together;
//! * [`golden`] runs recorded batches again and compares everything that the machine determines;
//! * [`transaction`] reads, signs, hashes and encodes transactions;
//! * [`pubdata`] makes what a batch publishes, and reads it again;
//! * [`system_contracts`] loads the contracts that every chain has, and the state that a chain begins with;
//! * [`batch`] runs batches with the real bootloader;
//! * [`fees`] is the fee model: prices, what transactions pay, and what the operator has of it;
//! * [`tracers`] shows the calls of a transaction, and the state that it touched;
//! * [`validation`] refuses transactions whose validation depends on what others can change;
//! * [`batch_file`] reads batches from JSON;
//! * [`evm`] runs code of the EVM;
//! * [`embedded`] has the bootloader and the system contracts as native code;
//! * [`demo`] is a batch that shows what a chain can do;
//! * [`oneshot`] makes calls and estimates gas;
//! * [`programs`] holds the example that `eravm run` runs when it is given none.
#![forbid(unsafe_code)]
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "this crate is the part of the project that has the standard library"
)]

mod abi;
pub mod artifact;
pub mod batch;
pub mod batch_file;
pub mod cli;
pub mod demo;
pub mod embedded;
mod engine;
pub mod events;
pub mod evm;
mod execute;
pub mod fees;
pub mod golden;
mod hex;
mod host;
pub mod input;
mod keccak;
mod number;
pub mod oneshot;
pub mod persistent;
pub mod programs;
pub mod pubdata;
mod report;
mod secp256k1;
pub mod state_tree;
mod storage_file;
mod summary;
pub mod system_contracts;
mod trace;
pub mod tracers;
pub mod transaction;
pub mod validation;

pub use engine::Engine;
pub use execute::{ExecuteError, Execution, Run, execute};
pub use hex::{HexError, decode as decode_hex};
pub use host::Host;
pub use number::{NumberError, parse_address, parse_number, parse_word};
pub use report::{
    EventReport, ExitKind, FlagsReport, LogReport, RegisterReport, Report, StorageLogReport,
    StorageWrite,
};
pub use storage_file::{StorageFileError, parse as parse_storage};
pub use summary::Summary;
pub use trace::TraceWriter;
