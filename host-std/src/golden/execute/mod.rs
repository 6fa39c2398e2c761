//! Running a golden batch from its transactions, and comparing what the host did and what came of it.

mod garbage;
mod outcome;
mod watcher;

use super::compare::{bytes, lists, values};
use super::events::{all_in_golden, log};
use super::failure::{Failure, FailureKind, Pass, Place};
use super::format::{Batch, Op, Transaction as Row};
use super::host::World;
use super::load::{Code, Golden};
use super::value::Hex;
use super::{Figures, results};
use crate::batch::{
    BatchError, BatchExecutor, ExecutionResult, FinishedBatch, MemoryState, TransactionOutcome,
};
use crate::transaction::{PreparedTransaction, Transaction};
use core::convert::Infallible;
use core::fmt;
pub use outcome::{compare as compare_outcome, compare_with_result as compare_result};
use std::time::Instant;
use watcher::Watcher;

/// How the transactions of a golden are run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// As its host ran them, which is compared write by write and hook by hook.
    Recorded,
    /// Without any snapshot, and with signers that are known before; those that halt are left out.
    Unbroken,
    /// With a snapshot around each, and each twice: the first time is taken back. In between come transactions that are nonsense,
    /// and must leave no trace.
    Disturbed,
}

impl Way {
    /// All.
    pub const ALL: [Self; 3] = [Self::Recorded, Self::Unbroken, Self::Disturbed];
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Recorded => "executed as recorded",
            Self::Unbroken => "executed without snapshots, with known signers",
            Self::Disturbed => "executed with rollbacks and nonsense in between",
        })
    }
}

type Executor<'a> = BatchExecutor<MemoryState, Watcher<'a>>;

/// Runs a golden batch from its environment, its initial state and its transactions.
///
/// # Errors
/// At the first difference, or if the batch cannot be run at all.
pub fn execute(golden: &Golden, code: &Code, way: Way) -> Result<Figures, Box<Failure>> {
    let pass = Pass::Executed(way);
    let failed = |kind| Box::new(Failure { kind, pass, op: None, place: None });
    let begin = Instant::now();
    let mut run = Execution::new(&golden.batch, code, way).map_err(failed)?;
    match run.run() {
        Ok(()) => {
            let vm = run.executor.vm();
            Ok(Figures {
                instructions: vm.instructions(),
                transactions: golden.batch.transactions.len(),
                storage_accesses: vm.storage_log().len(),
                hooks: run.executor.observer().hooks,
                fast: begin.elapsed(),
                ..Figures::default()
            })
        }
        Err(kind) => {
            let place = Some(Place::of(run.executor.vm()));
            let op = run.executor.observer().op();
            Err(Box::new(Failure { kind, pass, op, place }))
        }
    }
}

struct Execution<'a> {
    batch: &'a Batch,
    code: &'a Code,
    way: Way,
    transactions: Vec<Transaction>,
    executor: Executor<'a>,
}

impl<'a> Execution<'a> {
    fn new(batch: &'a Batch, code: &'a Code, way: Way) -> Result<Self, FailureKind> {
        let executor = BatchExecutor::with_semantics(
            batch.semantics()?,
            batch.system_environment(code)?,
            batch.batch_environment(),
            batch.initial_state(code)?,
            Watcher::new(batch, way == Way::Recorded)?,
            |settings| {
                settings.record_storage_log = true;
                settings.record_refunds = true;
            },
        );
        let transactions = batch.all_transactions(code)?;
        let mut executor = executor.map_err(stopped)?;
        executor.count_circuits(way == Way::Recorded);
        Ok(Self { batch, code, way, transactions, executor })
    }

    fn run(&mut self) -> Result<(), FailureKind> {
        self.check()?;
        if self.way == Way::Recorded { self.run_as_recorded() } else { self.run_otherwise() }
    }

