//! `eravm run`.

use super::engine::{EngineArgs, JitReport};
use super::error::CliError;
use super::{FAILED, SUCCESS, UNFINISHED, complain, write_out};
use crate::artifact::{self, Program as Loaded};
use crate::execute::{Execution, Run, execute};
use crate::hex;
use crate::host::Host;
use crate::input;
use crate::number::{parse_address, parse_number};
use crate::programs::{EMPTY_ACCOUNT, EXAMPLE_TEXT, Example};
use crate::report::{ExitKind, Report};
use crate::storage_file;
use crate::summary::Summary;
use crate::trace::TraceWriter;
use clap::{ArgAction, Args};
use eravm_core::asm::assemble;
use eravm_core::{Address, Known, NEWEST_KNOWN_PROTOCOL, RunError, Semantics, Stop, VersionedHash};
use serde::Serialize;
use std::fs::File;

/// Arguments of `eravm run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Numbers are decimal, or hexadecimal with 0x. FILE may be FILE:NAME, the contract NAME of a file with several.

Exit status: 0 the program returned; 1 it reverted or panicked; 2 the command line or an input is wrong;
3 the run was suspended or stopped before its end.")]
pub(super) struct RunArgs {
    /// Bytecode (raw or hexadecimal), EraVM assembly, an artifact of foundry-zksync or hardhat-zksync, JSON
    /// output of zksolc, or a tar archive of artifacts; `-` is the standard input. Without it, an example runs
    program: Option<String>,
    /// The contract, where PROGRAM has several
    #[arg(long, value_name = "NAME", requires = "program")]
    contract_name: Option<String>,
    /// Calldata in hexadecimal
    #[arg(long, value_name = "HEX")]
    calldata: Option<String>,
    /// Address that the program runs at and is deployed at; below 0x10000 it runs in kernel space
    #[arg(long, default_value = "0x20000", value_parser = parse_address)]
    address: Address,
    /// Address of the caller
    #[arg(long, default_value = "0x30000", value_parser = parse_address)]
    caller: Address,
    /// Ergs, below 2^32
    #[arg(long, default_value = "80000000", value_parser = parse_number::<u32>)]
    ergs: u32,
    /// The 128-bit context value: the base token sent along
    #[arg(long, default_value = "0", value_parser = parse_number::<u128>)]
    value: u128,
    /// Call the program's constructor
    #[arg(long)]
    constructor: bool,
    /// Mark the call as a system call
    #[arg(long)]
    system: bool,
    /// Forbid the program to write
    #[arg(long = "static")]
    is_static: bool,
    /// Protocol version whose rules apply; versions that are not known yet get the newest known rules
    #[arg(long, default_value_t = NEWEST_KNOWN_PROTOCOL, value_parser = parse_number::<u16>)]
    protocol: u16,
    /// Further contracts that are deployed
    #[arg(long, value_name = "ADDR=FILE", action = ArgAction::Append)]
    contract: Vec<String>,
    /// Further code that is known without being deployed, for instance factory dependencies
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    code: Vec<String>,
    /// Code of accounts without code; a program that returns nothing without it
    #[arg(long, value_name = "FILE")]
    default_account: Option<String>,
    /// Code that runs EVM code; a program that returns nothing without it
    #[arg(long, value_name = "FILE")]
    evm_emulator: Option<String>,
    /// Storage to begin with: JSON, [[address, key, value], …] or {address: {key: value}}
    #[arg(long, value_name = "FILE")]
    storage: Option<String>,
    #[command(flatten)]
    engine: EngineArgs,
    /// Write a line for every instruction to this file
    #[arg(long, value_name = "FILE")]
    trace: Option<String>,
    /// Lines after which the trace is cut
    #[arg(long, value_name = "N", default_value = "10000000", value_parser = parse_number::<u64>)]
    trace_limit: u64,
    /// Suspend the run when the program writes to this byte address of its heap
    #[arg(long, value_name = "ADDRESS", value_parser = parse_number::<u32>)]
    hook: Option<u32>,
    /// Suspend the run after this many instructions
    #[arg(long, value_name = "N", value_parser = parse_number::<u64>)]
    instruction_limit: Option<u64>,
    /// Stop the run when it needs more memory than this many bytes
    #[arg(long, value_name = "BYTES", default_value = "2147483648", value_parser = parse_number::<usize>)]
    memory_limit: usize,
    /// Print one JSON object instead of a summary
    #[arg(long)]
    json: bool,
}

/// The object of `--json`.
#[derive(Serialize)]
struct WithEngine<'a> {
    #[serde(flatten)]
    report: &'a Report,
    /// Of the compiler, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    jit: Option<JitReport>,
}

/// What the command line comes to.
struct Setup {
    run: Run,
    host: Host,
    /// Names of code that the program may need, as compilers call it.
    names: Vec<(VersionedHash, String)>,
    is_example: bool,
}

pub(super) fn run(args: &RunArgs) -> Result<u8, CliError> {
    let mut setup = prepare(args)?;
    let execution = match &args.trace {
        Some(path) => traced(&mut setup, path, args.trace_limit)?,
        None => execute(&setup.run, &mut setup.host, None::<&mut TraceWriter<File>>)
            .map_err(CliError::Execute)?,
    };
    let mut report = execution.report();
    if let Err(RunError::Stopped(Stop::UnknownCode(hash))) = execution.exit {
        name_unknown_code(&mut report, &hash, &setup.names);
    }
    let text = if args.json {
        let jit = JitReport::of(&setup.run.engine, execution.vm.compiled_stats());
        let shown = WithEngine { report: &report, jit };
        let mut text = serde_json::to_string(&shown).map_err(CliError::Json)?;
        text.push('\n');
        text
    } else {
        let mut text = Summary { report: &report, ergs: args.ergs }.to_string();
        if setup.is_example && args.calldata.is_none() && report.exit == ExitKind::Returned {
            text.push('\n');
            text.push_str(EXAMPLE_TEXT);
        }
        text
    };
    write_out(None, text.as_bytes())?;
    Ok(match report.exit {
        ExitKind::Returned => SUCCESS,
        ExitKind::Reverted | ExitKind::Panicked => FAILED,
        ExitKind::Suspended | ExitKind::Stopped => UNFINISHED,
    })
}

