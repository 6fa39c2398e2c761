//! What was compiled, and what it took.

use super::bytes_of;
use super::compile::Source;
use crate::cli::columns::Columns;
use crate::cli::error::CliError;
use crate::summary::grouped;
use core::fmt;
use eravm_jit::{CompileError, Fingerprint, NativeCode};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// The object of `--json`.
#[derive(Debug, Serialize)]
pub(super) struct AotReport {
    path: String,
    file_bytes: u64,
    fingerprint: String,
    programs: Vec<ProgramReport>,
    /// Programs that have code in the file.
    compiled: usize,
    /// Of them all.
    code_bytes: usize,
    /// Time that the command took.
    microseconds: u64,
}

#[derive(Debug, Serialize)]
struct ProgramReport {
    name: String,
    code_hash: String,
    /// Instructions that it has.
    program_instructions: usize,
    /// Instructions compiled, copies included.
    instructions: usize,
    regions: usize,
    entries: usize,
    code_bytes: usize,
    compile_microseconds: u64,
    /// Why there is no code, if there is none.
    error: Option<String>,
}

impl AotReport {
    pub(super) fn new(fingerprint: Fingerprint) -> Self {
        Self {
            path: String::new(),
            file_bytes: 0,
            fingerprint: fingerprint.to_string(),
            programs: Vec::new(),
            compiled: 0,
            code_bytes: 0,
            microseconds: 0,
        }
    }

    pub(super) fn add(&mut self, source: &Source, code: &Result<NativeCode, CompileError>) {
        let stats = code.as_ref().map(|code| *code.stats()).unwrap_or_default();
        self.compiled += usize::from(stats.entries > 0);
        self.code_bytes += stats.code_bytes;
        self.programs.push(ProgramReport {
            name: source.name.clone(),
            code_hash: source.code_hash.to_string(),
            program_instructions: source.program.len(),
            instructions: stats.instructions,
            regions: stats.regions,
            entries: stats.entries,
            code_bytes: stats.code_bytes,
            compile_microseconds: microseconds(stats.time),
            error: code.as_ref().err().map(ToString::to_string),
        });
    }

    /// The file is there, and everything has taken so long.
    pub(super) fn finish(&mut self, path: &Path, time: Duration) -> Result<(), CliError> {
        self.path = path.to_string_lossy().into_owned();
        self.file_bytes = bytes_of(path)?;
        self.microseconds = microseconds(time);
        Ok(())
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The same for people.
pub(super) struct Table<'a>(pub(super) &'a AotReport);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let rows: Vec<[String; 7]> = report.programs.iter().map(row).collect();
        let titles = [
            "program",
            "instructions",
            "compiled",
            "regions",
            "entries",
            "code bytes",
            "time (ms)",
        ];
        let columns = Columns::new(titles, 0..1, &rows);
        columns.titles(f)?;
        rows.iter().try_for_each(|row| columns.line(f, row))?;
        let (count, all) = (report.compiled, report.programs.len());
        let code_bytes = grouped(report.code_bytes);
        let seconds = report.microseconds as f64 / 1e6;
        writeln!(
            f,
            "\n{count} of {all} programs compiled to {code_bytes} bytes in {seconds:.1} s"
        )?;
        writeln!(f, "{} bytes in {}", grouped(report.file_bytes), report.path)
    }
}

fn row(program: &ProgramReport) -> [String; 7] {
    [
        program.name.clone(),
        grouped(program.program_instructions),
        grouped(program.instructions),
        grouped(program.regions),
        grouped(program.entries),
        grouped(program.code_bytes),
        grouped(program.compile_microseconds.div_ceil(1000)),
    ]
}
