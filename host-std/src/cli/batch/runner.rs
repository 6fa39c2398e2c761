//! Running what a batch file plans.

use super::progress::Progress;
use super::report::{BatchReport, FatalError, Figures, FinishedReport};
use crate::batch::{BatchError, BatchExecutor, ExecutionResult, MemoryState, TransactionOutcome};
use crate::batch_file::{BatchFileError, BatchPlan, PlannedBlock, next_nonce};
use crate::cli::complain;
use crate::system_contracts::nonce_slot;
use crate::trace::TraceWriter;
use crate::transaction::Transaction;
use core::convert::Infallible;
use eravm_core::{Address, Word};
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

/// Where traces go.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    pub(super) folder: PathBuf,
    /// Lines of a transaction.
    pub(super) limit: u64,
}

/// Why there is no report.
#[derive(Debug)]
pub(super) enum RunnerError {
    File(BatchFileError),
    Trace { path: String, error: io::Error },
}

/// Why a batch does not go on.
enum End {
    Fatal(FatalError),
    Runner(RunnerError),
}

impl From<RunnerError> for End {
    fn from(error: RunnerError) -> Self {
        Self::Runner(error)
    }
}

type Executor = BatchExecutor<MemoryState>;

fn fatal(place: Option<&str>, error: &BatchError<Infallible>) -> End {
    let place = place.map(str::to_owned);
    End::Fatal(FatalError { place, message: error.to_string() })
}

/// Runs a batch. A batch that cannot be finished gives a report, too.
pub(super) fn run(plan: BatchPlan, trace: Option<&Trace>) -> Result<BatchReport, RunnerError> {
    if let Some(trace) = trace {
        let path = || trace.folder.to_string_lossy().into_owned();
        fs::create_dir_all(&trace.folder)
            .map_err(|error| RunnerError::Trace { path: path(), error })?;
    }
    let mut report = BatchReport::new(&plan.system, &plan.batch);
    match run_plan(plan, trace, &mut report) {
        Ok(()) => {}
        Err(End::Fatal(error)) => report.error = Some(error),
        Err(End::Runner(error)) => return Err(error),
    }
    Ok(report)
}

fn run_plan(plan: BatchPlan, trace: Option<&Trace>, report: &mut BatchReport) -> Result<(), End> {
    let BatchPlan { system, batch, state, pubdata, blocks, .. } = plan;
    let count = blocks.iter().map(|block| block.transactions.len()).sum();
    let mut progress = Progress::new(count);
    let mut runner = Runner {
        block: batch.first_block.number,
        executor: Executor::new(system, batch, state).map_err(|error| fatal(None, &error))?,
        blocks: 1,
        in_block: 0,
    };
    let ergs = runner.executor.signals().ergs;
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            runner.begin_block(index, block)?;
        }
        for planned in &block.transactions {
            let nonce = runner.nonce(&planned.sender());
            let transaction = planned.transaction(nonce).map_err(RunnerError::File)?;
            let trace = trace.map(|trace| (trace, report.transactions.len()));
            let done = runner.execute(&transaction, &planned.place, trace)?;
            report.add(&planned.place, runner.block, &transaction, &done);
            progress.advance();
        }
    }
    progress.finishing();
    let finished = runner.executor.finish(&pubdata).map_err(|error| fatal(None, &error))?;
    let end = match &finished.tip.result {
        ExecutionResult::Success { .. } => None,
        ExecutionResult::Revert(reason) => Some(reason.to_string()),
        ExecutionResult::Halt(halt) => Some(halt.to_string()),
    };
    if let Some(message) = end {
        return Err(End::Fatal(FatalError { place: None, message }));
    }
    let signals = runner.executor.signals();
    let figures = Figures {
        instructions: signals.instructions,
        ergs: ergs.saturating_sub(signals.ergs),
        blocks: runner.blocks,
    };
    report.batch = Some(FinishedReport::new(&finished, figures));
    Ok(())
}

struct Runner {
    executor: Executor,
    /// Number of the last block.
    block: u32,
    /// Blocks so far.
    blocks: u32,
    /// Transactions in the last one.
    in_block: u32,
}

impl Runner {
    /// The nonce of the next transaction of an account.
    fn nonce(&self, account: &Address) -> Word {
        let (address, key) = nonce_slot(account);
        let value = self.executor.vm().storage_value(&address, &key);
        next_nonce(value.unwrap_or_else(|| self.executor.state().value(&address, &key)))
    }

    fn begin_block(&mut self, index: usize, planned: &PlannedBlock) -> Result<(), End> {
        let place = format!("blocks[{index}]");
        // The protocol has no empty blocks but the last one. All transactions of the block before have halted.
        if self.in_block == 0 {
            let message = format!(
                "block {} has no transactions yet: those of {place} go into it",
                self.block
            );
            complain("warning", &message);
            return Ok(());
        }
        let mut next = self.executor.next_block().map_err(|error| fatal(Some(&place), &error))?;
        next.timestamp = planned.timestamp.unwrap_or(next.timestamp);
        next.interop_roots.clone_from(&planned.interop_roots);
        self.block = next.number;
        self.executor.begin_block(next).map_err(|error| fatal(Some(&place), &error))?;
        (self.blocks, self.in_block) = (self.blocks.saturating_add(1), 0);
        Ok(())
    }

    /// Runs a transaction, with a trace to the file with its number.
    fn execute(
        &mut self,
        transaction: &Transaction,
        place: &str,
        trace: Option<(&Trace, usize)>,
    ) -> Result<TransactionOutcome, End> {
        let done = match trace {
            None => self.executor.execute(transaction),
            Some((trace, index)) => {
                let path = trace.folder.join(format!("transaction_{index:05}.txt"));
                let failed = |error| {
                    let path = path.to_string_lossy().into_owned();
                    RunnerError::Trace { path, error }
                };
                let mut writer =
                    TraceWriter::new(File::create(&path).map_err(failed)?, trace.limit);
                let done = self.executor.execute_traced(transaction, &mut writer);
                // An error of the file comes first: the run was paused because of it.
                if writer.finish().map_err(failed)? {
                    let (path, limit) = (path.display(), trace.limit);
                    let message = format!("{path} was cut after {limit} lines; see --trace-limit");
                    complain("warning", &message);
                }
                done
            }
        };
        let done = done.map_err(|error| fatal(Some(place), &error))?;
        if !matches!(done.outcome.result, ExecutionResult::Halt(_)) {
            self.in_block = self.in_block.saturating_add(1);
        }
        Ok(done)
    }
}
