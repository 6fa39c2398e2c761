//! Programs with every number of ergs around each of their instructions.

use eravm_tests::check;
use eravm_tests::generate;
use eravm_tests::ways;
use eravm_tests::world::World;

/// Instructions of a program whose borders are tried.
const BORDERS: u64 = 150;

fn sweep(name: &str, seeds: core::ops::Range<u64>, generate: fn(u64) -> World) -> u64 {
    let mut instructions = 0;
    for seed in seeds {
        let mut world = generate(seed);
        world.entry.ergs = 400_000;
        for ergs in ways::borders(&world, BORDERS) {
            world.entry.ergs = ergs;
            let name = format!("{name} with {ergs} ergs");
            instructions +=
                check::sweep(&name, seed..seed + 1, 600, |_| world.clone()).instructions;
        }
    }
    instructions
}

#[test]
fn programs_agree_at_every_border_of_their_ergs() {
    let instructions = sweep("structured", 7000..7250, generate::structured);
    println!("{instructions} instructions");
    assert!(instructions > 500_000, "{instructions}");
}

#[test]
fn single_instructions_agree_at_every_border_of_their_ergs() {
    let instructions = sweep("single", 0..1500, generate::single::any);
    println!("{instructions} instructions");
    assert!(instructions > 100_000, "{instructions}");
}
