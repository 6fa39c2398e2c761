//! Why a batch cannot go on.

use super::blocks::BlockError;
use crate::pubdata::{FormatError, PubdataError, StateDiffError};
use core::fmt;
use eravm_core::{
    CodeError, Exit, ProtocolTooOld, RunError, SetupError, SnapshotError, Stop, VersionedHash, Word,
};

/// Why a batch cannot go on. A transaction that fails is no error: see
/// [`ExecutionResult`](super::ExecutionResult).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BatchError<F> {
    /// The state could not answer. The machine is as it was before the instruction that asked.
    State(F),
    /// The machine stopped.
    Stopped(Stop),
    /// The machine cannot be made.
    Setup(SetupError),
    /// The protocol version is too old.
    Protocol(ProtocolTooOld),
    /// Code that comes with a transaction cannot be code.
    Code(VersionedHash, CodeError),
    /// A block cannot follow.
    Block(BlockError),
    /// The batch has this many transactions, and no place for another one.
    TooManyTransactions(u32),
    /// There is no room in the bootloader's heap.
    NoRoom {
        /// What for.
        what: &'static str,
        /// Words that it takes.
        needed: usize,
        /// Words that are left.
        left: u32,
    },
    /// No transaction was pushed that was not run.
    NothingToRun,
    /// This many pushed transactions were not run.
    NotRun(u32),
    /// The bootloader has ended: the batch is finished, or a transaction has halted and was not taken back.
    Ended,
    /// The bootloader wrote this to the hook, which is not known.
    UnknownHook(Word),
    /// The bootloader entered the validation of an account while another one was going on.
    NestedValidation,
    /// The bootloader asked for a refund or for pubdata when that makes no sense.
    UnexpectedHook(&'static str),
    /// The machine came back in a way that was not asked for.
    UnexpectedExit(Exit),
    /// A snapshot cannot be made or gone back to.
    Snapshot(SnapshotError),
    /// The state diffs cannot be published.
    StateDiffs(StateDiffError),
    /// What is to be published cannot be.
    Pubdata(PubdataError),
    /// The form of pubdata does not go with the protocol version.
    Format(FormatError),
}

impl<F> From<RunError<F>> for BatchError<F> {
    fn from(error: RunError<F>) -> Self {
        match error {
            RunError::Host(fault) => Self::State(fault),
            RunError::Stopped(stop) => Self::Stopped(stop),
        }
    }
}

macro_rules! from {
    ($($error:ty => $variant:ident),* $(,)?) => {$(
        impl<F> From<$error> for BatchError<F> {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}

from! {
    BlockError => Block,
    FormatError => Format,
    ProtocolTooOld => Protocol,
    PubdataError => Pubdata,
    SetupError => Setup,
    SnapshotError => Snapshot,
    StateDiffError => StateDiffs,
}

impl<F: fmt::Debug> fmt::Display for BatchError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(fault) => write!(f, "the state could not answer: {fault:?}"),
            Self::Stopped(stop) => fmt::Display::fmt(stop, f),
            Self::Setup(error) => fmt::Display::fmt(error, f),
            Self::Protocol(error) => fmt::Display::fmt(error, f),
            Self::Code(hash, error) => write!(f, "code {hash} cannot come with a transaction: {error}"),
            Self::Block(error) => fmt::Display::fmt(error, f),
            Self::TooManyTransactions(count) => write!(
                f,
                "the batch has {count} transactions, as many as it may have: finish it and begin another one"
            ),
            Self::NoRoom { what, needed, left } => write!(
                f,
                "{what} takes {needed} words of the bootloader's memory, where {left} are left: finish the batch and begin \
                 another one"
            ),
            Self::NothingToRun => f.write_str("there is no transaction to run: push one first"),
            Self::NotRun(count) => {
                write!(f, "{count} transactions were pushed and not run: run them before the batch is finished")
            }
            Self::Ended => f.write_str(
                "the bootloader has ended: the batch is finished, or a transaction has halted and was not taken back",
            ),
            Self::UnknownHook(number) => {
                write!(f, "the bootloader wrote {number:?} to the hook, which this host does not know")
            }
            Self::NestedValidation => {
                f.write_str("the bootloader began to validate an account while it validated another one")
            }
            Self::UnexpectedHook(name) => {
                write!(f, "the bootloader triggered {name} where that makes no sense")
            }
            Self::UnexpectedExit(exit) => write!(f, "the machine came back with {exit:?}"),
            Self::Snapshot(error) => fmt::Display::fmt(error, f),
            Self::StateDiffs(error) => fmt::Display::fmt(error, f),
            Self::Pubdata(error) => fmt::Display::fmt(error, f),
            Self::Format(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl<F: fmt::Debug> core::error::Error for BatchError<F> {}
