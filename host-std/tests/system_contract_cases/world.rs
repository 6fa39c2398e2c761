//! The two systems, in one state.

use crate::actors;
use crate::case::Case;
use crate::common::corpus;
use eravm_core::precompiles::Precompiles;
use eravm_core::{
    ACCOUNT_CODE_STORAGE, Address, CodeStore, HostTypes, Program, Semantics, Settings, Storage,
    StorageSlot, VersionedHash, Word, system_address,
};
use eravm_host::embedded::NativeContract;
use eravm_host::system_contracts::{GenesisOptions, GenesisSlot, SystemContracts};
use std::collections::HashMap;
use std::convert::Infallible;
use std::path::Path;
use std::sync::OnceLock;

const PROTOCOL: u16 = 29;
const KNOWN_CODES_STORAGE: Address = system_address(0x8004);

/// Where the bundle is.
pub(crate) fn bundle_path() -> Option<String> {
    corpus("contracts/v29.tar.gz")
}

/// A system and its state.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) settings: Settings,
    slots: HashMap<(Address, Word), Word>,
    code: HashMap<VersionedHash, Program>,
}

/// The compiled system and the native one.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) compiled: Side,
    pub(crate) native: Side,
}

impl World {
    /// Both; `None`, said loudly, where the bundle is missing.
    pub(crate) fn get() -> Option<&'static Self> {
        static WORLD: OnceLock<Option<World>> = OnceLock::new();
        WORLD.get_or_init(Self::new).as_ref()
    }

    fn new() -> Option<Self> {
        let path = bundle_path()?;
        let (bundle, _) =
            SystemContracts::load(Path::new(&path)).unwrap_or_else(|error| panic!("{error}"));
        let embedded = SystemContracts::embedded();
        let options = GenesisOptions::default();
        let compiled = bundle.genesis(&options);
        // What the embedded system does not have, it has from the bundle.
        let native = [&compiled[..], &embedded.genesis(&options)].concat();
        Some(Self {
            compiled: Side::new(&bundle, &bundle, &compiled),
            native: Side::new(&embedded, &bundle, &native),
        })
    }
}

impl Side {
    fn new(system: &SystemContracts, bundle: &SystemContracts, genesis: &[GenesisSlot]) -> Self {
        let mut slots: HashMap<_, _> =
            genesis.iter().map(|(address, key, value)| ((*address, *key), *value)).collect();
        let mut code: HashMap<_, _> = [system, bundle]
            .iter()
            .flat_map(|system| system.codes())
            .map(|(hash, code)| (hash, Program::new(code.bytes()).expect("it is code")))
            .collect();
        for (hash, bytes) in actors::codes() {
            slots.insert((KNOWN_CODES_STORAGE, hash.to_word()), Word::ONE);
            code.insert(hash, Program::new(&bytes).expect("it is code"));
        }
        for (address, hash) in actors::places() {
            slots
                .insert((system_address(ACCOUNT_CODE_STORAGE), Word::from_address(&address)), hash);
        }
        let emulator = system.evm_emulator().or(bundle.evm_emulator()).expect("there is one");
        let (semantics, _) = Semantics::of_protocol(PROTOCOL).expect("it is known");
        let settings = Settings::new(semantics, system.default_account().hash(), emulator.hash());
        Self { settings, slots, code }
    }
}

/// A side's state with the slots and the code of a case.
#[derive(Debug)]
pub(crate) struct State<'a> {
    side: &'a Side,
    others: HashMap<(Address, Word), Word>,
    code: HashMap<VersionedHash, Program>,
}

impl<'a> State<'a> {
    pub(crate) fn new(side: &'a Side, case: &Case) -> Self {
        let slots = case.slots.iter().map(|(address, key, value)| ((*address, *key), *value));
        Self { side, others: slots.collect(), code: case.codes.iter().cloned().collect() }
    }
}

impl HostTypes for State<'_> {
    type Fault = Infallible;
}

impl Storage for State<'_> {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, Infallible> {
        let place = (*address, *key);
        let value = self.others.get(&place).or_else(|| self.side.slots.get(&place));
        Ok(match value {
            Some(value) => StorageSlot { value: *value, is_initial: false },
            None => StorageSlot::EMPTY,
        })
    }
}

impl CodeStore for State<'_> {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, Infallible> {
        // The first frame calls without the runner of native contracts.
        let native = NativeContract::program_of(hash);
        let code = native.or_else(|| self.side.code.get(hash));
        Ok(code.or_else(|| self.code.get(hash)).cloned())
    }
}

impl Precompiles for State<'_> {}
