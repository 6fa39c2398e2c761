//! Running transactions, and the end of a batch.

use super::super::circuits::RamCounter;
use super::super::error::BatchError;
use super::super::hook::Hook;
use super::super::observer::Observer;
use super::super::outcome::{FinishedBatch, Heard, Outcome, Start, TransactionOutcome};
use super::super::result::{ExecutionResult, Halt};
use super::super::state::BatchState;
use super::super::tracer::HostTracer;
use super::BatchExecutor;
use super::attendance::Run;
use crate::events::group;
use crate::pubdata::{L2ToL1Log, PubdataFormat, PubdataInput, published_blobs, user_logs};
use crate::transaction::{PreparedTransaction, Transaction};
use eravm_core::{Exit, Limits, NoTracer, Verdict, Word};

/// How far the machine runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until<'a> {
    /// To the end of the current transaction.
    TransactionEnds,
    /// To where the current transaction is valid, or not.
    IsValid,
    /// To the end of the batch, whose pubdata has this form.
    BatchEnds(&'a PubdataFormat),
}

impl<S: BatchState, O: Observer> BatchExecutor<S, O> {
    /// Runs the next transaction that was pushed.
    ///
    /// If it [halts](ExecutionResult::Halt), nothing can be done with the batch any more but to go back to a snapshot.
    ///
    /// # Errors
    /// If there is none, or the machine cannot go on. Then, too, a snapshot can be gone back to.
    pub fn run_transaction(&mut self) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        self.run_next(Until::TransactionEnds, &mut NoTracer)
    }

    /// Runs the next transaction that was pushed and shows every instruction to a tracer.
    ///
    /// # Errors
    /// As [`run_transaction`](Self::run_transaction). A pause that the tracer asks for is no error but a [halt](Halt::Tracer).
    pub fn trace_transaction<T: HostTracer>(
        &mut self,
        tracer: &mut T,
    ) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        self.run_next(Until::TransactionEnds, tracer)
    }

    /// Runs the next transaction that was pushed only so far as to know whether it is valid.
    ///
    /// # Errors
    /// As [`trace_transaction`](Self::trace_transaction).
    pub fn validate_transaction<T: HostTracer>(
        &mut self,
        tracer: &mut T,
    ) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        self.run_next(Until::IsValid, tracer)
    }

    fn run_next<T: HostTracer>(
        &mut self,
        until: Until<'_>,
        tracer: &mut T,
    ) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        if self.vm.ended().is_some() {
            return Err(BatchError::Ended);
        }
        let hash = self.pushed.get(self.run).ok_or(BatchError::NothingToRun)?.hash;
        self.run += 1;
        let start = Start::of(&self.vm);
        let (heard, _) = self.run_counted(until, tracer)?;
        let mut outcome = start.outcome(&self.vm, heard, false);
        self.circuits = self.circuits.plus(&outcome.circuits);
        self.add_evm_code(&mut outcome);
        let code_is_known = self.code_is_known()?;
        Ok(TransactionOutcome { hash, outcome, code_is_known })
    }

    fn add_evm_code(&self, outcome: &mut Outcome) {
        for hash in published_blobs(&outcome.events) {
            if let Some(code) = self.world.evm_code(&hash) {
                outcome.evm_code.insert(hash, code.to_vec());
            } else if let Some(embedded) = &self.embedded
                && let Some(code) = embedded.natives.store.published(&hash)
            {
                let words = code.words().iter().flat_map(Word::to_be_bytes);
                outcome.evm_code.insert(hash, words.collect());
            }
        }
    }

    /// Whether all code is known that came with the transaction that was run last.
    fn code_is_known(&mut self) -> Result<bool, BatchError<S::Fault>> {
        let Some(pushed) = self.run.checked_sub(1).and_then(|last| self.pushed.get(last)) else {
            return Ok(true);
        };
        for hash in pushed.factory_deps.clone() {
            if !self.is_known(&hash)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Pushes and runs a transaction. If it halts, or cannot be run, nothing of it is left in the batch.
    ///
    /// # Errors
    /// If there is no room for it, or the machine cannot go on.
    pub fn execute(
        &mut self,
        transaction: &Transaction,
    ) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        self.execute_traced(transaction, &mut NoTracer)
    }

    /// Does the same and shows every instruction to a tracer.
    ///
    /// # Errors
    /// As [`execute`](Self::execute) and [`trace_transaction`](Self::trace_transaction).
    pub fn execute_traced<T: HostTracer>(
        &mut self,
        transaction: &Transaction,
        tracer: &mut T,
    ) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        self.execute_pushed(|executor| executor.push_transaction(transaction), tracer)
    }

    /// Pushes and runs a transaction, as [`execute`](Self::execute), without computing what is known of it.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub fn execute_prepared(
        &mut self,
        transaction: &PreparedTransaction,
    ) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        self.execute_pushed(|executor| executor.push_prepared(transaction), &mut NoTracer)
    }

    fn execute_pushed<T: HostTracer>(
        &mut self,
        push: impl FnOnce(&mut Self) -> Result<(), BatchError<S::Fault>>,
        tracer: &mut T,
    ) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        self.make_snapshot()?;
        let outcome = push(self).and_then(|()| self.trace_transaction(tracer));
        match &outcome {
            Ok(done) if !matches!(done.outcome.result, ExecutionResult::Halt(_)) => {
                self.pop_snapshot()?;
            }
            _ => self.rollback()?,
        }
        outcome
    }

    /// Ends the batch: the operator gets the fees, the last block is set, and everything is published.
    ///
    /// # Errors
    /// If a transaction was pushed and not run, pubdata cannot have this form, or the machine cannot go on.
    pub fn finish(
        &mut self,
        format: &PubdataFormat,
    ) -> Result<FinishedBatch, BatchError<S::Fault>> {
        self.trace_finish(format, &mut NoTracer)
    }

    /// Ends the batch as [`finish`](Self::finish) does, and shows every instruction to a tracer.
    ///
    /// # Errors
    /// As [`finish`](Self::finish); a pause that the tracer asks for is a [halt](Halt::Tracer).
    pub fn trace_finish<T: HostTracer>(
        &mut self,
        format: &PubdataFormat,
        tracer: &mut T,
    ) -> Result<FinishedBatch, BatchError<S::Fault>> {
        if self.vm.ended().is_some() {
            return Err(BatchError::Ended);
        }
        let waiting = self.pushed.len().saturating_sub(self.run);
        if waiting > 0 {
            return Err(BatchError::NotRun(u32::try_from(waiting).unwrap_or(u32::MAX)));
        }
        let start = Start::of(&self.vm);
        let (heard, published) = self.run_counted(Until::BatchEnds(format), tracer)?;
        let mut tip = start.outcome(&self.vm, heard, true);
        self.circuits = self.circuits.plus(&tip.circuits);
        self.add_evm_code(&mut tip);
        let events = group(self.vm.events());
        let published = published.unwrap_or_default();
        Ok(FinishedBatch {
            tip,
            user_logs: user_logs(&events),
            events,
            system_logs: self.vm.l1_messages().iter().map(L2ToL1Log::of_system).collect(),
            storage_changes: self.vm.storage_changes(),
            used_code: self.vm.used_code(),
            bootloader_memory: self.memory.words().collect(),
            pubdata: format.settlement_pubdata(&published)?,
            state_diffs: published.state_diffs,
        })
    }

    /// Runs the machine as [`run_until`](Self::run_until) does, and counts accesses of memory if that was asked for.
    fn run_counted<T: HostTracer>(
        &mut self,
        until: Until<'_>,
        tracer: &mut T,
    ) -> Result<(Heard, Option<PubdataInput>), BatchError<S::Fault>> {
        if !self.counts_circuits {
            return self.run_until(until, tracer);
        }
        let mut counter = RamCounter::new(tracer);
        let (mut heard, published) = self.run_until(until, &mut counter)?;
        heard.ram_cycles = Some(counter.cycles());
        Ok((heard, published))
    }

    /// Runs the machine and does what the bootloader asks for.
    fn run_until<T: HostTracer>(
        &mut self,
        until: Until<'_>,
        tracer: &mut T,
    ) -> Result<(Heard, Option<PubdataInput>), BatchError<S::Fault>> {
        let mut run = Run {
            validation_ergs: self.system.validation_ergs,
            hidden: None,
            posted: None,
            pubdata: self.vm.pubdata(),
            published: None,
            heard: Heard {
                result: ExecutionResult::Success { output: Vec::new() },
                ended: false,
                operator_refund: 0,
                refunded: 0,
                pubdata: 0,
                ram_cycles: None,
            },
        };
        if self.embedded.is_some() {
            return self.run_embedded(until, tracer, run);
        }
        loop {
            match self.vm.run_traced(&mut self.world, tracer, Limits::default())? {
                Exit::Hook(number) => {
                    let hook = Hook::from_word(&number).ok_or(BatchError::UnknownHook(number))?;
                    self.observer.hook(hook, &self.vm);
                    if tracer.hook(hook, &self.vm) == Verdict::Pause {
                        run.heard.result = self.stopped_by_tracer(&mut run);
                        break;
                    }
                    if hook == Hook::PaymasterValidationEntered && tracer.limits_paymaster() {
                        self.limit_validation(&mut run)?;
                    }
                    if let Some(result) = self.attend(hook, until, &mut run)? {
                        run.heard.result = result;
                        break;
                    }
                }
                Exit::Called => self.world.note_call(&self.vm),
                exit @ (Exit::Returned(_) | Exit::Reverted(_) | Exit::Panicked) => {
                    run.heard.result = self.ended(exit);
                    run.heard.ended = true;
                    break;
                }
                Exit::Paused => {
                    run.heard.result = self.stopped_by_tracer(&mut run);
                    break;
                }
                exit @ (Exit::InstructionLimit | Exit::ErgsLimit | Exit::Native) => {
                    return Err(BatchError::UnexpectedExit(exit));
                }
            }
        }
        Ok((run.heard, run.published))
    }

    /// The machine stays where it is. Ergs that were hidden from an account are the bootloader's again.
    pub(super) fn stopped_by_tracer(&mut self, run: &mut Run) -> ExecutionResult {
        self.unlimit_validation(run);
        ExecutionResult::Halt(Halt::Tracer)
    }

    /// What the end of the bootloader's frame means.
    pub(super) fn ended(&mut self, exit: Exit) -> ExecutionResult {
        let output = match exit {
            Exit::Returned(pointer) | Exit::Reverted(pointer) => self.vm.read_pointer(pointer),
            _ => Vec::new(),
        };
        self.observer.ended(exit, &output, &self.vm);
        match exit {
            Exit::Returned(_) => ExecutionResult::Success { output },
            Exit::Reverted(_) => match Halt::of_output(&output) {
                Ok(halt) => ExecutionResult::Halt(halt),
                Err(reason) => ExecutionResult::Revert(reason),
            },
            _ if self.vm.ergs() == 0 => ExecutionResult::Halt(Halt::OutOfErgs),
            _ => ExecutionResult::Halt(Halt::Panic),
        }
    }
}
