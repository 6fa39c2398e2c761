//! The curve of EIP-196 and EIP-197 (alt_bn128).

use alloc::vec::Vec;

use ark_bn254::{Bn254, Fq, Fq2, Fq12, Fr, G1Affine, G2Affine};
use ark_ec::pairing::{MillerLoopOutput, Pairing};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInt, One, PrimeField};

use super::provider::{G1Point, Pair};
use crate::word::Word;

/// Pairs that share a Miller loop. Each holds about 20 KB of line coefficients meanwhile; the squarings they
/// share are amortised by then.
const PAIRS_AT_ONCE: usize = 16;

/// See [`Precompiles::ec_add`](super::Precompiles::ec_add).
pub(super) fn add(left: &G1Point, right: &G1Point) -> Option<G1Point> {
    Some(from_g1(to_g1(left)? + to_g1(right)?))
}

/// See [`Precompiles::ec_mul`](super::Precompiles::ec_mul).
pub(super) fn mul(point: &G1Point, scalar: &Word) -> Option<G1Point> {
    let scalar = Fr::from_be_bytes_mod_order(&scalar.to_be_bytes());
    Some(from_g1(to_g1(point)? * scalar))
}

/// See [`Precompiles::ec_pairing`](super::Precompiles::ec_pairing).
pub(super) fn pairing(pairs: &mut dyn Iterator<Item = Pair>) -> Option<bool> {
    let mut product = Fq12::one();
    let mut g1 = Vec::with_capacity(PAIRS_AT_ONCE);
    let mut g2 = Vec::with_capacity(PAIRS_AT_ONCE);
    for [x, y, x_imaginary, x_real, y_imaginary, y_real] in pairs {
        if g1.len() == PAIRS_AT_ONCE {
            product *= Bn254::multi_miller_loop(g1.drain(..), g2.drain(..)).0;
        }
        g1.push(to_g1(&[x, y])?);
        g2.push(to_g2([x_real, x_imaginary], [y_real, y_imaginary])?);
    }
    product *= Bn254::multi_miller_loop(g1, g2).0;
    // The final exponentiation is a homomorphism, so one is enough for the whole product. It has no result for
    // zero only, which no Miller loop gives.
    let result = Bn254::final_exponentiation(MillerLoopOutput(product));
    Some(result.is_some_and(|result| result.0.is_one()))
}

/// A canonical coordinate.
fn coordinate(word: Word) -> Option<Fq> {
    Fq::from_bigint(BigInt(word.0))
}

fn to_g1([x, y]: &G1Point) -> Option<G1Affine> {
    if x.is_zero() && y.is_zero() {
        return Some(G1Affine::zero());
    }
    // All of the curve is the group: its cofactor is 1.
    let point = G1Affine::new_unchecked(coordinate(*x)?, coordinate(*y)?);
    point.is_on_curve().then_some(point)
}

fn to_g2(x: [Word; 2], y: [Word; 2]) -> Option<G2Affine> {
    let [x_real, x_imaginary] = x;
    let [y_real, y_imaginary] = y;
    if [x_real, x_imaginary, y_real, y_imaginary].iter().all(Word::is_zero) {
        return Some(G2Affine::zero());
    }
    let point = G2Affine::new_unchecked(
        Fq2::new(coordinate(x_real)?, coordinate(x_imaginary)?),
        Fq2::new(coordinate(y_real)?, coordinate(y_imaginary)?),
    );
    (point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve()).then_some(point)
}

fn from_g1(point: impl CurveGroup<Affine = G1Affine>) -> G1Point {
    match point.into_affine().xy() {
        Some((x, y)) => [x, y].map(|coordinate| Word(coordinate.into_bigint().0)),
        None => [Word::ZERO; 2],
    }
}
