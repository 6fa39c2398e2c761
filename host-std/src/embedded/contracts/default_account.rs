//! `DefaultAccount`: the code of accounts that have none. To everybody but the bootloader they are what accounts of keys are in Ethereum:
//! they take every call and value, and do nothing.

use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Selector, error, selector};
use crate::system_contracts::addresses::BOOTLOADER;
use eravm_core::Word;

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const PANIC: Selector = selector("Panic(uint256)");
    if cx.caller() != BOOTLOADER || cx.this() != cx.code_address() {
        return Ok(Step::done());
    }
    Err(error(PANIC, &[Word::ONE]))
}
