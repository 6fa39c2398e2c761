//! Goldens with a wrong value, and files that are no goldens: every one must be noticed, and none may do harm.

extern crate alloc;

use alloc::collections::BTreeMap;
use eravm_host::golden::{Code, FailureKind, Golden, LoadErrorKind, replay};
use eravm_tests::corpus::{corpus, json};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

/// One step from a JSON value to a part of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Step {
    Key(String),
    Index(usize),
}

/// Parts that say how a golden came about. The machine neither needs nor produces them.
const NOT_COMPARED: [&str; 22] = [
    "about",
    "name",
    "chain_id",
    "execution_mode",
    "extra",
    "notes",
    "fast_vs_legacy_differences",
    "l1_batch_env",
    "l2_da_validator",
    "validation_computational_gas_limit",
    "zksync_multivm",
    "zksync_vm2",
    "bootloader.kind",
    // What the host did with them is in the script.
    "transactions[].name",
    "transactions[].from",
    "transactions[].tx",
    // Estimated by the host from the kinds of instructions.
    "transactions[].outcome.circuit_statistic",
    "batch.block_tip.circuit_statistic",
    // Comments; the tag of an action is compared.
    "host_script[].reason",
    "host_script[].arg",
    // Slots that the batch does not use may be anything. Those that it uses have a test of their own.
    "initial_storage",
    // It chooses the rules, and neighbours have the same.
    "protocol_version",
];

/// A golden as JSON, with what it takes to replay it.
struct Original {
    path: PathBuf,
    value: Value,
    code: Code,
}

impl Original {
    fn load(name: &str) -> Option<Self> {
        let path = corpus()?.join(name);
        let code = Code::load(&Code::file_for(&path).expect("a code file")).expect("valid code");
        Some(Self { value: json(&path), path, code })
    }

    /// Replays a changed golden; what went wrong, in words.
    fn failure(&self, changed: &Value) -> Option<String> {
        let bytes = serde_json::to_vec(changed).expect("JSON");
        let golden = match Golden::from_json(&self.path, &bytes) {
            Ok(golden) => golden,
            Err(error) => return Some(error.to_string()),
        };
        replay(&golden, &self.code).err().map(|failure| failure.to_string())
    }
}

/// The place of a value, without and with indices.
fn shape(path: &[Step]) -> String {
    path.iter().fold(String::new(), |text, step| match step {
        Step::Key(key) if text.is_empty() => key.clone(),
        Step::Key(key) => format!("{text}.{key}"),
        Step::Index(_) => format!("{text}[]"),
    })
}

/// Like [`shape`], but lists of different things are told apart by index.
fn kind(root: &Value, path: &[Step]) -> String {
    let mut at = root;
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) => {
                text = format!("{text}.{key}");
                at = &at[key.as_str()];
            }
            Step::Index(index) => {
                let mixed = at.as_array().is_some_and(|list| {
                    list.len() <= 8 && list.iter().any(|item| !item.is_object() && !item.is_array())
                });
                text = if mixed { format!("{text}[{index}]") } else { format!("{text}[]") };
                at = &at[*index];
            }
        }
        if let Some(op) = at.get("op").and_then(Value::as_str) {
            text = format!("{text}<{op}>");
        }
    }
    text
}

/// Paths of all values that are no lists or objects, and of all lists.
fn places(value: &Value, path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    if NOT_COMPARED.iter().any(|part| shape(path) == *part) {
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                path.push(Step::Key(key.clone()));
                places(value, path, found);
                path.pop();
            }
        }
        Value::Array(list) => {
            if !list.is_empty() && !path.is_empty() {
                found.push(path.clone());
            }
            for (index, value) in list.iter().enumerate() {
                path.push(Step::Index(index));
                places(value, path, found);
                path.pop();
            }
        }
        Value::Null => {}
        _ => found.push(path.clone()),
    }
}

fn at_mut<'a>(value: &'a mut Value, path: &[Step]) -> &'a mut Value {
    path.iter().fold(value, |value, step| match step {
        Step::Key(key) => &mut value[key.as_str()],
        Step::Index(index) => &mut value[*index],
    })
}

/// Whether a change of a value can be noticed at all.
fn matters(root: &Value, path: &[Step]) -> bool {
    match (shape(path).as_str(), path.split_last()) {
        // Less code does not matter if it is not used.
        ("initial_factory_deps", _) => false,
        // A single call or estimation runs another transaction than the one that is written down.
        ("transactions[].hash", _) => root["batch"]["block_tip"] != Value::Null,
        // Where a zero is written to empty memory.
        ("host_script[].words[][]", Some((Step::Index(0), pair))) => {
            at_mut(&mut root.clone(), pair)[1] != "0x0"
        }
        _ => true,
    }
}

