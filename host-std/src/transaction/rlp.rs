//! RLP, item by item: lists whose items have names.

use super::error::{DecodeError, Field, RlpError};
use alloy_rlp::{Encodable, Error, Header};
use eravm_core::{Address, Word};

/// The items of a list that are not read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Items<'a> {
    /// The list.
    field: Field,
    rest: &'a [u8],
    /// How many items there must be; `None` if their number is open.
    expected: Option<usize>,
    read: usize,
}

impl<'a> Items<'a> {
    /// The list that is all of `bytes`, with a certain number of items.
    pub(super) fn all_of(mut bytes: &'a [u8], expected: usize) -> Result<Self, DecodeError> {
        let field = Field::Transaction;
        let rest = payload(&mut bytes, field, true)?;
        if !bytes.is_empty() {
            return Err(DecodeError::TrailingBytes(bytes.len()));
        }
        Ok(Self { field, rest, expected: Some(expected), read: 0 })
    }

    /// Whether all items were read.
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Checks that all items were read.
    pub(super) fn finish(mut self) -> Result<(), DecodeError> {
        let (field, expected) = (self.field, self.read);
        let mut found = expected;
        while !self.rest.is_empty() {
            skip(&mut self.rest).map_err(|error| DecodeError::Rlp { field, error: of(error) })?;
            found += 1;
        }
        if found == expected {
            Ok(())
        } else {
            Err(DecodeError::ItemCount { field, found, expected })
        }
    }

    fn next(&mut self, field: Field, is_list: bool) -> Result<&'a [u8], DecodeError> {
        if let (true, Some(expected)) = (self.rest.is_empty(), self.expected) {
            return Err(DecodeError::ItemCount { field: self.field, found: self.read, expected });
        }
        self.read += 1;
        payload(&mut self.rest, field, is_list)
    }

    /// The next item: bytes.
    pub(super) fn bytes(&mut self, field: Field) -> Result<&'a [u8], DecodeError> {
        self.next(field, false)
    }

    /// The next item: a list with a certain or, for `None`, any number of items.
    pub(super) fn list(
        &mut self,
        field: Field,
        expected: Option<usize>,
    ) -> Result<Self, DecodeError> {
        let rest = self.next(field, true)?;
        Ok(Self { field, rest, expected, read: 0 })
    }

    /// The next item: a number of at most 256 bits.
    pub(super) fn number(&mut self, field: Field) -> Result<Word, DecodeError> {
        let bytes = self.bytes(field)?;
        if bytes.first() == Some(&0) {
            return Err(DecodeError::LeadingZero(field));
        }
        let mut padded = [0; 32];
        let start = padded.len().checked_sub(bytes.len());
        let place = start.and_then(|start| padded.get_mut(start..));
        place.ok_or(DecodeError::TooLarge { field, bits: 256 })?.copy_from_slice(bytes);
        Ok(Word::from_be_bytes(&padded))
    }

    /// The next item: a number of at most 64 bits.
    pub(super) fn number_64(&mut self, field: Field) -> Result<u64, DecodeError> {
        self.number(field)?.to_u64().ok_or(DecodeError::TooLarge { field, bits: 64 })
    }

    /// The next item: an address, or nothing.
    pub(super) fn optional_address(
        &mut self,
        field: Field,
    ) -> Result<Option<Address>, DecodeError> {
        let bytes = self.bytes(field)?;
        match <[u8; 20]>::try_from(bytes) {
            Ok(address) => Ok(Some(address.into())),
            Err(_) if bytes.is_empty() => Ok(None),
            Err(_) => Err(DecodeError::AddressLength { field, found: bytes.len() }),
        }
    }

    /// The next item: an address.
    pub(super) fn address(&mut self, field: Field) -> Result<Address, DecodeError> {
        let address = self.optional_address(field)?;
        address.ok_or(DecodeError::AddressLength { field, found: 0 })
    }
}

/// What is in an item, which is taken away from `bytes`.
fn payload<'a>(bytes: &mut &'a [u8], field: Field, is_list: bool) -> Result<&'a [u8], DecodeError> {
    let payload = Header::decode_bytes(bytes, is_list);
    payload.map_err(|error| DecodeError::Rlp { field, error: of(error) })
}

fn skip(bytes: &mut &[u8]) -> Result<(), Error> {
    let header = Header::decode(bytes)?;
    *bytes = bytes.get(header.payload_length..).ok_or(Error::InputTooShort)?;
    Ok(())
}

fn of(error: Error) -> RlpError {
    match error {
        Error::UnexpectedList => RlpError::UnexpectedList,
        Error::UnexpectedString => RlpError::UnexpectedBytes,
        Error::LeadingZero | Error::NonCanonicalSingleByte | Error::NonCanonicalSize => {
            RlpError::NotCanonical
        }
        // The rest is about values that are not decoded by the library, and lengths that no memory has.
        _ => RlpError::TooShort,
    }
}

