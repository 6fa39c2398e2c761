//! Doing what the bootloader asks for.

use super::super::environment::BatchEnvironment;
use super::super::error::BatchError;
use super::super::hook::Hook;
use super::super::observer::{Observer, WriteReason};
use super::super::outcome::Heard;
use super::super::result::ExecutionResult;
use super::super::result::RevertReason;
use super::super::state::BatchState;
use super::BatchExecutor;
use super::running::Until;
use crate::embedded::bootloader::RefundQuestion;
use crate::events::group;
use crate::fees::{RefundRequest, operator_refund};
use crate::pubdata::{PubdataFormat, PubdataInput, StateDiff, StateDiffs};
use crate::system_contracts::addresses::L1_MESSENGER;
use eravm_core::Word;
use eravm_core::semantics::FatPointer;

/// What is known in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// What is left of the ergs for validation.
    pub(super) validation_ergs: u32,
    pub(super) hidden: Option<Hidden>,
    pub(super) posted: Option<ExecutionResult>,
    /// The pubdata counter when the host was last asked for a refund, or at the beginning.
    pub(super) pubdata: i32,
    pub(super) published: Option<PubdataInput>,
    pub(super) heard: Heard,
}

/// Ergs that an account may use, and those that are kept from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hidden {
    given: u32,
    hidden: u32,
}

impl Run {
    /// Hides ergs from an account that it may not use, if it has so many and none are hidden: those that it may use.
    pub(super) fn limit(&mut self, ergs: u32) -> Option<u32> {
        if self.hidden.is_some() {
            return None;
        }
        let given = ergs.min(self.validation_ergs);
        self.hidden = Some(Hidden { given, hidden: ergs - given });
        Some(given)
    }

    /// Gives hidden ergs back: all that there are then.
    pub(super) fn unlimit(&mut self, ergs: u32) -> Option<u32> {
        let Hidden { given, hidden } = self.hidden.take()?;
        self.validation_ergs = self.validation_ergs.saturating_sub(given.saturating_sub(ergs));
        Some(ergs.saturating_add(hidden))
    }

    /// The refund that the operator proposes.
    pub(super) fn operator_refund(
        &mut self,
        batch: &BatchEnvironment,
        pubdata: i32,
        question: &RefundQuestion,
    ) -> u64 {
        // SPEC: the counter is signed, and the network takes it for unsigned before it subtracts.
        let (before, now) = (self.pubdata.cast_unsigned(), pubdata.cast_unsigned());
        self.heard.pubdata = now.saturating_sub(before);
        self.pubdata = pubdata;
        let request = RefundRequest {
            gas_limit: question.gas_limit,
            proposed: question.proposed,
            spent_on_pubdata: question.spent_on_pubdata,
            gas_per_pubdata: question.gas_per_pubdata,
            pubdata: self.heard.pubdata,
        };
        self.heard.operator_refund = operator_refund(batch, &request);
        self.heard.operator_refund
    }
}

impl<S: BatchState, O: Observer> BatchExecutor<S, O> {
    /// Does what the bootloader asks for. Some result if the run is over.
    pub(super) fn attend(
        &mut self,
        hook: Hook,
        until: Until<'_>,
        run: &mut Run,
    ) -> Result<Option<ExecutionResult>, BatchError<S::Fault>> {
        match hook {
            Hook::AccountValidationEntered => self.limit_validation(run)?,
            Hook::ValidationExited => self.unlimit_validation(run),
            Hook::ValidationStepEnded if matches!(until, Until::IsValid) => {
                return Ok(Some(ExecutionResult::Success { output: Vec::new() }));
            }
            Hook::TxHasEnded if !matches!(until, Until::BatchEnds(_)) => {
                return Ok(Some(run.posted.take().unwrap_or_else(|| self.unposted_result())));
            }
            Hook::AskOperatorForRefund => self.answer_refund(run)?,
            Hook::NotifyAboutRefund => run.heard.refunded = self.parameters()[0].0[0],
            Hook::PostResult => run.posted = Some(self.posted_result()),
            Hook::FinalBatchInfo => self.write_last_block()?,
            Hook::PubdataRequested => match until {
                Until::BatchEnds(format) => run.published = Some(self.publish(format)?),
                _ => return Err(BatchError::UnexpectedHook(hook.name())),
            },
            Hook::ValidationStepEnded
            | Hook::TxHasEnded
            | Hook::PaymasterValidationEntered
            | Hook::DebugLog
            | Hook::DebugReturnData
            | Hook::NearCallCatch => {}
        }
        Ok(None)
    }

