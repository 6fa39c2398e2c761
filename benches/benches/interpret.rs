//! The workloads in assembly, the benchmark's constructors and making machines, on every engine.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "benchmarks have the standard library"
)]

mod common;

use criterion::{Criterion, criterion_group, criterion_main};

fn interpret(criterion: &mut Criterion) {
    common::measure(criterion, |name| !name.starts_with("replay/") && !name.starts_with("decode"));
}

criterion_group!(benches, interpret);
criterion_main!(benches);
