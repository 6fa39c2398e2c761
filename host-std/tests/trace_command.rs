//! `eravm trace`, on the example batch files.

mod common;

use common::{Folder, corpus, eravm};
use serde_json::Value;

const TRANSFER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/batches/transfer.json");
/// A call, one that reverts, two that halt, one with too little gas, a transfer.
const FAILURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/batches/failures.json");

fn bundle() -> Option<String> {
    corpus("contracts/v29.tar.gz")
}

fn text(system: &str, batch: &str, more: &[&str]) -> String {
    let arguments = [&["trace", "--system", system, "--batch", batch], more].concat();
    eravm(&arguments).expect(0).text().to_owned()
}

fn json(system: &str, batch: &str, more: &[&str]) -> Value {
    let arguments = [&["trace", "--system", system, "--batch", batch, "--json"], more].concat();
    eravm(&arguments).expect(0).json()
}

/// All calls in a call, itself first.
fn calls(root: &Value) -> Vec<&Value> {
    let inner = root["calls"].as_array().into_iter().flatten();
    core::iter::once(root).chain(inner.flat_map(calls)).collect()
}

#[test]
fn the_calls_of_a_transfer_are_a_tree() {
    let Some(system) = bundle() else { return };
    let root = json(&system, TRANSFER, &[]);
    assert_eq!(root["type"], "CALL");
    assert_eq!(root["value"], "0xde0b6b3a7640000");
    assert_eq!(root["error"], Value::Null, "{root}");
    let all = calls(&root);
    let names: Vec<_> = all.iter().filter_map(|call| call["toName"].as_str()).collect();
    for name in ["MsgValueSimulator", "L2BaseToken", "NonceHolder", "Ecrecover"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    let text = text(&system, TRANSFER, &[]);
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    assert!(first.starts_with("transaction 0, 0x") && first.ends_with(": success"), "{first}");
    // A line for each call.
    assert_eq!(lines.count(), all.len(), "{text}");
    let alone = json(&system, TRANSFER, &["--only-top-call"]);
    assert_eq!(alone["value"], root["value"]);
    assert_eq!(calls(&alone).len(), 1, "{alone}");
}

#[test]
fn a_transaction_is_traced_after_those_before_it() {
    let Some(system) = bundle() else { return };
    // The first call counts from 41 to 42.
    let root = json(&system, FAILURES, &["--tx", "0", "--tracer", "diff"]);
    let slot = "0x0000000000000000000000000000000000000000000000000000000000000000";
    let counter = "0x0000000000000000000000000000000000020000";
    let value = |state: &Value| {
        let value = state[counter]["storage"][slot].as_str().map(str::to_owned);
        value.unwrap_or_else(|| panic!("{state}"))
    };
    assert!(value(&root["pre"]).ends_with("29") && value(&root["post"]).ends_with("2a"), "{root}");
    // What it has written is there for the next; of one that halts nothing is.
    let folder = Folder::new();
    folder.file("counter.asm", include_str!("../examples/batches/counter.asm"));
    let twice = r#"{
        "state": {"accounts": {"0x20000": {"code": "counter.asm", "storage": {"0": 41}}}},
        "transactions": [
            {"from": "alice", "to": "0x20000"},
            {"from": "alice", "to": "0x20000", "nonce": 99},
            {"from": "alice", "to": "0x20000"}
        ]
    }"#;
    let twice = folder.file("twice.json", twice);
    let before = json(&system, &twice, &["--tx", "2", "--tracer", "prestate"]);
    assert!(value(&before).ends_with("2a"), "{before}");
    let text = text(&system, FAILURES, &["--tracer", "diff"]);
    let change = format!("  {slot}: {}29 -> {}2a", &slot[..64], &slot[..64]);
    assert!(text.lines().any(|line| line == change), "{text}");
}

