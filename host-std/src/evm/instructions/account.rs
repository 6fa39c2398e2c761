//! Instructions that look at accounts.

use super::{Done, answer, charge, expand, length, pop, push, since};
use crate::evm::bridge::Cx;
use crate::evm::fork::Fork;
use crate::evm::word;
use eravm_core::Address;
use revm_interpreter::InstructionResult;
use revm_interpreter::primitives::U256;

/// Pays for the first access of the transaction to an account, if it is that.
pub(super) fn warm(cx: &mut Cx<'_, '_>, address: &Address) -> Done {
    if answer(cx.host.host.warm_account(address))? {
        charge(cx.interpreter, cx.host.rules.dynamic_gas().cold_account_additional_cost())?;
    }
    Ok(())
}

/// Takes the address of an account, which becomes warm.
fn pop_account(cx: &mut Cx<'_, '_>) -> Result<Address, InstructionResult> {
    let [top] = pop(cx.interpreter)?;
    let address = word::to_address(top);
    warm(cx, &address)?;
    Ok(address)
}

/// `BALANCE`
pub(super) fn balance(mut cx: Cx<'_, '_>) -> Done {
    let address = pop_account(&mut cx)?;
    let balance = answer(cx.host.host.balance(&address))?;
    push(cx.interpreter, word::into(balance))
}

/// `SELFBALANCE`
pub(super) fn self_balance(cx: Cx<'_, '_>) -> Done {
    since(&cx, Fork::Istanbul)?;
    let this = word::address_from(cx.interpreter.input.target_address);
    let balance = answer(cx.host.host.balance(&this))?;
    push(cx.interpreter, word::into(balance))
}

/// `EXTCODESIZE`
pub(super) fn code_size(mut cx: Cx<'_, '_>) -> Done {
    let address = pop_account(&mut cx)?;
    let size = answer(cx.host.host.code_size(&address))?;
    push(cx.interpreter, U256::from(size))
}

/// `EXTCODEHASH`
pub(super) fn code_hash(mut cx: Cx<'_, '_>) -> Done {
    since(&cx, Fork::Petersburg)?;
    let address = pop_account(&mut cx)?;
    let hash = answer(cx.host.host.code_hash(&address))?;
    push(cx.interpreter, word::into(hash))
}

/// `EXTCODECOPY`
pub(super) fn code_copy(mut cx: Cx<'_, '_>) -> Done {
    let [address, to, from, bytes] = pop(cx.interpreter)?;
    let bytes = length(bytes)?;
    charge(cx.interpreter, cx.host.rules.dynamic_gas().extcodecopy(bytes))?;
    let to = expand(&mut cx, to, bytes)?;
    let address = word::to_address(address);
    warm(&mut cx, &address)?;
    if bytes == 0 {
        return Ok(());
    }
    let from = u64::try_from(from).unwrap_or(u64::MAX);
    let memory = &mut cx.interpreter.memory;
    let place = memory.part(to..to + bytes);
    place.fill(0);
    answer(cx.host.host.copy_code(&address, from, place))
}
