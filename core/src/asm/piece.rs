//! Parts of a source line that know where they are.

use super::error::{AsmError, AsmErrorKind};
use alloc::string::String;

/// A part of a source line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    /// The part.
    pub text: &'a str,
    /// The line in full.
    whole: &'a str,
    /// Byte offset of the part in the line.
    start: usize,
    /// Line number, from 1.
    pub line: u32,
}

/// White space inside a line. The peer takes other white space for part of a name.
const BLANKS: [char; 2] = [' ', '\t'];

impl<'a> Piece<'a> {
    /// A whole line.
    pub(super) fn line(whole: &'a str, line: u32) -> Self {
        Self { text: whole, whole, start: 0, line }
    }

    /// Text that the source does not contain, for errors placed where `self` is.
    pub(super) fn implied(self, text: &'a str) -> Self {
        Self { text, ..self }
    }

    fn part(self, from: usize, text: &'a str) -> Self {
        Self { text, start: self.start + from, ..self }
    }

    /// Without blanks at both ends.
    pub(super) fn trim(self) -> Self {
        let text = self.text.trim_start_matches(BLANKS);
        self.part(self.text.len() - text.len(), text.trim_end_matches(BLANKS))
    }

    /// What follows a prefix.
    pub(super) fn after(self, prefix: &str) -> Option<Self> {
        self.text.strip_prefix(prefix).map(|rest| self.part(prefix.len(), rest))
    }

    /// What precedes a suffix.
    pub(super) fn before(self, suffix: &str) -> Option<Self> {
        self.text.strip_suffix(suffix).map(|text| Self { text, ..self })
    }

    /// The parts around the first occurrence of a character.
    pub(super) fn split_once(self, at: char) -> Option<(Self, Self)> {
        let (left, right) = self.text.split_once(at)?;
        Some((Self { text: left, ..self }, self.part(left.len() + at.len_utf8(), right)))
    }

    /// The first word, and the rest without blanks around it.
    pub(super) fn split_word(self) -> (Self, Self) {
        let end = self.text.find(BLANKS).unwrap_or(self.text.len());
        let (word, rest) = self.text.split_at(end);
        (Self { text: word, ..self }, self.part(end, rest).trim())
    }

    /// The parts between occurrences of a character, without blanks around them.
    pub(super) fn split(self, at: char) -> impl Iterator<Item = Self> {
        let mut from = 0;
        self.text.split(at).map(move |text| {
            let part = self.part(from, text);
            from += text.len() + at.len_utf8();
            part.trim()
        })
    }

    /// The text for an error message.
    pub(super) fn quote(self) -> String {
        self.text.chars().take(40).collect()
    }

    /// An error at this place.
    pub(super) fn error(self, kind: AsmErrorKind) -> AsmError {
        let before = self.whole.get(..self.start).unwrap_or(self.whole);
        let column = u32::try_from(before.chars().count()).unwrap_or(u32::MAX).saturating_add(1);
        AsmError { line: self.line, column, kind }
    }

    /// Something else was expected than this.
    pub(super) fn unexpected(self, expected: &'static str) -> AsmError {
        self.error(AsmErrorKind::Unexpected { found: self.quote(), expected })
    }
}
