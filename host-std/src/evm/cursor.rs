//! Where a frame is in its code.
//!
//! The crate of the instructions has such a type of its own, which reads code through pointers and believes in its analysis. Code that
//! is not analysed is none that it takes without `unsafe`; this one looks at each place.

use super::code::Code;
use revm_interpreter::InterpreterAction;
use revm_interpreter::interpreter_types::{Immediates, Jumps, LegacyBytecode, LoopControl};

/// Code, the place in it, and what the last instruction asks for.
#[derive(Debug)]
pub(super) struct Cursor {
    pub(super) code: Code,
    pub(super) pc: usize,
    pub(super) action: Option<InterpreterAction>,
}

impl Immediates for Cursor {
    fn read_u8(&self) -> u8 {
        self.code.byte(self.pc)
    }

    fn read_u16(&self) -> u16 {
        self.read_offset_u16(0)
    }

    fn read_offset_u16(&self, offset: isize) -> u16 {
        let at = self.pc.saturating_add_signed(offset);
        u16::from_be_bytes([self.code.byte(at), self.code.byte(at.saturating_add(1))])
    }

    #[inline]
    fn read_slice(&self, length: usize) -> &[u8] {
        self.code.operand(self.pc, length)
    }
}

impl Jumps for Cursor {
    #[inline]
    fn relative_jump(&mut self, offset: isize) {
        self.pc = self.pc.saturating_add_signed(offset);
    }

    #[inline]
    fn absolute_jump(&mut self, offset: usize) {
        self.pc = offset;
    }

    #[inline]
    fn is_valid_legacy_jump(&mut self, offset: usize) -> bool {
        self.code.is_destination(offset)
    }

    #[inline]
    fn pc(&self) -> usize {
        self.pc
    }

    #[inline]
    fn opcode(&self) -> u8 {
        self.code.byte(self.pc)
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
    fn is_not_end(&self) -> bool {
        self.action.is_none()
    }

    /// There is no flag beside the action.
    fn reset_action(&mut self) {}

    fn set_action(&mut self, action: InterpreterAction) {
        self.action = Some(action);
    }

    fn action(&mut self) -> &mut Option<InterpreterAction> {
        &mut self.action
    }
}
