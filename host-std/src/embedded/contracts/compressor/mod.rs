//! `Compressor`: checks that code and state diffs are what they are published as in a shorter form.

mod code;
mod input;
mod state_diffs;
mod value;

pub(crate) use code::publish_compressed_bytecode;

use super::rights::only_from_bootloader;
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Arguments, Selector, selector, split_selector};
use input::Input;

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const PUBLISH: Selector = selector("publishCompressedBytecode(bytes,bytes)");
    const VERIFY: Selector = selector("verifyCompressedStateDiffs(uint256,uint256,bytes,bytes)");
    let calldata = cx.calldata()?;
    let Some((function, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    cx.not_payable()?;
    let answer = match function {
        PUBLISH => {
            let arguments = Arguments::new(data, 2)?;
            let (code, compressed) = (arguments.tail(0)?, arguments.tail(1)?);
            only_from_bootloader(cx)?;
            let code = Input::of_argument(&calldata, &code);
            code::publish(cx, &code, &Input::of_argument(&calldata, &compressed))?.to_word()
        }
        VERIFY => {
            let arguments = Arguments::new(data, 4)?;
            let (count, index_bytes) = (arguments.word(0)?, arguments.word(1)?);
            let (diffs, compressed) = (arguments.tail(2)?, arguments.tail(3)?);
            let compressed = Input::of_argument(&calldata, &compressed);
            let diffs = Input::of_argument(&calldata, &diffs);
            state_diffs::verify(cx, &count, &index_bytes, &diffs, &compressed)?
        }
        _ => return Err(Failure::EMPTY),
    };
    Ok(Step::returns_word(answer))
}
