//! Encoding calldata.

use crate::common::chain::keccak;
use eravm_core::{Address, Word};

/// An argument.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Word(Word),
    Bytes(Vec<u8>),
    Array(Vec<Value>),
    Tuple(Vec<Value>),
}

impl Value {
    fn is_dynamic(&self) -> bool {
        match self {
            Self::Word(_) => false,
            Self::Bytes(_) | Self::Array(_) => true,
            Self::Tuple(fields) => fields.iter().any(Self::is_dynamic),
        }
    }

    fn encoded(&self) -> Vec<u8> {
        match self {
            Self::Word(word) => word.to_be_bytes().to_vec(),
            Self::Tuple(fields) => encode(fields),
            Self::Bytes(bytes) => {
                let mut encoded = Word::from_u64(bytes.len() as u64).to_be_bytes().to_vec();
                encoded.extend_from_slice(bytes);
                encoded.resize(encoded.len().next_multiple_of(32), 0);
                encoded
            }
            Self::Array(items) => {
                let mut encoded = Word::from_u64(items.len() as u64).to_be_bytes().to_vec();
                encoded.extend(encode(items));
                encoded
            }
        }
    }
}

/// Values one after the other: heads, then what they point to.
pub(crate) fn encode(values: &[Value]) -> Vec<u8> {
    let parts: Vec<_> = values.iter().map(|value| (value.is_dynamic(), value.encoded())).collect();
    let heads: usize =
        parts.iter().map(|(dynamic, part)| if *dynamic { 32 } else { part.len() }).sum();
    let (mut encoded, mut tails) = (Vec::new(), Vec::new());
    for (dynamic, part) in parts {
        if dynamic {
            let at = (heads + tails.len()) as u64;
            encoded.extend_from_slice(&Word::from_u64(at).to_be_bytes());
            tails.extend(part);
        } else {
            encoded.extend(part);
        }
    }
    encoded.extend(tails);
    encoded
}

/// The first four bytes of the hash of a signature.
pub(crate) fn selector(signature: &str) -> [u8; 4] {
    let hash = keccak(signature.as_bytes()).to_be_bytes();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// A selector and arguments.
pub(crate) fn calldata(signature: &str, values: &[Value]) -> Vec<u8> {
    [&selector(signature)[..], &encode(values)].concat()
}

macro_rules! from {
    ($($source:ty, $name:ident => $value:expr;)*) => {$(
        impl From<$source> for Value {
            fn from($name: $source) -> Self {
                $value
            }
        }
    )*};
}

from! {
    Word, word => Self::Word(word);
    u64, number => Self::Word(Word::from_u64(number));
    u128, number => Self::Word(Word::from_u128(number));
    bool, truth => Self::Word(Word::from_u64(truth.into()));
    Address, address => Self::Word(Word::from_address(&address));
    Vec<u8>, bytes => Self::Bytes(bytes);
    &[u8], bytes => Self::Bytes(bytes.to_vec());
    &str, text => Self::Bytes(text.as_bytes().to_vec());
    Vec<Word>, words => Self::Array(words.into_iter().map(Self::Word).collect());
    Vec<Value>, values => Self::Array(values);
}

/// Arguments.
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        &[$($crate::abi::Value::from($value)),*]
    };
}
pub(crate) use args;
