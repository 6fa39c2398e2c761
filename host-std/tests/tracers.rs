//! Tracers over recorded batches.

mod common;

use common::chain::{balance_slot, mapping_slot};
use common::corpus;
use eravm_core::isa::Opcode;
use eravm_core::{Address, Outcome, Step, Tracer, Verdict, Word, system_address};
use eravm_host::batch::{
    BatchExecutor, ExecutionResult, HostTracer, MemoryState, TransactionOutcome,
};
use eravm_host::golden::format::{Op, Transaction as Row};
use eravm_host::golden::{Code, Golden};
use eravm_host::tracers::{
    Call, CallError, CallKind, CallLimits, CallTracer, EvmStep, EvmTracer, PrestateTracer,
    StateLimits, TouchedState,
};
use eravm_host::transaction::Transaction;
use eravm_host::validation::{ValidationParameters, ValidationTracer};
use std::collections::{HashMap, HashSet};
use std::path::Path;

const BOOTLOADER: Address = system_address(0x8001);
const BASE_TOKEN: Address = system_address(0x800a);

type Executor = BatchExecutor<MemoryState>;

/// A transaction of a golden that was run.
struct Ran<'a> {
    name: String,
    row: &'a Row,
    transaction: &'a Transaction,
    done: &'a TransactionOutcome,
}

fn golden(name: &str) -> Option<(Golden, Code)> {
    let path = corpus(&format!("{name}.json.gz"))?;
    let golden = Golden::load(Path::new(&path)).unwrap_or_else(|error| panic!("{error}"));
    let code = Code::file_for(Path::new(&path)).expect("there is code");
    Some((golden, Code::load(&code).expect("it is code")))
}

/// Runs a golden's transactions as they were run, each with a tracer of its own. What halts is rolled back.
fn run<T: HostTracer>(
    (golden, code): &(Golden, Code),
    tracer: impl Fn(&Transaction) -> T,
    mut visit: impl FnMut(&Ran<'_>, T, &mut Executor),
) {
    let batch = &golden.batch;
    let mut executor = BatchExecutor::with_semantics(
        batch.semantics().expect("they are known"),
        batch.system_environment(code).expect("there is code"),
        batch.batch_environment(),
        batch.initial_state(code).expect("there is code"),
        (),
        |_| {},
    )
    .expect("it begins");
    let transactions = batch.all_transactions(code).expect("they can be read");
    for op in &batch.host_script {
        match op {
            Op::StartNewL2Block => {
                let next = executor.next_block().expect("there is one");
                executor.begin_block(next).expect("it can follow");
            }
            Op::TxBegin { arg } => {
                let (row, transaction) = (&batch.transactions[arg.0], &transactions[arg.0]);
                executor.make_snapshot().expect("nothing runs");
                executor.push_transaction(transaction).expect("there is room");
                let mut tracer = tracer(transaction);
                let done = executor.trace_transaction(&mut tracer).expect("it runs");
                let halts = matches!(done.outcome.result, ExecutionResult::Halt(_));
                let name = format!("transaction {} {:?}", arg.0, row.hash);
                assert_eq!(halts, row.outcome.result.is_halt(), "{name}");
                assert_eq!(done.outcome.refunded, row.outcome.gas_refunded, "{name}");
                if halts { executor.rollback() } else { executor.pop_snapshot() }
                    .expect("there is a snapshot");
                visit(&Ran { name, row, transaction, done: &done }, tracer, &mut executor);
            }
            _ => {}
        }
    }
}

/// Counts far calls.
#[derive(Default)]
struct Counter(u64);

impl Tracer for Counter {
    fn before(&mut self, step: &Step<'_>) -> Verdict {
        let opcode = step.instruction.opcode();
        let is_call = matches!(opcode, Opcode::FarCall | Opcode::DelegateCall | Opcode::MimicCall);
        self.0 += u64::from(is_call && step.outcome == Outcome::Executes);
        Verdict::Continue
    }
}

impl HostTracer for Counter {}

fn count(calls: &[Call]) -> u64 {
    calls.iter().map(|call| 1 + call.omitted_calls + count(&call.calls)).sum()
}

fn find<'a>(calls: &'a [Call], which: &impl Fn(&Call) -> bool) -> Option<&'a Call> {
    calls.iter().find_map(|call| if which(call) { Some(call) } else { find(&call.calls, which) })
}

