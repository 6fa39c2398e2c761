//! Writing arguments, return values and data of events.

use super::Selector;
use eravm_core::{Address, Word};

/// A sequence of values as Solidity encodes them: a word for each, then the dynamic ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Encoder {
    /// What is before the values: a selector, or nothing.
    prefix: Vec<u8>,
    heads: Vec<Head>,
}

#[derive(Clone, Debug)]
enum Head {
    Word(Word),
    /// A dynamic value, with its length and padding.
    Tail(Vec<u8>),
}

impl Encoder {
    /// Values alone.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Arguments behind a selector.
    pub(crate) fn call(selector: Selector) -> Self {
        Self { prefix: selector.0.to_vec(), heads: Vec::new() }
    }

    /// Adds a word.
    #[must_use]
    pub(crate) fn word(mut self, word: Word) -> Self {
        self.heads.push(Head::Word(word));
        self
    }

    /// Adds words.
    #[must_use]
    pub(crate) fn words(mut self, words: &[Word]) -> Self {
        self.heads.extend(words.iter().copied().map(Head::Word));
        self
    }

    /// Adds an address.
    #[must_use]
    pub(crate) fn address(self, address: &Address) -> Self {
        self.word(Word::from_address(address))
    }

    /// Adds a number.
    #[must_use]
    pub(crate) fn number(self, number: u64) -> Self {
        self.word(Word::from_u64(number))
    }

    /// Adds a byte string.
    #[must_use]
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        let mut tail = Word::from_u64(bytes.len() as u64).to_be_bytes().to_vec();
        tail.extend_from_slice(bytes);
        tail.resize(tail.len().next_multiple_of(32), 0);
        self.heads.push(Head::Tail(tail));
        self
    }

    /// Adds an array of words.
    #[must_use]
    pub(crate) fn array(mut self, words: &[Word]) -> Self {
        let length = Word::from_u64(words.len() as u64);
        let tail = [length].iter().chain(words).flat_map(Word::to_be_bytes).collect();
        self.heads.push(Head::Tail(tail));
        self
    }

    /// Adds a struct that has dynamic fields.
    #[must_use]
    pub(crate) fn structure(mut self, fields: Self) -> Self {
        self.heads.push(Head::Tail(fields.finish()));
        self
    }

    /// Adds an array of such structs.
    #[must_use]
    pub(crate) fn structures(mut self, items: impl IntoIterator<Item = Self>) -> Self {
        let items = items.into_iter().fold(Self::new(), Self::structure);
        let mut tail = Word::from_u64(items.heads.len() as u64).to_be_bytes().to_vec();
        tail.extend(items.finish());
        self.heads.push(Head::Tail(tail));
        self
    }

    /// The bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        let Self { prefix: mut bytes, heads } = self;
        let mut offset = heads.len() * 32;
        for head in &heads {
            let word = match head {
                Head::Word(word) => *word,
                Head::Tail(tail) => {
                    let at = offset;
                    offset += tail.len();
                    Word::from_u64(at as u64)
                }
            };
            bytes.extend_from_slice(&word.to_be_bytes());
        }
        for head in heads {
            if let Head::Tail(tail) = head {
                bytes.extend(tail);
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dynamic_values_come_behind_the_heads() {
        let bytes = Encoder::new().number(7).bytes(b"abc").number(8).finish();
        let word = |number: u64| Word::from_u64(number).to_be_bytes();
        let mut expected = [word(7), word(96), word(8), word(3)].concat();
        expected.extend_from_slice(b"abc");
        expected.resize(160, 0);
        assert_eq!(bytes, expected);
    }

    #[test]
    fn offsets_in_arrays_begin_behind_the_length() {
        let item = |number| Encoder::new().bytes(&[]).number(number);
        let bytes = Encoder::new().structures([item(5), item(6)]).finish();
        let words = [32, 2, 64, 160, 64, 5, 0, 64, 6, 0].map(Word::from_u64);
        assert_eq!(bytes, words.map(|word| word.to_be_bytes()).concat());
    }
}
