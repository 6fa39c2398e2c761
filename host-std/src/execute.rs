//! One run of one program.

use crate::engine::Engine;
use crate::host::Host;
use crate::report::Report;
use core::fmt;
use eravm_core::{
    Address, CodeError, Entry, Exit, Limits, NoTracer, Program, RunError, Semantics, Settings,
    SetupError, Tracer, VersionedHash, Vm, Word,
};

/// What to run and how.
#[derive(Clone, Debug)]
pub struct Run {
    /// The code.
    pub program: Program,
    /// Where it runs.
    pub address: Address,
    /// Who calls it.
    pub caller: Address,
    /// What it is called with.
    pub calldata: Vec<u8>,
    /// Ergs it gets.
    pub ergs: u32,
    /// The 128-bit context value: the base token sent along.
    pub value: u128,
    /// Whether it may not write.
    pub is_static: bool,
    /// Value of `r2` at the beginning: bit 0 asks for the constructor, bit 1 marks a system call.
    pub call_flags: u8,
    /// The rules.
    pub semantics: Semantics,
    /// Code of accounts without code.
    pub default_account: VersionedHash,
    /// Code that runs foreign code.
    pub evm_emulator: VersionedHash,
    /// A write to this byte address of the program's heap suspends the run.
    pub hook_address: Option<u32>,
    /// Bytes of memory above which the run is stopped.
    pub memory_limit: usize,
    /// Instructions after which the run is suspended. With it, native code is not used.
    pub instruction_limit: Option<u64>,
    /// What executes the code.
    pub engine: Engine,
}

/// Why a run did not take place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExecuteError {
    /// The machine cannot be set up.
    Setup(SetupError),
}

impl fmt::Display for ExecuteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup(error) => write!(f, "the machine cannot be set up: {error}"),
        }
    }
}

impl core::error::Error for ExecuteError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Setup(error) => Some(error),
        }
    }
}

/// A run that took place.
#[derive(Debug)]
pub struct Execution {
    /// The machine afterwards.
    pub vm: Vm,
    /// How it ended.
    pub exit: Result<Exit, RunError<CodeError>>,
}

impl Execution {
    /// What there is to tell about it.
    pub fn report(&self) -> Report {
        Report::new(self)
    }
}

/// Runs a program from its beginning to its end, a suspension or a stop.
///
/// # Errors
/// If the machine cannot be set up. How the run itself ends is no error.
pub fn execute(
    run: &Run,
    host: &mut Host,
    tracer: Option<&mut impl Tracer>,
) -> Result<Execution, ExecuteError> {
    let settings = Settings {
        hook_address: run.hook_address,
        memory_ceiling: run.memory_limit,
        record_storage_log: true,
        record_refunds: true,
        ..Settings::new(run.semantics, run.default_account, run.evm_emulator)
    };
    let program = run.program.clone();
    let entry = Entry {
        context_u128: run.value,
        is_static: run.is_static,
        ..Entry::new(run.address, run.caller, program, &run.calldata, run.ergs)
    };
    let mut vm = Vm::new(settings, entry).map_err(ExecuteError::Setup)?;
    run.engine.attach(&mut vm);
    vm.set_register(2, Word::from_u64(run.call_flags.into()), false);
    let limits = Limits { instructions: run.instruction_limit, ergs: None };
    let exit = match tracer {
        Some(tracer) => vm.run_traced(host, tracer, limits),
        None => vm.run_traced(host, &mut NoTracer, limits),
    };
    Ok(Execution { vm, exit })
}