    /// The words beside the hook.
    fn parameters(&self) -> [Word; 3] {
        let first = self.layout.hook_parameters;
        [self.heap(first), self.heap(first + 1), self.heap(first + 2)]
    }

    /// Hides the ergs from an account that it may not use.
    pub(super) fn limit_validation(&mut self, run: &mut Run) -> Result<(), BatchError<S::Fault>> {
        let given = run.limit(self.vm.ergs()).ok_or(BatchError::NestedValidation)?;
        self.set_ergs(given);
        Ok(())
    }

    pub(super) fn unlimit_validation(&mut self, run: &mut Run) {
        if let Some(ergs) = run.unlimit(self.vm.ergs()) {
            self.set_ergs(ergs);
        }
    }

    fn set_ergs(&mut self, ergs: u32) {
        self.vm.set_ergs(ergs);
        self.observer.set_ergs(ergs);
    }

    /// The result of a transaction that the bootloader says.
    fn posted_result(&mut self) -> ExecutionResult {
        let [succeeded, pointer, _] = self.parameters();
        let pointer = FatPointer::from_word(&pointer);
        let output = self.vm.read_pointer(pointer);
        self.observer.heap_read(pointer, &output);
        ExecutionResult::posted(!succeeded.is_zero(), output)
    }

    /// The result of a transaction that ended without a word: one from L1 that ran out of gas, for instance.
    fn unposted_result(&self) -> ExecutionResult {
        let index = u32::try_from(self.run.saturating_sub(1)).unwrap_or(0);
        if self.heap(self.layout.results + index).is_zero() {
            ExecutionResult::Revert(RevertReason::Unreported)
        } else {
            ExecutionResult::Success { output: Vec::new() }
        }
    }

    fn answer_refund(&mut self, run: &mut Run) -> Result<(), BatchError<S::Fault>> {
        let unexpected = BatchError::UnexpectedHook(Hook::AskOperatorForRefund.name());
        let Some(index) = self.run.checked_sub(1) else { return Err(unexpected) };
        let Some(pushed) = self.pushed.get(index) else { return Err(unexpected) };
        let [proposed, spent_on_pubdata, gas_per_pubdata] = self.parameters();
        let question = RefundQuestion {
            gas_limit: pushed.gas_limit,
            proposed,
            spent_on_pubdata,
            gas_per_pubdata: gas_per_pubdata.low_u32(),
        };
        let refund = run.operator_refund(&self.batch, self.vm.pubdata(), &question);
        let place = self.layout.refunds + u32::try_from(index).unwrap_or(0);
        self.write(WriteReason::OperatorRefund, vec![(place, Word::from_u64(refund))]);
        Ok(())
    }

    /// Collects what the batch publishes and hands it to the bootloader.
    fn publish(&mut self, format: &PubdataFormat) -> Result<PubdataInput, BatchError<S::Fault>> {
        let input = self.pubdata_input()?;
        let heap = format.heap_words(&input)?;
        self.write(WriteReason::Pubdata, (heap.first..).zip(heap.words).collect());
        Ok(input)
    }

    /// Collects what the batch publishes.
    pub(super) fn pubdata_input(&mut self) -> Result<PubdataInput, BatchError<S::Fault>> {
        let state_diffs = self.state_diffs()?;
        let events = group(self.vm.events());
        let (world, mut fault) = (&mut self.world, None);
        let input = PubdataInput::collect(
            &events,
            |hash| match world.bytes_of(hash) {
                Ok(code) => code,
                Err(error) => {
                    fault = Some(error);
                    None
                }
            },
            state_diffs,
        );
        if let Some(error) = fault {
            return Err(BatchError::State(error));
        }
        Ok(input?)
    }

    fn state_diffs(&mut self) -> Result<StateDiffs, BatchError<S::Fault>> {
        let mut diffs = Vec::new();
        for change in self.vm.storage_changes() {
            // The messenger's slots are not part of the state diffs.
            if change.address == L1_MESSENGER {
                continue;
            }
            let index = self.world.state.enumeration_index(&change.address, &change.key);
            let index = index.map_err(BatchError::State)?;
            let (before, after) = (change.before.value, change.after);
            diffs.push(StateDiff::new(change.address, change.key, index, before, after));
        }
        Ok(StateDiffs::new(diffs)?)
    }
}
