//! Calls.

use crate::batch::{ExecutionResult, RevertReason, TransactionOutcome};
use crate::transaction::Transaction;
use core::fmt;
use eravm_core::{Address, Word};

/// What a call is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallKind {
    /// A far call.
    Call,
    /// A far call of which nothing may be written.
    StaticCall,
    /// Runs another contract's code as the caller.
    DelegateCall,
    /// A call in the name of a third. System contracts make them.
    MimicCall,
    /// Runs the constructor of a contract.
    Create,
}

impl CallKind {
    /// Its name in capitals, as tools know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "CALL",
            Self::StaticCall => "STATICCALL",
            Self::DelegateCall => "DELEGATECALL",
            Self::MimicCall => "MIMICCALL",
            Self::Create => "CREATE",
        }
    }
}

/// Why a call failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallError {
    /// It reverted, with its output as reason.
    Reverted,
    /// It panicked with no ergs left.
    OutOfErgs,
    /// It never began: there is no code that can be called, the ergs do not suffice to load it, or the pointer to its calldata is
    /// none.
    NotBegun,
    /// It panicked for another reason.
    Panicked,
    /// It had not ended when the transaction was stopped.
    Unfinished,
    /// The transaction is not part of the batch.
    Halted,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reverted => "execution reverted",
            Self::OutOfErgs => "out of gas",
            Self::NotBegun => "call could not begin",
            Self::Panicked => "panicked",
            Self::Unfinished => "stopped",
            Self::Halted => "halted",
        })
    }
}

/// Bytes that may have been cut.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Data {
    /// The bytes, or the first of them.
    pub bytes: Vec<u8>,
    /// How many there were.
    pub length: usize,
}

impl Data {
    /// Bytes, all of them.
    pub(super) fn whole(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), length: bytes.len() }
    }

    /// Whether bytes are missing.
    pub const fn is_cut(&self) -> bool {
        self.bytes.len() < self.length
    }
}

/// A call with those that it made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// What it is.
    pub kind: CallKind,
    /// Who the callee takes for its caller; for a delegate call the contract that made it.
    pub from: Address,
    /// Whose code runs; `None` for a transaction that deploys EVM code.
    pub to: Option<Address>,
    /// The 128-bit context value, in wei of the base token. A system call carries its value in a register instead: what
    /// `MsgValueSimulator` is asked to transfer shows in the call that it makes.
    pub value: Word,
    /// Ergs that it was given.
    pub gas: u64,
    /// Ergs that it, and those that it called, took.
    pub gas_used: u64,
    /// Calldata.
    pub input: Data,
    /// What it returned.
    pub output: Data,
    /// Why it failed, if it did.
    pub error: Option<CallError>,
    /// The reason that it gave for that, if it gave one.
    pub revert_reason: Option<String>,
    /// The calls that it made.
    pub calls: Vec<Call>,
    /// Calls that it made, directly or not, which were not kept.
    pub omitted_calls: u64,
}

/// The calls that the bootloader made for a transaction.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CallTrace {
    /// The calls.
    pub calls: Vec<Call>,
    /// Calls that were not kept.
    pub omitted_calls: u64,
}

impl CallTrace {
    /// The transaction as the call that the other ones are part of, as `debug_traceTransaction` shows it: its gas limit, and what it paid
    /// for. Its own data are not cut.
    pub fn into_root(self, transaction: &Transaction, done: &TransactionOutcome) -> Call {
        let gas = transaction.gas_limit().to_u64().unwrap_or(u64::MAX);
        let (output, error, revert_reason) = match &done.outcome.result {
            ExecutionResult::Success { output } => (Data::whole(output), None, None),
            ExecutionResult::Revert(reason) => {
                (Data::whole(reason.data()), Some(CallError::Reverted), shown(reason))
            }
            ExecutionResult::Halt(halt) => {
                (Data::default(), Some(CallError::Halted), Some(halt.to_string()))
            }
        };
        Call {
            kind: if transaction.to().is_some() { CallKind::Call } else { CallKind::Create },
            from: transaction.sender(),
            to: transaction.to(),
            value: transaction.value(),
            gas,
            gas_used: gas.saturating_sub(done.outcome.refunded),
            input: Data::whole(transaction.calldata()),
            output,
            error,
            revert_reason,
            calls: self.calls,
            omitted_calls: self.omitted_calls,
        }
    }
}

/// A reason, if there is a message.
pub(super) fn shown(reason: &RevertReason) -> Option<String> {
    match reason {
        RevertReason::Message { message, .. } => Some(message.clone()),
        RevertReason::Other { .. } | RevertReason::Nothing | RevertReason::Unreported => None,
    }
}
