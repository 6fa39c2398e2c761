//! Two systems with the same EVM contracts: that of bytecode, whose emulator is the network's, and the embedded one.

use eravm_core::precompiles::{CallFault, Precompiles, SHA256_START, keccak256};
use eravm_core::semantics::FatPointer;
use eravm_core::{
    Address, CodeDigest, CodeStore, Ending, Entry, Event, Exit, HostTypes, InMemory, L1Message,
    NativeCall, NativeCaller, NativeData, NativePoint, Program, RunError, Semantics, Settings,
    Storage, StorageSlot, VersionedHash, Vm, Word,
};
use eravm_host::embedded::Natives;
use eravm_host::evm::published;
use eravm_host::system_contracts::addresses::{
    ACCOUNT_CODE_STORAGE, EVM_HASHES_STORAGE, KNOWN_CODES_STORAGE, SYSTEM_CONTEXT,
};
use eravm_host::system_contracts::{GenesisOptions, SystemContracts, balance_slot, nonce_slot};
use eravm_tests::corpus::corpus;
use std::collections::HashMap;
use std::convert::Infallible;

/// The protocol of both systems.
const PROTOCOL: u16 = 29;

/// A system, and what is deployed on it.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    settings: Settings,
    slots: HashMap<(Address, Word), Word>,
    code: HashMap<VersionedHash, Program>,
}

/// Both.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) compiled: Side,
    pub(crate) native: Side,
}

impl World {
    /// `None`, said loudly, where the bundle is missing.
    pub(crate) fn load() -> Option<Self> {
        let path = corpus()?.join("contracts/v29.tar.gz");
        let (bundle, _) = SystemContracts::load(&path).unwrap_or_else(|error| panic!("{error}"));
        Some(Self { compiled: Side::new(&bundle), native: Side::new(&SystemContracts::embedded()) })
    }

    pub(crate) fn each(&mut self, mut change: impl FnMut(&mut Side)) {
        change(&mut self.compiled);
        change(&mut self.native);
    }
}

/// keccak256.
fn keccak(bytes: &[u8]) -> Word {
    Word::from_be_bytes(&keccak256(&mut core::iter::once(bytes)))
}

impl Side {
    fn new(system: &SystemContracts) -> Self {
        let options = GenesisOptions { chain_id: 270, allow_evm: true };
        let genesis = system.genesis(&options);
        let mut slots: HashMap<_, _> =
            genesis.iter().map(|(address, key, value)| ((*address, *key), *value)).collect();
        // Origin, gas price, base fee, and the block that contracts see.
        for (slot, value) in [(1, 0x0411), (2, 250), (6, 200), (268, 1_700_000_000)] {
            slots.insert((SYSTEM_CONTEXT, Word::from_u64(slot)), Word::from_u64(value));
        }
        slots.insert((SYSTEM_CONTEXT, Word::from_u64(268)), Word([1_700_000_000, 0, 17, 0]));
        let code = system
            .codes()
            .into_iter()
            .map(|(hash, code)| (hash, Program::new(code.bytes()).expect("it is code")));
        let code = code.collect();
        let emulator = system.evm_emulator().expect("there is one");
        let (semantics, _) = Semantics::of_protocol(PROTOCOL).expect("it is known");
        let settings = Settings::new(semantics, system.default_account().hash(), emulator.hash());
        Self { settings, slots, code }
    }

    /// Sets a slot.
    pub(crate) fn write(&mut self, address: Address, key: Word, value: Word) {
        self.slots.insert((address, key), value);
    }

    /// Puts EVM code at an address.
    pub(crate) fn deploy(&mut self, address: Address, code: &[u8]) {
        let padded = published(code.to_vec());
        let hash = VersionedHash::of_blob(code.len() as u16, &padded);
        self.code.insert(hash, Program::new(&padded[..]).expect("it is code"));
        self.write(ACCOUNT_CODE_STORAGE, Word::from_address(&address), hash.to_word());
        self.write(KNOWN_CODES_STORAGE, hash.to_word(), Word::ONE);
        self.write(EVM_HASHES_STORAGE, hash.to_word(), keccak(code));
        let (nonces, key) = nonce_slot(&address);
        self.write(nonces, key, Word([0, 0, 1, 0]));
    }

    /// Puts EraVM code at an address.
    pub(crate) fn deploy_eravm(&mut self, address: Address, code: &[u8]) {
        let hash = VersionedHash::of_code(code).expect("it is code");
        self.code.insert(hash, Program::new(code).expect("it is code"));
        self.write(ACCOUNT_CODE_STORAGE, Word::from_address(&address), hash.to_word());
        self.write(KNOWN_CODES_STORAGE, hash.to_word(), Word::ONE);
    }

    /// Gives an account base tokens.
    pub(crate) fn fund(&mut self, account: &Address, amount: u64) {
        let (token, key) = balance_slot(account);
        self.write(token, key, Word::from_u64(amount));
    }
}

