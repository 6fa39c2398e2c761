//! What commands that execute bytecode take: with what.

use super::complain;
use super::error::CliError;
use crate::engine::Engine;
use crate::number::parse_number;
use clap::{Args, ValueEnum};
use eravm_core::compiled::{CompiledStats, Leave};
use eravm_jit::{AotImage, CompileError, Compiler, Jit, Policy};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// With what bytecode is executed.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Engine")]
pub struct EngineArgs {
    /// What executes bytecode. Results do not depend on it
    #[arg(long, value_enum, default_value_t = Kind::Interpreter)]
    engine: Kind,
    /// How often the instructions of a program are executed, on average, before it is compiled
    #[arg(long, value_name = "N", default_value_t = Policy::default().threshold, value_parser = parse_number::<u64>)]
    jit_threshold: u64,
    /// Threads that compile
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_number::<u8>)]
    jit_workers: u8,
    /// Programs that may wait to be compiled
    #[arg(long, value_name = "N", default_value_t = Policy::default().queue, value_parser = parse_number::<usize>)]
    jit_queue: usize,
    /// Bytes of native code that may be in use
    #[arg(long, value_name = "BYTES", default_value_t = Policy::default().cache_bytes, value_parser = parse_number::<usize>)]
    jit_cache_bytes: usize,
    /// Instructions of the longest program that is compiled
    #[arg(long, value_name = "N", default_value_t = Policy::default().max_instructions, value_parser = parse_number::<usize>)]
    jit_max_code: usize,
    /// Folder with native code that `eravm jit-aot` has made for this build and this kind of processor: programs that are there have it
    /// from the beginning
    #[arg(long, value_name = "DIR")]
    jit_aot_dir: Option<PathBuf>,
}

/// What executes bytecode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Kind {
    /// The interpreter
    Interpreter,
    /// The interpreter, and native code for what is executed much
    Jit,
    /// Both, compared with each other: slow
    Shadow,
}

impl EngineArgs {
    /// The engine. Where there is no compiler it is the interpreter, and that is said.
    ///
    /// # Errors
    /// If the system gives no threads, or there is something wrong with the folder with native code.
    pub(super) fn engine(&self) -> Result<Engine, CliError> {
        if self.engine == Kind::Interpreter {
            return Ok(Engine::Interpreter);
        }
        let policy = Policy {
            threshold: self.jit_threshold,
            workers: self.jit_workers.into(),
            queue: self.jit_queue,
            cache_bytes: self.jit_cache_bytes,
            max_instructions: self.jit_max_code,
            ..Policy::default()
        };
        match self.images(&policy).and_then(|images| Ok(Jit::with_images(policy, images)?)) {
            Ok(jit) if self.engine == Kind::Shadow => Ok(Engine::Shadow(jit)),
            Ok(jit) => Ok(Engine::Jit(jit)),
            Err(CliError::Engine(error @ CompileError::Unsupported(_))) => {
                complain("warning", &format!("{error}; the interpreter is used"));
                Ok(Engine::Interpreter)
            }
            Err(error) => Err(error),
        }
    }

    /// What is compiled already.
    fn images(&self, policy: &Policy) -> Result<Vec<AotImage>, CliError> {
        let Some(folder) = &self.jit_aot_dir else { return Ok(Vec::new()) };
        let compiler = Compiler::new(policy.options)?;
        AotImage::open_folder(folder, &compiler)
            .map_err(|error| CliError::Aot { option: "--jit-aot-dir", error })
    }
}

/// What a compiler has done: part of the objects of `--json`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct JitReport {
    /// Programs that were executed much.
    hot: u64,
    /// Programs that had native code of a file from the beginning.
    aot_loaded: u64,
    aot_bytes: u64,
    compiled: u64,
    failed: u64,
    /// Too long, or beyond the budget of memory.
    refused: u64,
    queue_full: u64,
    /// Instructions compiled, copies included.
    instructions: u64,
    code_bytes: u64,
    live_bytes: u64,
    compile_microseconds: u64,
    /// How often native code was entered by the machine of this run.
    entries: u64,
    /// Instructions that the interpreter did for it while it waited.
    steps: u64,
    /// Why it was left, how often.
    exits: BTreeMap<&'static str, u64>,
}

impl JitReport {
    /// Of an engine, if it has a compiler, and of a machine.
    pub(super) fn of(engine: &Engine, machine: &CompiledStats) -> Option<Self> {
        let stats = engine.jit()?.stats();
        let exits = Leave::ALL.into_iter().zip(machine.leaves);
        Some(Self {
            hot: stats.hot,
            aot_loaded: stats.aot_loaded,
            aot_bytes: stats.aot_bytes,
            compiled: stats.compiled,
            failed: stats.failed,
            refused: stats.refused,
            queue_full: stats.queue_full,
            instructions: stats.instructions,
            code_bytes: stats.code_bytes,
            live_bytes: stats.live_bytes,
            compile_microseconds: u64::try_from(stats.time.as_micros()).unwrap_or(u64::MAX),
            entries: machine.entries,
            steps: machine.steps,
            exits: exits.map(|(leave, count)| (name(leave), count)).collect(),
        })
    }
}

/// Why native code was left.
const fn name(leave: Leave) -> &'static str {
    match leave {
        Leave::Elsewhere => "elsewhere",
        Leave::NotCompiled => "not_compiled",
        Leave::Ergs => "ergs",
        Leave::Tags => "tags",
        Leave::Stack => "stack",
        Leave::Memory => "memory",
        Leave::Frame => "frame",
        Leave::Forced => "forced",
        Leave::Call => "far_call",
        Leave::Return => "far_return",
        Leave::Stepped => "stepped",
        Leave::Attention => "attention",
    }
}
