//! What processors keep of instructions that they have seen.

use std::io;

/// After this every thread of the process executes what was written to memory as data. x86-64 sees to that itself.
#[cfg(not(target_arch = "aarch64"))]
#[expect(clippy::unnecessary_wraps, reason = "other architectures ask the system")]
pub(crate) fn publish(_: &[u8]) -> io::Result<()> {
    Ok(())
}

/// After this every thread of the process executes what was written to memory as data, though it may have executed other code
/// there before (Arm ARM, B2.4.4).
///
/// # Errors
/// The system has no way to reach the other processors; nobody may execute the code then.
#[cfg(target_arch = "aarch64")]
pub(crate) fn publish(code: &[u8]) -> io::Result<()> {
    aarch64::flush_caches(code);
    aarch64::discard_fetched_instructions()
}

#[cfg(target_arch = "aarch64")]
mod aarch64 {
    use std::arch::asm;
    use std::io;

    /// Cleans the data cache and invalidates the instruction cache, line by line, for all processors.
    pub(super) fn flush_caches(memory: &[u8]) {
        // The shortest line that there can be.
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

    /// Makes every processor that runs a thread of this process forget what it fetched before: `isb` does that only where it is
    /// executed. From Linux 4.16 on; see membarrier(2).
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn discard_fetched_instructions() -> io::Result<()> {
        const SYNC_CORE: libc::c_int = libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE;
        const REGISTER_SYNC_CORE: libc::c_int =
            libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;
        let membarrier = |command: libc::c_int| {
            let no_flags: libc::c_uint = 0;
            // SAFETY: the call gets two numbers and touches no memory.
            match unsafe { libc::syscall(libc::SYS_membarrier, command, no_flags) } {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            }
        };
        membarrier(SYNC_CORE).or_else(|error| {
            if error.raw_os_error() != Some(libc::EPERM) {
                return Err(error);
            }
            // The first time in this process.
            membarrier(REGISTER_SYNC_CORE)?;
            membarrier(SYNC_CORE)
        })
    }

    /// Other systems: macOS, for one, offers no call for it.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    #[expect(clippy::unnecessary_wraps, reason = "other systems can fail")]
    pub(super) fn discard_fetched_instructions() -> io::Result<()> {
        Ok(())
    }
}
