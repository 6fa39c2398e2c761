//! The precompiles: heavy computations at the addresses that they have in Ethereum, and `Keccak256`.
//!
//! Each is as its wrapper of the machine's own precompile is: what is wrong with the input returns nothing, reverts, or takes all ergs,
//! as it does there. Only frames of kernel space compute anything; a delegate call of others panics where it would.

mod curve;
mod hashes;
mod signatures;

pub(crate) use curve::{ec_add, ec_mul, ec_pairing, modexp};
pub(crate) use hashes::{identity, keccak256, sha256};
pub(crate) use signatures::{ecrecover, p256_verify};

use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use eravm_core::Word;

/// Pays for a computation, which is for kernel space only.
fn pay(cx: &mut Context<'_>, ergs: u32) -> Result<(), Failure> {
    if !cx.vm.current_frame().is_kernel {
        return Err(Failure::Panic);
    }
    cx.charge(ergs)
}

/// Takes all ergs: the answer to input of a wrong shape.
fn burn(cx: &mut Context<'_>) -> Result<Step, Failure> {
    pay(cx, u32::MAX)?;
    Err(Failure::Panic)
}

/// A word of the calldata; behind its end there are zeros.
fn word(calldata: &[u8], index: usize) -> Word {
    word_at(calldata, index * 32)
}

/// The word from some byte of the calldata on.
fn word_at(calldata: &[u8], at: usize) -> Word {
    let mut bytes = [0; 32];
    let rest = calldata.get(at..).unwrap_or_default();
    bytes.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    Word::from_be_bytes(&bytes)
}

/// Returns words.
fn words(words: &[Word]) -> Step {
    Step::returns(words.iter().flat_map(Word::to_be_bytes).collect())
}
