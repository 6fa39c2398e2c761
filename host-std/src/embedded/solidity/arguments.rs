//! Arguments of functions, as strictly as compiled Solidity takes them: what does not decode is reverted without data.

use super::{Selector, Tail};
use crate::abi;
use crate::embedded::failure::Failure;
use eravm_core::{Address, Word};

/// The selector of calldata and what is behind it.
pub(crate) fn split_selector(calldata: &[u8]) -> Option<(Selector, &[u8])> {
    let (selector, arguments) = calldata.split_first_chunk::<4>()?;
    Some((Selector(*selector), arguments))
}

/// Arguments of a function: a word for each, which for dynamic ones is an offset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arguments<'a> {
    data: &'a [u8],
}

impl<'a> Arguments<'a> {
    /// The arguments in what is behind a selector. There may be more bytes than they take.
    pub(crate) fn new(data: &'a [u8], count: usize) -> Result<Self, Failure> {
        if data.len() < count * 32 { Err(Failure::EMPTY) } else { Ok(Self { data }) }
    }

    /// An argument of any 256 bits.
    pub(crate) fn word(&self, index: usize) -> Result<Word, Failure> {
        let word = self.data.get(index * 32..).and_then(|data| data.first_chunk());
        word.map(Word::from_be_bytes).ok_or(Failure::EMPTY)
    }

    /// An address.
    pub(crate) fn address(&self, index: usize) -> Result<Address, Failure> {
        let word = self.uint(index, 160)?;
        Ok(word.to_address())
    }

    /// An unsigned number of some bits.
    pub(crate) fn uint(&self, index: usize, bits: u32) -> Result<Word, Failure> {
        let word = self.word(index)?;
        if bit_length(&word) <= bits { Ok(word) } else { Err(Failure::EMPTY) }
    }

    /// A truth value.
    pub(crate) fn boolean(&self, index: usize) -> Result<bool, Failure> {
        Ok(self.uint(index, 1)? == Word::ONE)
    }

    /// A byte string.
    pub(crate) fn bytes(&self, index: usize) -> Result<&'a [u8], Failure> {
        abi::bytes(self.data, index * 32).ok_or(Failure::EMPTY)
    }

    /// A byte string, and where it is in the calldata.
    pub(crate) fn tail(&self, index: usize) -> Result<Tail<'a>, Failure> {
        let bytes = self.bytes(index)?;
        let offset = abi::number(self.data, index * 32).ok_or(Failure::EMPTY)?;
        // Behind the selector, and the length.
        Ok(Tail { start: 4 + offset + 32, bytes })
    }

    /// An array of words.
    pub(crate) fn words(&self, index: usize) -> Result<Vec<Word>, Failure> {
        let array = abi::number(self.data, index * 32).and_then(|at| self.data.get(at..));
        let array = array.ok_or(Failure::EMPTY)?;
        let length = abi::number(array, 0).ok_or(Failure::EMPTY)?;
        let bytes = length.checked_mul(32).and_then(|bytes| array.get(32..)?.get(..bytes));
        let (words, _) = bytes.ok_or(Failure::EMPTY)?.as_chunks();
        Ok(words.iter().map(Word::from_be_bytes).collect())
    }
}

/// Bits that a number needs.
fn bit_length(word: &Word) -> u32 {
    let highest = word.0.iter().enumerate().rev().find(|(_, limb)| **limb != 0);
    highest.map_or(0, |(index, limb)| index as u32 * 64 + 64 - limb.leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_refused_if_they_are_too_short_or_too_wide() {
        let mut data = [0; 64];
        data[11] = 1;
        data[63] = 2;
        assert_eq!(Arguments::new(&data, 3).unwrap_err(), Failure::EMPTY);
        let arguments = Arguments::new(&data, 2).unwrap();
        assert_eq!(arguments.address(0), Err(Failure::EMPTY));
        assert_eq!(arguments.uint(0, 161).map(|word| word.to_address()), Ok(Address::zero()));
        assert_eq!(arguments.uint(1, 2), Ok(Word::from_u64(2)));
        assert_eq!(arguments.uint(1, 1), Err(Failure::EMPTY));
        assert_eq!(arguments.boolean(1), Err(Failure::EMPTY));
        assert_eq!(arguments.word(2), Err(Failure::EMPTY));
    }
}
