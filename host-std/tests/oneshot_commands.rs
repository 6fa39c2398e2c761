//! `eravm call` and `eravm estimate`, on the example batch files.

mod common;

use common::{Folder, corpus, eravm};
use serde_json::Value;

const TRANSFER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/batches/transfer.json");

fn bundle() -> Option<String> {
    corpus("contracts/v29.tar.gz")
}

/// A transfer of one account with this gas limit.
fn transfer(gas: u64) -> String {
    format!(
        r#"{{"transactions": [{{"from": "alice", "to": "bob", "value": "1 ether", "gas": {gas}}}]}}"#
    )
}

/// The embedded system, which has no name, and the bundle.
fn systems() -> Vec<String> {
    core::iter::once(String::new()).chain(bundle()).collect()
}

fn arguments<'a>(command: &'a str, system: &'a str, batch: &'a str) -> Vec<&'a str> {
    let system = if system.is_empty() { vec![] } else { vec!["--system", system] };
    [vec![command], system, vec!["--batch", batch]].concat()
}

fn run(command: &str, system: &str, batch: &str, more: &[&str], status: i32) -> Value {
    let arguments = [&arguments(command, system, batch)[..], &["--json"], more].concat();
    eravm(&arguments).expect(status).json()
}

fn number(value: &Value, path: &[&str]) -> u64 {
    let found = path.iter().fold(value, |value, name| &value[*name]);
    found.as_u64().unwrap_or_else(|| panic!("{path:?} in {value}"))
}

#[test]
fn a_call_is_made_without_a_signature_or_a_fee() {
    for system in systems() {
        let call = run("call", &system, TRANSFER, &[], 0);
        assert_eq!(call["status"], "success", "{call}");
        assert_eq!(call["reason"], Value::Null);
        // The base token announces the transfer.
        assert_eq!(call["events"].as_array().map(Vec::len), Some(1), "{call}");
        assert!(number(&call, &["gas", "execution"]) > 0, "{call}");
        assert!(number(&call, &["gas", "bootloader"]) > 0, "{call}");
        let text = eravm(&arguments("call", &system, TRANSFER)).expect(0);
        assert!(text.text().starts_with("status        success\n"), "{}", text.text());
    }
}

#[test]
fn a_call_that_fails_says_why() {
    let folder = Folder::new();
    let poor = r#"{"state": {"accounts": {"alice": {"balance": "0"}}},
        "transactions": [{"from": "alice", "to": "bob", "value": "1 ether"}]}"#;
    let file = folder.file("poor.json", poor);
    for system in systems() {
        let call = run("call", &system, &file, &[], 1);
        assert_eq!(call["status"], "reverted", "{call}");
        assert!(call["reason"].is_string(), "{call}");
        let estimate = run("estimate", &system, &file, &[], 1);
        assert!(estimate["error"].as_str().is_some_and(|text| text.contains("wei")), "{estimate}");
    }
}

#[test]
fn with_the_estimated_gas_a_transaction_succeeds_and_with_much_less_it_does_not() {
    let with = |search| systems().into_iter().map(move |system| (system, search));
    for (system, search) in with("optimized").chain(with("full")) {
        let estimate = run("estimate", &system, TRANSFER, &["--search", search], 0);
        let gas_limit = number(&estimate, &["gas_limit"]);
        let part = |name| number(&estimate, &["breakdown", name]);
        let into = ["overhead", "intrinsic", "validation", "execution", "pubdata"].map(part);
        let charged = part("charged");
        assert!(into.iter().all(|part| *part > 0), "{estimate}");
        assert_eq!(into.iter().sum::<u64>(), charged + part("discount"), "{estimate}");
        assert_eq!(charged + part("refunded"), gas_limit, "{estimate}");
        let folder = Folder::new();
        let status = |gas: u64| {
            let file = folder.file("transfer.json", transfer(gas));
            run("batch", &system, &file, &[], 0)["transactions"][0]["status"].clone()
        };
        assert_eq!(status(gas_limit), "success", "{estimate}");
        assert_ne!(status(charged / 2), "success", "{estimate}");
        let text = eravm(&arguments("estimate", &system, TRANSFER)).expect(0);
        assert!(text.text().contains("  charged "), "{}", text.text());
    }
}

#[test]
fn wrong_inputs_are_named() {
    let Some(system) = bundle() else { return };
    let cases: [(&[&str], &str); 4] = [
        (&["call", "--tx", "1", "--system", &system], "--tx: "),
        (&["estimate", "--gas-limit-factor=-1", "--system", &system], "--gas-limit-factor: "),
        (&["estimate", "--gas-price-factor", "inf", "--system", &system], "--gas-price-factor: "),
        (&["call", "--system", "nowhere.tar.gz"], "--system: "),
    ];
    for (arguments, message) in cases {
        let all = [arguments, &["--batch", TRANSFER]].concat();
        let finished = eravm(&all).expect(2);
        assert!(finished.stderr.contains(message), "{all:?}: {}", finished.stderr);
    }
}

#[test]
fn overrides_change_what_a_call_finds() {
    let Some(system) = bundle() else { return };
    let folder = Folder::new();
    let call = r#"{"state": {"accounts": {"alice": {"balance": "0"}}},
        "transactions": [{"from": "alice", "to": "0x20000", "value": 1}]}"#;
    let batch = folder.file("call.json", call);
    let with = |command: &str, overrides: &str, status: i32| {
        let file = folder.file("overrides.json", overrides);
        run(command, &system, &batch, &["--overrides", &file], status)
    };
    assert_eq!(run("call", &system, &batch, &[], 1)["status"], "reverted");
    let rich = r#"{"alice": {"balance": "1 ether"}}"#;
    assert_eq!(with("call", rich, 0)["output"], "0x");
    assert!(number(&with("estimate", rich, 0), &["gas_limit"]) > 0);
    // Returns the slot 0.
    let getter = assembled(
        ".text\nentry:\n sload r0, r1\n st.1 0, r1\n add @abi[0], r0, r1\n ret.ok r1\n \
         .rodata\nabi:\n .cell 2535301200456458802993406410752\n",
    );
    for storage in ["state", "stateDiff"] {
        let overrides = format!(
            r#"{{"alice": {{"balance": "0x1"}},
                "0x20000": {{"code": {{"eravm": "{getter}"}}, "{storage}": {{"0x0": "0x2a"}}}}}}"#
        );
        let call = with("call", &overrides, 0);
        let output = call["output"].as_str().unwrap_or_default();
        assert!(output.len() == 66 && output.ends_with("002a"), "{call}");
    }
}

fn assembled(source: &str) -> String {
    let code = eravm_core::asm::assemble(source).expect("it assembles").bytecode;
    format!("0x{}", common::digits(&code))
}

#[test]
fn wrong_overrides_are_named() {
    let Some(system) = bundle() else { return };
    let folder = Folder::new();
    let cases = [
        ("{", "overrides.json"),
        (r#"{"alice": {"balanse": 1}}"#, "at alice.balanse: unknown field"),
        (r#"{"alice": {"code": {"eravm": "0x00"}}}"#, "at alice.code: "),
    ];
    for (text, message) in cases {
        let file = folder.file("overrides.json", text);
        let arguments = ["call", "--system", &system, "--batch", TRANSFER, "--overrides", &file];
        let finished = eravm(&arguments).expect(2);
        assert!(finished.stderr.contains(message), "{text}: {}", finished.stderr);
    }
    let both = ["call", "--system", &system, "--batch", "-", "--overrides", "-"];
    assert!(eravm(&both).expect(2).stderr.contains("standard input"));
}
