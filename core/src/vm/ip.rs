//! The instruction pointer of the fast path: a bare address into the prepared instructions of the current frame.
//!
//! With an index instead, every instruction loads the slice from the frame, compares, and multiplies: the arithmetic loop of
//! the benches is a third slower.

#![allow(unsafe_code, reason = "an index costs a third of the speed of short instructions")]

use crate::program::{Op, Program};

/// Points to a prepared instruction of the program of the current frame.
///
/// # Invariant
/// The pointer is within [`Program::ops`] of the current frame's program. The fast path keeps it by
/// - making one with [`Ip::at`], which checks its index, or from another: with [`Ip::next`], which is called for
///   ordinary instructions only, never for the last one (that stands for the end and does not go on), or with
///   [`Ip::target`], whose displacement was checked when the program was made;
/// - dropping it before the current frame, which owns the program, changes (`park` and `resume` in `fast/mod.rs`).
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Ip(*const Op);

impl Ip {
    /// The instruction at a program counter, if there is one. One past the last instruction is the end marker.
    #[inline(always)]
    pub(crate) fn at(program: &Program, pc: usize) -> Option<Self> {
        program.ops().get(pc).map(|op| Self(op))
    }

    /// The instruction. Not to be kept beyond the current frame.
    #[inline(always)]
    pub(crate) fn op<'a>(self) -> &'a Op {
        // SAFETY: by the invariant the pointer is to a live, initialised `Op`, and `Op`s are never written to
        // after `Program` was made.
        unsafe { &*self.0 }
    }

    /// The instruction after this one. `self` must not be the end marker.
    #[inline(always)]
    pub(crate) fn next(self) -> Self {
        // SAFETY: `self` is not the last element (callers are handlers of ordinary instructions), so the next
        // one is within the same slice.
        Self(unsafe { self.0.add(1) })
    }

    /// The instruction that this one jumps to.
    #[inline(always)]
    pub(crate) fn target(self) -> Self {
        // SAFETY: `Program::from_words`, the only place where an `Op` gets a displacement other than 0, gives it the one to an
        // element of the same slice.
        Self(unsafe { self.0.byte_offset(self.op().displacement() as isize) })
    }
}
