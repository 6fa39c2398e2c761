//! Execution: the account makes the call that the transaction asks for, or deploys EVM code.

use crate::embedded::account::Transaction;
use crate::embedded::call::{Call, CallOutcome, Data, Step};
use crate::embedded::context::Context;
use crate::embedded::contracts::base_token;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Encoder, Selector, error, selector};
use crate::system_contracts::addresses::{CONTRACT_DEPLOYER, MSG_VALUE_SIMULATOR};
use crate::transaction::{EIP_712, PRIORITY};
use eravm_core::{Address, Word};

/// Functions of `ContractDeployer` that are called with the flag for system calls.
const DEPLOYMENTS: [Selector; 4] = [
    selector("create(bytes32,bytes32,bytes)"),
    selector("create2(bytes32,bytes32,bytes)"),
    selector("createAccount(bytes32,bytes32,bytes,uint8)"),
    selector("create2Account(bytes32,bytes32,bytes,uint8)"),
];

pub(super) fn execute(cx: &mut Context<'_>, tx: &Transaction<'_>) -> Result<Step, Failure> {
    const OVERFLOW: Selector = selector("Overflow()");
    const CREATE_EVM: Selector = selector("createEVM(bytes)");
    let (to, value) = (tx.to(), tx.value());
    if value.0[2] | value.0[3] != 0 {
        return Err(error(OVERFLOW, &[]));
    }
    let value = value.low_u128();
    let data = tx.data()?;
    if to.is_zero() && !has_own_deployments(tx) && tx.deploys_evm_code() {
        cx.charge_words(data.bytes.len() as u64)?;
        let calldata = Encoder::call(CREATE_EVM).bytes(data.bytes).finish();
        return call(cx, &CONTRACT_DEPLOYER, value, Data::Bytes(calldata), true);
    }
    let is_deployment = || {
        data.bytes.first_chunk().is_some_and(|function| DEPLOYMENTS.contains(&Selector(*function)))
    };
    let is_system = to == CONTRACT_DEPLOYER && is_deployment();
    let calldata = Data::Pointer(cx.part_of_calldata(&data));
    call(cx, &to, value, calldata, is_system)
}

/// Whether a transaction has a type that never deploys EVM code by itself.
fn has_own_deployments(tx: &Transaction<'_>) -> bool {
    let kind = tx.tx_type();
    [EIP_712, PRIORITY].iter().any(|own| Word::from_u64((*own).into()) == kind)
}

/// Makes a call and returns an empty byte string if it succeeds.
///
/// Value is moved here as `MsgValueSimulator` would: what is wrong with the call reverts all that the frame did, as that of the
/// simulator would have been.
fn call(
    cx: &mut Context<'_>,
    to: &Address,
    value: u128,
    calldata: Data,
    is_system: bool,
) -> Result<Step, Failure> {
    const INVALID_CALL: Selector = selector("InvalidCall()");
    if value != 0 {
        if *to == MSG_VALUE_SIMULATOR {
            return Err(error(INVALID_CALL, &[]));
        }
        move_value(cx, to, value).map_err(|failure| match failure {
            Failure::Revert(_) | Failure::Panic => Failure::EMPTY,
            other => other,
        })?;
    }
    let call = Call { value, is_system, ..Call::new(*to, calldata) };
    Ok(Step::call(call, |cx, CallOutcome { succeeded, data }| {
        if !succeeded {
            return Step::reverts_with(cx, data);
        }
        Ok(Step::returns(Encoder::new().bytes(&[]).finish()))
    }))
}

/// Moves value of the account as a call with it does.
pub(in crate::embedded::contracts) fn move_value(
    cx: &mut Context<'_>,
    to: &Address,
    value: u128,
) -> Result<(), Failure> {
    let account = cx.this();
    base_token::transfer(cx, &account, to, &Word::from_u128(value))
}
