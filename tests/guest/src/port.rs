//! The only way out: two addresses that the emulator watches.

use core::ptr::with_exposed_provenance_mut;

/// A word written here is taken note of, with the number of instructions so far.
const PUT: usize = 0xffff_0000;
/// A word written here ends the program; it is its exit code.
const HALT: usize = 0xffff_0004;

/// Says that a run starts.
pub const START: u32 = 0x5354_4152;

/// Exit code: all went well.
pub const DONE: u32 = 0;
/// Exit code: the guest panicked.
pub const PANICKED: u32 = 1;
/// Exit code: a program could not be assembled, decoded or started.
pub const BAD_PROGRAM: u32 = 2;

/// Says a number.
#[inline(always)]
pub fn put(value: u32) {
    // SAFETY: the address is no memory of this program; the emulator accepts word writes to it.
    unsafe { with_exposed_provenance_mut::<u32>(PUT).write_volatile(value) }
}

/// Ends the program.
pub fn halt(code: u32) -> ! {
    loop {
        // SAFETY: as in `put`. The emulator does not go on after this write.
        unsafe { with_exposed_provenance_mut::<u32>(HALT).write_volatile(code) }
    }
}
