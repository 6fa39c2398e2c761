//! Batches as JSON: what `eravm batch` runs.
//!
//! A batch file says what a batch is run with, the state before it and its transactions; `BATCH_FILE.md` describes every field. Nearly
//! everything has a default, so that this is a whole file:
//!
//! ```
//! use eravm_host::batch_file::BatchFile;
//!
//! let text = r#"{"transactions": [{"from": "alice", "to": "bob", "value": "1 ether"}]}"#;
//! let file = BatchFile::parse(text.as_bytes())?;
//! assert_eq!(file.transactions(), 1);
//! let error = BatchFile::parse(br#"{"transactions": [{"form": "alice"}]}"#).unwrap_err();
//! assert!(error.to_string().starts_with("at transactions[0].form: unknown field `form`"));
//! # Ok::<(), eravm_host::batch_file::BatchFileError>(())
//! ```
//!
//! With the system contracts it becomes a [`BatchPlan`](BatchFile::plan): everything that a
//! [`BatchExecutor`](crate::batch::BatchExecutor) needs.

mod account;
mod code;
mod deploy;
mod error;
mod format;
mod request;
mod state;
mod value;

pub use account::{Account, NameError, TestAccount};
pub use error::{BatchFileError, BatchFileErrorKind, TypeField};
pub use request::PlannedTransaction;

pub(crate) use format::Pairs;
pub(crate) use value::{Amount, Bytes, Number};

use crate::batch::{
    BaseContract, BatchEnvironment, BlockEnvironment, ExecutionMode, InteropRoot, MemoryState,
    SystemEnvironment,
};
use crate::fees::FeeInput;
use crate::input;
use crate::pubdata::{CommitmentScheme, Content, DaValidator, PubdataFormat};
use crate::system_contracts::{Bytecode, Flavour, SystemContracts};
use code::CodeLoader;
use eravm_core::{Address, Program, Semantics, Word};
use error::BatchFileErrorKind as Kind;
use format::{Block, ContentName, Environment, Pubdata, Root, SchemeName};
use request::Planner;
use state::{ChainHead, StateBuilder};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The chain's number, where nothing else is said.
const DEFAULT_CHAIN: u64 = 270;
/// Time of a batch on a new chain, in seconds: 14 November 2023, so that results do not depend on when a file is run.
const DEFAULT_TIMESTAMP: u64 = 1_700_000_000;
/// Prices where nothing else is said, in wei: of L2 gas, of a byte of pubdata, of L1 gas. By the default fee model, L1 takes 1.8 gwei for
/// a byte, and what a batch takes beside its data makes it 5.
const DEFAULT_FEES: FeeInput = FeeInput {
    fair_l2_gas_price: 45_250_000,
    fair_pubdata_price: 5_000_000_000,
    l1_gas_price: 2_000_000_000,
};
/// Gets the fees where nobody else is named.
const DEFAULT_OPERATOR: &str = "operator";

/// A batch file that was read.
#[derive(Clone, Debug)]
pub struct BatchFile {
    root: Root,
    folder: PathBuf,
}

/// A batch, ready to be run.
#[derive(Clone, Debug)]
pub struct BatchPlan {
    /// What is the same for all batches of the chain.
    pub system: SystemEnvironment,
    /// What the batch is run with.
    pub batch: BatchEnvironment,
    /// The state before it.
    pub state: MemoryState,
    /// How it is published.
    pub pubdata: PubdataFormat,
    /// Its blocks: at least one.
    pub blocks: Vec<PlannedBlock>,
    /// Names of the test accounts in it.
    pub names: BTreeMap<Address, String>,
}

impl BatchPlan {
    /// The transactions of all blocks.
    pub fn transactions(&self) -> impl Iterator<Item = &PlannedTransaction> {
        self.blocks.iter().flat_map(|block| &block.transactions)
    }
}

/// A block, as far as the file says it.
#[derive(Clone, Debug, Default)]
pub struct PlannedBlock {
    /// Its time, in seconds; without it, a second after the block before.
    pub timestamp: Option<u64>,
    /// Roots of other chains that become known with it.
    pub interop_roots: Vec<InteropRoot>,
    /// Its transactions.
    pub transactions: Vec<PlannedTransaction>,
}

impl BatchFile {
    /// Reads a file, or the standard input if its name is `-`. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// If it cannot be read or is no batch file.
    pub fn load(path: &str) -> Result<Self, BatchFileError> {
        let bytes = input::read(path).map_err(|error| Kind::Read(error).at(""))?;
        let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
        let file = Self::parse(&bytes)?;
        Ok(Self { folder: folder.unwrap_or(Path::new(".")).to_owned(), ..file })
    }

