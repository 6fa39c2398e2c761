//! `KECCAK256`, which the host computes: its hosts have the machine's own, in three quarters of the time of the crate's.

use super::{Done, answer, charge, expand, length, pop, push};
use crate::evm::bridge::Cx;
use revm_interpreter::interpreter_types::MemoryTr;
use revm_interpreter::primitives::U256;

/// `KECCAK256`
pub(super) fn keccak256(mut cx: Cx<'_, '_>) -> Done {
    let [offset, bytes] = pop(cx.interpreter)?;
    let bytes = length(bytes)?;
    charge(cx.interpreter, cx.host.rules.dynamic_gas().keccak256_cost(bytes))?;
    let offset = expand(&mut cx, offset, bytes)?;
    let hash = {
        let input = cx.interpreter.memory.slice(offset..offset + bytes);
        cx.host.host.keccak256(&input)
    };
    let hash = answer(hash)?;
    push(cx.interpreter, U256::from_be_bytes(hash))
}
