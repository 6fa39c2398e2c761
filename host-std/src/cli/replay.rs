//! `eravm replay`: real batches, run again and compared.

use super::engine::EngineArgs;
use crate::engine::Engine;
use crate::golden::{Code, Failure, FailureKind, Figures, Golden, LoadError, Way, execute, replay};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Replays golden batches and compares every value that the machine determines.
///
/// Exits with 0 if everything agrees. Otherwise the first difference of each file is shown, with both values and the place in
/// the code, and the exit status is 1, or 2 if a file cannot be used.
#[derive(clap::Args, Clone, Debug)]
pub struct ReplayArgs {
    /// Golden batches, `.json` or `.json.gz`. Files named `bytecodes.json(.gz)` are taken as code.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Code by hash, instead of the `bytecodes.json(.gz)` beside each golden or in the folder above.
    #[arg(long, value_name = "FILE")]
    pub bytecodes: Vec<PathBuf>,
    /// Runs each batch from its environment, its initial state and its transactions, and compares what the host writes,
    /// every hook and the outcome: as recorded, without snapshots, and with rollbacks and nonsense in between.
    #[arg(long)]
    pub execute: bool,
    /// Prints one JSON object a file.
    #[arg(long)]
    pub json: bool,
    /// What executes the batches.
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Why a file was not replayed to the end.
#[derive(Debug)]
enum Problem {
    Load(LoadError),
    Failure(Box<Failure>),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => fmt::Display::fmt(error, f),
            Self::Failure(failure) => fmt::Display::fmt(failure, f),
        }
    }
}

/// Runs the command.
pub fn run(args: &ReplayArgs) -> ExitCode {
    let (listed, goldens): (Vec<_>, Vec<_>) =
        args.files.iter().partition(|path| Code::is_code_file(path));
    let mut library = Library {
        given: args.bytecodes.iter().chain(listed).cloned().collect(),
        looks_beside: args.bytecodes.is_empty(),
        read: HashMap::new(),
    };
    let engine = match args.engine.engine() {
        Ok(engine) => engine,
        Err(error) => {
            super::complain("error", &error);
            return ExitCode::from(super::INPUT_ERROR);
        }
    };
    let mut worst = super::SUCCESS;
    for path in goldens {
        let outcome = replay_file(path, &mut library, args.execute, &engine);
        worst = worst.max(match &outcome {
            Ok(_) => super::SUCCESS,
            Err(Problem::Failure(_)) => super::FAILED,
            Err(Problem::Load(_)) => super::INPUT_ERROR,
        });
        if show(path, &outcome, args.json).is_err() {
            return ExitCode::from(super::FAILED);
        }
    }
    ExitCode::from(worst)
}

fn replay_file(
    path: &Path,
    library: &mut Library,
    runs: bool,
    engine: &Engine,
) -> Result<Figures, Problem> {
    let golden = Golden::load(path).map_err(Problem::Load)?;
    let code = library.code_for(path).map_err(Problem::Load)?.executed_by(engine.clone());
    if !runs {
        return replay(&golden, &code).map_err(Problem::Failure);
    }
    let figures = execute(&golden, &code, Way::Recorded).map_err(Problem::Failure)?;
    for way in [Way::Unbroken, Way::Disturbed] {
        execute(&golden, &code, way).map_err(Problem::Failure)?;
    }
    Ok(figures)
}

/// Code files, each read once.
struct Library {
    given: Vec<PathBuf>,
    looks_beside: bool,
    read: HashMap<PathBuf, Code>,
}

impl Library {
    fn code_for(&mut self, golden: &Path) -> Result<Code, LoadError> {
        let beside = if self.looks_beside { Code::file_for(golden).map(Some) } else { Ok(None) };
        let beside = match beside {
            Err(_) if !self.given.is_empty() => None,
            beside => beside?,
        };
        let mut all = Code::default();
        for path in beside.iter().chain(&self.given) {
            let code = match self.read.get(path) {
                Some(code) => code.clone(),
                None => Code::load(path)?,
            };
            all = all.and(&code);
            self.read.insert(path.clone(), code);
        }
        Ok(all)
    }
}

fn show(path: &Path, outcome: &Result<Figures, Problem>, as_json: bool) -> io::Result<()> {
    if as_json {
        return writeln!(io::stdout(), "{}", object(path, outcome));
    }
    match outcome {
        Ok(figures) => writeln!(io::stdout(), "{}", line(path, figures)),
        // A file's own errors name it already.
        Err(Problem::Load(error)) => writeln!(io::stderr(), "{error}"),
        Err(problem) => writeln!(io::stderr(), "{}: {problem}", path.display()),
    }
}

fn line(path: &Path, figures: &Figures) -> String {
    let seconds = figures.fast.as_secs_f64().max(f64::EPSILON);
    let speed = figures.instructions as f64 / seconds / 1e6;
    let trace = match figures.trace_records {
        0 => String::new(),
        records => format!(", {records} trace records"),
    };
    format!(
        "{}: ok, {} instructions, {} transactions, {} hooks, {} storage accesses{trace}, {speed:.1} M instructions/s",
        path.display(),
        figures.instructions,
        figures.transactions,
        figures.hooks,
        figures.storage_accesses,
    )
}

fn object(path: &Path, outcome: &Result<Figures, Problem>) -> Value {
    let file = path.display().to_string();
    match outcome {
        Ok(figures) => json!({
            "file": file,
            "agrees": true,
            "instructions": figures.instructions,
            "transactions": figures.transactions,
            "hooks": figures.hooks,
            "storage_accesses": figures.storage_accesses,
            "trace_records": figures.trace_records,
            "traced_seconds": figures.traced.as_secs_f64(),
            "fast_seconds": figures.fast.as_secs_f64(),
        }),
        Err(problem) => {
            let mut object = json!({
                "file": file,
                "agrees": false,
                "error": problem.to_string(),
            });
            if let Problem::Failure(failure) = problem {
                object["failure"] = describe(failure);
            }
            object
        }
    }
}

fn describe(failure: &Failure) -> Value {
    let mut object = json!({ "pass": failure.pass.to_string(), "op": failure.op });
    if let FailureKind::Differs(difference) = &failure.kind {
        object["what"] = json!(difference.what);
        object["expected"] = json!(difference.expected);
        object["actual"] = json!(difference.actual);
    }
    if let Some(place) = &failure.place {
        object["instruction"] = json!(place.instruction);
        object["pc"] = json!(place.pc);
        object["code_address"] = json!(format!("{:?}", place.code_address));
        object["depth"] = json!(place.depth);
        object["code"] = json!(place.code);
    }
    object
}
