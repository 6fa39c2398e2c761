//! Layout of the parts of a program and resolution of its labels.

use super::error::{AsmError, AsmErrorKind};
use super::instruction::{Body, DEFAULT_UNWIND, Draft, Named};
use super::operand::{Label, LabelKind};
use super::piece::Piece;
use super::source::{Cell, MAX_INSTRUCTIONS, MAX_WORDS, Place, Source};
use crate::Word;
use crate::isa::{DstMode, Modifier, Opcode, SrcMode};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Instructions in a word.
const PER_WORD: usize = 4;

/// Landing pads: label, instruction, register with what it returns.
pub(super) const LANDING_PADS: [(&str, Opcode, u8); 3] = [
    (DEFAULT_UNWIND, Opcode::RetPanic, 0),
    ("DEFAULT_FAR_RETURN", Opcode::RetOk, 1),
    ("DEFAULT_FAR_REVERT", Opcode::RetRevert, 1),
];

/// An assembled program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assembly {
    /// The code page, in bytes.
    pub bytecode: Vec<u8>,
    /// Labels of code, with the number of the instruction that they mark.
    pub labels: BTreeMap<String, u16>,
    /// For every instruction its line in the source, from 1; 0 for those that the assembler added.
    pub lines: Vec<u32>,
}

impl Assembly {
    /// The code page as words.
    pub fn words(&self) -> Vec<Word> {
        self.bytecode
            .chunks_exact(32)
            .map(|bytes| {
                let mut word = [0; 32];
                word.copy_from_slice(bytes);
                Word::from_be_bytes(&word)
            })
            .collect()
    }
}

/// Positions that labels are resolved against.
struct Layout<'a> {
    labels: BTreeMap<&'a str, (Place, u32)>,
    /// Instructions before the first of the source.
    prologue: usize,
    /// Words before the first of `.rodata`, initial values of `.data` included.
    data: usize,
}

/// Lays a program out and resolves its labels.
pub(super) fn link(
    mut source: Source<'_>,
    metadata: Option<[u8; 32]>,
) -> Result<Assembly, AsmError> {
    let end = source.end;
    let initial: Vec<(usize, Word)> =
        source.globals.iter().copied().enumerate().filter(|(_, value)| !value.is_zero()).collect();
    let prologue = if source.globals.is_empty() { 0 } else { 1 + initial.len() };
    if !source.exact {
        add_landing_pads(&mut source)?;
    }

    let mut length = prologue + source.code.len();
    let limit = if source.exact {
        if !length.is_multiple_of(PER_WORD) {
            return Err(end.error(AsmErrorKind::UnalignedCode { instructions: length }));
        }
        MAX_INSTRUCTIONS
    } else {
        length += PER_WORD - length % PER_WORD;
        MAX_INSTRUCTIONS - 1
    };
    if length > limit {
        return Err(end.error(AsmErrorKind::TooManyInstructions { limit }));
    }
    let code_words = length / PER_WORD;
    let layout = Layout { labels: source.labels, prologue, data: code_words + initial.len() };

    let mut bits = initialisation(source.globals.len(), &initial, code_words);
    let mut lines: Vec<u32> = bits.iter().map(|_| 0).collect();
    for draft in source.code {
        lines.push(if layout.is_landing_pad(&draft) { 0 } else { draft.at.line });
        bits.push(layout.encode(draft)?);
    }
    bits.resize(length, 0);
    lines.resize(length, 0);

    let mut bytecode: Vec<u8> = bits.iter().flat_map(|bits| bits.to_be_bytes()).collect();
    bytecode.extend(initial.iter().flat_map(|(_, value)| value.to_be_bytes()));
    for cell in source.data {
        let value = match cell {
            Cell::Value(value) => value,
            Cell::Code(label) => Word::from_u64(u64::from(layout.code_place(label)?)),
        };
        bytecode.extend(value.to_be_bytes());
    }
    let even = (bytecode.len() / 32).is_multiple_of(2);
    match metadata {
        Some(_) if !even && !source.exact => bytecode.extend([0; 32]),
        None if even && !source.exact => bytecode.extend([0; 32]),
        _ => {}
    }
    bytecode.extend(metadata.iter().flatten());
    if bytecode.len() / 32 > MAX_WORDS {
        return Err(end.error(AsmErrorKind::TooManyWords { limit: MAX_WORDS }));
    }
    Ok(Assembly { bytecode, labels: layout.code_labels(), lines })
}

/// Adds the landing pads that the source does not define.
fn add_landing_pads<'a>(source: &mut Source<'a>) -> Result<(), AsmError> {
    for (name, opcode, register) in LANDING_PADS {
        let at = source.end.implied(name);
        match source.labels.get(name) {
            Some((Place::Code(_), _)) => continue,
            Some(_) => return Err(wrong_label(at, "code")),
            None => {}
        }
        let mut named = Named::implied(opcode, &[Modifier::ToLabel]);
        named.fields.src0 = register;
        source.labels.insert(name, (Place::Code(source.code.len()), at.line));
        let own = Label { name: at, kind: LabelKind::Code };
        source.code.push(Draft { at, body: Body::Named(named), labels: [Some(own), None] });
    }
    Ok(())
}

