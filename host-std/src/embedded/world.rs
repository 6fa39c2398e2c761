//! The host as native contracts see it.

use super::contract::NativeContract;
use super::failure::Caught;
use crate::batch::NativeDeed;
use crate::evm::{CodeCache, Room};
use crate::keccak::{keccak, keccak_word};
use crate::system_contracts::in_first_mapping;
use eravm_core::precompiles::{CallFault, G1Point, Pair, Precompiles};
use eravm_core::{
    Address, CodeStore, Host, HostTypes, Program, Storage, StorageSlot, VersionedHash, Vm, Word,
};
use hashbrown::HashMap;

/// What native contracts know beside the state: code that they published, and keys of slots that were computed before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    /// Code that was published in this batch and is no factory dependency: EVM code, as it was published, padded.
    published: HashMap<VersionedHash, Program>,
    /// EVM code that was prepared to run. What it costs does not depend on that.
    pub(crate) evm_codes: CodeCache,
    /// What an EVM frame passes to the one that it calls: from the call to where that is entered, or the call has failed.
    pub(crate) passed_to_evm: Option<PassedToEvm>,
    /// Room that EVM frames have left.
    pub(crate) evm_rooms: Vec<Room>,
    /// The [slots](in_first_mapping) of accounts.
    slots: HashMap<Address, Word>,
    /// The slot of a key in a mapping in a mapping that was asked for last: the outer mapping, the account, and the key in its own.
    last_nested: Option<((Word, Address, Word), Word)>,
}

/// What EVM code passes to EVM code that it calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PassedFrame {
    pub(crate) gas: Word,
    pub(crate) is_static: bool,
}

/// The same, as the native emulator passes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PassedToEvm {
    pub(crate) frame: PassedFrame,
    /// The hash of the code that is called, which is that of an EVM contract; none for constructors.
    pub(crate) code_hash: Option<Word>,
}

/// Rooms of EVM frames that are kept at most.
const MOST_ROOMS: usize = 16;
/// Slots of accounts that are kept at most.
const MOST_SLOTS: usize = 1 << 16;

impl Store {
    /// Makes code known under its hash. It stays known when the frame that published it fails: nothing is called or loaded but under
    /// a hash that the contracts have accepted.
    pub(crate) fn publish(&mut self, hash: VersionedHash, code: Program) {
        self.published.insert(hash.at_rest(), code);
    }

    /// The code that was published under a hash.
    pub(crate) fn published(&self, hash: &VersionedHash) -> Option<&Program> {
        self.published.get(hash)
    }

    /// Keeps the room of an EVM frame for others.
    pub(crate) fn keep_evm_room(&mut self, room: Room) {
        if self.evm_rooms.len() < MOST_ROOMS {
            self.evm_rooms.push(room);
        }
    }

    /// The slot of a key in an account's own mapping in a mapping. A transaction asks for that of its nonce several times.
    pub(crate) fn nested_slot(&mut self, mapping: &Word, account: &Address, key: &Word) -> Word {
        let asked = (*mapping, *account, *key);
        match self.last_nested {
            Some((last, slot)) if last == asked => slot,
            _ => {
                let account = Word::from_address(account).to_be_bytes();
                let of_account = keccak([&account[..], &mapping.to_be_bytes()]);
                let slot = keccak_word([&key.to_be_bytes()[..], &of_account]);
                self.last_nested = Some((asked, slot));
                slot
            }
        }
    }

    /// The slot of an account in a mapping that is the first variable of its contract.
    pub(crate) fn slot_of(&mut self, account: &Address) -> Word {
        if let Some(slot) = self.slots.get(account) {
            return *slot;
        }
        if self.slots.len() >= MOST_SLOTS {
            self.slots.clear();
        }
        let slot = in_first_mapping(account);
        self.slots.insert(*account, slot);
        slot
    }
}

/// Whoever watches what native contracts do.
pub(crate) trait NativeWatcher {
    /// One of them does something.
    fn native(&self, deed: &NativeDeed, vm: &Vm);
}

/// A host with its type left out, so that native contracts are compiled once.
pub(crate) trait World:
    Storage + CodeStore + Precompiles + HostTypes<Fault = Caught>
{
    /// What native contracts know beside the state.
    fn store(&mut self) -> &mut Store;

    /// Whoever watches what they do, if somebody does.
    fn watcher(&self) -> Option<&dyn NativeWatcher>;
}

/// A host whose faults are kept aside.
pub(crate) struct Catching<'a, H: HostTypes> {
    host: &'a mut H,
    store: &'a mut Store,
    watcher: Option<&'a dyn NativeWatcher>,
    fault: Option<H::Fault>,
}

