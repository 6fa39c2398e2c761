//! The functions that others call.

use super::slots::{self, Moment, from_halves};
use super::{NewBlock, batch, block, block_hash, load, store};
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::contracts::rights::{only_from, only_from_bootloader};
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Arguments, Encoder, Selector, overflow, selector, split_selector};
use crate::system_contracts::addresses::COMPLEX_UPGRADER;
use eravm_core::Word;
use primitive_types::U256;

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const SET_CHAIN_ID: Selector = selector("setChainId(uint256)");
    let calldata = cx.calldata()?;
    let Some((function, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    cx.not_payable()?;
    if let Some(word) = variable(cx, function)? {
        return Ok(Step::returns_word(word));
    }
    if let Some(answer) = question(cx, function, data)? {
        return Ok(Step::returns(answer.finish()));
    }
    if function == SET_CHAIN_ID {
        let id = Arguments::new(data, 1)?.word(0)?;
        only_from(cx, &[COMPLEX_UPGRADER])?;
        store(cx, &slots::CHAIN_ID, &id)?;
    } else {
        order(cx, function, data)?;
    }
    Ok(Step::done())
}

/// Public variables, and functions that return one as it is.
fn variable(cx: &mut Context<'_>, function: Selector) -> Result<Option<Word>, Failure> {
    const CHAIN_ID: Selector = selector("chainId()");
    const ORIGIN: Selector = selector("origin()");
    const GAS_PRICE: Selector = selector("gasPrice()");
    const GAS_LIMIT: Selector = selector("blockGasLimit()");
    const COINBASE: Selector = selector("coinbase()");
    const DIFFICULTY: Selector = selector("difficulty()");
    const BASE_FEE: Selector = selector("baseFee()");
    const TX_NUMBER: Selector = selector("txNumberInBlock()");
    const GAS_PER_PUBDATA: Selector = selector("gasPerPubdataByte()");
    let slot = match function {
        CHAIN_ID => slots::CHAIN_ID,
        ORIGIN => slots::ORIGIN,
        GAS_PRICE => slots::GAS_PRICE,
        GAS_LIMIT => slots::GAS_LIMIT,
        COINBASE => slots::COINBASE,
        DIFFICULTY => slots::DIFFICULTY,
        BASE_FEE => slots::BASE_FEE,
        TX_NUMBER => slots::TX_NUMBER,
        GAS_PER_PUBDATA => slots::GAS_PER_PUBDATA,
        _ => return Ok(None),
    };
    let word = load(cx, &slot)?;
    Ok(Some(match function {
        ORIGIN | COINBASE => Word::from_address(&word.to_address()),
        TX_NUMBER => Word::from_u64(word.low_u16().into()),
        _ => word,
    }))
}

/// Functions that compute something of what is kept.
fn question(
    cx: &mut Context<'_>,
    function: Selector,
    data: &[u8],
) -> Result<Option<Encoder>, Failure> {
    const PUBDATA_SPENT: Selector = selector("getCurrentPubdataSpent()");
    const PUBDATA_COST: Selector = selector("getCurrentPubdataCost()");
    const BLOCK_HASH_EVM: Selector = selector("getBlockHashEVM(uint256)");
    const BLOCK: Selector = selector("getL2BlockNumberAndTimestamp()");
    const BLOCK_NUMBER: Selector = selector("getBlockNumber()");
    const BLOCK_TIMESTAMP: Selector = selector("getBlockTimestamp()");
    const BATCH_HASH: Selector = selector("getBatchHash(uint256)");
    const BATCH_HASH_OLD: Selector = selector("blockHash(uint256)");
    const BATCH: Selector = selector("getBatchNumberAndTimestamp()");
    const BATCH_PACKED: Selector = selector("currentBlockInfo()");
    const BATCH_OLD: Selector = selector("getBlockNumberAndTimestamp()");
    let both = |Moment { timestamp, number }| {
        Encoder::new().words(&[number, timestamp].map(Word::from_u128))
    };
    let one = |word| Encoder::new().word(word);
    Ok(Some(match function {
        PUBDATA_SPENT => one(pubdata_spent(cx)?.into()),
        PUBDATA_COST => {
            let price = U256::from(load(cx, &slots::GAS_PER_PUBDATA)?);
            one(price.checked_mul(pubdata_spent(cx)?).ok_or_else(overflow)?.into())
        }
        BLOCK_HASH_EVM => {
            let block = Arguments::new(data, 1)?.word(0)?;
            one(block_hash::block_hash_evm(cx, &block)?)
        }
        BLOCK => both(Moment::load(cx, &slots::BLOCK)?),
        BLOCK_NUMBER => one(Word::from_u128(Moment::load(cx, &slots::VIRTUAL_BLOCK)?.number)),
        BLOCK_TIMESTAMP => one(Word::from_u128(Moment::load(cx, &slots::VIRTUAL_BLOCK)?.timestamp)),
        BATCH_HASH | BATCH_HASH_OLD => {
            let number = Arguments::new(data, 1)?.word(0)?;
            one(batch::batch_hash(cx, &number)?)
        }
        BATCH | BATCH_OLD => both(Moment::load(cx, &slots::BATCH)?),
        BATCH_PACKED => {
            let Moment { timestamp, number } = Moment::load(cx, &slots::BATCH)?;
            one(from_halves(timestamp, number))
        }
        _ => return Ok(None),
    }))
}

/// Bytes of pubdata since the transaction began; none if there are fewer.
fn pubdata_spent(cx: &mut Context<'_>) -> Result<U256, Failure> {
    // As the machine tells it to contracts: in 32 bits.
    let published = U256::from(cx.vm.pubdata() as u32);
    let before = U256::from(load(cx, &slots::BASE_PUBDATA_SPENT)?);
    Ok(published.saturating_sub(before))
}

/// What the bootloader orders. It calls the functions behind this, and everybody else is refused, but only after the arguments decode.
fn order(cx: &mut Context<'_>, function: Selector, data: &[u8]) -> Result<(), Failure> {
    const SET_TX_ORIGIN: Selector = selector("setTxOrigin(address)");
    const SET_GAS_PRICE: Selector = selector("setGasPrice(uint256)");
    const SET_PUBDATA_INFO: Selector = selector("setPubdataInfo(uint256,uint256)");
    const SET_L2_BLOCK: Selector = selector("setL2Block(uint128,uint128,bytes32,bool,uint128)");
    const APPEND: Selector = selector("appendTransactionToCurrentL2Block(bytes32)");
    const PUBLISH_TIMESTAMPS: Selector = selector("publishTimestampDataToL1()");
    const SET_NEW_BATCH: Selector = selector("setNewBatch(bytes32,uint128,uint128,uint256)");
    const OVERRIDE_BATCH: Selector = selector("unsafeOverrideBatch(uint256,uint256,uint256)");
    const INCREMENT: Selector = selector("incrementTxNumberInBatch()");
    const RESET: Selector = selector("resetTxNumberInBatch()");
    let count = match function {
        SET_TX_ORIGIN | SET_GAS_PRICE | APPEND => 1,
        SET_PUBDATA_INFO => 2,
        OVERRIDE_BATCH => 3,
        SET_NEW_BATCH => 4,
        SET_L2_BLOCK => 5,
        PUBLISH_TIMESTAMPS | INCREMENT | RESET => 0,
        _ => return Err(Failure::EMPTY),
    };
    let arguments = Arguments::new(data, count)?;
    let half = |index| arguments.uint(index, 128).map(|word| word.low_u128());
    match function {
        SET_TX_ORIGIN => {
            let origin = arguments.address(0)?;
            only_from_bootloader(cx)?;
            super::set_tx_origin(cx, &origin)
        }
        SET_L2_BLOCK => {
            let block = NewBlock {
                number: half(0)?,
                timestamp: half(1)?,
                previous_hash: arguments.word(2)?,
                is_first_in_batch: arguments.boolean(3)?,
                virtual_blocks: half(4)?,
            };
            only_from_bootloader(cx)?;
            block::set_l2_block(cx, &block)
        }
        SET_NEW_BATCH => {
            let (timestamp, number) = (half(1)?, half(2)?);
            only_from_bootloader(cx)?;
            let (previous_hash, base_fee) = (arguments.word(0)?, arguments.word(3)?);
            batch::set_new_batch(cx, &previous_hash, timestamp, number, &base_fee)
        }
        _ => {
            only_from_bootloader(cx)?;
            let word = |index| arguments.word(index);
            match function {
                SET_GAS_PRICE => super::set_gas_price(cx, &word(0)?),
                SET_PUBDATA_INFO => super::set_pubdata_info(cx, &word(0)?, &word(1)?),
                APPEND => block::append_transaction_to_current_l2_block(cx, &word(0)?),
                OVERRIDE_BATCH => {
                    let (timestamp, number) = (word(0)?.low_u128(), word(1)?.low_u128());
                    batch::override_batch(cx, timestamp, number, &word(2)?)
                }
                PUBLISH_TIMESTAMPS => batch::publish_timestamp_data_to_l1(cx),
                INCREMENT => super::increment_tx_number(cx),
                _ => super::reset_tx_number(cx),
            }
        }
    }
}
