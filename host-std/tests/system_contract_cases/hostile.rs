//! What native contracts do for a few ergs: a little, whatever they are called with.
//!
//! Calls of all cases are made with few ergs, with words of their calldata that say that there is much, and with much calldata. Their
//! time must be in proportion to their ergs.

use crate::case::{Call, Case};
use crate::contracts::suites;
use crate::run::Machine;
use crate::vary::Random;
use crate::world::World;
use core::time::Duration;
use eravm_core::Word;
use std::time::Instant;

/// Time that a call may take without ergs: what the machine does at its ends. Much more than that, as others use the machine too.
const BASE: Duration = Duration::from_millis(40);
/// Time for a million ergs. The dearest of what compiled contracts do as well is the pairing of BN254.
const PER_MILLION: Duration = Duration::from_millis(60);
/// Variants for each contract.
const VARIANTS: usize = 300;
/// Bytes of calldata where there is much of it.
const LONG: usize = 1 << 21;

/// Lengths and offsets that are much.
const NUMBERS: [Word; 12] = [
    Word::from_u64(0x7fff),
    Word::from_u64(0xffff),
    Word::from_u64(0x1_0000),
    Word::from_u64(0x8_0000),
    Word::from_u64(0x1f_0000),
    Word::from_u64(0x7fff_ffff),
    Word::from_u64(0xffff_ffff),
    Word::from_u64(0x1_0000_0000),
    Word::from_u64(1 << 59),
    Word::from_u64(1 << 62),
    Word::from_u64(u64::MAX),
    Word::MAX,
];

#[test]
fn time_is_in_proportion_to_ergs() {
    let Some(world) = World::get() else { return };
    let mut random = Random::new(3);
    for suite in suites() {
        let mut slowest = (Duration::ZERO, String::new());
        for number in 0..VARIANTS {
            let mut case = suite.cases[random.below(suite.cases.len())].clone();
            let Some(call) = case.calls.last_mut() else { continue };
            call.ergs = [20_000, 100_000, 3_000_000][random.below(3)];
            exaggerate(call, &mut random);
            let most = BASE + PER_MILLION * (call.ergs / 100_000) / 10;
            // Others may have the processor for a while, but not always.
            let time = (0..4).map(|_| time_of(world, &case)).find(|time| *time < most);
            let time = time.unwrap_or_else(|| {
                panic!("{}, variant {number} of {}: more than {most:?}", suite.name, case.name)
            });
            if time > slowest.0 {
                slowest = (time, case.name);
            }
        }
        eprintln!("{}: at most {:?} ({})", suite.name, slowest.0, slowest.1);
    }
}

/// The time of the last call.
fn time_of(world: &World, case: &Case) -> Duration {
    let mut machine = Machine::new(&world.native, case);
    let Some((last, before)) = case.calls.split_last() else { return Duration::ZERO };
    if before.iter().any(|call| machine.call(call).is_err()) || machine.begin(last).is_err() {
        return Duration::ZERO;
    }
    let begin = Instant::now();
    let outcome = machine.finish();
    let time = begin.elapsed();
    drop(outcome);
    time
}

/// Makes some words of calldata large, and often the calldata long.
fn exaggerate(call: &mut Call, random: &mut Random) {
    let is_long = random.below(3) > 0;
    let bytes = call.calldata.len();
    if is_long && bytes < LONG {
        let rest = [0, 1, 0xff][random.below(3)];
        call.calldata.resize(LONG, rest);
    }
    for _ in 0..random.below(4) {
        let at = 4 + 32 * random.below(bytes.saturating_sub(4) / 32);
        if let Some(place) = call.calldata.get_mut(at..at + 32) {
            place.copy_from_slice(&random.one(&NUMBERS).to_be_bytes());
        }
    }
}
