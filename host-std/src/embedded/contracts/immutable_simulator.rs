//! `ImmutableSimulator`: the immutable variables of contracts, which EraVM code cannot have.

use super::contract_deployer::immutables;
use super::rights::only_from;
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Arguments, Selector, Structure, selector, split_selector};
use crate::system_contracts::addresses::CONTRACT_DEPLOYER;

/// Words of an immutable.
const WORDS: usize = 2;

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const GET: Selector = selector("getImmutable(address,uint256)");
    const SET: Selector = selector("setImmutables(address,(uint256,bytes32)[])");
    let calldata = cx.calldata()?;
    let Some((function, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    cx.not_payable()?;
    let arguments = Arguments::new(data, 2)?;
    match function {
        GET => {
            let (account, index) = (arguments.address(0)?, arguments.word(1)?);
            let slot = immutables::slot(cx, &account, &index)?;
            Ok(Step::returns_word(cx.load(&slot)?))
        }
        SET => {
            let account = arguments.address(0)?;
            let (items, count) = Structure::argument_array_of(&calldata, 1, WORDS)?;
            only_from(cx, &[CONTRACT_DEPLOYER])?;
            let item = |index: usize| (items.word(index * WORDS), items.word(index * WORDS + 1));
            let all: Vec<_> = (0..count).map(item).collect();
            immutables::set(cx, &account, &all)?;
            Ok(Step::done())
        }
        _ => Err(Failure::EMPTY),
    }
}
