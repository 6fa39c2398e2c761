//! Sums and shifts in steps of 32 bits, for targets whose registers are that wide.
//!
//! PERF: compiled for such a target, steps of 64 bits branch for carries and for shifts across the middle. On rv32im
//! (`tests/tests/guest.rs`) an instruction that shifts takes 99 cycles this way instead of 173.

#![cfg_attr(
    not(target_pointer_width = "32"),
    allow(unreachable_pub, reason = "wider targets test this and use the steps of 64 bits")
)]

use crate::word::Word;

const COUNT: usize = 8;

/// The halves of the limbs, least significant first.
#[inline(always)]
fn split(word: &Word) -> [u32; COUNT] {
    let [l0, l1, l2, l3] = word.0;
    let high = |limb: u64| (limb >> 32) as u32;
    [l0 as u32, high(l0), l1 as u32, high(l1), l2 as u32, high(l2), l3 as u32, high(l3)]
}

#[inline(always)]
fn join([h0, h1, h2, h3, h4, h5, h6, h7]: [u32; COUNT]) -> Word {
    let limb = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    Word([limb(h0, h1), limb(h2, h3), limb(h4, h5), limb(h6, h7)])
}

/// A limb of `a + b`, and the carry into the next one.
#[inline(always)]
pub(super) fn add_limb(a: u64, b: u64, carry: bool) -> (u64, bool) {
    in_halves(a, b, carry, u32::carrying_add)
}

/// A limb of `a − b`, and the borrow from the next one.
#[inline(always)]
pub(super) fn sub_limb(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    in_halves(a, b, borrow, u32::borrowing_sub)
}

#[inline(always)]
fn in_halves(
    a: u64,
    b: u64,
    carry: bool,
    step: impl Fn(u32, u32, bool) -> (u32, bool),
) -> (u64, bool) {
    let (low, carry) = step(a as u32, b as u32, carry);
    let (high, carry) = step((a >> 32) as u32, (b >> 32) as u32, carry);
    (u64::from(low) | u64::from(high) << 32, carry)
}

/// `a << by`.
#[inline(always)]
pub fn shl(a: &Word, by: u8) -> Word {
    let [h0, h1, h2, h3, h4, h5, h6, h7] = split(a);
    left(&[0, 0, 0, 0, 0, 0, 0, 0, h0, h1, h2, h3, h4, h5, h6, h7], by)
}

/// `a >> by`.
#[inline(always)]
pub fn shr(a: &Word, by: u8) -> Word {
    let [h0, h1, h2, h3, h4, h5, h6, h7] = split(a);
    let line = [h0, h1, h2, h3, h4, h5, h6, h7, 0, 0, 0, 0, 0, 0, 0, 0];
    let (first, bits) = (usize::from(by >> 5), u32::from(by & 31));
    let half =
        |i: usize| line[(first + i) & 15] >> bits | line[(first + i + 1) & 15] << 1 << (31 - bits);
    join([half(0), half(1), half(2), half(3), half(4), half(5), half(6), half(7)])
}

/// `a` rotated left.
#[inline(always)]
pub fn rol(a: &Word, by: u8) -> Word {
    let [h0, h1, h2, h3, h4, h5, h6, h7] = split(a);
    left(&[h0, h1, h2, h3, h4, h5, h6, h7, h0, h1, h2, h3, h4, h5, h6, h7], by)
}

/// The upper half of a double word moved up by `by` bits.
#[inline(always)]
fn left(line: &[u32; 2 * COUNT], by: u8) -> Word {
    let (first, bits) = (COUNT - usize::from(by >> 5), u32::from(by & 31));
    let half =
        |i: usize| line[(first + i) & 15] << bits | line[(first + i - 1) & 15] >> 1 >> (31 - bits);
    join([half(0), half(1), half(2), half(3), half(4), half(5), half(6), half(7)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantics::alu;

    /// Words with long runs of equal bits, where carries go far, and without.
    fn words() -> impl Iterator<Item = Word> {
        let mut seed = 1u64;
        let mut next = move || {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            seed ^ seed >> 29
        };
        core::iter::repeat_with(move || {
            let kinds = next();
            Word(core::array::from_fn(|i| match kinds >> (i * 8) & 3 {
                0 => 0,
                1 => u64::MAX,
                2 => next() & 0xffff_ffff,
                _ => next(),
            }))
        })
    }

    #[test]
    fn sums_are_those_of_whole_limbs() {
        for (a, b) in words().zip(words().skip(1)).take(100_000) {
            for (a, b) in a.0.into_iter().zip(b.0) {
                for carry in [false, true] {
                    assert_eq!(add_limb(a, b, carry), a.carrying_add(b, carry), "{a} {b}");
                    assert_eq!(sub_limb(a, b, carry), a.borrowing_sub(b, carry), "{a} {b}");
                    assert_eq!(sub_limb(a, a, carry), a.borrowing_sub(a, carry), "{a}");
                }
            }
        }
    }

    #[test]
    fn shifts_are_those_of_whole_limbs() {
        for (word, by) in words().take(200).flat_map(|word| (0..=255).map(move |by| (word, by))) {
            assert_eq!(shl(&word, by), alu::shl(&word, by), "{word} {by}");
            assert_eq!(shr(&word, by), alu::shr(&word, by), "{word} {by}");
            assert_eq!(rol(&word, by), alu::rol(&word, by), "{word} {by}");
        }
    }
}
