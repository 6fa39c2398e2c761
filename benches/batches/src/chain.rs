//! A new chain.

use crate::abi::keccak;
use crate::scenario::Scenario;
use eravm_core::{Address, Program, VersionedHash, Word};
use eravm_host::batch::{
    BaseContract, BatchEnvironment, BatchExecutor, BlockEnvironment, ExecutionMode, Leaf,
    MemoryState, Outcome, SystemEnvironment,
};
use eravm_host::fees::FeeInput;
use eravm_host::pubdata::{Content, DaValidator, PubdataFormat};
use eravm_host::system_contracts::{
    Bytecode, Flavour, GenesisOptions, SystemContracts, balance_slot,
};
use eravm_host::transaction::Transaction;
use std::error::Error;
use std::path::Path;

/// The chain's number.
pub const CHAIN_ID: u64 = 270;
/// The contracts of protocol 29.
const BUNDLE: &str = "contracts/v29.tar.gz";
const PROTOCOL: u16 = 29;
/// Slot of `L2BaseToken` with the total supply.
const TOTAL_SUPPLY_SLOT: u64 = 1;
/// What the sender has, in wei, as in zksync-era's VM benchmark.
const BALANCE: u128 = 10_u128.pow(32);
/// Prices as in zksync-era's VM benchmark: L1 gas at 50 gwei, of which a byte of pubdata costs 17.
const FEES: FeeInput = FeeInput {
    fair_l2_gas_price: 250_000_000,
    fair_pubdata_price: 17 * 50_000_000_000,
    l1_gas_price: 50_000_000_000,
};

/// Code of the state.
pub type Code = (VersionedHash, Vec<u8>);

/// A chain between two batches.
#[derive(Clone, Debug)]
pub struct Chain {
    system: SystemEnvironment,
    state: MemoryState,
    codes: Vec<Code>,
    /// Number of the next batch.
    batch: u32,
    next_block: BlockEnvironment,
    format: PubdataFormat,
}

fn base_contract(code: &Bytecode) -> Result<BaseContract, Box<dyn Error>> {
    let program = Program::new(code.bytes()).map_err(|error| error.to_string())?;
    Ok(BaseContract { hash: code.hash(), program })
}

impl Chain {
    /// A chain on which nothing has happened, but that an account is rich.
    ///
    /// # Errors
    /// If the bundle of contracts is not in the corpus, or is not what it should be.
    pub fn new(corpus: &Path, rich: &Address) -> Result<Self, Box<dyn Error>> {
        let (contracts, _) = SystemContracts::load(&corpus.join(BUNDLE))?;
        Self::on(&contracts, rich)
    }

    /// The same with the embedded system.
    ///
    /// # Errors
    /// Never: it is complete.
    pub fn embedded(rich: &Address) -> Result<Self, Box<dyn Error>> {
        Self::on(&SystemContracts::embedded(), rich)
    }

    fn on(contracts: &SystemContracts, rich: &Address) -> Result<Self, Box<dyn Error>> {
        let bootloader = contracts.bootloader(Flavour::ProvedBatch);
        let bootloader = bootloader.ok_or("the bundle has no bootloader for batches")?;
        let system = SystemEnvironment {
            protocol: PROTOCOL,
            chain_id: CHAIN_ID,
            bootloader: base_contract(bootloader)?,
            default_account: base_contract(contracts.default_account())?,
            evm_emulator: contracts.evm_emulator().map(base_contract).transpose()?,
            mode: ExecutionMode::VerifyExecute,
            engine: eravm_host::Engine::default(),
            validation_ergs: u32::MAX,
        };
        let genesis = contracts.genesis(&GenesisOptions { chain_id: CHAIN_ID, allow_evm: true });
        let (token, balance_key) = balance_slot(rich);
        let balance = Word::from_u128(BALANCE);
        let money =
            [(token, balance_key, balance), (token, Word::from_u64(TOTAL_SUPPLY_SLOT), balance)];
        let mut state = MemoryState::new();
        for (index, (address, key, value)) in (1..).zip(genesis.into_iter().chain(money)) {
            state.set_leaf(address, key, Leaf { value, index });
        }
        let mut codes = Vec::new();
        for (hash, code) in contracts.codes() {
            state.add_code(hash, code.bytes()).map_err(|error| error.to_string())?;
            codes.push((hash, code.bytes().to_vec()));
        }
        let next_block = BlockEnvironment {
            number: 1,
            timestamp: 1_700_000_000,
            // SPEC: the hash of block 0 is the Keccak of its number in four bytes (`SystemContext`).
            previous_hash: Word::from_be_bytes(&keccak(&[0; 4])),
            max_virtual_blocks: 1,
            interop_roots: Vec::new(),
        };
        let validator = DaValidator::Contract(Address::zero());
        let format = PubdataFormat::new(PROTOCOL, Content::Full, validator);
        let format = format.map_err(|error| error.to_string())?;
        Ok(Self { system, state, codes, batch: 1, next_block, format })
    }

    fn environment(&self) -> BatchEnvironment {
        BatchEnvironment {
            number: self.batch,
            timestamp: self.next_block.timestamp,
            previous_hash: Some(Word([0x7777_7777_7777_7777; 4])),
            operator: Address::repeat_byte(0x0f),
            fee_input: FEES,
            enforced_base_fee: None,
            first_block: self.next_block.clone(),
        }
    }

    /// The next batch, with these transactions.
    pub fn scenario(&self, name: impl Into<String>, transactions: Vec<Transaction>) -> Scenario {
        Scenario {
            name: name.into(),
            system: self.system.clone(),
            batch: self.environment(),
            format: self.format,
            state: self.state.clone(),
            codes: self.codes.clone(),
            transactions,
        }
    }

    /// Runs a batch and keeps what it changes.
    ///
    /// # Errors
    /// If the batch cannot be run.
    pub fn run(&mut self, transactions: &[Transaction]) -> Result<Vec<Outcome>, Box<dyn Error>> {
        let mut executor =
            BatchExecutor::new(self.system.clone(), self.environment(), &self.state)?;
        let mut outcomes = Vec::new();
        for transaction in transactions {
            outcomes.push(executor.execute(transaction)?.outcome);
        }
        let changes = executor.finish(&self.format)?.storage_changes;
        self.next_block = executor.next_block()?;
        drop(executor);
        self.batch += 1;
        self.state.apply(changes.into_iter().map(|it| (it.address, it.key, it.after)));
        for dep in transactions.iter().flat_map(Transaction::factory_deps) {
            self.state.add_code(dep.hash(), dep.code()).map_err(|error| error.to_string())?;
            self.codes.push((dep.hash(), dep.code().to_vec()));
        }
        for (hash, code) in outcomes.iter().flat_map(|outcome| &outcome.evm_code) {
            self.state.add_code(*hash, code).map_err(|error| error.to_string())?;
            self.codes.push((*hash, code.clone()));
        }
        Ok(outcomes)
    }
}