/// Makes a value another one of its type, or a list one shorter.
fn tamper(value: &mut Value) {
    *value = match value.take() {
        Value::Bool(flag) => json!(!flag),
        Value::Number(number) => match number.as_u64() {
            Some(number) => {
                json!(if number == u64::from(u32::MAX) { number - 1 } else { number ^ 1 })
            }
            None => json!(number.as_i64().expect("a whole number") + 1),
        },
        Value::String(text) => match text.strip_prefix("0x") {
            Some("") => json!("0x00"),
            Some(digits) => {
                let (rest, last) = digits.split_at(digits.len() - 1);
                json!(format!("0x{rest}{}", if last == "0" { "1" } else { "0" }))
            }
            None => json!(format!("{text}x")),
        },
        Value::Array(mut list) => {
            list.pop();
            Value::Array(list)
        }
        other => other,
    };
}

/// Changes values of every kind, `each` of a kind, and expects that each change is noticed where it was made.
fn every_kind_is_noticed(name: &str, each: usize, only: impl Fn(&str) -> bool) {
    let Some(original) = Original::load(name) else { return };
    assert_eq!(original.failure(&original.value), None);
    let mut found = Vec::new();
    places(&original.value, &mut Vec::new(), &mut found);
    let mut kinds: BTreeMap<String, Vec<Vec<Step>>> = BTreeMap::new();
    for path in found {
        kinds.entry(kind(&original.value, &path)).or_default().push(path);
    }
    kinds.retain(|kind, _| only(kind));
    assert!(!kinds.is_empty());
    let mut unnoticed = Vec::new();
    for paths in kinds.values() {
        let step = paths.len().div_ceil(each).max(1);
        for path in paths.iter().rev().filter(|path| matters(&original.value, path)).step_by(step) {
            let mut changed = original.value.clone();
            tamper(at_mut(&mut changed, path));
            match original.failure(&changed) {
                None => unnoticed.push(format!("{path:?}")),
                Some(failure) => expect_named(&original.value, path, &failure),
            }
        }
    }
    assert!(unnoticed.is_empty(), "{name}: changes of these were not noticed: {unnoticed:#?}");
}

/// A difference in a result is reported under its own name.
fn expect_named(original: &Value, path: &[Step], failure: &str) {
    let kind = kind(original, path);
    let is_result = kind.starts_with(".batch") || kind.contains(".outcome");
    // Of what is stored by index or by hash, the users are named.
    let is_indirect = kind.contains("storage_log") || kind.contains("dynamic_factory_deps");
    if !is_result || is_indirect {
        return;
    }
    let names = path.iter().filter_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    });
    // Results within results, like topics of events, go by the name of the list.
    for name in names.take(2) {
        assert!(failure.contains(name), "{path:?} was changed, but this was reported: {failure}");
    }
}

#[test]
fn every_kind_of_value_of_a_call_is_noticed() {
    every_kind_is_noticed("goldens-sdk/call_balance_of.json.gz", 5, |_| true);
}

#[test]
fn every_kind_of_value_of_a_failed_call_is_noticed() {
    every_kind_is_noticed("goldens-sdk/call_counter_revert.json.gz", 5, |_| true);
}

#[test]
fn every_kind_of_value_of_a_sending_call_is_noticed() {
    every_kind_is_noticed("goldens-sdk/call_send_to_l1.json.gz", 5, |_| true);
}

#[test]
fn every_kind_of_value_of_an_estimation_is_noticed() {
    every_kind_is_noticed("goldens-sdk/estimate_send_to_l1.json.gz", 3, |_| true);
    every_kind_is_noticed("goldens-sdk/estimate_evm_deploy.json.gz", 3, |_| true);
    every_kind_is_noticed("goldens-sdk/estimate_paymaster.json.gz", 3, |_| true);
}

#[test]
fn every_kind_of_value_of_a_batch_is_noticed() {
    every_kind_is_noticed("goldens/transfer_1.json.gz", 1, |_| true);
}

#[test]
fn every_kind_of_result_is_noticed() {
    let of_failures = |kind: &str| {
        let parts = ["outcome.result", "legacy_cycles", "instructions", "params_zk_evm"];
        parts.iter().any(|part| kind.contains(part))
    };
    every_kind_is_noticed("goldens/failures.json.gz", 1, of_failures);
    every_kind_is_noticed("goldens/zk_evm_0.153.8/deploy_slot_hash_collision.json.gz", 1, |kind| {
        kind.contains("params_zk_evm")
    });
}

