//! A host that keeps everything in memory.

use crate::host::{CodeStore, HostTypes, Storage, StorageSlot};
use crate::precompiles::Precompiles;
#[cfg(feature = "keccak256")]
use crate::precompiles::{CallFault, Keccak256Memo};
use crate::program::Program;
use crate::versioned_hash::VersionedHash;
use crate::word::{Address, Word};
use alloc::collections::BTreeMap;
use core::convert::Infallible;

/// State and code in maps; precompiles are those built in, and hashes of 64 bytes are [remembered](crate::precompiles::Keccak256Memo).
/// It cannot fail.
///
/// Slots that are not in the map are zero and were never written to.
#[derive(Clone, Debug, Default)]
pub struct InMemory {
    storage: BTreeMap<(Address, Word), Word>,
    code: BTreeMap<VersionedHash, Program>,
    #[cfg(feature = "keccak256")]
    hashes: Keccak256Memo,
}

impl InMemory {
    /// Nothing.
    pub const fn new() -> Self {
        Self {
            storage: BTreeMap::new(),
            code: BTreeMap::new(),
            #[cfg(feature = "keccak256")]
            hashes: Keccak256Memo::new(),
        }
    }

    /// Sets a slot, which thereby counts as written to before.
    pub fn set_slot(&mut self, address: Address, key: Word, value: Word) {
        self.storage.insert((address, key), value);
    }

    /// Makes code known under a hash. The "being constructed" marker of the hash does not matter.
    pub fn add_code(&mut self, hash: VersionedHash, program: Program) {
        self.code.insert(hash.at_rest(), program);
    }

    /// Makes code known and deploys it at an address.
    pub fn deploy(&mut self, address: Address, hash: VersionedHash, program: Program) {
        self.add_code(hash, program);
        let key = Word::from_address(&address);
        self.set_slot(crate::system_address(crate::ACCOUNT_CODE_STORAGE), key, hash.to_word());
    }
}

impl HostTypes for InMemory {
    type Fault = Infallible;
}

impl Storage for InMemory {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, Infallible> {
        let value = self.storage.get(&(*address, *key));
        Ok(value
            .map_or(StorageSlot::EMPTY, |value| StorageSlot { value: *value, is_initial: false }))
    }
}

impl CodeStore for InMemory {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, Infallible> {
        Ok(self.code.get(hash).cloned())
    }
}

impl Precompiles for InMemory {
    #[cfg(feature = "keccak256")]
    fn keccak256(
        &mut self,
        input: &mut dyn Iterator<Item = &[u8]>,
    ) -> Result<[u8; 32], CallFault<Infallible>> {
        Ok(self.hashes.digest(input))
    }
}
