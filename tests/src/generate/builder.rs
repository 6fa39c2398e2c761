//! Puts instructions, constants and labels together to a code page.

use eravm_core::Word;
use eravm_core::isa::{DstMode, Instruction, Modifier, Opcode, Predicate, SrcMode};

/// A first source.
#[derive(Clone, Copy, Debug)]
pub enum Src {
    /// A register.
    Reg(u8),
    /// `imm0`.
    Imm(u16),
    /// A constant of the code page.
    Const(Word),
    /// Any mode with a register and `imm0`.
    Mode(SrcMode, u8, u16),
}

/// A first destination.
#[derive(Clone, Copy, Debug)]
pub enum Dst {
    /// A register.
    Reg(u8),
    /// Any mode with a register and `imm1`.
    Mode(DstMode, u8, u16),
}

/// A place in the code that is known later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(usize);

#[derive(Clone, Copy, Debug)]
enum Fixup {
    Constant(usize),
    Imm0(Label),
    Imm1(Label),
}

/// Code being written.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    instructions: Vec<Instruction>,
    raw: Vec<(usize, u64)>,
    constants: Vec<Word>,
    labels: Vec<Option<u16>>,
    fixups: Vec<(usize, Fixup)>,
}

impl Builder {
    /// Number of instructions so far.
    pub fn len(&self) -> usize {
        self.instructions.len()
    }

    /// Whether there is nothing yet.
    pub fn is_empty(&self) -> bool {
        self.instructions.is_empty()
    }

    /// Appends an instruction as it is.
    pub fn push(&mut self, instruction: Instruction) -> &mut Instruction {
        self.instructions.push(instruction);
        let last = self.instructions.len() - 1;
        &mut self.instructions[last]
    }

    /// Appends 64 bits.
    pub fn push_bits(&mut self, bits: u64) {
        self.raw.push((self.instructions.len(), bits));
        self.instructions.push(Instruction::decode(bits));
    }

    /// Appends an instruction that always executes. Modes that the opcode does not have are replaced by
    /// registers.
    pub fn op(
        &mut self,
        opcode: Opcode,
        modifiers: &[Modifier],
        (src0, src1): (Src, u8),
        (dst0, dst1): (Dst, u8),
    ) -> &mut Instruction {
        let (src_mode, src_register, imm0) = match src0 {
            Src::Reg(register) => (SrcMode::Reg, register, 0),
            Src::Imm(immediate) => (SrcMode::Imm, 0, immediate),
            Src::Const(_) => (SrcMode::Code, 0, 0),
            Src::Mode(mode, register, immediate) => (mode, register, immediate),
        };
        let (dst_mode, dst_register, imm1) = match dst0 {
            Dst::Reg(register) => (DstMode::Reg, register, 0),
            Dst::Mode(mode, register, immediate) => (mode, register, immediate),
        };
        let instruction =
            [(src_mode, dst_mode), (src_mode, DstMode::Reg), (SrcMode::Reg, DstMode::Reg)]
                .into_iter()
                .find_map(|(src, dst)| Instruction::new(opcode, src, dst, modifiers))
                .expect("every opcode has a variant on registers");
        if let (Src::Const(word), SrcMode::Code) = (src0, instruction.variant().src0) {
            let constant = self.constant(word);
            self.fixups.push((self.instructions.len(), Fixup::Constant(constant)));
        }
        self.push(Instruction {
            src0: src_register,
            src1,
            dst0: dst_register,
            dst1,
            imm0,
            imm1,
            ..instruction
        })
    }

    /// Loads a word into a register.
    pub fn load(&mut self, register: u8, word: Word) {
        self.op(Opcode::Add, &[], (Src::Const(word), 0), (Dst::Reg(register), 0));
    }

    fn constant(&mut self, word: Word) -> usize {
        match self.constants.iter().position(|known| *known == word) {
            Some(at) => at,
            None => {
                self.constants.push(word);
                self.constants.len() - 1
            }
        }
    }

    /// A label to be placed later.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Puts a label before the next instruction.
    pub fn place(&mut self, label: Label) {
        self.labels[label.0] = Some(self.instructions.len() as u16);
    }

    /// Makes `imm0` of the last instruction a label.
    pub fn imm0(&mut self, label: Label) {
        self.fixups.push((self.instructions.len() - 1, Fixup::Imm0(label)));
    }

    /// Makes `imm1` of the last instruction a label.
    pub fn imm1(&mut self, label: Label) {
        self.fixups.push((self.instructions.len() - 1, Fixup::Imm1(label)));
    }

    /// Gives the last instruction a predicate.
    pub fn when(&mut self, predicate: Predicate) {
        if let Some(last) = self.instructions.last_mut() {
            last.predicate = predicate;
        }
    }

    /// The code page. Labels that were not placed are the end of the code.
    pub fn finish(mut self) -> Vec<Word> {
        let code_words = self.instructions.len().div_ceil(4);
        let end = self.instructions.len() as u16;
        for (at, fixup) in self.fixups {
            let place = |label: Label| self.labels[label.0].unwrap_or(end);
            let instruction = &mut self.instructions[at];
            match fixup {
                Fixup::Constant(constant) => instruction.imm0 = (code_words + constant) as u16,
                Fixup::Imm0(label) => instruction.imm0 = place(label),
                Fixup::Imm1(label) => instruction.imm1 = place(label),
            }
        }
        let mut bits: Vec<u64> = self.instructions.iter().map(Instruction::encode).collect();
        for (at, raw) in self.raw {
            bits[at] = raw;
        }
        words_of(&bits).into_iter().chain(self.constants).collect()
    }
}

/// Code words of instructions, filled up with invalid ones.
pub fn words_of(bits: &[u64]) -> Vec<Word> {
    bits.chunks(4)
        .map(|four| {
            let mut limbs = [0; 4];
            for (limb, bits) in limbs.iter_mut().rev().zip(four) {
                *limb = *bits;
            }
            Word(limbs)
        })
        .collect()
}
