//! What can go wrong on the command line.

use crate::artifact::ArtifactError;
use crate::batch_file::BatchFileError;
use crate::demo::DemoError;
use crate::execute::ExecuteError;
use crate::fees::FactorError;
use crate::hex::HexError;
use crate::input::{ReadError, STDIN};
use crate::number::NumberError;
use crate::oneshot::OverridesJsonError;
use crate::persistent::StoreError;
use crate::storage_file::StorageFileError;
use crate::system_contracts::BundleError;
use core::fmt;
use eravm_core::asm::{AsmError, DisassemblyError};
use eravm_core::{CodeError, ProtocolTooOld, VersionedHash};
use eravm_jit::{AotError, CompileError};
use std::io;
use std::path::{Path, PathBuf};

/// An error that ends the command.
#[derive(Debug)]
pub(super) enum CliError {
    Aot {
        option: &'static str,
        error: AotError,
    },
    Artifact(ArtifactError),
    BatchFile {
        file: String,
        error: BatchFileError,
    },
    Bundle(BundleError),
    Engine(CompileError),
    Assembly {
        file: String,
        error: AsmError,
    },
    Builtin(AsmError),
    Calldata(HexError),
    Code(CodeError),
    Demo(DemoError),
    ContractSyntax(String),
    Disassembly {
        file: String,
        error: DisassemblyError,
    },
    Execute(ExecuteError),
    Json(serde_json::Error),
    MissingProgram(VersionedHash),
    NotText(String),
    ContractAddress(NumberError),
    Output(io::Error),
    NoTransaction {
        file: String,
        index: usize,
        count: usize,
    },
    NoEmulator,
    OptionOfTracer {
        option: &'static str,
        tracers: &'static str,
    },
    OneShot(String),
    Factor {
        option: &'static str,
        error: FactorError,
    },
    OneInput,
    Overrides {
        file: String,
        error: OverridesJsonError,
    },
    Protocol(ProtocolTooOld),
    Read {
        file: String,
        error: ReadError,
    },
    #[cfg(feature = "evm-tests")]
    StateTests {
        file: String,
        error: String,
    },
    Storage {
        file: String,
        error: StorageFileError,
    },
    Store {
        folder: PathBuf,
        error: StoreError,
    },
    Write {
        path: String,
        error: io::Error,
    },
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aot { option, error } => write!(f, "{option}: {error}"),
            Self::Artifact(error) => fmt::Display::fmt(error, f),
            Self::BatchFile { file, error } => write!(f, "{} {error}", shown(file)),
            Self::Bundle(error) => write!(f, "--system: {error}"),
            Self::Assembly { file, error } => write!(f, "{file}: {error}"),
            Self::Builtin(error) => write!(f, "a program that comes with the command: {error}"),
            Self::Calldata(error) => write!(f, "--calldata: {error}"),
            Self::Code(error) => fmt::Display::fmt(error, f),
            Self::Demo(error) => fmt::Display::fmt(error, f),
            Self::ContractSyntax(text) => write!(
                f,
                "--contract: `{text}` has no `=`: write ADDRESS=FILE, for instance 0x800d=EventWriter.json"
            ),
            Self::Disassembly { file, error } => write!(f, "{file}: {error}"),
            Self::Execute(error) => fmt::Display::fmt(error, f),
            Self::Engine(error) => write!(f, "the engine cannot be set up: {error}"),
            Self::Json(error) => write!(f, "the report cannot be written: {error}"),
            Self::MissingProgram(hash) => write!(f, "the program {hash} was not kept"),
            Self::NotText(file) => write!(
                f,
                "{file} is not text: `asm` takes source text; to see bytecode as text, use `disasm`"
            ),
            Self::ContractAddress(error) => write!(f, "--contract: {error}"),
            Self::Output(error) => write!(f, "the output cannot be written: {error}"),
            Self::NoTransaction { file, index, count } => write!(
                f,
                "--tx: there is no transaction {index} in {}: it has {count}, counted from 0",
                shown(file)
            ),
            Self::NoEmulator => f.write_str(
                "--tracer evm: --system has no EVM emulator that can be followed: take contracts of protocol version 28 or later",
            ),
            Self::OptionOfTracer { option, tracers } => {
                write!(f, "{option}: only --tracer {tracers} has this limit")
            }
            Self::OneShot(error) => f.write_str(error),
            Self::Factor { option, error } => write!(f, "{option}: {error}"),
            Self::OneInput => f.write_str(
                "--overrides: there is one standard input, and --batch takes it: name a file for one of them",
            ),
            Self::Overrides { file, error } => write!(f, "--overrides: {} {error}", shown(file)),
            Self::Protocol(error) => write!(f, "--protocol: {error}"),
            Self::Read { file, error } => write!(f, "{file} {error}"),
            #[cfg(feature = "evm-tests")]
            Self::StateTests { file, error } => {
                write!(f, "{file} has no state tests that can be run: {error}")
            }
            Self::Store { folder, error } => write!(f, "--save {}: {error}", folder.display()),
            Self::Storage { file, error } => write!(f, "{file} {error}"),
            Self::Write { path, error } => write!(f, "{path} cannot be written: {error}"),
        }
    }
}

/// A file's name in a sentence.
fn shown(file: &str) -> &str {
    if file == STDIN { "standard input" } else { file }
}

impl CliError {
    /// A file or folder cannot be written.
    pub(super) fn write(path: &Path, error: io::Error) -> Self {
        Self::Write { path: path.to_string_lossy().into_owned(), error }
    }
}

impl core::error::Error for CliError {}

impl From<ArtifactError> for CliError {
    fn from(error: ArtifactError) -> Self {
        Self::Artifact(error)
    }
}

impl From<CompileError> for CliError {
    fn from(error: CompileError) -> Self {
        Self::Engine(error)
    }
}

impl From<CodeError> for CliError {
    fn from(error: CodeError) -> Self {
        Self::Code(error)
    }
}

impl From<DemoError> for CliError {
    fn from(error: DemoError) -> Self {
        Self::Demo(error)
    }
}
