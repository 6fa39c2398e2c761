//! Calls of EVM code: of other EVM code, of precompiles, and of all other accounts.

use super::super::account_code_storage::raw_code_hash;
use super::super::{base_token, code_hash};
use super::host::is_constructed_evm;
use super::{ERGS_PER_GAS, Emulated, Next, precompile, take_evm_data};
use crate::embedded::call::{Call, Data, Step};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::world::{PassedFrame, PassedToEvm};
use crate::evm::{CallKind, CallRequest, SubOutcome};
use crate::system_contracts::addresses::MSG_VALUE_SIMULATOR;
use eravm_core::{Address, NativeCaller, Word};
use primitive_types::U256;

/// Ergs on top for accounts without code: enough to enter what stands for it.
const EMPTY_ACCOUNT_ERGS: u64 = 500;

/// A call that came to nothing.
const fn failed(gas_left: u64) -> SubOutcome {
    SubOutcome { succeeded: false, returndata: Vec::new(), gas_left, refund: 0 }
}

/// A call with value, which `MsgValueSimulator` moves. The value may be more than anybody has.
pub(super) fn with_value(address: Address, calldata: Data, value: &Word, is_system: bool) -> Call {
    if value.is_zero() {
        return Call { is_system, ..Call::new(address, calldata) };
    }
    let mask = Word::from_u64(is_system.into());
    Call {
        is_system: true,
        extra: vec![*value, Word::from_address(&address), mask],
        ..Call::new(MSG_VALUE_SIMULATOR, calldata)
    }
}

/// Whether an account has less than an amount.
pub(super) fn lacks(
    cx: &mut Context<'_>,
    account: &Address,
    amount: &Word,
) -> Result<bool, Failure> {
    if amount.is_zero() {
        return Ok(false);
    }
    Ok(U256::from(base_token::balance_of(cx, account)?) < U256::from(*amount))
}

impl Emulated {
    /// Begins a call.
    pub(super) fn call(
        mut self: Box<Self>,
        cx: &mut Context<'_>,
        request: CallRequest,
    ) -> Result<Next, Failure> {
        let hash = self.ask(cx, |cx| {
            cx.charge_words(request.input.len() as u64)?;
            raw_code_hash(cx, &request.code_address)
        })?;
        let calldata = self.frame.memory(request.input.clone()).to_vec();
        if is_constructed_evm(&hash) {
            return self.call_evm(cx, &request, calldata, hash);
        }
        if let Some(price) = precompile::gas(&request.code_address, &calldata) {
            return Ok(self.call_precompile(&request, calldata, price));
        }
        let is_empty = request.code_address.is_zero() || code_hash::length(&hash) == 0;
        if request.kind == CallKind::DelegateCall {
            return Ok(self.delegate_call(&request, calldata, is_empty));
        }
        Ok(self.call_other(cx, &request, calldata, is_empty))
    }

    fn call_evm(
        mut self: Box<Self>,
        cx: &mut Context<'_>,
        request: &CallRequest,
        calldata: Vec<u8>,
        code_hash: Word,
    ) -> Result<Next, Failure> {
        let delegates = request.kind == CallKind::DelegateCall;
        let value = if delegates { Word::ZERO } else { request.value };
        let (this, gas) = (cx.this(), request.gas);
        if self.ask(cx, |cx| lacks(cx, &this, &value))? {
            return Ok(Next::Runs(self.resume_call(failed(gas))));
        }
        let frame = PassedFrame { gas: Word::from_u64(gas), is_static: request.is_static };
        let passed = PassedToEvm { frame, code_hash: Some(code_hash) };
        cx.world.store().passed_to_evm = Some(passed);
        let mut call = with_value(request.code_address, Data::Bytes(calldata), &value, false);
        if delegates {
            call.caller = NativeCaller::Delegating;
        }
        Ok(Next::Waits(Step::call(call, move |cx, outcome| {
            cx.world.store().passed_to_evm = None;
            let (gas_left, returndata) = self.ask(cx, |cx| take_evm_data(cx, outcome, gas))?;
            let outcome =
                SubOutcome { succeeded: outcome.succeeded, returndata, gas_left, refund: 0 };
            self.resume_call(outcome).run(cx)
        })))
    }

    fn call_precompile(
        mut self: Box<Self>,
        request: &CallRequest,
        calldata: Vec<u8>,
        price: u64,
    ) -> Next {
        let Some(left) = request.gas.checked_sub(price) else {
            return Next::Runs(self.resume_call(failed(0)));
        };
        let delegates = request.kind == CallKind::DelegateCall;
        // A delegate call of a precompile is a call: it looks at nothing but its calldata.
        let value = if delegates { Word::ZERO } else { request.value };
        let mut call = with_value(request.code_address, Data::Bytes(calldata), &value, false);
        call.is_static = request.is_static || delegates;
        Next::Waits(Step::call(call, move |cx, outcome| {
            let returndata = self.ask(cx, |cx| cx.read_bytes(outcome.data))?;
            let succeeded = outcome.succeeded;
            let gas_left = if succeeded { left } else { 0 };
            let outcome = SubOutcome { succeeded, returndata, gas_left, refund: 0 };
            self.resume_call(outcome).run(cx)
        }))
    }

    /// A delegate call of what is no EVM code: nothing happens where there is no code, and other code is refused.
    fn delegate_call(
        mut self: Box<Self>,
        request: &CallRequest,
        calldata: Vec<u8>,
        is_empty: bool,
    ) -> Next {
        let gas_left = request.gas;
        if !is_empty {
            return Next::Runs(self.resume_call(failed(gas_left)));
        }
        let call = Call {
            caller: NativeCaller::Delegating,
            ..Call::new(request.code_address, Data::Bytes(calldata))
        };
        Next::Waits(Step::call(call, move |cx, outcome| {
            let returndata = self.ask(cx, |cx| cx.read_bytes(outcome.data))?;
            let succeeded = outcome.succeeded;
            let outcome = SubOutcome { succeeded, returndata, gas_left, refund: 0 };
            self.resume_call(outcome).run(cx)
        }))
    }

    /// A call of an account that is no EVM code. Its gas is ergs, and the ergs that are left are gas.
    fn call_other(
        mut self: Box<Self>,
        cx: &mut Context<'_>,
        request: &CallRequest,
        calldata: Vec<u8>,
        is_empty: bool,
    ) -> Next {
        let ergs = request.gas.saturating_mul(ERGS_PER_GAS.into());
        let extra = if is_empty && request.value.is_zero() { EMPTY_ACCOUNT_ERGS } else { 0 };
        let passed = ergs.saturating_add(extra).min(u32::MAX.into());
        let mut call =
            with_value(request.code_address, Data::Bytes(calldata), &request.value, false);
        call.ergs = u32::try_from(passed).unwrap_or(u32::MAX);
        call.is_static = request.is_static;
        let before = cx.vm.ergs();
        Next::Waits(Step::call(call, move |cx, outcome| {
            let taken = u64::from(before.saturating_sub(cx.vm.ergs()));
            let taken = if is_empty { 0 } else { taken };
            let left = (passed - extra).saturating_sub(taken);
            let outcome = SubOutcome {
                succeeded: outcome.succeeded,
                returndata: self.ask(cx, |cx| cx.read_bytes(outcome.data))?,
                gas_left: left / u64::from(ERGS_PER_GAS),
                refund: 0,
            };
            self.resume_call(outcome).run(cx)
        }))
    }
}
