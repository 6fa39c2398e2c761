//! Modular exponentiation of single words.

use ruint::aliases::U256;

use crate::word::Word;

/// See [`Precompiles::modexp`](super::Precompiles::modexp).
///
/// Dividing at every bit of the exponent, as the reference does, takes four times as long as Montgomery
/// multiplication, which needs an odd modulus. So the modulus is split into its odd part and a power of two, for which the
/// exponentiation is free of divisions too, and the two results are joined by the Chinese remainder theorem.
pub(super) fn modexp(base: &Word, exponent: &Word, modulus: &Word) -> Word {
    let [base, exponent, modulus] = [base, exponent, modulus].map(|word| U256::from_limbs(word.0));
    let twos = modulus.trailing_zeros();
    let odd = modulus.wrapping_shr(twos);
    let Some(inverse) = odd.inv_ring() else {
        // Only zero has no odd part.
        return Word::ZERO;
    };
    let mut result = pow_mod_odd(base, exponent, odd, inverse);
    if twos > 0 {
        let mask = U256::ONE.wrapping_shl(twos).wrapping_sub(U256::ONE);
        let difference = base.wrapping_pow(exponent).wrapping_sub(result);
        // Below 2^twos, so that the sum is below the modulus.
        let lift = difference.wrapping_mul(inverse) & mask;
        result = result.wrapping_add(odd.wrapping_mul(lift));
    }
    Word(result.into_limbs())
}

/// `base` to the power of `exponent` modulo the odd `modulus`, whose inverse modulo 2²⁵⁶ is `inverse`.
fn pow_mod_odd(base: U256, exponent: U256, modulus: U256, inverse: U256) -> U256 {
    if modulus == U256::ONE {
        return U256::ZERO;
    }
    let [low, ..] = *inverse.as_limbs();
    let factor = low.wrapping_neg();
    // 2²⁵⁶ modulo the modulus is 1 in Montgomery form. The sum cannot reach the modulus, which divides no power of 2.
    let one = (U256::MAX % modulus).wrapping_add(U256::ONE);
    let base = (base % modulus).mul_mod(one, modulus);
    let mut result = one;
    for bit in (0..exponent.bit_len()).rev() {
        result = result.square_redc(modulus, factor);
        if exponent.bit(bit) {
            result = result.mul_redc(base, modulus, factor);
        }
    }
    result.mul_redc(U256::ONE, modulus, factor)
}
