//! Why a transaction is refused.

use crate::batch::{BatchError, Halt};
use core::fmt;
use eravm_core::{Address, Word};

/// A rule that the validation of a transaction violated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ViolatedRule {
    /// It read a slot that others can change.
    TouchedDisallowedStorageSlot {
        /// The contract.
        address: Address,
        /// The slot.
        key: Word,
        /// Who called the contract.
        caller: Address,
    },
    /// It called an address without code, where somebody could deploy some.
    CalledContractWithNoCode(Address),
    /// It looked at the context of the batch (`context.meta`).
    TouchedDisallowedContext,
    /// It, or a frame of it, ran out of ergs.
    TookTooManyComputationalGas {
        /// The limit, in ergs. A frame may have been given less.
        limit: u32,
    },
    /// It is only valid up to a time that is too close.
    TimestampAssertionCloseToRangeEnd {
        /// End of the range, in seconds.
        end: u64,
        /// The batch's time, in seconds.
        timestamp: u64,
        /// How much time there must be in between, in seconds.
        min_seconds_till_end: u64,
    },
}

impl fmt::Display for ViolatedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TouchedDisallowedStorageSlot { address, key, caller } => write!(
                f,
                "the validation read slot {key:?} of contract {address:?}, called by {caller:?}, which is not related to the account"
            ),
            Self::CalledContractWithNoCode(address) => {
                write!(f, "the validation called {address:?}, which has no code")
            }
            Self::TouchedDisallowedContext => {
                f.write_str("the validation looked at the context of the batch (context.meta)")
            }
            Self::TookTooManyComputationalGas { limit } => {
                write!(f, "the validation ran out of ergs; all of it may use {limit}")
            }
            Self::TimestampAssertionCloseToRangeEnd { end, timestamp, min_seconds_till_end } => {
                write!(
                    f,
                    "the transaction is valid up to {end} and it is {timestamp}: there must be {min_seconds_till_end} seconds in between"
                )
            }
        }
    }
}

/// Why a transaction is refused.
#[derive(Clone, PartialEq, Debug)]
pub enum ValidationError<F> {
    /// It violated a rule. Only the first violation is known: the validation was stopped there.
    Violated(ViolatedRule),
    /// The bootloader refused it.
    Halted(Halt),
    /// The bootloader did not validate it.
    NotValidated,
    /// It could not be run.
    Batch(BatchError<F>),
}

impl<F> From<BatchError<F>> for ValidationError<F> {
    fn from(error: BatchError<F>) -> Self {
        Self::Batch(error)
    }
}

impl<F: fmt::Debug> fmt::Display for ValidationError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Violated(rule) => fmt::Display::fmt(rule, f),
            Self::Halted(halt) => fmt::Display::fmt(halt, f),
            Self::NotValidated => f.write_str(
                "the bootloader did not validate the transaction: use the one for batches that are proved",
            ),
            Self::Batch(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl core::error::Error for ViolatedRule {}

impl<F: fmt::Debug> core::error::Error for ValidationError<F> {}
