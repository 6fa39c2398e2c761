//! Validation: the account says that the transaction is its own, and somebody pays.

use super::l2::Course;
use super::methods::{VALIDATE, VALIDATE_AND_PAY};
use super::{Bootloader, Interrupt};
use crate::batch::{ErrorCode, Hook};
use crate::embedded::contracts::{contract_deployer, nonce_holder, system_context};
use crate::system_contracts::addresses::BOOTLOADER;
use eravm_core::{Address, Word};

/// The word with which an account says yes: the selector of the function that it is asked by.
fn account_magic() -> Word {
    left_aligned(VALIDATE.0)
}

/// The word with which a paymaster says yes.
pub(super) fn paymaster_magic() -> Word {
    left_aligned(VALIDATE_AND_PAY.0)
}

fn left_aligned(selector: [u8; 4]) -> Word {
    Word([0, 0, 0, u64::from(u32::from_be_bytes(selector)) << 32])
}

impl Bootloader<'_> {
    /// Validates a transaction and has it paid for; returns the gas that is left of what is usable. `before` is what ergs there were
    /// before its hashes were computed.
    pub(super) fn validate(
        &mut self,
        course: &Course<'_>,
        usable: u64,
        before: u32,
    ) -> Result<u64, Interrupt> {
        let hash = course.hashes[0];
        // SPEC: where this fails outside of a near frame, the bootloader's own panics.
        self.in_near(|cx| system_context::append_transaction_to_current_l2_block(cx, &hash))
            .map_err(Interrupt::outside)?;
        self.set_pubdata_info(&course.pubdata)?;
        self.check_enough_gas(usable)?;
        let mut is_valid = false;
        if usable > 0 {
            is_valid = self.purpose.impersonates
                || self.near(usable, |bootloader| bootloader.ask_account(course))?.is_some();
        }
        let left = usable.saturating_sub(self.gas_since(before));
        if left == 0
            || !is_valid
            || self.lacks_gas_for_pubdata(&course.pubdata, left, course.reserved)
        {
            return Err(Interrupt::halt(ErrorCode::TxValidationOutOfGas));
        }
        self.tell(Hook::ValidationStepEnded)?;
        Ok(left)
    }

    fn ask_account(&mut self, course: &Course<'_>) -> Result<(), Interrupt> {
        let gas_price = Word::from_u64(course.gas_price);
        self.in_near(|cx| {
            system_context::set_tx_origin(cx, &BOOTLOADER)?;
            system_context::set_gas_price(cx, &gas_price)
        })?;
        let transaction = &course.submission.transaction;
        let (from, nonce) = (transaction.sender(), transaction.nonce());
        self.ensure_is_account(&from)?;
        self.ensure_nonce(&from, &nonce, false)?;
        self.tell(Hook::AccountValidationEntered)?;
        let outcome = self.call_method(VALIDATE, &from, course)?;
        self.tell(Hook::ValidationExited)?;
        let answer = self.data_of(&outcome);
        if !outcome.succeeded {
            return Err(Interrupt::halt_with(ErrorCode::AccountTxValidation, &answer));
        }
        let says_yes = <[u8; 32]>::try_from(answer)
            .is_ok_and(|word| self.is_magic(&Word::from_be_bytes(&word), account_magic()));
        if !says_yes {
            return Err(Interrupt::halt(ErrorCode::AccountReturnedInvalidMagic));
        }
        self.ensure_nonce(&from, &nonce, true)?;
        self.ensure_payment(course)
    }

    /// Whether an answer is as it must be.
    pub(super) fn is_magic(&self, answer: &Word, expected: Word) -> bool {
        !self.purpose.insists_on_magic || *answer == expected
    }

    fn ensure_is_account(&mut self, account: &Address) -> Result<(), Interrupt> {
        let version = contract_deployer::extended_account_version(&mut self.context(), account)
            .map_err(Interrupt::of_system_call(ErrorCode::FailedToCheckAccount))?;
        if version == 0 {
            return Err(Interrupt::halt(ErrorCode::FromIsNotAnAccount));
        }
        Ok(())
    }

    fn ensure_nonce(
        &mut self,
        account: &Address,
        nonce: &Word,
        is_used: bool,
    ) -> Result<(), Interrupt> {
        nonce_holder::validate_usage(&mut self.context(), account, nonce, is_used)
            .map_err(Interrupt::of_system_call(ErrorCode::AccountTxValidation))
    }
}
