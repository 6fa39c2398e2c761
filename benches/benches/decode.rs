//! Decoding.

mod common;

use criterion::{Criterion, criterion_group, criterion_main};

fn decode(criterion: &mut Criterion) {
    common::measure(criterion, |name| name.starts_with("decode"));
}

criterion_group!(benches, decode);
criterion_main!(benches);
