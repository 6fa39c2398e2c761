//! `blockhash` as contracts see it.

use super::batch::batch_hash;
use super::load;
use super::slots::{self, Moment, halves};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use eravm_core::Word;
use primitive_types::U256;

/// So many hashes of previous blocks can be had.
const BLOCKS: u64 = 256;

/// The hash of a block; zero if it is too old, or is not there yet.
pub(in crate::embedded::contracts) fn block_hash_evm(
    cx: &mut Context<'_>,
    block: &Word,
) -> Result<Word, Failure> {
    let shown = Moment::load(cx, &slots::VIRTUAL_BLOCK)?;
    let (first_batch, caught_up) = halves(&load(cx, &slots::VIRTUAL_BLOCKS_RANGE)?);
    let number = U256::from(*block);
    let age = U256::from(shown.number).checked_sub(number);
    if age.is_none_or(|age| age.is_zero() || age > U256::from(BLOCKS)) {
        return Ok(Word::ZERO);
    }
    if number < U256::from(first_batch) {
        batch_hash(cx, block)
    } else if caught_up > 0 && number >= U256::from(caught_up) {
        load(cx, &slots::block_hash(block))
    } else {
        cx.keccak(&[&block.to_be_bytes()])
    }
}
