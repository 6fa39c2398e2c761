//! The world of a golden: its storage and its code.

use super::format::Batch;
use super::load::Code;
use eravm_core::precompiles::Precompiles;
use eravm_core::{
    Address, CodeKind, CodeStore, HostTypes, Program, Storage, StorageSlot, VersionedHash, Word,
};
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;

/// A host that knows what the golden says was known before the batch, and what its transactions brought along.
#[derive(Clone, Debug)]
pub(super) struct World<'a> {
    slots: HashMap<(Address, Word), Leaf>,
    known: HashSet<VersionedHash>,
    code: &'a Code,
}

/// A leaf of the state tree before the batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    pub(super) value: Word,
    /// Its number in the order of creation.
    pub(super) index: u64,
}

impl<'a> World<'a> {
    pub(super) fn new(batch: &Batch, code: &'a Code) -> Self {
        let slots = batch.initial_storage.iter().map(|&(address, key, value, index)| {
            ((address.0, key.0), Leaf { value: value.0, index })
        });
        let base = [batch.default_aa_hash, batch.evm_emulator_hash];
        let brought = batch.transactions.iter().flat_map(|it| &it.tx.execute.factory_deps);
        let known = batch.initial_factory_deps.iter().chain(brought).chain(&base);
        Self { slots: slots.collect(), known: known.map(|hash| hash.0).collect(), code }
    }

    /// The leaf of a slot, if it had one.
    pub(super) fn leaf(&self, address: &Address, key: &Word) -> Option<Leaf> {
        self.slots.get(&(*address, *key)).copied()
    }
}

impl HostTypes for World<'_> {
    type Fault = Infallible;
}

impl Storage for World<'_> {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, Infallible> {
        Ok(match self.leaf(address, key) {
            Some(leaf) => StorageSlot { value: leaf.value, is_initial: false },
            None => StorageSlot::EMPTY,
        })
    }
}

impl CodeStore for World<'_> {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, Infallible> {
        // Foreign code is made known while the batch runs.
        let is_blob = matches!(hash.parse(), Some((CodeKind::Blob, _)));
        let is_known = is_blob || self.known.contains(hash);
        Ok(self.code.get(hash).filter(|_| is_known).cloned())
    }
}

impl Precompiles for World<'_> {}
