//! Recovering signers, and verifying signatures.

use super::{pay, word, words};
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use eravm_core::Word;

/// The order of the group of secp256k1.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];
/// The values of v, which says whether y is odd.
const V_EVEN: u64 = 27;
const V_ODD: u64 = 28;
/// Bytes that `P256Verify` takes: digest, r, s, x, y.
const P256_INPUT: usize = 160;

/// `Ecrecover`: digest, v, r, s. Returns nothing if nobody can have signed like that.
pub(crate) fn ecrecover(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let calldata = cx.calldata()?;
    let [digest, v, r, s] = core::array::from_fn(|index| word(&calldata, index));
    let y_is_odd = match v.to_u64() {
        Some(V_EVEN) => false,
        Some(V_ODD) => true,
        _ => return Ok(Step::done()),
    };
    let [digest, r, s] = [digest, r, s].map(|word| word.to_be_bytes());
    // Big-endian bytes compare as the numbers do.
    if [r, s].iter().any(|number| *number == [0; 32] || *number >= ORDER) {
        return Ok(Step::done());
    }
    pay(cx, prices::ECRECOVER)?;
    Ok(match cx.world.ecrecover(&digest, &r, &s, y_is_odd)? {
        Some(signer) => Step::returns_word(Word::from_address(&signer)),
        None => Step::done(),
    })
}

/// `P256Verify`: digest, r, s, x, y. Returns nothing unless the signature is valid.
pub(crate) fn p256_verify(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let calldata = cx.calldata()?;
    if calldata.len() != P256_INPUT {
        return Ok(Step::done());
    }
    pay(cx, prices::P256_VERIFY)?;
    let [digest, r, s, x, y] = core::array::from_fn(|index| word(&calldata, index).to_be_bytes());
    let is_valid = cx.world.secp256r1_verify(&digest, &r, &s, &x, &y)? == Some(true);
    Ok(if is_valid { words(&[Word::ONE]) } else { Step::done() })
}
