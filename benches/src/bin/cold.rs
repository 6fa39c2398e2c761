//! What a compiler costs and brings that has compiled nothing yet: batches of any length, with the compiler in the background, beside
//! the interpreter alone.
//!
//! `cargo run --release -p eravm-benches --bin cold -- [--rounds N] [--svg FILE]`

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "benchmarks have the standard library"
)]

use eravm_batches::{Batches, Scenario};
use eravm_benches::corpus;
use eravm_benches::plot::Chart;
use eravm_host::Engine;
use eravm_jit::{Jit, Policy};
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

/// Lengths of batches, in transactions.
const COUNTS: [usize; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
/// Batches that are shorter are run as many times more often: they are over soon, and differ most from each other.
const SHORT: usize = 4;
const KINDS: [&str; 2] = ["transfers", "ERC-20 transfers"];

/// A chain of its own, so that no code is decoded or compiled yet.
fn scenario(corpus: &Path, kind: usize, count: usize) -> Result<Scenario, Box<dyn Error>> {
    let batches = Batches::new(corpus)?;
    if kind == 0 { batches.transfers(count) } else { batches.erc20_transfers(corpus, count) }
}

/// The time that a batch takes, its end included.
fn time(mut scenario: Scenario, engine: Engine) -> Result<Duration, Box<dyn Error>> {
    scenario.system.engine = engine;
    let begin = Instant::now();
    let mut executor = scenario.begin(())?;
    let succeeded = scenario.execute(&mut executor)?;
    scenario.finish(&mut executor)?;
    let time = begin.elapsed();
    if succeeded != scenario.transactions.len() {
        return Err(format!("{succeeded} of {} succeeded", scenario.transactions.len()).into());
    }
    Ok(time)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_nanos() as f64
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut rounds, mut svg) = (9, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or(format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--rounds" => rounds = value.parse::<usize>()?.max(1),
            "--svg" => svg = Some(value),
            _ => return Err(format!("{argument} is neither --rounds nor --svg").into()),
        }
    }
    let corpus = corpus::folder().ok_or("the corpus is missing: set ERAVM_CORPUS")?;
    println!("| batch | interpreter, µs a transaction | compiler in the background | ratio |");
    println!("|---|--:|--:|--:|");
    let mut lines = Vec::new();
    for (kind, name) in KINDS.iter().enumerate() {
        let mut places = Vec::new();
        for count in COUNTS {
            let (mut alone, mut beside) = (Vec::new(), Vec::new());
            for _ in 0..rounds * (SHORT / count).max(1) {
                // A compiler of its own, which the time for its threads belongs to.
                let jit = Engine::Jit(Jit::new(Policy::default())?);
                beside.push(time(scenario(&corpus, kind, count)?, jit)?);
                alone.push(time(scenario(&corpus, kind, count)?, Engine::Interpreter)?);
            }
            let (alone, beside) = (median(alone), median(beside));
            let each = |time: f64| time / count as f64 / 1000.0;
            let ratio = beside / alone;
            println!("| {count} {name} | {:.1} | {:.1} | {ratio:.3} |", each(alone), each(beside));
            places.push((count as f64, ratio));
        }
        lines.push((*name, places));
    }
    if let Some(path) = svg {
        let chart = Chart {
            title: "Time of a batch with an empty cache of code, compared to the interpreter",
            x: "transactions in the batch",
            y: "times the interpreter's time",
            range: (0.85, 1.15),
            marks: vec![(1.0, "the interpreter"), (1.05, "5 % slower")],
            lines,
        };
        std::fs::write(path, chart.svg())?;
    }
    Ok(())
}
