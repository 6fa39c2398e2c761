//! Running the embedded system's bootloader.

use super::super::blocks::Blocks;
use super::super::error::BatchError;
use super::super::hook::Hook;
use super::super::layout::MAX_TRANSACTIONS;
use super::super::observer::{GasNote, Observer};
use super::super::outcome::Heard;
use super::super::result::{ExecutionResult, Halt, RevertReason};
use super::super::state::BatchState;
use super::super::tracer::{HostTracer, NativeDeed};
use super::attendance::Run;
use super::running::Until;
use super::{BatchExecutor, ExecutionMode};
use crate::batch::BatchEnvironment;
use crate::embedded::Natives;
use crate::embedded::bootloader::{
    BlockDescription, Bootloader, Interrupt, Operator, Progress, Purpose, RefundQuestion,
    Submission,
};
use crate::embedded::failure::Caught;
use crate::embedded::world::{Catching, NativeWatcher, World};
use crate::fees::{overhead_gas, trusted_gas};
use crate::pubdata::{CompressedBytecode, PubdataFormat, PubdataInput};
use crate::transaction::{Transaction, TransactionHash};
use eravm_core::semantics::FatPointer;
use eravm_core::{Ending, Exit, Limits, NativeData, RunError, Verdict, Vm, Word};
use std::cell::RefCell;

/// The embedded system in the course of a batch.
#[derive(Debug)]
pub(super) struct Embedded {
    pub(super) natives: Natives,
    pub(super) progress: Progress,
    purpose: Purpose,
}

impl Embedded {
    pub(super) fn new(purpose: Purpose) -> Self {
        Self { natives: Natives::new(), progress: Progress::new(), purpose }
    }
}

/// What the host's part in a run needs.
struct Host<'a, T, O> {
    run: &'a mut Run,
    tracer: &'a Shared<'a, T>,
    observer: &'a mut O,
    batch: &'a BatchEnvironment,
    /// Whether the run is over where the transaction is valid.
    only_validates: bool,
}

/// A tracer that both the machine and its native contracts show what they do, in turns.
struct Shared<'a, T>(RefCell<&'a mut T>);

impl<T: HostTracer> NativeWatcher for Shared<'_, T> {
    fn native(&self, deed: &NativeDeed, vm: &Vm) {
        self.0.borrow_mut().native(deed, vm);
    }
}

impl<T: HostTracer, O: Observer> Operator for Host<'_, T, O> {
    fn run(&mut self, vm: &mut Vm, mut world: &mut dyn World) -> Result<Exit, RunError<Caught>> {
        vm.run_traced(&mut world, &mut **self.tracer.0.borrow_mut(), Limits::default())
    }

    fn hook(&mut self, hook: Hook, vm: &mut Vm) -> Result<(), Interrupt> {
        self.announce(hook, vm)?;
        let limits = match hook {
            Hook::AccountValidationEntered => true,
            Hook::PaymasterValidationEntered => self.tracer.0.borrow().limits_paymaster(),
            Hook::ValidationStepEnded if self.only_validates => return Err(Interrupt::Enough),
            _ => false,
        };
        if limits && let Some(ergs) = self.run.limit(vm.ergs()) {
            vm.set_ergs(ergs);
        }
        if hook == Hook::ValidationExited
            && let Some(ergs) = self.run.unlimit(vm.ergs())
        {
            vm.set_ergs(ergs);
        }
        Ok(())
    }

    fn post_result(&mut self, vm: &Vm, succeeded: bool, data: FatPointer) -> Result<(), Interrupt> {
        self.run.posted = Some(ExecutionResult::posted(succeeded, vm.read_pointer(data)));
        self.announce(Hook::PostResult, vm)
    }

    fn refund(&mut self, vm: &Vm, question: &RefundQuestion) -> Result<u64, Interrupt> {
        self.announce(Hook::AskOperatorForRefund, vm)?;
        let RefundQuestion { proposed, spent_on_pubdata, gas_per_pubdata, .. } = *question;
        self.gas(GasNote::RefundAsked { proposed, spent_on_pubdata, gas_per_pubdata });
        Ok(self.run.operator_refund(self.batch, vm.pubdata(), question))
    }

    fn gas(&mut self, note: GasNote) {
        self.observer.gas(note);
    }

    fn refunded(&mut self, vm: &Vm, gas: u64) -> Result<(), Interrupt> {
        self.run.heard.refunded = gas;
        self.announce(Hook::NotifyAboutRefund, vm)
    }
}

impl<T: HostTracer, O> Host<'_, T, O> {
    /// Tells the tracer what the host does.
    fn announce(&mut self, hook: Hook, vm: &Vm) -> Result<(), Interrupt> {
        match self.tracer.0.borrow_mut().hook(hook, vm) {
            Verdict::Pause => Err(Interrupt::Tracer),
            Verdict::Continue => Ok(()),
        }
    }
}

/// The block that the next transaction is in, or the last one.
fn described(blocks: &Blocks) -> Option<BlockDescription> {
    let block = blocks.last()?;
    Some(BlockDescription::new(&block.environment, block.transactions == 0))
}

