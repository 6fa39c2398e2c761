//! What is around this project's interpreter.

use eravm_core::precompiles::{CallFault, Precompiles};
use eravm_core::{
    Address, CodeError, CodeStore, HostTypes, InMemory, Program, Storage, StorageSlot,
    VersionedHash, Word,
};
use eravm_host::Host;

/// State in the maps that the peer has, and the precompiles of the host that nodes use.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    pub(super) state: InMemory,
    precompiles: Host,
}

impl Surroundings {
    /// Forgets what was computed, so that a run does not find what another one has left.
    pub(super) fn forget(&mut self) {
        self.precompiles = Host::new();
    }
}

impl HostTypes for Surroundings {
    type Fault = CodeError;
}

impl Storage for Surroundings {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, CodeError> {
        let Ok(slot) = self.state.slot(address, key);
        Ok(slot)
    }
}

impl CodeStore for Surroundings {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, CodeError> {
        let Ok(program) = self.state.program(hash);
        Ok(program)
    }
}

impl Precompiles for Surroundings {
    fn keccak256(
        &mut self,
        input: &mut dyn Iterator<Item = &[u8]>,
    ) -> Result<[u8; 32], CallFault<CodeError>> {
        self.precompiles.keccak256(input)
    }

    fn ecrecover(
        &mut self,
        digest: &[u8; 32],
        r: &[u8; 32],
        s: &[u8; 32],
        y_is_odd: bool,
    ) -> Result<Option<Address>, CallFault<CodeError>> {
        self.precompiles.ecrecover(digest, r, s, y_is_odd)
    }
}