/// What is true of all calls, of which `this` made these.
fn check_calls(calls: &[Call], this: &Address) {
    for call in calls {
        let to = call.to.expect("calls have a callee");
        assert!(call.gas_used <= call.gas, "{call}");
        let callees: u64 = call.calls.iter().map(|call| call.gas_used).sum();
        assert!(callees <= call.gas_used, "{call}");
        match call.kind {
            CallKind::Call | CallKind::StaticCall | CallKind::DelegateCall => {
                assert_eq!(call.from, *this, "{call}");
            }
            CallKind::MimicCall | CallKind::Create => {}
        }
        if call.error == Some(CallError::NotBegun) {
            assert!(call.calls.is_empty() && call.output.length == 0, "{call}");
        }
        assert_ne!(call.error, Some(CallError::Unfinished), "{call}");
        assert!(!call.input.is_cut() && !call.output.is_cut());
        let this = if call.kind == CallKind::DelegateCall { call.from } else { to };
        check_calls(&call.calls, &this);
    }
}

const TRACED: [&str; 8] = [
    "goldens/transfer_1",
    "goldens/counter_eravm",
    "goldens/evm",
    "goldens/failures",
    "goldens/l1_and_messages",
    "goldens-sdk/sdk_erc20",
    "goldens-sdk/sdk_paymaster",
    "goldens-sdk/sdk_custom_account",
];

#[test]
fn call_trees_have_every_far_call_where_it_belongs() {
    let mut transactions = 0;
    for name in TRACED {
        let Some(golden) = golden(name) else { return };
        let whole = CallLimits { bytes: usize::MAX, depth: 1000, ..CallLimits::default() };
        let tracers = |_: &Transaction| (CallTracer::new(whole), Counter::default());
        run(&golden, tracers, |ran, (calls, counter), _| {
            let root = calls.finish().into_root(ran.transaction, ran.done);
            let name = &ran.name;
            assert_eq!(count(core::slice::from_ref(&root)), counter.0 + 1, "{name}");
            assert!(counter.0 > 0 || ran.row.outcome.result.is_halt(), "{name}");
            check_calls(&root.calls, &BOOTLOADER);
            assert_eq!((root.from, root.to), (ran.transaction.sender(), ran.transaction.to()));
            let gas = ran.transaction.gas_limit().to_u64().expect("it is small");
            assert_eq!(root.gas_used, gas - ran.row.outcome.gas_refunded, "{name}");
            let succeeds = matches!(ran.done.outcome.result, ExecutionResult::Success { .. });
            assert_eq!(root.error.is_none(), succeeds, "{name}");
            transactions += 1;
        });
    }
    assert!(transactions > 150, "{transactions}");
}

#[test]
fn reasons_are_kept_where_they_were_given() {
    let Some(golden) = golden("goldens-sdk/sdk_erc20") else { return };
    let mut failed = 0;
    run(
        &golden,
        |_| CallTracer::new(CallLimits::default()),
        |ran, tracer, _| {
            let root = tracer.finish().into_root(ran.transaction, ran.done);
            let Some(reason) = root.revert_reason.as_deref() else { return };
            assert!(reason.starts_with("ERC20: "), "{reason}");
            assert_eq!(root.error, Some(CallError::Reverted));
            let token = ran.transaction.to();
            let called = |call: &Call| call.to == token && call.kind != CallKind::DelegateCall;
            let call = find(&root.calls, &called).expect("the token is called");
            assert_eq!(call.error, Some(CallError::Reverted));
            assert_eq!(call.revert_reason.as_deref(), Some(reason));
            let json = serde_json::to_value(call).expect("it is JSON");
            assert_eq!(json["error"], "execution reverted");
            assert_eq!(json["revertReason"], reason);
            assert_eq!(json["type"], call.kind.name());
            failed += 1;
        },
    );
    assert!(failed >= 5, "{failed}");
}

