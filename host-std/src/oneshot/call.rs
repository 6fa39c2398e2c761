//! Calls: what a transaction would do, without anybody having signed or paid for it.

use super::breakdown::CallGas;
use super::error::OneShotError;
use super::run::{Alone, OneShot, run_alone, with_signature};
use crate::batch::HostTracer;
use crate::batch::{BatchState, ExecutionMode, TransactionOutcome};
use crate::transaction::Transaction;
use eravm_core::NoTracer;

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Call {
    /// What it did. A call that fails has the result [`Revert`](crate::batch::ExecutionResult::Revert); one that the bootloader
    /// refuses to make has [`Halt`](crate::batch::ExecutionResult::Halt).
    pub outcome: TransactionOutcome,
    /// What it took.
    pub gas: CallGas,
}

impl OneShot {
    /// Makes a call (`eth_call`). The bootloader must be `playground_batch`.
    ///
    /// The transaction need not be signed; neither its nonce nor what it pays is checked, and it may come from a contract.
    ///
    /// # Errors
    /// If overrides cannot be applied, there is no room for the call, or the machine cannot go on.
    pub fn call<S: BatchState>(
        &self,
        state: &mut S,
        transaction: &Transaction,
    ) -> Result<Call, OneShotError<S::Fault>> {
        self.make_call::<S, NoTracer>(state, transaction, None)
    }

    /// Makes a call and shows every instruction to a tracer.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn trace_call<S: BatchState, T: HostTracer>(
        &self,
        state: &mut S,
        transaction: &Transaction,
        tracer: &mut T,
    ) -> Result<Call, OneShotError<S::Fault>> {
        self.make_call(state, transaction, Some(tracer))
    }

    fn make_call<S: BatchState, T: HostTracer>(
        &self,
        state: &mut S,
        transaction: &Transaction,
        tracer: Option<&mut T>,
    ) -> Result<Call, OneShotError<S::Fault>> {
        let system = self.system(ExecutionMode::EthCall);
        let mut batch = self.batch();
        let limit = transaction.gas_per_pubdata_limit();
        batch.fee_input = batch.fee_input.adjusted_for(&limit, batch.enforced_base_fee);
        let transaction = with_signature(transaction.clone());
        let mut state = self.state(state)?;
        let Alone { outcome, meter } =
            run_alone(&system, &batch, &mut state, &transaction, tracer)?;
        let gas = CallGas::of(&batch, &outcome.outcome, &meter);
        Ok(Call { outcome, gas })
    }
}
