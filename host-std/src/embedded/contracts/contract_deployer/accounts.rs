//! What is known of an account beside its code: whether it is one, in the sense of account abstraction.

use super::super::account_code_storage;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{not_enumerated, topic};
use crate::system_contracts::addresses::CONTRACT_DEPLOYER;
use eravm_core::{Address, Word, is_kernel};

/// Version of account abstraction of contracts that are no accounts.
pub(super) const NO_ACCOUNT: u8 = 0;
/// The only version of account abstraction.
const VERSION_1: u8 = 1;
/// Bits of the version in an account's word; those above are for how it orders its nonces, in one way only.
const VERSION_BITS: u64 = 0xff;
/// Bits that an account's word has.
const ALL_BITS: u64 = 0xffff;

/// What is stored of an account: its version, and how it orders nonces.
pub(super) fn info(cx: &mut Context<'_>, account: &Address) -> Result<[u8; 2], Failure> {
    let slot = cx.slot_of(account);
    let info = cx.load_of(&CONTRACT_DEPLOYER, &slot)?.low_u16().to_le_bytes();
    if info.iter().all(|field| *field <= 1) { Ok(info) } else { Err(not_enumerated()) }
}

/// The version of an account. Who has no code is one, too.
pub(crate) fn extended_account_version(
    cx: &mut Context<'_>,
    account: &Address,
) -> Result<u8, Failure> {
    let [version, _] = info(cx, account)?;
    if version != NO_ACCOUNT || is_kernel(account) {
        return Ok(version);
    }
    let hash = account_code_storage::raw_code_hash(cx, account).map_err(Failure::of_call)?;
    Ok(if hash.is_zero() { VERSION_1 } else { NO_ACCOUNT })
}

/// Stores all that there is to know of a new account.
pub(super) fn store(cx: &mut Context<'_>, account: &Address, version: u8) -> Result<(), Failure> {
    set_bits(cx, account, ALL_BITS, version)
}

/// Has the caller be an account of some version from now on, or none.
pub(super) fn update_version(cx: &mut Context<'_>, version: u8) -> Result<(), Failure> {
    const UPDATED: Word = topic("AccountVersionUpdated(address,uint8)");
    let account = cx.caller();
    set_bits(cx, &account, VERSION_BITS, version)?;
    let topics = [UPDATED, Word::from_address(&account)];
    cx.emit(&CONTRACT_DEPLOYER, &topics, &Word::from_u64(version.into()).to_be_bytes())
}

fn set_bits(cx: &mut Context<'_>, account: &Address, bits: u64, value: u8) -> Result<(), Failure> {
    let slot = cx.slot_of(account);
    let Word([low, rest @ ..]) = cx.load_of(&CONTRACT_DEPLOYER, &slot)?;
    let [a, b, c] = rest;
    cx.store_of(&CONTRACT_DEPLOYER, &slot, &Word([low & !bits | u64::from(value), a, b, c]))
}
