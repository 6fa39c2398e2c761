//! Bytes as hexadecimal text.

use core::fmt;
use eravm_core::Word;

/// Why text is not bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HexError {
    /// An odd number of digits; how many.
    OddLength(usize),
    /// Not a digit.
    NotADigit {
        /// Its place, in characters after an optional `0x`, from 0.
        at: usize,
        /// What is there instead.
        found: char,
    },
}

impl fmt::Display for HexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OddLength(digits) => {
                write!(f, "{digits} hexadecimal digits, an odd number: the last byte is incomplete")
            }
            Self::NotADigit { at, found } => {
                write!(f, "{found:?} at digit {at} is not a hexadecimal digit")
            }
        }
    }
}

impl core::error::Error for HexError {}

/// Reads bytes from hexadecimal digits with or without `0x` in front.
///
/// # Errors
/// If there is anything but an even number of digits.
pub fn decode(text: &str) -> Result<Vec<u8>, HexError> {
    let digits = without_prefix(text);
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    let mut high = None;
    for (at, found) in digits.chars().enumerate() {
        let digit = found.to_digit(16).ok_or(HexError::NotADigit { at, found })? as u8;
        high = match high {
            None => Some(digit),
            Some(high) => {
                bytes.push(high << 4 | digit);
                None
            }
        };
    }
    match high {
        None => Ok(bytes),
        Some(_) => Err(HexError::OddLength(bytes.len() * 2 + 1)),
    }
}

/// The text behind `0x`, if that is there.
pub(crate) fn without_prefix(text: &str) -> &str {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text)
}

/// The word that 64 digits stand for, for constants.
pub(crate) const fn word(digits: &str) -> Word {
    let mut limbs = [0u64; 4];
    let mut at = 0;
    while at < 64 {
        let digit = match digits.as_bytes()[at] {
            digit @ b'0'..=b'9' => digit - b'0',
            digit => digit - b'a' + 10,
        };
        let limb = 3 - at / 16;
        limbs[limb] = limbs[limb] << 4 | digit as u64;
        at += 1;
    }
    Word(limbs)
}

/// Bytes that are shown as hexadecimal with `0x`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = Hex(&bytes).to_string();
        assert_eq!(decode(&text), Ok(bytes.clone()));
        assert_eq!(decode(&text[2..].to_uppercase()), Ok(bytes));
        assert_eq!(decode(""), Ok(Vec::new()));
    }

    #[test]
    fn mistakes_are_located() {
        assert_eq!(decode("0x123"), Err(HexError::OddLength(3)));
        assert_eq!(decode("12é4"), Err(HexError::NotADigit { at: 2, found: 'é' }));
    }
}
