//! Numbers and addresses as users write them.

use crate::hex::without_prefix;
use core::fmt;
use eravm_core::{Address, Word};
use primitive_types::U256;

/// Why text is not a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NumberError {
    /// Neither decimal nor hexadecimal with `0x`.
    NotANumber(String),
    /// It has more than this many bits.
    TooLarge {
        /// The text.
        text: String,
        /// Bits that there are for it.
        bits: u32,
    },
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber(text) => write!(
                f,
                "`{text}` is not a number: write it in decimal, or in hexadecimal with 0x in front"
            ),
            Self::TooLarge { text, bits } => write!(f, "`{text}` does not fit {bits} bits"),
        }
    }
}

impl core::error::Error for NumberError {}

/// Characters of a quotation in an error.
const QUOTED: usize = 80;

/// The beginning of a text, for errors.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted: String = text.chars().take(QUOTED).collect();
    if quoted.len() < text.len() {
        quoted.push('…');
    }
    quoted
}

/// Reads a 256-bit number: decimal, or hexadecimal with `0x`; `_` may separate digits.
///
/// # Errors
/// If it is not a number or has more bits.
pub fn parse_word(text: &str) -> Result<Word, NumberError> {
    let digits: String = text.trim().chars().filter(|&c| c != '_').collect();
    let hexadecimal = without_prefix(&digits);
    let radix = if hexadecimal.len() == digits.len() { 10 } else { 16 };
    if hexadecimal.is_empty() || !hexadecimal.chars().all(|c| c.is_digit(radix)) {
        return Err(NumberError::NotANumber(quote(text)));
    }
    let significant = hexadecimal.trim_start_matches('0');
    let too_large = || NumberError::TooLarge { text: quote(text), bits: 256 };
    // No number of 256 bits has more digits in base 10; longer texts need no arithmetic.
    if significant.len() > 78 {
        return Err(too_large());
    }
    if significant.is_empty() {
        return Ok(Word::ZERO);
    }
    let value = U256::from_str_radix(significant, radix).map_err(|_| too_large())?;
    Ok(value.into())
}

/// Reads a number of a smaller type.
///
/// # Errors
/// If it is not a number or too large for the type.
pub fn parse_number<T: TryFrom<u128>>(text: &str) -> Result<T, NumberError> {
    let bits = 8 * u32::try_from(size_of::<T>()).unwrap_or(u32::MAX);
    let too_large = || NumberError::TooLarge { text: quote(text), bits };
    let word = parse_word(text)?;
    if word != Word::from_u128(word.low_u128()) {
        return Err(too_large());
    }
    T::try_from(word.low_u128()).map_err(|_| too_large())
}

/// Reads an address: hexadecimal of at most 20 bytes; leading zeros may be left out.
///
/// # Errors
/// If it is not a hexadecimal number, or larger than an address.
pub fn parse_address(text: &str) -> Result<Address, NumberError> {
    let text = text.trim();
    if without_prefix(text).len() == text.len() {
        // Without the prefix only the full form is beyond doubt.
        let full = text.len() == 40 && text.chars().all(|c| c.is_ascii_hexdigit());
        return match full {
            true => parse_address(&format!("0x{text}")),
            false => Err(NumberError::NotANumber(quote(text))),
        };
    }
    let word = parse_word(text)?;
    let address = word.to_address();
    if Word::from_address(&address) != word {
        return Err(NumberError::TooLarge { text: quote(text), bits: 160 });
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bases() {
        assert_eq!(parse_word("1_000"), Ok(Word::from_u64(1000)));
        assert_eq!(parse_word("0x00ff"), Ok(Word::from_u64(255)));
        assert_eq!(parse_word(&format!("0x{}", "f".repeat(64))), Ok(Word::MAX));
        let long = format!("0x1{}", "0".repeat(64));
        assert!(matches!(parse_word(&long), Err(NumberError::TooLarge { bits: 256, .. })));
        for bad in ["", "0x", "ff", "-1", "1.5", "0xg"] {
            assert!(matches!(parse_word(bad), Err(NumberError::NotANumber(_))), "{bad}");
        }
        assert_eq!(parse_number::<u16>("65535"), Ok(u16::MAX));
        let large = parse_number::<u16>("65536");
        assert!(matches!(large, Err(NumberError::TooLarge { bits: 16, .. })));
    }

    #[test]
    fn addresses_may_be_short() {
        assert_eq!(parse_address("0x800d"), Ok(eravm_core::system_address(0x800d)));
        assert!(parse_address("800d").is_err());
        assert!(parse_address(&"12".repeat(20)).is_ok());
        assert!(parse_address(&format!("0x{}", "12".repeat(21))).is_err());
    }
}