impl<'a, H: Host> Catching<'a, H> {
    pub(crate) fn new(host: &'a mut H, store: &'a mut Store) -> Self {
        Self { host, store, watcher: None, fault: None }
    }

    /// The same, watched.
    pub(crate) fn watched(self, watcher: Option<&'a dyn NativeWatcher>) -> Self {
        Self { watcher, ..self }
    }

    /// The fault that was caught, if there was one.
    pub(crate) fn into_fault(self) -> Option<H::Fault> {
        self.fault
    }

    fn caught<T>(&mut self, result: Result<T, H::Fault>) -> Result<T, Caught> {
        result.map_err(|fault| {
            self.fault = Some(fault);
            Caught
        })
    }

    fn computed<T>(
        &mut self,
        result: Result<T, CallFault<H::Fault>>,
    ) -> Result<T, CallFault<Caught>> {
        result.map_err(|fault| match fault {
            CallFault::Host(fault) => {
                self.fault = Some(fault);
                CallFault::Host(Caught)
            }
            CallFault::NotBuilt(which) => CallFault::NotBuilt(which),
            CallFault::TooMuchWork(which) => CallFault::TooMuchWork(which),
        })
    }
}

impl<H: Host> World for Catching<'_, H> {
    fn store(&mut self) -> &mut Store {
        self.store
    }

    fn watcher(&self) -> Option<&dyn NativeWatcher> {
        self.watcher
    }
}

impl<H: HostTypes> HostTypes for Catching<'_, H> {
    type Fault = Caught;
}

impl<H: Host> Storage for Catching<'_, H> {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, Caught> {
        let slot = self.host.slot(address, key);
        self.caught(slot)
    }

    fn write_price(&mut self, slot: &StorageSlot, value: &Word) -> u32 {
        self.host.write_price(slot, value)
    }

    fn is_free(&mut self, address: &Address, key: &Word) -> bool {
        self.host.is_free(address, key)
    }
}

impl<H: Host> CodeStore for Catching<'_, H> {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, Caught> {
        if let Some(program) = NativeContract::program_of(hash) {
            return Ok(Some(program.clone()));
        }
        if let Some(program) = self.store.published(hash) {
            return Ok(Some(program.clone()));
        }
        let program = self.host.program(hash);
        self.caught(program)
    }
}

impl<H: Host> Precompiles for Catching<'_, H> {
    fn keccak256(
        &mut self,
        input: &mut dyn Iterator<Item = &[u8]>,
    ) -> Result<[u8; 32], CallFault<Caught>> {
        let result = self.host.keccak256(input);
        self.computed(result)
    }

    fn sha256_rounds(
        &mut self,
        state: &mut [u32; 8],
        blocks: &[[u8; 64]],
    ) -> Result<(), CallFault<Caught>> {
        let result = self.host.sha256_rounds(state, blocks);
        self.computed(result)
    }

    fn ecrecover(
        &mut self,
        digest: &[u8; 32],
        r: &[u8; 32],
        s: &[u8; 32],
        y_is_odd: bool,
    ) -> Result<Option<Address>, CallFault<Caught>> {
        let result = self.host.ecrecover(digest, r, s, y_is_odd);
        self.computed(result)
    }

    fn secp256r1_verify(
        &mut self,
        digest: &[u8; 32],
        r: &[u8; 32],
        s: &[u8; 32],
        x: &[u8; 32],
        y: &[u8; 32],
    ) -> Result<Option<bool>, CallFault<Caught>> {
        let result = self.host.secp256r1_verify(digest, r, s, x, y);
        self.computed(result)
    }

    fn ec_add(
        &mut self,
        left: &G1Point,
        right: &G1Point,
    ) -> Result<Option<G1Point>, CallFault<Caught>> {
        let result = self.host.ec_add(left, right);
        self.computed(result)
    }

    fn ec_mul(
        &mut self,
        point: &G1Point,
        scalar: &Word,
    ) -> Result<Option<G1Point>, CallFault<Caught>> {
        let result = self.host.ec_mul(point, scalar);
        self.computed(result)
    }

    fn ec_pairing(
        &mut self,
        pairs: &mut dyn Iterator<Item = Pair>,
    ) -> Result<Option<bool>, CallFault<Caught>> {
        let result = self.host.ec_pairing(pairs);
        self.computed(result)
    }

    fn modexp(
        &mut self,
        base: &Word,
        exponent: &Word,
        modulus: &Word,
    ) -> Result<Word, CallFault<Caught>> {
        let result = self.host.modexp(base, exponent, modulus);
        self.computed(result)
    }
}
