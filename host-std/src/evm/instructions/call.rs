//! Calls: what is paid for them, and what they ask for.

use super::account::warm;
use super::{Done, charge, length, pop, since};
use super::{answer, expand};
use crate::evm::bridge::Cx;
use crate::evm::fork::Fork;
use crate::evm::word;
use eravm_core::{Address, Word};
use revm_interpreter::primitives::U256;
use revm_interpreter::{InstructionExecResult, InstructionResult};
use std::ops::Range;

/// Which of the calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallKind {
    /// `CALL`
    Call,
    /// `CALLCODE`: the code of another account, called by this one itself.
    CallCode,
    /// `DELEGATECALL`: the same with this frame's caller and value.
    DelegateCall,
    /// `STATICCALL`
    StaticCall,
}

/// A call that a frame waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallRequest {
    /// Which of the calls.
    pub kind: CallKind,
    /// Whose code is called.
    pub code_address: Address,
    /// Whose storage it has.
    pub this: Address,
    /// Who calls.
    pub caller: Address,
    /// What the callee sees as its value. It is transferred unless the call is a `DELEGATECALL`.
    pub value: Word,
    /// The callee's gas, taken from the caller's already.
    pub gas: u64,
    /// Gas on top of what was taken: the callee's for a transfer.
    pub stipend: u64,
    /// Where the calldata is in the [caller's memory](super::super::Frame::memory).
    pub input: Range<usize>,
    /// Whether the callee may not write.
    pub is_static: bool,
}

/// What a frame will suspend for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Pending {
    pub(crate) call: CallRequest,
    /// Where the caller wants what comes back.
    pub(crate) output: Range<usize>,
}

/// `CALL`
pub(super) fn call(cx: Cx<'_, '_>) -> Done {
    generic(cx, CallKind::Call)
}

/// `CALLCODE`
pub(super) fn call_code(cx: Cx<'_, '_>) -> Done {
    generic(cx, CallKind::CallCode)
}

/// `DELEGATECALL`
pub(super) fn delegate_call(cx: Cx<'_, '_>) -> Done {
    since(&cx, Fork::Homestead)?;
    generic(cx, CallKind::DelegateCall)
}

/// `STATICCALL`
pub(super) fn static_call(cx: Cx<'_, '_>) -> Done {
    since(&cx, Fork::Byzantium)?;
    generic(cx, CallKind::StaticCall)
}

fn generic(mut cx: Cx<'_, '_>, kind: CallKind) -> Done {
    let [gas, to] = pop(cx.interpreter)?;
    let has_value = matches!(kind, CallKind::Call | CallKind::CallCode);
    let [value] = if has_value { pop(cx.interpreter)? } else { [U256::ZERO] };
    let is_static = cx.interpreter.runtime_flag.is_static;
    if is_static && kind == CallKind::Call && !value.is_zero() {
        return Err(InstructionResult::CallNotAllowedInsideStatic);
    }
    let [input, input_bytes, output, output_bytes] = pop(cx.interpreter)?;
    let input = range(&mut cx, input, input_bytes)?;
    let output = range(&mut cx, output, output_bytes)?;
    let to = word::to_address(to);
    let (gas, stipend) = pay(&mut cx, kind, &to, !value.is_zero(), gas)?;
    let this = cx.interpreter.input.target_address;
    let (caller, value) = match kind {
        CallKind::DelegateCall => {
            (cx.interpreter.input.caller_address, cx.interpreter.input.call_value)
        }
        CallKind::Call | CallKind::CallCode | CallKind::StaticCall => (this, value),
    };
    let call = CallRequest {
        kind,
        code_address: to,
        this: match kind {
            CallKind::Call | CallKind::StaticCall => to,
            CallKind::CallCode | CallKind::DelegateCall => word::address_from(this),
        },
        caller: word::address_from(caller),
        value: word::from(value),
        gas: gas.saturating_add(stipend),
        stipend,
        input,
        is_static: is_static || kind == CallKind::StaticCall,
    };
    cx.host.pending = Some(Pending { call, output });
    Err(InstructionResult::Suspend)
}

/// A range of memory, which becomes as long as that.
fn range(cx: &mut Cx<'_, '_>, offset: U256, bytes: U256) -> InstructionExecResult<Range<usize>> {
    let bytes = length(bytes)?;
    let offset = expand(cx, offset, bytes)?;
    Ok(offset..offset.saturating_add(bytes))
}

/// Takes all gas that a call costs; returns the callee's, and what it gets on top.
fn pay(
    cx: &mut Cx<'_, '_>,
    kind: CallKind,
    to: &Address,
    transfers: bool,
    wanted: U256,
) -> InstructionExecResult<(u64, u64)> {
    let rules = cx.host.rules;
    let prices = rules.dynamic_gas();
    if transfers {
        charge(cx.interpreter, prices.transfer_value_cost())?;
    }
    warm(cx, to)?;
    let ignores_void = rules.since(Fork::SpuriousDragon);
    let may_create = kind == CallKind::Call && (transfers || !ignores_void);
    if may_create && answer(cx.host.host.is_empty(to))? {
        charge(cx.interpreter, prices.new_account_cost(ignores_void, transfers))?;
    }
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let gas = if rules.since(Fork::Tangerine) {
        wanted.min(prices.call_stipend_reduction(cx.interpreter.gas.remaining()))
    } else {
        wanted
    };
    charge(cx.interpreter, gas)?;
    Ok((gas, if transfers { prices.call_stipend() } else { 0 }))
}
