//! Arithmetic, logic and shifts on words, with the flags they set.

use crate::word::Word;

#[cfg(target_pointer_width = "32")]
use super::halves::{add_limb, sub_limb};
#[cfg(target_pointer_width = "32")]
pub use super::halves::{rol, shl, shr};

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

/// The flags as one of eight states, one-hot: bit `lt + 2·eq + 4·gt`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlagState(pub u32);

impl From<Flags> for FlagState {
    #[inline(always)]
    fn from(flags: Flags) -> Self {
        Self(1 << (u32::from(flags.lt) | u32::from(flags.eq) << 1 | u32::from(flags.gt) << 2))
    }
}

impl FlagState {
    /// [`Flags::of_carry`].
    #[inline(always)]
    fn of_carry(carry: bool, zero: bool) -> Self {
        let carry = u32::from(carry);
        Self(if zero { 4 << carry } else { 16 >> (3 * carry) })
    }

    /// [`Flags::of_zero`].
    #[inline(always)]
    const fn of_zero(zero: bool) -> Self {
        Self(if zero { 4 } else { 1 })
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
    /// Whether it shifts: that is how programs take words apart that hold several numbers, such as pointers.
    const IS_SHIFT: bool = false;

    /// Computes it.
    fn apply(a: &Word, b: &Word) -> (Word, Word, Flags);

    /// Computes it on operands that are read limb by limb, into a place that is written limb by limb; returns the second
    /// result. The place may be that of an operand: a limb is written after the same limb of the operands was read.
    ///
    /// PERF: what can be done limb by limb then needs one register for them instead of four, and no vector operations, whose
    /// loads would wait until limbs that were stored one by one have reached the cache.
    #[inline(always)]
    fn stream(
        a: impl Fn(usize) -> u64,
        b: impl Fn(usize) -> u64,
        put: impl Fn(usize, u64),
    ) -> (Word, FlagState) {
        let a = Word([a(0), a(1), a(2), a(3)]);
        let b = Word([b(0), b(1), b(2), b(3)]);
        let (result, second, flags) = Self::apply(&a, &b);
        put(0, result.0[0]);
        put(1, result.0[1]);
        put(2, result.0[2]);
        put(3, result.0[3]);
        (second, flags.into())
    }
}

/// An operation that can be done limb by limb.
trait Limbwise {
    /// Whether limbs have a carry, which shows in the flags.
    const CARRIES: bool;

    /// A limb of the result, and the carry into the next one.
    fn limb(a: u64, b: u64, carry: bool) -> (u64, bool);
}

/// Computes a limbwise operation; returns the last carry, and whether the result is zero.
#[inline(always)]
fn limb_by_limb<O: Limbwise>(
    a: impl Fn(usize) -> u64,
    b: impl Fn(usize) -> u64,
    mut put: impl FnMut(usize, u64),
) -> (bool, bool) {
    let (mut carry, mut any) = (false, 0);
    for k in 0..4 {
        let limb;
        (limb, carry) = O::limb(a(k), b(k), carry);
        any |= limb;
        put(k, limb);
    }
    (carry, any == 0)
}

macro_rules! limbwise {
    ($($(#[$doc:meta])* $name:ident [$carries:literal, $commutes:literal] =
        |$a:ident, $b:ident, $carry:ident| $body:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Limbwise for $name {
            const CARRIES: bool = $carries;

            #[inline(always)]
            fn limb($a: u64, $b: u64, $carry: bool) -> (u64, bool) {
                $body
            }
        }

        impl Binary for $name {
            const COMMUTES: bool = $commutes;

            #[inline(always)]
            fn apply(a: &Word, b: &Word) -> (Word, Word, Flags) {
                let mut result = Word::ZERO;
                let (carry, zero) =
                    limb_by_limb::<Self>(|k| a.0[k], |k| b.0[k], |k, limb| result.0[k] = limb);
                let flags = if Self::CARRIES {
                    Flags::of_carry(carry, zero)
                } else {
                    Flags::of_zero(zero)
                };
                (result, Word::ZERO, flags)
            }

            #[inline(always)]
            fn stream(
                a: impl Fn(usize) -> u64,
                b: impl Fn(usize) -> u64,
                put: impl Fn(usize, u64),
            ) -> (Word, FlagState) {
                let (carry, zero) = limb_by_limb::<Self>(a, b, put);
                let flags = if Self::CARRIES {
                    FlagState::of_carry(carry, zero)
                } else {
                    FlagState::of_zero(zero)
                };
                (Word::ZERO, flags)
            }
        }
    )*};
}

limbwise! {
    /// `a + b`; `lt` on carry.
    Add [true, true] = |a, b, carry| add_limb(a, b, carry);
    /// `a − b`; `lt` on borrow.
    Sub [true, false] = |a, b, borrow| sub_limb(a, b, borrow);
    /// `a & b`; only `eq`.
    And [false, true] = |a, b, _carry| (a & b, false);
    /// `a | b`; only `eq`.
    Or [false, true] = |a, b, _carry| (a | b, false);
    /// `a ^ b`; only `eq`.
    Xor [false, true] = |a, b, _carry| (a ^ b, false);
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
    /// `a << (b mod 256)`; only `eq`.
    Shl [IS_SHIFT] = |a, b| shifted(shl(a, b.0[0] as u8));
    /// `a >> (b mod 256)`; only `eq`.
    Shr [IS_SHIFT] = |a, b| shifted(shr(a, b.0[0] as u8));
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

/// A limb of `a + b`, and the carry into the next one.
#[cfg(not(target_pointer_width = "32"))]
#[inline(always)]
fn add_limb(a: u64, b: u64, carry: bool) -> (u64, bool) {
    a.carrying_add(b, carry)
}

/// A limb of `a − b`, and the borrow from the next one.
#[cfg(not(target_pointer_width = "32"))]
#[inline(always)]
fn sub_limb(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    a.borrowing_sub(b, borrow)
}

/// `a + b` mod 2²⁵⁶, and the carry.
#[inline(always)]
pub fn add(a: &Word, b: &Word) -> (Word, bool) {
    let (sum, _, flags) = Add::apply(a, b);
    (sum, flags.lt)
}

/// `a − b` mod 2²⁵⁶, and the borrow.
#[inline(always)]
pub fn sub(a: &Word, b: &Word) -> (Word, bool) {
    let (difference, _, flags) = Sub::apply(a, b);
    (difference, flags.lt)
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
    let [a0, a1, a2, a3] = a.0;
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
    let [a0, a1, a2, a3] = a.0;
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
    let [a0, a1, a2, a3] = a.0;
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