/// A call from outside.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) ergs: u32,
    pub(crate) calldata: Vec<u8>,
    pub(crate) is_static: bool,
    pub(crate) is_system: bool,
}

/// What can be seen of a call but its ergs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Observed {
    pub(crate) ending: Ending,
    pub(crate) data: Vec<u8>,
    pub(crate) ergs: u32,
    storage: Vec<(Address, Word, Word)>,
    events: Vec<Event>,
    messages: Vec<L1Message>,
}

impl Observed {
    /// Without what it cost.
    pub(crate) fn effects(&self) -> Self {
        Self { ergs: 0, ..self.clone() }
    }

    /// Without what it returned.
    pub(crate) fn without_data(&self) -> Self {
        Self { data: Vec::new(), ..self.clone() }
    }

    /// A word of what it returned.
    pub(crate) fn word(&self, index: usize) -> Word {
        let bytes = self.data.get(index * 32..).and_then(|data| data.first_chunk());
        bytes.map_or(Word::ZERO, Word::from_be_bytes)
    }

    pub(crate) fn written(&self, address: &Address, key: u64) -> Option<Word> {
        let key = Word::from_u64(key);
        self.storage.iter().find(|slot| (slot.0, slot.1) == (*address, key)).map(|slot| slot.2)
    }
}

/// The state that a call is made in. Code is known by its digest as soon as it was hashed, which those do who publish it.
struct State<'a> {
    side: &'a Side,
    hashed: HashMap<CodeDigest, Program>,
    /// What is being hashed.
    hashing: Vec<u8>,
}

impl HostTypes for State<'_> {
    type Fault = Infallible;
}

impl Storage for State<'_> {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, Infallible> {
        Ok(match self.side.slots.get(&(*address, *key)) {
            Some(value) => StorageSlot { value: *value, is_initial: false },
            None => StorageSlot::EMPTY,
        })
    }
}

impl CodeStore for State<'_> {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, Infallible> {
        let known = self.side.code.get(hash);
        Ok(known.or_else(|| self.hashed.get(&hash.digest())).cloned())
    }
}

impl Precompiles for State<'_> {
    fn sha256_rounds(
        &mut self,
        state: &mut [u32; 8],
        blocks: &[[u8; 64]],
    ) -> Result<(), CallFault<Infallible>> {
        if *state == SHA256_START {
            self.hashing.clear();
        }
        self.hashing.extend(blocks.as_flattened());
        InMemory::new().sha256_rounds(state, blocks)?;
        let words = state.map(u32::to_be_bytes);
        let digest = words.as_flattened()[4..].try_into().expect("it is one word less");
        // The padding ends with the length in bits.
        let length = self.hashing.last_chunk().map(|bits| u64::from_be_bytes(*bits) / 8);
        let code = length.and_then(|length| self.hashing.get(..length as usize));
        if let Some(Ok(program)) = code.map(Program::new) {
            self.hashed.insert(digest, program);
        }
        Ok(())
    }
}

/// Makes a call on a system whose state stays as it is.
pub(crate) fn run(side: &Side, call: &Call) -> Observed {
    let mut state = State { side, hashed: HashMap::new(), hashing: Vec::new() };
    let program = Program::native(vec![Word::ZERO]).expect("a word is code");
    let mut vm = Vm::new(side.settings, Entry::bootloader(program)).expect("it can run");
    let mut natives = Natives::new();
    let native_call = NativeCall {
        caller: NativeCaller::Mimicked(call.from),
        ergs: call.ergs,
        is_static: call.is_static,
        is_system: call.is_system,
        ..NativeCall::new(call.to, NativeData::Bytes(&call.calldata))
    };
    vm.set_ergs(u32::MAX);
    match natives.call(&mut vm, &mut state, &native_call) {
        Ok(Exit::Native) => {}
        Ok(exit) => panic!("the first frame does not end by itself: {exit:?}"),
        Err(RunError::Stopped(stop)) => panic!("{stop}"),
        Err(RunError::Host(never)) => match never {},
    }
    let ending = match vm.native_point() {
        Some(NativePoint::Returned) => Ending::Returns,
        Some(NativePoint::Failed) if vm.flags().lt => Ending::Panics,
        Some(NativePoint::Failed) => Ending::Reverts,
        point => panic!("the first frame waits for a call, and not at {point:?}"),
    };
    let changes = vm.storage_changes().into_iter();
    Observed {
        ending,
        data: vm.read_pointer(FatPointer::from_word(&vm.register(1).0)),
        ergs: u32::MAX - vm.ergs(),
        storage: changes
            // What was written and is as before need not have been written.
            .filter(|change| change.after != change.before.value)
            .map(|change| (change.address, change.key, change.after))
            .collect(),
        events: vm.events().to_vec(),
        messages: vm.l1_messages().to_vec(),
    }
}
