//! `NonceHolder`: the nonces of transactions and of deployments.
//!
//! A nonce of a transaction is a key of 192 bits and a value of 64. Those with the key 0 are counted in the lower half of the account's
//! word, whose upper half counts its deployments; others have a word of their own.

use super::rights::{only_from, only_system_call};
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use crate::embedded::solidity::{Arguments, Selector, error, overflow, selector, split_selector};
use crate::system_contracts::addresses::{CONTRACT_DEPLOYER, NONCE_HOLDER};
use eravm_core::{Address, Word};

/// Slot of the mapping of nonces that were used one by one. Nothing writes to it any more.
const USED_NONCES: Word = Word::from_u64(1);
/// Slot of the mapping of nonces with keys.
const KEYED_NONCES: Word = Word::from_u64(2);
/// By how much a nonce may be raised at once.
const MAX_INCREMENT: u64 = 1 << 32;

const INCREASE_ERROR: Selector = selector("NonceIncreaseError(uint256,uint256,uint256)");
const VALUE_MISMATCH: Selector = selector("ValueMismatch(uint256,uint256)");
const INVALID_KEY: Selector = selector("InvalidNonceKey(uint192)");

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const GET_MIN: Selector = selector("getMinNonce(address)");
    const GET_KEYED: Selector = selector("getKeyedNonce(address,uint192)");
    const GET_RAW: Selector = selector("getRawNonce(address)");
    const GET_DEPLOYMENT: Selector = selector("getDeploymentNonce(address)");
    const IS_USED: Selector = selector("isNonceUsed(address,uint256)");
    let calldata = cx.calldata()?;
    let Some((function, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    cx.not_payable()?;
    let account = || Arguments::new(data, 1)?.address(0);
    let answer = match function {
        GET_MIN => Word::from_u128(raw(cx, &account()?)?.low_u128()),
        GET_RAW => raw(cx, &account()?)?,
        GET_DEPLOYMENT => upper_half(&raw(cx, &account()?)?),
        GET_KEYED => {
            let arguments = Arguments::new(data, 2)?;
            let (account, key) = (arguments.address(0)?, arguments.uint(1, 192)?);
            if key.is_zero() {
                Word::from_u128(raw(cx, &account)?.low_u128())
            } else {
                let value = keyed(cx, &account, &key)?.1;
                Word([value.0[0], key.0[0], key.0[1], key.0[2]])
            }
        }
        IS_USED => {
            let arguments = Arguments::new(data, 2)?;
            let (account, nonce) = (arguments.address(0)?, arguments.word(1)?);
            Word::from_u64(is_used(cx, &account, &nonce)?.into())
        }
        _ => return change(cx, function, data),
    };
    Ok(Step::returns_word(answer))
}

/// The functions that change something, and the one that reverts.
fn change(cx: &mut Context<'_>, function: Selector, data: &[u8]) -> Result<Step, Failure> {
    const INCREASE: Selector = selector("increaseMinNonce(uint256)");
    const INCREMENT_IF_EQUALS: Selector = selector("incrementMinNonceIfEquals(uint256)");
    const INCREMENT_KEYED: Selector = selector("incrementMinNonceIfEqualsKeyed(uint256)");
    const INCREMENT_DEPLOYMENT: Selector = selector("incrementDeploymentNonce(address)");
    const VALIDATE: Selector = selector("validateNonceUsage(address,uint256,bool)");
    match function {
        INCREASE => {
            let by = Arguments::new(data, 1)?.word(0)?;
            only_system_call(cx)?;
            let account = cx.caller();
            return Ok(Step::returns_word(increase(cx, &account, &by)?));
        }
        INCREMENT_IF_EQUALS => {
            let expected = Arguments::new(data, 1)?.word(0)?;
            only_system_call(cx)?;
            let account = cx.caller();
            increment_if_equals(cx, &account, &expected)?;
        }
        INCREMENT_KEYED => {
            let expected = Arguments::new(data, 1)?.word(0)?;
            only_system_call(cx)?;
            let account = cx.caller();
            increment_keyed(cx, &account, &expected)?;
        }
        INCREMENT_DEPLOYMENT => {
            let account = Arguments::new(data, 1)?.address(0)?;
            only_from(cx, &[CONTRACT_DEPLOYER])?;
            return Ok(Step::returns_word(increment_deployment(cx, &account)?));
        }
        VALIDATE => {
            let arguments = Arguments::new(data, 3)?;
            let (account, nonce) = (arguments.address(0)?, arguments.word(1)?);
            validate_usage(cx, &account, &nonce, arguments.boolean(2)?)?;
        }
        _ => return Err(Failure::EMPTY),
    }
    Ok(Step::done())
}

/// An account's word.
pub(super) fn raw(cx: &mut Context<'_>, account: &Address) -> Result<Word, Failure> {
    let slot = cx.slot_of(account);
    cx.load_of(&NONCE_HOLDER, &slot)
}

fn set_raw(cx: &mut Context<'_>, account: &Address, raw: &Word) -> Result<(), Failure> {
    let slot = cx.slot_of(account);
    cx.store_of(&NONCE_HOLDER, &slot, raw)
}

/// How many deployments an account's word counts.
pub(super) const fn upper_half(raw: &Word) -> Word {
    Word([raw.0[2], raw.0[3], 0, 0])
}

/// A nonce's key and value.
const fn split(nonce: &Word) -> (Word, u64) {
    let [value, low, middle, high] = nonce.0;
    (Word([low, middle, high, 0]), value)
}

/// The slot of a nonce that has a key, and its word, whose lowest limb is the value.
fn keyed(cx: &mut Context<'_>, account: &Address, key: &Word) -> Result<(Word, Word), Failure> {
    let slot = in_nested(cx, &KEYED_NONCES, account, key)?;
    Ok((slot, cx.load_of(&NONCE_HOLDER, &slot)?))
}

/// The slot of a key in an account's own mapping.
fn in_nested(
    cx: &mut Context<'_>,
    mapping: &Word,
    account: &Address,
    key: &Word,
) -> Result<Word, Failure> {
    cx.charge_times(prices::KECCAK256_ROUND, 2)?;
    Ok(cx.world.store().nested_slot(mapping, account, key))
}

/// Whether a nonce was used.
fn is_used(cx: &mut Context<'_>, account: &Address, nonce: &Word) -> Result<bool, Failure> {
    let (key, value) = split(nonce);
    let is_below = if key.is_zero() {
        u128::from(value) < raw(cx, account)?.low_u128()
    } else {
        value < keyed(cx, account, &key)?.1.0[0]
    };
    if is_below {
        return Ok(true);
    }
    let slot = in_nested(cx, &USED_NONCES, account, nonce)?;
    Ok(!cx.load_of(&NONCE_HOLDER, &slot)?.is_zero())
}

/// Reverts unless a nonce was used, or was not.
pub(crate) fn validate_usage(
    cx: &mut Context<'_>,
    account: &Address,
    nonce: &Word,
    should_be_used: bool,
) -> Result<(), Failure> {
    const ALREADY_USED: Selector = selector("NonceAlreadyUsed(address,uint256)");
    const NOT_USED: Selector = selector("NonceNotUsed(address,uint256)");
    let arguments = [Word::from_address(account), *nonce];
    match (is_used(cx, account, nonce)?, should_be_used) {
        (true, false) => Err(error(ALREADY_USED, &arguments)),
        (false, true) => Err(error(NOT_USED, &arguments)),
        (true, true) | (false, false) => Ok(()),
    }
}

/// Raises the nonce of an account; returns what it was.
fn increase(cx: &mut Context<'_>, account: &Address, by: &Word) -> Result<Word, Failure> {
    let refuse = |most| Err(error(INCREASE_ERROR, &[Word::ONE, most, *by]));
    let by = match by.to_u64() {
        Some(by @ 1..=MAX_INCREMENT) => by,
        _ => return refuse(Word::from_u64(MAX_INCREMENT)),
    };
    let raw = raw(cx, account)?;
    let old = raw.low_u128();
    let Some(new) = old.checked_add(by.into()).filter(|new| *new <= u64::MAX.into()) else {
        // SPEC: a nonce beyond 64 bits makes the difference underflow.
        let most = u128::from(u64::MAX).checked_sub(old).ok_or_else(overflow)?;
        return refuse(Word::from_u128(most));
    };
    set_raw(cx, account, &with_lower_half(&raw, new))?;
    Ok(Word::from_u128(old))
}

const fn with_lower_half(raw: &Word, half: u128) -> Word {
    Word([half as u64, (half >> 64) as u64, raw.0[2], raw.0[3]])
}

/// Raises the nonce of an account by one if it is as expected.
pub(crate) fn increment_if_equals(
    cx: &mut Context<'_>,
    account: &Address,
    expected: &Word,
) -> Result<(), Failure> {
    let (key, value) = split(expected);
    if !key.is_zero() {
        return Err(error(INVALID_KEY, &[key]));
    }
    let raw = raw(cx, account)?;
    let old = raw.low_u128();
    if old != value.into() {
        return Err(error(VALUE_MISMATCH, &[Word::from_u64(value), Word::from_u128(old)]));
    }
    let Some(new) = value.checked_add(1) else {
        return Err(error(INCREASE_ERROR, &[Word::ONE, Word::ZERO, Word::ONE]));
    };
    set_raw(cx, account, &with_lower_half(&raw, new.into()))
}

/// Raises a nonce with a key by one if it is as expected.
fn increment_keyed(
    cx: &mut Context<'_>,
    account: &Address,
    expected: &Word,
) -> Result<(), Failure> {
    let (key, value) = split(expected);
    if key.is_zero() {
        return Err(error(INVALID_KEY, &[key]));
    }
    let (slot, word) = keyed(cx, account, &key)?;
    let [old, rest @ ..] = word.0;
    if old != value {
        return Err(error(VALUE_MISMATCH, &[Word::from_u64(value), Word::from_u64(old)]));
    }
    let new = old.checked_add(1).ok_or_else(overflow)?;
    cx.store_of(&NONCE_HOLDER, &slot, &Word([new, rest[0], rest[1], rest[2]]))
}

/// Counts a deployment of an account; returns how many there were.
pub(crate) fn increment_deployment(
    cx: &mut Context<'_>,
    account: &Address,
) -> Result<Word, Failure> {
    let raw = raw(cx, account)?;
    let old = upper_half(&raw);
    let new = old.low_u128().wrapping_add(1);
    let new = Word([raw.0[0], raw.0[1], new as u64, (new >> 64) as u64]);
    set_raw(cx, account, &new)?;
    Ok(old)
}
