//! Sections, labels and directives of a source text.

use super::error::{AsmError, AsmErrorKind};
use super::instruction::{self, Draft};
use super::number;
use super::operand::label_name;
use super::piece::Piece;
use crate::Word;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// Words that a code page may have: its length is encoded in 16 bits.
pub(super) const MAX_WORDS: usize = u16::MAX as usize;
/// Instructions that 16 bits can address.
pub(super) const MAX_INSTRUCTIONS: usize = 1 << 16;

/// Directives for other tools, without effect here, each with anything behind a further dot.
const IGNORED: &[&str] = &[
    "file",
    "globl",
    "global",
    "p2align",
    "align",
    "balign",
    "size",
    "type",
    "ident",
    "note",
    "addrsig",
    "addrsig_sym",
    "weak",
    "hidden",
    "local",
    "loc",
];

/// No label begins so: sections do, by the peer's reading, and the initial values of `.data`.
const RESERVED: &[&str] = &[".text", ".rodata", ".data", "_INTERNAL_INIT_"];

/// What a label marks, as an index into the list of that kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Code(usize),
    Data(usize),
    Global(usize),
}

/// A word of `.rodata`.
#[derive(Debug)]
pub(super) enum Cell<'a> {
    Value(Word),
    Code(Piece<'a>),
}

/// A source text, taken apart.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub code: Vec<Draft<'a>>,
    pub data: Vec<Cell<'a>>,
    pub globals: Vec<Word>,
    /// Labels with the line of their definition.
    pub labels: BTreeMap<&'a str, (Place, u32)>,
    /// Whether nothing may be added to the code.
    pub exact: bool,
    /// The last line, for errors about the whole.
    pub end: Piece<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Text,
    Rodata,
    Data,
}

/// A section being read.
struct Open<'a> {
    section: Section,
    labelled: bool,
    first_unlabelled: Option<Piece<'a>>,
}

/// Takes a source text apart.
pub(super) fn parse(text: &str) -> Result<Source<'_>, AsmError> {
    let breaks = ['\r', '\n'];
    let body = text.trim_start_matches(breaks);
    let skipped = text[..text.len() - body.len()].matches('\n').count();
    let mut source = Source {
        code: Vec::new(),
        data: Vec::new(),
        globals: Vec::new(),
        labels: BTreeMap::new(),
        exact: false,
        end: Piece::line("", 1),
    };
    let mut open = None;
    for (index, line) in body.trim_end_matches(breaks).lines().enumerate() {
        let number = u32::try_from(index + skipped + 1).unwrap_or(u32::MAX);
        let whole = Piece::line(line, number);
        source.end = whole;
        let content = whole.split_once(';').map_or(whole, |(content, _comment)| content).trim();
        if !content.text.is_empty() {
            source.line(content, &mut open)?;
        }
    }
    close(&open)?;
    Ok(source)
}

/// A section of code that has instructions must have a label.
fn close(open: &Option<Open<'_>>) -> Result<(), AsmError> {
    match open {
        Some(Open { labelled: false, first_unlabelled: Some(first), .. }) => {
            Err(first.error(AsmErrorKind::Unlabelled))
        }
        _ => Ok(()),
    }
}

/// The section that a directive opens.
fn section_of(directive: &str) -> Option<Section> {
    let name = directive.split('.').nth(1)?;
    match name {
        "text" => Some(Section::Text),
        "rodata" => Some(Section::Rodata),
        "data" => Some(Section::Data),
        _ => None,
    }
}

