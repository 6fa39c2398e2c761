//! Reading pubdata byte by byte, with places for errors.

use super::bytecode::InvalidBytecode;
use super::l1_log::LogDecodeError;
use core::fmt;
use eravm_core::Word;

/// Why bytes are not pubdata.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PubdataParseError {
    /// Which byte it is about, from 0.
    pub at: usize,
    /// What is wrong there.
    pub kind: PubdataParseErrorKind,
}

/// What is wrong with pubdata.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PubdataParseErrorKind {
    /// It ends too early.
    CutOff {
        /// Within what.
        what: &'static str,
        /// Bytes that this needs.
        needed: usize,
        /// Bytes that are left.
        left: usize,
    },
    /// A log cannot be one.
    Log(LogDecodeError),
    /// Published code is not code.
    Bytecode(InvalidBytecode),
    /// The state diffs are compressed in a way that is not known; its number.
    UnknownVersion(u8),
    /// Enumeration indices have more than 8 bytes; how many.
    IndexSize(u8),
    /// The state diffs have another length than their header says.
    StateDiffsLength {
        /// What it says.
        stated: usize,
        /// What they have.
        actual: usize,
    },
    /// A value is compressed in a way that is not known; the operation.
    UnknownOperation(u8),
    /// A repeated write has the enumeration index 0, which stands for slots without one.
    ZeroIndex,
    /// There is more behind the state diffs; how many bytes.
    Trailing(usize),
}

impl PubdataParseErrorKind {
    pub(super) const fn at(self, at: usize) -> PubdataParseError {
        PubdataParseError { at, kind: self }
    }
}

impl fmt::Display for PubdataParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not pubdata: at byte {} ", self.at)?;
        match &self.kind {
            PubdataParseErrorKind::CutOff { what, needed, left } => {
                write!(f, "it ends within {what}, which needs {needed} bytes where {left} are left")
            }
            PubdataParseErrorKind::Log(error) => fmt::Display::fmt(error, f),
            PubdataParseErrorKind::Bytecode(error) => fmt::Display::fmt(error, f),
            PubdataParseErrorKind::UnknownVersion(version) => {
                write!(f, "state diffs have the unknown version {version}")
            }
            PubdataParseErrorKind::IndexSize(size) => {
                write!(f, "enumeration indices have {size} bytes, more than 8")
            }
            PubdataParseErrorKind::StateDiffsLength { stated, actual } => {
                write!(f, "state diffs of {stated} bytes are announced that have {actual}")
            }
            PubdataParseErrorKind::UnknownOperation(operation) => {
                write!(f, "a value is compressed with the unknown operation {operation}")
            }
            PubdataParseErrorKind::ZeroIndex => f.write_str("a repeated write has the index 0"),
            PubdataParseErrorKind::Trailing(bytes) => {
                write!(f, "{bytes} bytes follow that belong to nothing")
            }
        }
    }
}

impl core::error::Error for PubdataParseError {}

/// The rest of the bytes.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }

    /// Index of the next byte.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    pub(super) const fn left(&self) -> usize {
        self.rest.len()
    }

    /// The next bytes, which are `what`.
    pub(super) fn bytes(
        &mut self,
        count: usize,
        what: &'static str,
    ) -> Result<&'a [u8], PubdataParseError> {
        let Some((bytes, rest)) = self.rest.split_at_checked(count) else {
            let (needed, left) = (count, self.left());
            return Err(PubdataParseErrorKind::CutOff { what, needed, left }.at(self.at));
        };
        self.rest = rest;
        self.at += count;
        Ok(bytes)
    }

    /// The next bytes, which are `what`.
    pub(super) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], PubdataParseError> {
        let bytes = self.bytes(N, what)?;
        let cut_off = PubdataParseErrorKind::CutOff { what, needed: N, left: bytes.len() };
        bytes.try_into().map_err(|_| cut_off.at(self.at))
    }

    /// A big-endian number of at most 32 bytes.
    pub(super) fn number(
        &mut self,
        count: usize,
        what: &'static str,
    ) -> Result<Word, PubdataParseError> {
        let bytes = self.bytes(count, what)?;
        let mut padded = [0; 32];
        // From the end, where the ones are.
        padded.iter_mut().rev().zip(bytes.iter().rev()).for_each(|(place, byte)| *place = *byte);
        Ok(Word::from_be_bytes(&padded))
    }

    /// A length or count of 4 bytes.
    pub(super) fn length(&mut self, what: &'static str) -> Result<usize, PubdataParseError> {
        // A number that does not fit is more than there can be.
        Ok(usize::try_from(u32::from_be_bytes(self.array(what)?)).unwrap_or(usize::MAX))
    }
}
