//! The machine's surroundings, in memory.

use crate::secp256k1;
use crate::system_contracts::addresses::ACCOUNT_CODE_STORAGE;
use eravm_core::precompiles::{CallFault, Keccak256Memo, Precompiles};
use eravm_core::{
    Address, CodeError, CodeStore, HostTypes, Program, Storage, StorageSlot, VersionedHash, Word,
};
use hashbrown::HashMap;

/// State and code, and the precompiles that are built in.
///
/// Code is kept as bytes and decoded when it is first called; the decoded form is shared by all
/// machines that use this host.
#[derive(Clone, Debug, Default)]
pub struct Host {
    slots: HashMap<(Address, Word), StorageSlot>,
    code: HashMap<VersionedHash, Vec<u8>>,
    decoded: HashMap<VersionedHash, Program>,
    hashes: Keccak256Memo,
}

impl Host {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a slot that was written to before: its next write is not an initial one.
    pub fn set_slot(&mut self, address: Address, key: Word, value: Word) {
        self.slots.insert((address, key), StorageSlot { value, is_initial: false });
    }

    /// The value of a slot; zero if it was never set.
    pub fn slot_value(&self, address: &Address, key: &Word) -> Word {
        self.slots.get(&(*address, *key)).map_or(Word::ZERO, |slot| slot.value)
    }

    /// Makes EraVM code known under its hash, which is returned.
    ///
    /// # Errors
    /// If bytes of this length cannot be code.
    pub fn add_code(&mut self, code: Vec<u8>) -> Result<VersionedHash, CodeError> {
        let hash = VersionedHash::of_code(&code).ok_or(match code.len() % 32 {
            0 => CodeError::TooLong(code.len() / 32),
            _ => CodeError::NotInWords(code.len()),
        })?;
        self.code.entry(hash).or_insert(code);
        Ok(hash)
    }

    /// Makes any code known under a hash that is taken as it is, for code whose hash is not that of its bytes.
    pub fn add_code_as(&mut self, hash: VersionedHash, code: Vec<u8>) {
        self.code.insert(hash.at_rest(), code);
    }

    /// Makes code known and deploys it at an address.
    ///
    /// # Errors
    /// If bytes of this length cannot be code.
    pub fn deploy(&mut self, address: &Address, code: Vec<u8>) -> Result<VersionedHash, CodeError> {
        let hash = self.add_code(code)?;
        let key = Word::from_address(address);
        self.set_slot(ACCOUNT_CODE_STORAGE, key, hash.to_word());
        Ok(hash)
    }

    /// The decoded code behind a hash, if it is known.
    ///
    /// # Errors
    /// If it was made known by [`add_code_as`](Self::add_code_as) and its length cannot be that of code.
    pub fn decoded(&mut self, hash: &VersionedHash) -> Result<Option<Program>, CodeError> {
        if let Some(program) = self.decoded.get(hash) {
            return Ok(Some(program.clone()));
        }
        let Some(code) = self.code.get(hash) else { return Ok(None) };
        let program = Program::new(code)?;
        self.decoded.insert(*hash, program.clone());
        Ok(Some(program))
    }
}

impl HostTypes for Host {
    type Fault = CodeError;
}

impl Storage for Host {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, CodeError> {
        Ok(self.slots.get(&(*address, *key)).copied().unwrap_or(StorageSlot::EMPTY))
    }
}

impl CodeStore for Host {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, CodeError> {
        self.decoded(hash)
    }
}

impl Precompiles for Host {
    fn keccak256(
        &mut self,
        input: &mut dyn Iterator<Item = &[u8]>,
    ) -> Result<[u8; 32], CallFault<CodeError>> {
        Ok(self.hashes.digest(input))
    }

    fn ecrecover(
        &mut self,
        digest: &[u8; 32],
        r: &[u8; 32],
        s: &[u8; 32],
        y_is_odd: bool,
    ) -> Result<Option<Address>, CallFault<CodeError>> {
        Ok(secp256k1::recover(digest, r, s, y_is_odd))
    }
}
