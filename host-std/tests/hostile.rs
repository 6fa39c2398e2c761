//! Input that nobody should give.

mod common;

use common::{Folder, corpus, digits, echo_code, eravm, with_input};
use eravm_host::artifact::{Format, parse};
use std::io::Write;

/// Contents that are refused, and a part of the message.
fn refused() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let code = digits(&echo_code());
    let wrong_hash =
        format!(r#"{{"bytecode": {{"object": "{code}"}}, "hash": "{}"}}"#, "01".repeat(32));
    let deep = "[".repeat(100_000);
    let deep_object = format!(r#"{{"bytecode": {}1"#, r#"{"object": "#.repeat(50_000));
    let truncated = format!(r#"{{"bytecode": {{"object": "{code}"#);
    let mut cut_gzip = gzip(code.as_bytes());
    cut_gzip.truncate((cut_gzip.len() / 2) | 1);
    vec![
        ("empty", vec![], "is empty"),
        ("blank", b" \n\t\n".to_vec(), "is empty"),
        ("0x", b"0x".to_vec(), "is empty"),
        ("word", b"hello".to_vec(), "beginning with \"hello\""),
        ("bad-digit", b"0x12zz".to_vec(), "'z' at digit 2"),
        ("odd", b"0x123".to_vec(), "3 hexadecimal digits"),
        ("short", b"0x1234".to_vec(), "2 bytes"),
        ("binary", vec![0xff, 0, 1, 2, 3], "5 bytes"),
        ("too-long", vec![0; 32 << 16], "65536 words"),
        ("truncated", truncated.into(), "not valid JSON"),
        ("deep", deep.into(), "recursion limit"),
        ("deep-object", deep_object.into(), "recursion limit"),
        ("list", b"[1, 2]".to_vec(), "a list"),
        ("object", br#"{"name": "x", "version": 1}"#.to_vec(), "name, version"),
        ("number", br#"{"bytecode": 5}"#.to_vec(), "bytecode is a number where a string"),
        ("null", br#"{"bytecode": null}"#.to_vec(), "bytecode is null"),
        ("no-object", br#"{"bytecode": {}}"#.to_vec(), "no code"),
        ("object-list", br#"{"bytecode": {"object": []}}"#.to_vec(), "bytecode.object is a list"),
        (
            "object-hex",
            br#"{"bytecode": {"object": "xy"}}"#.to_vec(),
            "bytecode.object is not hexadecimal",
        ),
        ("wrong-hash", wrong_hash.into(), "states the hash 0x0101"),
        (
            "short-hash",
            format!(r#"{{"bytecode": {{"object": "{code}"}}, "hash": "12"}}"#).into(),
            "hash is `12`",
        ),
        (
            "deps",
            format!(r#"{{"bytecode": "{code}", "factoryDeps": [1]}}"#).into(),
            "factoryDeps is a list",
        ),
        (
            "dep",
            format!(r#"{{"bytecode": "{code}", "factoryDeps": {{"x": "y"}}}}"#).into(),
            "factoryDeps.x is `x`",
        ),
        ("abstract", br#"{"contractName": "I", "bytecode": "0x"}"#.to_vec(), "no code for I"),
        (
            "unlinked",
            br#"{"contractName": "C", "bytecode": "0x00__$ab$__"}"#.to_vec(),
            "not linked: the address of __$ab$__",
        ),
        (
            "missing",
            br#"{"bytecode": {"object": "00", "missing_libraries": ["L.sol:L"]}}"#.to_vec(),
            "L.sol:L",
        ),
        (
            "combined",
            br#"{"contracts": {"C": {"bin": 5, "factory-deps": {}}}}"#.to_vec(),
            "contracts.C.bin is a number",
        ),
        ("contracts", br#"{"contracts": 5}"#.to_vec(), "contracts is a number"),
        (
            "contract",
            br#"{"contracts": {"a.sol": {"A": 1}}}"#.to_vec(),
            "contracts.a.sol.A is a number",
        ),
        ("none", br#"{"contracts": {}}"#.to_vec(), "has no contract in it"),
        (
            "failed",
            br#"{"errors": [{"severity": "error", "formattedMessage": "ParserError: x"}]}"#
                .to_vec(),
            "ParserError: x",
        ),
        ("assembly", b".text\nmain:\n bogus r1\n".to_vec(), "line 3, column 2"),
        ("gzip", cut_gzip, "packed with gzip and damaged"),
        ("bomb", gzip(&vec![b' '; 65 << 20]), "larger than 64 MiB"),
        ("tar", claiming_tar(), "tar archive and damaged"),
    ]
}

#[test]
fn bad_files_are_refused_with_a_reason() {
    let folder = Folder::new();
    for (name, content, part) in refused() {
        let path = folder.file(name, &content);
        for command in ["run", "disasm"] {
            let error = eravm(&[command, &path]).expect(2).stderr;
            assert!(error.contains(part) && error.contains(&path), "{name}: {error}");
            assert!(error.len() < 4000, "{name}: {} bytes of message", error.len());
        }
        let error = with_input(&["run", "-"], &content).expect(2).stderr;
        assert!(error.contains(part) && error.contains("standard input"), "{name}: {error}");
    }
}

#[test]
fn bad_places_are_refused_with_a_reason() {
    let folder = Folder::new();
    let huge = folder.path("huge");
    std::fs::File::create(&huge).and_then(|file| file.set_len(2 << 30)).expect("a sparse file");
    assert!(eravm(&["run", &huge]).expect(2).stderr.contains("larger than 64 MiB"));
    assert!(eravm(&["asm", &huge]).expect(2).stderr.contains("larger than 64 MiB"));
    assert!(eravm(&["run", "--storage", &huge]).expect(2).stderr.contains("larger than 64 MiB"));
    assert!(eravm(&["run", &folder.path("nothing")]).expect(2).stderr.contains("cannot be read"));
    assert!(eravm(&["run", &folder.path("")]).expect(2).stderr.contains("cannot be read"));
    #[cfg(unix)]
    {
        let path = folder.path("cycle");
        std::os::unix::fs::symlink(&path, &path).expect("a link to itself");
        assert!(eravm(&["run", &path]).expect(2).stderr.contains("cannot be read"));
    }
    for arguments in [
        ["--calldata", "0xabc"],
        ["--calldata", "zz"],
        ["--address", "0x1_0000000000000000000000000000000000000000"],
        ["--address", "12"],
        ["--ergs", "4294967296"],
        ["--value", "-1"],
        ["--contract", "0x5"],
        ["--contract", "five=x"],
        ["--engine", "magic"],
        ["--contract-name", "x"],
    ] {
        eravm(&[&["run"], arguments.as_slice()].concat()).expect(2);
    }
}

/// Numbers that look random and are the same every time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

#[test]
fn damaged_artifacts_never_do_more_than_fail() {
    let Some(path) = corpus("sdk-contracts/Import.json") else { return };
    let original = std::fs::read(path).expect("it can be read");
    let mut noise = Noise(1);
    let mut accepted = 0;
    for _ in 0..2000 {
        let mut bytes = original.clone();
        for _ in 0..1 + noise.next() % 4 {
            let at = noise.next() as usize % bytes.len();
            match noise.next() % 3 {
                0 => bytes[at] = noise.next() as u8,
                1 => bytes.truncate(at.max(1)),
                _ => drop(bytes.splice(at..at, [b"{}[]\",:0"[noise.next() as usize % 8]])),
            }
        }
        if let Ok(artifact) = parse(&bytes, "x") {
            accepted += usize::from(artifact.choose(None).is_ok());
        }
    }
    assert!(accepted > 0, "some damage is harmless");
}

#[test]
fn hostile_bytecode_ends_in_one_of_the_known_ways() {
    let folder = Folder::new();
    let mut noise = Noise(2);
    for round in 0..48 {
        let words = 1 + noise.next() % 40;
        let code: Vec<u8> = (0..words * 4)
            .flat_map(|_| {
                // Slots below 1110 are mostly instructions; other bits are free.
                let bits = noise.next();
                let slot = noise.next() % 1110;
                (bits & !0x7ff | slot).to_be_bytes()
            })
            .collect();
        let path = folder.file("code", &code);
        let address = if round % 2 == 0 { "0x8123" } else { "0x20000" };
        let finished = eravm(&["run", &path, "--address", address, "--ergs", "1000000", "--json"]);
        assert!([0, 1, 3].contains(&finished.status), "{finished:?}");
        assert!(finished.json()["exit"].is_string());
    }
}

#[test]
fn returned_data_may_be_longer_than_is_shown() {
    let folder = Folder::new();
    let length = (100u128 << 20) << 96;
    let source = format!(
        ".text\nentry:\n add @abi[0], r0, r1\n ret.ok r1\n.rodata\nabi:\n .cell {length}\n"
    );
    let path = folder.file("long", source);
    let report = eravm(&["run", &path, "--json", "--ergs", "200000000"]).expect(0).json();
    assert_eq!(report["returndata_length"], 100 << 20);
    assert!(report["returndata"].is_null());
    let text = eravm(&["run", &path, "--ergs", "200000000"]).expect(0);
    assert!(text.text().contains("too many to show"));
}

#[test]
fn whole_archives_are_read() {
    for version in ["v26", "v27", "v28", "v29"] {
        let Some(path) = corpus(&format!("contracts/{version}.tar.gz")) else { return };
        let bytes = std::fs::read(path).expect("it can be read");
        let artifact = parse(&bytes, version).expect("it is an archive");
        assert_eq!(artifact.format, Format::Archive);
        assert!(artifact.contracts.len() > 30, "{version}: {}", artifact.contracts.len());
        for contract in artifact.contracts {
            let code = contract.code.unwrap_or_else(|error| panic!("{}: {error}", contract.name));
            let text = eravm_core::asm::disassemble(&code).expect("whole words").to_string();
            let again = eravm_core::asm::assemble(&text).map(|assembly| assembly.bytecode);
            assert_eq!(again.as_ref(), Ok(&code), "{version} {}", contract.name);
        }
    }
}

#[test]
fn all_sdk_artifacts_are_read() {
    let Some(folder) = corpus("sdk-contracts") else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("it can be listed") {
        let path = entry.expect("it can be listed").path();
        let artifact =
            parse(&std::fs::read(&path).expect("it can be read"), "x").expect("it is known");
        assert!(matches!(artifact.format, Format::Hardhat | Format::CombinedJson));
        assert!(artifact.contracts.iter().all(|contract| contract.code.is_ok()));
        count += artifact.contracts.len();
    }
    assert!(count >= 15, "{count}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).and_then(|()| packed.finish()).expect("memory does not fail")
}

/// An archive whose member claims 2 GiB.
fn claiming_tar() -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path("A.json").expect("a short name");
    header.set_size(2 << 30);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(b"{}");
    bytes
}
