//! `eravm batch`: a batch from a file, run with the real bootloader.

mod progress;
mod report;
mod runner;
mod table;

use super::error::CliError;
use super::{FAILED, SUCCESS, complain, write_out};
use crate::batch_file::BatchFile;
use crate::number::parse_number;
use crate::system_contracts::SystemContracts;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `eravm batch`.
#[derive(Debug, Args)]
#[command(after_help = "\
A whole batch file: {\"transactions\": [{\"from\": \"alice\", \"to\": \"bob\", \"value\": \"1 ether\"}]}

Exit status: 0 the batch was finished, whatever became of its transactions; 1 it could not be finished; 2 the
command line or an input is wrong.")]
pub(super) struct BatchArgs {
    /// The system contracts: a folder of artifacts, or a tar archive of one
    #[arg(long, value_name = "DIR_OR_TARGZ")]
    system: PathBuf,
    /// The batch, as JSON; `-` is the standard input. BATCH_FILE.md describes it
    #[arg(long, value_name = "FILE")]
    batch: String,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Write a line for every instruction to a file for every transaction in this folder
    #[arg(long, value_name = "DIR")]
    trace_dir: Option<PathBuf>,
    /// Lines after which the trace of a transaction is cut
    #[arg(long, value_name = "N", default_value = "10000000", value_parser = parse_number::<u64>)]
    trace_limit: u64,
}

pub(super) fn run(args: &BatchArgs) -> Result<u8, CliError> {
    let wrong = |error| CliError::BatchFile { file: args.batch.clone(), error };
    let file = BatchFile::load(&args.batch).map_err(wrong)?;
    let (contracts, warnings) = SystemContracts::load(&args.system).map_err(CliError::Bundle)?;
    warnings.iter().for_each(|warning| complain("warning", warning));
    let plan = file.plan(&contracts).map_err(wrong)?;
    let trace = args
        .trace_dir
        .as_ref()
        .map(|folder| runner::Trace { folder: folder.clone(), limit: args.trace_limit });
    let names = plan.names.clone();
    let report = runner::run(plan, trace.as_ref()).map_err(|error| match error {
        runner::RunnerError::File(error) => wrong(error),
        runner::RunnerError::Trace { path, error } => CliError::Write { path, error },
    })?;
    let text = if args.json {
        let mut text = serde_json::to_string(&report).map_err(CliError::Json)?;
        text.push('\n');
        text
    } else {
        table::Table { report: &report, names: &names }.to_string()
    };
    write_out(None, text.as_bytes())?;
    Ok(match &report.error {
        None => SUCCESS,
        Some(error) => {
            complain("error", error);
            FAILED
        }
    })
}
