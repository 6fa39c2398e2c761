//! What there is to say of a batch: the object of `--json`.
//!
//! Numbers of 256 bits are texts, `0x` and hexadecimal digits without leading zeros; addresses, hashes and bytes have all digits.

use crate::batch::{
    BatchEnvironment, ExecutionResult, FinishedBatch, SystemEnvironment, TransactionOutcome,
};
use crate::cli::outcome::describe;
use crate::cli::walk::FatalError;
use crate::events::Event;
use crate::hex::Hex;
use crate::pubdata::{L2ToL1Log, LogTree, StateDiff, keccak};
use crate::system_contracts::addresses::CONTRACT_DEPLOYER;
use crate::transaction::{EIP_712, EIP_1559, EIP_2930, LEGACY, PRIORITY, Transaction, UPGRADE};
use eravm_core::{Address, StorageChange, Word};
use primitive_types::U256;
use serde::Serialize;

/// What `ContractDeployer` says when a contract was deployed: deployer, hash of the code, address.
const DEPLOYED_EVENT: &str = "ContractDeployed(address,bytes32,address)";

/// A batch.
#[derive(Clone, Debug, Serialize)]
pub(super) struct BatchReport {
    pub(super) protocol: u16,
    pub(super) chain_id: u64,
    pub(super) number: u32,
    /// In seconds.
    pub(super) timestamp: u64,
    /// Wei per gas.
    pub(super) base_fee: u64,
    /// Gas per byte.
    pub(super) gas_per_pubdata: u64,
    pub(super) operator: String,
    pub(super) transactions: Vec<TransactionReport>,
    /// What came of the whole; none if it was not finished.
    pub(super) batch: Option<FinishedReport>,
    /// Why it was not finished.
    pub(super) error: Option<FatalError>,
}

/// A transaction.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TransactionReport {
    pub(super) index: usize,
    pub(super) place: String,
    pub(super) hash: String,
    /// `legacy`, `eip2930`, `eip1559`, `eip712`, `priority` or `upgrade`.
    pub(super) kind: &'static str,
    #[serde(serialize_with = "address")]
    pub(super) from: Address,
    #[serde(serialize_with = "optional_address")]
    pub(super) to: Option<Address>,
    pub(super) nonce: String,
    pub(super) value: String,
    pub(super) block: u32,
    /// `success`, `reverted` or `halted`.
    pub(super) status: &'static str,
    pub(super) reason: Option<String>,
    pub(super) output: String,
    pub(super) gas_limit: String,
    /// None if it halted: then it pays nothing.
    pub(super) gas_used: Option<u64>,
    pub(super) gas_refunded: u64,
    /// Wei per gas.
    pub(super) gas_price: String,
    /// Wei; none if it halted.
    pub(super) fee: Option<String>,
    /// Bytes.
    pub(super) pubdata: u32,
    pub(super) ergs: u32,
    pub(super) instructions: u64,
    pub(super) code_is_known: bool,
    /// Addresses of contracts that it deployed.
    pub(super) deployed: Vec<String>,
    pub(super) events: Vec<EventReport>,
    pub(super) user_logs: Vec<LogReport>,
}

/// The whole batch.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FinishedReport {
    /// Instructions, those of halted transactions included.
    pub(super) instructions: u64,
    pub(super) tip_instructions: u64,
    /// Ergs of the bootloader that were used.
    pub(super) ergs: u32,
    pub(super) tip_ergs: u32,
    pub(super) blocks: u32,
    pub(super) pubdata_bytes: usize,
    /// keccak256 of the pubdata.
    pub(super) pubdata_hash: String,
    pub(super) pubdata: String,
    pub(super) state_diffs: Vec<StateDiffReport>,
    /// Slots with another value than before: what `state.slots` of the next batch's file takes.
    pub(super) storage_writes: Vec<(String, String, String)>,
    pub(super) events: usize,
    pub(super) user_logs: Vec<LogReport>,
    pub(super) system_logs: Vec<LogReport>,
    /// Root of the tree of the user logs, before it is joined with that of other chains. None if there are too many logs.
    pub(super) log_root: Option<String>,
    pub(super) used_code: Vec<String>,
}

/// A changed slot as it is published.
#[derive(Clone, Debug, Serialize)]
pub(super) struct StateDiffReport {
    pub(super) address: String,
    pub(super) key: String,
    pub(super) derived_key: String,
    pub(super) enumeration_index: u64,
    pub(super) initial_value: String,
    pub(super) final_value: String,
}

/// An event.
#[derive(Clone, Debug, Serialize)]
pub(super) struct EventReport {
    pub(super) address: String,
    pub(super) topics: Vec<String>,
    pub(super) data: String,
}

/// A log to L1.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LogReport {
    pub(super) sender: String,
    pub(super) key: String,
    pub(super) value: String,
    pub(super) is_service: bool,
    pub(super) tx_number: u16,
}

impl BatchReport {
    pub(super) fn new(system: &SystemEnvironment, batch: &BatchEnvironment) -> Self {
        Self {
            protocol: system.protocol,
            chain_id: system.chain_id,
            number: batch.number,
            timestamp: batch.timestamp,
            base_fee: batch.base_fee(),
            gas_per_pubdata: batch.gas_per_pubdata(),
            operator: hex_address(&batch.operator),
            transactions: Vec::new(),
            batch: None,
            error: None,
        }
    }

