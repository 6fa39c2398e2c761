//! `DefaultAccount`: the code of accounts that have none. To everybody but the bootloader they are what accounts of keys are in Ethereum:
//! they take every call and value, and do nothing. For the bootloader they do what their key has signed.

pub(super) mod execution;
mod payment;
mod validation;

use crate::embedded::account::{
    EXECUTE, EXECUTE_FROM_OUTSIDE, PAY, PREPARE, Transaction, VALIDATE,
};
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Selector, assertion_failed, split_selector};
use crate::system_contracts::addresses::BOOTLOADER;
use eravm_core::Word;
use eravm_core::semantics::FatPointer;

/// Place of the tuple among the arguments of what the bootloader calls.
const TUPLE: usize = 2;

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let pointer = cx.calldata_pointer();
    let length = pointer.length.saturating_sub(pointer.offset);
    if length == 0 {
        return Ok(Step::done());
    }
    let is_own_code = cx.this() == cx.code_address();
    let is_bootloader = cx.caller() == BOOTLOADER;
    // Others than the bootloader are told apart by the selector alone, mostly.
    let head = FatPointer { length: pointer.offset + length.min(4), ..pointer };
    let head = cx.read_bytes(head)?;
    let function = split_selector(&head).map(|(selector, _)| selector);
    let Some(function) = function.filter(|function| is_for_accounts(*function)) else {
        // SPEC: the bootloader may only call what there is, unless it calls with nothing.
        return if is_own_code && is_bootloader {
            Err(assertion_failed())
        } else {
            Ok(Step::done())
        };
    };
    let calldata = cx.calldata()?;
    if function == EXECUTE_FROM_OUTSIDE {
        Transaction::argument(&calldata, 0)?;
        return Ok(Step::done());
    }
    // SPEC: arguments must decode even where they are then ignored.
    let transaction = Transaction::argument(&calldata, TUPLE)?;
    if !is_own_code || !is_bootloader {
        return Ok(Step::done());
    }
    match function {
        VALIDATE => validation::validate(cx, &signed_hash(&calldata), &transaction),
        EXECUTE => execution::execute(cx, &transaction),
        PAY => payment::pay(cx, &transaction),
        _ => payment::prepare_for_paymaster(cx, &transaction),
    }
}

/// Whether a function is one that accounts have.
fn is_for_accounts(function: Selector) -> bool {
    matches!(function, VALIDATE | EXECUTE | EXECUTE_FROM_OUTSIDE | PAY | PREPARE)
}

/// The second argument.
fn signed_hash(calldata: &[u8]) -> Word {
    let word = calldata.get(4 + 32..).and_then(<[u8]>::first_chunk);
    word.map_or(Word::ZERO, Word::from_be_bytes)
}
