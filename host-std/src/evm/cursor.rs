//! Where a frame is in its code.

use super::code::Code;
use revm_interpreter::InterpreterAction;
use revm_interpreter::interpreter::ExtBytecode;
use revm_interpreter::interpreter_types::{Immediates, Jumps, LegacyBytecode, LoopControl};

/// The crate's own cursor in padded code, which knows how long the code is without that, and where it can be jumped to.
#[derive(Debug)]
pub(super) struct Cursor {
    code: Code,
    inner: ExtBytecode,
}

impl Cursor {
    /// At a place that the frame was at before, or at the beginning.
    pub(super) fn new(code: Code, pc: usize) -> Self {
        let mut inner = ExtBytecode::new(code.padded().clone());
        // Behind the last instruction at most: that is padding, too.
        inner.absolute_jump(pc);
        Self { code, inner }
    }
}

impl Immediates for Cursor {
    #[inline(always)]
    fn read_u8(&self) -> u8 {
        self.inner.read_u8()
    }

    #[inline(always)]
    fn read_u16(&self) -> u16 {
        self.inner.read_u16()
    }

    #[inline(always)]
    fn read_offset_u16(&self, offset: isize) -> u16 {
        self.inner.read_offset_u16(offset)
    }

    #[inline(always)]
    fn read_slice(&self, length: usize) -> &[u8] {
        self.inner.read_slice(length)
    }
}

impl Jumps for Cursor {
    #[inline(always)]
    fn relative_jump(&mut self, offset: isize) {
        self.inner.relative_jump(offset);
    }

    #[inline(always)]
    fn absolute_jump(&mut self, offset: usize) {
        self.inner.absolute_jump(offset);
    }

    #[inline(always)]
    fn is_valid_legacy_jump(&mut self, offset: usize) -> bool {
        self.code.is_destination(offset)
    }

    #[inline(always)]
    fn pc(&self) -> usize {
        self.inner.pc()
    }

    #[inline(always)]
    fn opcode(&self) -> u8 {
        self.inner.opcode()
    }
}

impl LegacyBytecode for Cursor {
    fn bytecode_len(&self) -> usize {
        self.code.bytes().len()
    }

    fn bytecode_slice(&self) -> &[u8] {
        self.code.bytes()
    }
}

impl LoopControl for Cursor {
    #[inline(always)]
    fn is_not_end(&self) -> bool {
        self.inner.is_not_end()
    }

    #[inline(always)]
    fn reset_action(&mut self) {
        self.inner.reset_action();
    }

    #[inline(always)]
    fn set_action(&mut self, action: InterpreterAction) {
        self.inner.set_action(action);
    }

    #[inline(always)]
    fn action(&mut self) -> &mut Option<InterpreterAction> {
        self.inner.action()
    }
}
