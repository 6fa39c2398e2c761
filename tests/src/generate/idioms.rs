//! Pieces of code in which one instruction decides what another one has to do: counts at borders, flags that are known beforehand,
//! words on the stack under several names. What a compiler leaves out because of what it knows goes wrong in such code first.

use super::builder::{Dst, Src};
use super::gadgets::Writer;
use eravm_core::Word;
use eravm_core::isa::{DstMode, Modifier, Opcode, Predicate, SrcMode};

/// Predicates that exclude each other.
const OPPOSITES: [(Predicate, Predicate); 4] = [
    (Predicate::Eq, Predicate::Ne),
    (Predicate::Lt, Predicate::Ge),
    (Predicate::Gt, Predicate::Le),
    (Predicate::Gt, Predicate::Lt),
];

impl Writer<'_> {
    pub(super) fn idiom(&mut self) {
        match self.random.below(3) {
            0 => self.count(),
            1 => self.foresee(),
            _ => self.crowd(),
        }
    }

    /// Adds a constant to a register that is near a border, or takes it away, and looks at the flags.
    fn count(&mut self) {
        let register = self.result().max(2);
        let by = match self.random.below(4) {
            0 => 1,
            1 => self.random.bits() as u16,
            _ => 1 + self.random.below(8) as u16,
        };
        let turns = self.random.below(3);
        // So that the last turn is at the border.
        let near = (u64::from(by) * (turns + 1) + self.random.below(3)).wrapping_sub(1);
        let low = match self.random.below(4) {
            0 => self.random.below(3),
            1 => 0u64.wrapping_sub(near),
            _ => near,
        };
        let above = match self.random.below(6) {
            0..3 => 0,
            3 => 1,
            4 => u64::MAX,
            _ => self.random.bits(),
        };
        let middle = if above == u64::MAX { u64::MAX } else { 0 };
        let limbs =
            if self.random.one_in(2) { [low, above, 0, 0] } else { [low, middle, middle, above] };
        self.code.load(register, Word(limbs));
        if !self.random.one_in(4) {
            self.meet();
        }
        let by = if self.random.one_in(4) {
            Src::Const(Word::from_u64(by.into()))
        } else {
            Src::Imm(by)
        };
        let down = !self.random.one_in(4);
        for turn in 0..=turns {
            let (opcode, modifiers): (_, &[Modifier]) = match (down, self.random.one_in(6)) {
                (true, false) => (Opcode::Sub, &[Modifier::SetFlags, Modifier::Swap]),
                (true, true) => (Opcode::Sub, &[Modifier::Swap]),
                (false, false) => (Opcode::Add, &[Modifier::SetFlags]),
                (false, true) => (Opcode::Add, &[]),
            };
            self.code.op(opcode, modifiers, (by, register), (Dst::Reg(register), 0));
            if self.random.one_in(12) {
                self.any_predicate();
            }
            if turn == turns && !self.random.one_in(3) {
                self.skip();
            }
            self.note_flags();
        }
    }

    /// A place that something jumps to, so that nothing is known there.
    fn meet(&mut self) {
        let label = self.code.label();
        let register = self.register();
        self.code.op(Opcode::Jump, &[], (Src::Imm(0), 0), (Dst::Reg(0), 0));
        self.code.imm0(label);
        if self.random.one_in(2) {
            self.code.when(Predicate::Eq);
            self.code.op(Opcode::Add, &[], (Src::Imm(3), register), (Dst::Reg(register), 0));
        }
        self.code.place(label);
    }

    /// Makes the flags a number that is seen later.
    fn note_flags(&mut self) {
        let register = self.result();
        for place in 0..=self.random.below(3) {
            let digit = Src::Imm(1 << (4 * place));
            self.code.op(Opcode::Add, &[], (digit, register), (Dst::Reg(register), 0));
            self.any_predicate();
        }
    }

    /// Flags of constants, and instructions with opposite predicates behind them.
    fn foresee(&mut self) {
        let constant = self.result().max(2);
        let value = self.random.below(4) as u16;
        self.code.op(Opcode::Add, &[], (Src::Imm(value), 0), (Dst::Reg(constant), 0));
        if self.random.one_in(8) {
            self.meet();
        }
        let opcode = self.random.pick(&[Opcode::Sub, Opcode::Sub, Opcode::And, Opcode::Add]);
        let other = self.random.below(4) as u16;
        let result = if self.random.one_in(2) { 0 } else { self.result() };
        self.code.op(
            opcode,
            &[Modifier::SetFlags],
            (Src::Imm(other), constant),
            (Dst::Reg(result), 0),
        );
        let (one, another) = self.random.pick(&OPPOSITES);
        let (target, slot) = (self.result(), self.random.below(4) as u16);
        for (predicate, value) in [(one, 1), (another, 2)] {
            if self.random.one_in(3) {
                // Whoever leaves here must have stored what was written before.
                self.leave_perhaps();
            }
            let to = match self.random.below(5) {
                0 => Dst::Mode(DstMode::StackAbsolute, 0, slot),
                _ => Dst::Reg(target),
            };
            let from =
                if self.random.one_in(3) { Src::Reg(self.register()) } else { Src::Imm(value) };
            self.code.op(Opcode::Add, &[], (from, 0), (to, 0));
            self.code.when(predicate);
        }
        if self.random.one_in(3) {
            self.skip();
        }
    }

    /// An instruction at which compiled code may be left.
    fn leave_perhaps(&mut self) {
        let register = self.result();
        match self.random.below(3) {
            0 => {
                let source = Src::Imm(self.random.below(300) as u16);
                self.code.op(Opcode::HeapRead, &[], (source, 0), (Dst::Reg(register), 0));
            }
            1 => {
                self.code.op(Opcode::Meta, &[], (Src::Reg(0), 0), (Dst::Reg(register), 0));
            }
            _ => {
                let pointer = self.pointer_register();
                let source = (Src::Reg(pointer), 0);
                self.code.op(Opcode::FatPointerRead, &[], source, (Dst::Reg(register), 0));
            }
        }
    }

    /// Few words on the stack, written and read in quick succession by all the names that they have.
    fn crowd(&mut self) {
        /// As many words there are.
        const WORDS: u64 = 2;
        let (counter, base) = (self.result().max(2), self.result().max(2));
        let top = 4 + self.random.below(6) as u16;
        // The stack pointer is `top`, which nobody can know who compiles it.
        self.code.op(Opcode::Sp, &[], (Src::Reg(0), 0), (Dst::Reg(counter), 0));
        let down = Src::Mode(SrcMode::StackPop, counter, 0);
        let up = Dst::Mode(DstMode::StackPush, 0, top);
        self.code.op(Opcode::Nop, &[], (down, 0), (up, 0));
        self.code.load(base, Word::from_u64(u64::from(top) - WORDS));
        if self.random.one_in(3) {
            self.meet();
        }
        for _ in 0..4 + self.random.below(8) {
            let index = 1 + self.random.below(WORDS) as u16;
            let from = match self.random.below(6) {
                0 => Src::Imm(self.random.below(9) as u16),
                1 => Src::Mode(SrcMode::StackAbsolute, 0, top - index),
                2 => Src::Mode(SrcMode::StackAbsolute, base, WORDS as u16 - index),
                _ => Src::Mode(SrcMode::StackRelative, 0, index),
            };
            let index = 1 + self.random.below(WORDS) as u16;
            let to = match self.random.below(6) {
                0 => Dst::Reg(self.result()),
                1 => Dst::Mode(DstMode::StackAbsolute, 0, top - index),
                2 => Dst::Mode(DstMode::StackAbsolute, base, WORDS as u16 - index),
                _ => Dst::Mode(DstMode::StackRelative, 0, index),
            };
            let opcode = self.random.pick(&[Opcode::Add, Opcode::Add, Opcode::Xor, Opcode::Sub]);
            let modifiers: &[Modifier] =
                if self.random.one_in(5) { &[Modifier::SetFlags] } else { &[] };
            let second = if self.random.one_in(2) { 0 } else { self.result() };
            self.code.op(opcode, modifiers, (from, second), (to, 0));
            if self.random.one_in(16) {
                self.any_predicate();
            }
            if self.random.one_in(12) {
                self.leave_perhaps();
            }
        }
    }
}
