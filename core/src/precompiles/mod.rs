//! The heavy cryptography behind `log.precompile`.
//!
//! [`Precompiles`] is what a host computes; [`call`] is what the machine does around it: reading operands
//! from memory, writing results back, bounding the work. The pure Rust implementations are the defaults of
//! [`Precompiles`], each behind the cargo feature of its name.
//!
//! # Words in and out
//!
//! All reads happen before all writes, so input and output may overlap. Word indices wrap around at 2³².
//!
//! | precompile | reads | writes | writes when the input is invalid |
//! |---|---|---|---|
//! | keccak256 | `input_length` bytes at byte `input_offset` | digest | (none is) |
//! | sha256 | `rounds` × 2 words | chaining value, nothing for 0 rounds | (none is) |
//! | ecrecover | digest, v, r, s | 1, address | 0, 0 |
//! | secp256r1 verify | digest, r, s, x, y | 1, whether it verifies | 0, 0 |
//! | modexp | base, exponent, modulus | power | (none is) |
//! | ec add | x₁, y₁, x₂, y₂ | 1, x, y | 0, 0, 0 |
//! | ec mul | x, y, scalar | 1, x, y | 0, 0, 0 |
//! | ec pairing | `rounds` × (x, y, then G2's x and y, each imaginary part first) | 1, whether the product is one | 0, 0 |
//!
//! # Where this differs from the reference
//!
//! The reference (`zk_evm_abstractions`) is matched word by word except where it has no answer:
//!
//! * ecrecover reads only the lowest byte of v. The reference aborts the process when that byte is neither 0
//!   nor 1; here the recovery fails (0, 0), as for any other signature that recovers nothing.
//! * The reference works for as long and with as much memory as the operands ask. Here a call beyond
//!   [`MAX_INPUT_BYTES`] or [`MAX_PAIRS`] ends with [`CallFault::TooMuchWork`] before anything is read.

mod abi;
#[cfg(feature = "bn254")]
mod bn254;
mod call;
#[cfg(feature = "ecrecover")]
mod ecrecover;
#[cfg(feature = "keccak256")]
mod keccak256;
mod kind;
#[cfg(feature = "modexp")]
mod modexp;
mod provider;
#[cfg(feature = "secp256r1")]
mod secp256r1;
#[cfg(all(test, feature = "default"))]
mod tests;

pub use abi::PrecompileAbi;
pub use call::{MAX_INPUT_BYTES, MAX_PAIRS, PageMemory, SHA256_START, call};
#[cfg(feature = "ecrecover")]
pub use ecrecover::public_key as recover_public_key;
#[cfg(feature = "keccak256")]
pub use keccak256::{Keccak256Memo, digest as keccak256};
pub use kind::{Precompile, at_address};
pub use provider::{CallFault, G1Point, Pair, Precompiles};
