//! One transaction from its checks to its fees.

use super::super::differences::Difference;
use super::super::fork::Fork;
use super::super::host::HostFailed;
use super::super::instructions::{CallKind, CallRequest};
use super::super::outcome::CreateRequest;
use super::block::{Block, TestHost};
use super::machine::{self, Finished};
use super::precompiles;
use super::state::State;
use super::transaction::{Refusal, Transaction};
use primitive_types::U256;

/// Why a transaction was not executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stopped {
    Refused(Refusal),
    Host(HostFailed),
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<HostFailed> for Stopped {
    fn from(failed: HostFailed) -> Self {
        Self::Host(failed)
    }
}

/// Executes a transaction. If it is refused, the state is as before.
pub(super) fn execute(
    state: &mut State,
    block: &Block,
    transaction: &Transaction,
) -> Result<(), Stopped> {
    transaction.check(state, block)?;
    let price = transaction.gas_price(block);
    buy_gas(state, block, transaction, price);
    let nonce = state.nonce(&transaction.sender);
    state.set_nonce(&transaction.sender, nonce.saturating_add(1));
    warm(state, block, transaction);
    let gas = transaction.gas_limit.saturating_sub(transaction.intrinsic_gas(&state.rules));
    let finished = run(state, block, transaction, gas)?;
    settle(state, block, transaction, &finished);
    state.finish();
    Ok(())
}

/// Takes what the gas costs at most. The checks have shown that it is there.
fn buy_gas(state: &mut State, block: &Block, transaction: &Transaction, price: U256) {
    let gas = price.saturating_mul(transaction.gas_limit.into());
    let blobs = block.blob_base_fee.saturating_mul(transaction.blob_gas().into());
    let balance = state.balance(&transaction.sender);
    let left = balance.saturating_sub(gas).saturating_sub(blobs);
    state.set_balance(&transaction.sender, left);
}

/// Makes warm what is from the beginning.
fn warm(state: &mut State, block: &Block, transaction: &Transaction) {
    for address in precompiles::addresses(&state.rules) {
        state.warm(&address);
    }
    state.warm(&transaction.sender);
    if let Some(to) = &transaction.to {
        state.warm(to);
    }
    if state.rules.since(Fork::Shanghai) {
        state.warm(&block.coinbase);
    }
    for entry in transaction.access_list.iter().flatten() {
        state.warm(&entry.address.0);
        for key in &entry.storage_keys {
            state.warm_slot(&entry.address.0, &key.0);
        }
    }
}

fn run(
    state: &mut State,
    block: &Block,
    transaction: &Transaction,
    gas: u64,
) -> Result<Finished, HostFailed> {
    let sender = transaction.sender;
    let nonce = state.nonce(&sender).saturating_sub(1);
    let hashes = transaction.blobs.as_ref().map_or(&[][..], |blobs| &blobs.hashes);
    let host = &mut TestHost {
        block,
        origin: sender,
        gas_price: transaction.gas_price(block),
        blob_hashes: hashes,
        state,
    };
    let Some(to) = transaction.to else {
        let request = CreateRequest {
            value: transaction.value,
            init_code: transaction.data.clone(),
            salt: None,
            gas,
        };
        return machine::create(host, &sender, nonce, &request);
    };
    let request = CallRequest {
        kind: CallKind::Call,
        code_address: to,
        this: to,
        caller: sender,
        value: transaction.value,
        gas,
        stipend: 0,
        input: 0..0,
        is_static: false,
    };
    machine::call(host, &request, &transaction.data)
}

/// Gives back what was not used, and pays the coinbase.
fn settle(state: &mut State, block: &Block, transaction: &Transaction, finished: &Finished) {
    let price = transaction.gas_price(block);
    let used = transaction.gas_limit.saturating_sub(finished.gas_left);
    let quotient = if state.rules.since(Fork::London) { 5 } else { 2 };
    let refund = match state.rules.has(Difference::NoRefunds) {
        true => 0,
        false => u64::try_from(finished.refund).unwrap_or(0).min(used / quotient),
    };
    let used = used.saturating_sub(refund);
    let left = U256::from(transaction.gas_limit.saturating_sub(used));
    let balance = state.balance(&transaction.sender);
    let balance = balance.overflowing_add(price.overflowing_mul(left).0).0;
    state.set_balance(&transaction.sender, balance);
    // Since London the base fee is burned.
    let tip = price.saturating_sub(block.base_fee).overflowing_mul(used.into()).0;
    let balance = state.balance(&block.coinbase).overflowing_add(tip).0;
    state.set_balance(&block.coinbase, balance);
}
