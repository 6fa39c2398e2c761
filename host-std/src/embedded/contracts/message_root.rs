//! `MessageRoot`: the root over the chains that settle on this one.
//!
//! The embedded system has no bridge, and no chain settles on it: what only the bridge may do reverts as it does on a new chain, where
//! nothing stands at the address of the bridge. What was stored by the compiled contract can be read.

use super::contract_deployer::immutables;
use super::system_context;
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{
    Arguments, Encoder, Selector, error, out_of_bounds, overflow, selector, split_selector,
};
use crate::system_contracts::addresses::{IMMUTABLE_SIMULATOR, MESSAGE_ROOT};
use eravm_core::Word;
use primitive_types::U256;

/// Slots: the number of chains, the mappings from chains to their numbers and back, the height of the tree, its leaves, and its rows.
const CHAIN_COUNT: Word = Word::from_u64(1);
const CHAIN_INDEX: Word = Word::from_u64(2);
const CHAIN_OF_INDEX: Word = Word::from_u64(3);
const HEIGHT: Word = Word::from_u64(4);
const LEAVES: Word = Word::from_u64(5);
const ROWS: Word = Word::from_u64(6);
/// The mapping from chains to their trees. Behind a tree's first slot is the array of the highest hashes of its levels.
const TREES: Word = Word::from_u64(8);
/// The mapping from blocks to the roots that they left.
const HISTORICAL_ROOTS: Word = Word::from_u64(9);
/// The root of the tree of no chains.
const EMPTY_ROOT: Word = Word([
    0x8ae9_a05b_20c0_8c21,
    0xeb56_7b06_c924_a8fb,
    0xaf2c_22dd_a278_7a91,
    0x4670_0b4d_40ac_5c35,
]);

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const AGGREGATED_ROOT: Selector = selector("getAggregatedRoot()");
    const COUNT: Selector = selector("chainCount()");
    const INDEX: Selector = selector("chainIndex(uint256)");
    const OF_INDEX: Selector = selector("chainIndexToId(uint256)");
    const HISTORICAL_ROOT: Selector = selector("historicalRoot(uint256)");
    const SHARED_TREE: Selector = selector("sharedTree()");
    const BRIDGE: Selector = selector("BRIDGE_HUB()");
    const IS_REGISTERED: Selector = selector("chainRegistered(uint256)");
    const CHAIN_ROOT: Selector = selector("getChainRoot(uint256)");
    let calldata = cx.calldata()?;
    let Some((function, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    cx.not_payable()?;
    let mapping = match function {
        AGGREGATED_ROOT => return Ok(Step::returns_word(aggregated_root(cx)?)),
        COUNT => return Ok(Step::returns_word(cx.load(&CHAIN_COUNT)?)),
        SHARED_TREE => {
            let words = [cx.load(&HEIGHT)?, cx.load(&LEAVES)?];
            return Ok(Step::returns(Encoder::new().words(&words).finish()));
        }
        BRIDGE => {
            let slot = immutables::slot(cx, &MESSAGE_ROOT, &Word::ZERO)?;
            let bridge = cx.load_of(&IMMUTABLE_SIMULATOR, &slot)?;
            return Ok(Step::returns_word(Word::from_address(&bridge.to_address())));
        }
        IS_REGISTERED => {
            let chain = Arguments::new(data, 1)?.word(0)?;
            let is_registered = is_registered(cx, &chain)?;
            return Ok(Step::returns_word(Word::from_u64(is_registered.into())));
        }
        CHAIN_ROOT => {
            let chain = Arguments::new(data, 1)?.word(0)?;
            return Ok(Step::returns_word(chain_root(cx, &chain)?));
        }
        INDEX => CHAIN_INDEX,
        OF_INDEX => CHAIN_OF_INDEX,
        HISTORICAL_ROOT => HISTORICAL_ROOTS,
        _ => return Err(Failure::EMPTY),
    };
    let key = Arguments::new(data, 1)?.word(0)?;
    Ok(Step::returns_word(mapped(cx, &mapping, &key)?))
}

/// A value of a mapping.
fn mapped(cx: &mut Context<'_>, mapping: &Word, key: &Word) -> Result<Word, Failure> {
    let slot = cx.keccak(&[&key.to_be_bytes(), &mapping.to_be_bytes()])?;
    cx.load(&slot)
}

/// Whether a chain settles here, or is this one.
fn is_registered(cx: &mut Context<'_>, chain: &Word) -> Result<bool, Failure> {
    Ok(*chain == system_context::chain_id(cx)? || !mapped(cx, &CHAIN_INDEX, chain)?.is_zero())
}

/// The root of a chain's own tree.
fn chain_root(cx: &mut Context<'_>, chain: &Word) -> Result<Word, Failure> {
    const NOT_REGISTERED: Selector = selector("MessageRootNotRegistered()");
    if !is_registered(cx, chain)? {
        return Err(error(NOT_REGISTERED, &[]));
    }
    let tree = cx.keccak(&[&chain.to_be_bytes(), &TREES.to_be_bytes()])?;
    let levels: Word = U256::from(tree).overflowing_add(U256::one()).0.into();
    let last = U256::from(cx.load(&levels)?).checked_sub(U256::one()).ok_or_else(overflow)?;
    let first = U256::from(cx.keccak(&[&levels.to_be_bytes()])?);
    cx.load(&first.overflowing_add(last).0.into())
}

/// The root over all chains.
pub(super) fn aggregated_root(cx: &mut Context<'_>) -> Result<Word, Failure> {
    if cx.load_of(&MESSAGE_ROOT, &CHAIN_COUNT)?.is_zero() {
        return Ok(EMPTY_ROOT);
    }
    let height = cx.load_of(&MESSAGE_ROOT, &HEIGHT)?;
    let row = element(cx, &ROWS, &height)?;
    let root = element(cx, &row, &Word::ZERO)?;
    cx.load_of(&MESSAGE_ROOT, &root)
}

/// The slot of an element of the array at a slot.
fn element(cx: &mut Context<'_>, array: &Word, index: &Word) -> Result<Word, Failure> {
    let length = cx.load_of(&MESSAGE_ROOT, array)?;
    if U256::from(*index) >= U256::from(length) {
        return Err(out_of_bounds());
    }
    let first = U256::from(cx.keccak(&[&array.to_be_bytes()])?);
    Ok(first.overflowing_add(U256::from(*index)).0.into())
}
