//! Native code for programs: the one place where a compiler plugs in.
//!
//! A compiler [installs](Program::install) [`CompiledCode`] in a [`Program`]. From then on every machine that comes to one of its
//! entries on the fast path calls it with a [`View`] of the machine, from which it computes on until it comes to something that it leaves
//! to the interpreter: an instruction that it does not know, a case that is rare, ergs that do not suffice. The state
//! is canonical then, as if the interpreter had come to that instruction, which does it and goes on, until the next entry.
//!
//! So compiled code needs no second way to do anything: what it does not do itself, the interpreter does. Tracers and limits step
//! through the instructions, which never looks for entries.

#![allow(unsafe_code, reason = "calls code that the compiler of a program made")]

mod enter;
mod heat;
mod lent;
mod runtime;
mod shadow;
mod view;

pub(crate) use enter::compiled;
pub(crate) use heat::Heat;
pub use heat::Watcher;
pub use view::{HeapView, Leave, NearFrameLayout, Runtime, View};

use crate::program::Program;
use alloc::boxed::Box;
use core::any::Any;
use core::fmt;

/// A compiled function: computes from entry number `entry` on and returns where it stopped: the program counter in the low 16 bits
/// and [`Leave`] above.
pub type Function = unsafe extern "C" fn(view: *mut View, entry: u32) -> u32;

/// Where compiled code can be entered.
#[derive(Clone, Copy, Debug)]
pub struct EntryPoint {
    /// The function.
    pub function: Function,
    /// What to pass to it.
    pub number: u32,
}

/// The native code of a program.
pub struct CompiledCode {
    /// By program counter.
    ///
    /// PERF: not a list beside a table of places in it, which is smaller; each of the two would have to be fetched, one after the other.
    points: Box<[Option<EntryPoint>]>,
    /// What the functions are in. Kept, not looked at.
    _memory: Box<dyn Any + Send + Sync>,
    bytes: usize,
}

impl CompiledCode {
    /// `entries` with their program counters, of which the first for each counts; `memory` is what the functions are in, and is kept
    /// as long as they can be called; `bytes` is its size, for those who keep account.
    pub fn new(
        entries: &[(u16, EntryPoint)],
        memory: Box<dyn Any + Send + Sync>,
        bytes: usize,
    ) -> Self {
        let len = entries.iter().map(|(pc, _)| usize::from(*pc) + 1).max().unwrap_or(0);
        let mut points = alloc::vec![None; len].into_boxed_slice();
        for &(pc, point) in entries {
            points[usize::from(pc)].get_or_insert(point);
        }
        Self { points, _memory: memory, bytes }
    }

    /// The entry at a program counter.
    #[inline]
    pub fn entry(&self, pc: u16) -> Option<EntryPoint> {
        *self.points.get(usize::from(pc))?
    }

    /// Program counters of all entries.
    pub fn entries(&self) -> impl Iterator<Item = u16> + '_ {
        (0u16..=u16::MAX).zip(&self.points).filter_map(|(pc, point)| point.map(|_| pc))
    }

    /// Bytes of memory in use.
    pub fn bytes(&self) -> usize {
        self.bytes + size_of_val(&*self.points)
    }
}

impl fmt::Debug for CompiledCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.entries().count();
        f.debug_struct("CompiledCode")
            .field("entries", &entries)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl Program {
    /// Gives the program native code, which all machines that have a handle of it use from now on. Returns the code if the program
    /// has some already, or is not one of instructions.
    ///
    /// # Safety
    /// The functions must be in `code`'s memory and stay there; must do what the instructions do, in the terms of [`View`]; and
    /// must make progress: they leave for elsewhere only after they have executed an instruction.
    pub unsafe fn install(&self, code: CompiledCode) -> Result<(), CompiledCode> {
        self.set_compiled(code)
    }
}

/// How often compiled code was entered and why it was left, in a machine's life.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CompiledStats {
    /// Calls of a compiled function from the interpreter.
    pub entries: u64,
    /// Instructions that compiled code has let the interpreter do without being left.
    pub steps: u64,
    /// By [`Leave`].
    pub leaves: [u64; Leave::COUNT],
}

impl super::Vm {
    /// How often compiled code was entered and left so far.
    pub const fn compiled_stats(&self) -> &CompiledStats {
        &self.compiled_stats
    }

    /// For tests of compilers: code that was compiled to be left by force is left after this many segments; never for 0.
    pub const fn force_exits(&mut self, segments: u64) {
        self.forced_exits = segments;
    }
}
