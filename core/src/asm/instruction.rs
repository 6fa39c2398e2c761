//! One instruction in source text.

use super::error::{AsmError, AsmErrorKind};
use super::names::{self, Field, Name};
use super::operand::{self, Label, LabelKind, Operand};
use super::piece::Piece;
use crate::isa::{
    DstMode, Instruction, Modifier, Opcode, Predicate, Row, Src0, SrcMode, TABLE, slot_of,
};
use alloc::vec::Vec;

/// Label of the landing pad that `call @function` uses as its exception handler.
pub(super) const DEFAULT_UNWIND: &str = "DEFAULT_UNWIND";

/// An instruction whose labels have no place yet.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    /// Where it is in the source.
    pub at: Piece<'a>,
    pub body: Body,
    /// Labels whose place is added to `imm0` and `imm1`.
    pub labels: [Option<Label<'a>>; 2],
}

#[derive(Debug)]
pub(super) enum Body {
    /// The bits themselves.
    Raw(u64),
    Named(Named),
}

#[derive(Debug)]
pub(super) struct Named {
    pub row: &'static Row,
    pub modifiers: Vec<Modifier>,
    pub src0: SrcMode,
    pub dst0: DstMode,
    /// All but the slot.
    pub fields: Instruction,
}

impl Named {
    pub(super) fn new(row: &'static Row, modifiers: Vec<Modifier>, predicate: Predicate) -> Self {
        let fields = Instruction {
            slot: 0,
            predicate,
            src0: 0,
            src1: 0,
            dst0: 0,
            dst1: 0,
            imm0: 0,
            imm1: 0,
        };
        Self { row, modifiers, src0: SrcMode::Reg, dst0: DstMode::Reg, fields }
    }

    /// The instruction of an opcode that the assembler itself adds.
    pub(super) fn implied(opcode: Opcode, modifiers: &[Modifier]) -> Self {
        let row = TABLE.iter().find(|row| row.opcode == opcode).unwrap_or(&TABLE[0]);
        Self::new(row, modifiers.to_vec(), Predicate::Always)
    }

    /// The encoding, if there is such a variant.
    pub(super) fn encode(&self) -> Option<u64> {
        let slot = slot_of(self.row.opcode, self.src0, self.dst0, &self.modifiers)?;
        Some(Instruction { slot, ..self.fields }.encode())
    }
}

/// Parses an instruction from its name and the rest of its line.
pub(super) fn parse<'a>(word: Piece<'a>, rest: Piece<'a>) -> Result<Draft<'a>, AsmError> {
    if word.text == "raw" {
        let bits = super::number::unsigned(rest, 64)?;
        return Ok(Draft { at: word, body: Body::Raw(bits), labels: [None; 2] });
    }
    let name = names::parse(word)?;
    let operands: Vec<Piece<'a>> =
        if rest.text.is_empty() { Vec::new() } else { rest.split(',').collect() };
    let mut labels = [None; 2];
    let fields = operand_fields(&name, &operands).map_err(|expected| {
        word.error(AsmErrorKind::OperandCount { found: operands.len(), expected })
    })?;
    let mut named = Named::new(name.row, name.modifiers, name.predicate);
    match (name.row.opcode, operands.len()) {
        (Opcode::NearCall, 1) => {
            let name = word.implied(DEFAULT_UNWIND);
            labels[1] = Some(Label { name, kind: LabelKind::Code });
        }
        // What a function returns is in r1.
        (Opcode::RetOk | Opcode::RetRevert, 0) => named.fields.src0 = 1,
        _ => {}
    }
    for (field, operand) in fields.into_iter().zip(operands) {
        set(&mut named, &mut labels, field, operand)?;
    }
    Ok(Draft { at: word, body: Body::Named(named), labels })
}

/// The fields that as many operands stand for, or the numbers of operands that there may be.
fn operand_fields(name: &Name, operands: &[Piece<'_>]) -> Result<Vec<Field>, &'static str> {
    let all = names::operands(name.row, name.form, &name.modifiers);
    if all.len() == operands.len() {
        return Ok(all);
    }
    let mut counts = match all.len() {
        0 => "none are",
        1 => "1 is",
        2 => "2 are",
        3 => "3 are",
        _ => "4 are",
    };
    let fewer = match (name.row.opcode, operands) {
        (Opcode::Nop, []) => Some(Vec::new()),
        (Opcode::Nop, [only]) if only.text.starts_with("stack+=") => Some([Field::Dst0].into()),
        (Opcode::Nop, [only]) if only.text.starts_with("stack-=") => Some([Field::Src0].into()),
        (Opcode::NearCall, [_]) => Some([Field::Pc0].into()),
        (Opcode::Jump, [_]) => Some([Field::Src0].into()),
        (Opcode::RetOk | Opcode::RetRevert | Opcode::RetPanic, [])
            if !name.modifiers.contains(&Modifier::ToLabel) =>
        {
            Some(Vec::new())
        }
        (Opcode::Nop, _) => {
            counts = "none, one stack+=[…] or stack-=[…], or 4 are";
            None
        }
        (Opcode::NearCall, _) => {
            counts = "1 or 3 are";
            None
        }
        _ => None,
    };
    fewer.ok_or(counts)
}

fn set<'a>(
    named: &mut Named,
    labels: &mut [Option<Label<'a>>; 2],
    field: Field,
    piece: Piece<'a>,
) -> Result<(), AsmError> {
    match field {
        Field::Src0 => {
            let Operand { mode, register, immediate, label } = source(named.row, piece)?;
            (named.src0, labels[0]) = (mode, label);
            (named.fields.src0, named.fields.imm0) = (register, immediate);
        }
        Field::Dst0 if matches!(named.row.dst0, crate::isa::Dst0::Any) => {
            let Operand { mode, register, immediate, label } = operand::destination(piece)?;
            (named.dst0, labels[1]) = (mode, label);
            (named.fields.dst0, named.fields.imm1) = (register, immediate);
        }
        Field::Dst0 => named.fields.dst0 = operand::register_only(piece)?,
        Field::Src1 => named.fields.src1 = operand::register_only(piece)?,
        Field::Dst1 => named.fields.dst1 = operand::register_only(piece)?,
        Field::Pc0 => (named.fields.imm0, labels[0]) = operand::place(piece)?,
        Field::Pc1 => (named.fields.imm1, labels[1]) = operand::place(piece)?,
    }
    Ok(())
}

fn source<'a>(row: &Row, piece: Piece<'a>) -> Result<Operand<'a, SrcMode>, AsmError> {
    match row.src0 {
        Src0::Any => operand::source(piece),
        Src0::RegOrImm(_) => operand::register_or_number(piece)?
            .ok_or_else(|| piece.unexpected("a register or a number")),
        Src0::Reg | Src0::None => Ok(Operand {
            mode: SrcMode::Reg,
            register: operand::register_only(piece)?,
            immediate: 0,
            label: None,
        }),
    }
}
