//! The compressed form of a changed value.
//!
//! A metadata byte, 8 · length + operation, and the number in that many bytes. Operations: 1 adds the number to the old value,
//! 2 subtracts it (both modulo 2²⁵⁶), 3 replaces the value with it; 0 replaces the value with 32 bytes whatever the length says.
//! The rule for writing is that of zksync-era (`storage/writes/compression.rs`), that for reading is `Compressor`'s.

use super::reader::{PubdataParseError, PubdataParseErrorKind, Reader};
use eravm_core::Word;
use eravm_core::pubdata::significant_bytes;
use eravm_core::semantics::{add, sub};

/// Bits of the metadata byte that are the operation.
const OPERATION_BITS: u32 = 3;
/// Bytes that do not get shorter: more than 30 are written as 32.
const MAX_SHORT_BYTES: u32 = 30;

/// How a value changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueChange {
    /// It is this one, written with all 32 bytes.
    Full(Word),
    /// This was added.
    Add(Word),
    /// This was subtracted.
    Subtract(Word),
    /// It is this one, written without leading zeros.
    Transform(Word),
}

impl ValueChange {
    /// The shortest form of a change; of equally short ones the first of addition, subtraction and transformation.
    pub fn between(old: &Word, new: &Word) -> Self {
        let (increase, decrease) = (sub(new, old).0, sub(old, new).0);
        let candidates = [
            (significant_bytes(&increase), Self::Add(increase)),
            (significant_bytes(&decrease), Self::Subtract(decrease)),
            (significant_bytes(new), Self::Transform(*new)),
        ];
        let short = candidates.into_iter().filter(|(bytes, _)| *bytes <= MAX_SHORT_BYTES);
        // The first of several that are equally short.
        let shortest = short.min_by_key(|(bytes, _)| *bytes);
        shortest.map_or(Self::Full(*new), |(_, change)| change)
    }

    /// The new value.
    pub fn apply(&self, old: &Word) -> Word {
        match self {
            Self::Add(number) => add(old, number).0,
            Self::Subtract(number) => sub(old, number).0,
            Self::Full(new) | Self::Transform(new) => *new,
        }
    }

    /// Reads a change.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, PubdataParseError> {
        let at = reader.position();
        let [metadata] = reader.array("the metadata of a value")?;
        let length = usize::from(metadata >> OPERATION_BITS);
        let what = "a compressed value";
        let number = |reader: &mut Reader<'_>| reader.number(length, what);
        match metadata & ((1 << OPERATION_BITS) - 1) {
            0 => Ok(Self::Full(Word::from_be_bytes(&reader.array(what)?))),
            1 => number(reader).map(Self::Add),
            2 => number(reader).map(Self::Subtract),
            3 => number(reader).map(Self::Transform),
            operation => Err(PubdataParseErrorKind::UnknownOperation(operation).at(at)),
        }
    }
}

/// Writes the shortest form of a change.
pub(super) fn append_change(old: &Word, new: &Word, bytes: &mut Vec<u8>) {
    let (operation, number) = match ValueChange::between(old, new) {
        ValueChange::Full(new) => {
            bytes.push(0);
            return bytes.extend(new.to_be_bytes());
        }
        ValueChange::Add(number) => (1, number),
        ValueChange::Subtract(number) => (2, number),
        ValueChange::Transform(number) => (3, number),
    };
    let number = number.to_be_bytes();
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let (_, digits) = number.split_at(zeros);
    // At most 30 bytes, so that the length fits its five bits.
    let length = digits.len().min(31) as u8;
    bytes.push(length << OPERATION_BITS | operation);
    bytes.extend(digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(old: Word, new: Word) -> Vec<u8> {
        let mut bytes = Vec::new();
        append_change(&old, &new, &mut bytes);
        assert_eq!(bytes.len(), eravm_core::pubdata::compressed_bytes(&old, &new) as usize);
        let mut reader = Reader::new(&bytes);
        let change = ValueChange::read(&mut reader).expect("it was just written");
        assert_eq!((change.apply(&old), reader.left()), (new, 0));
        bytes
    }

    #[test]
    fn the_shortest_form_is_taken_and_the_first_of_equals() {
        let number = Word::from_u64;
        assert_eq!(encoded(number(255_438_218), number(255_438_638)), [0x11, 1, 164]);
        assert_eq!(encoded(number(580_481_589), number(229_496_100)), [0x22, 20, 235, 157, 17]);
        assert_eq!(encoded(number(580_481_589), number(1337)), [0x13, 5, 57]);
        assert_eq!(encoded(number(580_481_589), Word::ZERO), [3]);
        assert_eq!(encoded(Word::MAX, Word::ONE), [9, 2]);
        assert_eq!(encoded(Word::ZERO, Word::MAX), [10, 1]);
        assert_eq!(encoded(number(5), number(5)), [1]);
        // As long as sum, difference and value: the sum.
        assert_eq!(encoded(Word::ZERO, number(7)), [9, 7]);
        // A difference and a value of the same length: the difference.
        assert_eq!(encoded(number(9), number(7)), [0x0a, 2]);
    }

    #[test]
    fn lengths_of_31_bytes_are_not_used() {
        let of_bytes = |bytes: u32| Word([0, 0, 0, 1 << (8 * (bytes - 25))]);
        let far = Word([0, 0, 0, 1 << 63]);
        assert_eq!(encoded(far, of_bytes(30)).len(), 31);
        let full = encoded(far, of_bytes(31));
        assert_eq!((full.len(), full.first()), (33, Some(&0)));
    }

    #[test]
    fn readers_take_what_writers_do_not_write() {
        let read = |bytes: &[u8]| ValueChange::read(&mut Reader::new(bytes));
        assert_eq!(read(&[0x19, 0, 0, 5]), Ok(ValueChange::Add(Word::from_u64(5))));
        let long = [&[31 << 3 | 3], &[1; 31][..]].concat();
        assert!(matches!(read(&long), Ok(ValueChange::Transform(_))));
        let full = [&[0xf8], &[1; 32][..]].concat();
        assert!(matches!(read(&full), Ok(ValueChange::Full(_))));
        for operation in 4..8 {
            let error = PubdataParseErrorKind::UnknownOperation(operation).at(0);
            assert_eq!(read(&[operation]), Err(error));
        }
        assert!(read(&[0x11, 1]).is_err() && read(&[]).is_err() && read(&[0; 32]).is_err());
    }
}
