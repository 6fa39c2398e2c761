//! Interleaved timing.

use crate::case::Case;
use std::time::Duration;

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Rounds, in each of which every engine runs once.
    pub rounds: usize,
    /// What an engine may take of a case in all rounds. One that has used it up sits out, after [`LEAST_ROUNDS`].
    pub budget: Duration,
}

/// Rounds that even the slowest engine takes part in.
pub const LEAST_ROUNDS: usize = 3;

/// Times of an engine for a case.
#[derive(Clone, Debug)]
pub struct Timing {
    /// The engine.
    pub engine: &'static str,
    /// Nanoseconds per unit, of the median run.
    pub ns_median: f64,
    /// Nanoseconds per unit, of the fastest run.
    pub ns_min: f64,
}

/// Lets the engines of a case take turns, after a run of each that does not count, neither as a round nor as time: a compiler does
/// all its work in it.
///
/// Engines alternate within a round, so that what slows the machine down for a while slows all of them down.
pub fn measure(case: &mut Case, effort: Effort) -> Vec<Timing> {
    let mut samples: Vec<Vec<Duration>> = vec![Vec::new(); case.contestants.len()];
    let mut spent = vec![Duration::ZERO; case.contestants.len()];
    for contestant in &mut case.contestants {
        contestant.work.time();
    }
    for round in 0..effort.rounds.max(1) {
        for (index, contestant) in case.contestants.iter_mut().enumerate() {
            if round < LEAST_ROUNDS || spent[index] < effort.budget {
                let time = contestant.work.time();
                samples[index].push(time);
                spent[index] += time;
            }
        }
    }
    let per_unit = |time: Duration| time.as_nanos() as f64 / case.units.max(1) as f64;
    let timings = case.contestants.iter().zip(&mut samples).map(|(contestant, samples)| {
        samples.sort_unstable();
        Timing {
            engine: contestant.engine,
            ns_median: per_unit(samples[samples.len() / 2]),
            ns_min: per_unit(samples[0]),
        }
    });
    timings.collect()
}
