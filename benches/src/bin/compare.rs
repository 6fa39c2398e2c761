//! Compares the engines: see the crate's documentation and `--help`.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "benchmarks have the standard library"
)]

use eravm_benches::case::Case;
use eravm_benches::cases::{self, Cases};
use eravm_benches::measure::{Effort, measure};
use eravm_benches::report;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "\
Runs each workload on each engine, interleaved in one process, and prints times per unit.

  --json         print an array of rows instead of a table
  --markdown     print a table in Markdown, as in BENCHMARKS.md
  --filter NAME  only workloads whose name contains NAME (may be repeated)
  --engine NAME  only this engine, for profilers (may be repeated)
  --rounds N     rounds per workload (default 31)
  --budget MS    time an engine may take of a workload before it sits out (default 800)
  --no-verify    do not compare end states
  --list         print the names of the workloads";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
    Markdown,
}

struct Options {
    format: Format,
    filters: Vec<String>,
    engines: Vec<String>,
    effort: Effort,
    verify: bool,
    list: bool,
}

fn options() -> Result<Option<Options>, String> {
    let mut options = Options {
        format: Format::Text,
        filters: Vec::new(),
        engines: Vec::new(),
        effort: Effort { rounds: 31, budget: Duration::from_millis(800) },
        verify: true,
        list: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        let number = |text: String| text.parse().map_err(|_| format!("{text} is not a number"));
        match argument.as_str() {
            "--json" => options.format = Format::Json,
            "--markdown" => options.format = Format::Markdown,
            "--filter" => options.filters.push(value()?),
            "--engine" => options.engines.push(value()?),
            "--rounds" => options.effort.rounds = number(value()?)? as usize,
            "--budget" => options.effort.budget = Duration::from_millis(number(value()?)?),
            "--no-verify" => options.verify = false,
            "--list" => options.list = true,
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("unknown option {argument}")),
        }
    }
    Ok(Some(options))
}

/// Verifies and measures a case. Returns its rows, and whether the engines agree.
fn run(case: &mut Case, options: &Options) -> (Vec<report::Row>, bool) {
    if options.verify
        && let Err(difference) = case.verify()
    {
        eprintln!("NOT EQUAL: {difference}");
        return (Vec::new(), false);
    }
    let timings = measure(case, options.effort);
    (report::rows(case, &timings), true)
}

fn compare(options: &Options) -> Result<bool, Box<dyn Error>> {
    let wanted = |name: &str| {
        options.filters.is_empty() || options.filters.iter().any(|filter| name.contains(filter))
    };
    let Cases { plans, left_out } = cases::all()?;
    for names in left_out {
        eprintln!("NOT RUN: {names}: no corpus (set ERAVM_CORPUS)");
    }
    if options.format == Format::Text && !options.list {
        println!("{}", report::heading());
    }
    let (mut rows, mut all_agree) = (Vec::new(), true);
    for plan in plans.into_iter().filter(|plan| wanted(&plan.name)) {
        if options.list {
            println!("{}", plan.name);
            continue;
        }
        let mut case = plan.make()?;
        if !options.engines.is_empty() {
            case.contestants.retain(|it| options.engines.iter().any(|name| name == it.engine));
        }
        let (new, agree) = run(&mut case, options);
        all_agree &= agree;
        if options.format == Format::Text {
            for row in &new {
                println!("{}", row.line());
            }
        }
        for (engine, reason) in &case.absent {
            eprintln!("NOT RUN: {} on {engine}: {reason}", case.name);
        }
        rows.extend(new);
    }
    match options.format {
        Format::Text => {}
        Format::Json => {
            let rows: Vec<_> = rows.iter().map(report::Row::json).collect();
            println!("{}", serde_json::Value::Array(rows));
        }
        Format::Markdown => print!("{}", report::markdown(&rows)),
    }
    Ok(all_agree)
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
    match compare(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
