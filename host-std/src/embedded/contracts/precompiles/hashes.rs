//! Hashes, and what returns what it is given.

use super::pay;
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use eravm_core::precompiles::SHA256_START;

/// Bytes of a round of sha256.
const SHA256_BLOCK: usize = 64;
/// Bytes of a round of keccak256.
const KECCAK256_BLOCK: u64 = 136;

/// `Keccak256`.
pub(crate) fn keccak256(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let calldata = cx.calldata()?;
    let rounds = calldata.len() as u64 / KECCAK256_BLOCK + 1;
    pay(cx, 0)?;
    cx.charge_times(prices::KECCAK256_ROUND, rounds)?;
    let hash = cx.world.keccak256(&mut core::iter::once(&*calldata))?;
    Ok(Step::returns(hash.to_vec()))
}

/// `SHA256`.
pub(crate) fn sha256(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let mut padded = cx.calldata()?;
    let bits = padded.len() as u64 * 8;
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(SHA256_BLOCK) - 8, 0);
    padded.extend(bits.to_be_bytes());
    let (blocks, _) = padded.as_chunks();
    pay(cx, 0)?;
    cx.charge_times(prices::SHA256_ROUND, blocks.len() as u64)?;
    let mut state = SHA256_START;
    cx.world.sha256_rounds(&mut state, blocks)?;
    Ok(Step::returns(state.iter().flat_map(|word| word.to_be_bytes()).collect()))
}

/// `Identity`.
pub(crate) fn identity(cx: &mut Context<'_>) -> Result<Step, Failure> {
    Ok(Step::returns(cx.calldata()?))
}
