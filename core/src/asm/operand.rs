//! Operands in source text.

use super::error::{AsmError, AsmErrorKind};
use super::number;
use super::piece::Piece;
use crate::isa::{DstMode, SrcMode};

/// Something that one operand field can hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand<'a, M> {
    /// Addressing mode; settled by the kind of label if there is one.
    pub mode: M,
    /// Register, 0..16.
    pub register: u8,
    /// Immediate, to which the place of the label is added.
    pub immediate: u16,
    /// Label.
    pub label: Option<Label<'a>>,
}

/// A reference to a label.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label<'a> {
    /// Its name.
    pub name: Piece<'a>,
    /// What it must mark.
    pub kind: LabelKind,
}

/// Use of a label.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LabelKind {
    /// `@label` as a source: code (its address) or a word of the code page.
    CodeOrData,
    /// `@label` as the target of a call or jump.
    Code,
    /// `stack[@label]`.
    Global,
}

/// `r0` to `r15`.
fn register(piece: Piece<'_>) -> Option<u8> {
    let digits = piece.text.strip_prefix('r')?;
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|&index| plain && index < 16)
}

/// A register; `0` is `r0`.
pub(super) fn register_only(piece: Piece<'_>) -> Result<u8, AsmError> {
    if piece.text == "0" {
        return Ok(0);
    }
    register(piece).ok_or_else(|| piece.unexpected("a register, r0 to r15,"))
}

/// Characters that may not be part of a label's name, because some reference could not be read back.
const NOT_IN_LABELS: &[char] = &['[', ']', ',', ';', ':', '@', '#', '!', '+', '-', '"'];

/// Checks a label's name.
pub(super) fn label_name(piece: Piece<'_>) -> Result<Piece<'_>, AsmError> {
    let foreign = |c: char| c.is_whitespace() || c.is_control() || NOT_IN_LABELS.contains(&c);
    if piece.text.is_empty() || piece.text.contains(foreign) {
        return Err(piece.unexpected("the name of a label"));
    }
    Ok(piece)
}

/// The inside of brackets: a register, a number and a label of `.data`, each at most once.
fn address<'a, M>(inside: Piece<'a>, mode: M) -> Result<Operand<'a, M>, AsmError> {
    let mut operand = Operand { mode, register: 0, immediate: 0, label: None };
    let (mut has_register, mut has_number) = (false, false);
    for term in inside.split('+') {
        if let (Some(index), false) = (register(term), has_register) {
            (operand.register, has_register) = (index, true);
        } else if let (Some(name), None) = (term.after("@"), operand.label) {
            operand.label = Some(Label { name: label_name(name)?, kind: LabelKind::Global });
        } else if term.text.starts_with(|c: char| c.is_ascii_digit()) && !has_number {
            (operand.immediate, has_number) = (number::immediate(term)?, true);
        } else {
            return Err(term.unexpected("register + number (once each, no minus sign)"));
        }
    }
    Ok(operand)
}

/// What stands between brackets that end the operand.
fn brackets<'a>(piece: Piece<'a>, prefix: &str) -> Option<Piece<'a>> {
    piece.after(prefix)?.after("[")?.before("]").map(Piece::trim)
}

/// An operand on the stack, by the spellings of its modes.
fn on_stack<'a, M: Copy>(
    piece: Piece<'a>,
    spellings: [(&str, M, bool); 4],
) -> Result<Option<Operand<'a, M>>, AsmError> {
    for (prefix, mode, absolute) in spellings {
        let Some(inside) = brackets(piece, prefix) else { continue };
        let operand = address(inside, mode)?;
        if let (Some(label), false) = (operand.label, absolute) {
            return Err(label.name.unexpected("no label, because it marks an absolute place,"));
        }
        return Ok(Some(operand));
    }
    Ok(None)
}

