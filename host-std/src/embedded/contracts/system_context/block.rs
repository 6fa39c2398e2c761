//! Beginning blocks, and going on with them.
//!
//! Contracts see virtual blocks: on a chain that once showed them batches for blocks these catch up with the real ones, on others they
//! have from the beginning.

use super::slots::{self, Moment, from_halves, halves};
use super::{load, store};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Selector, error, overflow, selector};
use eravm_core::Word;

/// The block of the next transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewBlock {
    pub(crate) number: u128,
    pub(crate) timestamp: u128,
    pub(crate) previous_hash: Word,
    pub(crate) is_first_in_batch: bool,
    /// How many virtual blocks begin with it.
    pub(crate) virtual_blocks: u128,
}

/// Begins a block, or makes sure that it is the current one.
pub(crate) fn set_l2_block(cx: &mut Context<'_>, block: &NewBlock) -> Result<(), Failure> {
    const BEFORE_BATCH: Selector = selector("L2BlockAndBatchTimestampMismatch(uint128,uint128)");
    const NO_VIRTUAL_BLOCKS: Selector = selector("NoVirtualBlocks()");
    const INVALID_NUMBER: Selector = selector("InvalidNewL2BlockNumber(uint256)");
    if block.is_first_in_batch {
        let batch = Moment::load(cx, &slots::BATCH)?;
        if block.timestamp < batch.timestamp {
            return Err(refuse_times(BEFORE_BATCH, block.timestamp, batch.timestamp));
        }
        if block.virtual_blocks == 0 {
            return Err(error(NO_VIRTUAL_BLOCKS, &[]));
        }
    }
    let current = Moment::load(cx, &slots::BLOCK)?;
    if current.is_none() {
        begin_first(cx, block)?;
    } else if current.number == block.number {
        go_on(cx, block, current)?;
    } else if current.number.checked_add(1).ok_or_else(overflow)? == block.number {
        begin_next(cx, block, current)?;
    } else {
        return Err(error(INVALID_NUMBER, &[Word::from_u128(block.number)]));
    }
    set_virtual_block(cx, block)
}

/// Adds a transaction to the block.
pub(crate) fn append_transaction_to_current_l2_block(
    cx: &mut Context<'_>,
    transaction: &Word,
) -> Result<(), Failure> {
    let before = load(cx, &slots::TRANSACTIONS_HASH)?;
    let after = cx.keccak(&[&before.to_be_bytes(), &transaction.to_be_bytes()])?;
    store(cx, &slots::TRANSACTIONS_HASH, &after)
}

fn refuse_times(why: Selector, left: u128, right: u128) -> Failure {
    error(why, &[left, right].map(Word::from_u128))
}

/// The first block of the chain, or the first since it has blocks: those before it have hashes of their numbers.
fn begin_first(cx: &mut Context<'_>, block: &NewBlock) -> Result<(), Failure> {
    const NOT_FIRST_TRANSACTION: Selector = selector("UpgradeTransactionMustBeFirst()");
    const NUMBER_ZERO: Selector = selector("L2BlockNumberZero()");
    const WRONG_PREVIOUS: Selector = selector("PreviousL2BlockHashIsIncorrect(bytes32,bytes32)");
    if !block.is_first_in_batch {
        return Err(error(NOT_FIRST_TRANSACTION, &[]));
    }
    let Some(previous) = block.number.checked_sub(1) else { return Err(error(NUMBER_ZERO, &[])) };
    let hash = cx.keccak(&[&(previous as u32).to_be_bytes()])?;
    if hash != block.previous_hash {
        return Err(error(WRONG_PREVIOUS, &[hash, block.previous_hash]));
    }
    set(cx, block)
}

