//! `revm`.

use super::{CALLER, CONTRACT, GAS, Seen};
use crate::case;
use crate::end_state::EndState;
use eravm_batches::Scenario;
use eravm_core::{Address, Word};
use eravm_host::transaction::Transaction;
use revm::context::result::ExecutionResult;
use revm::context::{BlockEnv, CfgEnv, Context, Journal, TxEnv};
use revm::database::CacheDB;
use revm::database_interface::EmptyDB;
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address as EvmAddress, Bytes, TxKind, U256};
use revm::state::{AccountInfo, Bytecode};
use revm::{ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext, MainnetEvm};
use std::time::{Duration, Instant};

type Database = CacheDB<EmptyDB>;
type Machine = MainnetEvm<Context<BlockEnv, TxEnv, CfgEnv, Database, Journal<Database>>>;

/// Room for all transactions.
const BLOCK_GAS: u64 = 1 << 50;
/// What the sender has, in wei.
const BALANCE: u128 = 10_u128.pow(32);
/// What the creation of a token may take.
const CREATION_GAS: u64 = 10_000_000;

fn evm(address: &Address) -> EvmAddress {
    EvmAddress::new(address.0)
}

fn machine(database: Database) -> Machine {
    Context::mainnet()
        .with_db(database)
        .modify_cfg_chained(|cfg| {
            *cfg = core::mem::take(cfg).with_spec_and_mainnet_gas_params(SpecId::CANCUN);
            // The batches of the other engines have more transactions than a block of Ethereum.
            cfg.tx_gas_limit_cap = Some(u64::MAX);
        })
        .modify_block_chained(|block| block.gas_limit = BLOCK_GAS)
        .build_mainnet()
}

/// A contract, and a transaction that calls it.
pub(super) struct Work {
    machine: Machine,
    transaction: TxEnv,
}

impl Work {
    pub(super) fn new(code: &[u8], calldata: &[u8]) -> Self {
        let mut database = CacheDB::new(EmptyDB::default());
        let code = Bytecode::new_legacy(Bytes::copy_from_slice(code));
        let info = AccountInfo::new(U256::ZERO, 1, code.hash_slow(), code);
        database.insert_account_info(evm(&CONTRACT), info);
        let transaction = TxEnv {
            caller: evm(&CALLER),
            kind: TxKind::Call(evm(&CONTRACT)),
            data: Bytes::copy_from_slice(calldata),
            gas_limit: GAS,
            ..TxEnv::default()
        };
        Self { machine: machine(database), transaction }
    }

    /// Runs the transaction. The state stays as it is.
    fn execute(&mut self) -> Result<ExecutionResult, String> {
        let done = self.machine.transact(self.transaction.clone());
        match done.map_err(|error| error.to_string())?.result {
            result @ ExecutionResult::Success { .. } => Ok(result),
            result => Err(format!("the call failed: {result:?}")),
        }
    }

    pub(super) fn run(&mut self) -> Result<Seen, String> {
        let result = self.execute()?;
        let events = result.logs().iter().map(|log| {
            let address = Address::from_slice(log.address.as_slice());
            let topics = log.data.topics().iter().map(|topic| Word::from_be_bytes(topic));
            (address, topics.collect(), log.data.data.to_vec())
        });
        let returned = result.output().map_or(Vec::new(), |output| output.to_vec());
        Ok(Seen { returned, events: events.collect() })
    }
}

impl case::Work for Work {
    fn time(&mut self) -> Duration {
        let begin = Instant::now();
        let result = self.execute();
        let time = begin.elapsed();
        match result {
            Ok(_) => time,
            Err(error) => panic!("it ran before: {error}"),
        }
    }

    fn end_state(&mut self) -> Option<EndState> {
        None
    }
}

/// The transactions of a batch as Ethereum's, one behind the other, each committed: no signatures, no fees, no block, no pubdata.
pub struct PeerBatch {
    database: Database,
    transactions: Vec<TxEnv>,
    /// Whether making and dropping the machine counts.
    full: bool,
}

impl PeerBatch {
    /// The transactions of a scenario, all of which must succeed. If they call a token, its code, with which the sender creates it before.
    ///
    /// # Errors
    /// If one of them fails, or cannot be one of Ethereum's.
    pub fn new(scenario: &Scenario, token: Option<&[u8]>, full: bool) -> Result<Self, String> {
        let sent = scenario.transactions.iter().map(|transaction| match transaction {
            Transaction::L2(sent) => Ok(sent),
            Transaction::Priority(_) | Transaction::Upgrade(_) => Err("it comes from L1"),
        });
        let sent = sent.collect::<Result<Vec<_>, _>>()?;
        let sender = evm(&sent.first().ok_or("there are no transactions")?.from);
        let mut database = CacheDB::new(EmptyDB::default());
        let info = AccountInfo { balance: U256::from(BALANCE), ..AccountInfo::default() };
        database.insert_account_info(sender, info);
        let mut first = machine(database);
        let plain = TxEnv { caller: sender, gas_limit: CREATION_GAS, ..TxEnv::default() };
        let created = sender.create(0);
        if let Some(code) = token {
            let data = Bytes::copy_from_slice(code);
            run(&mut first, &[TxEnv { kind: TxKind::Create, data, ..plain.clone() }])?;
        }
        let mut transactions = Vec::new();
        for (sent, nonce) in sent.into_iter().zip(u64::from(token.is_some())..) {
            let to = sent.to.as_ref().map(evm).ok_or("it creates a contract")?;
            transactions.push(TxEnv {
                kind: TxKind::Call(if token.is_some() { created } else { to }),
                value: U256::from_be_bytes(sent.value.to_be_bytes()),
                data: Bytes::copy_from_slice(&sent.calldata),
                gas_limit: u64::from(sent.gas_limit.low_u32()),
                nonce,
                ..plain.clone()
            });
        }
        let database = first.ctx.journaled_state.database;
        run(&mut machine(database.clone()), &transactions)?;
        Ok(Self { database, transactions, full })
    }
}

impl std::fmt::Debug for PeerBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PeerBatch")
            .field("transactions", &self.transactions.len())
            .finish_non_exhaustive()
    }
}

fn run(machine: &mut Machine, transactions: &[TxEnv]) -> Result<(), String> {
    for transaction in transactions {
        let done = machine.transact_commit(transaction.clone());
        let result = done.map_err(|error| error.to_string())?;
        if !result.is_success() {
            return Err(format!("a transaction failed: {result:?}"));
        }
    }
    Ok(())
}

impl case::Work for PeerBatch {
    fn time(&mut self) -> Duration {
        let database = self.database.clone();
        let begin = Instant::now();
        let mut machine = machine(database);
        let made = Instant::now();
        let result = run(&mut machine, &self.transactions);
        let ended = Instant::now();
        drop(machine);
        if let Err(error) = result {
            panic!("it ran before: {error}");
        }
        if self.full { begin.elapsed() } else { ended - made }
    }

    fn end_state(&mut self) -> Option<EndState> {
        None
    }
}
