//! `AccountCodeStorage`: the hash of each account's code, under its address.

use super::code_hash::{self, is_constructed, is_constructing, is_evm};
use super::rights::only_from;
use super::{evm_hashes, nonce_holder};
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Arguments, Selector, error, selector, split_selector};
use crate::system_contracts::addresses::{ACCOUNT_CODE_STORAGE, CONTRACT_DEPLOYER};
use eravm_core::{Address, Word};

/// Addresses up to this one are those of precompiles, which look as if they had no code.
const LAST_PRECOMPILE: u64 = 0xff;

/// keccak256 of nothing: the code hash of accounts that are there, but have no code.
pub(super) const HASH_OF_NOTHING: Word = Word([
    0x7bfa_d804_5d85_a470,
    0xe500_b653_ca82_273b,
    0x927e_7db2_dcc7_03c0,
    0xc5d2_4601_86f7_233c,
]);

/// What a hash is not that it should be.
#[derive(Clone, Copy)]
enum Expected {
    Constructing = 0,
    Constructed = 1,
}

fn invalid(expected: Expected) -> Failure {
    const INVALID: Selector = selector("InvalidCodeHash(uint8)");
    error(INVALID, &[Word::from_u64(expected as u64)])
}

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const RAW_HASH: Selector = selector("getRawCodeHash(address)");
    const HASH: Selector = selector("getCodeHash(uint256)");
    const SIZE: Selector = selector("getCodeSize(uint256)");
    const IS_EVM: Selector = selector("isAccountEVM(address)");
    let calldata = cx.calldata()?;
    let Some((function, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    cx.not_payable()?;
    let account = || Arguments::new(data, 1)?.address(0);
    let account_of_word = || Ok::<_, Failure>(Arguments::new(data, 1)?.word(0)?.to_address());
    let answer = match function {
        RAW_HASH => raw_code_hash(cx, &account()?)?,
        HASH => code_hash(cx, &account_of_word()?)?,
        SIZE => Word::from_u64(code_size(cx, &account_of_word()?)?),
        IS_EVM => Word::from_u64(is_evm(&raw_code_hash(cx, &account()?)?).into()),
        _ => return change(cx, function, data),
    };
    Ok(Step::returns_word(answer))
}

/// The functions for the deployer.
fn change(cx: &mut Context<'_>, function: Selector, data: &[u8]) -> Result<Step, Failure> {
    const STORE_CONSTRUCTING: Selector =
        selector("storeAccountConstructingCodeHash(address,bytes32)");
    const STORE_CONSTRUCTED: Selector =
        selector("storeAccountConstructedCodeHash(address,bytes32)");
    const MARK_CONSTRUCTED: Selector = selector("markAccountCodeHashAsConstructed(address)");
    let account_and_hash = || {
        let arguments = Arguments::new(data, 2)?;
        Ok::<_, Failure>((arguments.address(0)?, arguments.word(1)?))
    };
    match function {
        STORE_CONSTRUCTING => {
            let (account, hash) = account_and_hash()?;
            only_from(cx, &[CONTRACT_DEPLOYER])?;
            store_constructing(cx, &account, &hash)?;
        }
        STORE_CONSTRUCTED => {
            let (account, hash) = account_and_hash()?;
            only_from(cx, &[CONTRACT_DEPLOYER])?;
            store_constructed(cx, &account, &hash)?;
        }
        MARK_CONSTRUCTED => {
            let account = Arguments::new(data, 1)?.address(0)?;
            only_from(cx, &[CONTRACT_DEPLOYER])?;
            mark_constructed(cx, &account)?;
        }
        _ => return Err(Failure::EMPTY),
    }
    Ok(Step::done())
}

/// The hash that is stored for an account.
pub(crate) fn raw_code_hash(cx: &mut Context<'_>, account: &Address) -> Result<Word, Failure> {
    cx.load_of(&ACCOUNT_CODE_STORAGE, &Word::from_address(account))
}

fn store(cx: &mut Context<'_>, account: &Address, hash: &Word) -> Result<(), Failure> {
    cx.store_of(&ACCOUNT_CODE_STORAGE, &Word::from_address(account), hash)
}

fn is_precompile(account: &Address) -> bool {
    Word::from_address(account).to_u64().is_some_and(|number| number <= LAST_PRECOMPILE)
}

/// What the EVM's `extcodehash` says of an account.
pub(super) fn code_hash(cx: &mut Context<'_>, account: &Address) -> Result<Word, Failure> {
    if is_precompile(account) {
        return Ok(HASH_OF_NOTHING);
    }
    let hash = raw_code_hash(cx, account)?;
    if hash.is_zero() {
        let is_there = !nonce_holder::raw(cx, account).map_err(Failure::of_call)?.is_zero();
        return Ok(if is_there { HASH_OF_NOTHING } else { hash });
    }
    if is_constructing(&hash) {
        return Ok(HASH_OF_NOTHING);
    }
    if is_evm(&hash) {
        return evm_hashes::evm_code_hash(cx, &hash).map_err(Failure::of_call);
    }
    Ok(hash)
}

/// What the EVM's `extcodesize` says of an account.
pub(super) fn code_size(cx: &mut Context<'_>, account: &Address) -> Result<u64, Failure> {
    let hash = raw_code_hash(cx, account)?;
    let has_none = is_precompile(account) || hash.is_zero() || is_constructing(&hash);
    Ok(if has_none { 0 } else { code_hash::bytes(&hash) })
}

/// Gives an account code whose constructor runs now. Who may ask for it is not asked here, nor below.
pub(super) fn store_constructing(
    cx: &mut Context<'_>,
    account: &Address,
    hash: &Word,
) -> Result<(), Failure> {
    if !is_constructing(hash) {
        return Err(invalid(Expected::Constructing));
    }
    store(cx, account, hash)
}

/// Gives an account code whose constructor is over.
pub(super) fn store_constructed(
    cx: &mut Context<'_>,
    account: &Address,
    hash: &Word,
) -> Result<(), Failure> {
    if !is_constructed(hash) {
        return Err(invalid(Expected::Constructed));
    }
    store(cx, account, hash)
}

/// Ends the construction of an account.
pub(super) fn mark_constructed(cx: &mut Context<'_>, account: &Address) -> Result<(), Failure> {
    let hash = raw_code_hash(cx, account)?;
    if !is_constructing(&hash) {
        return Err(invalid(Expected::Constructing));
    }
    store(cx, account, &code_hash::constructed(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keccak::keccak_word;

    #[test]
    fn the_hash_of_nothing_is_that() {
        assert_eq!(HASH_OF_NOTHING, keccak_word([&[][..]]));
    }
}
