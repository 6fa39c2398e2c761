//! `SystemContext`: what contracts can know of chain, batch, block and transaction.

mod batch;
mod block;
mod block_hash;
mod functions;
mod slots;

pub(crate) use batch::{override_batch, publish_timestamp_data_to_l1, set_new_batch};
pub(crate) use block::{NewBlock, append_transaction_to_current_l2_block, set_l2_block};
pub(crate) use functions::enter;

pub(super) use block_hash::block_hash_evm;

use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::overflow;
use crate::system_contracts::addresses::SYSTEM_CONTEXT;
use eravm_core::{Address, Word};

/// The number of the transaction in the batch.
pub(crate) fn tx_number(cx: &mut Context<'_>) -> Result<u16, Failure> {
    Ok(load(cx, &slots::TX_NUMBER)?.low_u16())
}

/// Counts a transaction of the batch.
pub(crate) fn increment_tx_number(cx: &mut Context<'_>) -> Result<(), Failure> {
    let next = tx_number(cx)?.checked_add(1).ok_or_else(overflow)?;
    set_tx_number(cx, next)
}

/// Begins to count anew: at the end of the batch.
pub(crate) fn reset_tx_number(cx: &mut Context<'_>) -> Result<(), Failure> {
    set_tx_number(cx, 0)
}

/// It has 16 bits of its slot; the others stay.
fn set_tx_number(cx: &mut Context<'_>, number: u16) -> Result<(), Failure> {
    let mut word = load(cx, &slots::TX_NUMBER)?;
    word.0[0] = word.0[0] & !u64::from(u16::MAX) | u64::from(number);
    store(cx, &slots::TX_NUMBER, &word)
}

/// Sets `tx.origin`. It has 160 bits of its slot; the others stay.
pub(crate) fn set_tx_origin(cx: &mut Context<'_>, origin: &Address) -> Result<(), Failure> {
    let Word([_, _, high, highest]) = load(cx, &slots::ORIGIN)?;
    let Word([low, middle, own, _]) = Word::from_address(origin);
    let rest = high & !u64::from(u32::MAX);
    store(cx, &slots::ORIGIN, &Word([low, middle, own | rest, highest]))
}

/// `tx.origin`.
pub(crate) fn tx_origin(cx: &mut Context<'_>) -> Result<Address, Failure> {
    Ok(load(cx, &slots::ORIGIN)?.to_address())
}

/// What code of the EVM asks for beyond the hashes of blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Variable {
    Origin,
    GasPrice,
    GasLimit,
    Coinbase,
    BaseFee,
    BlockNumber,
    BlockTimestamp,
}

/// What contracts see of block and transaction.
pub(super) fn variable(cx: &mut Context<'_>, variable: Variable) -> Result<Word, Failure> {
    let slot = match variable {
        Variable::Origin => return Ok(Word::from_address(&tx_origin(cx)?)),
        Variable::Coinbase => {
            return Ok(Word::from_address(&load(cx, &slots::COINBASE)?.to_address()));
        }
        Variable::GasPrice => slots::GAS_PRICE,
        Variable::GasLimit => slots::GAS_LIMIT,
        Variable::BaseFee => slots::BASE_FEE,
        Variable::BlockNumber => {
            let shown = slots::Moment::load(cx, &slots::VIRTUAL_BLOCK)?;
            return Ok(Word::from_u128(shown.number));
        }
        Variable::BlockTimestamp => {
            let shown = slots::Moment::load(cx, &slots::VIRTUAL_BLOCK)?;
            return Ok(Word::from_u128(shown.timestamp));
        }
    };
    load(cx, &slot)
}

/// Sets `tx.gasprice`.
pub(crate) fn set_gas_price(cx: &mut Context<'_>, price: &Word) -> Result<(), Failure> {
    store(cx, &slots::GAS_PRICE, price)
}

/// Sets what a byte of pubdata costs in gas, and how many bytes were published before the transaction.
pub(crate) fn set_pubdata_info(
    cx: &mut Context<'_>,
    gas_per_byte: &Word,
    spent_before: &Word,
) -> Result<(), Failure> {
    store(cx, &slots::BASE_PUBDATA_SPENT, spent_before)?;
    store(cx, &slots::GAS_PER_PUBDATA, gas_per_byte)
}

/// The chain's number.
pub(crate) fn chain_id(cx: &mut Context<'_>) -> Result<Word, Failure> {
    load(cx, &slots::CHAIN_ID)
}

fn load(cx: &mut Context<'_>, slot: &Word) -> Result<Word, Failure> {
    cx.load_of(&SYSTEM_CONTEXT, slot)
}

fn store(cx: &mut Context<'_>, slot: &Word, value: &Word) -> Result<(), Failure> {
    cx.store_of(&SYSTEM_CONTEXT, slot, value)
}