#[test]
fn failures_are_traced_with_their_reasons() {
    let Some(system) = bundle() else { return };
    let all = json(&system, FAILURES, &["--all"]);
    let batch = ["batch", "--system", &system, "--batch", FAILURES, "--json"];
    let batch = eravm(&batch).expect(0).json();
    let (all, batch) = (all.as_array().unwrap(), batch["transactions"].as_array().unwrap());
    assert_eq!(all.len(), batch.len());
    for (traced, run) in all.iter().zip(batch) {
        for (of_trace, of_batch) in [("txHash", "hash"), ("status", "status"), ("reason", "reason")]
        {
            assert_eq!(traced[of_trace], run[of_batch], "{traced} {run}");
        }
        let failed = traced["status"] != "success";
        assert_eq!(traced["result"]["error"].is_string(), failed, "{traced}");
    }
    let statuses: Vec<_> = all.iter().map(|traced| &traced["status"]).collect();
    assert!(statuses.contains(&&"reverted".into()) && statuses.contains(&&"halted".into()));
    let text = text(&system, FAILURES, &["--tx", "2"]);
    let first = text.lines().next().unwrap_or_default();
    assert!(first.contains(": halted: ") && first.contains("nonce"), "{first}");
    let state = ["trace", "--system", &system, "--batch", FAILURES, "--tracer", "diff", "--json"];
    let halted = eravm(&[&state[..], &["--tx", "2"]].concat()).expect(0);
    assert_eq!(halted.json()["post"], Value::Object(Default::default()), "nothing is left of it");
    assert!(halted.stderr.contains("transaction 2 halted"), "{}", halted.stderr);
}