impl<S: BatchState, O: Observer> BatchExecutor<S, O> {
    /// What the bootloader gets of a transaction.
    pub(super) fn submission(
        &self,
        transaction: &Transaction,
        hashes: [TransactionHash; 2],
        encoded: &[Word],
        compressed: Vec<CompressedBytecode>,
    ) -> Result<Submission, BatchError<S::Fault>> {
        let index = u32::try_from(self.pushed.len()).unwrap_or(u32::MAX);
        match described(&self.blocks) {
            Some(block) if index < MAX_TRANSACTIONS => Ok(Submission {
                transaction: transaction.clone(),
                hashes: hashes.map(|hash| hash.to_word()),
                encoded: Submission::tuple(encoded),
                compressed,
                block,
                overhead: overhead_gas(encoded.len()),
                trusted_gas: trusted_gas(&transaction.gas_limit()).0[0],
                is_call: self.system.mode == ExecutionMode::EthCall,
            }),
            _ => Err(BatchError::TooManyTransactions(index)),
        }
    }

    /// Runs a transaction, or the end of the batch.
    pub(super) fn run_embedded<T: HostTracer>(
        &mut self,
        until: Until<'_>,
        tracer: &mut T,
        mut run: Run,
    ) -> Result<(Heard, Option<PubdataInput>), BatchError<S::Fault>> {
        let done = match until {
            Until::BatchEnds(format) => self.end_embedded(format, tracer, &mut run)?,
            Until::TransactionEnds | Until::IsValid => {
                let index = self.run.saturating_sub(1);
                let submission = self.pushed.get_mut(index).and_then(|it| it.submission.take());
                let submission = submission.ok_or(BatchError::NothingToRun)?;
                self.with_bootloader(tracer, &mut run, matches!(until, Until::IsValid), |it| {
                    it.process(&submission)
                })?
            }
        };
        run.heard.result = match done {
            Ok(()) if matches!(until, Until::BatchEnds(_)) => {
                self.end_frame(&mut run, Ending::Returns, &[])
            }
            // Nothing is posted where there was no gas to begin with.
            Ok(()) => {
                run.posted.take().unwrap_or(ExecutionResult::Revert(RevertReason::Unreported))
            }
            Err(Interrupt::Enough) => ExecutionResult::Success { output: Vec::new() },
            Err(Interrupt::Tracer) => self.stopped_by_tracer(&mut run),
            Err(Interrupt::Reverts(output)) => self.end_frame(&mut run, Ending::Reverts, &output),
            Err(Interrupt::Returns(output)) => self.end_frame(&mut run, Ending::Returns, &output),
            Err(Interrupt::Panics | Interrupt::NearPanics) => {
                self.end_frame(&mut run, Ending::Panics, &[])
            }
            Err(Interrupt::Machine(RunError::Stopped(stop))) => {
                return Err(BatchError::Stopped(stop));
            }
            Err(Interrupt::Machine(RunError::Host(Caught))) => {
                return Err(BatchError::UnexpectedExit(Exit::Native));
            }
        };
        Ok((run.heard, run.published))
    }

    /// Ends the bootloader's frame.
    fn end_frame(&mut self, run: &mut Run, ending: Ending, output: &[u8]) -> ExecutionResult {
        run.heard.ended = true;
        match self.vm.native_end(ending, NativeData::Bytes(output)) {
            Some(exit) => self.ended(exit),
            None => ExecutionResult::Halt(Halt::Panic),
        }
    }

    fn end_embedded<T: HostTracer>(
        &mut self,
        format: &PubdataFormat,
        tracer: &mut T,
        run: &mut Run,
    ) -> Result<Result<(), Interrupt>, BatchError<S::Fault>> {
        let paid = self.with_bootloader(tracer, run, false, |it| it.pay_operator())?;
        if paid.is_err() {
            return Ok(paid);
        }
        self.blocks.end_with_empty()?;
        let Some(block) = described(&self.blocks) else { return Ok(Err(Interrupt::Panics)) };
        let closed = self.with_bootloader(tracer, run, false, |it| it.close(&block))?;
        if closed.is_err() {
            return Ok(closed);
        }
        let input = self.pubdata_input()?;
        let calldata = format.publishing_call(&input)?;
        run.published = Some(input);
        self.with_bootloader(tracer, run, false, |it| it.publish(calldata))
    }

    /// Lets the bootloader do something.
    fn with_bootloader<T: HostTracer>(
        &mut self,
        tracer: &mut T,
        run: &mut Run,
        only_validates: bool,
        work: impl FnOnce(&mut Bootloader<'_>) -> Result<(), Interrupt>,
    ) -> Result<Result<(), Interrupt>, BatchError<S::Fault>> {
        let Self { vm, world, batch, embedded, observer, .. } = self;
        let Some(Embedded { natives, progress, purpose }) = embedded else {
            return Err(BatchError::UnexpectedExit(Exit::Native));
        };
        let tracer = Shared(RefCell::new(tracer));
        let watcher: Option<&dyn NativeWatcher> =
            if tracer.0.borrow().watches_natives() { Some(&tracer) } else { None };
        let mut operator = Host { run, tracer: &tracer, observer, batch, only_validates };
        let mut caught = Catching::new(world, &mut natives.store).watched(watcher);
        let done = work(&mut Bootloader {
            vm,
            world: &mut caught,
            waiting: &mut natives.waiting,
            operator: &mut operator,
            batch,
            purpose: *purpose,
            progress,
            returned: FatPointer::EMPTY,
        });
        match caught.into_fault() {
            Some(fault) => Err(BatchError::State(fault)),
            None => Ok(done),
        }
    }
}
