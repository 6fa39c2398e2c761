//! Validation: the nonce is the next one, there is enough for value and fee, and the key has signed.

use crate::embedded::account::{self, INVALID_SIGNATURE, Transaction, VALIDATE, WRONG_V};
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::contracts::{base_token, nonce_holder};
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use crate::embedded::solidity::{Selector, error, overflow, selector};
use eravm_core::Word;
use primitive_types::U256;

/// Bytes of a signature: r, s and v.
const SIGNATURE_BYTES: usize = 65;
/// The highest s that is taken: half of the order of the group. Each signature has a twin with an s above it.
const MOST_S: Word = Word([
    0xdfe9_2f46_681b_20a0,
    0x5d57_6e73_57a4_501d,
    0xffff_ffff_ffff_ffff,
    0x7fff_ffff_ffff_ffff,
]);
/// What is wrong with a signature: its length.
const WRONG_LENGTH: u64 = 0;
/// What is wrong with a signature: s.
const WRONG_S: u64 = 2;

/// Returns the word that stands for yes if the key has signed `signed`, which is zero if the bootloader does not know it, and zero if not.
pub(super) fn validate(
    cx: &mut Context<'_>,
    signed: &Word,
    tx: &Transaction<'_>,
) -> Result<Step, Failure> {
    const INSUFFICIENT_FUNDS: Selector = selector("InsufficientFunds(uint256,uint256)");
    let account = cx.this();
    nonce_holder::increment_if_equals(cx, &account, &tx.nonce()).map_err(Failure::of_call)?;
    let signed = if signed.is_zero() { account::signed_hash(cx, tx)? } else { *signed };
    let required = required_balance(tx)?;
    let balance = base_token::balance_of(cx, &account)?;
    if required > balance.into() {
        return Err(error(INSUFFICIENT_FUNDS, &[required.into(), balance]));
    }
    let is_valid = has_signed(cx, &signed, tx.signature()?)?;
    let [a, b, c, d] = VALIDATE.0;
    let yes = Word([0, 0, 0, u64::from_be_bytes([a, b, c, d, 0, 0, 0, 0])]);
    Ok(Step::returns_word(if is_valid { yes } else { Word::ZERO }))
}

/// What the account must have for the value, and for the fee if it pays that.
fn required_balance(tx: &Transaction<'_>) -> Result<U256, Failure> {
    let value = U256::from(tx.value());
    if !tx.paymaster().is_zero() {
        return Ok(value);
    }
    let sum = most_fee(tx).and_then(|fee| fee.checked_add(value));
    sum.ok_or_else(overflow)
}

/// The most that the transaction can cost, beside its value.
pub(super) fn most_fee(tx: &Transaction<'_>) -> Option<U256> {
    U256::from(tx.max_fee_per_gas()).checked_mul(tx.gas_limit().into())
}

/// Whether the account's key has signed a hash.
fn has_signed(cx: &mut Context<'_>, hash: &Word, signature: &[u8]) -> Result<bool, Failure> {
    let invalid = |what, how| error(INVALID_SIGNATURE, &[Word::from_u64(what), how]);
    let Ok(signature) = <&[u8; SIGNATURE_BYTES]>::try_from(signature) else {
        return Err(invalid(WRONG_LENGTH, Word::from_u64(signature.len() as u64)));
    };
    let (numbers, v) = signature.as_chunks::<32>();
    let (&[r, s], &[v]) = (numbers, v) else { return Err(Failure::EMPTY) };
    if !matches!(v, 27 | 28) {
        return Err(invalid(WRONG_V, Word::from_u64(v.into())));
    }
    let number = Word::from_be_bytes(&s);
    if U256::from(number) > MOST_S.into() {
        return Err(invalid(WRONG_S, number));
    }
    cx.charge(prices::ECRECOVER)?;
    let signer = cx.world.ecrecover(&hash.to_be_bytes(), &r, &s, v == 28)?;
    Ok(signer.is_some_and(|signer| signer == cx.this() && !signer.is_zero()))
}
