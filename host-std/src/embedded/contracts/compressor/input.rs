//! Byte strings that the contract also reads behind their end, without looking where that is.

use crate::embedded::failure::Failure;
use crate::embedded::solidity::Tail;

/// A byte string, and what is behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a> {
    /// From its beginning to the end of the calldata.
    all: &'a [u8],
    length: usize,
}

impl<'a> Input<'a> {
    /// Nothing is behind it.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { all: bytes, length: bytes.len() }
    }

    /// An argument.
    pub(super) fn of_argument(calldata: &'a [u8], argument: &Tail<'a>) -> Self {
        let all = calldata.get(argument.start..).unwrap_or(argument.bytes);
        Self { all, length: argument.bytes.len() }
    }

    pub(super) const fn len(&self) -> usize {
        self.length
    }

    /// Its own bytes.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.all.get(..self.length).unwrap_or(self.all)
    }

    /// The part from a place on.
    pub(super) fn from(&self, at: usize) -> Result<Self, Failure> {
        let length = self.length.checked_sub(at).ok_or(Failure::EMPTY)?;
        Ok(Self { all: self.all.get(at..).unwrap_or_default(), length })
    }

    /// The part with a length that begins at a place.
    pub(super) fn part(&self, at: usize, length: usize) -> Result<Self, Failure> {
        let part = self.from(at)?;
        if length <= part.length { Ok(Self { length, ..part }) } else { Err(Failure::EMPTY) }
    }

    /// Bytes at a place, wherever it is. Behind the calldata are zeros.
    pub(super) fn array<const LENGTH: usize>(&self, at: usize) -> [u8; LENGTH] {
        let mut array = [0; LENGTH];
        let bytes = self.all.get(at..).unwrap_or_default();
        array.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
        array
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_may_be_behind_the_end_but_parts_may_not() {
        let tail = Tail { start: 1, bytes: &[1, 2] };
        let input = Input::of_argument(&[0, 1, 2, 3], &tail);
        assert_eq!((input.bytes(), input.array(1)), (&[1, 2][..], [2, 3, 0]));
        assert_eq!(input.array(usize::MAX), [0; 2]);
        assert_eq!(input.part(1, 1).map(|part| part.array(0)), Ok([2, 3]));
        assert_eq!(input.part(1, 2).unwrap_err(), Failure::EMPTY);
        assert_eq!(input.part(3, 0).unwrap_err(), Failure::EMPTY);
        assert_eq!(input.part(2, 0).map(|part| part.len()), Ok(0));
    }
}
