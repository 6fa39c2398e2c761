//! `eravm trace`: what transactions of a batch call, or which state they touch.

mod limits;
mod output;
mod traced;

use super::error::CliError;
use super::inputs::Inputs;
use super::walk::{End, Turn, Walk};
use super::{FAILED, SUCCESS, complain};
use crate::batch_file::BatchPlan;
use crate::system_contracts::Flavour;
use clap::{Args, ValueEnum};
use core::ops::ControlFlow;
use eravm_core::NoTracer;
use limits::Limits;
use output::Output;

/// Arguments of `eravm trace`.
#[derive(Debug, Args)]
#[command(after_help = "\
The transactions before the one that is traced are run as `eravm batch` runs them. One that halts, so that it is not part of
the batch, is traced up to there.

Exit status: 0 there is a trace, whatever became of the transaction; 1 the batch could not be run so far; 2 the command line or
an input is wrong.")]
pub(super) struct TraceArgs {
    #[command(flatten)]
    inputs: Inputs,
    /// Which transaction of the file, from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    tx: usize,
    /// Trace all transactions
    #[arg(long, conflicts_with = "tx")]
    all: bool,
    /// What is shown
    #[arg(long, value_enum, default_value_t = Tracer::Call)]
    tracer: Tracer,
    /// Print JSON instead of text: as `debug_traceTransaction` gives it, or with --all as `debug_traceBlock` does
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    limits: Limits,
}

/// What a trace shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Tracer {
    /// The tree of far calls
    Call,
    /// Accounts and slots that are touched, as they were before
    Prestate,
    /// Accounts and slots that are changed, before and after
    Diff,
    /// The opcodes of EVM code, since protocol version 28
    Evm,
}

/// Traces transactions.
pub(super) fn run(args: &TraceArgs) -> Result<u8, CliError> {
    args.limits.check(args.tracer)?;
    let plan = args.inputs.plan(Flavour::ProvedBatch)?;
    if !args.all && plan.transactions().nth(args.tx).is_none() {
        return Err(args.inputs.no_transaction(args.tx, &plan));
    }
    let mut output = Output::new(args.json, args.all);
    let end = trace(args, plan, &mut output);
    if let Err(End::Error(error)) = end {
        return Err(error);
    }
    // What was traced before the batch could not go on is shown.
    output.finish()?;
    match end {
        Err(End::Fatal(error)) => {
            complain("error", &error);
            Ok(FAILED)
        }
        _ => Ok(SUCCESS),
    }
}

fn trace(args: &TraceArgs, plan: BatchPlan, output: &mut Output) -> Result<(), End> {
    let BatchPlan { system, batch, state, blocks, .. } = plan;
    let mut walk = Walk::new(&args.inputs, system, batch, state)?;
    walk.visit(&blocks, |walk, turn| {
        if !args.all && turn.index < args.tx {
            walk.run(turn, &mut NoTracer)?;
            return Ok(ControlFlow::Continue(()));
        }
        show(args, walk, turn, output)?;
        Ok(if args.all { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })
}

/// Traces a transaction and shows the trace.
fn show(
    args: &TraceArgs,
    walk: &mut Walk<'_>,
    turn: Turn<'_>,
    output: &mut Output,
) -> Result<(), End> {
    let (done, traced) = traced::trace(args.tracer, &args.limits, walk, turn)?;
    if let Some(omitted) = traced.omitted_touches() {
        let message = format!(
            "transaction {}: {omitted} touches were not kept; see --max-slots and --max-accounts",
            turn.index
        );
        complain("warning", &message);
    }
    Ok(output.write(turn.index, &done, &traced)?)
}
