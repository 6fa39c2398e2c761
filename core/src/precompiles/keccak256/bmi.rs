//! Keccak-f\[1600\] with the and-not and the three-operand rotation of x86-64 processors since 2013 (BMI1 and BMI2).
//!
//! PERF: a twentieth less time for keccak256 of 128 bytes. (The 512-bit registers were tried, too: on a Zen 4, half as fast again
//! as this, because every round waits for four shuffles.)

#![allow(
    unsafe_code,
    reason = "calls a function for processor features that were asked for before"
)]

use super::{LANES, rounds};
use core::arch::x86_64::__cpuid_count;
use core::sync::atomic::{AtomicU8, Ordering};

/// What is known of the processor. Threads that find out at the same time find out the same.
static KNOWN: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const ABSENT: u8 = 1;
const PRESENT: u8 = 2;

/// Permutes, if the processor has what it takes.
#[inline]
pub(super) fn permute(state: &mut [u64; LANES]) -> bool {
    let known = match KNOWN.load(Ordering::Relaxed) {
        UNKNOWN => find_out(),
        known => known,
    };
    if known == PRESENT {
        // SAFETY: the processor has both features.
        unsafe { permute_with_bmi(state) };
    }
    known == PRESENT
}

#[target_feature(enable = "bmi1,bmi2")]
fn permute_with_bmi(state: &mut [u64; LANES]) {
    rounds::<false>(state);
}

#[cold]
fn find_out() -> u8 {
    const FEATURES: u32 = 7;
    const BMI1: u32 = 1 << 3;
    const BMI2: u32 = 1 << 8;
    #[allow(unused_unsafe, reason = "safe in newer compilers")]
    // SAFETY: every x86-64 processor has the instruction; it only reads.
    let (highest, features) = unsafe { (__cpuid_count(0, 0).eax, __cpuid_count(FEATURES, 0).ebx) };
    let present = highest >= FEATURES && features & BMI1 != 0 && features & BMI2 != 0;
    let known = if present { PRESENT } else { ABSENT };
    KNOWN.store(known, Ordering::Relaxed);
    known
}
