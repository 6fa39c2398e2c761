//! Numbers and byte strings as goldens write them: hexadecimal with `0x`.

use eravm_core::{Address, VersionedHash, Word};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// A value that is written as a hexadecimal string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hex<T>(pub T);

impl<T: fmt::Debug> fmt::Debug for Hex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A byte string.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// What a hexadecimal string can be read as.
pub trait FromHex: Sized {
    /// What is expected, for messages.
    const EXPECTED: &'static str;

    /// Reads the digits behind `0x`; `None` if they are not what is expected.
    fn from_digits(digits: &str) -> Option<Self>;
}

impl FromHex for Word {
    const EXPECTED: &'static str = "0x and 1 to 64 hexadecimal digits";

    fn from_digits(digits: &str) -> Option<Self> {
        if digits.is_empty() || digits.len() > 64 {
            return None;
        }
        let mut limbs = [0u64; 4];
        for byte in digits.bytes() {
            let digit = char::from(byte).to_digit(16)?;
            for at in (1..4).rev() {
                limbs[at] = limbs[at] << 4 | limbs[at - 1] >> 60;
            }
            limbs[0] = limbs[0] << 4 | u64::from(digit);
        }
        Some(Self(limbs))
    }
}

impl FromHex for u64 {
    const EXPECTED: &'static str = "0x and 1 to 16 hexadecimal digits";

    fn from_digits(digits: &str) -> Option<Self> {
        (digits.len() <= 16).then(|| Word::from_digits(digits)?.to_u64())?
    }
}

impl FromHex for Address {
    const EXPECTED: &'static str = "0x and 40 hexadecimal digits";

    fn from_digits(digits: &str) -> Option<Self> {
        <[u8; 20]>::try_from(bytes(digits)?).ok().map(Self::from)
    }
}

impl FromHex for VersionedHash {
    const EXPECTED: &'static str = "0x and 64 hexadecimal digits";

    fn from_digits(digits: &str) -> Option<Self> {
        <[u8; 32]>::try_from(bytes(digits)?).ok().map(Self)
    }
}

impl FromHex for Bytes {
    const EXPECTED: &'static str = "0x and an even number of hexadecimal digits";

    fn from_digits(digits: &str) -> Option<Self> {
        bytes(digits).map(Self)
    }
}

/// The bytes that hexadecimal digits stand for.
pub(super) fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let pair = |&[high, low]: &[u8; 2]| Some((digit(high)? << 4 | digit(low)?) as u8);
    if rest.is_empty() { pairs.iter().map(pair).collect() } else { None }
}

/// Bytes as goldens write them.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::from("0x"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl<'de, T: FromHex> Deserialize<'de> for Hex<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits<T>(PhantomData<T>);
        impl<T: FromHex> Visitor<'_> for Digits<T> {
            type Value = Hex<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(T::EXPECTED)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Hex<T>, E> {
                let value = text.strip_prefix("0x").and_then(T::from_digits);
                let wrong = || E::custom(format_args!("{text:.80?} is not {}", T::EXPECTED));
                value.map(Hex).ok_or_else(wrong)
            }
        }
        deserializer.deserialize_str(Digits(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Hex::deserialize(deserializer).map(|Hex(bytes)| bytes)
    }
}

/// A whole number that is written as a decimal string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decimal(pub usize);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = |_| D::Error::custom(format_args!("{text:.80?} is not a decimal number"));
        text.parse().map(Decimal).map_err(wrong)
    }
}
