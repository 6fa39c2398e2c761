//! Transactions from L1: priority operations and protocol upgrades. Nobody validates them, and what they cost is minted.

use super::gas::{GasLimit, Intrinsic, PubdataPrice};
use super::interrupt::checked;
use super::operator::RefundQuestion;
use super::{Bootloader, Interrupt, Submission};
use crate::batch::{ErrorCode, GasNote};
use crate::embedded::contracts::l1_messenger::Log;
use crate::embedded::contracts::{base_token, known_codes, l1_messenger, system_context};
use crate::system_contracts::addresses::BOOTLOADER;
use crate::transaction::Transaction;
use eravm_core::{Address, Word};
use primitive_types::U256;

/// What execution came to.
struct Executed {
    succeeded: bool,
    /// Gas that is given back.
    refund: u64,
}

impl Bootloader<'_> {
    /// Returns the hash of the transaction and whether it succeeded.
    pub(super) fn process_l1(
        &mut self,
        submission: &Submission,
        is_priority: bool,
    ) -> Result<(Word, bool), Interrupt> {
        let transaction = &submission.transaction;
        let (Transaction::Priority(l1) | Transaction::Upgrade(l1)) = transaction else {
            return Err(Interrupt::assertion("Unknown tx type"));
        };
        let gas_per_byte = transaction.gas_per_pubdata_limit().to_u64().unwrap_or(u64::MAX);
        let pubdata = PubdataPrice { base: self.pubdata(), gas_per_byte };
        let limit = self.gas_limit(submission, gas_per_byte, Intrinsic::L1)?;
        let (hash, spent) = self.prepare(submission, &pubdata)?;
        self.operator.gas(GasNote::Prepared(spent));
        let gas_limit = U256::from(transaction.gas_limit());
        let gas_price = U256::from(transaction.max_fee_per_gas());
        let cost = checked(gas_price.checked_mul(gas_limit), "poa")?;
        let value = U256::from(transaction.value());
        let minted = U256::from(l1.to_mint);
        if minted < checked(value.checked_add(cost), "ol")? {
            return Err(Interrupt::assertion("deposited eth too low"));
        }
        let executed = self.execute_l1(submission, &limit, spent, &pubdata)?;
        let refund = U256::from(executed.refund);
        if refund > gas_limit {
            return Err(Interrupt::assertion("L1: refundGas > gasLimit"));
        }
        let fee = checked(gas_price.checked_mul(gas_limit - refund), "mnk")?;
        self.operator.refunded(self.vm, executed.refund)?;
        self.mint(&BOOTLOADER, &fee.into())?;
        if !executed.succeeded && !is_priority {
            return Err(Interrupt::assertion("Upgrade tx failed"));
        }
        let used = if executed.succeeded { checked(value.checked_add(fee), "kpa")? } else { fee };
        let rest = checked(minted.checked_sub(used), "ysl")?;
        if !rest.is_zero() {
            self.mint(&l1.refund_recipient, &rest.into())?;
        }
        self.announce(&hash, executed.succeeded)?;
        if is_priority {
            self.progress.add_priority(&hash);
        }
        Ok((hash, executed.succeeded))
    }

    /// Returns the hash of the transaction, and the gas that was spent.
    fn prepare(
        &mut self,
        submission: &Submission,
        pubdata: &PubdataPrice,
    ) -> Result<(Word, u64), Interrupt> {
        let before = self.vm.ergs();
        self.set_pubdata_info(pubdata)?;
        let hash = submission.hashes[0];
        let appended =
            system_context::append_transaction_to_current_l2_block(&mut self.context(), &hash);
        let code = ErrorCode::FailedToAppendTransactionToL2Block;
        appended.map_err(Interrupt::of_system_call(code))?;
        let deps = submission.transaction.factory_deps();
        let hashes: Vec<_> = deps.iter().map(|dep| dep.hash()).collect();
        known_codes::mark_factory_deps(&mut self.context(), false, &hashes)
            .map_err(Interrupt::of_system_call(ErrorCode::FailedToMarkFactoryDeps))?;
        Ok((hash, self.gas_since(before)))
    }

    /// Executes the transaction if there is gas for it.
    fn execute_l1(
        &mut self,
        submission: &Submission,
        limit: &GasLimit,
        spent: u64,
        pubdata: &PubdataPrice,
    ) -> Result<Executed, Interrupt> {
        let Some(gas) = limit.usable.checked_sub(spent).filter(|gas| *gas > 0) else {
            return Ok(Executed { succeeded: false, refund: 0 });
        };
        let before = self.vm.ergs();
        self.check_enough_gas(gas)?;
        let done = self.near(gas, |bootloader| {
            bootloader.have_l1_executed(&submission.transaction, pubdata)
        })?;
        let succeeded = done.is_some();
        self.operator.post_result(self.vm, succeeded, self.returned)?;
        let spent = self.gas_since(before);
        let spent_on_pubdata = self.pubdata_gas(pubdata);
        let proposed =
            (limit.reserved + gas).saturating_sub(spent.saturating_add(spent_on_pubdata));
        let question = RefundQuestion {
            gas_limit: submission.transaction.gas_limit(),
            proposed: Word::from_u64(proposed),
            spent_on_pubdata: Word::from_u64(spent_on_pubdata),
            gas_per_pubdata: u32::try_from(pubdata.gas_per_byte).unwrap_or(u32::MAX),
        };
        let refund = self.operator.refund(self.vm, &question)?.max(proposed);
        Ok(Executed { succeeded, refund })
    }

    fn have_l1_executed(
        &mut self,
        transaction: &Transaction,
        pubdata: &PubdataPrice,
    ) -> Result<(), Interrupt> {
        let (from, value) = (transaction.sender(), transaction.value());
        let gas_price = transaction.max_fee_per_gas();
        self.in_near(|cx| {
            system_context::set_tx_origin(cx, &from)?;
            system_context::set_gas_price(cx, &gas_price)?;
            if value.is_zero() { Ok(()) } else { base_token::mint(cx, &from, &value) }
        })?;
        if !self.call_as_sender(transaction)?.succeeded {
            return Err(Interrupt::NearPanics);
        }
        // SPEC: gas that is reserved for pubdata may not pay for it here.
        if self.lacks_gas_for_pubdata(pubdata, self.vm.ergs().into(), 0) {
            return Err(Interrupt::NearPanics);
        }
        Ok(())
    }

    fn mint(&mut self, to: &Address, amount: &Word) -> Result<(), Interrupt> {
        base_token::mint(&mut self.context(), to, amount).map_err(|failure| {
            match Interrupt::of_near_call(failure) {
                Interrupt::NearPanics => Interrupt::halt(ErrorCode::MintEtherFailed),
                other => other,
            }
        })
    }

    /// Tells L1 what came of a transaction.
    fn announce(&mut self, hash: &Word, succeeded: bool) -> Result<(), Interrupt> {
        let value = Word::from_u64(succeeded.into());
        let log = Log { is_service: true, sender: BOOTLOADER, key: *hash, value };
        l1_messenger::send_log(&mut self.context(), &log)
            .map_err(Interrupt::of_system_call(ErrorCode::L1MessengerLogSendingFailed))?;
        Ok(())
    }
}
