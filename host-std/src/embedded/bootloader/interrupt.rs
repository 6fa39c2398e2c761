//! What keeps the bootloader from going on.

use crate::batch::ERROR_SELECTOR;
use crate::batch::ErrorCode;
use crate::embedded::failure::{Caught, Failure};
use eravm_core::{RunError, Word};

/// What keeps the bootloader from going on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Interrupt {
    /// It gives up: its frame reverts with this.
    Reverts(Vec<u8>),
    /// Its frame panics.
    Panics,
    /// Its frame returns this: what a simulated call gave back.
    Returns(Vec<u8>),
    /// The innermost near frame panics; the bootloader goes on behind it.
    NearPanics,
    /// The host has heard enough.
    Enough,
    /// A tracer stopped it.
    Tracer,
    /// The machine cannot go on.
    Machine(RunError<Caught>),
}

impl Interrupt {
    /// It gives up for a reason.
    pub(super) fn halt(code: ErrorCode) -> Self {
        Self::Reverts(vec![code as u8])
    }

    /// It gives up for a reason, with what the contract that is to blame gave back.
    pub(super) fn halt_with(code: ErrorCode, data: &[u8]) -> Self {
        Self::Reverts([&[code as u8], data].concat())
    }

    /// It found its input inconsistent. Messages have at most 32 bytes.
    pub(super) fn assertion(message: &str) -> Self {
        let mut text = [0; 32];
        text.iter_mut().zip(message.bytes()).for_each(|(place, byte)| *place = byte);
        let words = [Word::from_u64(32), Word::from_u64(message.len() as u64)];
        let words = words.iter().flat_map(Word::to_be_bytes);
        let head = [ErrorCode::AssertionError as u8].into_iter().chain(ERROR_SELECTOR);
        Self::Reverts(head.chain(words).chain(text).collect())
    }

    /// A system contract failed: the bootloader gives up with what it reverted with.
    pub(super) fn of_system_call(code: ErrorCode) -> impl FnOnce(Failure) -> Self {
        move |failure| match failure {
            Failure::Revert(data) => Self::halt_with(code, &data),
            Failure::Panic => Self::halt(code),
            Failure::Stopped(stop) => Self::Machine(stop.into()),
            Failure::Fault => Self::Machine(RunError::Host(Caught)),
        }
    }

    /// A system contract failed: the innermost near frame panics.
    pub(super) fn of_near_call(failure: Failure) -> Self {
        match failure {
            Failure::Revert(_) | Failure::Panic => Self::NearPanics,
            Failure::Stopped(stop) => Self::Machine(stop.into()),
            Failure::Fault => Self::Machine(RunError::Host(Caught)),
        }
    }

    /// Where there is no near frame to panic, the bootloader's own does.
    pub(super) fn outside(self) -> Self {
        match self {
            Self::NearPanics => Self::Panics,
            other => other,
        }
    }

    /// The bootloader's own work failed: it is out of ergs.
    pub(super) fn of_own(failure: Failure) -> Self {
        match failure {
            Failure::Revert(data) => Self::Reverts(data),
            Failure::Panic => Self::Panics,
            Failure::Stopped(stop) => Self::Machine(stop.into()),
            Failure::Fault => Self::Machine(RunError::Host(Caught)),
        }
    }
}

impl From<RunError<Caught>> for Interrupt {
    fn from(error: RunError<Caught>) -> Self {
        Self::Machine(error)
    }
}

/// The result of a checked computation, or the bootloader's assertion about it.
pub(super) fn checked<T>(result: Option<T>, message: &str) -> Result<T, Interrupt> {
    result.ok_or_else(|| Interrupt::assertion(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Halt;

    #[test]
    fn assertions_are_read_as_such() {
        let Interrupt::Reverts(output) = Interrupt::assertion("Encoding from") else { panic!() };
        assert_eq!(output.len(), 1 + 4 + 3 * 32);
        let halt = Halt::of_output(&output).expect("it is a halt").to_string();
        assert!(halt.ends_with("(AssertionError): Encoding from"), "{halt}");
    }
}
