//! Why a call or an estimate cannot be made.

use super::estimate::Run;
use super::overrides::CodeOverrideError;
use super::state::OverrideError;
use crate::batch::{BatchError, ExecutionResult};
use core::fmt;
use eravm_core::{Address, Word};

/// Why a transaction cannot be run alone. One that fails is no error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OneShotError<F> {
    /// The code that is to be an account's cannot be.
    Code(Address, CodeOverrideError),
    /// The machine cannot go on, or the state could not answer.
    Batch(BatchError<F>),
}

impl<F> From<BatchError<F>> for OneShotError<F> {
    fn from(error: BatchError<F>) -> Self {
        Self::Batch(error)
    }
}

impl<F> From<OverrideError<F>> for OneShotError<F> {
    fn from(error: OverrideError<F>) -> Self {
        match error {
            OverrideError::State(fault) => Self::Batch(BatchError::State(fault)),
            OverrideError::Code(account, error) => Self::Code(account, error),
        }
    }
}

impl<F: fmt::Debug> fmt::Display for OneShotError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(account, error) => {
                write!(f, "code of {account:?} that is to override: {error}")
            }
            Self::Batch(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl<F: fmt::Debug + core::error::Error + 'static> core::error::Error for OneShotError<F> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Code(_, error) => Some(error),
            Self::Batch(error) => Some(error),
        }
    }
}

/// Why there is no estimate.
#[derive(Clone, Debug)]
pub enum EstimateError<F> {
    /// The transaction cannot be run.
    Run(OneShotError<F>),
    /// The account cannot transfer what the transaction is to transfer, whatever the fee. In wei of the base token.
    Balance {
        /// Its balance.
        balance: Word,
        /// What is to be transferred.
        value: Word,
    },
    /// Fee and value of a transaction from L1 are together more than can be minted.
    Mint,
    /// The transaction fails even with all the gas that there is.
    FirstRun(Box<Run>),
    /// The transaction fails with the estimate: it depends on the gas that it has, or no gas is enough.
    FinalRun(Box<Run>),
    /// The estimate is above the most that a transaction may have.
    AboveLimit {
        /// The estimate.
        gas_limit: u64,
        /// The most.
        limit: u64,
    },
}

impl<F> EstimateError<F> {
    /// What came of the run that failed, if one did.
    pub fn result(&self) -> Option<&ExecutionResult> {
        match self {
            Self::FirstRun(run) | Self::FinalRun(run) => Some(&run.outcome.outcome.result),
            _ => None,
        }
    }
}

impl<F> From<OneShotError<F>> for EstimateError<F> {
    fn from(error: OneShotError<F>) -> Self {
        Self::Run(error)
    }
}

impl<F> From<BatchError<F>> for EstimateError<F> {
    fn from(error: BatchError<F>) -> Self {
        Self::Run(error.into())
    }
}

/// A result that is no success.
struct Failed<'a>(&'a Run);

impl fmt::Display for Failed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.outcome.outcome.result {
            ExecutionResult::Success { .. } => f.write_str("it succeeds"),
            ExecutionResult::Revert(reason) => write!(f, "it reverts: {reason}"),
            ExecutionResult::Halt(halt) => write!(f, "it is rejected: {halt}"),
        }
    }
}

impl<F: fmt::Debug> fmt::Display for EstimateError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(error) => fmt::Display::fmt(error, f),
            Self::Balance { balance, value } => write!(
                f,
                "the account has {balance} wei, which is less than the {value} wei that it is to transfer"
            ),
            Self::Mint => {
                f.write_str("fee and value are together more than 2^256 - 1 wei: lower the value")
            }
            Self::FirstRun(run) => {
                write!(
                    f,
                    "no gas is enough for the transaction: with {} gas {}",
                    run.gas_limit,
                    Failed(run)
                )
            }
            Self::FinalRun(run) => write!(
                f,
                "the transaction fails with the estimate, {} gas: {}",
                run.gas_limit,
                Failed(run)
            ),
            Self::AboveLimit { gas_limit, limit } => write!(
                f,
                "exceeds block gas limit: the estimate is {gas_limit} gas, and a transaction may have {limit}"
            ),
        }
    }
}

impl<F: fmt::Debug + core::error::Error + 'static> core::error::Error for EstimateError<F> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Run(error) => Some(error),
            _ => None,
        }
    }
}
