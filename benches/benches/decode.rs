//! Decoding.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "benchmarks have the standard library"
)]

mod common;

use criterion::{Criterion, criterion_group, criterion_main};

fn decode(criterion: &mut Criterion) {
    common::measure(criterion, |name| name.starts_with("decode"));
}

criterion_group!(benches, decode);
criterion_main!(benches);
