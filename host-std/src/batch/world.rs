//! What the machine sees of a batch: the state before it, and the code that its transactions brought along or deployed.

use super::state::BatchState;
use crate::system_contracts::addresses::CONTRACT_DEPLOYER;
use crate::transaction::{FactoryDep, RecoveredSigner, TransactionHash};
use crate::{abi, secp256k1};
use eravm_core::precompiles::{CallFault, Keccak256Memo, Precompiles};
use eravm_core::semantics::FatPointer;
use eravm_core::{
    Address, CodeError, CodeStore, HostTypes, Program, Storage, StorageSlot, VersionedHash, Vm,
    Word,
};
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

/// Selector of `publishEVMBytecode(uint256,bytes)`.
const PUBLISH_EVM_BYTECODE: [u8; 4] = [0x4d, 0xc0, 0x14, 0xcc];

/// The machine's host.
#[derive(Clone, Debug)]
pub(super) struct World<S> {
    pub(super) state: S,
    code: HashMap<VersionedHash, Program>,
    /// EVM code that was deployed, as it was published: padded.
    evm_code: HashMap<VersionedHash, Vec<u8>>,
    /// Signers that are known already, by the hash that they signed.
    signers: HashMap<TransactionHash, RecoveredSigner>,
    pub(super) hashes: Keccak256Memo,
}

impl<S: BatchState> World<S> {
    pub(super) fn new(state: S) -> Self {
        Self {
            state,
            code: HashMap::new(),
            evm_code: HashMap::new(),
            signers: HashMap::new(),
            hashes: Keccak256Memo::new(),
        }
    }

    pub(super) fn add_program(&mut self, hash: VersionedHash, program: Program) {
        self.code.insert(hash.at_rest(), program);
    }

    pub(super) fn add_signer(&mut self, signer: RecoveredSigner) {
        self.signers.insert(signer.hash(), signer);
    }

    /// Makes code known that comes with a transaction.
    pub(super) fn add_factory_dep(&mut self, dep: &FactoryDep) -> Result<(), CodeError> {
        if let Entry::Vacant(place) = self.code.entry(dep.hash().at_rest()) {
            place.insert(Program::new(dep.code())?);
        }
        Ok(())
    }

    /// The bytes of code that the machine has used or could use.
    pub(super) fn bytes_of(&mut self, hash: &VersionedHash) -> Result<Option<Vec<u8>>, S::Fault> {
        let program = self.program(hash)?;
        Ok(program.map(|code| code.words().iter().flat_map(Word::to_be_bytes).collect()))
    }

    /// EVM code that was deployed in this batch.
    pub(super) fn evm_code(&self, hash: &VersionedHash) -> Option<&[u8]> {
        self.evm_code.get(hash).map(Vec::as_slice)
    }

    /// Takes note of EVM code that is being published. `KnownCodesStorage` was just called.
    ///
    /// What is not such a call is none of the host's business. Nor is whether it succeeds: code is only ever loaded under a hash that the
    /// contracts have accepted.
    pub(super) fn note_call(&mut self, vm: &Vm) {
        let frame = vm.current_frame();
        // No other contract publishes EVM code.
        if *frame.caller != CONTRACT_DEPLOYER {
            return;
        }
        let (pointer, _) = vm.register(1);
        let calldata = vm.read_pointer(FatPointer::from_word(&pointer));
        if let Some((hash, code)) = published_evm_code(&calldata)
            && let Ok(program) = Program::new(&code[..])
        {
            self.code.insert(hash, program);
            self.evm_code.insert(hash, code);
        }
    }
}

/// The hash and the padded code of a call of `publishEVMBytecode`.
fn published_evm_code(calldata: &[u8]) -> Option<(VersionedHash, Vec<u8>)> {
    let (selector, arguments) = calldata.split_first_chunk::<4>()?;
    if *selector != PUBLISH_EVM_BYTECODE {
        return None;
    }
    let length = u16::try_from(abi::number(arguments, 0)?).ok()?;
    let code = abi::bytes(arguments, 32)?.to_vec();
    Some((VersionedHash::of_blob(length, &code), code))
}

impl<S: BatchState> HostTypes for World<S> {
    type Fault = S::Fault;
}

impl<S: BatchState> Storage for World<S> {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, S::Fault> {
        self.state.slot(address, key)
    }

    fn write_price(&mut self, slot: &StorageSlot, value: &Word) -> u32 {
        self.state.write_price(slot, value)
    }

    fn is_free(&mut self, address: &Address, key: &Word) -> bool {
        self.state.is_free(address, key)
    }
}

impl<S: BatchState> CodeStore for World<S> {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, S::Fault> {
        if let Some(program) = self.code.get(hash) {
            return Ok(Some(program.clone()));
        }
        let program = self.state.program(hash)?;
        if let Some(program) = &program {
            self.code.insert(*hash, program.clone());
        }
        Ok(program)
    }
}

impl<S: BatchState> Precompiles for World<S> {
    fn keccak256(
        &mut self,
        input: &mut dyn Iterator<Item = &[u8]>,
    ) -> Result<[u8; 32], CallFault<S::Fault>> {
        Ok(self.hashes.digest(input))
    }

    fn ecrecover(
        &mut self,
        digest: &[u8; 32],
        r: &[u8; 32],
        s: &[u8; 32],
        y_is_odd: bool,
    ) -> Result<Option<Address>, CallFault<S::Fault>> {
        let known = self.signers.get(&VersionedHash(*digest));
        Ok(match known.filter(|signer| signer.is_of(r, s, y_is_odd)) {
            Some(signer) => Some(signer.address()),
            None => secp256k1::recover(digest, r, s, y_is_odd),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::MemoryState;
    use crate::transaction::{Ecdsa, address_of_key};

    #[test]
    fn only_the_very_signature_of_a_known_signer_is_not_computed() {
        let (key, hash) = ([7; 32], [9; 32]);
        let signature = Ecdsa::sign(&key, &hash).unwrap();
        let forged = Address::repeat_byte(0xaa);
        let mut world = World::new(MemoryState::new());
        let recover = |world: &mut World<_>, hash: [u8; 32], signature: Ecdsa| {
            let Ecdsa { r, s, y_is_odd } = signature;
            world.ecrecover(&hash, &r.to_be_bytes(), &s.to_be_bytes(), y_is_odd).unwrap()
        };
        let signer = Some(address_of_key(&key).unwrap());
        assert_eq!(recover(&mut world, hash, signature), signer);
        world.add_signer(RecoveredSigner::forged(VersionedHash(hash), signature, forged));
        assert_eq!(recover(&mut world, hash, signature), Some(forged));
        let Ecdsa { r, s, y_is_odd } = signature;
        let others = [
            Ecdsa { y_is_odd: !y_is_odd, ..signature },
            Ecdsa { r: s, ..signature },
            Ecdsa { s: r, ..signature },
        ];
        for other in others {
            assert_ne!(recover(&mut world, hash, other), Some(forged), "{other:?}");
        }
        assert_ne!(recover(&mut world, [10; 32], signature), Some(forged));
    }
}
