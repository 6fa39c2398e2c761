//! Why nothing was compiled.

use std::fmt;
use std::io;

/// Why there is no compiler, or a program was not compiled.
#[derive(Debug)]
pub enum CompileError {
    /// Cranelift does not know this machine, or this crate does not: the reason.
    Unsupported(String),
    /// Cranelift refused a function.
    Codegen(String),
    /// The system gave no executable memory.
    Memory(io::Error),
    /// The system gave no thread to compile in.
    Thread(io::Error),
    /// The program has native code already, or none can be made of it.
    NotCompilable,
    /// The program is too long, or there is as much native code as there may be.
    OverBudget,
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(why) => write!(f, "this machine is not supported: {why}"),
            Self::Codegen(why) => write!(f, "no code was generated: {why}"),
            Self::Memory(error) => write!(f, "the system gives no executable memory: {error}"),
            Self::Thread(error) => write!(f, "the system gives no thread: {error}"),
            Self::OverBudget => {
                f.write_str("the program is too long, or there is no room for code")
            }
            Self::NotCompilable => f.write_str("the program is compiled already, or is native"),
        }
    }
}

impl std::error::Error for CompileError {}
