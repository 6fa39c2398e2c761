//! Whole batches.

mod common;

use criterion::{Criterion, criterion_group, criterion_main};

fn batch(criterion: &mut Criterion) {
    common::measure(criterion, |name| name.starts_with("replay/"));
}

criterion_group!(benches, batch);
criterion_main!(benches);
