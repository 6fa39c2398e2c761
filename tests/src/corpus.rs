//! Access to the corpora: real bytecodes and batches, kept outside the project.
//!
//! The folder is named by the environment variable `ERAVM_CORPUS`; without it, it is `shared/corpus`
//! beside the workspace. A test that finds none says so and passes, except under `CI=true`.

#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "tests need the standard library"
)]

use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The folder of the corpora, or `None`, said loudly, if it does not exist.
///
/// # Panics
///
/// If the folder does not exist and the environment variable `CI` is `true`.
pub fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("ERAVM_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    let name = std::thread::current().name().unwrap_or("this test").to_owned();
    let message = format!("NOT RUN: {name}: no corpus at {} (set ERAVM_CORPUS)", folder.display());
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{message}");
    // Past the capture of output, which would hide it in a test that passes.
    let _ = writeln!(io::stderr(), "\n*** {message}\n");
    None
}

/// The contents of a gzipped file.
///
/// # Panics
///
/// If the file cannot be read.
pub fn gunzip(path: &Path) -> Vec<u8> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut contents = Vec::new();
    GzDecoder::new(file)
        .read_to_end(&mut contents)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    contents
}

/// A `.json` or `.json.gz` file.
///
/// # Panics
///
/// If the file cannot be read or is not JSON.
pub fn json(path: &Path) -> Value {
    let contents = if path.extension().is_some_and(|extension| extension == "gz") {
        gunzip(path)
    } else {
        std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    serde_json::from_slice(&contents).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files in a `.tar.gz`, by their path in it.
///
/// # Panics
///
/// If the archive cannot be read.
pub fn untar(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let contents = gunzip(path);
    let mut archive = tar::Archive::new(contents.as_slice());
    let entries = archive.entries().expect("a tar archive");
    entries
        .map(|entry| entry.expect("an entry of the archive"))
        .filter(|entry| entry.header().entry_type().is_file())
        .map(|mut entry| {
            let path = entry.path().expect("the path of an entry").into_owned();
            let mut contents = Vec::new();
            entry.read_to_end(&mut contents).expect("the contents of an entry");
            (path, contents)
        })
        .collect()
}

/// The bytes of a hexadecimal string, with or without `0x`.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    digits.len().is_multiple_of(2).then_some(())?;
    digits
        .chunks_exact(2)
        .map(|pair| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8))
        .collect()
}

/// Files in a folder whose names end so, in order.
///
/// # Panics
///
/// If the folder cannot be read.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.is_file() && path.to_string_lossy().ends_with(ending))
        .collect();
    paths.sort();
    paths
}

/// Every distinct EraVM bytecode of the corpora, with a name that says where it is from.
///
/// # Panics
///
/// If a file of the corpora cannot be read.
pub fn bytecodes(corpus: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut add = |name: String, code: Vec<u8>| {
        if !code.is_empty() && code.len().is_multiple_of(32) {
            found.entry(code).or_insert(name);
        }
    };
    for set in ["goldens", "goldens-sdk"] {
        let all = json(&corpus.join(set).join("bytecodes.json.gz"));
        for (hash, code) in all.as_object().into_iter().flatten() {
            // Version 1 is EraVM code; 2 is EVM code.
            if let (true, Some(code)) = (hash.starts_with("0x01"), code.as_str().and_then(unhex)) {
                add(format!("{set}/{hash}"), code);
            }
        }
    }
    for archive in files(&corpus.join("contracts"), ".tar.gz") {
        for (path, contents) in untar(&archive) {
            if let Ok(artifact) = serde_json::from_slice(&contents) {
                let name = format!("{}/{}", archive.display(), path.display());
                in_artifact(&artifact, &name, &mut add);
            }
        }
    }
    for path in files(&corpus.join("sdk-contracts"), ".json") {
        in_artifact(&json(&path), &path.display().to_string(), &mut add);
    }
    for path in files(&corpus.join("vm-benchmark"), "") {
        let code = std::fs::read(&path).expect("a bytecode");
        // As the benchmark does: whole words, and an odd number of them.
        let words = code.len() / 32;
        let words = if words % 2 == 0 { words.saturating_sub(1) } else { words };
        add(path.display().to_string(), code[..words * 32].to_vec());
    }
    found.into_iter().map(|(code, name)| (name, code)).collect()
}

/// Finds the bytecodes in a compiler's output, whatever its shape.
fn in_artifact(value: &Value, name: &str, add: &mut impl FnMut(String, Vec<u8>)) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let is_code = matches!(key.as_str(), "bytecode" | "bin" | "bin-runtime" | "object");
        match value {
            Value::String(text) if is_code => {
                if let Some(code) = unhex(text) {
                    add(name.to_owned(), code);
                }
            }
            Value::Object(_) => in_artifact(value, name, add),
            _ => {}
        }
    }
}
