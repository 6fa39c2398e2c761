//! `eravm evm-tests`: Ethereum's state tests.

use super::error::CliError;
use super::{FAILED, SUCCESS};
use crate::artifact::{self, ArtifactErrorKind};
use crate::evm::state_tests::{StateTestOptions, StateTestReport, run_state_tests};
use crate::evm::{Difference, Differences, Fork};
use crate::input;
use crate::summary::grouped;
use clap::Args;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Most folders within each other.
const MAX_DEPTH: usize = 16;
/// What files of tests are called that are found in folders.
const EXTENSIONS: [&str; 4] = ["json", "gz", "tar", "tgz"];
/// Failures of a file that are shown at most, unless all are asked for.
const SHOWN_FAILURES: usize = 5;

/// Arguments of `eravm evm-tests`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status: 0 all tests that were run have passed; 1 one has not, or none was run; 2 the command line or a file is wrong.")]
pub(super) struct EvmTestsArgs {
    /// Files of state tests (GeneralStateTests), .tar(.gz) archives of them, or folders of both
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Run the tests of a fork only; may be given several times
    #[arg(long, value_name = "FORK", value_parser = fork)]
    fork: Vec<Fork>,
    /// Leave in a difference of ZKsync's EVM from Ethereum's; may be given several times
    #[arg(long, value_name = "DIFFERENCE", value_parser = difference)]
    keep: Vec<Difference>,
    /// Run files only whose path has this in it
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Show every failure, not the first few of each file
    #[arg(long)]
    all_failures: bool,
    /// Show files with failures only
    #[arg(short, long)]
    quiet: bool,
}

fn fork(name: &str) -> Result<Fork, String> {
    let names = Fork::ALL.iter().map(|fork| fork.name());
    Fork::named(name)
        .ok_or_else(|| format!("the forks are {}", names.collect::<Vec<_>>().join(", ")))
}

fn difference(name: &str) -> Result<Difference, String> {
    let all = || Difference::ALL.iter().filter(|difference| difference.is_of_tests());
    let names = || all().map(|difference| difference.name()).collect::<Vec<_>>().join(", ");
    let found = all().find(|difference| difference.name() == name).copied();
    found.ok_or_else(|| format!("the differences that tests can have are {}", names()))
}

/// What was counted.
#[derive(Default)]
struct Totals {
    files: usize,
    passed: usize,
    failed: usize,
    skipped: BTreeMap<String, usize>,
}

/// The command while it runs.
struct Session<'a> {
    args: &'a EvmTestsArgs,
    options: StateTestOptions,
    totals: Totals,
}

/// Runs the command.
pub(super) fn run(args: &EvmTestsArgs) -> Result<u8, CliError> {
    let differences = args.keep.iter().fold(Differences::NONE, |all, one| all.with(*one));
    let options = StateTestOptions { forks: args.fork.clone(), differences };
    let mut session = Session { args, options, totals: Totals::default() };
    for path in &args.paths {
        session.visit(path, 0)?;
    }
    session.finish()
}

impl Session<'_> {
    fn visit(&mut self, path: &Path, depth: usize) -> Result<(), CliError> {
        let name = || path.display().to_string();
        if path.is_dir() {
            if depth >= MAX_DEPTH {
                let error = format!("folders are more than {MAX_DEPTH} deep within each other");
                return Err(CliError::StateTests { file: name(), error });
            }
            let read = |error| CliError::Read { file: name(), error: input::ReadError::Io(error) };
            let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
            let mut entries: Vec<_> =
                entries.map_err(read)?.into_iter().map(|entry| entry.path()).collect();
            entries.sort();
            for entry in entries {
                let has_tests = |name: &OsStr| EXTENSIONS.iter().any(|it| name == *it);
                if entry.extension().is_some_and(has_tests) || entry.is_dir() {
                    self.visit(&entry, depth + 1)?;
                }
            }
            return Ok(());
        }
        let read = |error| CliError::Read { file: name(), error };
        let wrong = |error: ArtifactErrorKind| CliError::StateTests {
            file: name(),
            error: error.to_string(),
        };
        let bytes = input::read_file(path).map_err(read)?;
        let bytes = artifact::unpacked(bytes).map_err(wrong)?;
        if !artifact::is_tar(&bytes) {
            return self.file(path, &bytes);
        }
        artifact::json_members(&bytes, |member, content| {
            self.file(&path.join(member), content).map_err(Stopped::Command)
        })
        .map_err(|stopped| match stopped {
            Stopped::Archive(error) => wrong(error),
            Stopped::Command(error) => error,
        })
    }

    fn file(&mut self, path: &Path, json: &[u8]) -> Result<(), CliError> {
        let name = path.display().to_string();
        if self.args.filter.as_ref().is_some_and(|text| !name.contains(text)) {
            return Ok(());
        }
        let report = run_state_tests(json, &self.options);
        let report = report.map_err(|error| CliError::StateTests {
            file: name.clone(),
            error: error.to_string(),
        })?;
        self.totals.files += 1;
        self.totals.passed += report.passed;
        self.totals.failed += report.failed.len();
        for (reason, count) in &report.skipped {
            *self.totals.skipped.entry(reason.clone()).or_default() += count;
        }
        if self.args.quiet && report.failed.is_empty() {
            return Ok(());
        }
        self.show(&name, &report).map_err(CliError::Output)
    }

    fn show(&self, name: &str, report: &StateTestReport) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let skipped: usize = report.skipped.values().sum();
        let failed = report.failed.len();
        writeln!(out, "{name}: {} passed, {failed} failed, {skipped} skipped", report.passed)?;
        let most = if self.args.all_failures { usize::MAX } else { SHOWN_FAILURES };
        for failure in report.failed.iter().take(most) {
            writeln!(out, "  {failure}")?;
        }
        if failed > most {
            writeln!(out, "  and {} more", failed - most)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<u8, CliError> {
        let Totals { files, passed, failed, skipped } = self.totals;
        let mut out = io::stdout().lock();
        let counts = [passed, failed, skipped.values().sum()].map(|count| grouped(count as u64));
        let [passes, failures, skips] = counts;
        let mut lines =
            format!("{files} files: {passes} passed, {failures} failed, {skips} skipped\n");
        for (reason, count) in &skipped {
            lines.push_str(&format!("  {} skipped: {reason}\n", grouped(*count as u64)));
        }
        out.write_all(lines.as_bytes()).map_err(CliError::Output)?;
        Ok(if failed == 0 && passed > 0 { SUCCESS } else { FAILED })
    }
}

/// Why an archive is not read to its end.
enum Stopped {
    Archive(ArtifactErrorKind),
    Command(CliError),
}

impl From<ArtifactErrorKind> for Stopped {
    fn from(error: ArtifactErrorKind) -> Self {
        Self::Archive(error)
    }
}
