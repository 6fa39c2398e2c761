//! Running a transaction alone in a fresh machine.

use super::error::OneShotError;
use super::meter::Meter;
use super::overrides::StateOverrides;
use super::state::OverriddenState;
use crate::batch::HostTracer;
use crate::batch::{
    BatchEnvironment, BatchError, BatchExecutor, BatchState, ExecutionMode, SystemEnvironment,
    TransactionOutcome,
};
use crate::transaction::{CustomSignature, Ecdsa, L2Kind, Signature, Transaction};
use eravm_core::NoTracer;

/// The place of a single transaction that does not become part of a batch: what a call or an estimate is run with.
///
/// It is run as if it were the only one of a batch that ends with it, as the network's API does; nothing of the batch's end is run.
/// One `OneShot` serves any number of calls and estimates.
#[derive(Clone, Debug)]
pub struct OneShot {
    system: SystemEnvironment,
    batch: BatchEnvironment,
    overrides: StateOverrides,
}

impl OneShot {
    /// Takes the environment of the batch that would come next.
    ///
    /// The bootloader must be the one for the purpose: `playground_batch` for calls, `fee_estimate` for estimates. The mode need not be set. A
    /// base fee that is enforced holds for calls; estimates set it themselves.
    pub fn new(system: SystemEnvironment, batch: BatchEnvironment) -> Self {
        Self { system, batch, overrides: StateOverrides::default() }
    }

    /// The same on a state in which something is different.
    #[must_use]
    pub fn with_overrides(self, overrides: StateOverrides) -> Self {
        Self { overrides, ..self }
    }

    /// What is the same for all batches, for a mode.
    pub(super) fn system(&self, mode: ExecutionMode) -> SystemEnvironment {
        SystemEnvironment { mode, ..self.system.clone() }
    }

    pub(super) fn batch(&self) -> BatchEnvironment {
        self.batch.clone()
    }

    /// The state with the overrides.
    pub(super) fn state<'a, S: BatchState>(
        &self,
        state: &'a mut S,
    ) -> Result<OverriddenState<'a, S>, OneShotError<S::Fault>> {
        let mut state = OverriddenState::over(state);
        state.apply(&self.overrides)?;
        Ok(state)
    }
}

/// What came of a transaction that was run alone.
#[derive(Clone, Debug)]
pub(super) struct Alone {
    pub(super) outcome: TransactionOutcome,
    pub(super) meter: Meter,
}

/// Runs a transaction alone.
pub(super) fn run_alone<S: BatchState, T: HostTracer>(
    system: &SystemEnvironment,
    batch: &BatchEnvironment,
    state: &mut OverriddenState<'_, S>,
    transaction: &Transaction,
    tracer: Option<&mut T>,
) -> Result<Alone, BatchError<S::Fault>> {
    let meter = Meter::new(system.protocol);
    let state = OverriddenState::over(state);
    let mut executor = BatchExecutor::observed(system.clone(), batch.clone(), state, meter)?;
    executor.push_transaction(transaction)?;
    let outcome = match tracer {
        Some(tracer) => executor.trace_transaction(tracer)?,
        None => executor.trace_transaction(&mut NoTracer)?,
    };
    let (_, meter) = executor.into_parts();
    Ok(Alone { outcome, meter })
}

/// Puts 65 bytes in the place of a signature that is missing, so that the transaction is as large as it will be.
pub(super) fn with_signature(mut transaction: Transaction) -> Transaction {
    if let Transaction::L2(l2) = &mut transaction
        && let L2Kind::Eip712(own) = &mut l2.kind
        && let Signature::Custom(CustomSignature { bytes, .. }) = &own.signature
        && bytes.is_empty()
    {
        own.signature = Signature::Ecdsa(Ecdsa::default());
    }
    transaction
}
