//! Arithmetic: modular exponentiation, and BN254.

use super::{burn, pay, word, word_at, words};
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use eravm_core::Word;

/// Bytes of a pair of points.
const PAIR_BYTES: usize = 192;

/// `EcAdd`: two points. Reverts if they are none.
pub(crate) fn ec_add(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let calldata = cx.calldata()?;
    let [ax, ay, bx, by] = core::array::from_fn(|index| word(&calldata, index));
    pay(cx, prices::EC_ADD)?;
    let sum = cx.world.ec_add(&[ax, ay], &[bx, by])?;
    sum.map(|point| words(&point)).ok_or(Failure::EMPTY)
}

/// `EcMul`: a point and a number. Reverts if the former is none.
pub(crate) fn ec_mul(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let calldata = cx.calldata()?;
    let [x, y, scalar] = core::array::from_fn(|index| word(&calldata, index));
    pay(cx, prices::EC_MUL)?;
    let product = cx.world.ec_mul(&[x, y], &scalar)?;
    product.map(|point| words(&point)).ok_or(Failure::EMPTY)
}

/// `EcPairing`: pairs of points. Reverts if one is none.
pub(crate) fn ec_pairing(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let calldata = cx.calldata()?;
    if calldata.is_empty() {
        return Ok(words(&[Word::ONE]));
    }
    if !calldata.len().is_multiple_of(PAIR_BYTES) {
        return burn(cx);
    }
    pay(cx, 0)?;
    let pairs = calldata.chunks(PAIR_BYTES);
    cx.charge_times(prices::EC_PAIRING, pairs.len() as u64)?;
    let mut pairs = pairs.map(|pair| core::array::from_fn(|index| word(pair, index)));
    let answer = cx.world.ec_pairing(&mut pairs)?;
    answer.map(|is_one| words(&[Word::from_u64(is_one.into())])).ok_or(Failure::EMPTY)
}

/// `Modexp`: the lengths of base, exponent and modulus, and then these, of at most 256 bits each.
pub(crate) fn modexp(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let calldata = cx.calldata()?;
    let mut at = 96;
    let mut numbers = [Word::ZERO; 3];
    let mut length = 0;
    for (index, number) in numbers.iter_mut().enumerate() {
        length = match word(&calldata, index).to_u64() {
            Some(length @ 0..=32) => length as usize,
            _ => return burn(cx),
        };
        // The bytes behind it are the next number's.
        *number = right_aligned(&word_at(&calldata, at), length);
        at += length;
    }
    pay(cx, prices::MODEXP)?;
    let [base, exponent, modulus] = &numbers;
    let result = cx.world.modexp(base, exponent, modulus)?.to_be_bytes();
    Ok(Step::returns(result.get(32 - length..).unwrap_or_default().to_vec()))
}

/// The number that the first bytes of a word are.
fn right_aligned(word: &Word, length: usize) -> Word {
    let bytes = word.to_be_bytes();
    let mut number = [0; 32];
    for (place, byte) in number.iter_mut().skip(32 - length).zip(bytes) {
        *place = byte;
    }
    Word::from_be_bytes(&number)
}
