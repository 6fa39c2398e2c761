//! What processors keep of code that they have seen.

/// What was written as data is to be seen as code. x86-64 does that itself.
#[cfg(not(target_arch = "aarch64"))]
pub(crate) fn flush_instruction_cache(_: &[u8]) {}

/// Cleans the data cache and invalidates the instruction cache, line by line (Arm ARM, B2.4.4).
#[cfg(target_arch = "aarch64")]
pub(crate) fn flush_instruction_cache(memory: &[u8]) {
    use std::arch::asm;
    const LINE: usize = 16;
    let lines = || memory.chunks(LINE).map(<[u8]>::as_ptr);
    // SAFETY: the instructions work on caches only, on addresses that are mapped.
    unsafe {
        for line in lines() {
            asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags));
        }
        asm!("dsb ish", options(nostack, preserves_flags));
        for line in lines() {
            asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags));
        }
        asm!("dsb ish", "isb", options(nostack, preserves_flags));
    }
}
