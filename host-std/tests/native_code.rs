//! Native code that is made ahead of time, by the command.

mod common;

use common::{Folder, corpus, eravm, with_environment, word};
use serde_json::{Value, json};
use std::path::Path;

const TRANSFER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/batches/transfer.json");

/// Worth to be entered.
const LOOP: &str = "
        .text
entry:
        add     1000, r0, r15
loop:
        add     3, r2, r2
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
";

/// The report of a command, and what is in it about the compiler.
fn with_engine(arguments: &[&str]) -> (Value, Value) {
    let mut report = eravm(arguments).expect(0).json();
    let jit = report.as_object_mut().and_then(|it| it.remove("jit")).unwrap_or_default();
    (report, jit)
}

#[test]
fn a_program_has_its_code_from_the_beginning() {
    let folder = Folder::new();
    let (program, out) = (folder.file("loop.asm", LOOP), folder.path("aot"));
    let made = eravm(&["jit-aot", &program, "--out", &out, "--json"]).expect(0).json();
    assert_eq!((&made["compiled"], &made["programs"][0]["error"]), (&json!(1), &Value::Null));
    assert_eq!(made["programs"][0]["name"], program);
    assert!(made["code_bytes"].as_u64() > Some(0) && made["file_bytes"].as_u64() > Some(0));
    let path = made["path"].as_str().expect("a text");
    assert!(path.starts_with(&out) && path.ends_with(".eravm-aot"), "{path}");
    let calldata = word(0xabcdef);
    let plain = ["run", &program, "--json", "--calldata", &calldata];
    let (interpreted, none) = with_engine(&plain);
    assert_eq!(none, Value::Null);
    for engine in ["jit", "shadow"] {
        let options = ["--engine", engine, "--jit-workers", "0", "--jit-aot-dir", &out];
        let (report, jit) = with_engine(&[&plain[..], &options].concat());
        assert_eq!(report, interpreted);
        assert_eq!((&jit["aot_loaded"], &jit["compiled"]), (&json!(1), &json!(0)), "{jit}");
        assert!(jit["aot_bytes"].as_u64() > Some(0) && jit["hot"] == 0, "{jit}");
    }
    // As text, and the same file again.
    let text = eravm(&["jit-aot", &program, "--out", &out, "--jit-workers", "2"]).expect(0);
    assert!(text.text().contains("1 of 1 programs compiled"), "{}", text.text());
    assert_eq!(std::fs::read_dir(&out).expect("a folder").count(), 1);
}

#[test]
fn folders_that_cannot_be_used_are_refused() {
    let folder = Folder::new();
    let (program, out) = (folder.file("loop.asm", LOOP), folder.path("aot"));
    let run = |out: &str| {
        let options = ["--engine", "jit", "--jit-aot-dir", out];
        eravm(&[&["run", &program][..], &options].concat())
    };
    let error = run(&out).expect(2).stderr;
    assert!(error.contains("--jit-aot-dir") && error.contains("cannot be read"), "{error}");
    let empty = Folder::new();
    let error = run(&empty.path(".")).expect(2).stderr;
    assert!(error.contains("make one with `eravm jit-aot`"), "{error}");
    let made = eravm(&["jit-aot", &program, "--out", &out, "--json"]).expect(0).json();
    let path = Path::new(made["path"].as_str().expect("a text"));
    let mut bytes = std::fs::read(path).expect("it is there");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(path, &bytes).expect("nobody has mapped it");
    let error = run(&out).expect(2).stderr;
    assert!(error.contains("is damaged") && error.contains("eravm jit-aot"), "{error}");
    std::fs::write(path, &bytes[..last]).expect("nobody has mapped it");
    let error = run(&out).expect(2).stderr;
    assert!(error.contains("bytes where it must have"), "{error}");
    // The fingerprint is behind the first 16 bytes.
    bytes[20] ^= 1;
    std::fs::write(path, &bytes).expect("nobody has mapped it");
    let error = run(&out).expect(2).stderr;
    assert!(error.contains("another build, for another processor"), "{error}");
}

#[test]
fn there_must_be_something_to_compile() {
    let folder = Folder::new();
    let (program, out) = (folder.file("loop.asm", LOOP), folder.path("aot"));
    let error = eravm(&["jit-aot", "--out", &out]).expect(2).stderr;
    assert!(error.contains("FILE"), "{error}");
    eravm(&["jit-aot", &program]).expect(2);
    let options = ["--out", &out, "--jit-max-code", "1"];
    let error = eravm(&[&["jit-aot", &program][..], &options].concat()).expect(2).stderr;
    assert!(error.contains("too long") && error.contains("no program"), "{error}");
}

/// With the bytecode system: a batch of which all system contracts are compiled beforehand, and nothing else.
#[test]
fn a_batch_has_its_system_from_the_beginning() {
    let Some(bundle) = corpus("contracts/v29.tar.gz") else { return };
    let folder = Folder::new();
    let out = folder.path("aot");
    let made = eravm(&["jit-aot", "--system", &bundle, "--out", &out, "--json"]).expect(0).json();
    let programs = made["programs"].as_array().expect("a list");
    assert!(programs.iter().any(|it| it["name"] == "Bootloader (ProvedBatch)"), "{made}");
    assert!(programs.iter().all(|it| it["error"] == Value::Null), "{made}");
    assert!(made["compiled"].as_u64() > Some(20), "{made}");
    let plain = ["batch", "--system", &bundle, "--batch", TRANSFER, "--json"];
    let options = ["--engine", "jit", "--jit-workers", "0", "--jit-aot-dir", &out];
    let (interpreted, _) = with_engine(&plain);
    let (report, jit) = with_engine(&[&plain[..], &options].concat());
    assert_eq!(report, interpreted);
    assert!(jit["aot_loaded"].as_u64() > Some(5) && jit["compiled"] == 0, "{jit}");
    assert!(jit["entries"].as_u64() > Some(100), "{jit}");
}

#[test]
fn events_are_written_for_who_asks() {
    let folder = Folder::new();
    let (program, out) = (folder.file("loop.asm", LOOP), folder.path("aot"));
    eravm(&["jit-aot", &program, "--out", &out]).expect(0);
    let run = ["run", &program, "--engine", "jit", "--jit-aot-dir", &out];
    let with = |wanted: &str| with_environment(&run, &[("ERAVM_LOG", wanted)]).expect(0).stderr;
    let text = with("eravm_jit=debug");
    assert!(text.contains("DEBUG eravm_jit: code loaded from a file code_hash=0x0100"), "{text}");
    assert!(text.contains("INFO eravm_jit: compiler stopped") && text.contains("aot_loaded=1"));
    assert!(!with("eravm_jit=info").contains("DEBUG"));
    assert_eq!(with("other=debug"), "");
    assert!(with("eravm_jit=loud").contains("warning: ERAVM_LOG"));
    assert_eq!(eravm(&run).expect(0).stderr, "");
}
