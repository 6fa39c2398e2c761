//! The compressed form of a changed value: a byte with an operation and a length, and a number of that many bytes.

use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Selector, error, selector};
use eravm_core::Word;
use eravm_core::semantics::{add, sub};

/// Bits of the first byte that are the operation.
const OPERATION_BITS: u32 = 3;
/// The value is the number, written with all 32 bytes whatever the length says.
const FULL: u8 = 0;
/// The number was added.
const ADD: u8 = 1;
/// The number was subtracted.
const SUBTRACT: u8 = 2;
/// The value is the number.
const TRANSFORM: u8 = 3;

/// The operation, and how many bytes the number has.
pub(super) const fn parse(metadata: u8) -> (u8, usize) {
    let operation = metadata & ((1 << OPERATION_BITS) - 1);
    let length = metadata >> OPERATION_BITS;
    (operation, if operation == FULL { 32 } else { length as usize })
}

/// The number in up to 32 bytes.
pub(super) fn number(bytes: &[u8]) -> Word {
    let mut word = [0; 32];
    word.iter_mut().rev().zip(bytes.iter().rev()).for_each(|(place, byte)| *place = *byte);
    Word::from_be_bytes(&word)
}

/// Reverts unless the value changed as is said.
pub(super) fn verify(
    before: &Word,
    after: &Word,
    operation: u8,
    number: &Word,
) -> Result<(), Failure> {
    const NOT_IT: Selector = selector("CompressionValueTransformError(uint256,uint256)");
    const NOT_SUM: Selector = selector("CompressionValueAddError(uint256,uint256)");
    const NOT_DIFFERENCE: Selector = selector("CompressionValueSubError(uint256,uint256)");
    const UNSUPPORTED: Selector = selector("UnsupportedOperation()");
    let (found, wrong) = match operation {
        FULL | TRANSFORM => (*number, NOT_IT),
        ADD => (add(before, number).0, NOT_SUM),
        SUBTRACT => (sub(before, number).0, NOT_DIFFERENCE),
        _ => return Err(error(UNSUPPORTED, &[])),
    };
    if found == *after { Ok(()) } else { Err(error(wrong, &[*after, found])) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_differences_wrap() {
        let two = Word::from_u64(2);
        assert_eq!(verify(&Word::MAX, &Word::ONE, ADD, &two), Ok(()));
        assert_eq!(verify(&Word::ONE, &Word::MAX, SUBTRACT, &two), Ok(()));
        assert_eq!(verify(&Word::ONE, &two, TRANSFORM, &two), Ok(()));
        assert!(verify(&Word::ONE, &two, SUBTRACT, &Word::ONE).is_err());
        assert!(verify(&Word::ONE, &two, 4, &two).is_err());
    }

    #[test]
    fn full_values_have_32_bytes() {
        assert_eq!(parse(0xf8), (FULL, 32));
        assert_eq!(parse(0xfb), (TRANSFORM, 31));
        assert_eq!(number(&[1, 2]), Word::from_u64(0x102));
        assert_eq!(number(&[]), Word::ZERO);
    }
}
