//! Compiled code against the interpreter, which other tests compare with the reference.
//!
//! More of the same for as long as one likes: `cargo run --release -p eravm-tests --bin compiled -- [first seed] [programs]`.

mod aot;
mod bombs;
mod goldens;
mod service;
mod stays;
mod sweeps;