/// The instructions that reserve and fill the words of `.data`.
fn initialisation(globals: usize, initial: &[(usize, Word)], first_cell: usize) -> Vec<u64> {
    let mut bits = Vec::new();
    if globals == 0 {
        return bits;
    }
    let mut reserve = Named::implied(Opcode::Nop, &[]);
    reserve.dst0 = DstMode::StackPush;
    reserve.fields.imm1 = globals as u16;
    bits.extend(reserve.encode());
    for (at, &(index, _)) in initial.iter().enumerate() {
        let mut fill = Named::implied(Opcode::Add, &[]);
        (fill.src0, fill.dst0) = (SrcMode::Code, DstMode::StackAbsolute);
        (fill.fields.imm0, fill.fields.imm1) = ((first_cell + at) as u16, index as u16);
        bits.extend(fill.encode());
    }
    bits
}

fn wrong_label(name: Piece<'_>, expected: &'static str) -> AsmError {
    name.error(AsmErrorKind::WrongLabel { label: name.quote(), expected })
}

impl Layout<'_> {
    /// Whether the assembler added an instruction: its label then is no part of the line.
    fn is_landing_pad(&self, draft: &Draft<'_>) -> bool {
        LANDING_PADS.iter().any(|(name, ..)| *name == draft.at.text)
    }

    fn place(&self, name: Piece<'_>) -> Result<Place, AsmError> {
        match self.labels.get(name.text) {
            Some(&(place, _)) => Ok(place),
            None => Err(name.error(AsmErrorKind::UndefinedLabel(name.quote()))),
        }
    }

    fn code_place(&self, name: Piece<'_>) -> Result<u16, AsmError> {
        match self.place(name)? {
            Place::Code(index) => offset(name, self.prologue + index, 0),
            _ => Err(wrong_label(name, "code")),
        }
    }

    fn code_labels(&self) -> BTreeMap<String, u16> {
        self.labels
            .iter()
            .filter_map(|(name, (place, _))| match place {
                Place::Code(index) => {
                    Some((name.to_string(), u16::try_from(self.prologue + index).ok()?))
                }
                Place::Data(_) | Place::Global(_) => None,
            })
            .collect()
    }

    fn encode(&self, draft: Draft<'_>) -> Result<u64, AsmError> {
        let mut named = match draft.body {
            Body::Raw(bits) => return Ok(bits),
            Body::Named(named) => named,
        };
        let [first, second] = draft.labels;
        if let Some(label) = first
            && self.resolve(label, &mut named.fields.imm0)?
        {
            if named.fields.src0 != 0 {
                return Err(label.name.unexpected("a label of a cell, to add a register to,"));
            }
            named.src0 = SrcMode::Imm;
        }
        if let Some(label) = second {
            self.resolve(label, &mut named.fields.imm1)?;
        }
        named
            .encode()
            .ok_or_else(|| draft.at.unexpected("an instruction that can have these operands"))
    }

    /// Adds the place of a label to an immediate. True if the mode becomes that of an immediate:
    /// the address of code, used as a source.
    fn resolve(&self, label: Label<'_>, immediate: &mut u16) -> Result<bool, AsmError> {
        let Label { name, kind } = label;
        let place = self.place(name)?;
        let (position, code_as_value) = match (kind, place) {
            (LabelKind::Code, Place::Code(index)) => (self.prologue + index, false),
            (LabelKind::CodeOrData, Place::Code(index)) if *immediate == 0 => {
                (self.prologue + index, true)
            }
            (LabelKind::CodeOrData, Place::Data(index)) => (self.data + index, false),
            (LabelKind::Global, Place::Global(index)) => (index, false),
            (LabelKind::Code, _) => return Err(wrong_label(name, "code")),
            (LabelKind::CodeOrData, Place::Code(_)) => {
                return Err(wrong_label(name, "a cell, the only thing to add a number to"));
            }
            (LabelKind::CodeOrData, _) => return Err(wrong_label(name, "code or .rodata")),
            (LabelKind::Global, _) => return Err(wrong_label(name, "a word of .data")),
        };
        *immediate = offset(name, position, *immediate)?;
        Ok(code_as_value)
    }
}

/// A place, counted from the start, that must fit an immediate.
fn offset(name: Piece<'_>, position: usize, immediate: u16) -> Result<u16, AsmError> {
    u16::try_from(position + usize::from(immediate))
        .map_err(|_| name.error(AsmErrorKind::NumberTooLarge { found: name.quote(), bits: 16 }))
}
