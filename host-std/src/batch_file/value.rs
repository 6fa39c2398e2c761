//! Values as a batch file writes them: numbers, amounts, accounts, bytes.

use super::account::{Account, NameError};
use crate::hex::{self, HexError, without_prefix};
use crate::number::{NumberError, parse_number, parse_word, quote};
use core::fmt;
use eravm_core::Word;
use primitive_types::U256;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// Why text is not a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum ValueError {
    /// It is no number.
    Number(NumberError),
    /// Behind the number stands something that is no unit.
    Unit(String),
    /// It is no account.
    Name(NameError),
    /// It is not hexadecimal.
    Hex(HexError),
    /// It should begin with `0x`.
    NoPrefix(String),
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(error) => fmt::Display::fmt(error, f),
            Self::Unit(text) => {
                write!(
                    f,
                    "`{text}` has an unknown unit: write a whole number of wei, gwei or ether"
                )
            }
            Self::Name(error) => fmt::Display::fmt(error, f),
            Self::Hex(error) => fmt::Display::fmt(error, f),
            Self::NoPrefix(text) => {
                write!(f, "`{text}` is not bytes: write hexadecimal digits with 0x in front")
            }
        }
    }
}

impl core::error::Error for ValueError {}

/// A number of a type with at most 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Number<T>(pub(crate) T);

/// An amount of the base token in wei, or another number of 256 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Amount(pub(crate) Word);

/// Bytes in hexadecimal with `0x`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

/// Reads text, and numbers as if they were text: both mean the same.
struct Text<F> {
    expecting: &'static str,
    parse: F,
}

impl<T, F: FnOnce(&str) -> Result<T, ValueError>> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

macro_rules! deserialize {
    ($($type:ty, $expecting:literal, $parse:expr;)*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Text { expecting: $expecting, parse: $parse })
            }
        }
    )*};
}

deserialize! {
    Number<u16>, "a number below 2^16", number;
    Number<u32>, "a number below 2^32", number;
    Number<u64>, "a number below 2^64", number;
    Number<u128>, "a number below 2^128", number;
    Amount, "a number, with a unit if it is an amount, or a text if it does not fit 64 bits", amount;
    Account, "the address or the name of an account", |text: &str| {
        text.parse().map_err(ValueError::Name)
    };
    Bytes, "hexadecimal digits with 0x in front", bytes;
}

fn number<T: TryFrom<u128>>(text: &str) -> Result<Number<T>, ValueError> {
    parse_number(text).map(Number).map_err(ValueError::Number)
}

fn amount(text: &str) -> Result<Amount, ValueError> {
    let (digits, unit) = text.trim().split_once(' ').unwrap_or((text, "wei"));
    let wei: u64 = match unit.trim() {
        "wei" => 1,
        "gwei" => 1_000_000_000,
        "ether" => 1_000_000_000_000_000_000,
        _ => return Err(ValueError::Unit(quote(text))),
    };
    let word = parse_word(digits).map_err(ValueError::Number)?;
    let product = U256::from(word).checked_mul(wei.into());
    let too_large = || ValueError::Number(NumberError::TooLarge { text: quote(text), bits: 256 });
    Ok(Amount(product.ok_or_else(too_large)?.into()))
}

fn bytes(text: &str) -> Result<Bytes, ValueError> {
    let text = text.trim();
    if without_prefix(text).len() == text.len() {
        return Err(ValueError::NoPrefix(quote(text)));
    }
    hex::decode(text).map(Bytes).map_err(ValueError::Hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units() {
        let word = |text| amount(text).map(|amount| amount.0);
        assert_eq!(word("7"), Ok(Word::from_u64(7)));
        assert_eq!(word("0x10"), Ok(Word::from_u64(16)));
        assert_eq!(word("3 gwei"), Ok(Word::from_u64(3_000_000_000)));
        assert_eq!(word("1_0 ether"), Ok(Word::from_u64(10_000_000_000_000_000_000)));
        assert_eq!(word("1 finney"), Err(ValueError::Unit("1 finney".into())));
        let large = format!("0x{} gwei", "f".repeat(64));
        assert!(matches!(word(&large), Err(ValueError::Number(NumberError::TooLarge { .. }))));
        assert!(word("1.5 ether").is_err());
    }

    #[test]
    fn bytes_have_a_prefix() {
        assert_eq!(bytes("0x00ff"), Ok(Bytes(vec![0, 255])));
        assert_eq!(bytes("0x"), Ok(Bytes(Vec::new())));
        assert_eq!(bytes("00ff"), Err(ValueError::NoPrefix("00ff".into())));
        assert_eq!(bytes("0x1"), Err(ValueError::Hex(HexError::OddLength(1))));
    }
}
