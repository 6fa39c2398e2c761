//! This project's executor.

use crate::engine::{End, Engine, Form};
use eravm_batches::{Executor, Scenario};
use eravm_host::batch::{BatchError, ExecutionResult, FinishedBatch, TransactionOutcome};
use eravm_host::transaction::{RecoveredSigner, SignatureError};
use std::convert::Infallible;
use std::time::{Duration, Instant};

/// The executor with a batch.
pub(crate) struct Ours {
    name: &'static str,
    scenario: Scenario,
    signers: Vec<RecoveredSigner>,
}

impl Ours {
    /// The executor as it is: it recovers the signers itself.
    pub(crate) const fn alone(scenario: Scenario) -> Self {
        Self { name: "executor", scenario, signers: Vec::new() }
    }

    /// The executor in a node that has recovered the signers when it took the transactions in.
    pub(crate) fn with_signers(scenario: Scenario) -> Result<Self, SignatureError> {
        let signers = scenario.signers()?;
        Ok(Self { name: "executor+signers", scenario, signers })
    }

    fn transactions(
        &self,
        executor: &mut Executor<'_, ()>,
        form: Form,
    ) -> Result<Vec<TransactionOutcome>, BatchError<Infallible>> {
        self.signers.iter().for_each(|signer| executor.add_signer(*signer));
        let run = |transaction| match form {
            Form::Transactions => {
                executor.push_transaction(transaction)?;
                executor.run_transaction()
            }
            Form::Full | Form::Finished => executor.execute(transaction),
        };
        self.scenario.transactions.iter().map(run).collect()
    }

    fn try_run(&self, form: Form) -> Result<(Duration, End), BatchError<Infallible>> {
        let begin = Instant::now();
        let mut executor = self.scenario.begin(())?;
        let made = Instant::now();
        let outcomes = self.transactions(&mut executor, form)?;
        let ended = Instant::now();
        let finished = match form {
            Form::Finished => Some(executor.finish(&self.scenario.format)?),
            _ => None,
        };
        drop(executor);
        let time = match form {
            Form::Transactions => ended - made,
            Form::Full | Form::Finished => begin.elapsed(),
        };
        Ok((time, end(&outcomes, finished)))
    }
}

fn end(outcomes: &[TransactionOutcome], finished: Option<FinishedBatch>) -> End {
    let outcomes = outcomes.iter().map(|it| &it.outcome);
    let transactions =
        outcomes.map(|it| (matches!(it.result, ExecutionResult::Success { .. }), it.refunded));
    let transactions = transactions.collect();
    let Some(finished) = finished else { return End { transactions, ..End::default() } };
    let heap = finished.bootloader_memory.iter();
    let changes = finished.storage_changes.iter();
    End {
        transactions,
        heap: heap.map(|(index, word)| (*index as usize, word.to_be_bytes())).collect(),
        changes: changes
            .map(|it| (it.address.0, it.key.to_be_bytes(), it.after.to_be_bytes()))
            .collect(),
        logs: (finished.events.len(), finished.system_logs.len()),
        pubdata: finished.pubdata,
    }
}

impl Engine for Ours {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&mut self, form: Form) -> (Duration, End) {
        match self.try_run(form) {
            Ok(done) => done,
            Err(error) => panic!("the executor stopped: {error}"),
        }
    }
}