impl<'a> Source<'a> {
    fn line(&mut self, line: Piece<'a>, open: &mut Option<Open<'a>>) -> Result<(), AsmError> {
        if let Some((name, rest)) = line.split_once(':') {
            if !rest.trim().text.is_empty() {
                return Err(rest.trim().unexpected("the end of the line"));
            }
            let Some(open) = open else { return Err(line.error(AsmErrorKind::OutsideSection)) };
            open.labelled = true;
            return self.label(label_name(name)?, open.section);
        }
        let (word, rest) = line.split_word();
        if word.text.starts_with('.') {
            return self.directive(word, rest, open);
        }
        let Some(open) = open else { return Err(line.error(AsmErrorKind::OutsideSection)) };
        if open.section != Section::Text {
            return Err(line.unexpected("a label, .cell or .zero"));
        }
        if word.text == "layout.exact" && rest.text.is_empty() {
            self.exact = true;
            return Ok(());
        }
        if !open.labelled {
            open.first_unlabelled.get_or_insert(line);
        }
        if self.code.len() >= MAX_INSTRUCTIONS {
            return Err(line.error(AsmErrorKind::TooManyInstructions { limit: MAX_INSTRUCTIONS }));
        }
        self.code.push(instruction::parse(word, rest)?);
        Ok(())
    }

    fn label(&mut self, name: Piece<'a>, section: Section) -> Result<(), AsmError> {
        if RESERVED.iter().any(|prefix| name.text.starts_with(prefix)) {
            return Err(name.unexpected("a name that is not reserved"));
        }
        let place = match section {
            Section::Text => Place::Code(self.code.len()),
            Section::Rodata => Place::Data(self.data.len()),
            Section::Data => Place::Global(self.globals.len()),
        };
        if let Some(&(_, first_line)) = self.labels.get(name.text) {
            let label = name.quote();
            return Err(name.error(AsmErrorKind::DuplicateLabel { label, first_line }));
        }
        self.labels.insert(name.text, (place, name.line));
        Ok(())
    }

    fn directive(
        &mut self,
        word: Piece<'a>,
        rest: Piece<'a>,
        open: &mut Option<Open<'a>>,
    ) -> Result<(), AsmError> {
        if let Some(section) = section_of(word.text) {
            if !rest.text.is_empty() {
                return Err(rest.unexpected("the end of the line"));
            }
            close(open)?;
            *open = Some(Open { section, labelled: false, first_unlabelled: None });
            return Ok(());
        }
        if word.text == ".cell" || word.text == ".zero" {
            return self.cells(word, rest, open);
        }
        let name = word.text.split('.').nth(1).unwrap_or_default();
        // Other sections than these three are for other tools, but only notes are known to be harmless.
        let note = name == "section" && rest.text.trim_start_matches('"').starts_with(".note");
        if note || IGNORED.contains(&name) {
            return Ok(());
        }
        Err(word.unexpected("a section, a label, .cell or .zero"))
    }

    fn cells(
        &mut self,
        word: Piece<'a>,
        rest: Piece<'a>,
        open: &Option<Open<'a>>,
    ) -> Result<(), AsmError> {
        let Some(open) = open else { return Err(word.error(AsmErrorKind::OutsideSection)) };
        if open.section == Section::Text {
            return Err(word.unexpected("an instruction (cells belong into .rodata or .data)"));
        }
        if !open.labelled {
            return Err(word.error(AsmErrorKind::Unlabelled));
        }
        if let Some(name) = rest.after("@").filter(|_| word.text == ".cell") {
            if open.section == Section::Data {
                return Err(rest.unexpected("a number, because .data cannot hold addresses,"));
            }
            self.data.push(Cell::Code(label_name(name)?));
        } else if word.text == ".cell" {
            self.words(number::word(rest)?, 1, open.section, word)?;
        } else {
            let bytes = number::unsigned(rest, 64)?;
            if bytes % 32 != 0 {
                return Err(rest.unexpected("a multiple of 32"));
            }
            let count = usize::try_from(bytes / 32).unwrap_or(usize::MAX);
            self.words(Word::ZERO, count, open.section, word)?;
        }
        Ok(())
    }

    fn words(
        &mut self,
        value: Word,
        count: usize,
        section: Section,
        at: Piece<'a>,
    ) -> Result<(), AsmError> {
        let length = if section == Section::Data { self.globals.len() } else { self.data.len() };
        if length.saturating_add(count) > MAX_WORDS {
            return Err(at.error(AsmErrorKind::TooManyWords { limit: MAX_WORDS }));
        }
        for _ in 0..count {
            match section {
                Section::Data => self.globals.push(value),
                Section::Text | Section::Rodata => self.data.push(Cell::Value(value)),
            }
        }
        Ok(())
    }
}
