//! The command line.

mod asm;
mod batch;
mod columns;
mod demo;
mod disasm;
mod engine;
mod error;
#[cfg(feature = "evm-tests")]
mod evm_tests;
mod inputs;
mod jit_aot;
mod jit_dump;
mod log;
mod oneshot;
mod outcome;
pub mod replay;
mod run;
mod trace;
mod walk;

use clap::{Parser, Subcommand};
use error::CliError;
use std::io::{self, Write};
use std::process::ExitCode;

/// Exit status: the program returned, or the command did what it was asked.
pub const SUCCESS: u8 = 0;
/// Exit status: the program reverted or panicked; the batch could not be finished.
pub const FAILED: u8 = 1;
/// Exit status: the command line or an input is wrong.
pub const INPUT_ERROR: u8 = 2;
/// Exit status: the run was suspended or stopped before its end.
pub const UNFINISHED: u8 = 3;

#[derive(Debug, Parser)]
#[command(
    name = "eravm",
    version,
    about = "Runs, assembles and disassembles EraVM programs, and runs batches"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a batch that shows what a chain can do, on the embedded system
    Demo(demo::DemoArgs),
    /// Run a program and show what it did
    Run(Box<run::RunArgs>),
    /// Assemble a source text
    Asm(asm::AsmArgs),
    /// Show a program as source text that assembles to the same bytes
    Disasm(disasm::DisasmArgs),
    /// Show what the compiler makes of a program: instructions, intermediate representation and machine code
    JitDump(jit_dump::JitDumpArgs),
    /// Compile programs to a file of native code, for `--jit-aot-dir`
    JitAot(jit_aot::JitAotArgs),
    /// Run recorded batches again and compare
    Replay(replay::ReplayArgs),
    /// Run a batch of transactions with the bootloader
    Batch(batch::BatchArgs),
    /// Show the calls of a batch's transactions, or the state that they touch
    Trace(trace::TraceArgs),
    /// Make a call: a transaction that nobody signs or pays for
    Call(oneshot::CallArgs),
    /// Estimate the gas and the prices that a transaction needs
    Estimate(oneshot::EstimateArgs),
    /// Run Ethereum's state tests with the interpreter for EVM code
    #[cfg(feature = "evm-tests")]
    EvmTests(evm_tests::EvmTestsArgs),
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log::subscribe();
    let result = match cli.command {
        Command::Demo(args) => demo::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Asm(args) => asm::run(&args),
        Command::Disasm(args) => disasm::run(&args),
        Command::JitDump(args) => jit_dump::run(&args),
        Command::JitAot(args) => jit_aot::run(&args),
        Command::Replay(args) => return replay::run(&args),
        Command::Batch(args) => batch::run(&args),
        Command::Trace(args) => trace::run(&args),
        Command::Call(args) => oneshot::call(&args),
        Command::Estimate(args) => oneshot::estimate(&args),
        #[cfg(feature = "evm-tests")]
        Command::EvmTests(args) => evm_tests::run(&args),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        // Whoever reads the output has seen enough of it.
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::from(SUCCESS)
        }
        Err(error) => {
            complain("error", &error);
            ExitCode::from(INPUT_ERROR)
        }
    }
}

/// Writes to the standard error, as well as that is possible.
fn complain(kind: &str, message: &impl core::fmt::Display) {
    let _ = writeln!(io::stderr(), "{kind}: {message}");
}

/// Writes to a file, or to the standard output if there is none or it is `-`.
fn write_out(path: Option<&str>, bytes: &[u8]) -> Result<(), CliError> {
    match path {
        Some(path) if path != crate::input::STDIN => std::fs::write(path, bytes)
            .map_err(|error| CliError::Write { path: path.to_owned(), error }),
        _ => {
            let mut out = io::stdout().lock();
            out.write_all(bytes).and_then(|()| out.flush()).map_err(CliError::Output)
        }
    }
}
