//! Compiling many programs at once.

use eravm_core::{Program, VersionedHash};
use eravm_jit::{CompileError, Compiler, NativeCode};
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// A program to be compiled.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) code_hash: VersionedHash,
    pub(super) program: Program,
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) source: Source,
    pub(super) code: Result<NativeCode, CompileError>,
}

/// Compiles programs of at most so many instructions in several threads; the results are in the order of the programs.
pub(super) fn compile_all(
    compiler: &Compiler,
    sources: Vec<Source>,
    workers: usize,
    max_instructions: usize,
) -> Vec<Compiled> {
    let waiting = Mutex::new(sources.into_iter().enumerate());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let mut done = Vec::new();
        while let Some((number, source)) = next() {
            let code = if source.program.len() > max_instructions {
                Err(CompileError::OverBudget)
            } else {
                compiler.generate(&source.program)
            };
            done.push((number, Compiled { source, code }));
        }
        done
    };
    let mut all: Vec<(usize, Compiled)> = thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        all
    });
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, compiled)| compiled).collect()
}