fn go_on(cx: &mut Context<'_>, block: &NewBlock, current: Moment) -> Result<(), Failure> {
    const OF_PREVIOUS_BATCH: Selector = selector("CannotReuseL2BlockNumberFromPreviousBatch()");
    const OTHER_TIME: Selector = selector("IncorrectSameL2BlockTimestamp(uint128,uint128)");
    const OTHER_PREVIOUS: Selector = selector("IncorrectSameL2BlockPrevBlockHash(bytes32,bytes32)");
    const VIRTUAL_BLOCKS: Selector = selector("IncorrectVirtualBlockInsideMiniblock()");
    if block.is_first_in_batch {
        return Err(error(OF_PREVIOUS_BATCH, &[]));
    }
    if current.timestamp != block.timestamp {
        return Err(refuse_times(OTHER_TIME, block.timestamp, current.timestamp));
    }
    let previous_hash = hash_before(cx, block.number)?;
    if block.previous_hash != previous_hash {
        return Err(error(OTHER_PREVIOUS, &[block.previous_hash, previous_hash]));
    }
    if block.virtual_blocks != 0 {
        return Err(error(VIRTUAL_BLOCKS, &[]));
    }
    Ok(())
}

fn begin_next(cx: &mut Context<'_>, block: &NewBlock, current: Moment) -> Result<(), Failure> {
    const WRONG_HASH: Selector = selector("IncorrectL2BlockHash(bytes32,bytes32)");
    const EARLIER: Selector = selector("NonMonotonicL2BlockTimestamp(uint128,uint128)");
    let previous_hash = hash_before(cx, current.number)?;
    let transactions = load(cx, &slots::TRANSACTIONS_HASH)?;
    let hash = cx.keccak(&[
        &Word::from_u128(current.number).to_be_bytes(),
        &Word::from_u128(current.timestamp).to_be_bytes(),
        &previous_hash.to_be_bytes(),
        &transactions.to_be_bytes(),
    ])?;
    if block.previous_hash != hash {
        return Err(error(WRONG_HASH, &[block.previous_hash, hash]));
    }
    if block.timestamp < current.timestamp {
        return Err(refuse_times(EARLIER, block.timestamp, current.timestamp));
    }
    set(cx, block)
}

/// The kept hash of the block before one.
fn hash_before(cx: &mut Context<'_>, number: u128) -> Result<Word, Failure> {
    let previous = number.checked_sub(1).ok_or_else(overflow)?;
    load(cx, &slots::block_hash(&Word::from_u128(previous)))
}

fn set(cx: &mut Context<'_>, block: &NewBlock) -> Result<(), Failure> {
    let NewBlock { number, timestamp, previous_hash, .. } = *block;
    Moment { timestamp, number }.store(cx, &slots::BLOCK)?;
    let previous = number.checked_sub(1).ok_or_else(overflow)?;
    store(cx, &slots::block_hash(&Word::from_u128(previous)), &previous_hash)?;
    store(cx, &slots::TRANSACTIONS_HASH, &Word::ZERO)
}

fn set_virtual_block(cx: &mut Context<'_>, block: &NewBlock) -> Result<(), Failure> {
    const NO_FIRST: Selector = selector("CannotInitializeFirstVirtualBlock()");
    let (mut first_batch, caught_up) = halves(&load(cx, &slots::VIRTUAL_BLOCKS_RANGE)?);
    if caught_up != 0 {
        return Moment::load(cx, &slots::BLOCK)?.store(cx, &slots::VIRTUAL_BLOCK);
    }
    let mut shown = Moment::load(cx, &slots::VIRTUAL_BLOCK)?;
    let mut more = block.virtual_blocks;
    if shown.is_none() {
        first_batch = Moment::load(cx, &slots::BATCH)?.number;
        shown.number = first_batch;
        // SPEC: this is written before anything else can fail.
        store(cx, &slots::VIRTUAL_BLOCKS_RANGE, &from_halves(first_batch, 0))?;
        // The first one is that of the batch itself.
        more = more.checked_sub(1).ok_or_else(|| error(NO_FIRST, &[]))?;
    } else if more == 0 {
        return Ok(());
    }
    shown.number = shown.number.checked_add(more).ok_or_else(overflow)?;
    shown.timestamp = block.timestamp;
    let mut range = from_halves(first_batch, 0);
    if shown.number >= block.number {
        range = from_halves(first_batch, block.number);
        shown.number = block.number;
    }
    store(cx, &slots::VIRTUAL_BLOCKS_RANGE, &range)?;
    shown.store(cx, &slots::VIRTUAL_BLOCK)
}
