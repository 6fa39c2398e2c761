//! Beginning a batch, and processing its transactions one by one.

use super::interrupt::Interrupt;
use super::{Bootloader, Submission};
use crate::batch::{ErrorCode, Hook};
use crate::embedded::contracts::system_context;
use crate::transaction::Transaction;
use eravm_core::Word;

/// Key of the log that announces a protocol upgrade.
const UPGRADE_LOG: Word = Word::from_u64(9);

impl Bootloader<'_> {
    /// Processes a transaction, the first one with the beginning of the batch.
    pub(crate) fn process(&mut self, submission: &Submission) -> Result<(), Interrupt> {
        self.go_on()?;
        self.check_structure(submission)?;
        self.set_block(&submission.block)?;
        self.set_interop_roots(&submission.block)?;
        let (hash, succeeded) = self.process_by_type(submission)?;
        self.progress.add_status(&hash, succeeded);
        self.progress.transactions += 1;
        self.progress.is_between = true;
        self.tell(Hook::TxHasEnded)
    }

    /// Returns the hash of the transaction and whether it succeeded.
    fn process_by_type(&mut self, submission: &Submission) -> Result<(Word, bool), Interrupt> {
        match &submission.transaction {
            Transaction::Upgrade(_) => {
                if self.progress.transactions > 0 {
                    return Err(Interrupt::assertion("Protocol upgrade tx not first"));
                }
                let hash = submission.hashes[0];
                let bootloader = self.context().this();
                self.vm.native_message(&bootloader, UPGRADE_LOG, hash, true);
                self.process_l1(submission, false)
            }
            Transaction::Priority(_) => self.process_l1(submission, true),
            Transaction::L2(_) => {
                let limit = submission.transaction.gas_per_pubdata_limit().to_u64();
                if limit.is_some_and(|limit| limit < self.batch.gas_per_pubdata()) {
                    return Err(Interrupt::halt(ErrorCode::UnacceptableGasPrice));
                }
                if submission.is_call && self.purpose.simulates {
                    self.simulate(submission)
                } else {
                    self.process_l2(submission)
                }
            }
        }
    }

    /// Does what is to be done before the next transaction, or before the end.
    pub(super) fn go_on(&mut self) -> Result<(), Interrupt> {
        if !self.progress.has_begun {
            self.begin()?;
            self.progress.has_begun = true;
        }
        if self.progress.is_between {
            self.vm.native_next_transaction();
            system_context::increment_tx_number(&mut self.context())
                .map_err(Interrupt::of_system_call(ErrorCode::FailedToCallSystemContext))?;
            self.progress.is_between = false;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Interrupt> {
        let base_fee = self.batch.base_fee();
        if !self.purpose.simulates && base_fee != self.batch.fee_input.base_fee() {
            return Err(Interrupt::assertion("baseFee inconsistent"));
        }
        let (timestamp, number) = (self.batch.timestamp.into(), self.batch.number.into());
        let base_fee = Word::from_u64(base_fee);
        let previous = self.batch.previous_hash;
        let sets_new = previous.is_some() || !self.purpose.simulates;
        let cx = &mut self.context();
        let begun = if sets_new {
            let previous = previous.unwrap_or(Word::ZERO);
            system_context::set_new_batch(cx, &previous, timestamp, number, &base_fee)
        } else {
            system_context::override_batch(cx, timestamp, number, &base_fee)
        };
        begun.map_err(Interrupt::of_system_call(ErrorCode::FailedToSetNewBatch))
    }
}
