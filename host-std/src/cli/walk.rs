//! Going through the transactions of a planned batch, block by block.

use super::complain;
use super::error::CliError;
use super::inputs::Inputs;
use crate::batch::{
    BatchEnvironment, BatchError, BatchExecutor, ExecutionResult, HostTracer, MemoryState,
    SystemEnvironment, TransactionOutcome,
};
use crate::batch_file::{PlannedBlock, next_nonce};
use crate::system_contracts::nonce_slot;
use crate::transaction::Transaction;
use core::convert::Infallible;
use core::fmt;
use core::ops::ControlFlow;
use eravm_core::{Address, Word};
use serde::Serialize;

/// Why a batch was not finished.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FatalError {
    /// Where in the file: a transaction or a block; none for the beginning or the end of the batch.
    pub(super) place: Option<String>,
    pub(super) message: String,
}

impl fmt::Display for FatalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "the batch was not finished: {place}: {}", self.message),
            None => write!(f, "the batch could not be finished: {}", self.message),
        }
    }
}

/// Why a batch does not go on.
#[derive(Debug)]
pub(super) enum End {
    /// It cannot.
    Fatal(FatalError),
    /// Something is wrong with an input or an output.
    Error(CliError),
}

impl From<CliError> for End {
    fn from(error: CliError) -> Self {
        Self::Error(error)
    }
}

/// The end of a batch at a place of the file.
pub(super) fn fatal(place: Option<&str>, error: &BatchError<Infallible>) -> End {
    let place = place.map(str::to_owned);
    End::Fatal(FatalError { place, message: error.to_string() })
}

pub(super) type Executor = BatchExecutor<MemoryState>;

/// A batch while its transactions are run.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    inputs: &'a Inputs,
    pub(super) executor: Executor,
    /// Number of the last block.
    pub(super) block: u32,
    /// Blocks so far.
    pub(super) blocks: u32,
    /// Transactions in the last one.
    in_block: u32,
}

/// A transaction whose turn it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn<'a> {
    /// Its number, from 0.
    pub(super) index: usize,
    /// Where it is in the file.
    pub(super) place: &'a str,
    pub(super) transaction: &'a Transaction,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        inputs: &'a Inputs,
        system: SystemEnvironment,
        batch: BatchEnvironment,
        state: MemoryState,
    ) -> Result<Self, End> {
        Ok(Self {
            inputs,
            block: batch.first_block.number,
            executor: Executor::new(system, batch, state).map_err(|error| fatal(None, &error))?,
            blocks: 1,
            in_block: 0,
        })
    }

    /// Begins the blocks and calls `visit` with their transactions, one after the other, to [run](Self::run) them, until it breaks off.
    pub(super) fn visit(
        &mut self,
        blocks: &[PlannedBlock],
        mut visit: impl FnMut(&mut Self, Turn<'_>) -> Result<ControlFlow<()>, End>,
    ) -> Result<(), End> {
        let mut count = 0..;
        for (number, block) in blocks.iter().enumerate() {
            if number > 0 {
                self.begin_block(number, block)?;
            }
            for (planned, index) in block.transactions.iter().zip(&mut count) {
                let nonce = self.nonce(&planned.sender(), &planned.place)?;
                let transaction = planned.transaction(nonce);
                let transaction = &transaction.map_err(|error| self.inputs.wrong(error))?;
                let turn = Turn { index, place: &planned.place, transaction };
                if visit(self, turn)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Runs a transaction. If it halts, nothing of it is left.
    pub(super) fn run<T: HostTracer>(
        &mut self,
        turn: Turn<'_>,
        tracer: &mut T,
    ) -> Result<TransactionOutcome, End> {
        let done = self.executor.execute_traced(turn.transaction, tracer);
        let done = done.map_err(|error| fatal(Some(turn.place), &error))?;
        if !matches!(done.outcome.result, ExecutionResult::Halt(_)) {
            self.in_block = self.in_block.saturating_add(1);
        }
        Ok(done)
    }

    /// The nonce of the next transaction of an account, which is at a place of the file.
    fn nonce(&mut self, account: &Address, place: &str) -> Result<Word, End> {
        let (address, key) = nonce_slot(account);
        let value = self.executor.slot_value(&address, &key);
        value.map(next_nonce).map_err(|error| fatal(Some(place), &error))
    }

    fn begin_block(&mut self, index: usize, planned: &PlannedBlock) -> Result<(), End> {
        let place = format!("blocks[{index}]");
        // The protocol has no empty blocks but the last one. All transactions of the block before have halted.
        if self.in_block == 0 {
            let message = format!(
                "block {} has no transactions yet: those of {place} go into it",
                self.block
            );
            complain("warning", &message);
            return Ok(());
        }
        let mut next = self.executor.next_block().map_err(|error| fatal(Some(&place), &error))?;
        next.timestamp = planned.timestamp.unwrap_or(next.timestamp);
        next.interop_roots.clone_from(&planned.interop_roots);
        self.block = next.number;
        self.executor.begin_block(next).map_err(|error| fatal(Some(&place), &error))?;
        (self.blocks, self.in_block) = (self.blocks.saturating_add(1), 0);
        Ok(())
    }
}