    /// Reads JSON. Paths in it are relative to the current folder.
    ///
    /// # Errors
    /// If it is no batch file.
    pub fn parse(bytes: &[u8]) -> Result<Self, BatchFileError> {
        let json = |at: String, error: serde_json::Error| {
            let place = if at == "." { String::new() } else { at };
            Kind::Json(error.to_string()).at(place)
        };
        let mut source = serde_json::Deserializer::from_slice(bytes);
        let root: Root = serde_path_to_error::deserialize(&mut source)
            .map_err(|error| json(error.path().to_string(), error.into_inner()))?;
        source.end().map_err(|error| json(String::new(), error))?;
        match (&root.transactions, &root.blocks) {
            (None, None) => return Err(Kind::NoTransactions.at("")),
            (Some(_), Some(_)) => return Err(Kind::TransactionsAndBlocks.at("")),
            _ => {}
        }
        match root.too_many_transactions() {
            Some(count) => Err(Kind::TooManyTransactions(count).at("")),
            None => Ok(Self { root, folder: PathBuf::from(".") }),
        }
    }

    /// How many transactions it has.
    pub fn transactions(&self) -> usize {
        let flat = self.root.transactions.iter().map(Vec::len);
        let blocks = self.root.blocks.iter().flatten().map(|block| block.transactions.len());
        flat.chain(blocks).sum()
    }

    /// Makes everything that runs the batch, on these system contracts.
    ///
    /// # Errors
    /// If something in it does not go together, or a file that it names cannot be used.
    pub fn plan(self, contracts: &SystemContracts) -> Result<BatchPlan, BatchFileError> {
        self.plan_for(contracts, Flavour::ProvedBatch)
    }

    /// The same with another bootloader than that for batches which are proved: those for calls and estimates.
    ///
    /// # Errors
    /// As [`plan`](Self::plan), and if the system contracts do not have it.
    pub fn plan_for(
        self,
        contracts: &SystemContracts,
        bootloader: Flavour,
    ) -> Result<BatchPlan, BatchFileError> {
        self.plan_on(contracts, bootloader, None)
    }

    /// The same after a batch that left a state, if there was one. What the file says of the state is said of new chains only.
    ///
    /// # Errors
    /// As [`plan_for`](Self::plan_for).
    pub fn plan_on(
        self,
        contracts: &SystemContracts,
        bootloader: Flavour,
        left: Option<MemoryState>,
    ) -> Result<BatchPlan, BatchFileError> {
        let names = self.root.names();
        let Root { environment, state, pubdata, transactions, blocks } = self.root;
        let system = system_environment(&environment, contracts, bootloader)?;
        let pubdata = pubdata_format(system.protocol, &pubdata)?;
        let fee_input = fee_input(&environment.fee_input);
        let mut batch = batch_environment(&environment, fee_input)?;
        let allows_evm = state.allow_evm.unwrap_or(true);
        let mut planner = Planner {
            protocol: system.protocol,
            chain_id: system.chain_id,
            runs_evm: system.evm_emulator.is_some() && allows_evm,
            base_fee: batch.base_fee(),
            code: CodeLoader::new(self.folder),
            priority_operations: 0,
        };
        let planned = match blocks {
            Some(blocks) => {
                planned_blocks(&mut planner, blocks, |block| format!("blocks[{block}]."))?
            }
            None => {
                let transactions = transactions.unwrap_or_default();
                let only = Block { transactions, ..Block::default() };
                planned_blocks(&mut planner, vec![only], |_| String::new())?
            }
        };
        let transactions = planned.iter().flat_map(|block| &block.transactions);
        let from_l2 = transactions.filter(|transaction| !transaction.is_from_l1());
        let senders = from_l2.map(PlannedTransaction::sender).collect();
        let code = planner.code;
        let builder = StateBuilder { contracts, chain_id: system.chain_id, code, senders };
        let state = match left {
            None => builder.build(state)?,
            Some(mut left) => {
                builder.add_system_code(&mut left)?;
                left
            }
        };
        follow(&mut batch, &environment, &ChainHead::of(&state), planned.first());
        Ok(BatchPlan { system, batch, state, pubdata, blocks: planned, names })
    }
}

fn planned_blocks(
    planner: &mut Planner,
    blocks: Vec<Block>,
    place: impl Fn(usize) -> String,
) -> Result<Vec<PlannedBlock>, BatchFileError> {
    let mut planned = Vec::with_capacity(blocks.len());
    for (number, block) in blocks.into_iter().enumerate() {
        let place = place(number);
        let mut transactions = Vec::with_capacity(block.transactions.len());
        for (index, entry) in block.transactions.into_iter().enumerate() {
            transactions.push(planner.plan(entry, format!("{place}transactions[{index}]"))?);
        }
        let roots = block.interop_roots.into_iter().map(|root| InteropRoot {
            chain_id: root.chain_id.0,
            block_number: root.block_number.0,
            sides: vec![root.root.0],
        });
        planned.push(PlannedBlock {
            timestamp: block.timestamp.map(|timestamp| timestamp.0),
            interop_roots: roots.collect(),
            transactions,
        });
    }
    if planned.is_empty() {
        planned.push(PlannedBlock::default());
    }
    Ok(planned)
}

