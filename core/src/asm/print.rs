//! Instructions as text.

use super::names::{self, Field, Form, modifier_suffix, predicate_name};
use crate::isa::{DstMode, Instruction, Modifier, Opcode, Predicate, SrcMode};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Names for places in a code page.
pub(super) trait Places {
    /// The label of an instruction.
    fn code(&self, pc: u16) -> Option<String>;
    /// The label of a word of data.
    fn data(&self, word: u16) -> Option<String>;
}

/// No names.
pub(super) struct Nameless;

impl Places for Nameless {
    fn code(&self, _pc: u16) -> Option<String> {
        None
    }

    fn data(&self, _word: u16) -> Option<String> {
        None
    }
}

/// An instruction as text, and whether only this assembler understands it.
pub(super) struct Line {
    pub text: String,
    pub extension: bool,
}

/// The text that assembles to these bits.
pub(super) fn instruction(bits: u64, places: &impl Places) -> Line {
    let decoded = Instruction::decode(bits);
    let mut printer = Printer { from: decoded, shown: blank(&decoded), places, extension: false };
    let text = printer.print();
    if !super::analysis::is_canonical(bits) || printer.shown.encode() != bits {
        return Line { text: format!("raw     {bits:#018x}"), extension: true };
    }
    Line { text, extension: printer.extension }
}

fn blank(instruction: &Instruction) -> Instruction {
    Instruction { src0: 0, src1: 0, dst0: 0, dst1: 0, imm0: 0, imm1: 0, ..*instruction }
}

/// Prints an instruction and keeps account of the fields that the text determines.
struct Printer<'a, P> {
    from: Instruction,
    shown: Instruction,
    places: &'a P,
    extension: bool,
}

