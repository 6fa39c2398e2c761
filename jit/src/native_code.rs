//! Native code that is not installed anywhere yet.

use crate::options::CompileStats;
use std::fmt;

/// Where functions begin: a multiple of this.
pub(crate) const ALIGNMENT: usize = 32;
/// What lies between functions stops whoever gets there: `int3` on x86-64, an undefined instruction on aarch64.
pub(crate) const FILLER: u8 = if cfg!(target_arch = "x86_64") { 0xcc } else { 0 };

/// Native code of a program, independent of where it is in memory.
///
/// Only a compiler makes it, so whoever has it knows where it is from.
#[derive(Clone)]
pub struct NativeCode {
    /// The functions, and what lies between them.
    pub(crate) code: Vec<u8>,
    /// Where they can be entered.
    pub(crate) entries: Vec<CodeEntry>,
    pub(crate) stats: CompileStats,
}

/// A place at which code can be entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CodeEntry {
    /// The program counter.
    pub(crate) pc: u16,
    /// What to pass to the function.
    pub(crate) number: u16,
    /// Where the function begins, in bytes from the beginning of the code.
    pub(crate) function: u32,
}

impl NativeCode {
    /// What it has cost and brought.
    pub const fn stats(&self) -> &CompileStats {
        &self.stats
    }
}

impl fmt::Debug for NativeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeCode").field("stats", &self.stats).finish_non_exhaustive()
    }
}
