//! Payment: the account pays the bootloader, or lets a paymaster have what it asks for.

use super::execution::move_value;
use super::validation::most_fee;
use crate::embedded::account::Transaction;
use crate::embedded::call::{Call, CallOutcome, Data, Step};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{
    Arguments, Encoder, Selector, error, error_message, overflow, selector, split_selector,
};
use crate::system_contracts::addresses::{ACCOUNT_CODE_STORAGE, BOOTLOADER};
use eravm_core::{Address, Word};
use primitive_types::U256;

/// Pays the most that the transaction can cost. The bootloader gives back what is too much.
pub(super) fn pay(cx: &mut Context<'_>, tx: &Transaction<'_>) -> Result<Step, Failure> {
    const FAILED: Selector = selector("FailedToPayOperator()");
    let fee = most_fee(tx).ok_or_else(overflow)?;
    // More than what a call can have for value.
    let fee = u128::try_from(fee).map_err(|_| error(FAILED, &[]))?;
    if fee != 0 {
        move_value(cx, &BOOTLOADER, fee).map_err(|failure| match failure {
            Failure::Revert(_) | Failure::Panic => error(FAILED, &[]),
            other => other,
        })?;
    }
    // What stands at the bootloader's address would do nothing.
    Ok(Step::done())
}

/// Lets the paymaster have the tokens that its input asks for.
pub(super) fn prepare_for_paymaster(
    cx: &mut Context<'_>,
    tx: &Transaction<'_>,
) -> Result<Step, Failure> {
    const GENERAL: Selector = selector("general(bytes)");
    const APPROVAL_BASED: Selector = selector("approvalBased(address,uint256,bytes)");
    const INVALID_INPUT: Selector = selector("InvalidInput()");
    const UNSUPPORTED_FLOW: Selector = selector("UnsupportedPaymasterFlow()");
    let invalid = || error(INVALID_INPUT, &[]);
    match split_selector(tx.paymaster_input()?).ok_or_else(invalid)? {
        (GENERAL, _) => Ok(Step::done()),
        (APPROVAL_BASED, arguments) => {
            let arguments = Arguments::new(arguments, 2).map_err(|_| invalid())?;
            let (token, amount) = (arguments.address(0)?, arguments.word(1)?);
            let approval =
                Approval { token, account: cx.this(), paymaster: tx.paymaster(), amount };
            Ok(approval.ensure())
        }
        _ => Err(error(UNSUPPORTED_FLOW, &[])),
    }
}

/// What the paymaster may take of a token.
#[derive(Clone, Copy)]
struct Approval {
    token: Address,
    account: Address,
    paymaster: Address,
    amount: Word,
}

impl Approval {
    /// Approves the amount if the paymaster may not take as much already. Some tokens want to be told zero first.
    fn ensure(self) -> Step {
        const NOT_FROM_ZERO: &str = "SafeERC20: approve from non-zero to non-zero allowance";
        self.ask(move |allowance| {
            if allowance >= self.amount.into() {
                return Ok(Step::done());
            }
            let approve = move || {
                self.ask(move |allowance| {
                    if !allowance.is_zero() {
                        return Err(error_message(NOT_FROM_ZERO));
                    }
                    Ok(self.approve(self.amount, Step::done))
                })
            };
            Ok(self.approve(Word::ZERO, approve))
        })
    }

    /// Asks for the allowance.
    fn ask(self, then: impl FnOnce(U256) -> Result<Step, Failure> + Send + Sync + 'static) -> Step {
        const ALLOWANCE: Selector = selector("allowance(address,address)");
        let calldata = Encoder::call(ALLOWANCE).address(&self.account).address(&self.paymaster);
        let call =
            Call { is_static: true, ..Call::new(self.token, Data::Bytes(calldata.finish())) };
        Step::call(call, |cx, outcome| {
            if !outcome.succeeded {
                return Step::reverts_with(cx, outcome.data);
            }
            let allowance = cx.first_word(outcome.data)?.ok_or(Failure::EMPTY)?;
            then(allowance.into())
        })
    }

    /// Approves an amount.
    fn approve(self, amount: Word, then: impl FnOnce() -> Step + Send + Sync + 'static) -> Step {
        const APPROVE: Selector = selector("approve(address,uint256)");
        let calldata = Encoder::call(APPROVE).address(&self.paymaster).word(amount);
        let call = Call::new(self.token, Data::Bytes(calldata.finish()));
        Step::call(call, move |cx, outcome| self.check_approval(cx, &outcome, then))
    }

    /// Whether the token did as it was told: it may return nothing, if it has code, or yes.
    fn check_approval(
        self,
        cx: &mut Context<'_>,
        outcome: &CallOutcome,
        then: impl FnOnce() -> Step + Send + Sync + 'static,
    ) -> Result<Step, Failure> {
        const CALL_FAILED: &str = "SafeERC20: low-level call failed";
        const SAYS_NO: &str = "SafeERC20: ERC20 operation did not succeed";
        let is_empty = outcome.data.length <= outcome.data.offset;
        match (outcome.succeeded, is_empty) {
            (false, true) => Err(error_message(CALL_FAILED)),
            (false, false) => Step::reverts_with(cx, outcome.data),
            (true, true) => Ok(self.ensure_has_code(then)),
            (true, false) => match cx.first_word(outcome.data)? {
                Some(Word::ONE) => Ok(then()),
                Some(Word::ZERO) => Err(error_message(SAYS_NO)),
                _ => Err(Failure::EMPTY),
            },
        }
    }

    /// Goes on if the token is a contract.
    fn ensure_has_code(self, then: impl FnOnce() -> Step + Send + Sync + 'static) -> Step {
        const CODE_SIZE: Selector = selector("getCodeSize(uint256)");
        const NO_CONTRACT: &str = "Address: call to non-contract";
        let calldata = Encoder::call(CODE_SIZE).address(&self.token).finish();
        let call =
            Call { is_static: true, ..Call::new(ACCOUNT_CODE_STORAGE, Data::Bytes(calldata)) };
        Step::call(call, move |cx, outcome| {
            let size = cx.first_word(outcome.data)?.unwrap_or(Word::ZERO);
            if size.is_zero() { Err(error_message(NO_CONTRACT)) } else { Ok(then()) }
        })
    }
}
