//! A store of state that outlives the process.
//!
//! A folder with one database file: slots with the numbers of their leaves, code, the nodes of the [state tree](crate::state_tree), and what
//! there is to know of batches. A batch is there whole or not at all: once [`commit`](Store::commit) has returned, it survives any end of the
//! process and of the machine, and until then nothing of it is there. Opening reads nothing but the file's beginning, or checks all of it
//! ([`Check`]), and builds nothing anew; memory is bounded by the [cache](StoreOptions::cache_bytes) and what a single batch changes.
//!
//! [`StoredState`] is the state after the last batch for [executors](crate::batch::BatchExecutor); it stays what it is while later batches
//! are committed.
//!
//! ```
//! use eravm_core::{Address, Word};
//! use eravm_host::persistent::{BatchChanges, BatchInfo, Store};
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let (contract, slot) = (Address::repeat_byte(1), Word::from_u64(7));
//! let mut store = Store::open(folder)?;
//! let mut batch = BatchChanges::new(BatchInfo { number: 1, timestamp: 1_700_000_000, ..Default::default() });
//! batch.slots.push((contract, slot, Word::ONE));
//! let root = store.commit(&batch)?.root();
//! drop(store);
//!
//! let store = Store::open(folder)?;
//! assert_eq!(store.root(), root);
//! assert_eq!(store.last_batch().map(|batch| batch.info.number), Some(1));
//! assert_eq!(store.slot(&contract, &slot)?.map(|leaf| leaf.value), Some(Word::ONE));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod batch;
mod commit;
mod error;
mod guard;
mod open;
mod programs;
mod records;
mod state;

pub use batch::{BatchChanges, BatchInfo, StoredBatch};
pub use error::StoreError;
pub use open::{Check, StoreOptions};
pub use state::StoredState;

use crate::batch::Leaf;
use crate::pubdata::Hash;
use crate::state_tree::{LeafKey, Proof, RootOfLeaves, TreeHead};
use eravm_core::{Address, VersionedHash, Word};
use guard::guarded;
use programs::Programs;
use records::BATCHES;
use redb::{Database, ReadableDatabase};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// A store of state. One at a time can have a folder open.
#[derive(Debug)]
pub struct Store {
    database: Database,
    last: Option<StoredBatch>,
    programs: Arc<Programs>,
    /// Let go last.
    _lock: File,
}

impl Store {
    /// Opens the store in a folder, and makes both where they are not there. Everything in it is checked.
    ///
    /// # Errors
    /// If there is something else in its place, it is not as it was written, it is in use, or files cannot be used.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_with(folder, &StoreOptions::default())
    }

    /// Opens the store in a folder, as [`open`](Self::open) does.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(folder: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let open::Opened { database, last, lock } = guarded(|| open::open(folder, options))?;
        Ok(Self { database, last, programs: Arc::default(), _lock: lock })
    }

    /// Writes a batch. When this returns, it is there for good.
    ///
    /// The first batch may have any number, all others the next one.
    ///
    /// # Errors
    /// If the batch cannot follow, or cannot be as it says it is; then nothing of it is written. If the file cannot be written to: then it
    /// is not known whether the batch is there, and the store must be opened again to find out.
    pub fn commit(&mut self, changes: &BatchChanges) -> Result<StoredBatch, StoreError> {
        if let Some(last) = &self.last {
            let next = last.info.number.checked_add(1);
            let expected = next.ok_or(StoreError::LastBatchNumber)?;
            if changes.info.number != expected {
                let actual = changes.info.number;
                return Err(StoreError::BatchNumber { expected, actual });
            }
        }
        for (hash, code) in &changes.code {
            if !commit::is_code_of(hash, code) {
                return Err(StoreError::NotTheCode(*hash));
            }
        }
        let head = self.tree();
        let stored = guarded(|| commit::write(&self.database, &head, changes))?;
        self.last = Some(stored);
        Ok(stored)
    }

    /// The batch that was committed last.
    pub const fn last_batch(&self) -> Option<&StoredBatch> {
        self.last.as_ref()
    }

    /// The state tree as a whole.
    pub fn tree(&self) -> TreeHead {
        self.last.map_or_else(TreeHead::empty, |batch| batch.tree)
    }

    /// The root of the state.
    pub fn root(&self) -> Hash {
        self.tree().root
    }

    /// A batch that was committed.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn batch(&self, number: u32) -> Result<Option<StoredBatch>, StoreError> {
        guarded(|| {
            let transaction = self.database.begin_read().map_err(StoreError::of_database)?;
            let batches = transaction.open_table(BATCHES).map_err(StoreError::of_database)?;
            let batch = batches.get(number).map_err(StoreError::of_database)?;
            Ok(batch.map(|batch| StoredBatch::decode(number, batch.value())))
        })
    }

    /// The state now, for executors.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn state(&self) -> Result<StoredState, StoreError> {
        guarded(|| {
            let transaction = self.database.begin_read().map_err(StoreError::of_database)?;
            StoredState::new(&transaction, Arc::clone(&self.programs), self.tree())
        })
    }

    /// The leaf of a slot, if it was ever written to.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn slot(&self, address: &Address, key: &Word) -> Result<Option<Leaf>, StoreError> {
        self.state()?.leaf(address, key)
    }

    /// The bytes of code, as it was published.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn bytecode(&self, hash: &VersionedHash) -> Result<Option<Vec<u8>>, StoreError> {
        self.state()?.bytecode(hash)
    }

    /// Proves to whoever knows the root what a slot holds, or that it was never written to.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn prove(&self, address: &Address, key: &Word) -> Result<Proof, StoreError> {
        self.state()?.prove(address, key)
    }

    /// Computes the root from all slots, without the nodes, and compares. That takes some 10 µs for each slot.
    ///
    /// # Errors
    /// If the store cannot be read, or it contradicts itself.
    pub fn recompute(&self) -> Result<(), StoreError> {
        let state = self.state()?;
        let mut root = RootOfLeaves::default();
        let mut count = 0_u64;
        state.visit_slots(|address, key, leaf| {
            count += 1;
            let place = LeafKey::of_slot(&address, &key);
            let wrong = |_| StoreError::Corrupt("slots are out of order".into());
            root.push(place, leaf).map_err(wrong)
        })?;
        let tree = state.tree();
        if count != tree.leaf_count || root.finish() != tree.root {
            return Err(StoreError::Corrupt("the slots are not those of the last batch".into()));
        }
        Ok(())
    }
}
