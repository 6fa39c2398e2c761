//! Counts the instructions of the workloads with Callgrind and compares them with the record.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "benchmarks have the standard library"
)]

use eravm_benches::counts::{Change, Counts, Record, TOLERANCE_PERCENT, compare, parse};
use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

const HELP: &str = "\
Counts the instructions that the workloads take and fails if one takes over 3 % more than recorded.

  --update REASON  change the record, with the reason for it
  --record FILE    another record than benches/counts.json

Needs valgrind and iai-callgrind-runner 0.16.1:
  cargo install iai-callgrind-runner --version 0.16.1 --locked";

/// What is built. With the package of the command, so that dependencies have the features that they have in `.ci/run release`, and are
/// not built again.
const SELECTION: [&str; 7] = [
    "-p",
    "eravm-host",
    "-p",
    "eravm-benches",
    "--no-default-features",
    "--features=eravm-host/default",
    "--bench=counts",
];

struct Options {
    update: Option<String>,
    record: PathBuf,
}

fn options() -> Result<Option<Options>, String> {
    let record = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/counts.json"));
    let mut options = Options { update: None, record };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--update" => options.update = Some(value()?),
            "--record" => options.record = value()?.into(),
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("unknown option {argument}")),
        }
    }
    Ok(Some(options))
}

/// Runs the benchmarks.
fn count() -> Result<Counts, Box<dyn Error>> {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let output = Command::new(cargo)
        .arg("bench")
        .args(SELECTION)
        .args(["--", "--output-format=json"])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("the benchmarks failed".into());
    }
    let counts = parse(&String::from_utf8(output.stdout)?)?;
    if counts.is_empty() {
        return Err("the benchmarks counted nothing".into());
    }
    Ok(counts)
}

fn rustc() -> Result<String, Box<dyn Error>> {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let output = Command::new(rustc).arg("--version").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn line(name: &str, change: &Change) -> String {
    let percent = change.percent().map_or(String::new(), |percent| format!("{percent:+.2} %"));
    let (old, new) = match change {
        Change::New(new) => ("–".to_owned(), new.to_string()),
        Change::Gone(old) => (old.to_string(), "–".to_owned()),
        Change::Differs(old, new) => (old.to_string(), new.to_string()),
    };
    let verdict = if change.is_failure() { "CHANGED" } else { "" };
    format!("{name:<24} {old:>12} {new:>12} {percent:>10}  {verdict}")
}

fn check(options: &Options) -> Result<bool, Box<dyn Error>> {
    let (found, rustc) = (count()?, rustc()?);
    if let Some(reason) = &options.update {
        let record = Record { reason: reason.clone(), rustc, counts: found };
        std::fs::write(&options.record, serde_json::to_string_pretty(&record)? + "\n")?;
        println!("{}: {} counts recorded", options.record.display(), record.counts.len());
        return Ok(true);
    }
    let record: Record = serde_json::from_slice(&std::fs::read(&options.record)?)?;
    if record.rustc != rustc {
        println!("note: recorded with {}, this is {rustc}", record.rustc);
    }
    println!("{:<24} {:>12} {:>12} {:>10}", "benchmark", "recorded", "now", "growth");
    let changes = compare(&record.counts, &found);
    for (name, change) in &changes {
        println!("{}", line(name, change));
    }
    let fails = changes.iter().any(|(_, change)| change.is_failure());
    if fails {
        println!(
            "\nA count grew by more than {TOLERANCE_PERCENT} %, or benchmarks came or went. If that is meant, say why:\n  \
             cargo run -p eravm-benches --bin check-counts -- --update \"REASON\""
        );
    } else if changes.iter().any(|(_, it)| it.percent().is_some_and(|it| it < -TOLERANCE_PERCENT)) {
        println!("\nSome counts became less. Record them, so that they stay so (--update).");
    }
    Ok(!fails)
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
    match check(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
