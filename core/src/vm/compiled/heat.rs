//! Which programs are worth compiling.

use crate::program::Program;
use crate::vm::Vm;
use alloc::sync::Arc;
use core::fmt::Debug;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Somebody who is told which programs are executed much: a compiler, or what feeds it.
///
/// It is asked in the middle of runs, so it must not take its time.
pub trait Watcher: Debug + Send + Sync {
    /// A machine has got a program: who has native code for it already [installs](Program::install) it now. Returns whether this is
    /// not to be said again of this decoded program, by no machine to no watcher.
    fn met(&self, program: &Program) -> bool {
        let _ = program;
        false
    }

    /// How many instructions are to be done in a program, over all machines, until it is [hot](Self::hot).
    fn threshold(&self, program: &Program) -> u64;

    /// A program is hot. Said once for each decoded program, unless it is [told again](Program::cool).
    fn hot(&self, program: &Program);
}

/// How much a program was executed.
#[derive(Debug, Default)]
pub(crate) struct Heat {
    /// Instructions done. Machines that count at the same time may miss some.
    done: AtomicU64,
    is_told: AtomicBool,
    is_met: AtomicBool,
}

impl Heat {
    /// Counts instructions; returns whether they are enough for the first time.
    #[inline]
    pub(crate) fn add(&self, instructions: u64, threshold: impl FnOnce() -> u64) -> bool {
        // PERF: no read-modify-write, which takes as long as a dozen instructions.
        let done = self.done.load(Ordering::Relaxed).saturating_add(instructions);
        self.done.store(done, Ordering::Relaxed);
        !self.is_told.load(Ordering::Relaxed)
            && done >= threshold()
            && !self.is_told.swap(true, Ordering::Relaxed)
    }

    /// Asks whether somebody wants to know no more of a program that machines get, unless that was so before.
    pub(crate) fn meet(&self, is_enough: impl FnOnce() -> bool) {
        if !self.is_met.load(Ordering::Relaxed) && is_enough() {
            self.is_met.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn cool(&self) {
        self.done.store(0, Ordering::Relaxed);
        self.is_told.store(false, Ordering::Relaxed);
    }

    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}

impl Vm {
    /// Lets somebody know which programs the machine has and gets, and which are executed much.
    pub fn set_watcher(&mut self, watcher: Arc<dyn Watcher>) {
        self.watcher = Some(watcher);
        self.meet(&self.frame.program);
        self.callers.iter().for_each(|frame| self.meet(&frame.program));
        self.decommitted.iter().for_each(|code| self.meet(&code.program));
    }

    /// The machine has a program.
    pub(crate) fn meet(&self, program: &Program) {
        if let Some(watcher) = &self.watcher
            && !program.is_native()
        {
            program.meet(|| watcher.met(program));
        }
    }

    /// Counts what was done since the last time for the program of the current frame.
    #[inline]
    pub(crate) fn note_heat(&mut self) {
        let Some(watcher) = &self.watcher else { return };
        let done = self.instructions.saturating_sub(self.heat_mark);
        self.heat_mark = self.instructions;
        let program = &self.frame.program;
        if program.is_native() {
            return;
        }
        if program.add_heat(done, || watcher.threshold(program)) {
            watcher.hot(program);
        }
    }
}
