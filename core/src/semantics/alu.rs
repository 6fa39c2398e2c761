//! Arithmetic, logic and shifts on words, with the flags they set.

use super::scalar::scalar;
use crate::word::Word;

#[cfg(target_pointer_width = "32")]
pub use super::halves::{add, rol, shl, shr, sub};

/// The three comparison flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags {
    /// Overflow or less-than.
    pub lt: bool,
    /// Zero or equal.
    pub eq: bool,
    /// Neither (for `div`: no remainder).
    pub gt: bool,
}

impl Flags {
    /// No flag set.
    pub const NONE: Self = Self { lt: false, eq: false, gt: false };

    #[inline(always)]
    const fn of_carry(carry: bool, zero: bool) -> Self {
        Self { lt: carry, eq: zero, gt: !carry & !zero }
    }

    #[inline(always)]
    const fn of_zero(zero: bool) -> Self {
        Self { lt: false, eq: zero, gt: false }
    }
}

/// A binary operation: both results (the second is zero where there is none) and the flags it would set.
pub trait Binary {
    /// Whether there is a second result.
    const HAS_SECOND: bool = false;
    /// Whether the order of the operands does not matter.
    const COMMUTES: bool = false;
    /// Whether it takes so long that a call more does not matter.
    const IS_LONG: bool = false;

    /// Computes it.
    fn apply(a: &Word, b: &Word) -> (Word, Word, Flags);
}

macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident $([$($property:ident),*])? = |$a:ident, $b:ident| $body:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Binary for $name {
            $($(const $property: bool = true;)*)?

            #[inline(always)]
            fn apply($a: &Word, $b: &Word) -> (Word, Word, Flags) {
                $body
            }
        }
    )*};
}

binary! {
    /// `a + b`; `lt` on carry.
    Add [COMMUTES] = |a, b| {
        let (sum, carry) = add(a, b);
        (sum, Word::ZERO, Flags::of_carry(carry, sum.is_zero()))
    };
    /// `a − b`; `lt` on borrow.
    Sub = |a, b| {
        let (difference, borrow) = sub(a, b);
        (difference, Word::ZERO, Flags::of_carry(borrow, difference.is_zero()))
    };
    /// `a & b`; only `eq`.
    And [COMMUTES] = |a, b| logic(a, b, |a, b| a & b);
    /// `a | b`; only `eq`.
    Or [COMMUTES] = |a, b| logic(a, b, |a, b| a | b);
    /// `a ^ b`; only `eq`.
    Xor [COMMUTES] = |a, b| logic(a, b, |a, b| a ^ b);
    /// `a << (b mod 256)`; only `eq`.
    Shl = |a, b| shifted(shl(a, b.0[0] as u8));
    /// `a >> (b mod 256)`; only `eq`.
    Shr = |a, b| shifted(shr(a, b.0[0] as u8));
    /// `a` rotated left by `b mod 256`; only `eq`.
    Rol = |a, b| shifted(rol(a, b.0[0] as u8));
    /// `a` rotated right by `b mod 256`; only `eq`.
    Ror = |a, b| shifted(rol(a, (b.0[0] as u8).wrapping_neg()));
    /// `a · b`, both halves; `lt` if the high half is not zero, `eq` if the low half is.
    Mul [HAS_SECOND, COMMUTES] = |a, b| {
        let (low, high) = mul(a, b);
        (low, high, Flags::of_carry(!high.is_zero(), low.is_zero()))
    };
    /// The low half of `a · b`, for where nobody asks for the high one or the flags.
    MulLow [COMMUTES] = |a, b| (mul_low(a, b), Word::ZERO, Flags::NONE);
    /// `a / b` and `a mod b`. By zero: both zero and `lt`. Else `eq` for a zero quotient, `gt` for a zero remainder.
    Div [HAS_SECOND, IS_LONG] = |a, b| {
        match div(a, b) {
            Some((quotient, remainder)) => {
                let flags =
                    Flags { lt: false, eq: quotient.is_zero(), gt: remainder.is_zero() };
                (quotient, remainder, flags)
            }
            None => (Word::ZERO, Word::ZERO, Flags { lt: true, eq: false, gt: false }),
        }
    };
}

/// `a + b` mod 2²⁵⁶, and the carry.
#[cfg(not(target_pointer_width = "32"))]
#[inline(always)]
pub fn add(a: &Word, b: &Word) -> (Word, bool) {
    let (l0, c) = a.0[0].carrying_add(b.0[0], false);
    let (l1, c) = a.0[1].carrying_add(b.0[1], c);
    let (l2, c) = a.0[2].carrying_add(b.0[2], c);
    let (l3, c) = a.0[3].carrying_add(b.0[3], c);
    (Word([l0, l1, l2, l3]), c)
}

/// `a − b` mod 2²⁵⁶, and the borrow.
#[cfg(not(target_pointer_width = "32"))]
#[inline(always)]
pub fn sub(a: &Word, b: &Word) -> (Word, bool) {
    let (l0, c) = a.0[0].borrowing_sub(b.0[0], false);
    let (l1, c) = a.0[1].borrowing_sub(b.0[1], c);
    let (l2, c) = a.0[2].borrowing_sub(b.0[2], c);
    let (l3, c) = a.0[3].borrowing_sub(b.0[3], c);
    (Word([l0, l1, l2, l3]), c)
}