impl<P: Places> Printer<'_, P> {
    fn print(&mut self) -> String {
        let variant = self.from.variant();
        let modifiers: Vec<Modifier> = variant
            .row
            .modifiers
            .iter()
            .copied()
            .filter(|&modifier| variant.has(modifier))
            .collect();
        let (name, fields) = self.form(&modifiers);
        let mut text = String::from(name);
        // The mark of flags goes last, behind the predicate.
        for modifier in modifiers.iter().filter(|&&modifier| modifier != Modifier::SetFlags) {
            text.push_str(modifier_suffix(*modifier));
        }
        if self.from.predicate != Predicate::Always {
            text.push('.');
            text.push_str(predicate_name(self.from.predicate));
        }
        if modifiers.contains(&Modifier::SetFlags) {
            text.push_str(modifier_suffix(Modifier::SetFlags));
        }
        let operands: Vec<String> = fields.iter().map(|&field| self.operand(field)).collect();
        if operands.is_empty() {
            return text;
        }
        format!("{text:<7} {}", operands.join(", "))
    }

    /// Name and operands: the short form where it says everything.
    fn form(&mut self, modifiers: &[Modifier]) -> (&'static str, Vec<Field>) {
        let Instruction { src1, dst0, dst1, predicate, .. } = self.from;
        let variant = self.from.variant();
        let row = variant.row;
        let form = Form::of(row.mnemonic);
        let mut fields = names::operands(row, form, modifiers);
        let hidden = |field, value| value != 0 && !fields.contains(&field);
        match row.opcode {
            Opcode::HeapRead
            | Opcode::HeapWrite
            | Opcode::AuxHeapRead
            | Opcode::AuxHeapWrite
            | Opcode::FatPointerRead => {
                let incomplete = hidden(Field::Src1, src1)
                    || hidden(Field::Dst0, dst0)
                    || hidden(Field::Dst1, dst1);
                if incomplete || predicate != Predicate::Always {
                    return (names::long_name(row), names::operands(row, Form::Long, modifiers));
                }
            }
            Opcode::Nop => {
                let simple = src1 == 0 && dst1 == 0 && predicate == Predicate::Always;
                let (no_source, no_destination) = (
                    variant.src0 == SrcMode::Reg && self.from.src0 == 0,
                    variant.dst0 == DstMode::Reg && dst0 == 0,
                );
                match (variant.src0, variant.dst0) {
                    _ if simple && no_source && no_destination => fields.clear(),
                    (SrcMode::StackPop, _) if simple && no_destination => {
                        fields.retain(|&field| field == Field::Src0);
                    }
                    (_, DstMode::StackPush) if simple && no_source => {
                        fields.retain(|&field| field == Field::Dst0);
                    }
                    // Read as the form with one operand.
                    (SrcMode::StackPop, _) if predicate == Predicate::Always => {
                        self.extension = true;
                    }
                    (SrcMode::Code, _) => self.extension = true,
                    _ => self.extension |= src1 != 0 || dst1 != 0,
                }
            }
            Opcode::Jump if dst0 == 0 => fields.retain(|&field| field == Field::Src0),
            Opcode::Jump => self.extension = true,
            _ => {}
        }
        (row.mnemonic, fields)
    }

    fn operand(&mut self, field: Field) -> String {
        let Instruction { src1, dst0, dst1, imm0, imm1, .. } = self.from;
        match field {
            Field::Src0 => self.source(),
            Field::Src1 => {
                self.shown.src1 = src1;
                format!("r{src1}")
            }
            Field::Dst0 => {
                self.shown.dst0 = dst0;
                self.destination()
            }
            Field::Dst1 => {
                self.shown.dst1 = dst1;
                format!("r{dst1}")
            }
            Field::Pc0 => {
                self.shown.imm0 = imm0;
                self.place(imm0)
            }
            Field::Pc1 => {
                self.shown.imm1 = imm1;
                self.place(imm1)
            }
        }
    }

    fn place(&mut self, pc: u16) -> String {
        self.places.code(pc).map_or_else(
            || {
                self.extension = true;
                format!("#{pc}")
            },
            |label| format!("@{label}"),
        )
    }

    fn source(&mut self) -> String {
        let Instruction { src0, imm0, .. } = self.from;
        let mode = self.from.variant().src0;
        if mode != SrcMode::Imm {
            self.shown.src0 = src0;
        }
        if mode != SrcMode::Reg {
            self.shown.imm0 = imm0;
        }
        match mode {
            SrcMode::Reg => format!("r{src0}"),
            SrcMode::Imm if self.from.opcode() == Opcode::Jump => {
                let label = self.places.code(imm0);
                label.map_or_else(|| format!("#{imm0}"), |label| format!("@{label}"))
            }
            // A plain zero would be r0.
            SrcMode::Imm if imm0 == 0 => "#0".to_string(),
            SrcMode::Imm => imm0.to_string(),
            SrcMode::Code => match self.places.data(imm0) {
                Some(label) => format!("@{label}[{}]", address(src0, 0)),
                None => {
                    self.extension = true;
                    format!("code[{}]", address(src0, imm0))
                }
            },
            SrcMode::StackPop => format!("stack-=[{}]", address(src0, imm0)),
            SrcMode::StackRelative => format!("stack-[{}]", address(src0, imm0)),
            SrcMode::StackAbsolute => format!("stack[{}]", address(src0, imm0)),
        }
    }

    fn destination(&mut self) -> String {
        let Instruction { dst0, imm1, .. } = self.from;
        let mode = self.from.variant().dst0;
        if mode != DstMode::Reg {
            self.shown.imm1 = imm1;
        }
        match mode {
            DstMode::Reg => format!("r{dst0}"),
            DstMode::StackPush => format!("stack+=[{}]", address(dst0, imm1)),
            DstMode::StackRelative => format!("stack-[{}]", address(dst0, imm1)),
            DstMode::StackAbsolute => format!("stack[{}]", address(dst0, imm1)),
        }
    }
}

/// The inside of brackets.
fn address(register: u8, immediate: u16) -> String {
    match (register, immediate) {
        (0, immediate) => immediate.to_string(),
        (register, 0) => format!("r{register}"),
        (register, immediate) => format!("r{register} + {immediate}"),
    }
}

/// The instruction in the assembler's syntax, with numbers for places.
impl core::fmt::Display for Instruction {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(&instruction(self.encode(), &Nameless).text)
    }
}
