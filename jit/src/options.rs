//! What the compiler is told, and what it tells.

use std::time::Duration;

/// How a program is cut and compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Instructions in a compiled function, at which nothing more is added to it. What a function holds is compiled as a whole, so this
    /// bounds the memory that a compilation takes.
    pub region: usize,
    /// Instructions in a segment.
    pub segment: usize,
    /// Instructions of a function that is compiled into its callers.
    pub inlined: usize,
    /// How deep such calls may be.
    pub depth: usize,
    /// Instructions that there must be from an entry on, unless it is in a loop, until something that the code is left for; those that the
    /// interpreter does in between count against them. To enter compiled code takes as long as to interpret a dozen, and
    /// code that is executed once in a while is not in the processor's caches. 0 enters it everywhere.
    pub piece: usize,
    /// The same where far calls and returns from them lead to, if it is less.
    ///
    /// PERF: compiled code is not left for these, so to enter the next one costs less than to find the way back to it from the
    /// interpreter. Batches gain 1 %, and 3 % where the network's contract for hashes is called all the time.
    pub arrival: usize,
    /// Instructions of a program that are compiled, copies included.
    pub program: usize,
    /// For tests: leave the code after as many segments as the machine says.
    pub forced_exits: bool,
}

impl Limits {
    /// Instructions in a compiled function with a table of jumps as interpreters have them, whose parts follow each other in any order.
    ///
    /// PERF: enough for the loop of the network's EVM emulator with all its handlers; what is beyond is left and entered for each
    /// instruction of EVM code. Time to compile grows with the size and no faster.
    pub(crate) const fn dispatcher(&self) -> usize {
        self.region.saturating_mul(32)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            region: 256,
            segment: 64,
            inlined: 24,
            depth: 3,
            piece: 25,
            arrival: 10,
            program: 1 << 15,
            forced_exits: false,
        }
    }
}

/// How good the code is to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// How a program is cut.
    pub limits: Limits,
    /// Whether Cranelift checks what it is given and what it makes of it: for tests.
    pub verify: bool,
    /// Whether registers of the processor are assigned in one pass, which is quick to compile and slower to run.
    pub single_pass: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { limits: Limits::default(), verify: cfg!(debug_assertions), single_pass: false }
    }
}

/// What a compilation has cost and brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CompileStats {
    /// Functions for Cranelift.
    pub regions: usize,
    /// Instructions in them, copies included.
    pub instructions: usize,
    /// Entries.
    pub entries: usize,
    /// Bytes of machine code.
    pub code_bytes: usize,
    /// Time that it took.
    pub time: Duration,
}

/// What was made of a region.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Program counters at which it can be entered.
    pub entries: Vec<u16>,
    /// Program counters of the instructions in it.
    pub covers: Vec<u16>,
    /// Instructions in it, copies included.
    pub instructions: usize,
    /// Cranelift's intermediate representation; `@` and a hexadecimal number before a line is the program counter that it is for.
    pub intermediate: String,
    /// Machine code, as Cranelift writes it.
    pub assembly: String,
    /// Bytes of machine code.
    pub code_bytes: usize,
}