#[test]
fn system_contracts_have_names_and_reasons() {
    let Some(golden) = golden("goldens-sdk/sdk_paymaster") else { return };
    let mut reasons = HashSet::new();
    run(
        &golden,
        |_| CallTracer::new(CallLimits::default()),
        |ran, tracer, _| {
            let root = tracer.finish().into_root(ran.transaction, ran.done);
            // Newer system contracts give custom errors as reasons.
            let system = |call: &Call| {
                call.error == Some(CallError::Reverted)
                    && call.output.length >= 4
                    && call.to.is_some_and(|to| eravm_core::is_kernel(&to))
            };
            if let Some(call) = find(&root.calls, &system) {
                let to = &call.to.expect("calls have a callee");
                let name = eravm_host::system_contracts::name_of(to).expect("it has a name");
                assert!(call.to_string().contains(name));
                assert_eq!(serde_json::to_value(call).expect("it is JSON")["toName"], name);
                // Newer ones say it as custom errors.
                assert!(call.output.length >= 4, "{call}");
                reasons.insert(name);
            }
        },
    );
    assert!(!reasons.is_empty(), "some system contract refused something");
}

#[test]
fn the_calls_of_a_transfer() {
    let Some(golden) = golden("goldens/transfer_1") else { return };
    let mut texts = Vec::new();
    run(
        &golden,
        |_| CallTracer::new(CallLimits::default()),
        |ran, tracer, _| {
            let root = tracer.finish().into_root(ran.transaction, ran.done);
            texts.push(root.to_string());
        },
    );
    assert_eq!(texts, [include_str!("snapshots/transfer_1.txt")]);
}

#[test]
fn what_is_not_kept_is_counted() {
    let Some(golden) = golden("goldens/transfer_1") else { return };
    let limits = [
        CallLimits { calls: 3, ..CallLimits::default() },
        CallLimits { depth: 1, ..CallLimits::default() },
        CallLimits { calls: 0, ..CallLimits::default() },
    ];
    for limits in limits {
        let tracers = |_: &Transaction| (CallTracer::new(limits), Counter::default());
        run(&golden, tracers, |ran, (calls, counter), _| {
            let root = calls.finish().into_root(ran.transaction, ran.done);
            assert_eq!(count(core::slice::from_ref(&root)), counter.0 + 1);
            assert!(root.to_string().contains("were not kept)"));
            let json = serde_json::to_string(&root).expect("it is JSON");
            assert!(json.contains("\"omittedCalls\""));
        });
    }
    let limits = CallLimits { bytes: 4, all_bytes: 100, ..CallLimits::default() };
    run(
        &golden,
        |_| CallTracer::new(limits),
        |_, tracer, _| {
            let trace = tracer.finish();
            let cut = find(&trace.calls, &|call| call.input.is_cut()).expect("calldata is longer");
            let json = serde_json::to_value(cut).expect("it is JSON");
            assert_eq!(json["input"].as_str().map(str::len), Some(2 + 2 * 4));
            assert_eq!(json["inputLength"], cut.input.length);
            fn bytes(calls: &[Call]) -> usize {
                let own = |call: &Call| call.input.bytes.len() + call.output.bytes.len();
                calls.iter().map(|call| own(call) + bytes(&call.calls)).sum()
            }
            assert_eq!(bytes(&trace.calls), 100);
        },
    );
}

/// Slots as the golden has them.
type Slots = HashMap<(Address, Word), Word>;

fn changes(state: &TouchedState) -> HashMap<(Address, Word), (Word, Word)> {
    let slots = state.accounts.iter().flat_map(|(address, account)| {
        account.storage.iter().map(|(key, change)| ((*address, *key), change))
    });
    slots
        .filter(|(_, change)| change.is_change())
        .map(|(slot, change)| (slot, (change.before, change.after)))
        .collect()
}

