//! Numbers in source text.

use super::error::{AsmError, AsmErrorKind};
use super::piece::Piece;
use crate::Word;
use primitive_types::U256;

/// A word has at most this many decimal digits.
const WORD_DIGITS: usize = 78;

fn too_large(piece: Piece<'_>, bits: u32) -> AsmError {
    piece.error(AsmErrorKind::NumberTooLarge { found: piece.quote(), bits })
}

/// A number of up to `bits` (at most 64) bits: decimal, `0x…` or `0b…`.
pub(super) fn unsigned(piece: Piece<'_>, bits: u32) -> Result<u64, AsmError> {
    let (digits, radix) = if let Some(digits) = piece.text.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = piece.text.strip_prefix("0b") {
        (digits, 2)
    } else {
        (piece.text, 10)
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(piece.unexpected("a number"));
    }
    let value = u64::from_str_radix(digits, radix).map_err(|_| too_large(piece, bits))?;
    if bits < 64 && value >> bits != 0 { Err(too_large(piece, bits)) } else { Ok(value) }
}

/// A number of up to 16 bits.
pub(super) fn immediate(piece: Piece<'_>) -> Result<u16, AsmError> {
    // The cut drops nothing: `unsigned` checked the range.
    unsigned(piece, 16).map(|value| value as u16)
}

/// A decimal number of 256 bits; negative ones down to −2²⁵⁶ + 1 wrap.
pub(super) fn word(piece: Piece<'_>) -> Result<Word, AsmError> {
    let (negative, digits) = match piece.after("-") {
        Some(digits) => (true, digits),
        None => (false, piece.after("+").unwrap_or(piece)),
    };
    if digits.text.is_empty() || !digits.text.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(piece.unexpected("a decimal number or @label"));
    }
    let significant = digits.text.trim_start_matches('0');
    if significant.is_empty() {
        // The peer drops a cell of minus zero.
        let unsigned_zero =
            if negative { Err(piece.unexpected("a number below zero")) } else { Ok(Word::ZERO) };
        return unsigned_zero;
    }
    if significant.len() > WORD_DIGITS {
        return Err(too_large(piece, 256));
    }
    let value = U256::from_dec_str(significant).map_err(|_| too_large(piece, 256))?;
    Ok(if negative { (!value).overflowing_add(U256::one()).0 } else { value }.into())
}
