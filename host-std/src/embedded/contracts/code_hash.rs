//! Code hashes as contracts take them apart, to whom any word can be one, and the making of new ones.

use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use crate::embedded::solidity::{Selector, error, selector};
use eravm_core::{VersionedHash, Word};

/// Bits of the second byte, which says whether the constructor runs.
const MARKER: u64 = 0xff << 48;

/// What is wrong with code, or with a hash of it.
#[derive(Clone, Copy)]
pub(super) enum Malformed {
    Version = 0,
    NumberOfWords = 1,
    Length = 2,
    EvenWords = 3,
    EvmLength = 5,
    EvmTooLong = 6,
}

/// A revert that says what is wrong with code.
pub(super) fn malformed(what: Malformed) -> Failure {
    const MALFORMED: Selector = selector("MalformedBytecode(uint8)");
    error(MALFORMED, &[Word::from_u64(what as u64)])
}

/// The first byte.
pub(super) const fn kind(hash: &Word) -> u8 {
    (hash.0[3] >> 56) as u8
}

/// Whether it is that of EVM code.
pub(super) const fn is_evm(hash: &Word) -> bool {
    kind(hash) == VersionedHash::BLOB
}

/// Whether the constructor is over.
pub(super) const fn is_constructed(hash: &Word) -> bool {
    hash.0[3] & MARKER == 0
}

/// Whether the constructor runs. A hash can say neither.
pub(super) const fn is_constructing(hash: &Word) -> bool {
    hash.0[3] & MARKER == 1 << 48
}

/// The hash once the constructor is over.
pub(super) const fn constructed(hash: &Word) -> Word {
    Word([hash.0[0], hash.0[1], hash.0[2], hash.0[3] & !MARKER])
}

/// The hash while the constructor runs.
pub(super) const fn constructing(hash: &Word) -> Word {
    let Word([a, b, c, d]) = constructed(hash);
    Word([a, b, c, d | 1 << 48])
}

/// The length that it says: of EVM code in bytes, of other code in words.
pub(super) const fn length(hash: &Word) -> u16 {
    (hash.0[3] >> 32) as u16
}

/// The same in bytes.
pub(super) const fn bytes(hash: &Word) -> u64 {
    let length = length(hash) as u64;
    if is_evm(hash) { length } else { length * 32 }
}

/// Pays for the sha256 of code.
fn charge_sha256(cx: &mut Context<'_>, code: &[u8]) -> Result<(), Failure> {
    cx.charge_times(prices::SHA256_ROUND, (code.len() as u64 + 8) / 64 + 1)
}

/// The hash of EraVM code.
pub(super) fn of_code(cx: &mut Context<'_>, code: &[u8]) -> Result<VersionedHash, Failure> {
    if !code.len().is_multiple_of(32) {
        return Err(malformed(Malformed::Length));
    }
    let words = code.len() / 32;
    if words > usize::from(u16::MAX) {
        return Err(malformed(Malformed::NumberOfWords));
    }
    if words.is_multiple_of(2) {
        return Err(malformed(Malformed::EvenWords));
    }
    charge_sha256(cx, code)?;
    VersionedHash::of_code(code).ok_or_else(|| malformed(Malformed::NumberOfWords))
}

/// The hash of EVM code of a length, as it is published: padded.
pub(super) fn of_evm_code(
    cx: &mut Context<'_>,
    length: &Word,
    padded: &[u8],
) -> Result<VersionedHash, Failure> {
    if !padded.len().is_multiple_of(32) {
        return Err(malformed(Malformed::Length));
    }
    let length = length.to_u64().filter(|length| *length <= padded.len() as u64);
    let length = length.ok_or_else(|| malformed(Malformed::EvmLength))?;
    let length = u16::try_from(length).map_err(|_| malformed(Malformed::EvmTooLong))?;
    if (padded.len() / 32).is_multiple_of(2) {
        return Err(malformed(Malformed::EvenWords));
    }
    charge_sha256(cx, padded)?;
    Ok(VersionedHash::of_blob(length, padded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_is_the_second_byte() {
        let hash = |marker: u64| Word([1, 2, 3, 0x0200_0021 << 32 | marker << 48 | 4]);
        assert!(is_constructed(&hash(0)) && !is_constructing(&hash(0)));
        assert!(!is_constructed(&hash(1)) && is_constructing(&hash(1)));
        assert!(!is_constructed(&hash(3)) && !is_constructing(&hash(3)));
        assert_eq!(constructing(&hash(3)), hash(1));
        assert_eq!(constructed(&hash(3)), hash(0));
    }

    #[test]
    fn lengths_of_evm_code_are_in_bytes() {
        assert_eq!(bytes(&Word([0, 0, 0, 0x0200_0021 << 32])), 33);
        assert_eq!(bytes(&Word([0, 0, 0, 0x0101_0021 << 32])), 33 * 32);
    }
}
