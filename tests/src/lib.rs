//! Tests of the machine that need more than the machine.
//!
//! The heart is a comparison with the reference, crate `zk_evm` 0.153.12, after every instruction
//! ([`compare`]). Programs come from generators ([`generate`]), whose seeds are printed when they fail, are made
//! small ([`shrink`]) and become files that are tested for ever ([`case`], `cases/*.asm`).
//!
//! # How much this proves
//!
//! - The reference's own execution is used as it is; memory, storage, events and code beneath it are written here, in the
//!   simplest way and independently of the machine's. A mistake made in both would not show. The goldens, recorded from
//!   whole nodes, are there for that.
//! - Compared after every instruction: registers with tags, flags, pc, sp, ergs, pending panic, depth, heap bounds,
//!   context register, transaction number, pubdata, next page, lengths of the logs, and every word the
//!   reference wrote. Whole stacks, heaps and frames: before each end of a frame, and whenever the call
//!   stack changes. Logs, refunds, storage and used code: at the end.
//! - Stepping uses the handlers that return after one instruction, and the careful path. The same programs are also run in one
//!   go, cut at random places and traced; all must end in the same state.
//! - Not compared: shards other than 0 (calls there fail), call stacks of 2²⁷ frames, precompiles on more than
//!   16 KiB, ecrecover with a `v` that is neither 0 nor 1 (the reference aborts), rules older than those of
//!   protocol 31 except the growth of heaps, and what happens after a typed stop. Precompile calls that read stacks or freed pages, or write to code, stop our
//!   machine only; these are counted and rare.

extern crate alloc;

/// The example of the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

pub mod case;
pub mod check;
pub mod compare;
pub mod compiled;
pub mod corpus;
pub mod evm_program;
pub mod fuzzing;
pub mod generate;
pub mod oracle;
pub mod random;
pub mod shrink;
pub mod solidity;
pub mod tiers;
pub mod ways;
pub mod world;
