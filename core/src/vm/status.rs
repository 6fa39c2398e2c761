//! The status word: everything that may keep an instruction from simply being executed, as bits.
//!
//! An instruction carries the mask of the bits that concern it ([`Op::mask`](crate::program::Op)), so that
//! predicate, kernel and static mode, pointer tags, call depth and the protocol's rules cost one test together.
//!
//! The flags are one-hot: bit `lt + 2·eq + 4·gt` of the lowest eight is set, so the flag states in which a
//! predicate does not hold are a mask, too.

use crate::semantics::{FlagState, Flags};
use crate::state::registers::Register;

/// The one-hot flags.
pub(crate) const FLAGS: u32 = 0xff;
/// All pointer tags.
pub(crate) const TAGS: u32 = 0xffff << 8;
/// The frame is in user space: addresses from 2¹⁶.
pub(crate) const USER: u32 = 1 << 24;
/// The frame may not write.
pub(crate) const STATIC: u32 = 1 << 25;
/// Instructions without a second result clear `dst1`.
pub(crate) const CLEARS_DST1: u32 = 1 << 26;
/// The call stack is as deep as it may be: everything panics.
pub(crate) const CALL_STACK_FULL: u32 = 1 << 27;
/// Words on the stack of this frame may be tagged as pointers.
pub(crate) const STACK_TAGGED: u32 = 1 << 28;
/// Somebody watches writes to the heaps of this frame: a hook, or a snapshot that needs the old bytes.
pub(crate) const STORES_OBSERVED: u32 = 1 << 29;

/// The tag bit of a register; none for r0 and where its results go.
#[inline(always)]
pub(crate) const fn tag(register: u8) -> u32 {
    1 << (24 - (register & 15) as u32) & TAGS
}

/// The tag bit of a register by its name.
#[inline(always)]
pub(crate) const fn tag_of(register: Register) -> u32 {
    // The names are in the same order, with those without a tag first.
    1 << (7 + register as u32 / 4) & TAGS & !(1 << 8)
}

/// The flags behind the one-hot bits.
#[inline]
pub(crate) const fn flags(status: u32) -> Flags {
    let state = (status & FLAGS).trailing_zeros();
    Flags { lt: state & 1 != 0, eq: state & 2 != 0, gt: state & 4 != 0 }
}

/// A status with its flags replaced.
#[inline(always)]
pub(crate) fn with_flags(status: u32, flags: Flags) -> u32 {
    with_state(status, flags.into())
}

/// A status with its flags replaced.
#[inline(always)]
pub(crate) const fn with_state(status: u32, flags: FlagState) -> u32 {
    status & !FLAGS | flags.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_have_tags_of_their_own() {
        let numbered = (1..16).map(tag);
        assert_eq!(numbered.clone().fold(0, |tags, tag| tags | tag).count_ones(), 15);
        assert!(numbered.clone().all(|tag| tag.count_ones() == 1 && tag & !TAGS == 0));
        assert!(numbered.eq((1..16).map(|number| tag_of(Register::source(number)))));
        assert_eq!([tag(0), tag_of(Register::R0), tag_of(Register::Sink)], [0; 3]);
    }
}
