//! `L2InteropRootStorage`: roots of other chains' messages.

use super::rights::only_from_bootloader;
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{
    Arguments, Encoder, Selector, error, selector, split_selector, topic,
};
use crate::system_contracts::addresses::INTEROP_ROOT_STORAGE;
use eravm_core::Word;

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const ADD: Selector = selector("addInteropRoot(uint256,uint256,bytes32[])");
    const GET: Selector = selector("interopRoots(uint256,uint256)");
    let calldata = cx.calldata()?;
    let Some((function, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    cx.not_payable()?;
    match function {
        ADD => {
            let arguments = Arguments::new(data, 3)?;
            let (chain, block) = (arguments.word(0)?, arguments.word(1)?);
            let sides = arguments.words(2)?;
            only_from_bootloader(cx)?;
            add_root(cx, &chain, &block, &sides)?;
            Ok(Step::done())
        }
        GET => {
            let arguments = Arguments::new(data, 2)?;
            let slot = slot(cx, &arguments.word(0)?, &arguments.word(1)?)?;
            Ok(Step::returns_word(cx.load(&slot)?))
        }
        _ => Err(Failure::EMPTY),
    }
}

/// The slot of a root: in a mapping of blocks in a mapping of chains that is the first variable.
fn slot(cx: &mut Context<'_>, chain: &Word, block: &Word) -> Result<Word, Failure> {
    let of_chain = cx.keccak(&[&chain.to_be_bytes(), &[0; 32]])?;
    cx.keccak(&[&block.to_be_bytes(), &of_chain.to_be_bytes()])
}

/// Adds the root of another chain's block. Who may ask for it is not asked here.
pub(crate) fn add_root(
    cx: &mut Context<'_>,
    chain: &Word,
    block: &Word,
    sides: &[Word],
) -> Result<(), Failure> {
    const NOT_ONE_SIDE: Selector = selector("SidesLengthNotOne()");
    const ZERO: Selector = selector("MessageRootIsZero()");
    const IS_THERE: Selector = selector("InteropRootAlreadyExists()");
    const ADDED: Word = topic("InteropRootAdded(uint256,uint256,bytes32[])");
    let [root] = sides else { return Err(error(NOT_ONE_SIDE, &[])) };
    if root.is_zero() {
        return Err(error(ZERO, &[]));
    }
    let slot = slot(cx, chain, block)?;
    if !cx.load_of(&INTEROP_ROOT_STORAGE, &slot)?.is_zero() {
        return Err(error(IS_THERE, &[]));
    }
    cx.store_of(&INTEROP_ROOT_STORAGE, &slot, root)?;
    let data = Encoder::new().array(sides).finish();
    cx.emit(&INTEROP_ROOT_STORAGE, &[ADDED, *chain, *block], &data)
}
