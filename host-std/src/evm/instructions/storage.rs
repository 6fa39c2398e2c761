//! Instructions that read and write storage, and that emit events.

use super::{Done, answer, charge, expand, length, may_write, pop, push, since};
use crate::evm::bridge::Cx;
use crate::evm::fork::Fork;
use crate::evm::word;
use eravm_core::Address;
use revm_interpreter::interpreter_types::MemoryTr;
use revm_interpreter::{InstructionResult, SStoreResult};

fn this(cx: &Cx<'_, '_>) -> Address {
    word::address_from(cx.interpreter.input.target_address)
}

/// `SLOAD`
pub(super) fn load(cx: Cx<'_, '_>) -> Done {
    let [key] = pop(cx.interpreter)?;
    let this = this(&cx);
    let loaded = answer(cx.host.host.load(&this, &word::from(key)))?;
    if loaded.was_cold {
        charge(cx.interpreter, cx.host.rules.dynamic_gas().cold_storage_additional_cost())?;
    }
    push(cx.interpreter, word::into(loaded.value))
}

/// `SSTORE`
pub(super) fn store(cx: Cx<'_, '_>) -> Done {
    may_write(&cx)?;
    let [key, value] = pop(cx.interpreter)?;
    let gas = cx.host.rules.dynamic_gas();
    let nets = cx.host.rules.since(Fork::Istanbul);
    // EIP-2200: what a call with value is given for nothing must not suffice to write.
    if nets && cx.interpreter.gas.remaining() <= gas.call_stipend() {
        return Err(InstructionResult::ReentrancySentryOOG);
    }
    charge(cx.interpreter, gas.sstore_static_gas())?;
    let (this, key) = (this(&cx), word::from(key));
    let before = answer(cx.host.host.before_store(&this, &key))?;
    let values = SStoreResult {
        original_value: word::into(before.original),
        present_value: word::into(before.current),
        new_value: value,
    };
    charge(cx.interpreter, gas.sstore_dynamic_gas(nets, &values, before.was_cold))?;
    cx.interpreter.gas.record_refund(gas.sstore_refund(nets, &values));
    answer(cx.host.host.store(&this, &key, &word::from(value)))
}

/// `TLOAD`
pub(super) fn load_transient(cx: Cx<'_, '_>) -> Done {
    since(&cx, Fork::Cancun)?;
    let [key] = pop(cx.interpreter)?;
    let value = answer(cx.host.host.load_transient(&this(&cx), &word::from(key)))?;
    push(cx.interpreter, word::into(value))
}

/// `TSTORE`
pub(super) fn store_transient(cx: Cx<'_, '_>) -> Done {
    since(&cx, Fork::Cancun)?;
    may_write(&cx)?;
    let [key, value] = pop(cx.interpreter)?;
    answer(cx.host.host.store_transient(&this(&cx), &word::from(key), &word::from(value)))
}

/// `LOG0` to `LOG4`
pub(super) fn log<const TOPICS: usize>(mut cx: Cx<'_, '_>) -> Done {
    may_write(&cx)?;
    let [offset, bytes] = pop(cx.interpreter)?;
    let bytes = length(bytes)?;
    let price = cx.host.rules.dynamic_gas().log_cost(TOPICS as u8, bytes as u64);
    charge(cx.interpreter, price)?;
    let offset = expand(&mut cx, offset, bytes)?;
    let topics = pop::<TOPICS>(cx.interpreter)?.map(word::from);
    let this = this(&cx);
    let data = cx.interpreter.memory.slice(offset..offset + bytes);
    answer(cx.host.host.log(&this, &topics, &data))
}
