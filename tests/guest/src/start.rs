//! What happens before and instead of `main`.

use crate::port;
use core::arch::global_asm;
use core::panic::PanicInfo;

// Memory is zero at the start, so there is no `.bss` to clear.
global_asm!(
    ".section .text.start",
    ".globl _start",
    "_start:",
    "la sp, _stack_top",
    "j {rust}",
    rust = sym rust_start,
);

extern "C" fn rust_start() -> ! {
    crate::main();
    port::halt(port::DONE)
}

#[panic_handler]
fn panicked(_: &PanicInfo<'_>) -> ! {
    port::halt(port::PANICKED)
}
