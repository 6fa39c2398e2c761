//! Compares the machine with the reference for as long as one likes.
//!
//! ```text
//! cargo run --release -p eravm-tests --bin differential -- [first seed] [programs] [keep going]
//! ```
//!
//! Every seed makes a structured program, a random one, and a few single instructions. The first `keep going` (1)
//! failures are shrunk and printed; each is a case file for `tests/cases`. Programs run in one go, cut and traced as well.

use eravm_tests::check::{self, Tally};
use eravm_tests::generate;
use eravm_tests::world::World;
use std::time::Instant;

/// Instructions that a program may have.
const LIMIT: u64 = 3000;

/// A name and a function from seeds to worlds.
type Generator = (&'static str, fn(u64) -> World);

fn main() {
    let mut arguments = std::env::args().skip(1).map(|it| it.parse::<u64>().expect("a number"));
    let first = arguments.next().unwrap_or(0);
    let count = arguments.next().unwrap_or(u64::MAX - first);
    let mut failures_left = arguments.next().unwrap_or(1);
    let begin = Instant::now();
    let mut tallies = [(); 3].map(|()| Tally::default());
    let generators: [Generator; 3] = [
        ("structured", generate::structured),
        ("bytes", generate::bytes),
        ("single", generate::single::any),
    ];
    for seed in first..first.saturating_add(count) {
        for ((name, generate), tally) in generators.into_iter().zip(&mut tallies) {
            let world = generate(seed);
            match check::all_ways(&world, LIMIT, seed) {
                Ok(report) => tally.add(&report),
                Err(failure) => {
                    println!("{name} seed {seed}: {failure}");
                    println!("{}", check::small(&world, LIMIT, seed));
                    failures_left -= 1;
                    if failures_left == 0 {
                        std::process::exit(1);
                    }
                }
            }
        }
        if seed % 5000 == 4999 || seed + 1 == first.saturating_add(count) {
            for (tally, (name, _)) in tallies.iter_mut().zip(generators) {
                tally.time = begin.elapsed();
                println!("seed {seed}, {name}: {tally}");
            }
        }
    }
}
