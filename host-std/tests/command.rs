//! The command: every format, every field of the report, every exit status.

mod common;

use common::{ECHO, Folder, corpus, digits, echo_code, eravm, with_input, word};
use eravm_core::VersionedHash;
use serde_json::{Value, json};

#[test]
fn the_example_runs_without_a_program() {
    let text = eravm(&["run"]).expect(0);
    assert!(text.text().contains("programs/airdrop.asm"), "{}", text.text());
    let report = eravm(&["run", "--json"]).expect(0).json();
    assert_eq!(report["exit"], "returned");
    let expected = format!("0x{}{}{}", word(3), word(1000), word(1000));
    assert_eq!(report["returndata"], expected);
    assert_eq!(report["storage_writes"].as_array().map(Vec::len), Some(4));
    let events = report["events"].as_array().expect("a list");
    assert_eq!(events.len(), 3);
    assert_eq!(events[1]["address"], "0x0000000000000000000000000000000000020000");
    assert_eq!(events[1]["topics"][2], format!("0x{}", word(0xb0b)));
    assert_eq!(events[1]["data"], format!("0x{}", word(250)));
}

#[test]
fn the_example_reverts_beyond_its_cap() {
    let calldata = [word(1), word(999_999), word(2), word(2)].concat();
    let report = eravm(&["run", "--json", "--calldata", &calldata]).expect(1).json();
    assert_eq!(report["exit"], "reverted");
    assert_eq!(report["returndata"], format!("0x{}", word(2)));
    assert_eq!(report["storage_writes"], json!([]));
    assert_eq!(report["events"], json!([]));
    assert_eq!(report["pubdata"], 0);
    let log = report["storage_log"].as_array().expect("a list");
    let rollbacks = log.iter().filter(|entry| entry["rollback"] == true).count();
    assert_eq!(rollbacks, 1, "the first payment is taken back");
    for calldata in ["", "00", &word(1)] {
        let report = eravm(&["run", "--json", "--calldata", calldata]).expect(1).json();
        assert_eq!(report["returndata"], format!("0x{}", word(1)));
    }
}

/// Runs the echo program and checks that it is what ran.
fn echoes(arguments: &[&str], input: &[u8]) {
    let calldata = word(0xabcdef);
    let arguments = [&["run", "--json", "--calldata", &calldata], arguments].concat();
    let report = with_input(&arguments, input).expect(0).json();
    assert_eq!(report["returndata"], format!("0x{calldata}"), "{arguments:?}");
}

#[test]
fn formats_are_chosen_by_content() {
    let folder = Folder::new();
    let code = echo_code();
    let hex = digits(&code);
    let hash = VersionedHash::of_code(&code).expect("it has a hash").to_string();
    let bare_hash = &hash[2..];
    let wrapped: String = hex
        .as_bytes()
        .chunks(64)
        .map(|line| format!("{}\r\n", String::from_utf8_lossy(line)))
        .collect();
    let zkout = json!({"abi": [], "bytecode": {"object": hex, "missing_libraries": []}, "hash": bare_hash,
        "factoryDependencies": {bare_hash: "Echo.sol:Echo"}});
    let standard = json!({"contracts": {"Echo.sol": {
        "Echo": {"evm": {"bytecode": {"object": hex}}, "hash": bare_hash, "factoryDependencies": {}},
        "IEcho": {"abi": [], "evm": {}},
    }}});
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("raw", code.clone()),
        ("digits.json", hex.clone().into()),
        ("prefixed", format!("0x{hex}\n").into()),
        ("wrapped", wrapped.into()),
        ("quoted", format!("\"0x{hex}\"").into()),
        ("source.bin", ECHO.into()),
        ("zkout", zkout.to_string().into()),
        ("hardhat", json!({"_format": "hh-zksolc-artifact-1", "contractName": "Echo", "sourceName": "Echo.sol",
            "bytecode": format!("0x{hex}"), "factoryDeps": {&hash: "Echo.sol:Echo"}}).to_string().into()),
        ("standard", standard.to_string().into()),
        ("build-info", json!({"id": "1", "input": {}, "output": standard}).to_string().into()),
        ("combined", json!({"contracts": {"Echo.sol:Echo": {"bin": hex, "factory-deps": {}},
            "Echo.sol:IEcho": {"bin": ""}}, "zk_version": "1.5.0"}).to_string().into()),
        ("bom", format!("\u{feff}{zkout}").into()),
        ("packed", gzip(zkout.to_string().as_bytes())),
        ("archive", tar(&[("zkout/Echo.sol/Echo.json", zkout.to_string().as_bytes()), ("list.json", b"{}")])),
    ];
    for (name, content) in files {
        let path = folder.file(name, &content);
        echoes(&[&path], b"");
        echoes(&["-"], &content);
    }
}