fn name_unknown_code(report: &mut Report, hash: &VersionedHash, names: &[(VersionedHash, String)]) {
    let Some(reason) = &mut report.reason else { return };
    if let Some((_, name)) = names.iter().find(|(known, _)| known.at_rest() == hash.at_rest()) {
        reason.push_str(&format!(" (the compiler calls it {name})"));
    }
    reason.push_str(": give the file with --code FILE");
}

fn traced(setup: &mut Setup, path: &str, limit: u64) -> Result<Execution, CliError> {
    let failed = |error| CliError::Write { path: path.to_owned(), error };
    let file = File::create(path).map_err(failed)?;
    let mut trace = TraceWriter::new(file, limit);
    let execution = execute(&setup.run, &mut setup.host, Some(&mut trace));
    let cut = trace.finish().map_err(failed)?;
    if cut {
        complain("warning", &format!("{path} was cut after {limit} lines; see --trace-limit"));
    }
    execution.map_err(CliError::Execute)
}

fn prepare(args: &RunArgs) -> Result<Setup, CliError> {
    let semantics = semantics(args.protocol)?;
    let mut host = Host::new();
    let mut names = Vec::new();
    let calldata = args.calldata.as_deref().map(hex::decode).transpose();
    let mut calldata = calldata.map_err(CliError::Calldata)?;
    let example = match args.program {
        Some(_) => None,
        None => Some(Example::new().map_err(CliError::Builtin)?),
    };
    let is_example = example.is_some();
    let code = match (&args.program, example) {
        (Some(reference), _) => {
            let loaded = artifact::load(reference, args.contract_name.as_deref())?;
            keep(&mut host, &mut names, loaded)?
        }
        (None, Some(example)) => {
            calldata = calldata.or(Some(example.calldata));
            for (address, code) in example.contracts {
                host.deploy(&address, code)?;
            }
            example.code
        }
        (None, None) => Vec::new(),
    };
    let hash = host.deploy(&args.address, code)?;
    for contract in &args.contract {
        let (address, file) = contract
            .split_once('=')
            .ok_or_else(|| CliError::ContractSyntax(crate::number::quote(contract)))?;
        let address = parse_address(address).map_err(CliError::ContractAddress)?;
        let code = keep(&mut host, &mut names, artifact::load(file, None)?)?;
        host.deploy(&address, code)?;
    }
    for reference in &args.code {
        for code in artifact::load_all(reference)? {
            host.add_code(code)?;
        }
    }
    let default_account = base(args.default_account.as_deref(), &mut host, &mut names)?;
    let evm_emulator = base(args.evm_emulator.as_deref(), &mut host, &mut names)?;
    if let Some(file) = &args.storage {
        add_storage(file, &mut host)?;
    }
    let program = host.decoded(&hash)?.ok_or(CliError::MissingProgram(hash))?;
    let run = Run {
        program,
        address: args.address,
        caller: args.caller,
        calldata: calldata.unwrap_or_default(),
        ergs: args.ergs,
        value: args.value,
        is_static: args.is_static,
        call_flags: u8::from(args.constructor) | u8::from(args.system) << 1,
        semantics,
        default_account,
        evm_emulator,
        hook_address: args.hook,
        memory_limit: args.memory_limit,
        instruction_limit: args.instruction_limit,
        engine: args.engine.engine()?,
    };
    Ok(Setup { run, host, names, is_example })
}

/// The rules, with a warning if they are not those of the version itself.
fn semantics(protocol: u16) -> Result<Semantics, CliError> {
    let (semantics, known) = Semantics::of_protocol(protocol).map_err(CliError::Protocol)?;
    if known == Known::AsNewest {
        let message = format!(
            "protocol version {protocol} is not known; the rules of {NEWEST_KNOWN_PROTOCOL}, the \
             newest known one, are used"
        );
        complain("warning", &message);
    }
    Ok(semantics)
}

/// Makes the other code of a program's file known, and gives the program's own.
fn keep(
    host: &mut Host,
    names: &mut Vec<(VersionedHash, String)>,
    loaded: Loaded,
) -> Result<Vec<u8>, CliError> {
    for code in loaded.companions {
        host.add_code(code)?;
    }
    names.extend(loaded.dependencies);
    Ok(loaded.code)
}

/// Code of a base contract.
fn base(
    file: Option<&str>,
    host: &mut Host,
    names: &mut Vec<(VersionedHash, String)>,
) -> Result<VersionedHash, CliError> {
    let code = match file {
        Some(file) => keep(host, names, artifact::load(file, None)?)?,
        None => assemble(EMPTY_ACCOUNT).map_err(CliError::Builtin)?.bytecode,
    };
    Ok(host.add_code(code)?)
}

fn add_storage(file: &str, host: &mut Host) -> Result<(), CliError> {
    let bytes =
        input::read(file).map_err(|error| CliError::Read { file: file.to_owned(), error })?;
    let slots = storage_file::parse(&bytes)
        .map_err(|error| CliError::Storage { file: file.to_owned(), error })?;
    for (address, key, value) in slots {
        host.set_slot(address, key, value);
    }
    Ok(())
}
