//! Payment: the account or its paymaster gives the bootloader what the transaction costs at most.

use super::interrupt::checked;
use super::l2::Course;
use super::methods::{PAY, PREPARE, VALIDATE_AND_PAY};
use super::progress::CONTEXT_BYTES;
use super::validation::paymaster_magic;
use super::{Bootloader, Interrupt};
use crate::abi;
use crate::batch::{ErrorCode, Hook};
use crate::embedded::call::CallOutcome;
use crate::embedded::contracts::base_token;
use crate::system_contracts::addresses::BOOTLOADER;
use eravm_core::{Address, Word};
use primitive_types::U256;

impl Bootloader<'_> {
    /// Has the transaction paid for. What is paid too much is given back at once.
    pub(super) fn ensure_payment(&mut self, course: &Course<'_>) -> Result<(), Interrupt> {
        let transaction = &course.submission.transaction;
        let gas_limit = U256::from(transaction.gas_limit());
        let required = checked(gas_limit.checked_mul(course.gas_price.into()), "lal")?;
        let before = self.own_balance()?;
        let payer = match course.paymaster() {
            None => {
                let from = transaction.sender();
                self.tell(Hook::AccountValidationEntered)?;
                let outcome = self.call_method(PAY, &from, course)?;
                self.tell(Hook::ValidationExited)?;
                self.ensure_succeeded(&outcome, ErrorCode::PayForTxFailed)?;
                from
            }
            Some(paymaster) => {
                self.have_paymaster_pay(&paymaster, course)?;
                paymaster
            }
        };
        let received = checked(self.own_balance()?.checked_sub(before), "qsx")?;
        let Some(excess) = received.checked_sub(required) else {
            return Err(Interrupt::halt(ErrorCode::FailedToChargeFee));
        };
        if !excess.is_zero() {
            self.give(&payer, &excess.into())?;
        }
        Ok(())
    }

    fn have_paymaster_pay(
        &mut self,
        paymaster: &Address,
        course: &Course<'_>,
    ) -> Result<(), Interrupt> {
        let from = course.submission.transaction.sender();
        self.tell(Hook::AccountValidationEntered)?;
        let outcome = self.call_method(PREPARE, &from, course)?;
        self.tell(Hook::ValidationExited)?;
        self.ensure_succeeded(&outcome, ErrorCode::PrePaymasterPreparationFailed)?;
        self.tell(Hook::PaymasterValidationEntered)?;
        let outcome = self.call_method(VALIDATE_AND_PAY, paymaster, course)?;
        self.ensure_succeeded(&outcome, ErrorCode::PaymasterValidationFailed)?;
        let answer = self.data_of(&outcome);
        let context = self.context_of(&answer)?;
        let place = self.progress.paymaster_context.iter_mut();
        place.zip(context).for_each(|(place, byte)| *place = *byte);
        self.tell(Hook::ValidationExited)
    }

    /// The context, with its length, in what a paymaster answered, which must begin with the word that stands for yes.
    fn context_of<'a>(&self, answer: &'a [u8]) -> Result<&'a [u8], Interrupt> {
        let invalid = || Interrupt::halt(ErrorCode::PaymasterReturnedInvalidContext);
        let too_long = || Interrupt::halt(ErrorCode::PaymasterReturnedContextTooLong);
        if answer.len() < 64 {
            return Err(invalid());
        }
        let magic = answer.first_chunk().map(Word::from_be_bytes).ok_or_else(invalid)?;
        if !self.is_magic(&magic, paymaster_magic()) {
            return Err(Interrupt::halt(ErrorCode::PaymasterReturnedInvalidMagic));
        }
        let offset = abi::number(answer, 32).ok_or_else(invalid)?;
        let context = answer.get(offset..).ok_or_else(invalid)?;
        let length = context.first_chunk().map(Word::from_be_bytes).ok_or_else(invalid)?;
        let length = length.to_u64().and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| *length <= CONTEXT_BYTES).ok_or_else(too_long)?;
        if length.next_multiple_of(32) + 32 > CONTEXT_BYTES {
            return Err(too_long());
        }
        context.get(..32 + length).ok_or_else(invalid)
    }

    fn ensure_succeeded(&self, outcome: &CallOutcome, code: ErrorCode) -> Result<(), Interrupt> {
        if outcome.succeeded {
            return Ok(());
        }
        Err(Interrupt::halt_with(code, &self.data_of(outcome)))
    }

    /// What the bootloader has.
    pub(super) fn own_balance(&mut self) -> Result<U256, Interrupt> {
        let balance = base_token::balance_of(&mut self.context(), &BOOTLOADER);
        Ok(balance.map_err(Interrupt::of_own)?.into())
    }

    /// Gives somebody an amount of what the bootloader has. Nobody is called.
    pub(super) fn give(&mut self, to: &Address, amount: &Word) -> Result<(), Interrupt> {
        let given = base_token::transfer(&mut self.context(), &BOOTLOADER, to, amount);
        given.map_err(|failure| match Interrupt::of_near_call(failure) {
            Interrupt::NearPanics => Interrupt::assertion("Failed to refund"),
            other => other,
        })
    }
}

impl Course<'_> {
    /// Who pays, if not the account.
    pub(super) fn paymaster(&self) -> Option<Address> {
        self.submission.transaction.paymaster().map(|paymaster| paymaster.address)
    }
}
