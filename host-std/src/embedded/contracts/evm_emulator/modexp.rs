//! The gas of modular exponentiation (EIP-2565), for operands of 32 bytes at most.

use eravm_core::Word;

/// The most bytes of an operand.
const MAX_OPERAND: u64 = 32;
/// The least that it costs.
const LEAST: u64 = 200;

/// The gas for an input: more than there is if an operand is too long.
pub(super) fn gas(input: &[u8]) -> u64 {
    let [base, exponent, modulus] = [0, 32, 64].map(|at| word(input, at));
    let lengths = [base, exponent, modulus].map(|word| word.to_u64());
    let [
        Some(base @ ..=MAX_OPERAND),
        Some(exponent @ ..=MAX_OPERAND),
        Some(modulus @ ..=MAX_OPERAND),
    ] = lengths
    else {
        return u64::MAX;
    };
    let bytes = exponent_bytes(input, base, exponent);
    let iterations = highest_bit(&bytes).max(1);
    let words = base.max(modulus).div_ceil(8);
    (words * words * iterations / 3).max(LEAST)
}

/// The exponent, in the first bytes.
fn exponent_bytes(input: &[u8], base: u64, length: u64) -> Vec<u8> {
    let at = usize::try_from(96 + base).unwrap_or(usize::MAX);
    let length = usize::try_from(length).unwrap_or(0);
    word(input, at).to_be_bytes().into_iter().take(length).collect()
}

/// A word of the input, which has zeros behind its end.
fn word(input: &[u8], at: usize) -> Word {
    let mut word = [0; 32];
    let rest = input.get(at..).unwrap_or_default();
    word.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    Word::from_be_bytes(&word)
}

/// The place of the highest bit of a number; 0 for 0.
fn highest_bit(bytes: &[u8]) -> u64 {
    let first = bytes.iter().position(|byte| *byte != 0);
    let Some((at, byte)) = first.and_then(|at| Some((at, bytes.get(at)?))) else { return 0 };
    let below = (bytes.len() - at - 1) as u64;
    below * 8 + u64::from(7 - byte.leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(lengths: [u64; 3], operands: &[u8]) -> Vec<u8> {
        let mut input: Vec<u8> =
            lengths.iter().flat_map(|length| Word::from_u64(*length).to_be_bytes()).collect();
        input.extend_from_slice(operands);
        input
    }

    #[test]
    fn long_exponents_and_operands_are_dearer() {
        assert_eq!(gas(&[]), 200);
        // 4 words of 8 bytes, squared, times 255, a third of it.
        assert_eq!(gas(&input([32, 32, 32], &[0xff; 96])), 16 * 255 / 3);
        // What is behind the end is zero.
        assert_eq!(gas(&input([32, 32, 32], &[0xff; 33])), 16 * 255 / 3);
        assert_eq!(gas(&input([32, 32, 32], &[0xff; 32])), 200);
        assert_eq!(gas(&input([0, 1, 32], &[0x80])), 200);
        assert_eq!(gas(&input([0, 32, 32], &[0x01])), 16 * 248 / 3);
    }

    #[test]
    fn operands_that_are_too_long_cannot_be_paid_for() {
        for lengths in [[33, 1, 1], [1, 33, 1], [1, 1, 33], [u64::MAX, 0, 0]] {
            assert_eq!(gas(&input(lengths, &[])), u64::MAX);
        }
        assert_eq!(gas(&[0xff; 32]), u64::MAX);
    }
}
