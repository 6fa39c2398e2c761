//! Instructions of the host's processor that the workloads take on the interpreter, counted by Callgrind.
//!
//! Counts do not depend on what else the machine does. `check-counts` compares them with `counts.json`.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "benchmarks have the standard library"
)]
#![allow(missing_docs, reason = "the macros make items without documentation")]

use eravm_benches::call::Call;
use eravm_benches::engines::interpreter::{Interpreter, Running};
use eravm_benches::engines::{Engine, Machine};
use eravm_benches::workloads::{self, ALL, Workload};
use eravm_core::{Program, Word};
use iai_callgrind::{
    Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};
use std::hint::black_box;

/// What a workload's usual number of iterations is divided by: Callgrind is some fifty times slower than the machine.
const LESS: u64 = 10;
/// Words of the program that is decoded: as many as large contracts have.
const CODE_WORDS: usize = 3800;

fn workload(name: &str) -> &'static Workload {
    ALL.iter().find(|workload| workload.name == name).expect("the name of a workload")
}

/// A machine that lives until the process ends.
fn machine(call: &Call) -> Running<'static> {
    Box::leak(Box::new(Interpreter::new(call))).machine(false)
}

fn prepared(name: &str) -> Running<'static> {
    let workload = workload(name);
    machine(&workload.call_with(workload.iterations / LESS))
}

#[library_benchmark(setup = prepared)]
#[bench::arith("arith")]
#[bench::mul("mul")]
#[bench::div("div")]
#[bench::stack("stack")]
#[bench::heap("heap")]
#[bench::aux_heap("aux_heap")]
#[bench::near_call("near_call")]
#[bench::far_call("far_call")]
#[bench::sload_sstore_warm("sload_sstore_warm")]
#[bench::sload_sstore_cold("sload_sstore_cold")]
#[bench::transient("transient")]
#[bench::events("events")]
#[bench::keccak("keccak")]
#[bench::ecrecover("ecrecover")]
fn run(mut machine: Running<'static>) -> Running<'static> {
    machine.run();
    machine
}

fn empty_interpreter() -> &'static mut Interpreter {
    Box::leak(Box::new(Interpreter::new(&workloads::empty())))
}

#[library_benchmark]
#[bench::empty(empty_interpreter())]
fn create(interpreter: &'static mut Interpreter) {
    let mut machine = interpreter.machine(false);
    machine.run();
    drop(black_box(machine));
}

/// Words that look like code: any instruction with any operands.
fn some_words(count: usize) -> Vec<Word> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..count).map(|_| Word([(); 4].map(|()| next()))).collect()
}

#[library_benchmark(setup = some_words)]
#[bench::words(CODE_WORDS)]
fn decode(words: Vec<Word>) -> Program {
    Program::from_words(words).expect("code that is not too long")
}

library_benchmark_group!(name = counts; benchmarks = run, create, decode);
main!(
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"]));
    library_benchmark_groups = counts
);