#[test]
fn changed_inputs_are_noticed() {
    let Some(original) = Original::load("goldens-sdk/call_deploy.json.gz") else { return };
    let value = &original.value;
    // Code that is used must be known.
    let used = value["batch"]["used_contract_hashes"].as_array().expect("a list");
    let mut noticed = 0;
    for index in 0..value["initial_factory_deps"].as_array().expect("a list").len() {
        if used.contains(&value["initial_factory_deps"][index]) {
            let mut changed = value.clone();
            tamper(&mut changed["initial_factory_deps"][index]);
            let failure = original.failure(&changed).expect("code that is missing");
            assert!(failure.contains("is not in the code file"), "{failure}");
            noticed += 1;
        }
    }
    assert!(noticed > 3);
    // Slots that are read must have their value.
    let slots: Vec<(&Value, &Value)> = value["batch"]["storage_log"]["slots"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|slot| (&slot[0], &slot[1]))
        .collect();
    noticed = 0;
    for index in 0..value["initial_storage"].as_array().expect("a list").len() {
        let slot = &value["initial_storage"][index];
        if slots.contains(&(&slot[0], &slot[1])) {
            for part in 0..3 {
                let mut changed = value.clone();
                tamper(&mut changed["initial_storage"][index][part]);
                assert!(original.failure(&changed).is_some(), "{slot}, part {part}");
                noticed += 1;
            }
        }
    }
    assert!(noticed > 10);
}

#[test]
fn changed_enumeration_indices_are_noticed() {
    let Some(original) = Original::load("goldens/transfer_1.json.gz") else { return };
    let diffs = original.value["batch"]["state_diffs"].as_array().expect("a list");
    let repeated = diffs.iter().find(|diff| diff[3] != 0).expect("a repeated write");
    let slots = original.value["initial_storage"].as_array().expect("a list");
    let index = slots.iter().position(|slot| slot[0] == repeated[0] && slot[1] == repeated[1]);
    let mut changed = original.value.clone();
    tamper(&mut changed["initial_storage"][index.expect("a slot")][3]);
    let failure = original.failure(&changed).expect("another index");
    assert!(failure.contains("batch.state_diffs"), "{failure}");
}

