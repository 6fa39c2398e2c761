//! Structs in calldata. Solidity checks their length when it decodes arguments, and each dynamic field only where it is used.

use crate::abi;
use crate::embedded::failure::Failure;
use eravm_core::{Address, Word};
use primitive_types::U256;

/// A struct in calldata.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Structure<'a> {
    /// All of the calldata: its fields may be anywhere in it.
    calldata: &'a [u8],
    /// Where it begins.
    base: usize,
}

/// A dynamic field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Tail<'a> {
    /// Where its bytes begin in the calldata.
    pub(crate) start: usize,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Structure<'a> {
    /// The struct with so many words, without its dynamic fields, that is the last argument of a function.
    pub(crate) fn argument(
        calldata: &'a [u8],
        index: usize,
        words: usize,
    ) -> Result<Self, Failure> {
        let arguments = calldata.get(4..).ok_or(Failure::EMPTY)?;
        let offset = abi::number(arguments, index * 32).ok_or(Failure::EMPTY)?;
        let base = offset.checked_add(4).ok_or(Failure::EMPTY)?;
        match calldata.get(base..) {
            Some(structure) if structure.len() >= words * 32 => Ok(Self { calldata, base }),
            _ => Err(Failure::EMPTY),
        }
    }

    /// The array of dynamic structs that is an argument: what its offsets are relative to, and how many it has.
    pub(crate) fn argument_array(
        calldata: &'a [u8],
        index: usize,
    ) -> Result<(Self, usize), Failure> {
        Self::argument_array_of(calldata, index, 1)
    }

    /// The array of items of so many words that is an argument: the words of all, and how many items there are.
    pub(crate) fn argument_array_of(
        calldata: &'a [u8],
        index: usize,
        words: usize,
    ) -> Result<(Self, usize), Failure> {
        let array = Self::argument(calldata, index, 1)?;
        let count = array.word(0).to_u64().and_then(|count| usize::try_from(count).ok());
        let base = array.base + 32;
        let heads = count.and_then(|count| count.checked_mul(words * 32));
        match (count, heads.and_then(|heads| calldata.get(base..)?.get(..heads))) {
            (Some(count), Some(_)) => Ok((Self { calldata, base }, count)),
            _ => Err(Failure::EMPTY),
        }
    }

    /// The dynamic struct with so many words whose offset is in a word.
    pub(crate) fn inner(&self, index: usize, words: usize) -> Result<Self, Failure> {
        let base = self.place(&self.word(index), words * 32)?;
        Ok(Self { calldata: self.calldata, base })
    }

    /// An address, which is checked where it is used.
    pub(crate) fn address(&self, index: usize) -> Result<Address, Failure> {
        let word = self.word(index);
        let address = word.to_address();
        if Word::from_address(&address) == word { Ok(address) } else { Err(Failure::EMPTY) }
    }

    /// A truth value, which is checked where it is used.
    pub(crate) fn boolean(&self, index: usize) -> Result<bool, Failure> {
        match self.word(index) {
            Word::ZERO => Ok(false),
            Word::ONE => Ok(true),
            _ => Err(Failure::EMPTY),
        }
    }

    /// A word of it.
    pub(crate) fn word(&self, index: usize) -> Word {
        let word = self.calldata.get(self.base + index * 32..).and_then(<[u8]>::first_chunk);
        // SPEC: calldata goes on with zeros.
        word.map_or(Word::ZERO, Word::from_be_bytes)
    }

    /// A byte string.
    pub(crate) fn bytes(&self, index: usize) -> Result<Tail<'a>, Failure> {
        self.tail(index, 1)
    }

    /// An array of words, as its bytes.
    pub(crate) fn words(&self, index: usize) -> Result<Tail<'a>, Failure> {
        self.tail(index, 32)
    }

    /// The dynamic field whose offset is in a word, with items of so many bytes.
    fn tail(&self, index: usize, item: usize) -> Result<Tail<'a>, Failure> {
        let at = self.place(&self.word(index), 32)?;
        let field = self.calldata.get(at..).ok_or(Failure::EMPTY)?;
        let items = abi::number(field, 0).ok_or(Failure::EMPTY)?;
        let length = items.checked_mul(item).ok_or(Failure::EMPTY)?;
        let bytes = field.get(32..).and_then(|rest| rest.get(..length));
        Ok(Tail { start: at + 32, bytes: bytes.ok_or(Failure::EMPTY)? })
    }

    /// Where an offset leads to. At least so many bytes must be there.
    ///
    /// SPEC: offsets have a sign. Those that lead before the struct are as good as others; before the calldata there is an address
    /// that no pointer can have.
    fn place(&self, offset: &Word, least: usize) -> Result<usize, Failure> {
        let is_negative = offset.0[3] >> 63 == 1;
        if is_negative {
            let back = Word::from(U256::zero().overflowing_sub(U256::from(*offset)).0);
            let back = back.to_u64().and_then(|back| usize::try_from(back).ok());
            return back.and_then(|back| self.base.checked_sub(back)).ok_or(Failure::Panic);
        }
        let offset = offset.to_u64().and_then(|offset| usize::try_from(offset).ok());
        let place = offset.and_then(|offset| self.base.checked_add(offset));
        let most = self.calldata.len().checked_sub(least);
        place.filter(|place| Some(*place) <= most).ok_or(Failure::EMPTY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calldata with a selector, the offset of the struct, a struct of two words and something behind it.
    fn calldata(words: &[Word]) -> Vec<u8> {
        let words = words.iter().flat_map(Word::to_be_bytes);
        [1, 2, 3, 4].into_iter().chain(words).collect()
    }

    fn number(number: u64) -> Word {
        Word::from_u64(number)
    }

    #[test]
    fn a_struct_that_does_not_fit_is_refused() {
        let data = calldata(&[number(32), number(5), number(6)]);
        let structure = Structure::argument(&data, 0, 2).unwrap();
        assert_eq!((structure.word(0), structure.word(1)), (number(5), number(6)));
        assert_eq!(structure.word(2), Word::ZERO);
        assert_eq!(Structure::argument(&data, 0, 3).unwrap_err(), Failure::EMPTY);
        let data = calldata(&[number(33), number(5), number(6)]);
        assert_eq!(Structure::argument(&data, 0, 2).unwrap_err(), Failure::EMPTY);
        let data = calldata(&[Word::MAX, number(5), number(6)]);
        assert_eq!(Structure::argument(&data, 0, 2).unwrap_err(), Failure::EMPTY);
    }

    #[test]
    fn fields_are_checked_where_they_are_used() {
        let minus = |number: u64| Word::from(U256::zero().overflowing_sub(number.into()).0);
        let field = |offset: Word, length: u64, item| {
            let data = calldata(&[number(32), offset, number(7), number(length), number(9)]);
            let structure = Structure::argument(&data, 0, 2).unwrap();
            structure.tail(0, item).map(|tail| (tail.start, tail.bytes.to_vec()))
        };
        let nine = number(9).to_be_bytes().to_vec();
        assert_eq!(field(number(64), 32, 1), Ok((132, nine.clone())));
        assert_eq!(field(number(64), 1, 32), Ok((132, nine)));
        assert_eq!(field(number(64), 33, 1), Err(Failure::EMPTY));
        assert_eq!(field(number(64), 2, 32), Err(Failure::EMPTY));
        assert_eq!(field(number(64), u64::MAX, 32), Err(Failure::EMPTY));
        assert_eq!(field(number(97), 0, 1), Err(Failure::EMPTY));
        assert_eq!(field(Word::from_u128(1 << 64), 0, 1), Err(Failure::EMPTY));
        // The offset of the struct as a length.
        let [first, ..] = minus(32).to_be_bytes();
        assert_eq!(field(minus(32), 0, 1), Ok((36, minus(32).to_be_bytes().to_vec())));
        assert_eq!(first, 0xff);
        assert_eq!(field(minus(37), 0, 1), Err(Failure::Panic));
    }
}
