//! A chain of its own: the genesis state of the newest bundle, with contracts and accounts that a test puts there.

use super::corpus;
use eravm_core::asm::assemble;
use eravm_core::{ACCOUNT_CODE_STORAGE, Address, Program, VersionedHash, Word, system_address};
use eravm_host::batch::{
    BaseContract, BatchEnvironment, BlockEnvironment, ExecutionMode, MemoryState, SystemEnvironment,
};
use eravm_host::fees::FeeInput;
use eravm_host::parse_word;
use eravm_host::system_contracts::{Bytecode, Flavour, GenesisOptions, SystemContracts};
use primitive_types::U256;
use std::path::Path;

/// The time of the batches, in seconds.
pub(crate) const TIMESTAMP: u64 = 1_700_000_000;

/// The hash that block 0 has for `SystemContext`.
const GENESIS_BLOCK_HASH: &str =
    "0xe8e77626586f73b955364c7b4bbf0bb7f7685ebd40e852b164633a4acbd3244c";

/// The chain.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) system: SystemEnvironment,
    pub(crate) batch: BatchEnvironment,
    pub(crate) state: MemoryState,
}

fn base_contract(code: &Bytecode) -> BaseContract {
    let program = Program::new(code.bytes()).expect("it is code");
    BaseContract { hash: code.hash(), program }
}

impl Chain {
    /// The chain where gas is free, so that accounts need not pay; `None`, said loudly, where the bundle is missing.
    pub(crate) fn new() -> Option<Self> {
        let path = corpus("contracts/v29.tar.gz")?;
        let (contracts, _) =
            SystemContracts::load(Path::new(&path)).unwrap_or_else(|error| panic!("{error}"));
        let bootloader = contracts.bootloader(Flavour::ProvedBatch).expect("there is one");
        let system = SystemEnvironment {
            protocol: 29,
            chain_id: 270,
            bootloader: base_contract(bootloader),
            default_account: base_contract(contracts.default_account()),
            evm_emulator: contracts.evm_emulator().map(base_contract),
            mode: ExecutionMode::VerifyExecute,
            engine: eravm_host::Engine::default(),
            validation_ergs: u32::MAX,
        };
        let mut state = MemoryState::new();
        for (address, key, value) in contracts.genesis(&GenesisOptions::default()) {
            state.write(address, key, value);
        }
        for (hash, code) in contracts.codes() {
            state.add_program(hash, Program::new(code.bytes()).expect("it is code"));
        }
        let batch = BatchEnvironment {
            number: 1,
            timestamp: TIMESTAMP,
            previous_hash: Some(Word::from_u64(1)),
            operator: Address::repeat_byte(0xfe),
            fee_input: FeeInput { fair_l2_gas_price: 0, fair_pubdata_price: 0, l1_gas_price: 0 },
            enforced_base_fee: None,
            first_block: BlockEnvironment {
                number: 1,
                timestamp: TIMESTAMP,
                previous_hash: parse_word(GENESIS_BLOCK_HASH).expect("it is a word"),
                max_virtual_blocks: 1,
                interop_roots: Vec::new(),
            },
        };
        Some(Self { system, batch, state })
    }

    /// Puts code at an address.
    pub(crate) fn deploy(&mut self, address: Address, code: &[u8]) {
        let hash = VersionedHash::of_code(code).expect("it is code");
        self.state.add_program(hash, Program::new(code).expect("it is code"));
        let key = Word::from_address(&address);
        self.state.write(system_address(ACCOUNT_CODE_STORAGE), key, hash.to_word());
    }

    /// Puts assembled code at an address.
    pub(crate) fn deploy_assembled(&mut self, address: Address, source: &str) {
        let assembly = assemble(source).unwrap_or_else(|error| panic!("{error}\n{source}"));
        self.deploy(address, &assembly.bytecode);
    }

    /// Puts assembled code at an address, as an account.
    pub(crate) fn deploy_account(&mut self, address: Address, source: &str) {
        self.deploy_assembled(address, source);
        // ContractDeployer: the version of accounts.
        let key = mapping_slot(&Word::from_address(&address), &Word::ZERO);
        self.state.write(system_address(0x8006), key, Word::ONE);
    }

    /// Gives an account base tokens.
    pub(crate) fn fund(&mut self, address: &Address, amount: u64) {
        let token = system_address(0x800a);
        self.state.write(token, balance_slot(address), Word::from_u64(amount));
        self.state.write(token, Word::ONE, Word::from_u64(amount));
    }
}

/// Keccak-256.
pub(crate) fn keccak(bytes: &[u8]) -> Word {
    Word::from_be_bytes(&eravm_core::precompiles::keccak256(&mut core::iter::once(bytes)))
}

/// Where Solidity keeps the value of a key in the mapping at a slot.
pub(crate) fn mapping_slot(key: &Word, slot: &Word) -> Word {
    keccak(&[key.to_be_bytes(), slot.to_be_bytes()].concat())
}

/// The slot of `L2BaseToken` with an account's balance.
pub(crate) fn balance_slot(address: &Address) -> Word {
    mapping_slot(&Word::from_address(address), &Word::ZERO)
}

/// The first source of a far call that passes this much of the heap, from its beginning, and this many ergs; in decimal.
pub(crate) fn call_abi(bytes: u32, ergs: u32, is_system: bool) -> String {
    let top = u64::from(ergs) | u64::from(is_system) << 56;
    U256([0, u64::from(bytes) << 32, 0, top]).to_string()
}

/// A word in decimal, as the assembler wants it.
pub(crate) fn decimal(word: &Word) -> String {
    U256::from(*word).to_string()
}

/// Four bytes at the beginning of a word.
pub(crate) fn selector(number: u32) -> Word {
    Word([0, 0, 0, u64::from(number) << 32])
}
