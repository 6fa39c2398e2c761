//! What can be wrong with a source text.

use alloc::string::String;
use core::fmt;

/// A mistake in a source text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AsmError {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong there.
    pub kind: AsmErrorKind,
}

/// Kinds of [`AsmError`]. Quotations of the source are cut after 40 characters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AsmErrorKind {
    /// Something else was expected here.
    Unexpected {
        /// The text.
        found: String,
        /// What could stand here.
        expected: &'static str,
    },
    /// No instruction has this name.
    UnknownInstruction(String),
    /// The instruction exists, but not with this suffix.
    UnknownModifier {
        /// The suffix.
        modifier: String,
        /// The instruction.
        instruction: &'static str,
    },
    /// A suffix, or two that exclude each other, given twice.
    RepeatedModifier(String),
    /// Too many or too few operands.
    OperandCount {
        /// How many there are.
        found: usize,
        /// How many there may be.
        expected: &'static str,
    },
    /// A number that does not fit its place.
    NumberTooLarge {
        /// The text.
        found: String,
        /// Bits that there are for it.
        bits: u32,
    },
    /// A label that is defined nowhere.
    UndefinedLabel(String),
    /// A label of another kind than is needed.
    WrongLabel {
        /// The label.
        label: String,
        /// What it should mark.
        expected: &'static str,
    },
    /// A label that is already defined.
    DuplicateLabel {
        /// The label.
        label: String,
        /// Line of the first definition.
        first_line: u32,
    },
    /// Code or data above the first section.
    OutsideSection,
    /// Code in a section without any label, or data above the first label of its section.
    Unlabelled,
    /// More instructions than can be addressed.
    TooManyInstructions {
        /// The limit.
        limit: usize,
    },
    /// More words than can be addressed.
    TooManyWords {
        /// The limit.
        limit: usize,
    },
    /// A number of instructions that fills no whole number of words, under `layout.exact`.
    UnalignedCode {
        /// How many there are.
        instructions: usize,
    },
}

impl fmt::Display for AsmErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexpected { found, expected } if found.is_empty() => {
                write!(f, "nothing where {expected} is expected")
            }
            Self::Unexpected { found, expected } => {
                write!(f, "`{found}` where {expected} is expected")
            }
            Self::UnknownInstruction(name) => write!(f, "there is no instruction `{name}`"),
            Self::UnknownModifier { modifier, instruction } => {
                write!(f, "`{instruction}` has no modifier `{modifier}`")
            }
            Self::RepeatedModifier(name) => {
                write!(f, "`{name}` repeats or contradicts an earlier modifier")
            }
            Self::OperandCount { found, expected } => {
                write!(f, "{found} operands where {expected} expected")
            }
            Self::NumberTooLarge { found, bits } => {
                write!(f, "`{found}` does not fit {bits} bits")
            }
            Self::UndefinedLabel(label) => write!(f, "label `{label}` is not defined"),
            Self::WrongLabel { label, expected } => {
                write!(f, "label `{label}` does not mark {expected}, which is expected here")
            }
            Self::DuplicateLabel { label, first_line } => {
                write!(f, "label `{label}` is already defined on line {first_line}")
            }
            Self::OutsideSection => {
                f.write_str("nothing may precede the first `.text`, `.rodata` or `.data`")
            }
            Self::Unlabelled => f.write_str("a label is expected above this, in the same section"),
            Self::TooManyInstructions { limit } => {
                write!(f, "more than {limit} instructions")
            }
            Self::TooManyWords { limit } => write!(f, "more than {limit} words"),
            Self::UnalignedCode { instructions } => {
                write!(f, "{instructions} instructions do not fill whole words of four")
            }
        }
    }
}

impl fmt::Display for AsmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.kind)
    }
}

impl core::error::Error for AsmError {}
