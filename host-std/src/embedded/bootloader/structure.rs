//! What a transaction must be like before anything is done for it.

use super::interrupt::Interrupt;
use super::{Bootloader, Submission};
use crate::embedded::contracts::account_code_storage;
use crate::fees::MAX_GAS_PER_PUBDATA;
use crate::transaction::{L2Kind, Paymaster, Transaction};
use eravm_core::{Address, Word, is_kernel};

/// An assertion with a message.
fn ensure(holds: bool, message: &str) -> Result<(), Interrupt> {
    if holds { Ok(()) } else { Err(Interrupt::assertion(message)) }
}

const fn fits_128(word: &Word) -> bool {
    word.0[2] | word.0[3] == 0
}

impl Bootloader<'_> {
    /// Checks a transaction. What its type in Rust cannot be otherwise is not asked.
    pub(super) fn check_structure(&mut self, submission: &Submission) -> Result<(), Interrupt> {
        let transaction = &submission.transaction;
        check_ranges(transaction)?;
        match transaction {
            Transaction::L2(l2) => match &l2.kind {
                L2Kind::Eip712(own) => self.check_typed(transaction, own.paymaster.as_ref()),
                _ => self.check_signed_by_key(transaction),
            },
            Transaction::Upgrade(_) => Ok(()),
            Transaction::Priority(_) => ensure(!is_kernel(&transaction.sender()), IN_KERNEL),
        }
    }

    /// Types 0, 1 and 2.
    fn check_signed_by_key(&mut self, transaction: &Transaction) -> Result<(), Interrupt> {
        if !self.purpose.simulates && !self.purpose.impersonates {
            let is_account_of_key = self.is_account_of_key(&transaction.sender())?;
            ensure(is_account_of_key, "Only EIP-712 can use non-EOA")?;
        }
        let limit = transaction.gas_per_pubdata_limit().to_u64();
        let fits = limit.is_some_and(|limit| limit <= MAX_GAS_PER_PUBDATA);
        ensure(fits, "Gas per pubdata is wrong")?;
        self.check_sender(transaction)
    }

    /// Type 0x71.
    fn check_typed(
        &self,
        transaction: &Transaction,
        paymaster: Option<&Paymaster>,
    ) -> Result<(), Interrupt> {
        if let Some(paymaster) = paymaster {
            let is_none = paymaster.address.is_zero();
            ensure(is_none || !is_kernel(&paymaster.address), "paymaster in kernel space")?;
            ensure(!is_none || paymaster.input.is_empty(), "paymasterInput non zero")?;
        }
        self.check_sender(transaction)
    }

    fn check_sender(&self, transaction: &Transaction) -> Result<(), Interrupt> {
        let may_be_kernel = self.purpose.simulates || self.purpose.impersonates;
        ensure(may_be_kernel || !is_kernel(&transaction.sender()), IN_KERNEL)
    }

    /// Whether an account is that of a key: it has no code.
    pub(super) fn is_account_of_key(&mut self, account: &Address) -> Result<bool, Interrupt> {
        if is_kernel(account) {
            return Ok(false);
        }
        let hash = account_code_storage::raw_code_hash(&mut self.context(), account);
        Ok(hash.map_err(Interrupt::of_own)?.is_zero())
    }
}

/// Says that a sender is in kernel space.
const IN_KERNEL: &str = "from in kernel space";

/// Numbers have the width that they are encoded for.
fn check_ranges(transaction: &Transaction) -> Result<(), Interrupt> {
    ensure(transaction.gas_limit().to_u64().is_some(), "Encoding gasLimit")?;
    let per_pubdata = transaction.gas_per_pubdata_limit().to_u64();
    let fits = per_pubdata.is_some_and(|gas| u32::try_from(gas).is_ok());
    ensure(fits, "Encoding gasPerPubdataByteLimit")?;
    ensure(fits_128(&transaction.max_fee_per_gas()), "Encoding maxFeePerGas")?;
    ensure(fits_128(&transaction.max_priority_fee_per_gas()), "Encoding maxPriorityFeePerGas")
}
