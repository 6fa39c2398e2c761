//! Runs many worlds, counts what was compared, and reports what differs.

use crate::compare::{End, Report, lockstep_prepared};
use crate::random::Random;
use crate::shrink::shrink;
use crate::ways::{self, State};
use crate::world::World;
use alloc::collections::BTreeMap;
use core::fmt;
use core::ops::Range;
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use eravm_core::Stop;
use eravm_core::isa::TABLE;
use std::panic;
use std::time::Instant;

/// What was compared.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Instructions.
    pub instructions: u64,
    /// Programs.
    pub programs: u64,
    /// Programs by how they ended.
    pub ends: BTreeMap<&'static str, u64>,
    /// Instructions executed, by opcode.
    pub executed: Vec<u64>,
    /// Time.
    pub time: Duration,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instructions, programs, ends, time, executed } = self;
        writeln!(f, "{instructions} instructions of {programs} programs in {time:.1?}: {ends:?}")?;
        for row in TABLE {
            write!(f, "{} {}, ", row.mnemonic, executed.get(row.opcode as usize).unwrap_or(&0))?;
        }
        writeln!(f, "panics {}", executed.last().unwrap_or(&0))
    }
}

impl Tally {
    /// Counts one program.
    pub fn add(&mut self, report: &Report) {
        self.instructions += report.instructions;
        self.programs += 1;
        *self.ends.entry(name(&report.end)).or_default() += 1;
        self.executed.resize(report.executed.len(), 0);
        for (sum, count) in self.executed.iter_mut().zip(report.executed) {
            *sum += count;
        }
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
        End::Tolerated => "tolerated",
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

/// Compares the worlds of a range of seeds with the reference and all ways to run them with each other.
///
/// # Panics
/// At the first difference, with its seed and the world made small.
pub fn sweep(
    generator: &str,
    seeds: Range<u64>,
    limit: u64,
    generate: impl Fn(u64) -> World,
) -> Tally {
    let begin = Instant::now();
    let mut tally = Tally::default();
    for seed in seeds {
        let world = generate(seed);
        match all_ways(&world, limit, seed) {
            Ok(report) => tally.add(&report),
            Err(failure) => {
                panic!("{generator} seed {seed}: {failure}\n{}", small(&world, limit, seed))
            }
        }
    }
    tally.time = begin.elapsed();
    tally
}

/// Runs a world next to the reference, and then in all other ways.
///
/// # Errors
/// What differs, as text.
pub fn all_ways(world: &World, limit: u64, seed: u64) -> Result<Report, String> {
    // A panic of our own is a failure like any other, so that it can be made small.
    let run = || compare_ways(world, limit, seed);
    panic::catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err("our machine panicked".into()))
}

fn compare_ways(world: &World, limit: u64, seed: u64) -> Result<Report, String> {
    let prepared = world.prepare();
    let (report, stepped) =
        lockstep_prepared(&prepared, limit).map_err(|mismatch| mismatch.to_string())?;
    let random = &mut Random::new(seed);
    let (whole, finish) = ways::in_one_go(&prepared);
    let expected = State::of(&whole);
    match (report.end, finish) {
        (End::Finished(exit), Ok(other)) if exit == other => {
            let stepped = State::of(&stepped);
            if stepped != expected {
                let differences = stepped.differences(&expected);
                return Err(format!("stepped and run in one go: {differences}"));
            }
        }
        (End::Finished(_), _) | (End::Refused(_) | End::Stopped(_), Ok(_)) => {
            return Err(format!("stepped: {:?}, in one go: {finish:?}", report.end));
        }
        _ => {}
    }
    for (name, (vm, other)) in
        [("cut", ways::cut(&prepared, random)), ("traced", ways::traced(&prepared, random))]
    {
        if other != finish {
            return Err(format!("{name}: {other:?}, in one go: {finish:?}"));
        }
        let state = State::of(&vm);
        if finish.is_ok() && state != expected {
            return Err(format!("{name} and in one go: {}", state.differences(&expected)));
        }
    }
    Ok(report)
}

/// A failing world made small, with what then differs, as a case file.
pub fn small(world: &World, limit: u64, seed: u64) -> String {
    let world = shrink(world, &|world| all_ways(world, limit, seed).is_err());
    let failure = all_ways(&world, limit, seed).err().unwrap_or_default();
    format!("made small: {failure}\n{world}")
}
