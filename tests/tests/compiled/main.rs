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

/// Where a program's native code is entered; nowhere if it has none.
fn entries(program: &eravm_core::Program) -> Vec<u16> {
    program.compiled().into_iter().flat_map(|code| code.entries()).collect()
}
