//! Showing traces, each as soon as it is there: those of a whole batch are too large to be kept.

use super::traced::Traced;
use crate::batch::{ExecutionResult, TransactionOutcome};
use crate::cli::complain;
use crate::cli::error::CliError;
use crate::cli::outcome::describe;
use serde::Serialize;
use std::io::{self, BufWriter, StdoutLock, Write};

/// Writes traces to the standard output.
#[derive(Debug)]
pub(super) struct Output {
    out: BufWriter<StdoutLock<'static>>,
    form: Form,
    /// Traces so far.
    count: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Text,
    /// The trace alone.
    Object,
    /// A list of [`Entry`].
    List,
}

/// The trace of one of several transactions.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    tx_hash: String,
    status: &'static str,
    reason: Option<&'a str>,
    result: &'a Traced,
}

impl Output {
    /// For one trace, or for those of `all` transactions.
    pub(super) fn new(json: bool, all: bool) -> Self {
        let form = match (json, all) {
            (false, _) => Form::Text,
            (true, false) => Form::Object,
            (true, true) => Form::List,
        };
        Self { out: BufWriter::new(io::stdout().lock()), form, count: 0 }
    }

    /// Writes the trace of the transaction with this number.
    pub(super) fn write(
        &mut self,
        index: usize,
        done: &TransactionOutcome,
        traced: &Traced,
    ) -> Result<(), CliError> {
        let (status, reason, _) = describe(&done.outcome.result);
        match self.form {
            Form::Text => {
                // A reason is anybody's text: it must not look like other lines.
                let reason = reason.map(|reason| format!(": {}", reason.escape_debug()));
                let reason = reason.unwrap_or_default();
                let separator = if self.count > 0 { "\n" } else { "" };
                writeln!(
                    self.out,
                    "{separator}transaction {index}, {}: {status}{reason}",
                    done.hash
                )
                .and_then(|()| write!(self.out, "{traced}"))
                .map_err(CliError::Output)?;
            }
            Form::Object => {
                // The object has no place for it, unless it is that of calls.
                if let (ExecutionResult::Halt(_), Some(reason)) = (&done.outcome.result, &reason) {
                    complain("warning", &format!("transaction {index} halted: {reason}"));
                }
                self.json(traced)?;
            }
            Form::List => {
                let separator = if self.count > 0 { ",\n" } else { "[" };
                write!(self.out, "{separator}").map_err(CliError::Output)?;
                let (tx_hash, reason) = (done.hash.to_string(), reason.as_deref());
                self.json(&Entry { tx_hash, status, reason, result: traced })?;
            }
        }
        self.count += 1;
        Ok(())
    }

    fn json(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        serde_json::to_writer(&mut self.out, value).map_err(|error| match error.io_error_kind() {
            Some(kind) => CliError::Output(kind.into()),
            None => CliError::Json(error),
        })
    }

    /// There are no more traces.
    pub(super) fn finish(mut self) -> Result<(), CliError> {
        let end = match (self.form, self.count) {
            (Form::Text, _) | (Form::Object, 0) => "",
            (Form::Object, _) => "\n",
            (Form::List, 0) => "[]\n",
            (Form::List, _) => "]\n",
        };
        let written = write!(self.out, "{end}").and_then(|()| self.out.flush());
        written.map_err(CliError::Output)
    }
}