#[test]
fn a_changed_trace_is_noticed() {
    let Some(original) = Original::load("goldens-sdk/call_balance_of.json.gz") else { return };
    let folder = std::env::temp_dir().join(format!("eravm-trace-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("tampered.trace.bin.gz");
    let trace = original.path.with_file_name("call_balance_of.trace.bin.gz");
    let records = eravm_tests::corpus::gunzip(&trace);
    let mut golden = Golden::load(&original.path).expect("a golden");
    golden.trace = Some(path.clone());
    let parts = [
        (0, "pc"),
        (2, "sp"),
        (4, "gas"),
        (8, "depth"),
        (10, "opcode"),
        (11, "flags"),
        (12, "code_address"),
        (16, "registers"),
        (24, "pubdata"),
        (28, "tx_number"),
    ];
    for (at, name) in parts {
        let mut changed = records.clone();
        changed[1000 * 32 + at] ^= 1;
        write_gzip(&path, &changed);
        let failure = replay(&golden, &original.code).expect_err("a difference").to_string();
        assert!(failure.contains(&format!("trace[1000].{name} differs")), "{failure}");
        assert!(failure.contains("instruction 1000, pc"), "{failure}");
    }
    for (length, what) in [(32 * 5 + 7, "a piece of a record"), (0, "nothing")] {
        write_gzip(&path, &records[..length]);
        let result = replay(&golden, &original.code);
        assert_eq!(result.is_err(), length != 0, "{what}");
    }
    std::fs::write(&path, b"not gzip").expect("a file");
    let failure = replay(&golden, &original.code).expect_err("no trace");
    assert!(matches!(failure.kind, FailureKind::Trace(_)), "{failure}");
    std::fs::remove_dir_all(&folder).expect("an empty folder");
}

fn write_gzip(path: &Path, contents: &[u8]) {
    let file = std::fs::File::create(path).expect("a file");
    let mut encoder = GzEncoder::new(file, Compression::fast());
    encoder.write_all(contents).and_then(|()| encoder.finish().map(drop)).expect("a gzipped file");
}

#[test]
fn a_difference_says_where_it_is() {
    let Some(original) = Original::load("goldens-sdk/call_send_to_l1.json.gz") else { return };
    let mut changed = original.value.clone();
    let hook =
        changed["host_script"].as_array().expect("a list").iter().position(|op| op["op"] == "hook");
    let hook = hook.expect("a hook");
    let gas = changed["host_script"][hook]["gas"].as_u64().expect("a number");
    changed["host_script"][hook]["gas"] = json!(gas + 7);
    let failure = original.failure(&changed).expect("a difference");
    let icount = &changed["host_script"][hook]["icount"];
    for part in [
        format!("host_script[{hook}].gas differs"),
        format!("expected {}", gas + 7),
        format!("actual   {gas}"),
        format!("instruction {icount}, pc "),
        "\n    > ".to_owned(),
        "st.1".to_owned(),
    ] {
        assert!(failure.contains(&part), "{part} is missing in {failure}");
    }
}

/// The JSON of a small golden, changed; what its replay says.
fn hostile(change: impl FnOnce(&mut Value)) -> Option<String> {
    let original = Original::load("goldens-sdk/call_balance_of.json.gz")?;
    let mut changed = original.value.clone();
    change(&mut changed);
    Some(original.failure(&changed).expect("a hostile golden must fail"))
}

#[test]
fn impossible_scripts_are_refused() {
    let cases: Vec<(Value, &str)> = vec![
        (
            json!({"op": "heap_write", "reason": "initial", "words": [[1_993_750, "0x1"]]}),
            "is beyond the bootloader's heap",
        ),
        (
            json!({"op": "heap_write", "reason": "initial", "words": [[u32::MAX, "0x1"]]}),
            "is beyond the bootloader's heap",
        ),
        (json!({"op": "heap_write", "reason": "initial", "words": [[-1, "0x1"]]}), "invalid value"),
        (json!({"op": "pop_snapshot"}), "there is no snapshot"),
        (json!({"op": "rollback_to_snapshot"}), "there is no snapshot"),
        (
            json!({"op": "tx_end", "arg": "0"}),
            "transaction 0 does not exist, or begins or ends out of order",
        ),
        (json!({"op": "tx_begin", "arg": "18446744073709551615"}), "does not exist"),
        (json!({"op": "tx_begin", "arg": "many"}), "is not a decimal number"),
        (json!({"op": "read_heap", "data": "0x11", "page": 10, "start": 0}), "differs"),
        (
            json!({"op": "run_end", "kind": "stopped", "gas": 0, "icount": 0, "output": "0x"}),
            "unknown variant",
        ),
        (
            json!({"op": "run_end", "kind": "reverted", "gas": 0, "icount": u64::MAX, "output": "0x"}),
            "are too many",
        ),
        (json!({"op": "dance"}), "unknown variant `dance`"),
    ];
    for (op, expected) in cases {
        let shown = op.to_string();
        let insert = |golden: &mut Value| {
            golden["host_script"].as_array_mut().expect("a list").insert(0, op);
        };
        let Some(failure) = hostile(insert) else { return };
        assert!(failure.contains(expected), "{shown}: {failure}");
    }
}

#[test]
fn scripts_without_end_are_cut() {
    let snapshots = |golden: &mut Value| {
        let script = golden["host_script"].as_array_mut().expect("a list");
        script.splice(0..0, core::iter::repeat_n(json!({"op": "make_snapshot"}), 1000));
    };
    let Some(failure) = hostile(snapshots) else { return };
    assert!(failure.contains("too many snapshots"), "{failure}");
    let end_twice = |golden: &mut Value| {
        let script = golden["host_script"].as_array_mut().expect("a list");
        let end = script.iter().position(|op| op["op"] == "run_end").expect("an end");
        script.insert(end, script[end].clone());
    };
    let failure = hostile(end_twice).expect("a corpus");
    assert!(failure.contains("run on after its end"), "{failure}");
    let hooks_for_ever = |golden: &mut Value| {
        let script = golden["host_script"].as_array_mut().expect("a list");
        let hook = script.iter().position(|op| op["op"] == "hook").expect("a hook");
        let repeated = script[hook].clone();
        script.splice(hook..hook, core::iter::repeat_n(repeated, 1000));
    };
    let failure = hostile(hooks_for_ever).expect("a corpus");
    assert!(failure.contains("differs"), "{failure}");
}

#[test]
fn wrong_types_are_refused_with_their_place() {
    let cases: [(&str, Value, &str); 12] = [
        ("/protocol_version", json!("29"), "at protocol_version"),
        ("/protocol_version", json!(24), "oldest one supported"),
        ("/zk_evm", json!("new"), "is not a version"),
        ("/zk_evm", json!("1.2.3.4"), "is not a version"),
        ("/bootloader/hash", json!("0x12"), "at bootloader.hash"),
        ("/bootloader/hash", json!(format!("0x{}", "11".repeat(32))), "is not in the code file"),
        ("/default_aa_hash", json!(format!("0x{}", "03".repeat(32))), "is not in the code file"),
        (
            "/initial_vm_state/registers_r1_to_r15",
            json!([]),
            "at initial_vm_state.registers_r1_to_r15",
        ),
        ("/host_script/0/words/0/1", json!("0xg"), "at host_script[0]"),
        ("/host_script", json!({}), "at host_script"),
        ("/batch/storage_log/rows/0/5", json!(100_000), "index 100000 in the storage log"),
        ("/batch/trace_digest/every", json!(0), "batch.trace_digest.every differs"),
    ];
    for (pointer, value, expected) in cases {
        let change = |golden: &mut Value| {
            *golden.pointer_mut(pointer).expect("a place") = value.clone();
        };
        let Some(failure) = hostile(change) else { return };
        assert!(failure.contains(expected), "{pointer} = {value}: {failure}");
    }
}

#[test]
fn files_that_are_no_goldens_are_refused() {
    let folder = std::env::temp_dir().join(format!("eravm-hostile-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let write = |name: &str, contents: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, contents).expect("a file");
        path
    };
    let deep = "[".repeat(100_000);
    let cases = [
        ("empty.json", Vec::new()),
        ("text.json", b"golden".to_vec()),
        ("deep.json", deep.into_bytes()),
        ("list.json", b"[]".to_vec()),
        ("object.json", b"{}".to_vec()),
        ("tail.json", b"{} {}".to_vec()),
        ("null.json", b"null".to_vec()),
    ];
    for (name, contents) in cases {
        let error = Golden::load(&write(name, &contents)).expect_err(name);
        assert!(matches!(error.kind, LoadErrorKind::Json { .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
        let code = Code::load(&write(name, &contents));
        assert_eq!(code.is_ok(), name == "object.json", "{name}");
    }
    let error = Golden::load(&folder.join("missing.json")).expect_err("no file");
    assert!(matches!(error.kind, LoadErrorKind::Io(_)), "{error}");
    let error = Golden::load(&folder).expect_err("a folder");
    assert!(matches!(error.kind, LoadErrorKind::Io(_)), "{error}");
    let error = Code::file_for(&folder.join("a/golden.json")).expect_err("no code");
    assert!(matches!(error.kind, LoadErrorKind::NoCodeFile), "{error}");
    if let Some(original) = Original::load("goldens-sdk/call_balance_of.json.gz") {
        let packed = std::fs::read(&original.path).expect("a golden");
        let error = Golden::load(&write("cut.json.gz", &packed[..packed.len() / 2]));
        let error = error.expect_err("half a file");
        assert!(matches!(error.kind, LoadErrorKind::Io(_)), "{error}");
    }
    std::fs::remove_dir_all(&folder).expect("a folder");
}

#[test]
fn files_that_are_bombs_are_refused() {
    let path = std::env::temp_dir().join(format!("eravm-bomb-{}.json.gz", std::process::id()));
    let file = std::fs::File::create(&path).expect("a file");
    let mut encoder = GzEncoder::new(file, Compression::fast());
    let spaces = vec![b' '; 1 << 20];
    for _ in 0..1025 {
        encoder.write_all(&spaces).expect("room for a small file");
    }
    encoder.finish().expect("a file");
    let error = Golden::load(&path).expect_err("a bomb");
    std::fs::remove_file(&path).expect("a file");
    assert!(matches!(error.kind, LoadErrorKind::TooLarge), "{error}");
}

#[test]
fn code_must_have_its_hash() {
    let folder = std::env::temp_dir().join(format!("eravm-code-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("bytecodes.json");
    let right = format!("0x01000001{}", "00".repeat(28));
    let cases = [
        (json!({&right: "0x"}), "has another hash"),
        (json!({&right: "00".repeat(32)}), "has another hash"),
        (json!({&right: "00".repeat(31)}), "not a multiple of 32"),
        (json!({&right: "zz"}), "is not hexadecimal"),
        (json!({"0x01": "00"}), "is not the hash of code"),
        (json!({format!("0x03{}", "00".repeat(31)): "00"}), "is not the hash of code"),
        (json!({&right: 5}), "invalid type"),
        (json!([right]), "invalid type"),
    ];
    for (value, expected) in cases {
        std::fs::write(&path, value.to_string()).expect("a file");
        let error = Code::load(&path).expect_err("wrong code").to_string();
        assert!(error.contains(expected), "{value}: {error}");
    }
    std::fs::remove_dir_all(&folder).expect("a folder");
}
