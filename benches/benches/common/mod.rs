//! The cases of the comparison as benchmarks: a group for each case, in it one benchmark for each engine.

use criterion::{BenchmarkId, Criterion, Throughput};
use eravm_benches::cases::{self, Cases};
use std::time::Duration;

/// Samples of each benchmark: the least that there may be, since a batch takes a tenth of a second.
const SAMPLES: usize = 10;

/// Measures the cases whose names are wanted.
///
/// # Panics
/// If a file of the corpora cannot be read.
pub(crate) fn measure(criterion: &mut Criterion, wanted: impl Fn(&str) -> bool) {
    let Cases { plans, left_out } = cases::all().expect("readable corpora");
    for names in left_out {
        eprintln!("NOT RUN: {names}: no corpus (set ERAVM_CORPUS)");
    }
    for plan in plans.iter().filter(|plan| wanted(&plan.name)) {
        let mut case = plan.make().expect("readable corpora");
        let mut group = criterion.benchmark_group(&case.name);
        group.sample_size(SAMPLES);
        group.measurement_time(Duration::from_secs(2));
        group.warm_up_time(Duration::from_millis(300));
        group.throughput(Throughput::Elements(case.units));
        for contestant in &mut case.contestants {
            let id = BenchmarkId::from_parameter(contestant.engine);
            let work = &mut contestant.work;
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|times| (0..times).map(|_| work.time()).sum());
            });
        }
        group.finish();
    }
}