    /// What the watcher has found.
    fn check(&mut self) -> Result<(), FailureKind> {
        match self.executor.observer_mut().failure.take() {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// The watcher's findings come first: what went wrong there is why the machine could not go on.
    fn checked<T>(&mut self, done: Result<T, BatchError<Infallible>>) -> Result<T, FailureKind> {
        self.check()?;
        done.map_err(stopped)
    }

    /// Follows the marks in the host's script. Everything between them the executor does by itself.
    fn run_as_recorded(&mut self) -> Result<(), FailureKind> {
        let mut current: Option<(usize, Option<TransactionOutcome>)> = None;
        let mut finished = None;
        while let Some(op) = self.executor.observer_mut().next_op() {
            match op {
                Op::MakeSnapshot => {
                    let done = self.executor.make_snapshot();
                    self.checked(done)?;
                    continue;
                }
                Op::PopSnapshot => {
                    let done = self.executor.pop_snapshot();
                    self.checked(done)?;
                    continue;
                }
                Op::RollbackToSnapshot => {
                    let done = self.executor.rollback();
                    self.checked(done)?;
                    continue;
                }
                Op::StartNewL2Block => {
                    let done =
                        self.executor.next_block().and_then(|next| self.executor.begin_block(next));
                    self.checked(done)?;
                    continue;
                }
                Op::TxBegin { arg } => current = Some((arg.0, None)),
                Op::TxEnd { arg } => {
                    let Some((index, Some(outcome))) = current.take() else {
                        return Err(FailureKind::Transactions(arg.0));
                    };
                    if index != arg.0 {
                        return Err(FailureKind::Transactions(arg.0));
                    }
                    self.compare_outcome(index, &outcome)?;
                }
                Op::FinishBatch => {
                    self.executor.observer_mut().pass();
                    finished = Some(self.finish()?);
                    continue;
                }
                _ => {
                    let Some((index, None)) = &current else {
                        return Err(FailureKind::Unexpected);
                    };
                    let index = *index;
                    current = Some((index, Some(self.push_and_run(index)?)));
                    continue;
                }
            }
            self.executor.observer_mut().pass();
        }
        self.compare_end(finished.as_ref(), true)
    }

    fn push_and_run(&mut self, index: usize) -> Result<TransactionOutcome, FailureKind> {
        let transaction =
            self.transactions.get(index).ok_or(FailureKind::Transactions(index))?.clone();
        let done = match self.way {
            // As in a node that has computed before what follows from a transaction.
            Way::Unbroken => self.executor.push_prepared(&PreparedTransaction::new(transaction)),
            _ => self.executor.push_transaction(&transaction),
        };
        self.checked(done)?;
        let done = self.executor.run_transaction();
        self.checked(done)
    }

    fn finish(&mut self) -> Result<FinishedBatch, FailureKind> {
        let format = self.batch.pubdata_format()?;
        let done = self.executor.finish(&format);
        self.checked(done)
    }

    /// Runs the transactions in another way. Where blocks begin is in the script.
    fn run_otherwise(&mut self) -> Result<(), FailureKind> {
        let (mut nonsense, mut finished) = (garbage::Garbage::new(self.batch), None);
        for op in &self.batch.host_script {
            match op {
                Op::StartNewL2Block => {
                    let done =
                        self.executor.next_block().and_then(|next| self.executor.begin_block(next));
                    self.checked(done)?;
                }
                Op::TxBegin { arg } => {
                    let row = self.row(arg.0)?;
                    // What halts can be left out of a batch; a single call or estimate has nothing else.
                    let is_batch = self.batch.results.block_tip.is_some();
                    let halts = is_batch && row.outcome.result.is_halt();
                    let outcome = match self.way {
                        Way::Disturbed => self.run_disturbed(arg.0, &mut nonsense)?,
                        _ if halts => continue,
                        _ => self.push_and_run(arg.0)?,
                    };
                    self.compare_outcome(arg.0, &outcome)?;
                }
                Op::FinishBatch => finished = Some(self.finish()?),
                _ => {}
            }
        }
        self.compare_end(finished.as_ref(), false)
    }

    fn run_disturbed(
        &mut self,
        index: usize,
        nonsense: &mut garbage::Garbage,
    ) -> Result<TransactionOutcome, FailureKind> {
        let transaction =
            self.transactions.get(index).ok_or(FailureKind::Transactions(index))?.clone();
        if self.batch.results.block_tip.is_none() {
            // A single call or estimate ends with its only transaction.
            return self.push_and_run(index);
        }
        for garbage in nonsense.beside(&transaction) {
            let done = self.executor.execute(&garbage);
            let outcome = self.checked(done)?;
            if !matches!(outcome.outcome.result, ExecutionResult::Halt(_)) {
                return Err(FailureKind::GarbageAccepted(index));
            }
        }
        let done = self.executor.make_snapshot();
        self.checked(done)?;
        let first = self.push_and_run(index)?;
        let done = self.executor.rollback();
        self.checked(done)?;
        self.compare_outcome(index, &first)?;
        let done = self.executor.execute(&transaction);
        self.checked(done)
    }

    fn row(&self, index: usize) -> Result<&'a Row, FailureKind> {
        self.batch.transactions.get(index).ok_or(FailureKind::Transactions(index))
    }

    fn compare_outcome(
        &self,
        index: usize,
        actual: &TransactionOutcome,
    ) -> Result<(), FailureKind> {
        let row = self.row(index)?;
        let what = format!("transactions[{index}]");
        let instructions = actual.outcome.instructions;
        values(|| format!("{what}.instructions"), &row.instructions, &instructions)?;
        values(|| format!("{what}.legacy_cycles"), &row.legacy_cycles, &instructions)?;
        // A single call or estimate runs another form of the transaction than the one with this hash, and of what halts nobody
        // knows a hash.
        if self.batch.results.block_tip.is_some() && !row.outcome.result.is_halt() {
            values(|| format!("{what}.hash"), &row.hash.0, &actual.hash)?;
        }
        Ok(outcome::compare(&format!("{what}.outcome"), &row.outcome, &actual.outcome)?)
    }

    fn compare_end(
        &mut self,
        finished: Option<&FinishedBatch>,
        as_recorded: bool,
    ) -> Result<(), FailureKind> {
        let results = &self.batch.results;
        values(|| "batch.block_tip".to_owned(), &results.block_tip.is_some(), &finished.is_some())?;
        if let (Some(expected), Some(finished)) = (&results.block_tip, finished) {
            outcome::compare("batch.block_tip", expected, &finished.tip)?;
            let what = || "batch.block_tip_instructions".to_owned();
            values(what, &results.block_tip_instructions, &finished.tip.instructions)?;
            self.compare_finished(finished)?;
        }
        self.compare_signals()?;
        let vm = self.executor.vm();
        let total = if as_recorded { vm.instructions() } else { results.total_instructions };
        let world = World::new(self.batch, self.code);
        results::compare(self.batch, &world, vm, None, total)
    }

    /// What the batch has used, without what was taken back.
    fn compare_signals(&self) -> Result<(), FailureKind> {
        let results = &self.batch.results;
        let is_batch = results.block_tip.is_some();
        let stayed = self.batch.transactions.iter();
        let stayed = stayed.filter(|row| !(is_batch && row.outcome.result.is_halt()));
        let instructions: u64 = stayed.map(|row| row.instructions).sum();
        let circuits = self.executor.signals().circuits;
        let what = || "the cycles of the main VM in the batch".to_owned();
        let expected = instructions + results.block_tip_instructions;
        values(what, &expected, &circuits.at_most.main_vm)?;
        let exact = circuits.exact.map(|exact| exact.main_vm);
        let what = || "the exact cycles of the main VM in the batch".to_owned();
        Ok(values(what, &(self.way == Way::Recorded).then_some(expected), &exact)?)
    }

    fn compare_finished(&self, finished: &FinishedBatch) -> Result<(), FailureKind> {
        let results = &self.batch.results;
        if let Some(pubdata) = &results.pubdata {
            bytes("batch.pubdata", &pubdata.0, &finished.pubdata)?;
        }
        let memory = finished.bootloader_memory.iter();
        let memory: Vec<_> = memory.map(|&(index, word)| (index, Hex(word))).collect();
        // Their order is that of the host's books.
        let mut expected = results.operator_bootloader_memory.clone();
        expected.sort_by_key(|(index, _)| *index);
        lists("batch.operator_bootloader_memory", &expected, &memory)?;
        let diffs = finished.state_diffs.as_slice().iter().map(outcome::state_diff);
        lists("batch.state_diffs", &results.state_diffs, &diffs.collect::<Vec<_>>())?;
        let changes = finished.storage_changes.iter();
        let changes = changes.map(|it| (Hex(it.address), Hex(it.key), Hex(it.after)));
        let (what, expected) =
            ("batch.deduplicated_storage_changes", &results.deduplicated_storage_changes);
        lists(what, expected, &changes.collect::<Vec<_>>())?;
        let events = all_in_golden(&finished.events);
        super::compare::events("batch.events", &results.events, &events)?;
        let logs = |logs: &[_]| logs.iter().map(log).collect::<Vec<_>>();
        let (user, system) = (logs(&finished.user_logs), logs(&finished.system_logs));
        super::compare::logs("batch.user_l2_to_l1_logs", &results.user_l2_to_l1_logs, &user)?;
        Ok(super::compare::logs("batch.system_logs", &results.system_logs, &system)?)
    }
}

fn stopped(error: BatchError<Infallible>) -> FailureKind {
    FailureKind::Batch(Box::new(error))
}