#[test]
fn contracts_are_chosen_by_name() {
    let folder = Folder::new();
    let echo = digits(&echo_code());
    let other = digits(&[0; 32]);
    let path = folder.file("two", json!({"contracts": {
        "a/Same.sol:Echo": {"bin": echo, "factory-deps": {}},
        "b/Same.sol:Echo": {"bin": other}, "a/Same.sol:Stop": {"bin": other}, "a/Same.sol:I": {"bin": ""},
    }}).to_string());
    echoes(&[&path, "--contract-name", "a/Same.sol:Echo"], b"");
    echoes(&[&format!("{path}:a/Same.sol:Echo")], b"");
    let error = |arguments: &[&str]| eravm(&[&["run"], arguments].concat()).expect(2).stderr;
    assert!(error(&[&path]).contains("has several contracts"));
    let ambiguous = error(&[&path, "--contract-name", "Echo"]);
    assert!(ambiguous.contains("b/Same.sol:Echo") && !ambiguous.contains("Stop"), "{ambiguous}");
    assert!(error(&[&path, "--contract-name", "Nobody"]).contains("has no contract `Nobody`"));
    assert!(error(&[&path, "--contract-name", "I"]).contains("has no code for I"));
}

/// Keys and types of the report; a change is a change of the interface.
#[test]
fn the_report_has_its_shape() {
    let folder = Folder::new();
    let program = folder.file(
        "kernel",
        "\
        .text
entry:
        add     7, r0, r2
        event.first r2, r2
        to_l1   r2, r2
        sstore  r2, r2
        sload   r2, r3
        ret.ok  r0
",
    );
    let arguments = ["run", &program, "--address", "0x9000", "--json", "--ergs", "1_000_000"];
    let report = eravm(&arguments).expect(0).json();
    let keys: Vec<&str> =
        report.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut expected = vec![
        "exit",
        "reason",
        "returndata",
        "returndata_length",
        "ergs_left",
        "instructions",
        "pubdata",
        "registers",
        "flags",
        "storage_writes",
        "events",
        "l2_to_l1_logs",
        "storage_log",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    let address = "0x0000000000000000000000000000000000009000";
    let seven = format!("0x{}", word(7));
    assert_eq!(report["reason"], Value::Null);
    assert_eq!(report["returndata"], "0x");
    assert_eq!(report["instructions"], 6);
    assert!(report["ergs_left"].is_u64());
    // 32 bytes of key and a value of one byte behind its length.
    assert_eq!(report["pubdata"], 34);
    let registers = report["registers"].as_array().expect("a list");
    assert_eq!(registers.len(), 15);
    assert_eq!(registers[0]["is_pointer"], true);
    assert_eq!(registers[1], json!({"value": "0x7", "is_pointer": false}));
    assert_eq!(report["flags"], json!({"lt": false, "eq": false, "gt": false}));
    assert_eq!(report["storage_writes"], json!([[address, "0x7", "0x7"]]));
    // Entries that are not EventWriter's stand for themselves.
    let event = json!({"address": address, "topics": [seven], "data": seven, "tx_number": 0});
    assert_eq!(report["events"], json!([event]));
    let log = json!({"sender": address, "key": seven, "value": seven, "is_service": false, "tx_number": 0});
    assert_eq!(report["l2_to_l1_logs"], json!([log]));
    assert_eq!(
        report["storage_log"],
        json!([
            {"kind": "initial_write", "rollback": false, "address": address, "key": "0x7", "read": "0x0",
             "written": "0x7", "tx_number": 0, "timestamp": 1025 + 4 * 3},
            {"kind": "read", "rollback": false, "address": address, "key": "0x7", "read": "0x7",
             "written": "0x7", "tx_number": 0, "timestamp": 1025 + 4 * 4},
        ])
    );
}

#[test]
fn changed_slots_can_be_given_back() {
    let folder = Folder::new();
    let first = eravm(&["run", "--json"]).expect(0).json();
    let storage = folder.file("storage.json", first["storage_writes"].to_string());
    let second = eravm(&["run", "--json", "--storage", &storage]).expect(0).json();
    assert_eq!(second["returndata"], format!("0x{}{}{}", word(3), word(1000), word(2000)));
    assert!(second["pubdata"].as_i64() < first["pubdata"].as_i64(), "the slots are no longer new");
    let map = folder.file("map.json", r#"{"0x20000": {"0x0": "0x10"}}"#);
    let third = eravm(&["run", "--json", "--storage", &map]).expect(0).json();
    assert_eq!(third["returndata"], format!("0x{}{}{}", word(3), word(1000), word(1016)));
    let wrong = folder.file("wrong.json", r#"{"0x20000": 5}"#);
    let error = eravm(&["run", "--storage", &wrong]).expect(2).stderr;
    assert!(error.contains("0x20000") && error.contains("wrong.json"), "{error}");
}

#[test]
fn options_reach_the_program() {
    let folder = Folder::new();
    let program = folder.file(
        "context",
        "\
        .text
entry:
        context.this r3
        context.caller r4
        context.get_context_u128 r5
        ret.ok  r0
",
    );
    let arguments = [
        "run",
        &program,
        "--json",
        "--address",
        "0x123456",
        "--caller",
        "0xabcdef",
        "--value",
        "77",
        "--constructor",
        "--system",
    ];
    let report = eravm(&arguments).expect(0).json();
    let value = |register: usize| report["registers"][register - 1]["value"].clone();
    assert_eq!(value(2), "0x3");
    assert_eq!(value(3), "0x123456");
    assert_eq!(value(4), "0xabcdef");
    assert_eq!(value(5), "0x4d");
    let write = folder.file("write", ".text\nentry:\n sstore r0, r0\n ret.ok r0\n");
    eravm(&["run", &write]).expect(0);
    let report = eravm(&["run", &write, "--static", "--json"]).expect(1).json();
    assert_eq!(report["exit"], "panicked");
    assert_eq!(report["flags"]["lt"], true);
}

#[test]
fn unknown_protocols_take_the_newest_rules() {
    let newest = eravm(&["run", "--json"]).expect(0);
    assert_eq!(newest.stderr, "");
    let unknown = eravm(&["run", "--json", "--protocol", "999"]).expect(0);
    assert!(unknown.stderr.contains("999") && unknown.stderr.contains("31"), "{}", unknown.stderr);
    assert_eq!(unknown.stdout, newest.stdout);
    assert!(eravm(&["run", "--protocol", "24"]).expect(2).stderr.contains("older than 25"));
    eravm(&["run", "--protocol", "70000"]).expect(2);
}

#[test]
fn runs_are_suspended_and_stopped() {
    let folder = Folder::new();
    let hook = folder.file("hook", ".text\nentry:\n add 5, r0, r2\n st.1 64, r2\n ret.ok r0\n");
    let report = eravm(&["run", &hook, "--hook", "64", "--json"]).expect(3).json();
    assert_eq!(report["exit"], "suspended");
    assert!(report["reason"].as_str().is_some_and(|reason| reason.contains("0x5")));
    assert_eq!(report["registers"][1]["value"], "0x5");
    let report = eravm(&["run", "--instruction-limit", "10", "--json"]).expect(3).json();
    assert_eq!((&report["exit"], &report["instructions"]), (&json!("suspended"), &json!(10)));
    let grow = folder.file(
        "grow",
        "\
        .text
entry:
        add     @far[0], r0, r2
        st.1    r2, r2
        ret.ok  r0
        .rodata
far:
        .cell   1000000
",
    );
    eravm(&["run", &grow]).expect(0);
    let report = eravm(&["run", &grow, "--memory-limit", "0", "--json"]).expect(3).json();
    assert_eq!(report["exit"], "stopped");
    assert!(report["reason"].as_str().is_some_and(|reason| reason.contains("memory")));
    // Code whose hash is in storage, but which nobody gave.
    let unknown = folder.file(
        "unknown.json",
        format!(r#"{{"0x8002": {{"0x800d": "0x01000001{}"}}}}"#, "7".repeat(56)),
    );
    let report = eravm(&["run", "--json", "--storage", &unknown]).expect(3).json();
    assert_eq!(report["exit"], "stopped");
    assert!(report["reason"].as_str().is_some_and(|reason| reason.contains("--code")), "{report}");
}

#[test]
fn traces_have_a_line_for_every_instruction() {
    let folder = Folder::new();
    let trace = folder.path("trace.txt");
    let report = eravm(&["run", "--json", "--trace", &trace]).expect(0).json();
    assert_eq!(report, eravm(&["run", "--json"]).json(), "watching changes nothing");
    let text = std::fs::read_to_string(&trace).expect("it was written");
    let lines: Vec<&str> = text.lines().skip(1).filter(|line| !line.starts_with('@')).collect();
    assert_eq!(Some(lines.len() as u64), report["instructions"].as_u64());
    let first: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(first, ["0", "0", "0", "80000000", "1", "---", "nop", "stack+=[7]"]);
    assert!(lines.iter().any(|line| line.ends_with("; skipped")));
    assert!(text.contains("@ 0x000000000000000000000000000000000000800d"));
    let cut = eravm(&["run", "--json", "--trace", &trace, "--trace-limit", "5"]).expect(0);
    assert!(cut.stderr.contains("cut after 5"), "{}", cut.stderr);
    assert_eq!(std::fs::read_to_string(&trace).map(|text| text.lines().count()).ok(), Some(8));
    let error = eravm(&["run", "--trace", "/nonexistent/trace"]).expect(2).stderr;
    assert!(error.contains("/nonexistent/trace"), "{error}");
}

#[test]
fn assembly_and_disassembly_are_inverse() {
    let folder = Folder::new();
    let source = folder.file("echo.asm", ECHO);
    let (binary, text) = (folder.path("echo.bin"), folder.path("echo.txt"));
    eravm(&["asm", &source, "-o", &binary]).expect(0);
    let code = std::fs::read(&binary).expect("it was written");
    assert_eq!(code, echo_code());
    let shown = eravm(&["asm", &source]).expect(0);
    assert_eq!(shown.text().trim(), format!("0x{}", digits(&code)));
    // Also for what is no code at all.
    let noise: Vec<u8> =
        (0..32 * 40u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for bytes in [code, noise, vec![0; 64], vec![0xff; 96]] {
        std::fs::write(&binary, &bytes).expect("files can be written");
        eravm(&["disasm", &binary, "-o", &text]).expect(0);
        let to_stdout = eravm(&["disasm", &binary]).expect(0);
        assert_eq!(to_stdout.stdout, std::fs::read(&text).expect("it was written"));
        let again = with_input(&["asm", "-", "-o", "-"], &to_stdout.stdout).expect(0);
        assert_eq!(again.stdout, bytes);
    }
    let wrong = folder.file("wrong.asm", "        .text\nentry:\n        ad r1, r2, r3\n");
    let error = eravm(&["asm", &wrong]).expect(2).stderr;
    assert!(error.contains("wrong.asm: line 3, column 9") && error.contains("`ad`"), "{error}");
    assert!(eravm(&["asm", &binary]).expect(2).stderr.contains("is not text"));
}

#[test]
fn dependencies_are_known_and_may_be_circular() {
    let folder = Folder::new();
    // Calls the account at 0x40000, whose code is given by hash only, and returns what it returns.
    let caller = "\
        .text
entry:
        context.ergs_left r3
        add     @call[0], r0, r1
        add     @callee[0], r0, r2
        far_call r1, r2, @failed
        ret.ok  r0
failed:
        ret.revert r0
        .rodata
call:
        .cell   6277101735386680763835789423207666416102355444464034512896000
callee:
        .cell   262144
";
    let code = eravm_core::asm::assemble(caller).expect("it assembles").bytecode;
    let (main, callee) = (digits(&code), digits(&echo_code()));
    let hash = |code: &[u8]| VersionedHash::of_code(code).expect("it has a hash").to_string();
    let (main_hash, callee_hash) = (hash(&code), hash(&echo_code()));
    let both = folder.file(
        "both.json",
        json!({"contracts": {
            "A.sol:A": {"bin": main, "factory-deps": {&callee_hash[2..]: "B.sol:B"}},
            "B.sol:B": {"bin": callee, "factory-deps": {&main_hash[2..]: "A.sol:A"}},
        }})
        .to_string(),
    );
    let storage = folder.file("s.json", json!({"0x8002": {"0x40000": callee_hash}}).to_string());
    eravm(&["run", &both, "--contract-name", "A", "--storage", &storage]).expect(0);
    let alone = folder.file(
        "alone.json",
        json!({"contractName": "A", "bytecode": format!("0x{main}"),
        "factoryDeps": {&callee_hash: "B.sol:B"}})
        .to_string(),
    );
    let report = eravm(&["run", &alone, "--storage", &storage, "--json"]).expect(3).json();
    assert!(report["reason"].as_str().is_some_and(|reason| reason.contains("B.sol:B")), "{report}");
    let dependency = format!("{both}:B");
    eravm(&["run", &alone, "--storage", &storage, "--code", &dependency]).expect(0);
    eravm(&["run", &alone, "--contract", &format!("0x40000={dependency}")]).expect(0);
}

#[test]
fn real_contracts_run() {
    let Some(archive) = corpus("contracts/v29.tar.gz") else { return };
    let folder = Folder::new();
    // chainId() of SystemContext reads slot 0.
    let storage = folder.file("storage.json", r#"[["0x800b", 0, 270]]"#);
    let context = format!("{archive}:SystemContext");
    let report = eravm(&[
        "run",
        &context,
        "--address",
        "0x800b",
        "--calldata",
        "0x9a8a0592",
        "--storage",
        &storage,
        "--json",
    ])
    .expect(0)
    .json();
    assert_eq!(report["returndata"], format!("0x{}", word(270)));
    // Our EventWriter does what the network's does.
    let writer = format!("0x800d={archive}:EventWriter");
    let ours = eravm(&["run", "--json"]).expect(0).json();
    let theirs = eravm(&["run", "--json", "--contract", &writer]).expect(0).json();
    assert_eq!(ours["events"], theirs["events"]);
    // keccak256 of nothing, by the system contract.
    let keccak = format!("{archive}:Keccak256");
    let report = eravm(&["run", &keccak, "--address", "0x8010", "--json"]).expect(0).json();
    assert_eq!(
        report["returndata"],
        "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    );
    let Some(counter) = corpus("sdk-contracts/Counter.json") else { return };
    let report = eravm(&["run", &counter, "--calldata", "6d4ce63c", "--json"]).expect(0).json();
    assert_eq!(report["returndata"], format!("0x{}", word(0)));
    let Some(storage) = corpus("sdk-contracts/Storage.json") else { return };
    eravm(&["disasm", &storage]).expect(0);
    let Some(demo) = corpus("sdk-contracts/Demo.json") else { return };
    eravm(&["disasm", &format!("{demo}:Demo.sol:Demo")]).expect(0);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).and_then(|()| packed.finish()).expect("memory does not fail")
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *content).expect("memory does not fail");
    }
    archive.into_inner().expect("memory does not fail")
}
