//! The state after a batch, as batches read it.

use super::error::StoreError;
use super::guard::guarded;
use super::programs::Programs;
use super::records::{
    Bytes, CODE, CodeKey, NODES, SLOTS, SlotKey, SlotRecord, SlotValue, TreeTables,
};
use crate::batch::{BatchState, Leaf};
use crate::secp256k1;
use crate::state_tree::{LeafKey, Proof, TreeHead, prove};
use core::fmt;
use eravm_core::precompiles::{CallFault, Precompiles};
use eravm_core::{
    Address, CodeStore, HostTypes, Program, Storage, StorageSlot, VersionedHash, Word,
};
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable};
use std::sync::Arc;

/// The state after the batch that was the last one when this was asked for. Later batches do not change it.
///
/// While it is there, the store cannot reuse the room of what later batches replace.
pub struct StoredState {
    slots: ReadOnlyTable<SlotKey, SlotValue>,
    nodes: ReadOnlyTable<Bytes, Bytes>,
    code: ReadOnlyTable<CodeKey, Bytes>,
    programs: Arc<Programs>,
    tree: TreeHead,
}

impl fmt::Debug for StoredState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredState").field("tree", &self.tree).finish_non_exhaustive()
    }
}

impl StoredState {
    pub(super) fn new(
        transaction: &ReadTransaction,
        programs: Arc<Programs>,
        tree: TreeHead,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            slots: transaction.open_table(SLOTS).map_err(StoreError::of_database)?,
            nodes: transaction.open_table(NODES).map_err(StoreError::of_database)?,
            code: transaction.open_table(CODE).map_err(StoreError::of_database)?,
            programs,
            tree,
        })
    }

    /// The state tree as a whole.
    pub const fn tree(&self) -> TreeHead {
        self.tree
    }

    /// The leaf of a slot, if it was ever written to.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn leaf(&self, address: &Address, key: &Word) -> Result<Option<Leaf>, StoreError> {
        let place = LeafKey::of_slot(address, key);
        guarded(|| {
            let slot = self.slots.get(place.path()).map_err(StoreError::of_database)?;
            Ok(slot.map(|slot| SlotRecord::decode(slot.value()).leaf))
        })
    }

    /// The bytes of code, as it was published.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn bytecode(&self, hash: &VersionedHash) -> Result<Option<Vec<u8>>, StoreError> {
        guarded(|| {
            let code = self.code.get(&hash.at_rest().0).map_err(StoreError::of_database)?;
            Ok(code.map(|code| code.value().to_vec()))
        })
    }

    /// Proves to whoever knows the root what a slot holds, or that it was never written to.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn prove(&self, address: &Address, key: &Word) -> Result<Proof, StoreError> {
        let tables = TreeTables { nodes: &self.nodes, slots: &self.slots };
        guarded(|| prove(&tables, &LeafKey::of_slot(address, key)))
    }

    /// Calls `visit` with address, key and leaf of every slot that was ever written to, in the order of the leaves.
    ///
    /// # Errors
    /// If the store cannot be read, or `visit` fails, which ends it.
    pub fn visit_slots(
        &self,
        mut visit: impl FnMut(Address, Word, Leaf) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        guarded(|| {
            for row in self.slots.iter().map_err(StoreError::of_database)? {
                let (place, slot) = row.map_err(StoreError::of_database)?;
                let SlotRecord { address, key, leaf } = SlotRecord::decode(slot.value());
                if LeafKey::of_slot(&address, &key).path() != place.value() {
                    let what = format!("slot {key} of {address:?} is in another one's place");
                    return Err(StoreError::Corrupt(what));
                }
                visit(address, key, leaf)?;
            }
            Ok(())
        })
    }
}

impl HostTypes for StoredState {
    type Fault = StoreError;
}

impl Storage for StoredState {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, StoreError> {
        Ok(match self.leaf(address, key)? {
            Some(leaf) => StorageSlot { value: leaf.value, is_initial: false },
            None => StorageSlot::EMPTY,
        })
    }
}

impl CodeStore for StoredState {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, StoreError> {
        guarded(|| {
            // Code of later batches may have been decoded already, but is not known here.
            let code = self.code.get(&hash.at_rest().0).map_err(StoreError::of_database)?;
            let Some(code) = code else { return Ok(None) };
            let decoded = self.programs.get_or(hash, || Program::new(code.value()));
            let wrong = |error| StoreError::Corrupt(format!("the code of {hash}: {error}"));
            decoded.map(Some).map_err(wrong)
        })
    }
}

impl Precompiles for StoredState {
    fn ecrecover(
        &mut self,
        digest: &[u8; 32],
        r: &[u8; 32],
        s: &[u8; 32],
        y_is_odd: bool,
    ) -> Result<Option<Address>, CallFault<StoreError>> {
        Ok(secp256k1::recover(digest, r, s, y_is_odd))
    }
}

impl BatchState for StoredState {
    fn enumeration_index(&mut self, address: &Address, key: &Word) -> Result<u64, StoreError> {
        Ok(self.leaf(address, key)?.map_or(0, |leaf| leaf.index))
    }
}
