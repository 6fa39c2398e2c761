//! Where the transactions are run.

use super::cast::Cast;
use super::error::DemoError;
use super::script::{STEPS, Step};
use crate::batch::{
    BatchError, BatchExecutor, ExecutionResult, FinishedBatch, Leaf, MemoryState, Outcome, Signals,
    TransactionOutcome,
};
use crate::batch_file::{BatchFile, BatchPlan, next_nonce};
use crate::engine::Engine;
use crate::events::Event;
use crate::persistent::{BatchChanges, BatchInfo};
use crate::state_tree::{LeafKey, StateTree, TreeHead};
use crate::system_contracts::addresses::{ACCOUNT_CODE_STORAGE, CONTRACT_DEPLOYER};
use crate::system_contracts::{Flavour, SystemContracts, nonce_slot};
use crate::transaction::Transaction;
use core::convert::Infallible;
use eravm_core::compiled::CompiledStats;
use eravm_core::{Address, Word};

/// What accounts begin with on a new chain.
const RICH: &str = "1000 ether";

/// A batch of the demonstration.
#[derive(Debug)]
pub struct Stage {
    cast: Cast,
    plan: BatchPlan,
    executor: BatchExecutor<MemoryState>,
    /// The state before the batch.
    leaves: Vec<(Address, Word, Leaf)>,
    changes: BatchChanges,
}

/// A transaction that was run.
#[derive(Debug)]
pub struct Played {
    /// It.
    pub transaction: Transaction,
    /// What came of it.
    pub outcome: TransactionOutcome,
}

/// What the batch came to.
#[derive(Debug)]
pub struct Curtain {
    /// The batch.
    pub finished: FinishedBatch,
    /// What it changes. On a new chain, that is everything.
    pub changes: BatchChanges,
    /// The state after it.
    pub tree: TreeHead,
}

impl Stage {
    /// Begins a batch: on a new chain, or after the batch that left a state.
    ///
    /// # Errors
    /// None with the sources that come with the crate, unless the state is not that of such a chain.
    pub fn new(
        contracts: &SystemContracts,
        state: Option<MemoryState>,
        engine: Engine,
    ) -> Result<Self, DemoError> {
        let is_new = state.is_none();
        let accounts = ["alice", "bob"].map(|name| format!(r#""{name}": {{"balance": "{RICH}"}}"#));
        let file = format!(
            r#"{{"transactions": [], "state": {{"accounts": {{{}}}}}}}"#,
            accounts.join(", ")
        );
        let file = BatchFile::parse(file.as_bytes())?;
        let mut plan = file.plan_on(contracts, Flavour::ProvedBatch, state)?;
        plan.system.engine = engine;
        let cast = Cast::new(plan.system.chain_id, &plan.batch.fee_input)?;
        let state = core::mem::take(&mut plan.state);
        let mut leaves: Vec<_> = state.leaves().collect();
        leaves.sort_unstable_by_key(|(_, _, leaf)| leaf.index);
        let mut changes = BatchChanges::default();
        if is_new {
            changes.leaves.clone_from(&leaves);
        }
        let (system, batch) = (plan.system.clone(), plan.batch.clone());
        let executor = BatchExecutor::new(system, batch, state)?;
        Ok(Self { cast, plan, executor, leaves, changes })
    }

    /// What the batch is run with. The state of it is empty: it is in use.
    pub const fn plan(&self) -> &BatchPlan {
        &self.plan
    }

    /// Who takes part.
    pub const fn cast(&self) -> &Cast {
        &self.cast
    }

    /// What is to be done: without deployments that were done before.
    ///
    /// # Errors
    /// None: the state is in memory.
    pub fn steps(&mut self) -> Result<Vec<&'static Step>, DemoError> {
        let mut steps = Vec::new();
        for step in STEPS {
            let is_there = match step.deploys {
                Some(place) => self.has_code(&place(&self.cast))?,
                None => false,
            };
            if !is_there {
                steps.push(step);
            }
        }
        Ok(steps)
    }

    fn has_code(&mut self, address: &Address) -> Result<bool, DemoError> {
        let key = Word::from_address(address);
        let hash = self.executor.slot_value(&ACCOUNT_CODE_STORAGE, &key)?;
        Ok(!hash.is_zero())
    }

    /// Runs a transaction.
    ///
    /// # Errors
    /// If the machine cannot go on.
    pub fn play(&mut self, step: &Step) -> Result<Played, DemoError> {
        let (holder, key) = nonce_slot(&(step.sender)(&self.cast));
        let nonce = next_nonce(self.executor.slot_value(&holder, &key)?);
        let transaction = (step.make)(&self.cast, nonce)?;
        let outcome = self.executor.execute(&transaction)?;
        if !matches!(outcome.outcome.result, ExecutionResult::Halt(_)) {
            self.changes.add_transaction(&transaction, &outcome.outcome);
            if transaction.to().is_none() {
                self.cast.counter = deployed(&outcome.outcome);
            }
        }
        Ok(Played { transaction, outcome })
    }

    /// Ends the batch.
    ///
    /// # Errors
    /// If the batch cannot be finished.
    pub fn finish(&mut self) -> Result<Curtain, DemoError> {
        let finished = self.executor.finish(&self.plan.pubdata)?;
        match &finished.tip.result {
            ExecutionResult::Success { .. } => {}
            ExecutionResult::Revert(reason) => return Err(DemoError::Tip(reason.to_string())),
            ExecutionResult::Halt(halt) => return Err(DemoError::Tip(halt.to_string())),
        }
        let next = self.executor.next_block()?;
        let mut changes = core::mem::take(&mut self.changes);
        changes.info = BatchInfo {
            number: self.plan.batch.number,
            timestamp: self.plan.batch.timestamp,
            first_block: self.plan.batch.first_block.number,
            last_block: next.number.saturating_sub(1),
            last_block_timestamp: next.timestamp.saturating_sub(1),
            last_block_hash: next.previous_hash,
        };
        changes.add_finished(&finished);
        let tree = self.tree_after(&changes)?;
        changes.expected_root = Some(tree.root);
        Ok(Curtain { finished, changes, tree })
    }

    /// The state tree after changes, of all leaves before them.
    fn tree_after(&self, changes: &BatchChanges) -> Result<TreeHead, DemoError> {
        let mut tree = StateTree::new();
        let leaves = self.leaves.iter();
        tree.insert(leaves.map(|(address, key, leaf)| (LeafKey::of_slot(address, key), *leaf)))?;
        // New leaves are numbered in the order of address and key.
        let mut slots = changes.slots.clone();
        slots.sort_unstable_by_key(|(address, key, _)| (*address, *key));
        let writes =
            slots.iter().map(|(address, key, value)| (LeafKey::of_slot(address, key), *value));
        tree.apply(&writes.collect::<Vec<_>>())?;
        Ok(tree.head())
    }

    /// What is left of the batch's resources.
    pub fn signals(&self) -> Signals {
        self.executor.signals()
    }

    /// How often native code was entered and left so far.
    pub const fn compiled_stats(&self) -> &CompiledStats {
        self.executor.compiled_stats()
    }
}

/// The contract that was deployed.
fn deployed(outcome: &Outcome) -> Option<Address> {
    let of_deployer = |event: &&Event| event.address == CONTRACT_DEPLOYER;
    let event = outcome.events.iter().rfind(of_deployer)?;
    event.topics.get(3).map(Word::to_address)
}

impl From<BatchError<Infallible>> for DemoError {
    fn from(error: BatchError<Infallible>) -> Self {
        Self::Batch(error)
    }
}
