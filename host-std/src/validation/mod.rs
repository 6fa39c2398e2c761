//! Rules for what accounts may do while they validate a transaction.
//!
//! Who fails to validate a transaction does not pay for it. An account whose answer depends on what others can change would let
//! anybody make an operator work for nothing: many transactions are valid when they are accepted, one cheap transaction changes
//! what all of them depend on, and none can be put into a batch. So operators refuse transactions whose validation looks at more than
//! the account itself. These rules are the network's (zksync-era's validation tracer, after ERC-4337 and ERC-7562); they are policy and no
//! consensus: what is in a batch is valid without them.
//!
//! They hold from `AccountValidationEntered` to `ValidationExited` ([`Hook`](crate::batch::Hook)):
//!
//! | What | Rule |
//! |---|---|
//! | `log.sread` | the account's own slots, the slot with the number of its address, and what else [`ValidationTracer`] lists |
//! | far calls | only of addresses with code, and of the account itself |
//! | `context.meta` | never |
//! | ergs | as many as [`computational_gas_limit`](ValidationParameters::computational_gas_limit); not even a frame may run out of them |
//! | the time | only through the [`TimestampAsserter`], and not close to the end of its range |
//!
//! Writes, events and transient storage are free. So is the paymaster, by default: see [`PaymasterRules`].
//!
//! [`validate`] does it for a transaction on its own. A [`ValidationTracer`] can also be given to
//! [`BatchExecutor::validate_transaction`] or [`BatchExecutor::trace_transaction`].

mod error;
mod parameters;
mod rules;
mod tracer;
mod traces;

pub use error::{ValidationError, ViolatedRule};
pub use parameters::{PaymasterRules, TimestampAsserter, ValidationParameters};
pub use tracer::ValidationTracer;
pub use traces::ValidationTraces;

use crate::batch::{
    BatchEnvironment, BatchExecutor, BatchState, ExecutionMode, ExecutionResult, SystemEnvironment,
};
use crate::transaction::{L2Transaction, Transaction};

/// The computational gas that the network gives accounts for their validation, in ergs.
pub const DEFAULT_COMPUTATIONAL_GAS_LIMIT: u32 = 300_000;

/// Validates a transaction as the first one of a batch, on a state that stays as it is (lend it: `&mut state`).
///
/// The environment's mode and limit of ergs do not matter: these are [`ExecutionMode::VerifyExecute`] and the parameters' limit. The
/// nonce must be the account's next one.
///
/// # Errors
/// If a rule is violated, the bootloader refuses the transaction, or it cannot be run.
pub fn validate<S: BatchState>(
    system: SystemEnvironment,
    batch: BatchEnvironment,
    state: S,
    transaction: &L2Transaction,
    parameters: &ValidationParameters,
) -> Result<ValidationTraces, ValidationError<S::Fault>> {
    let system = SystemEnvironment {
        mode: ExecutionMode::VerifyExecute,
        engine: crate::engine::Engine::default(),
        validation_ergs: parameters.computational_gas_limit,
        ..system
    };
    let mut tracer = ValidationTracer::new(parameters, batch.timestamp);
    let mut executor = BatchExecutor::new(system, batch, state)?;
    executor.push_transaction(&Transaction::L2(transaction.clone()))?;
    let done = executor.validate_transaction(&mut tracer)?;
    if let Some(rule) = tracer.violation() {
        return Err(ValidationError::Violated(*rule));
    }
    match done.outcome.result {
        ExecutionResult::Halt(halt) => Err(ValidationError::Halted(halt)),
        ExecutionResult::Success { .. } if tracer.has_finished() => Ok(tracer.into_traces()),
        ExecutionResult::Success { .. } | ExecutionResult::Revert(_) => {
            Err(ValidationError::NotValidated)
        }
    }
}
