//! Writing a batch.

use super::batch::{BatchChanges, StoredBatch};
use super::error::StoreError;
use super::records::{
    BATCHES, Bytes, CODE, NODES, SLOTS, SlotKey, SlotRecord, SlotValue, TreeTables,
};
use crate::batch::Leaf;
use crate::state_tree::{Entries, LeafKey, TreeHead, patch};
use eravm_core::{Address, CodeKind, VersionedHash, Word};
use redb::{Database, Table};
use std::collections::{BTreeMap, HashMap};

/// Writes a batch whole, and returns when it is safe on the disk.
pub(super) fn write(
    database: &Database,
    head: &TreeHead,
    changes: &BatchChanges,
) -> Result<StoredBatch, StoreError> {
    let mut transaction = database.begin_write().map_err(StoreError::of_database)?;
    // Code and slots are written by strangers, and checksums of pages are no protection from them: in two phases nothing depends on
    // those. What is free is written along, so that the next start after a crash does not walk through the whole file.
    transaction.set_quick_repair(true);
    let stored = {
        let mut tree = Tree {
            nodes: transaction.open_table(NODES).map_err(StoreError::of_database)?,
            slots: transaction.open_table(SLOTS).map_err(StoreError::of_database)?,
            head: *head,
        };
        tree.insert(&changes.leaves)?;
        tree.apply(&changes.slots)?;
        let actual = tree.head.root;
        if let Some(expected) = changes.expected_root
            && expected != actual
        {
            return Err(StoreError::OtherRoot { expected, actual });
        }
        let mut table = transaction.open_table(CODE).map_err(StoreError::of_database)?;
        for (hash, code) in &changes.code {
            table.insert(&hash.at_rest().0, &code[..]).map_err(StoreError::of_database)?;
        }
        let stored = StoredBatch { info: changes.info, tree: tree.head };
        let mut table = transaction.open_table(BATCHES).map_err(StoreError::of_database)?;
        table.insert(changes.info.number, &stored.encode()).map_err(StoreError::of_database)?;
        stored
    };
    transaction.commit().map_err(StoreError::of_database)?;
    Ok(stored)
}

/// The state tree while it is written to.
struct Tree<'a> {
    nodes: Table<'a, Bytes, Bytes>,
    slots: Table<'a, SlotKey, SlotValue>,
    head: TreeHead,
}

impl Tree<'_> {
    /// Takes leaves with their numbers.
    fn insert(&mut self, leaves: &[(Address, Word, Leaf)]) -> Result<(), StoreError> {
        let places = leaves.iter().map(|(address, key, _)| (*address, *key));
        let places = Places::of(places);
        let leaves =
            leaves.iter().map(|(address, key, leaf)| (LeafKey::of_slot(address, key), *leaf));
        let source = TreeTables { nodes: &self.nodes, slots: &self.slots };
        let entries = Entries::of_leaves(&source, &self.head, leaves)?;
        self.write(&entries, &places)
    }

    /// Writes slots. Of several values of a slot the last one counts.
    fn apply(&mut self, slots: &[(Address, Word, Word)]) -> Result<(), StoreError> {
        let sorted: BTreeMap<_, _> =
            slots.iter().map(|(address, key, value)| ((*address, *key), *value)).collect();
        let places = Places::of(sorted.keys().copied());
        let writes =
            sorted.iter().map(|((address, key), value)| (LeafKey::of_slot(address, key), *value));
        let source = TreeTables { nodes: &self.nodes, slots: &self.slots };
        let entries = Entries::of_writes(&source, &self.head, writes)?;
        self.write(&entries, &places)
    }

    fn write(&mut self, entries: &Entries, places: &Places) -> Result<(), StoreError> {
        let source = TreeTables { nodes: &self.nodes, slots: &self.slots };
        let patch = patch(&source, &self.head, entries)?;
        for (position, node) in patch.nodes {
            let (key, value) = (position.encode(), node.encode());
            self.nodes.insert(&key[..], &value[..]).map_err(StoreError::of_database)?;
        }
        for entry in entries.sorted() {
            let Some((address, key)) = places.0.get(&entry.key) else { continue };
            let record = SlotRecord { address: *address, key: *key, leaf: entry.leaf };
            let written = self.slots.insert(entry.key.path(), &record.encode());
            written.map_err(StoreError::of_database)?;
        }
        self.head = patch.head;
        Ok(())
    }
}

/// The slots of leaves.
struct Places(HashMap<LeafKey, (Address, Word)>);

impl Places {
    fn of(slots: impl Iterator<Item = (Address, Word)>) -> Self {
        Self(
            slots
                .map(|(address, key)| (LeafKey::of_slot(&address, &key), (address, key)))
                .collect(),
        )
    }
}

/// Whether bytes are the code with a hash.
pub(super) fn is_code_of(hash: &VersionedHash, code: &[u8]) -> bool {
    let has_length = match hash.parse() {
        Some((CodeKind::EraVm, _)) => usize::from(hash.length()) * 32 == code.len(),
        // The rest is padding.
        Some((CodeKind::Blob, _)) => usize::from(hash.length()) <= code.len(),
        None => false,
    };
    has_length && VersionedHash::of_code(code).is_some_and(|named| named.digest() == hash.digest())
}
