//! Transactions of L2, and calls that are only simulated.

use super::gas::{GasLimit, Intrinsic, PubdataPrice};
use super::interrupt::Interrupt;
use super::{Bootloader, Submission};
use crate::batch::{ErrorCode, GasNote};
use crate::embedded::contracts::{known_codes, system_context};
use crate::embedded::prices;
use crate::transaction::Transaction;
use eravm_core::{Address, Word};

/// A transaction in the course of being processed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course<'a> {
    pub(super) submission: &'a Submission,
    /// The hash by which it is known, and the one that is signed.
    pub(super) hashes: [Word; 2],
    /// What a gas costs, in wei.
    pub(super) gas_price: u64,
    pub(super) pubdata: PubdataPrice,
    /// Gas for pubdata only.
    pub(super) reserved: u64,
}

impl Bootloader<'_> {
    /// Returns the hash of the transaction and whether it succeeded.
    pub(super) fn process_l2(
        &mut self,
        submission: &Submission,
    ) -> Result<(Word, bool), Interrupt> {
        let pubdata =
            PubdataPrice { base: self.pubdata(), gas_per_byte: self.batch.gas_per_pubdata() };
        let GasLimit { usable, reserved } =
            self.gas_limit(submission, pubdata.gas_per_byte, Intrinsic::L2)?;
        let gas_price = self.gas_price(submission)?;
        let before = self.vm.ergs();
        let hashes = self.hashes(submission)?;
        let course = Course { submission, hashes, gas_price, pubdata, reserved };
        let gas_left = self.validate(&course, usable, before)?;
        self.operator.gas(GasNote::Prepared(usable.saturating_sub(gas_left)));
        let (succeeded, spent) = self.execute(&course, gas_left)?;
        let gas_left = gas_left.saturating_sub(spent);
        let refund =
            if self.purpose.impersonates { 0 } else { self.refund(&course, succeeded, gas_left)? };
        self.operator.refunded(self.vm, refund)?;
        Ok((hashes[0], succeeded))
    }

    /// What the transaction pays for gas: the base fee, if it pays so much.
    fn gas_price(&self, submission: &Submission) -> Result<u64, Interrupt> {
        let transaction = &submission.transaction;
        let most = transaction.max_fee_per_gas().low_u128();
        if transaction.max_priority_fee_per_gas().low_u128() > most {
            return Err(Interrupt::halt(ErrorCode::MaxPriorityFeeGreaterThanMaxFee));
        }
        let base_fee = self.batch.base_fee();
        if u128::from(base_fee) > most {
            return Err(Interrupt::halt(ErrorCode::BaseFeeGreaterThanMaxFee));
        }
        Ok(base_fee)
    }

    /// The hash by which a transaction is known, and the one that is signed: by the rules of this chain, whatever chain it was made for.
    fn hashes(&mut self, submission: &Submission) -> Result<[Word; 2], Interrupt> {
        let Transaction::L2(transaction) = &submission.transaction else {
            return Ok(submission.hashes);
        };
        let chain = system_context::chain_id(&mut self.context()).map_err(Interrupt::of_own)?;
        let rounds = submission.encoded.len() as u64 / 136 + 1;
        let charged = self.context().charge_times(prices::KECCAK256_ROUND, rounds * 2);
        charged.map_err(Interrupt::of_own)?;
        let chain = chain.to_u64();
        if transaction.kind.chain_id().is_none_or(|own| Some(own) == chain) {
            return Ok(submission.hashes);
        }
        let (known, signed) = transaction.on_chain(chain.unwrap_or_default()).hashes();
        Ok([known, signed].map(|hash| hash.to_word()))
    }

    /// Sets who a transaction is from, for contracts that ask: accounts of keys only.
    pub(super) fn set_origin(&mut self, from: &Address, other: &Address) -> Result<(), Interrupt> {
        let origin = if self.is_account_of_key(from)? { from } else { other };
        self.in_near(|cx| system_context::set_tx_origin(cx, origin))
    }

    /// Makes a call without validation, and ends with what it gives back.
    pub(super) fn simulate(&mut self, submission: &Submission) -> Result<(Word, bool), Interrupt> {
        let gas_per_byte = self.batch.gas_per_pubdata();
        let GasLimit { usable, reserved } =
            self.gas_limit(submission, gas_per_byte, Intrinsic::L2)?;
        self.check_enough_gas(usable)?;
        if usable == 0 {
            return Err(Interrupt::halt(ErrorCode::EthCall));
        }
        self.operator.gas(GasNote::CallBegins(self.vm.ergs()));
        let output = self.near(usable, |bootloader| {
            bootloader.simulate_call(submission, gas_per_byte, reserved)
        })?;
        match output {
            Some(output) => Err(Interrupt::Returns(output)),
            // SPEC: the bootloader goes on as if the call had failed, without a word.
            None => Ok((Word::ZERO, false)),
        }
    }

    fn simulate_call(
        &mut self,
        submission: &Submission,
        gas_per_byte: u64,
        reserved: u64,
    ) -> Result<Vec<u8>, Interrupt> {
        let pubdata = PubdataPrice { base: self.pubdata(), gas_per_byte };
        self.set_pubdata_info(&pubdata)?;
        let transaction = &submission.transaction;
        self.set_origin(&transaction.sender(), &Address::zero())?;
        let hashes: Vec<_> = transaction.factory_deps().iter().map(|dep| dep.hash()).collect();
        self.in_near(|cx| known_codes::mark_factory_deps(cx, true, &hashes))?;
        let outcome = self.call_as_sender(transaction)?;
        let data = self.data_of(&outcome);
        if !outcome.succeeded {
            return Err(Interrupt::halt_with(ErrorCode::EthCall, &data));
        }
        if self.lacks_gas_for_pubdata(&pubdata, self.vm.ergs().into(), reserved) {
            return Err(Interrupt::halt(ErrorCode::EthCall));
        }
        Ok(data)
    }

    /// Tells contracts what pubdata costs.
    pub(super) fn set_pubdata_info(&mut self, price: &PubdataPrice) -> Result<(), Interrupt> {
        let (gas, base) = (Word::from_u64(price.gas_per_byte), Word::from_u64(price.base.into()));
        let set = system_context::set_pubdata_info(&mut self.context(), &gas, &base);
        set.map_err(|failure| match Interrupt::of_near_call(failure) {
            Interrupt::NearPanics => Interrupt::assertion("setPubdataInfo failed"),
            other => other,
        })
    }
}
