//! Which code may be deployed on the chain.

use super::super::rights::only_from;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Selector, error, not_enumerated, selector, topic};
use crate::system_contracts::addresses::{COMPLEX_UPGRADER, CONTRACT_DEPLOYER, FORCE_DEPLOYER};
use eravm_core::{Address, Word};

/// Slot of what may be deployed: 0 for code of EraVM only, 1 for code of the EVM, too.
const ALLOWED: Word = Word::from_u64(1);
/// Bits of it in its slot.
const BITS: u64 = 0xff;
const WITH_EVM: u8 = 1;

/// Who calls in the name of the system.
const PSEUDO_CALLER: Address = Address::repeat_byte(0xff);

/// What may be deployed.
pub(super) fn allowed(cx: &mut Context<'_>) -> Result<u8, Failure> {
    of_word(&cx.load_of(&CONTRACT_DEPLOYER, &ALLOWED)?)
}

fn of_word(word: &Word) -> Result<u8, Failure> {
    let [types, ..] = word.low_u16().to_le_bytes();
    if types <= WITH_EVM { Ok(types) } else { Err(not_enumerated()) }
}

/// Only with EVM code allowed.
pub(in crate::embedded::contracts) fn only_with_evm(cx: &mut Context<'_>) -> Result<(), Failure> {
    const NOT_SUPPORTED: Selector = selector("EVMEmulationNotSupported()");
    if allowed(cx)? == WITH_EVM { Ok(()) } else { Err(error(NOT_SUPPORTED, &[])) }
}

/// Says what may be deployed from now on.
pub(super) fn set_allowed(cx: &mut Context<'_>, types: u8) -> Result<(), Failure> {
    const UPDATED: Word = topic("AllowedBytecodeTypesModeUpdated(uint8)");
    only_from(cx, &[FORCE_DEPLOYER, COMPLEX_UPGRADER, PSEUDO_CALLER])?;
    let word = cx.load_of(&CONTRACT_DEPLOYER, &ALLOWED)?;
    if of_word(&word)? == types {
        return Ok(());
    }
    let Word([low, a, b, c]) = word;
    let new = Word([low & !BITS | u64::from(types), a, b, c]);
    cx.store_of(&CONTRACT_DEPLOYER, &ALLOWED, &new)?;
    cx.emit(&CONTRACT_DEPLOYER, &[UPDATED], &Word::from_u64(types.into()).to_be_bytes())
}
