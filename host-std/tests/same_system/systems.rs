//! The two systems.

use super::common::corpus;
use eravm_core::{ACCOUNT_CODE_STORAGE, Program, system_address};
use eravm_host::batch::{BaseContract, ExecutionMode, MemoryState, SystemEnvironment};
use eravm_host::system_contracts::{Bytecode, Flavour, GenesisOptions, SystemContracts};
use std::path::Path;

/// The system contracts: those of bytecode and the embedded ones.
#[derive(Debug)]
pub(crate) struct Systems {
    pub(crate) bytecode: SystemContracts,
    pub(crate) embedded: SystemContracts,
}

impl Systems {
    /// `None`, said loudly, where the bundle is missing.
    pub(crate) fn load() -> Option<Self> {
        let path = corpus("contracts/v29.tar.gz")?;
        let (bytecode, _) =
            SystemContracts::load(Path::new(&path)).unwrap_or_else(|error| panic!("{error}"));
        Some(Self { bytecode, embedded: SystemContracts::embedded() })
    }
}

fn base_contract(code: &Bytecode) -> BaseContract {
    let program = Program::new(code.bytes()).expect("it is code");
    BaseContract { hash: code.hash(), program }
}

/// What batches are run with on these contracts.
pub(crate) fn environment(
    contracts: &SystemContracts,
    chain_id: u64,
    flavour: Flavour,
    mode: ExecutionMode,
    validation_ergs: u32,
) -> SystemEnvironment {
    SystemEnvironment {
        protocol: 29,
        chain_id,
        bootloader: base_contract(contracts.bootloader(flavour).expect("there is one")),
        default_account: base_contract(contracts.default_account()),
        evm_emulator: contracts.evm_emulator().map(base_contract),
        mode,
        engine: eravm_host::Engine::default(),
        validation_ergs,
    }
}

/// Puts the system contracts where others of their kind stand.
pub(crate) fn replace(contracts: &SystemContracts, state: &mut MemoryState, chain_id: u64) {
    for (hash, code) in contracts.codes() {
        state.add_program(hash, Program::new(code.bytes()).expect("it is code"));
    }
    let options = GenesisOptions { chain_id, allow_evm: true };
    let code_storage = system_address(ACCOUNT_CODE_STORAGE);
    for (address, key, value) in contracts.genesis(&options) {
        // What the state says itself stays.
        if address == code_storage || state.value(&address, &key).is_zero() {
            state.write(address, key, value);
        }
    }
}
