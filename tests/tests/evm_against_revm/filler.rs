//! State tests that revm fills in.

use alloy_trie::TrieAccount;
use alloy_trie::root::{state_root_unhashed, storage_root_unhashed};
use eravm_core::{Address, Word};
use eravm_host::evm::Fork;
use revm::context::TxEnv;
use revm::database::in_memory_db::{AccountState, CacheDB, DbAccount};
use revm::database_interface::EmptyDB;
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address as EvmAddress, B256, Bytes, Log, TxKind, U256, keccak256};
use revm::state::{AccountInfo, Bytecode};
use revm::{Context, ExecuteCommitEvm, MainBuilder, MainContext};
use serde_json::{Value, json};

/// Who sends the transaction.
const SENDER: Address = Address::repeat_byte(0x5e);
const COINBASE: Address = Address::repeat_byte(0xcb);
const BASE_FEE: u64 = 7;
const GAS_PRICE: u64 = 10;
const NUMBER: u64 = 20;
const TIMESTAMP: u64 = 1_700_000_000;
const RANDOM: u64 = 0xabcdef;
const BLOCK_GAS: u64 = 100_000_000;
/// How fast the price of blobs changes in Cancun.
const BLOB_FEE_UPDATE_FRACTION: u64 = 3_338_477;
const EXCESS_BLOB_GAS: u64 = 5_000_000;

/// An account before the transaction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) address: Address,
    pub(crate) balance: u64,
    pub(crate) code: Vec<u8>,
    pub(crate) storage: Vec<(u64, u64)>,
}

/// Accounts and a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) accounts: Vec<Account>,
    pub(crate) fork: Fork,
    pub(crate) to: Address,
    pub(crate) value: u64,
    pub(crate) data: Vec<u8>,
    pub(crate) gas_limit: u64,
}

/// A state test, and what revm said.
pub(crate) struct Filled {
    pub(crate) json: Value,
    pub(crate) succeeded: bool,
    pub(crate) gas_used: u64,
}

fn evm(address: &Address) -> EvmAddress {
    EvmAddress::new(address.0)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

fn number(number: u64) -> String {
    format!("{number:#x}")
}

impl Scene {
    fn spec(&self) -> SpecId {
        match self.fork {
            Fork::Shanghai => SpecId::SHANGHAI,
            _ => SpecId::CANCUN,
        }
    }

    /// Runs the transaction on revm, and writes down what comes of it.
    pub(crate) fn fill(&self) -> Filled {
        let (database, succeeded, gas_used, logs) = self.execute();
        let json = json!({
            "generated": {
                "env": {
                    "currentCoinbase": hex(&COINBASE.0),
                    "currentDifficulty": "0x0",
                    "currentGasLimit": number(BLOCK_GAS),
                    "currentNumber": number(NUMBER),
                    "currentTimestamp": number(TIMESTAMP),
                    "currentBaseFee": number(BASE_FEE),
                    "currentRandom": number(RANDOM),
                    "currentExcessBlobGas": number(EXCESS_BLOB_GAS),
                },
                "pre": self.pre(),
                "transaction": {
                    "data": [hex(&self.data)],
                    "gasLimit": [number(self.gas_limit)],
                    "gasPrice": number(GAS_PRICE),
                    "nonce": "0x0",
                    "sender": hex(&SENDER.0),
                    "to": hex(&self.to.0),
                    "value": [number(self.value)],
                },
                "post": {self.fork.name(): [{
                    "hash": hex(&root(&database).0),
                    "logs": hex(&keccak256(alloy_rlp::encode(&logs)).0),
                    "indexes": {"data": 0, "gas": 0, "value": 0},
                }]},
            },
        });
        Filled { json, succeeded, gas_used }
    }

    fn pre(&self) -> Value {
        let account = |account: &Account| {
            let storage =
                account.storage.iter().map(|(key, value)| (number(*key), json!(number(*value))));
            json!({
                "balance": number(account.balance),
                "code": hex(&account.code),
                "nonce": if account.code.is_empty() { "0x0" } else { "0x1" },
                "storage": storage.collect::<serde_json::Map<_, _>>(),
            })
        };
        let accounts = self.all_accounts();
        let accounts = accounts.iter().map(|one| (hex(&one.address.0), account(one)));
        Value::Object(accounts.collect())
    }

    fn all_accounts(&self) -> Vec<Account> {
        let sender = Account { address: SENDER, balance: u64::MAX / 2, ..Account::default() };
        [&self.accounts[..], &[sender]].concat()
    }

    fn execute(&self) -> (CacheDB<EmptyDB>, bool, u64, Vec<Log>) {
        let mut database = CacheDB::new(EmptyDB::default());
        for account in self.all_accounts() {
            let code = Bytecode::new_legacy(account.code.clone().into());
            let nonce = u64::from(!account.code.is_empty());
            let balance = U256::from(account.balance);
            let info = AccountInfo::new(balance, nonce, code.hash_slow(), code);
            let address = evm(&account.address);
            database.insert_account_info(address, info);
            for (key, value) in account.storage {
                let (key, value) = (U256::from(key), U256::from(value));
                database.insert_account_storage(address, key, value).expect("it is in memory");
            }
        }
        let mut machine = Context::mainnet()
            .with_db(database)
            .modify_cfg_chained(|cfg| {
                *cfg = core::mem::take(cfg).with_spec_and_mainnet_gas_params(self.spec());
            })
            .modify_block_chained(|block| {
                block.number = U256::from(NUMBER);
                block.beneficiary = evm(&COINBASE);
                block.timestamp = U256::from(TIMESTAMP);
                block.gas_limit = BLOCK_GAS;
                block.basefee = BASE_FEE;
                block.prevrandao = Some(B256::new(Word::from_u64(RANDOM).to_be_bytes()));
                block.set_blob_excess_gas_and_price(EXCESS_BLOB_GAS, BLOB_FEE_UPDATE_FRACTION);
            })
            .build_mainnet();
        let transaction = TxEnv::builder()
            .caller(evm(&SENDER))
            .kind(TxKind::Call(evm(&self.to)))
            .value(U256::from(self.value))
            .data(Bytes::from(self.data.clone()))
            .gas_limit(self.gas_limit)
            .gas_price(GAS_PRICE.into())
            .nonce(0)
            .build()
            .expect("it is complete");
        let result = machine.transact_commit(transaction).expect("it is valid");
        let logs = result.logs().to_vec();
        (machine.ctx.journaled_state.database, result.is_success(), result.tx_gas_used(), logs)
    }
}

/// The root of a state.
fn root(database: &CacheDB<EmptyDB>) -> B256 {
    let accounts = database.cache.accounts.iter();
    let accounts = accounts.filter(|(_, account)| {
        account.account_state != AccountState::NotExisting && !account.info.is_empty()
    });
    state_root_unhashed(accounts.map(|(address, account)| (*address, leaf(account))))
}

fn leaf(account: &DbAccount) -> TrieAccount {
    let slots = account.storage.iter().filter(|(_, value)| !value.is_zero());
    let slots = slots.map(|(key, value)| (B256::from(*key), *value));
    TrieAccount {
        nonce: account.info.nonce,
        balance: account.info.balance,
        storage_root: storage_root_unhashed(slots),
        code_hash: account.info.code_hash,
    }
}