#[test]
fn wrong_inputs_are_named() {
    let Some(system) = bundle() else { return };
    let folder = Folder::new();
    let broken = folder.file("broken.json", r#"{"transactions": [{"form": "alice"}]}"#);
    let cases: [(&str, &[&str], &str); 5] = [
        (TRANSFER, &["--tx", "1"], "--tx: there is no transaction 1"),
        (TRANSFER, &["--tx", "0", "--all"], "cannot be used with"),
        (TRANSFER, &["--max-slots", "1"], "--max-slots"),
        (TRANSFER, &["--tracer", "diff", "--only-top-call"], "--only-top-call"),
        (&broken, &[], "form"),
    ];
    for (batch, more, message) in cases {
        let arguments = [&["trace", "--system", &system, "--batch", batch], more].concat();
        let finished = eravm(&arguments).expect(2);
        assert!(finished.stderr.contains(message), "{arguments:?}: {}", finished.stderr);
        assert!(finished.stdout.is_empty(), "{arguments:?}");
    }
}

/// A transaction that deploys EVM code.
fn deployment(code: &[u8]) -> String {
    let length = u8::try_from(code.len()).expect("it is short");
    // PUSH1 length, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 length, PUSH1 0, RETURN
    let init = [0x60, length, 0x60, 12, 0x60, 0, 0x39, 0x60, length, 0x60, 0, 0xf3];
    let digits = common::digits(&[&init[..], code].concat());
    format!(r#"{{"from": "alice", "data": "0x{digits}"}}"#)
}

/// Where it goes.
fn deployed(system: &str, batch: &str) -> Vec<String> {
    let report = eravm(&["batch", "--json", "--system", system, "--batch", batch]).expect(0).json();
    let rows = report["transactions"].as_array().unwrap();
    let addresses = rows.iter().flat_map(|row| row["deployed"].as_array().unwrap());
    addresses.map(|address| address.as_str().unwrap().to_owned()).collect()
}

/// Place in the code and name of each opcode.
fn opcodes(trace: &Value) -> Vec<(u64, &str, u64)> {
    assert_eq!(trace["omittedSteps"], 0);
    let steps = trace["structLogs"].as_array().unwrap().iter();
    let numbers = |step: &Value, name: &str| step[name].as_u64().unwrap();
    steps
        .map(|step| (numbers(step, "pc"), step["op"].as_str().unwrap(), numbers(step, "depth")))
        .collect()
}

#[test]
fn the_opcodes_of_evm_code_are_shown() {
    // Twice round a loop; copies its code, data of a PUSH with 0x5b in it, and stops.
    let looping = [
        0x60, 2, 0x5b, 0x60, 1, 0x90, 0x03, 0x80, 0x60, 2, 0x57, 0x60, 20, 0x60, 0, 0x60, 0, 0x39,
        0x61, 0x5b, 0x5b, 0,
    ];
    // Jumps to where no JUMPDEST is.
    let failing = [0x60, 4, 0x56, 0x5b, 0x01];
    for version in [28, 29] {
        let Some(system) = corpus(&format!("contracts/v{version}.tar.gz")) else { return };
        let folder = Folder::new();
        let [looping, failing] = [&looping[..], &failing].map(deployment);
        let both = format!(r#"{{"transactions": [{looping}, {failing}]}}"#);
        let [looper, failer] = &deployed(&system, &folder.file("both.json", &both))[..] else {
            panic!("two are deployed");
        };
        // Calls the looper: PUSH1 0 five times, PUSH20, GAS, CALL, STOP.
        let mut caller = vec![0x60, 0, 0x60, 0, 0x60, 0, 0x60, 0, 0x60, 0, 0x73];
        caller.extend(eravm_host::decode_hex(looper).unwrap());
        caller.extend([0x5a, 0xf1, 0]);
        let caller = deployment(&caller);
        let three = format!(r#"{{"transactions": [{looping}, {failing}, {caller}]}}"#);
        let addresses = deployed(&system, &folder.file("three.json", &three));
        let calling = &addresses[2];
        let calls = [failer, calling].map(|to| format!(r#"{{"from": "alice", "to": "{to}"}}"#));
        let all = format!(
            r#"{{"transactions": [{looping}, {failing}, {caller}, {}]}}"#,
            calls.join(", ")
        );
        let file = folder.file("all.json", &all);
        let traces = json(&system, &file, &["--all", "--tracer", "evm"]);
        let of = |index: usize| opcodes(&traces[index]["result"]);
        let push = |at, depth| (at, "PUSH1", depth);
        let init = [push(0, 1), push(2, 1), push(4, 1), (6, "CODECOPY", 1), push(7, 1), push(9, 1)];
        for index in 0..3 {
            assert_eq!(of(index), [&init[..], &[(11, "RETURN", 1)]].concat(), "{version}");
        }
        // The jump fails.
        assert_eq!(of(3), [push(0, 1), (2, "JUMP", 1)], "{version}");
        assert_eq!(traces[3]["status"], "reverted");
        let round = [
            (2, "JUMPDEST", 2),
            push(3, 2),
            (5, "SWAP1", 2),
            (6, "SUB", 2),
            (7, "DUP1", 2),
            push(8, 2),
            (10, "JUMPI", 2),
        ];
        let end = [push(11, 2), push(13, 2), push(15, 2), (17, "CODECOPY", 2), (18, "PUSH2", 2)];
        let outer: Vec<_> = (0..5).map(|index| push(2 * index, 1)).collect();
        let expected = [
            &outer[..],
            &[(10, "PUSH20", 1), (31, "GAS", 1), (32, "CALL", 1), push(0, 2)],
            &round,
            &round,
            &end,
            &[(21, "STOP", 2), (33, "STOP", 1)],
        ];
        assert_eq!(of(4), expected.concat(), "{version}");
        let shown = text(&system, &file, &["--tx", "4", "--tracer", "evm", "--max-opcodes", "10"]);
        let lines: Vec<_> = shown.lines().skip(1).collect();
        assert_eq!(lines[0], calling);
        assert!(
            lines.contains(&"     32 CALL") && lines.contains(&format!("  {looper}").as_str()),
            "{shown}"
        );
        assert!(shown.ends_with("opcodes were not kept)\n"), "{shown}");
    }
    let Some(system) = corpus("contracts/v27.tar.gz") else { return };
    let old = ["trace", "--system", &system, "--batch", TRANSFER, "--tracer", "evm"];
    assert!(eravm(&old).expect(2).stderr.contains("protocol version 28 or later"));
}
