//! The network's own machines against this project's executor: whole batches, from outside.

mod engine;
mod memory;
mod ours;
mod peer;

use engine::{Engine, Form};
use eravm_batches::{Batches, Scenario};
use ours::Ours;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "\
Runs batches with vm_fast, vm_latest and our executor, in turns in one process, and compares what comes of them.

  --filter NAME  only batches whose name contains NAME (may be repeated)
  --engine NAME  only engines of this name (may be repeated), for profilers
  --rounds N     rounds per batch (default 11)
  --once ENGINE  run each batch once, finished, with this engine alone (executor, executor+signers, vm_fast, vm_latest), and
                 print the peak of the process's memory; give a filter that leaves one batch";

struct Options {
    filters: Vec<String>,
    engines: Vec<String>,
    rounds: usize,
    once: Option<String>,
}

fn options() -> Result<Option<Options>, String> {
    let mut options = Options { filters: Vec::new(), engines: Vec::new(), rounds: 11, once: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--filter" => options.filters.push(value()?),
            "--engine" => options.engines.push(value()?),
            "--rounds" => {
                let text = value()?;
                options.rounds = text.parse().map_err(|_| format!("{text} is not a number"))?;
            }
            "--once" => options.once = Some(value()?),
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("unknown option {argument}")),
        }
    }
    Ok(Some(options))
}

fn corpus() -> PathBuf {
    std::env::var_os("ERAVM_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    )
}

/// Code of the VM benchmark: as much of a file as makes an odd number of words.
fn odd_words(mut code: Vec<u8>) -> Vec<u8> {
    let words = code.len() / 32;
    code.truncate((words - usize::from(words % 2 == 0 && words > 0)) * 32);
    code
}

fn scenarios(wanted: impl Fn(&str) -> bool) -> Result<Vec<Scenario>, Box<dyn Error>> {
    let corpus = corpus();
    let batches = Batches::new(&corpus)?;
    let mut all = Vec::new();
    for count in [100, 1000] {
        if wanted(&format!("transfers_{count}")) {
            all.push(batches.transfers(count)?);
        }
    }
    if wanted("erc20_transfers_100") {
        all.push(batches.erc20_transfers(&corpus, 100)?);
    }
    let mut files: Vec<_> = std::fs::read_dir(corpus.join("vm-benchmark"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if wanted(&format!("deploy_{name}")) {
            all.push(batches.deployment(&name, &odd_words(std::fs::read(&file)?))?);
        }
    }
    Ok(all)
}

/// Median and minimum.
fn summary(times: &mut [Duration]) -> (f64, f64) {
    times.sort_unstable();
    let milliseconds =
        |index: usize| times.get(index).map_or(f64::NAN, |it| it.as_secs_f64() * 1e3);
    (milliseconds(times.len() / 2), milliseconds(0))
}

/// Measures a batch in one form. Returns whether the engines agree.
fn compare(name: &str, engines: &mut [Box<dyn Engine>], form: Form, rounds: usize) -> bool {
    let ends: Vec<_> = engines.iter_mut().map(|engine| engine.run(form).1).collect();
    let mut agree = true;
    if let Some(end) = ends.first().filter(|_| form == Form::Transactions) {
        let failed = end.transactions.iter().filter(|(is_success, _)| !is_success).count();
        if failed > 0 {
            eprintln!("{name}: {failed} of {} transactions failed", end.transactions.len());
        }
    }
    for (engine, end) in engines.iter().zip(&ends).skip(1) {
        if let Some(what) = ends.first().and_then(|first| first.difference(end)) {
            eprintln!("NOT EQUAL: {name}{}: {}: {what}", form.suffix(), engine.name());
            agree = false;
        }
    }
    let mut times = vec![Vec::new(); engines.len()];
    for round in 0..rounds.max(1) {
        for (engine, times) in engines.iter_mut().zip(&mut times) {
            // The slow one needs no more than a few rounds.
            if round < 3 || engine.name() != "vm_latest" {
                times.push(engine.run(form).0);
            }
        }
    }
    let summaries: Vec<_> = times.iter_mut().map(|times| summary(times)).collect();
    let ours = summaries.first().copied().unwrap_or((f64::NAN, f64::NAN));
    for (engine, (median, min)) in engines.iter().zip(summaries) {
        println!(
            "{:<40} {:<16} {median:>10.3} {min:>10.3} {:>8.2} {:>8.2}",
            format!("{name}{}", form.suffix()),
            engine.name(),
            median / ours.0,
            min / ours.1,
        );
    }
    agree
}

fn once(scenario: Scenario, engine: &str) -> Result<(), Box<dyn Error>> {
    let name = scenario.name.clone();
    let mut engine: Box<dyn Engine> = match engine {
        "executor" => Box::new(Ours::alone(scenario)),
        "executor+signers" => Box::new(Ours::with_signers(scenario)?),
        "vm_fast" => Box::new(peer::both(&scenario)?.0),
        "vm_latest" => Box::new(peer::both(&scenario)?.1),
        _ => return Err(format!("there is no engine {engine}").into()),
    };
    let is_forgotten = memory::forget_peak();
    let (_, before) = memory::peak_and_present().ok_or("/proc/self/status cannot be read")?;
    let (time, end) = engine.run(Form::Finished);
    let (peak, _) = memory::peak_and_present().ok_or("/proc/self/status cannot be read")?;
    println!(
        "{name} {}: {:.1} ms, {} transactions; KiB before the batch: {before}, peak: {peak}{}, growth: {}",
        engine.name(),
        time.as_secs_f64() * 1e3,
        end.transactions.len(),
        if is_forgotten { "" } else { " (of the whole process)" },
        peak.saturating_sub(before),
    );
    Ok(())
}

fn run(options: &Options) -> Result<bool, Box<dyn Error>> {
    let wanted = |name: &str| {
        options.filters.is_empty() || options.filters.iter().any(|filter| name.contains(filter))
    };
    let scenarios = scenarios(wanted)?;
    if let Some(engine) = &options.once {
        for scenario in scenarios {
            once(scenario, engine)?;
        }
        return Ok(true);
    }
    println!(
        "{:<40} {:<16} {:>10} {:>10} {:>8} {:>8}",
        "batch", "engine", "ms median", "ms min", "× median", "× min"
    );
    let mut agree = true;
    for scenario in scenarios {
        let (fast, latest) = peer::both(&scenario)?;
        let name = scenario.name.clone();
        let mut engines: Vec<Box<dyn Engine>> = vec![
            Box::new(Ours::with_signers(scenario.clone())?),
            Box::new(Ours::alone(scenario)),
            Box::new(fast),
            Box::new(latest),
        ];
        if !options.engines.is_empty() {
            engines.retain(|engine| options.engines.iter().any(|name| name == engine.name()));
            if engines.is_empty() {
                return Err(format!("there is no engine {}", options.engines.join(", ")).into());
            }
        }
        for form in Form::ALL {
            agree &= compare(&name, &mut engines, form, options.rounds);
        }
    }
    Ok(agree)
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}\n\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
