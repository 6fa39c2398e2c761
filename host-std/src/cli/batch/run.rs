//! Running what a batch file plans, to the end.

use super::progress::Progress;
use super::report::{BatchReport, Figures};
use crate::batch::{ExecutionResult, TransactionOutcome};
use crate::batch_file::BatchPlan;
use crate::cli::complain;
use crate::cli::engine::JitReport;
use crate::cli::error::CliError;
use crate::cli::inputs::Inputs;
use crate::cli::walk::{End, FatalError, Turn, Walk, fatal};
use crate::trace::TraceWriter;
use core::ops::ControlFlow;
use eravm_core::NoTracer;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Where traces go.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    pub(super) folder: PathBuf,
    /// Lines of a transaction.
    pub(super) limit: u64,
}

/// Runs a batch. A batch that cannot be finished gives a report, too.
pub(super) fn run(
    inputs: &Inputs,
    plan: BatchPlan,
    trace: Option<&Trace>,
) -> Result<BatchReport, CliError> {
    if let Some(trace) = trace {
        fs::create_dir_all(&trace.folder).map_err(|error| CliError::write(&trace.folder, error))?;
    }
    let mut report = BatchReport::new(&plan.system, &plan.batch);
    match run_plan(inputs, plan, trace, &mut report) {
        Ok(()) => {}
        Err(End::Fatal(error)) => report.error = Some(error),
        Err(End::Error(error)) => return Err(error),
    }
    Ok(report)
}

fn run_plan(
    inputs: &Inputs,
    plan: BatchPlan,
    trace: Option<&Trace>,
    report: &mut BatchReport,
) -> Result<(), End> {
    let mut progress = Progress::new(plan.transactions().count());
    let BatchPlan { system, batch, state, pubdata, blocks, .. } = plan;
    let mut walk = Walk::new(inputs, system, batch, state)?;
    let ergs = walk.executor.signals().ergs;
    walk.visit(&blocks, |walk, turn| {
        let done = match trace {
            None => walk.run(turn, &mut NoTracer)?,
            Some(trace) => run_traced(walk, turn, trace)?,
        };
        report.add(turn.place, walk.block, turn.transaction, &done);
        progress.advance();
        Ok(ControlFlow::Continue(()))
    })?;
    progress.finishing();
    let engine = walk.executor.system().engine.clone();
    let finished = walk.executor.finish(&pubdata).map_err(|error| fatal(None, &error))?;
    report.jit = JitReport::of(&engine, walk.executor.compiled_stats());
    let end = match &finished.tip.result {
        ExecutionResult::Success { .. } => None,
        ExecutionResult::Revert(reason) => Some(reason.to_string()),
        ExecutionResult::Halt(halt) => Some(halt.to_string()),
    };
    if let Some(message) = end {
        return Err(End::Fatal(FatalError { place: None, message }));
    }
    let signals = walk.executor.signals();
    let figures = Figures {
        instructions: signals.instructions,
        ergs: ergs.saturating_sub(signals.ergs),
        blocks: walk.blocks,
    };
    report.finish(&finished, figures);
    Ok(())
}

/// Runs a transaction, with a trace to the file with its number.
fn run_traced(
    walk: &mut Walk<'_>,
    turn: Turn<'_>,
    trace: &Trace,
) -> Result<TransactionOutcome, End> {
    let path: &Path = &trace.folder.join(format!("transaction_{:05}.txt", turn.index));
    let failed = |error| CliError::write(path, error);
    let mut writer = TraceWriter::new(File::create(path).map_err(failed)?, trace.limit);
    let done = walk.run(turn, &mut writer);
    // An error of the file comes first: the run was paused because of it.
    if writer.finish().map_err(failed)? {
        let (path, limit) = (path.display(), trace.limit);
        let message = format!("{path} was cut after {limit} lines; see --trace-limit");
        complain("warning", &message);
    }
    done
}
