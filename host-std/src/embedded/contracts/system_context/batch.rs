//! Beginning and ending batches.

use super::slots::{self, Moment, from_halves};
use super::{load, store};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Selector, error, overflow, selector};
use crate::system_contracts::addresses::SYSTEM_CONTEXT;
use eravm_core::Word;

/// Key of the log with the timestamps of batch and last block.
const TIMESTAMPS_LOG: Word = Word::from_u64(1);
/// Key of the log with the hash of the previous batch.
const PREVIOUS_HASH_LOG: Word = Word::from_u64(4);

/// Begins a batch, the next one after the last, no earlier than its last block.
pub(crate) fn set_new_batch(
    cx: &mut Context<'_>,
    previous_hash: &Word,
    timestamp: u128,
    number: u128,
    base_fee: &Word,
) -> Result<(), Failure> {
    const NOT_LATER: Selector = selector("TimestampsShouldBeIncremental(uint128,uint128)");
    const NOT_NEXT: Selector = selector("ProvidedBatchNumberIsNotCorrect(uint128,uint128)");
    const BEFORE_BLOCK: Selector = selector("InconsistentNewBatchTimestamp(uint128,uint128)");
    let refuse = |why, left, right| error(why, &[left, right].map(Word::from_u128));
    let previous = Moment::load(cx, &slots::BATCH)?;
    if timestamp <= previous.timestamp {
        return Err(refuse(NOT_LATER, timestamp, previous.timestamp));
    }
    let next = previous.number.checked_add(1).ok_or_else(overflow)?;
    if next != number {
        return Err(refuse(NOT_NEXT, next, number));
    }
    let block = Moment::load(cx, &slots::BLOCK)?;
    if timestamp < block.timestamp {
        return Err(refuse(BEFORE_BLOCK, timestamp, block.timestamp));
    }
    let slot = batch_hash_slot(cx, &Word::from_u128(previous.number))?;
    store(cx, &slot, previous_hash)?;
    Moment { timestamp, number }.store(cx, &slots::BATCH)?;
    store(cx, &slots::BASE_FEE, base_fee)?;
    cx.message(&SYSTEM_CONTEXT, false, PREVIOUS_HASH_LOG, *previous_hash)
}

/// Sets the batch without any check: for simulated calls.
pub(crate) fn override_batch(
    cx: &mut Context<'_>,
    timestamp: u128,
    number: u128,
    base_fee: &Word,
) -> Result<(), Failure> {
    Moment { timestamp, number }.store(cx, &slots::BATCH)?;
    store(cx, &slots::BASE_FEE, base_fee)
}

/// Tells L1 the timestamps of the batch and of its last block.
pub(crate) fn publish_timestamp_data_to_l1(cx: &mut Context<'_>) -> Result<(), Failure> {
    const NO_BATCH: Selector = selector("CurrentBatchNumberMustBeGreaterThanZero()");
    let batch = Moment::load(cx, &slots::BATCH)?;
    let block = Moment::load(cx, &slots::BLOCK)?;
    if batch.number == 0 {
        return Err(error(NO_BATCH, &[]));
    }
    let packed = from_halves(block.timestamp, batch.timestamp);
    cx.message(&SYSTEM_CONTEXT, false, TIMESTAMPS_LOG, packed)
}

/// The hash of a batch before this one.
pub(super) fn batch_hash(cx: &mut Context<'_>, number: &Word) -> Result<Word, Failure> {
    let slot = batch_hash_slot(cx, number)?;
    load(cx, &slot)
}

fn batch_hash_slot(cx: &mut Context<'_>, number: &Word) -> Result<Word, Failure> {
    cx.keccak(&[&number.to_be_bytes(), &slots::BATCH_HASHES.to_be_bytes()])
}