    /// Adds a transaction that was run.
    pub(super) fn add(
        &mut self,
        place: &str,
        block: u32,
        transaction: &Transaction,
        done: &TransactionOutcome,
    ) {
        let outcome = &done.outcome;
        let (status, reason, output) = describe(&outcome.result);
        // SPEC: the bootloader charges the base fee, whatever a transaction offers beyond it; what comes from L1 has paid its own price.
        let gas_price = match transaction.is_from_l1() {
            true => transaction.max_fee_per_gas(),
            false => Word::from_u64(self.base_fee),
        };
        let gas_used = U256::from(transaction.gas_limit()).checked_sub(outcome.refunded.into());
        let gas_used = gas_used.and_then(|gas| u64::try_from(gas).ok());
        let gas_used = gas_used.filter(|_| !matches!(outcome.result, ExecutionResult::Halt(_)));
        let fee = gas_used.and_then(|gas| U256::from(gas_price).checked_mul(gas.into()));
        self.transactions.push(TransactionReport {
            index: self.transactions.len(),
            place: place.to_owned(),
            hash: done.hash.to_string(),
            kind: kind(transaction.tx_type()),
            from: transaction.sender(),
            to: transaction.to(),
            nonce: transaction.nonce().to_string(),
            value: transaction.value().to_string(),
            block,
            status,
            reason,
            output: Hex(output).to_string(),
            gas_limit: transaction.gas_limit().to_string(),
            gas_used,
            gas_refunded: outcome.refunded,
            gas_price: gas_price.to_string(),
            fee: fee.map(|fee| Word::from(fee).to_string()),
            pubdata: outcome.pubdata,
            ergs: outcome.ergs_used,
            instructions: outcome.instructions,
            code_is_known: done.code_is_known,
            deployed: deployed(&outcome.events),
            events: outcome.events.iter().map(EventReport::new).collect(),
            user_logs: outcome.user_logs.iter().map(LogReport::new).collect(),
        });
    }

    /// How many transactions have a status.
    pub(super) fn count(&self, status: &str) -> usize {
        self.transactions.iter().filter(|transaction| transaction.status == status).count()
    }
}

const fn kind(tx_type: u8) -> &'static str {
    match tx_type {
        LEGACY => "legacy",
        EIP_2930 => "eip2930",
        EIP_1559 => "eip1559",
        EIP_712 => "eip712",
        PRIORITY => "priority",
        UPGRADE => "upgrade",
        _ => "unknown",
    }
}

fn deployed(events: &[Event]) -> Vec<String> {
    let signature = Word::from_be_bytes(&keccak(&[DEPLOYED_EVENT.as_bytes()]));
    let addresses = events.iter().filter_map(|event| match event.topics[..] {
        [first, _, _, address] if event.address == CONTRACT_DEPLOYER && first == signature => {
            Some(hex_address(&address.to_address()))
        }
        _ => None,
    });
    addresses.collect()
}

impl FinishedReport {
    pub(super) fn new(finished: &FinishedBatch, figures: Figures) -> Self {
        let tree = LogTree::of(&finished.user_logs).ok();
        Self {
            instructions: figures.instructions,
            tip_instructions: finished.tip.instructions,
            ergs: figures.ergs,
            tip_ergs: finished.tip.ergs_used,
            blocks: figures.blocks,
            pubdata_bytes: finished.pubdata.len(),
            pubdata_hash: Hex(&keccak(&[&finished.pubdata])).to_string(),
            pubdata: Hex(&finished.pubdata).to_string(),
            state_diffs: finished.state_diffs.as_slice().iter().map(StateDiffReport::new).collect(),
            storage_writes: finished.storage_changes.iter().map(write).collect(),
            events: finished.events.len(),
            user_logs: finished.user_logs.iter().map(LogReport::new).collect(),
            system_logs: finished.system_logs.iter().map(LogReport::new).collect(),
            log_root: tree.map(|tree| Hex(&tree.root()).to_string()),
            used_code: finished.used_code.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Figures that a finished batch does not tell itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    pub(super) instructions: u64,
    pub(super) ergs: u32,
    pub(super) blocks: u32,
}

fn write(change: &StorageChange) -> (String, String, String) {
    (hex_address(&change.address), change.key.to_string(), change.after.to_string())
}

impl StateDiffReport {
    fn new(diff: &StateDiff) -> Self {
        Self {
            address: hex_address(&diff.address),
            key: diff.key.to_string(),
            derived_key: Hex(&diff.derived_key).to_string(),
            enumeration_index: diff.enumeration_index,
            initial_value: diff.initial_value.to_string(),
            final_value: diff.final_value.to_string(),
        }
    }
}

impl EventReport {
    fn new(event: &Event) -> Self {
        Self {
            address: hex_address(&event.address),
            topics: event.topics.iter().map(full).collect(),
            data: Hex(&event.data).to_string(),
        }
    }
}

impl LogReport {
    fn new(log: &L2ToL1Log) -> Self {
        Self {
            sender: hex_address(&log.sender),
            key: full(&log.key),
            value: full(&log.value),
            is_service: log.is_service,
            tx_number: log.tx_number,
        }
    }
}

/// A word with all digits.
fn full(word: &Word) -> String {
    Hex(&word.to_be_bytes()).to_string()
}

pub(super) fn hex_address(address: &Address) -> String {
    Hex(&address.0).to_string()
}

fn address<S: serde::Serializer>(address: &Address, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(&Hex(&address.0))
}

fn optional_address<S: serde::Serializer>(
    address: &Option<Address>,
    out: S,
) -> Result<S::Ok, S::Error> {
    match address {
        Some(address) => out.collect_str(&Hex(&address.0)),
        None => out.serialize_none(),
    }
}