#[test]
fn touched_state_is_what_was_there_and_what_changed() {
    let mut compared = 0;
    for name in TRACED {
        let Some(golden) = golden(name) else { return };
        let storage = &golden.0.batch.initial_storage;
        let mut slots: Slots =
            storage.iter().map(|(address, key, value, _)| ((address.0, key.0), value.0)).collect();
        run(
            &golden,
            |of| PrestateTracer::new(of, StateLimits::default()),
            |ran, tracer, executor| {
                let name = &ran.name;
                let state = tracer.finish(executor).expect("the state answers");
                assert_eq!(state.omitted, 0);
                let sender = ran.transaction.sender();
                assert!(state.accounts.contains_key(&sender), "{name}");
                for (address, account) in &state.accounts {
                    for (key, change) in &account.storage {
                        let before = slots.get(&(*address, *key)).copied().unwrap_or(Word::ZERO);
                        assert_eq!(change.before, before, "{name} {address:?} {key:?}");
                        compared += 1;
                    }
                    let slot = (BASE_TOKEN, balance_slot(address));
                    let before = slots.get(&slot).copied().unwrap_or(Word::ZERO);
                    assert_eq!(account.balance.before, before, "{name} {address:?}");
                    let slot = mapping_slot(&Word::from_address(address), &Word::ZERO);
                    let nonce = slots.get(&(system_address(0x8003), slot)).copied();
                    assert_eq!(account.nonce.before, nonce.unwrap_or(Word::ZERO).low_u128());
                    let slot = (system_address(0x8002), Word::from_address(address));
                    let code = slots.get(&slot).copied().unwrap_or(Word::ZERO);
                    assert_eq!(account.code_hash.before, code, "{name} {address:?}");
                }
                if ran.row.outcome.result.is_halt() {
                    return;
                }
                let recorded = ran.row.outcome.storage_changes.iter();
                let recorded: HashMap<_, _> = recorded
                    .map(|change| ((change.0.0, change.1.0), (change.2.0, change.3.0)))
                    .filter(|(_, (before, after))| before != after)
                    .collect();
                assert_eq!(changes(&state), recorded, "{name}");
                slots.extend(recorded.iter().map(|(slot, (_, after))| (*slot, *after)));

                let diff = serde_json::to_value(state.diff()).expect("it is JSON");
                let account = format!("{sender:?}");
                if !ran.transaction.is_from_l1() {
                    let nonce = &state.accounts[&sender].nonce;
                    let shown = |side: &str| diff[side][&account]["nonce"].as_u64().map(u128::from);
                    let expected = nonce.is_change().then_some((nonce.before, nonce.after));
                    assert_eq!(shown("pre").zip(shown("post")), expected, "{name}");
                }
                let prestate = serde_json::to_value(state.prestate()).expect("it is JSON");
                let accounts = prestate.as_object().map(serde_json::Map::len);
                assert_eq!(accounts, Some(state.accounts.len()));
            },
        );
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn state_that_is_not_kept_is_counted() {
    let Some(golden) = golden("goldens/transfer_1") else { return };
    for limits in [
        StateLimits { slots: 3, ..StateLimits::default() },
        StateLimits { accounts: 3, ..StateLimits::default() },
    ] {
        run(
            &golden,
            |of| PrestateTracer::new(of, limits),
            |_, tracer, executor| {
                let state: TouchedState = tracer.finish(executor).expect("the state answers");
                assert!(state.omitted > 0 && state.accounts.len() <= limits.accounts);
                let slots: usize =
                    state.accounts.values().map(|account| account.storage.len()).sum();
                assert!(slots <= limits.slots);
                let diff = serde_json::to_value(state.diff()).expect("it is JSON");
                assert_eq!(diff["omittedTouches"], state.omitted);
            },
        );
    }
}

/// The network accepts what is in its batches: accounts without code of their own, and a careful one with code, keep the rules.
#[test]
fn recorded_transactions_keep_the_rules_of_validation() {
    let mut transactions = 0;
    for name in ["goldens/transfer_20", "goldens-sdk/sdk_erc20", "goldens-sdk/sdk_multisig"] {
        let Some(golden) = golden(name) else { return };
        let batch = golden.0.batch.batch_environment();
        let parameters: Vec<_> =
            golden.0.batch.all_transactions(&golden.1).expect("they can be read");
        let parameters: HashMap<_, _> = parameters
            .iter()
            .filter_map(|transaction| match transaction {
                Transaction::L2(own) => {
                    Some((transaction.hash().0, ValidationParameters::new(own)))
                }
                Transaction::Priority(_) | Transaction::Upgrade(_) => None,
            })
            .collect();
        let tracer = |transaction: &Transaction| {
            let parameters = &parameters[&transaction.hash().0];
            ValidationTracer::new(parameters, batch.timestamp)
        };
        // Halts are the same as without: no rule is violated before the bootloader gives up.
        run(&golden, tracer, |ran, tracer, _| {
            assert_eq!(tracer.violation(), None, "{}", ran.name);
            assert_eq!(tracer.has_finished(), !ran.row.outcome.result.is_halt(), "{}", ran.name);
            transactions += 1;
        });
    }
    assert!(transactions > 100, "{transactions}");
}

/// Whether a frame ends with it.
fn ends(step: &EvmStep) -> bool {
    // STOP, RETURN, REVERT, INVALID, SELFDESTRUCT
    [0x00, 0xf3, 0xfd, 0xfe, 0xff].contains(&step.opcode.0)
}

/// Whether an opcode may follow another one in the same frame.
fn follows(step: &EvmStep, last: &EvmStep) -> bool {
    let next = last.pc + 1 + u32::from(last.opcode.push_bytes());
    // JUMP and JUMPI go to a JUMPDEST.
    let is_jump = [0x56, 0x57].contains(&last.opcode.0) && step.opcode.0 == 0x5b;
    (step.pc == next && last.opcode.0 != 0x56) || is_jump
}

#[test]
fn opcodes_of_evm_code_follow_each_other() {
    let Some(golden) = golden("goldens/evm") else { return };
    let system = golden.0.batch.system_environment(&golden.1).expect("there is code");
    let emulator = system.evm_emulator.expect("it runs EVM code").program;
    let tracer = |_: &Transaction| EvmTracer::new(emulator.clone(), usize::MAX);
    let (mut opcodes, mut jumps) = (0, 0);
    run(&golden, tracer, |ran, tracer, _| {
        let succeeded = matches!(ran.done.outcome.result, ExecutionResult::Success { .. });
        // The last opcode of each frame that is open.
        let mut open: Vec<EvmStep> = Vec::new();
        let trace = tracer.finish();
        for step in &trace.steps {
            let depth = step.depth as usize;
            while open.len() > depth {
                let last = open.pop().unwrap();
                assert!(ends(&last) || !succeeded, "{}: {last:?}, {step:?}", ran.name);
            }
            // What ends a frame at the same depth is followed by another frame.
            if open.len() == depth && open.last().is_some_and(ends) {
                open.pop();
            }
            match open.get(depth - 1) {
                None => assert_eq!((step.pc, open.len()), (0, depth - 1), "{}", ran.name),
                Some(last) => {
                    assert!(follows(step, last), "{}: {step:?} after {last:?}", ran.name);
                    assert_eq!(step.address, last.address);
                    open.pop();
                    jumps += u64::from(step.opcode.0 == 0x5b);
                }
            }
            open.push(*step);
        }
        assert!(open.iter().all(ends) || !succeeded, "{}: {open:?}", ran.name);
        opcodes += trace.steps.len();
    });
    assert!(opcodes > 1000 && jumps > 50, "{opcodes} {jumps}");
}
