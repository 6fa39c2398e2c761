//! The end of a batch: the operator gets the fees, the last block is set, and everything is published.

use super::interrupt::Interrupt;
use super::{BlockDescription, Bootloader};
use crate::batch::{ErrorCode, Hook};
use crate::embedded::call::{Call, Data};
use crate::embedded::contracts::system_context;
use crate::system_contracts::addresses::L1_MESSENGER;
use eravm_core::{Address, Word};

/// Keys of the logs with which a batch ends.
const PRIORITY_HASH_LOG: u64 = 2;
const PRIORITY_COUNT_LOG: u64 = 3;
const ROOTS_LOG: u64 = 7;
const STATUS_LOG: u64 = 8;

impl Bootloader<'_> {
    /// Pays the operator. The host then describes the last block.
    pub(crate) fn pay_operator(&mut self) -> Result<(), Interrupt> {
        self.go_on()?;
        let cx = &mut self.context();
        let reset = system_context::set_tx_origin(cx, &Address::zero())
            .and_then(|()| system_context::set_gas_price(cx, &Word::ZERO));
        reset.map_err(Interrupt::of_near_call).map_err(Interrupt::outside)?;
        let (operator, earned) = (self.batch.operator, self.own_balance()?);
        self.give(&operator, &earned.into())?;
        self.tell(Hook::FinalBatchInfo)
    }

    /// Sets the last block and sends the logs of the batch. The host then says what is published.
    pub(crate) fn close(&mut self, block: &BlockDescription) -> Result<(), Interrupt> {
        self.set_block(block)?;
        system_context::reset_tx_number(&mut self.context())
            .map_err(Interrupt::of_system_call(ErrorCode::FailedToCallSystemContext))?;
        system_context::publish_timestamp_data_to_l1(&mut self.context())
            .map_err(Interrupt::of_system_call(ErrorCode::FailedToPublishTimestamp))?;
        let progress = &self.progress;
        let logs = [
            (PRIORITY_HASH_LOG, progress.priority_hash),
            (PRIORITY_COUNT_LOG, Word::from_u64(progress.priority_count)),
            (STATUS_LOG, progress.status_hash),
            (ROOTS_LOG, progress.roots_hash),
        ];
        let bootloader = self.context().this();
        for (key, value) in logs {
            self.vm.native_message(&bootloader, Word::from_u64(key), value, true);
        }
        self.tell(Hook::PubdataRequested)
    }

    /// Has `L1Messenger` check what is published: the calldata for it.
    pub(crate) fn publish(&mut self, calldata: Vec<u8>) -> Result<(), Interrupt> {
        let outcome = self.call(&Call::new(L1_MESSENGER, Data::Bytes(calldata)))?;
        if outcome.succeeded {
            return Ok(());
        }
        let data = self.data_of(&outcome);
        Err(Interrupt::halt_with(ErrorCode::L1MessengerPublishingFailed, &data))
    }
}
