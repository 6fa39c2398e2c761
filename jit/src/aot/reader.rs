//! Numbers out of bytes that anybody may have written.

use super::error::AotErrorKind;

/// What was not read yet.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

macro_rules! numbers {
    ($($number:ident)*) => {
        $(pub(super) fn $number(&mut self) -> Result<$number, AotErrorKind> {
            self.bytes().map($number::from_le_bytes)
        })*
    };
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], AotErrorKind> {
        let short = AotErrorKind::Malformed("the table ends in the middle of a program");
        let (bytes, rest) = self.0.split_first_chunk::<N>().ok_or(short)?;
        self.0 = rest;
        Ok(*bytes)
    }

    numbers! { u16 u32 u64 }
}