/// `@label` or `@label[register + number]`.
fn labelled<'a>(name: Piece<'a>) -> Result<Operand<'a, SrcMode>, AsmError> {
    let (name, mut operand) = match name.split_once('[') {
        Some((label, rest)) => {
            let inside = rest.before("]").ok_or_else(|| rest.unexpected("a closing bracket"))?;
            (label, address(inside.trim(), SrcMode::Code)?)
        }
        None => (name, Operand { mode: SrcMode::Code, register: 0, immediate: 0, label: None }),
    };
    if let Some(inner) = operand.label {
        return Err(inner.name.unexpected("register + number"));
    }
    operand.label = Some(Label { name: label_name(name)?, kind: LabelKind::CodeOrData });
    Ok(operand)
}

/// A first source of any mode.
pub(super) fn source<'a>(piece: Piece<'a>) -> Result<Operand<'a, SrcMode>, AsmError> {
    if let Some(operand) = register_or_number(piece)? {
        return Ok(operand);
    }
    if let Some(name) = piece.after("@") {
        return labelled(name);
    }
    if let Some(inside) = brackets(piece, "code") {
        let operand = address(inside, SrcMode::Code)?;
        return match operand.label {
            Some(label) => Err(label.name.unexpected("register + number")),
            None => Ok(operand),
        };
    }
    let spellings = [
        ("stack-=", SrcMode::StackPop, false),
        ("stack-", SrcMode::StackRelative, false),
        ("stack=", SrcMode::StackAbsolute, true),
        ("stack", SrcMode::StackAbsolute, true),
    ];
    on_stack(piece, spellings)?.ok_or_else(|| {
        piece.unexpected("a register, number, @label, code[…], stack-=[…], stack-[…] or stack[…]")
    })
}

/// A first destination of any mode.
pub(super) fn destination<'a>(piece: Piece<'a>) -> Result<Operand<'a, DstMode>, AsmError> {
    if let Ok(register) = register_only(piece) {
        return Ok(Operand { mode: DstMode::Reg, register, immediate: 0, label: None });
    }
    let spellings = [
        ("stack+=", DstMode::StackPush, false),
        ("stack-", DstMode::StackRelative, false),
        ("stack=", DstMode::StackAbsolute, true),
        ("stack", DstMode::StackAbsolute, true),
    ];
    on_stack(piece, spellings)?
        .ok_or_else(|| piece.unexpected("a register, stack+=[…], stack-[…] or stack[…]"))
}

/// A register or a number. A plain zero is `r0`, with `#` it is a number.
pub(super) fn register_or_number<'a>(
    piece: Piece<'a>,
) -> Result<Option<Operand<'a, SrcMode>>, AsmError> {
    let plain = |mode, register, immediate| Operand { mode, register, immediate, label: None };
    if let Some(index) = register(piece) {
        return Ok(Some(plain(SrcMode::Reg, index, 0)));
    }
    if let Some(digits) = piece.after("#") {
        return Ok(Some(plain(SrcMode::Imm, 0, number::immediate(digits)?)));
    }
    if !piece.text.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(None);
    }
    Ok(Some(match number::immediate(piece)? {
        0 => plain(SrcMode::Reg, 0, 0),
        value => plain(SrcMode::Imm, 0, value),
    }))
}

/// A place in the code: `@label` or `#number`.
pub(super) fn place<'a>(piece: Piece<'a>) -> Result<(u16, Option<Label<'a>>), AsmError> {
    if let Some(digits) = piece.after("#") {
        return Ok((number::immediate(digits)?, None));
    }
    let name = piece.after("@").ok_or_else(|| piece.unexpected("@label"))?;
    let operand = labelled(name)?;
    if operand.register != 0 || operand.immediate != 0 {
        return Err(piece.error(AsmErrorKind::Unexpected {
            found: piece.quote(),
            expected: "a label without offset",
        }));
    }
    let label = operand.label.map(|label| Label { kind: LabelKind::Code, ..label });
    Ok((operand.immediate, label))
}
