//! `SloadContract`: reads a slot of the contract for which its code runs.

use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Arguments, Selector, selector, split_selector};

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const SLOAD: Selector = selector("sload(bytes32)");
    let calldata = cx.calldata()?;
    let Some((SLOAD, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    cx.not_payable()?;
    let slot = Arguments::new(data, 1)?.word(0)?;
    Ok(Step::returns_word(cx.load(&slot)?))
}
