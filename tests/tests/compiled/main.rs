//! Compiled code against the interpreter, which other tests compare with the reference.
//!
//! More of the same for as long as one likes: `cargo run --release -p eravm-tests --bin compiled -- [first seed] [programs]`.

mod aot;
mod bombs;
mod fuzzed;
mod goldens;
mod matrix;
mod service;
mod stays;
mod sweeps;
mod tiers;

/// Code is entered wherever that is possible, and not only where it pays.
fn everywhere() -> eravm_jit::Limits {
    eravm_jit::Limits { piece: 0, ..eravm_jit::Limits::default() }
}
