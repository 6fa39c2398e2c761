//! `eravm jit-aot`.

mod compile;
mod report;

use super::complain;
use super::error::CliError;
use super::{SUCCESS, write_out};
use crate::artifact;
use crate::number::parse_number;
use crate::system_contracts::{Bytecode, SystemContracts, name_of};
use clap::Args;
use compile::{Compiled, Source, compile_all};
use eravm_core::{Program, VersionedHash};
use eravm_jit::{AotWriter, Compiler, Options, Policy};
use report::{AotReport, Table};
use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

/// Arguments of `eravm jit-aot`.
#[derive(Debug, Args)]
#[command(after_help = "\
The file is for this build of the command and for processors like this one; --jit-aot-dir refuses it elsewhere.
Whoever may write to the folder can have any code executed.")]
pub(super) struct JitAotArgs {
    /// Programs in any format that `run` takes: all contracts of each, or FILE:NAME; `-` is the standard input
    #[arg(value_name = "FILE", required_unless_present = "system")]
    files: Vec<String>,
    /// The system contracts: a folder of artifacts, or a tar archive of one
    #[arg(long, value_name = "DIR_OR_TARGZ")]
    system: Option<PathBuf>,
    /// Folder to write to, which is made if there is none; for `--jit-aot-dir`
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Threads that compile; as many as there are processors without it
    #[arg(long, value_name = "N", value_parser = parse_number::<u8>)]
    jit_workers: Option<u8>,
    /// Instructions of the longest program that is compiled
    #[arg(long, value_name = "N", default_value_t = Policy::default().max_instructions, value_parser = parse_number::<usize>)]
    jit_max_code: usize,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &JitAotArgs) -> Result<u8, CliError> {
    let begin = Instant::now();
    let sources = sources(args)?;
    // How it checks what it makes is not part of the fingerprint.
    let compiler = Compiler::new(Options { verify: false, ..Options::default() })?;
    let processors = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let workers = args.jit_workers.map_or_else(processors, usize::from).max(1);
    let compiled = compile_all(&compiler, sources, workers, args.jit_max_code);
    let mut writer = AotWriter::new(&compiler);
    let mut report = AotReport::new(compiler.fingerprint());
    for Compiled { source, code } in compiled {
        report.add(&source, &code);
        match code {
            Ok(code) => drop(writer.add(&source.program, code)),
            Err(error) => complain("warning", &format!("{}: {error}", source.name)),
        }
    }
    let path = writer.write(&args.out).map_err(|error| CliError::Aot { option: "--out", error })?;
    report.finish(&path, begin.elapsed())?;
    let text = if args.json {
        let mut text = serde_json::to_string(&report).map_err(CliError::Json)?;
        text.push('\n');
        text
    } else {
        Table(&report).to_string()
    };
    write_out(None, text.as_bytes())?;
    Ok(SUCCESS)
}

/// All programs, each once.
fn sources(args: &JitAotArgs) -> Result<Vec<Source>, CliError> {
    let mut sources = Sources::default();
    if let Some(path) = &args.system {
        let (contracts, warnings) = SystemContracts::load(path).map_err(CliError::Bundle)?;
        warnings.iter().for_each(|warning| complain("warning", warning));
        sources.add_system(&contracts)?;
    }
    for file in &args.files {
        for (name, code) in artifact::load_named(file)? {
            sources.add(name, &code)?;
        }
    }
    Ok(sources.all)
}

#[derive(Default)]
struct Sources {
    all: Vec<Source>,
    known: HashSet<VersionedHash>,
}

impl Sources {
    fn add_system(&mut self, contracts: &SystemContracts) -> Result<(), CliError> {
        for (flavour, code) in contracts.bootloaders() {
            self.add(format!("Bootloader ({flavour:?})"), code.bytes())?;
        }
        let accounts = [
            ("DefaultAccount", Some(contracts.default_account())),
            ("DefaultAccountNoSecurity", contracts.default_account_no_security()),
            ("EvmEmulator", contracts.evm_emulator()),
        ];
        for (name, code) in accounts {
            self.add(name.to_owned(), code.map(Bytecode::bytes).unwrap_or_default())?;
        }
        for (address, code) in contracts.contracts() {
            self.add(name_of(&address).unwrap_or_default().to_owned(), code.bytes())?;
        }
        Ok(())
    }

    fn add(&mut self, name: String, code: &[u8]) -> Result<(), CliError> {
        let program = Program::new(code)?;
        if let Some(code_hash) = VersionedHash::of_code(code)
            && !program.is_empty()
            && self.known.insert(code_hash)
        {
            self.all.push(Source { name, code_hash, program });
        }
        Ok(())
    }
}

/// Bytes of a file that was just written.
fn bytes_of(path: &Path) -> Result<u64, CliError> {
    std::fs::metadata(path).map(|it| it.len()).map_err(|error| CliError::write(path, error))
}
