//! Runs the command and finds the corpus.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod batches;
pub(crate) mod chain;

use eravm_host::golden::{Code, Golden};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What the command left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Finished {
    pub(crate) fn text(&self) -> &str {
        core::str::from_utf8(&self.stdout).expect("the output is text")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.text()).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn expect(self, status: i32) -> Self {
        assert!(!self.stderr.contains("panicked at"), "{}", self.stderr);
        assert_eq!(
            self.status,
            status,
            "{}\n{}",
            self.stderr,
            String::from_utf8_lossy(&self.stdout)
        );
        self
    }
}

/// Runs `eravm` with these arguments.
pub(crate) fn eravm(arguments: &[&str]) -> Finished {
    with_input(arguments, b"")
}

/// Runs `eravm` with these bytes as its standard input.
pub(crate) fn with_input(arguments: &[&str], input: &[u8]) -> Finished {
    run(Command::new(env!("CARGO_BIN_EXE_eravm")).args(arguments), input)
}

/// Runs `eravm` with these environment variables.
pub(crate) fn with_environment(arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
    let variables = variables.iter().copied();
    run(Command::new(env!("CARGO_BIN_EXE_eravm")).args(arguments).envs(variables), b"")
}

fn run(command: &mut Command, input: &[u8]) -> Finished {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("it has an input");
    let input = input.to_vec();
    // A command that does not read all of it closes the pipe: no matter.
    let feeder = std::thread::spawn(move || stdin.write_all(&input).is_ok());
    let output = child.wait_with_output().expect("the command ends");
    feeder.join().expect("the input is fed");
    Finished {
        status: output.status.code().expect("no signal ends it"),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A folder for one test's files.
#[derive(Debug)]
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder can be made"))
    }

    /// Where a file of this name is.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("the path is text").to_owned()
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).expect("files can be written");
        path
    }
}

/// A file of the corpus; `None`, said loudly, where there is none. In CI that is a failure.
pub(crate) fn corpus(path: &str) -> Option<String> {
    let folder = std::env::var_os("ERAVM_CORPUS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus")),
        PathBuf::from,
    );
    let file = folder.join(path);
    if file.exists() {
        return Some(file.to_str().expect("the path is text").to_owned());
    }
    let message = format!("NOT RUN: {} is missing (set ERAVM_CORPUS)", file.display());
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
    eprintln!("{message}");
    None
}

/// Calls `visit` with the name, contents and code of every golden batch.
pub(crate) fn goldens(mut visit: impl FnMut(&str, &Golden, &Code)) {
    for folder in ["goldens", "goldens/zk_evm_0.153.8", "goldens-sdk"] {
        let Some(folder) = corpus(folder) else { continue };
        let entries = std::fs::read_dir(folder).expect("it can be listed");
        let mut paths: Vec<PathBuf> =
            entries.map(|entry| entry.expect("it can be listed").path()).collect();
        paths.sort();
        let name_of =
            |path: &PathBuf| Some(path.file_name()?.to_str()?.strip_suffix(".json.gz")?.to_owned());
        let mut code: Option<(PathBuf, Code)> = None;
        for path in paths.iter().filter(|path| !Code::is_code_file(path)) {
            let Some(name) = name_of(path) else { continue };
            let file = Code::file_for(path).expect("there is code");
            if code.as_ref().is_none_or(|(of, _)| *of != file) {
                code = Some((file.clone(), Code::load(&file).expect("it is code")));
            }
            let golden = Golden::load(path).unwrap_or_else(|error| panic!("{error}"));
            if let Some((_, code)) = &code {
                visit(&name, &golden, code);
            }
        }
    }
}

/// A word as 64 digits.
pub(crate) fn word(number: u128) -> String {
    format!("{number:064x}")
}

/// Bytes as digits.
pub(crate) fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A program that returns the first word of its calldata.
pub(crate) const ECHO: &str = "\
        .text
entry:
        ld      r1, r2
        st.1    0, r2
        add     @abi[0], r0, r1
        ret.ok  r1
        .rodata
abi:
        .cell   2535301200456458802993406410752
";

/// Its bytecode.
pub(crate) fn echo_code() -> Vec<u8> {
    eravm_core::asm::assemble(ECHO).expect("it assembles").bytecode
}