#[inline(always)]
fn logic(a: &Word, b: &Word, op: impl Fn(u64, u64) -> u64) -> (Word, Word, Flags) {
    let result = Word([
        op(scalar(a.0[0]), b.0[0]),
        op(scalar(a.0[1]), b.0[1]),
        op(scalar(a.0[2]), b.0[2]),
        op(scalar(a.0[3]), b.0[3]),
    ]);
    (result, Word::ZERO, Flags::of_zero(result.is_zero()))
}

#[inline(always)]
fn shifted(result: Word) -> (Word, Word, Flags) {
    (result, Word::ZERO, Flags::of_zero(result.is_zero()))
}

/// The upper limb of two neighbours that are shifted left together by less than 64 bits.
#[cfg(not(target_pointer_width = "32"))]
#[inline(always)]
fn funnel(high: u64, low: u64, bits: u32) -> u64 {
    high << bits | low >> 1 >> (63 - bits)
}

/// `a << by`.
// PERF: a branch for whole limbs. Picking them by index goes through memory, and waits for it.
#[cfg(not(target_pointer_width = "32"))]
#[inline(always)]
pub fn shl(a: &Word, by: u8) -> Word {
    let [a0, a1, a2, a3] = a.0.map(scalar);
    let bits = u32::from(by & 63);
    let funnel = |high, low| funnel(high, low, bits);
    Word(match by >> 6 {
        0 => [a0 << bits, funnel(a1, a0), funnel(a2, a1), funnel(a3, a2)],
        1 => [0, a0 << bits, funnel(a1, a0), funnel(a2, a1)],
        2 => [0, 0, a0 << bits, funnel(a1, a0)],
        _ => [0, 0, 0, a0 << bits],
    })
}

/// `a >> by`.
#[cfg(not(target_pointer_width = "32"))]
#[inline(always)]
pub fn shr(a: &Word, by: u8) -> Word {
    let [a0, a1, a2, a3] = a.0.map(scalar);
    let bits = u32::from(by & 63);
    let funnel = |high: u64, low: u64| low >> bits | high << 1 << (63 - bits);
    Word(match by >> 6 {
        0 => [funnel(a1, a0), funnel(a2, a1), funnel(a3, a2), a3 >> bits],
        1 => [funnel(a2, a1), funnel(a3, a2), a3 >> bits, 0],
        2 => [funnel(a3, a2), a3 >> bits, 0, 0],
        _ => [a3 >> bits, 0, 0, 0],
    })
}

/// `a` rotated left.
#[cfg(not(target_pointer_width = "32"))]
#[inline(always)]
pub fn rol(a: &Word, by: u8) -> Word {
    let [a0, a1, a2, a3] = a.0.map(scalar);
    let bits = u32::from(by & 63);
    let [a0, a1, a2, a3] = match by >> 6 {
        0 => [a0, a1, a2, a3],
        1 => [a3, a0, a1, a2],
        2 => [a2, a3, a0, a1],
        _ => [a1, a2, a3, a0],
    };
    let funnel = |high, low| funnel(high, low, bits);
    Word([funnel(a0, a3), funnel(a1, a0), funnel(a2, a1), funnel(a3, a2)])
}

/// The 512-bit product, low half first.
#[inline(always)]
pub fn mul(a: &Word, b: &Word) -> (Word, Word) {
    let mut product = [0u64; 8];
    for i in 0..4 {
        let mut carry = 0;
        for j in 0..4 {
            (product[i + j], carry) = a.0[i].carrying_mul_add(b.0[j], product[i + j], carry);
        }
        product[i + 4] = carry;
    }
    let [l0, l1, l2, l3, h0, h1, h2, h3] = product;
    (Word([l0, l1, l2, l3]), Word([h0, h1, h2, h3]))
}

/// The low half of the product.
#[inline(always)]
pub fn mul_low(a: &Word, b: &Word) -> Word {
    if let (Some(a), Some(b)) = (a.to_u64(), b.to_u64()) {
        return Word::from_u128(u128::from(a) * u128::from(b));
    }
    let mut product = [0u64; 4];
    for i in 0..4 {
        let mut carry = 0;
        for j in 0..3 - i {
            (product[i + j], carry) = a.0[i].carrying_mul_add(b.0[j], product[i + j], carry);
        }
        // The highest limb keeps no carry.
        let top = a.0[i].wrapping_mul(b.0[3 - i]);
        product[3] = product[3].wrapping_add(top).wrapping_add(carry);
    }
    Word(product)
}

/// Quotient and remainder; `None` for a zero divisor.
#[inline]
pub fn div(a: &Word, b: &Word) -> Option<(Word, Word)> {
    if b.is_zero() {
        return None;
    }
    if let (Some(a), Some(b)) = (a.to_u64(), b.to_u64()) {
        return Some((Word::from_u64(a / b), Word::from_u64(a % b)));
    }
    if a < b {
        return Some((Word::ZERO, *a));
    }
    let (mut quotient, mut remainder) = (a.0, b.0);
    ruint::algorithms::div(&mut quotient, &mut remainder);
    Some((Word(quotient), Word(remainder)))
}
