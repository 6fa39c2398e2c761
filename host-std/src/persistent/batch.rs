//! Batches as they are stored.

use crate::batch::{FinishedBatch, Leaf, Outcome};
use crate::pubdata::Hash;
use crate::state_tree::TreeHead;
use crate::transaction::Transaction;
use eravm_core::{Address, VersionedHash, Word};

/// What there is to know of a batch besides its state: what the next one needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BatchInfo {
    /// Its number.
    pub number: u32,
    /// Its time, in seconds.
    pub timestamp: u64,
    /// The number of its first block.
    pub first_block: u32,
    /// The number of its last block.
    pub last_block: u32,
    /// The time of that, in seconds.
    pub last_block_timestamp: u64,
    /// The hash of that.
    pub last_block_hash: Word,
}

/// A batch that is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StoredBatch {
    /// What was said of it.
    pub info: BatchInfo,
    /// The state tree after it.
    pub tree: TreeHead,
}

impl StoredBatch {
    /// The root of the state after it.
    pub const fn root(&self) -> Hash {
        self.tree.root
    }
}

/// What a batch changes.
#[derive(Clone, Debug, Default)]
pub struct BatchChanges {
    /// The batch.
    pub info: BatchInfo,
    /// Leaves that are taken with their numbers, before anything else: a state that was numbered elsewhere.
    pub leaves: Vec<(Address, Word, Leaf)>,
    /// Slots with their values after the batch, in any order. New ones get the next numbers in the order of address and key, as on the network.
    pub slots: Vec<(Address, Word, Word)>,
    /// Code that became known, as it is published, by its hash.
    pub code: Vec<(VersionedHash, Vec<u8>)>,
    /// The root that all this must lead to, if that is known.
    pub expected_root: Option<Hash>,
}

impl BatchChanges {
    /// A batch that changes nothing yet.
    pub fn new(info: BatchInfo) -> Self {
        Self { info, ..Self::default() }
    }

    /// Adds what a batch left behind.
    pub fn add_finished(&mut self, finished: &FinishedBatch) {
        let changes = finished.storage_changes.iter();
        self.slots.extend(changes.map(|change| (change.address, change.key, change.after)));
        self.add_deployed(&finished.tip);
    }

    /// Adds the code that a transaction of the batch brought along, or deployed.
    pub fn add_transaction(&mut self, transaction: &Transaction, outcome: &Outcome) {
        let deps = transaction.factory_deps().iter();
        self.code.extend(deps.map(|dep| (dep.hash(), dep.code().to_vec())));
        self.add_deployed(outcome);
    }

    fn add_deployed(&mut self, outcome: &Outcome) {
        self.code.extend(outcome.evm_code.iter().map(|(hash, code)| (*hash, code.clone())));
    }
}
