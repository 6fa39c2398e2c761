//! What tracers see of the same transactions on both systems. Native contracts have no instructions, and say themselves what they do.

use super::common;
use super::goldens::executor;
use super::systems::Systems;
use eravm_core::{Address, Word, is_kernel};
use eravm_host::batch::{BatchExecutor, ExecutionResult, MemoryState, TransactionOutcome};
use eravm_host::tracers::{
    Call, CallError, CallLimits, CallTracer, EvmStep, EvmTracer, PrestateTracer, StateLimits,
    TouchedState,
};
use eravm_host::transaction::Transaction;
use std::collections::BTreeMap;

/// Batches with accounts of keys and of code, paymasters, tokens, deployments, code of the EVM, deposits and failures.
const TRACED: [&str; 8] = [
    "transfer_1",
    "counter_eravm",
    "evm",
    "failures",
    "l1_and_messages",
    "sdk_erc20",
    "sdk_paymaster",
    "sdk_custom_account",
];

/// What the tracers found.
struct Traced {
    done: TransactionOutcome,
    calls: Vec<Call>,
    state: TouchedState,
    evm: Vec<EvmStep>,
}

fn trace(executor: &mut BatchExecutor<MemoryState>, transaction: &Transaction) -> Traced {
    let emulator = executor.system().evm_emulator.as_ref().expect("there is one").program.clone();
    let calls = CallTracer::new(CallLimits::default());
    let state = PrestateTracer::new(transaction, StateLimits::default());
    let mut tracer = ((calls, state), EvmTracer::new(emulator, usize::MAX));
    executor.make_snapshot().expect("there is room for one");
    executor.push_transaction(transaction).expect("there is room");
    let done = executor.trace_transaction(&mut tracer).expect("it runs");
    let halts = matches!(done.outcome.result, ExecutionResult::Halt(_));
    if halts { executor.rollback() } else { executor.pop_snapshot() }.expect("there is a snapshot");
    let ((calls, state), evm) = tracer;
    Traced {
        done,
        calls: calls.finish().calls,
        state: state.finish(executor).expect("the state answers"),
        evm: evm.finish().steps,
    }
}

/// A call of an account's or a contract's own code. Outside of the EVM, that which system contracts are for is done without
/// some of their calls; and what gas is left is not the same.
#[derive(PartialEq, Eq, Debug)]
struct Seen {
    to: Address,
    value: Word,
    selector: Vec<u8>,
    input_length: usize,
    failed: bool,
    reason: Option<String>,
}

fn flatten(calls: &[Call], seen: &mut Vec<Seen>) {
    for call in calls {
        let to = call.to.expect("calls have a callee");
        // What could not begin has no frame, and is a native account's own business.
        if !is_kernel(&to) && call.error != Some(CallError::NotBegun) {
            seen.push(Seen {
                to,
                value: call.value,
                selector: call.input.bytes.iter().take(4).copied().collect(),
                input_length: call.input.length,
                failed: call.error.is_some(),
                reason: call.revert_reason.clone(),
            });
        }
        flatten(&call.calls, seen);
    }
}

/// What is true of all calls.
fn check(calls: &[Call]) {
    for call in calls {
        assert!(call.gas_used <= call.gas, "{call}");
        let callees: u64 = call.calls.iter().map(|call| call.gas_used).sum();
        assert!(callees <= call.gas_used, "{call}");
        assert_ne!(call.error, Some(CallError::Unfinished), "{call}");
        check(&call.calls);
    }
}

fn changes(state: &TouchedState) -> BTreeMap<(Address, Word), (Word, Word)> {
    let slots = state.accounts.iter().flat_map(|(address, account)| {
        account.storage.iter().map(|(key, change)| ((*address, *key), change))
    });
    let changed = slots.filter(|(_, change)| change.is_change());
    changed.map(|(slot, change)| (slot, (change.before, change.after))).collect()
}

#[test]
fn tracers_see_the_same_on_both_systems() {
    let Some(systems) = Systems::load() else { return };
    let (mut calls, mut slots, mut opcodes) = (0, 0, 0);
    common::goldens(|name, golden, code| {
        if !TRACED.contains(&name) {
            return;
        }
        let transactions = golden.batch.all_transactions(code).expect("they can be read");
        let mut bytecode = executor(&systems.bytecode, golden, code);
        let mut embedded = executor(&systems.embedded, golden, code);
        for (index, transaction) in transactions.iter().enumerate() {
            let place = format!("{name} {index}");
            let (left, right) =
                (trace(&mut bytecode, transaction), trace(&mut embedded, transaction));
            check(&right.calls);
            let halts = matches!(right.done.outcome.result, ExecutionResult::Halt(_));
            let changed = right.done.outcome.storage_changes.iter();
            let changed: BTreeMap<_, _> = changed
                .map(|it| ((it.address, it.key), (it.before.value, it.after)))
                .filter(|(_, (before, after))| before != after)
                .collect();
            if !halts {
                assert_eq!(changes(&right.state), changed, "{place}");
            }
            slots += changed.len();
            // Where gas runs out, it does not at the same place.
            if left.done.outcome.result != right.done.outcome.result {
                continue;
            }
            let [seen, expected] = [&right, &left].map(|traced| {
                let mut seen = Vec::new();
                flatten(&traced.calls, &mut seen);
                seen
            });
            assert_eq!(seen, expected, "{place}");
            calls += seen.len();
            assert_eq!(right.evm.len(), left.evm.len(), "{place}");
            assert_eq!(right.evm, left.evm, "{place}");
            opcodes += right.evm.len();
        }
    });
    assert!(calls > 300 && slots > 500 && opcodes > 1000, "{calls} {slots} {opcodes}");
}
