//! `eravm batch`: a batch from a file, run with the real bootloader.

mod fee_table;
mod fees;
mod progress;
mod report;
mod run;
mod table;

pub(in crate::cli) use fee_table::FeeTable;
pub(in crate::cli) use report::{BatchReport, Figures, hex_address};
pub(in crate::cli) use table::Table;

use super::error::CliError;
use super::inputs::Inputs;
use super::{FAILED, SUCCESS, complain, write_out};
use crate::number::parse_number;
use crate::system_contracts::Flavour;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `eravm batch`.
#[derive(Debug, Args)]
#[command(after_help = "\
A whole batch file: {\"transactions\": [{\"from\": \"alice\", \"to\": \"bob\", \"value\": \"1 ether\"}]}

Exit status: 0 the batch was finished, whatever became of its transactions; 1 it could not be finished; 2 the
command line or an input is wrong.")]
pub(super) struct BatchArgs {
    #[command(flatten)]
    inputs: Inputs,
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
    let plan = args.inputs.plan(Flavour::ProvedBatch)?;
    let trace = args
        .trace_dir
        .as_ref()
        .map(|folder| run::Trace { folder: folder.clone(), limit: args.trace_limit });
    let names = plan.names.clone();
    let report = run::run(&args.inputs, plan, trace.as_ref())?;
    let text = if args.json {
        let mut text = serde_json::to_string(&report).map_err(CliError::Json)?;
        text.push('\n');
        text
    } else {
        let fees = FeeTable { fees: report.fees(), names: &names };
        format!("{}\n{fees}", Table { report: &report, names: &names })
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
