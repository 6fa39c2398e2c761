//! What there is to say of a batch: the object of `--json`.
//!
//! Numbers of 256 bits are texts, `0x` and hexadecimal digits without leading zeros; addresses, hashes and bytes have all digits.

use super::fees::{BalanceReport, FeesReport, wei};
use crate::batch::{BatchEnvironment, FinishedBatch, SystemEnvironment, TransactionOutcome};
use crate::cli::engine::JitReport;
use crate::cli::outcome::describe;
use crate::cli::walk::FatalError;
use crate::events::Event;
use crate::fees::{Balance, BatchFees, FeeModel};
use crate::hex::Hex;
use crate::pubdata::{L2ToL1Log, LogTree, StateDiff, keccak};
use crate::system_contracts::addresses::CONTRACT_DEPLOYER;
use crate::transaction::{EIP_712, EIP_1559, EIP_2930, LEGACY, PRIORITY, Transaction, UPGRADE};
use eravm_core::{Address, StorageChange, Word};
use serde::Serialize;

/// What `ContractDeployer` says when a contract was deployed: deployer, hash of the code, address.
const DEPLOYED_EVENT: &str = "ContractDeployed(address,bytes32,address)";

/// A batch.
#[derive(Clone, Debug, Serialize)]
pub(in crate::cli) struct BatchReport {
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
    /// Of the compiler, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) jit: Option<JitReport>,
    #[serde(skip)]
    fees: BatchFees,
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
    pub(super) gas_price: Option<String>,
    /// Wei; none if it halted.
    pub(super) fee: Option<String>,
    /// What it paid for, and what it cost; none if it halted.
    pub(super) fees: Option<FeesReport>,
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
    /// What the operator earned, and what the batch cost.
    pub(super) fees: BalanceReport,
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
    pub(in crate::cli) fn new(system: &SystemEnvironment, batch: &BatchEnvironment) -> Self {
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
            jit: None,
            fees: BatchFees::new(FeeModel::default(), batch),
        }
    }

    /// Adds a transaction that was run.
    pub(in crate::cli) fn add(
        &mut self,
        place: &str,
        block: u32,
        transaction: &Transaction,
        done: &TransactionOutcome,
    ) {
        let outcome = &done.outcome;
        let (status, reason, output) = describe(&outcome.result);
        self.fees.add(transaction, outcome);
        let fees = self.fees.transactions().last().copied().flatten();
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
            gas_used: fees.map(|fees| fees.gas.total()),
            gas_refunded: outcome.refunded,
            gas_price: fees.map(|fees| fees.gas_price.to_string()),
            fee: fees.map(|fees| wei(fees.fee)),
            fees: None,
            pubdata: outcome.pubdata,
            ergs: outcome.ergs_used,
            instructions: outcome.instructions,
            code_is_known: done.code_is_known,
            deployed: deployed(&outcome.events),
            events: outcome.events.iter().map(EventReport::new).collect(),
            user_logs: outcome.user_logs.iter().map(LogReport::new).collect(),
        });
    }

    /// What transactions paid.
    pub(in crate::cli) const fn fees(&self) -> &BatchFees {
        &self.fees
    }

    /// Adds what came of the whole.
    pub(in crate::cli) fn finish(&mut self, finished: &FinishedBatch, figures: Figures) {
        // What a transaction's share of the batch is shows when all are known.
        for (report, fees) in self.transactions.iter_mut().zip(self.fees.transactions()) {
            report.fees = fees.as_ref().map(FeesReport::new);
        }
        let balance = self.fees.balance(finished.pubdata.len(), figures.ergs.into());
        self.batch = Some(FinishedReport::new(finished, figures, &balance));
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
    fn new(finished: &FinishedBatch, figures: Figures, balance: &Balance) -> Self {
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
            fees: BalanceReport::new(balance),
        }
    }
}

/// Figures that a finished batch does not tell itself.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Figures {
    pub(in crate::cli) instructions: u64,
    pub(in crate::cli) ergs: u32,
    pub(in crate::cli) blocks: u32,
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

pub(in crate::cli) fn hex_address(address: &Address) -> String {
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
