//! Code that becomes compiled while machines are in it.

use super::everywhere;
use eravm_jit::{Limits, Options};
use eravm_tests::compiled::Compiling;
use eravm_tests::generate;

/// Left by force, in runs that ask for it.
fn compiling(limits: Limits) -> Compiling {
    let limits = Limits { forced_exits: true, ..limits };
    Compiling::with(Options { limits, verify: false, single_pass: true })
}

#[test]
fn compiled_at_any_instant() {
    let entries = compiling(everywhere()).sweep_switching(30_000..30_600, generate::structured);
    assert!(entries > 3000, "{entries}");
}

#[test]
fn compiled_at_any_instant_in_small_regions() {
    let limits = Limits { region: 6, segment: 2, ..everywhere() };
    let entries = compiling(limits).sweep_switching(31_000..31_200, generate::structured);
    assert!(entries > 1000, "{entries}");
}

/// The instruction at which the machine goes on is one after the other.
#[test]
fn compiled_after_every_number_of_instructions() {
    let compiling = compiling(everywhere());
    let mut entries = 0;
    for seed in 32_000..32_012 {
        let world = generate::structured(seed);
        for instructions in 0..60 {
            match compiling.compare_resumed(&world, instructions) {
                Ok(count) => entries += count,
                Err(failure) => {
                    panic!("seed {seed}, {instructions} instructions: {failure}\n{world}")
                }
            }
        }
    }
    assert!(entries > 1000, "{entries}");
}
