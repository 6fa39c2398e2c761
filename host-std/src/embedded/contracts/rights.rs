//! Who may call what: the checks of `SystemContractBase`. They come behind the decoding of arguments.

use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Selector, error, selector};
use crate::system_contracts::addresses::BOOTLOADER;
use eravm_core::{Address, Word, is_kernel};

/// Only some contracts may call this.
pub(crate) fn only_from(cx: &Context<'_>, callers: &[Address]) -> Result<(), Failure> {
    const UNAUTHORIZED: Selector = selector("Unauthorized(address)");
    let caller = cx.caller();
    if callers.contains(&caller) {
        return Ok(());
    }
    Err(error(UNAUTHORIZED, &[Word::from_address(&caller)]))
}

/// Only the bootloader may call this.
pub(crate) fn only_from_bootloader(cx: &Context<'_>) -> Result<(), Failure> {
    const CALLER_MUST_BE_BOOTLOADER: Selector = selector("CallerMustBeBootloader()");
    if cx.caller() == BOOTLOADER { Ok(()) } else { Err(error(CALLER_MUST_BE_BOOTLOADER, &[])) }
}

/// Only contracts of kernel space may call this.
pub(crate) fn only_from_kernel(cx: &Context<'_>) -> Result<(), Failure> {
    const CALLER_MUST_BE_SYSTEM_CONTRACT: Selector = selector("CallerMustBeSystemContract()");
    if is_kernel(&cx.caller()) { Ok(()) } else { Err(error(CALLER_MUST_BE_SYSTEM_CONTRACT, &[])) }
}

/// Only system calls, and contracts of kernel space, may call this.
pub(crate) fn only_system_call(cx: &Context<'_>) -> Result<(), Failure> {
    const SYSTEM_CALL_FLAG_REQUIRED: Selector = selector("SystemCallFlagRequired()");
    if cx.is_system_call() || is_kernel(&cx.caller()) {
        Ok(())
    } else {
        Err(error(SYSTEM_CALL_FLAG_REQUIRED, &[]))
    }
}
