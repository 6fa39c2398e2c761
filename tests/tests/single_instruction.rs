//! Every instruction in every variant, with every predicate and flag state, from random states.

use eravm_core::isa::Instruction;
use eravm_tests::check::{self, Tally};
use eravm_tests::generate::single::{self, FLAG_STATES};
use eravm_tests::random::Random;

/// Instructions of the small program around the one that is tested, at most.
const LIMIT: u64 = 200;

/// All slots with one predicate, in every flag state.
fn cross_product(predicate: u64) -> Tally {
    let mut tally = Tally::default();
    for slot in single::slots() {
        for flags in 0..FLAG_STATES {
            let seed = u64::from(slot) << 32 | predicate << 16 | flags;
            let bits = u64::from(slot) | predicate << 13;
            let world = single::world(Instruction::decode(bits), flags, &mut Random::new(seed));
            match check::all_ways(&world, LIMIT, seed) {
                Ok(report) => tally.add(&report),
                Err(failure) => panic!(
                    "slot {slot}, predicate {predicate}, flags {flags}: {failure}\n{}",
                    check::small(&world, LIMIT, seed)
                ),
            }
        }
    }
    tally
}

#[test]
fn every_variant_agrees_with_every_predicate_and_flag_state() {
    let mut instructions = 0;
    for predicate in 0..8 {
        instructions += cross_product(predicate).instructions;
    }
    println!("{instructions} instructions");
    assert!(instructions > 300_000, "{instructions}");
}
