//! Runs many worlds, counts what was compared, and reports what differs.

use crate::compare::{End, lockstep};
use crate::shrink::shrink;
use crate::world::World;
use core::fmt;
use eravm_core::Stop;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What was compared.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Instructions.
    pub instructions: u64,
    /// Programs.
    pub programs: u64,
    /// Programs by how they ended.
    pub ends: BTreeMap<&'static str, u64>,
    /// Time.
    pub time: Duration,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instructions, programs, ends, time } = self;
        write!(f, "{instructions} instructions of {programs} programs in {time:.1?}: {ends:?}")
    }
}

impl Tally {
    /// Counts one program.
    pub fn add(&mut self, instructions: u64, end: &End) {
        self.instructions += instructions;
        self.programs += 1;
        *self.ends.entry(name(end)).or_default() += 1;
    }
}

const fn name(end: &End) -> &'static str {
    match end {
        End::Finished(exit) => match exit {
            eravm_core::Exit::Returned(_) => "returned",
            eravm_core::Exit::Reverted(_) => "reverted",
            _ => "panicked",
        },
        End::Limit => "limit",
        End::TooMuchWork => "too much work",
        End::Refused(_) => "refused by both",
        End::Stopped(stop) => match stop {
            Stop::PageFreed(_) => "stopped: page freed",
            Stop::PageNotReadable(_) => "stopped: page not readable",
            Stop::PageNotWritable(_) => "stopped: page not writable",
            Stop::MemoryCeiling(_) => "stopped: memory ceiling",
            _ => "stopped: other",
        },
    }
}

/// Compares the worlds of a range of seeds.
///
/// # Panics
/// At the first difference, with its seed and the world made small.
pub fn sweep(
    generator: &str,
    first_seed: u64,
    count: u64,
    limit: u64,
    generate: fn(u64) -> World,
) -> Tally {
    let begin = Instant::now();
    let mut tally = Tally::default();
    for seed in first_seed..first_seed + count {
        let world = generate(seed);
        match lockstep(&world, limit) {
            Ok(report) => tally.add(report.instructions, &report.end),
            Err(mismatch) => panic!("{generator} seed {seed}: {mismatch}\n{}", small(&world, limit)),
        }
    }
    tally.time = begin.elapsed();
    tally
}

/// A failing world made small, with what then differs, as a case file.
pub fn small(world: &World, limit: u64) -> String {
    let world = shrink(world, &|world| lockstep(world, limit).is_err());
    let mismatch = lockstep(&world, limit).err().map(|it| it.to_string()).unwrap_or_default();
    format!("made small: {mismatch}\n{world}")
}
