//! The native compiler for hot EraVM bytecode will live here.
//!
//! It does not exist yet, so this crate exports nothing: `eravm-core` is the one engine.
#![forbid(unsafe_code)]
