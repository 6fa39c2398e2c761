//! How a native contract fails.

use eravm_core::precompiles::CallFault;
use eravm_core::{RunError, Stop};

/// Why a native contract does not go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// It reverts with this data.
    Revert(Vec<u8>),
    /// It panics: it is out of ergs, or did what its frame may not do.
    Panic,
    /// The machine cannot go on.
    Stopped(Stop),
    /// The state cannot answer. What it said is kept [aside](super::world::Catching).
    Fault,
}

impl Failure {
    /// A revert without data.
    pub(crate) const EMPTY: Self = Self::Revert(Vec::new());

    /// What a caller makes of it that reverts with what it gets: of panics that is nothing.
    pub(crate) fn of_call(self) -> Self {
        match self {
            Self::Panic => Self::EMPTY,
            other => other,
        }
    }
}

/// The state could not answer. What it said is kept [aside](super::world::Catching).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Caught;

impl From<RunError<Caught>> for Failure {
    fn from(error: RunError<Caught>) -> Self {
        match error {
            RunError::Host(Caught) => Self::Fault,
            RunError::Stopped(stop) => Self::Stopped(stop),
        }
    }
}

impl From<Caught> for Failure {
    fn from(Caught: Caught) -> Self {
        Self::Fault
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<CallFault<Caught>> for Failure {
    fn from(fault: CallFault<Caught>) -> Self {
        match fault {
            CallFault::Host(Caught) => Self::Fault,
            CallFault::NotBuilt(which) => Self::Stopped(Stop::PrecompileNotBuilt(which)),
            CallFault::TooMuchWork(which) => Self::Stopped(Stop::PrecompileTooMuchWork(which)),
        }
    }
}
