//! `MsgValueSimulator`: moves value and then calls with it, as if the caller had called itself.

use super::base_token;
use super::rights::only_system_call;
use crate::embedded::call::{Call, Data, Step};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Selector, error, selector};
use crate::system_contracts::addresses::MSG_VALUE_SIMULATOR;
use eravm_core::NativeCaller;

/// Ergs that the machine gives on top of what the caller passes. They are this contract's.
const STIPEND: u32 = 27_000;
/// Ergs that the callee gets on top if value is moved.
const CALLEE_STIPEND: u32 = 2300;
/// Bit of the mask that asks for a system call.
const IS_SYSTEM: u64 = 1;

/// Extra words: value, callee, mask. The calldata is the callee's.
pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const INVALID_CALL: Selector = selector("InvalidCall()");
    const OVERFLOW: Selector = selector("Overflow()");
    cx.not_payable()?;
    only_system_call(cx)?;
    let mut ergs = cx.vm.ergs().saturating_sub(STIPEND);
    let (value, callee, mask) = (cx.extra(0), cx.extra(1).to_address(), cx.extra(2));
    let (caller, calldata) = (cx.caller(), cx.calldata_pointer());
    let is_system = mask.0[0] & IS_SYSTEM != 0;
    if callee == MSG_VALUE_SIMULATOR {
        return Err(error(INVALID_CALL, &[]));
    }
    if !value.is_zero() {
        match base_token::transfer(cx, &caller, &callee, &value) {
            // Like the EVM where value is not there.
            Err(Failure::Revert(_) | Failure::Panic) => return Err(Failure::EMPTY),
            moved => moved?,
        }
        ergs = ergs.saturating_add(CALLEE_STIPEND);
    }
    if value.0[2] | value.0[3] != 0 {
        return Err(error(OVERFLOW, &[]));
    }
    // Setting the value of a call is a write.
    cx.may_write()?;
    Ok(Step::forward(Call {
        caller: NativeCaller::Mimicked(caller),
        ergs,
        value: value.low_u128(),
        is_system,
        ..Call::new(callee, Data::Pointer(calldata))
    }))
}
