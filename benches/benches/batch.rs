//! Whole batches.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "benchmarks have the standard library"
)]

mod common;

use criterion::{Criterion, criterion_group, criterion_main};

fn batch(criterion: &mut Criterion) {
    common::measure(criterion, |name| name.starts_with("batch/") || name.starts_with("replay/"));
}

criterion_group!(benches, batch);
criterion_main!(benches);