/// A list that is being written.
#[derive(Clone, Default, Debug)]
pub(crate) struct ListWriter(Vec<u8>);

impl ListWriter {
    /// Appends bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        bytes.encode(&mut self.0);
        self
    }

    /// Appends a number.
    pub(crate) fn number(&mut self, number: &Word) -> &mut Self {
        let bytes = number.to_be_bytes();
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        self.bytes(bytes.get(zeros..).unwrap_or_default())
    }

    /// Appends an address, or nothing.
    pub(crate) fn optional_address(&mut self, address: Option<&Address>) -> &mut Self {
        self.bytes(address.map_or(&[][..], |address| &address.0))
    }

    /// Appends a list.
    pub(crate) fn list(&mut self, list: &Self) -> &mut Self {
        self.0.extend(list.finish(None));
        self
    }

    /// The list, behind a byte for the type of the transaction if there is one.
    pub(crate) fn finish(&self, tx_type: Option<u8>) -> Vec<u8> {
        let header = Header { list: true, payload_length: self.0.len() };
        let mut bytes = Vec::with_capacity(1 + header.length_with_payload());
        bytes.extend(tx_type);
        header.encode(&mut bytes);
        bytes.extend(&self.0);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(item: &[u8]) -> Result<Word, DecodeError> {
        let mut bytes = vec![0xc0 + u8::try_from(item.len()).unwrap()];
        bytes.extend(item);
        let mut items = Items::all_of(&bytes, 1)?;
        let number = items.number(Field::Nonce)?;
        items.finish().map(|()| number)
    }

    #[test]
    fn numbers_have_one_form() {
        assert_eq!(number(&[0x80]), Ok(Word::ZERO));
        assert_eq!(number(&[0x7f]), Ok(Word::from_u64(127)));
        assert_eq!(number(&[0x82, 1, 0]), Ok(Word::from_u64(256)));
        let full: Vec<u8> = [0xa0].into_iter().chain([0xff; 32]).collect();
        assert_eq!(number(&full), Ok(Word::MAX));
        let larger: Vec<u8> = [0xa1].into_iter().chain([1; 33]).collect();
        let field = Field::Nonce;
        assert_eq!(number(&larger), Err(DecodeError::TooLarge { field, bits: 256 }));
        assert_eq!(number(&[0]), Err(DecodeError::LeadingZero(field)));
        assert_eq!(number(&[0x82, 0, 1]), Err(DecodeError::LeadingZero(field)));
        let rlp = |error| Err(DecodeError::Rlp { field, error });
        assert_eq!(number(&[0x81, 0x7f]), rlp(RlpError::NotCanonical));
        assert_eq!(number(&[0xb8, 1, 0xff]), rlp(RlpError::NotCanonical));
        assert_eq!(number(&[0xb9, 0, 56]), rlp(RlpError::NotCanonical));
        assert_eq!(number(&[0x82, 1]), rlp(RlpError::TooShort));
        assert_eq!(
            number(&[0xbf, 255, 255, 255, 255, 255, 255, 255, 255]),
            rlp(RlpError::TooShort)
        );
        assert_eq!(number(&[0xc0]), rlp(RlpError::UnexpectedList));
        let count =
            |found| Err(DecodeError::ItemCount { field: Field::Transaction, found, expected: 1 });
        assert_eq!(number(&[]), count(0));
        assert_eq!(number(&[1, 2, 0xc0]), count(3));
        assert_eq!(Items::all_of(&[0xc0, 1, 2], 0).unwrap_err(), DecodeError::TrailingBytes(2));
    }

    #[test]
    fn what_is_written_is_read() {
        let mut inner = ListWriter::default();
        inner.bytes(&[7; 60]).number(&Word::ZERO);
        let mut outer = ListWriter::default();
        let address = Address::repeat_byte(9);
        outer.list(&inner).number(&Word::MAX).optional_address(Some(&address));
        outer.optional_address(None).number(&Word::from_u64(0x8000));
        let bytes = outer.finish(None);
        let mut items = Items::all_of(&bytes, 5).unwrap();
        let mut list = items.list(Field::FactoryDeps, None).unwrap();
        assert_eq!(list.bytes(Field::FactoryDep(0)), Ok(&[7; 60][..]));
        assert_eq!(list.number(Field::FactoryDep(1)), Ok(Word::ZERO));
        assert!(list.is_empty());
        assert_eq!(items.number(Field::Value), Ok(Word::MAX));
        assert_eq!(items.address(Field::To), Ok(address));
        assert_eq!(items.optional_address(Field::To), Ok(None));
        assert_eq!(items.number_64(Field::GasPrice), Ok(0x8000));
        assert_eq!(items.finish(), Ok(()));
        assert_eq!(outer.finish(Some(2)).split_first(), Some((&2, &bytes[..])));
    }
}
