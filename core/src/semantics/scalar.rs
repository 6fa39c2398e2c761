//! Keeps limbs in scalar registers.

#![allow(
    unsafe_code,
    reason = "an empty assembly block is the one way to keep a value out of vector registers"
)]

/// The same value, about which the optimiser knows nothing any more.
///
/// PERF: without it, four limb operations without carries become two vector operations. Their loads then wait until the
/// limbs that the instruction before stored one by one have reached the cache: three times the latency of the whole
/// handler.
#[inline(always)]
pub(crate) fn scalar(limb: u64) -> u64 {
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
    {
        let mut limb = limb;
        // SAFETY: the block has no instructions; it neither touches memory nor flags nor the stack.
        unsafe {
            core::arch::asm!("/* {0} */", inout(reg) limb, options(pure, nomem, nostack, preserves_flags));
        }
        limb
    }
    #[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
    limb
}