fn system_environment(
    environment: &Environment,
    contracts: &SystemContracts,
    flavour: Flavour,
) -> Result<SystemEnvironment, BatchFileError> {
    let place = "environment.protocol";
    let protocol = environment.protocol.map(|protocol| protocol.0);
    let protocol = protocol.or(contracts.protocol_version());
    let protocol = protocol.ok_or_else(|| Kind::UnknownProtocol.at(place))?;
    Semantics::of_protocol(protocol).map_err(|error| Kind::Protocol(error).at(place))?;
    let bootloader = contracts.bootloader(flavour);
    let bootloader = bootloader.ok_or_else(|| Kind::NoBootloader(flavour).at(""))?;
    let evm_emulator = contracts.evm_emulator().map(base_contract).transpose()?;
    Ok(SystemEnvironment {
        protocol,
        chain_id: environment.chain_id.map_or(DEFAULT_CHAIN, |chain| chain.0),
        bootloader: base_contract(bootloader)?,
        default_account: base_contract(contracts.default_account())?,
        evm_emulator,
        mode: ExecutionMode::VerifyExecute,
        engine: crate::engine::Engine::default(),
        validation_ergs: environment.validation_ergs.map_or(u32::MAX, |ergs| ergs.0),
    })
}

fn base_contract(code: &Bytecode) -> Result<BaseContract, BatchFileError> {
    let program = Program::new(code.bytes()).map_err(|error| Kind::Code(error).at(""))?;
    Ok(BaseContract { hash: code.hash(), program })
}

fn fee_input(fees: &format::FeeInput) -> FeeInput {
    let or = |price: Option<value::Number<u64>>, default| price.map_or(default, |price| price.0);
    FeeInput {
        fair_l2_gas_price: or(fees.fair_l2_gas_price, DEFAULT_FEES.fair_l2_gas_price),
        fair_pubdata_price: or(fees.fair_pubdata_price, DEFAULT_FEES.fair_pubdata_price),
        l1_gas_price: or(fees.l1_gas_price, DEFAULT_FEES.l1_gas_price),
    }
}

fn batch_environment(
    environment: &Environment,
    fee_input: FeeInput,
) -> Result<BatchEnvironment, BatchFileError> {
    let operator = match &environment.operator {
        Some(operator) => operator.address(),
        None => {
            let operator = TestAccount::new(DEFAULT_OPERATOR);
            let failed =
                |error: NameError| Kind::Json(error.to_string()).at("environment.operator");
            operator.map_err(failed)?.address
        }
    };
    Ok(BatchEnvironment {
        number: 0,
        timestamp: 0,
        previous_hash: Some(environment.previous_hash.unwrap_or_default().0),
        operator,
        fee_input,
        enforced_base_fee: None,
        first_block: BlockEnvironment::default(),
    })
}

/// Makes the batch follow the last one of its chain, in what the file does not say.
fn follow(
    batch: &mut BatchEnvironment,
    environment: &Environment,
    head: &ChainHead,
    first: Option<&PlannedBlock>,
) {
    // A state with absurd numbers gets the largest ones; the bootloader says what it thinks of them.
    let next_u64 = |number: u128| u64::try_from(number).unwrap_or(u64::MAX).saturating_add(1);
    let next_u32 = |number: u128| u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
    let after = head.batch_timestamp.max(head.block_timestamp);
    let timestamp = environment.timestamp.map(|timestamp| timestamp.0);
    batch.number = environment.number.map_or_else(|| next_u32(head.batch), |number| number.0);
    batch.timestamp = timestamp.unwrap_or_else(|| next_u64(after).max(DEFAULT_TIMESTAMP));
    let block = &environment.first_block;
    batch.first_block = BlockEnvironment {
        number: block.number.map_or_else(|| next_u32(head.block), |number| number.0),
        timestamp: first.and_then(|block| block.timestamp).unwrap_or(batch.timestamp),
        previous_hash: block.previous_hash.map_or(head.block_hash, |hash| hash.0),
        max_virtual_blocks: 1,
        interop_roots: first.map(|block| block.interop_roots.clone()).unwrap_or_default(),
    };
}

fn pubdata_format(protocol: u16, pubdata: &Pubdata) -> Result<PubdataFormat, BatchFileError> {
    let content = match pubdata.content {
        None | Some(ContentName::Full) => Content::Full,
        Some(ContentName::Hash) => Content::Hash,
    };
    let validator = match (&pubdata.validator, pubdata.scheme) {
        (Some(account), _) => DaValidator::Contract(account.address()),
        (None, Some(scheme)) => DaValidator::Scheme(match scheme {
            SchemeName::None => CommitmentScheme::None,
            SchemeName::EmptyNoDa => CommitmentScheme::EmptyNoDa,
            SchemeName::PubdataKeccak256 => CommitmentScheme::PubdataKeccak256,
            SchemeName::BlobsAndPubdataKeccak256 => CommitmentScheme::BlobsAndPubdataKeccak256,
        }),
        (None, None) => match protocol {
            ..26 => DaValidator::L1Messenger,
            26..31 => DaValidator::Contract(Address::zero()),
            31.. => DaValidator::Scheme(CommitmentScheme::BlobsAndPubdataKeccak256),
        },
    };
    PubdataFormat::new(protocol, content, validator)
        .map_err(|error| Kind::Format(error).at("pubdata"))
}

/// The nonce of the next transaction of an account whose slot of nonces has this value.
pub fn next_nonce(slot: Word) -> Word {
    Word::from_u128(slot.low_u128())
}
