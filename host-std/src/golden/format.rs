//! The JSON of a golden batch, as far as a replay needs it.
//!
//! Fields that say how the batch came about (names, environments, versions of the tools) are not read: a machine neither needs
//! nor produces them. Transactions are read as they were sent, for hosts that encode them themselves.

pub use super::estimation::{EstimatedFee, Estimation, Extra, InitialRun};
pub use super::transaction_data::{
    CommonData, Execute, Fee, InputData, L1CommonData, L2CommonData, PaymasterParams,
    TransactionData, TransactionKind, UpgradeCommonData,
};
use super::value::{Bytes, Decimal, Hex};
use eravm_core::{Address, VersionedHash, Word};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A golden batch.
#[derive(Clone, Debug, Deserialize)]
pub struct Batch {
    /// Number of the protocol version.
    pub protocol_version: u16,
    /// The chain.
    #[serde(default = "default_chain")]
    pub chain_id: u64,
    /// Version of the reference crate whose rules were in force, for instance `0.153.12`.
    pub zk_evm: String,
    /// The code of the first frame.
    pub bootloader: Bootloader,
    /// Code of accounts that have none.
    pub default_aa_hash: Hex<VersionedHash>,
    /// Code that runs foreign code.
    pub evm_emulator_hash: Hex<VersionedHash>,
    /// Ergs of the first frame.
    pub bootloader_gas_limit: u32,
    /// Ergs that an account might use to validate a transaction.
    #[serde(default = "no_limit")]
    pub validation_computational_gas_limit: u32,
    /// What the batch was run with.
    pub l1_batch_env: BatchEnv,
    /// What was done with transactions.
    #[serde(default)]
    pub execution_mode: BatchMode,
    /// The contract that checked pubdata.
    #[serde(default)]
    pub l2_da_validator: Hex<Address>,
    /// Every slot that had a leaf.
    pub initial_storage: Vec<Leaf>,
    /// Code known before the batch.
    pub initial_factory_deps: Vec<Hex<VersionedHash>>,
    /// The machine before the first instruction.
    pub initial_vm_state: InitialState,
    /// What the host did.
    pub host_script: Vec<Op>,
    /// The transactions.
    pub transactions: Vec<Transaction>,
    /// What came of the batch.
    #[serde(rename = "batch")]
    pub results: Results,
    /// What the reference has instead of what `batch` says, where the two machines that made the golden differ.
    #[serde(default)]
    pub zk_evm_final_state: Option<ReferenceState>,
    /// What there is beside the batch.
    #[serde(default)]
    pub extra: Option<Extra>,
}

/// The bootloader.
#[derive(Clone, Debug, Deserialize)]
pub struct Bootloader {
    /// Its hash.
    pub hash: Hex<VersionedHash>,
    /// Its flavour.
    #[serde(default)]
    pub kind: BootloaderKind,
}

/// The chain of goldens that do not name it.
const fn default_chain() -> u64 {
    270
}

const fn no_limit() -> u32 {
    u32::MAX
}

/// Flavour of a bootloader.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BootloaderKind {
    /// For batches that are proved.
    #[default]
    ProvedBatch,
    /// For calls.
    PlaygroundBatch,
    /// For estimates.
    FeeEstimate,
}

/// What was done with transactions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
pub enum BatchMode {
    /// They were validated and executed.
    #[default]
    VerifyExecute,
    /// The same, for an estimate.
    EstimateFee,
    /// They were executed.
    EthCall,
}

/// What a batch was run with.
#[derive(Clone, Debug, Deserialize)]
pub struct BatchEnv {
    /// Its number.
    pub number: u32,
    /// Its time.
    pub timestamp: u64,
    /// The hash of the batch before.
    pub previous_batch_hash: Option<Hex<Word>>,
    /// Who got the fees.
    pub fee_account: Hex<Address>,
    /// Price of L2 gas.
    pub fair_l2_gas_price: u64,
    /// Price of a byte of pubdata.
    pub fair_pubdata_price: u64,
    /// Price of L1 gas.
    pub l1_gas_price: u64,
    /// A base fee instead of the one that follows from these.
    #[serde(default)]
    pub enforced_base_fee: Option<u64>,
    /// The first block.
    pub first_l2_block: BlockEnv,
}

/// A block.
#[derive(Clone, Debug, Deserialize)]
pub struct BlockEnv {
    /// Its number.
    pub number: u32,
    /// Its time.
    pub timestamp: u64,
    /// The hash of the block before.
    pub prev_block_hash: Hex<Word>,
    /// Virtual blocks that it might create.
    pub max_virtual_blocks_to_create: u32,
    /// Roots of other chains.
    #[serde(default)]
    pub interop_roots: Vec<RootEnv>,
}

/// A root of another chain's messages.
#[derive(Clone, Debug, Deserialize)]
pub struct RootEnv {
    /// That chain.
    pub chain_id: u64,
    /// Its block.
    pub block_number: u64,
    /// The sides.
    pub sides: Vec<Hex<Word>>,
}

/// The machine before the first instruction.
#[derive(Clone, Debug, Deserialize)]
pub struct InitialState {
    /// Values and pointer tags.
    pub registers_r1_to_r15: [(Hex<Word>, bool); 15],
    /// Ergs.
    pub gas: u32,
    /// Program counter.
    pub pc: u16,
    /// Stack pointer.
    pub sp: u16,
    /// Bytes of the heap that are paid for.
    pub heap_bound: u32,
    /// Bytes of the auxiliary heap that are paid for.
    pub aux_heap_bound: u32,
    /// Page of the heap.
    pub heap_page: u32,
    /// Page of the auxiliary heap.
    pub aux_heap_page: u32,
    /// Page of the calldata.
    pub calldata_page: u32,
    /// Bytes of calldata.
    pub calldata_len: u32,
    /// The contract.
    pub this_address: Hex<Address>,
    /// Its caller.
    pub msg_sender: Hex<Address>,
    /// Where the frame's caller would go on if it failed.
    pub exception_handler: u16,
    /// The heap address whose write suspends the machine.
    pub hook_address_bytes: u32,
}

/// One thing that the host did.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    /// It wrote to the first frame's heap.
    HeapWrite {
        /// What for.
        reason: String,
        /// Word indices and values.
        words: Vec<(u32, Hex<Word>)>,
    },
    /// It ran the machine until the hook.
    Hook {
        /// The value written to the hook address.
        id: u64,
        /// Its name.
        name: String,
        /// The three words before the hook address.
        params: [Hex<Word>; 3],
        /// What the reference has there, if it numbers pages otherwise.
        #[serde(default)]
        params_zk_evm: Option<Box<[Hex<Word>; 3]>>,
        /// Ergs of the frame.
        gas: u32,
        /// The pubdata counter.
        pubdata: i32,
        /// Number of the transaction.
        tx_number: u16,
        /// Instructions since the beginning.
        icount: u64,
    },
    /// It gave the current frame other ergs.
    SetGas {
        /// How many.
        gas: u32,
    },
    /// It read memory through the pointer of the hook before.
    ReadHeap {
        /// What it read.
        data: Bytes,
        /// The page.
        page: u32,
        /// First byte.
        start: u32,
    },
    /// It made a snapshot.
    MakeSnapshot,
    /// It forgot the snapshot.
    PopSnapshot,
    /// It went back to the snapshot.
    RollbackToSnapshot,
    /// A mark without effect on the machine.
    StartNewL2Block,
    /// A transaction begins.
    TxBegin {
        /// Which.
        arg: Decimal,
    },
    /// A transaction has ended.
    TxEnd {
        /// Which.
        arg: Decimal,
    },
    /// The tip of the batch begins.
    FinishBatch,
    /// It ran the machine to its end.
    RunEnd {
        /// How it ended.
        kind: EndKind,
        /// Ergs of the frame.
        gas: u32,
        /// Instructions since the beginning.
        icount: u64,
        /// What the frame returned.
        output: Bytes,
    },
}

/// How the first frame ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndKind {
    /// It returned.
    ProgramFinished,
    /// It reverted.
    Reverted,
    /// It panicked.
    Panicked,
}

/// A transaction.
#[derive(Clone, Debug, Deserialize)]
pub struct Transaction {
    /// The hash by which the bootloader knows it.
    pub hash: Hex<VersionedHash>,
    /// The transaction as the API has it.
    pub tx: TransactionData,
    /// Instructions it took.
    pub instructions: u64,
    /// Cycles it took in the reference.
    pub legacy_cycles: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a transaction, or of the tip of the batch.
#[derive(Clone, Debug, Deserialize)]
pub struct Outcome {
    /// Whether it succeeded, and what it returned.
    pub result: TxResult,
    /// Ergs of the bootloader's frame that it took.
    pub gas_used: u64,
    /// Ergs of the bootloader's frame that were left.
    pub gas_remaining: u32,
    /// The same as `gas_used`.
    pub computational_gas_used: u64,
    /// Ergs that the host proposed to refund.
    pub operator_suggested_refund: u64,
    /// Ergs that the bootloader refunded.
    pub gas_refunded: u64,
    /// Bytes of pubdata.
    pub pubdata_published: u32,
    /// Events.
    pub events: Vec<Event>,
    /// Logs that users sent to L1.
    pub user_l2_to_l1_logs: Vec<L1Log>,
    /// Logs that the system sent to L1.
    pub system_l2_to_l1_logs: Vec<L1Log>,
    /// Net changes.
    pub storage_changes: Vec<Change>,
    /// Foreign code that was deployed.
    pub dynamic_factory_deps: BTreeMap<String, Bytes>,
    /// Circuits that it takes to prove, by kind.
    #[serde(default)]
    pub circuit_statistic: Option<BTreeMap<String, f32>>,
}

/// Whether a slot had a leaf.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub enum WriteKind {
    /// It had none.
    InitialWrite,
    /// It had one.
    RepeatedWrite,
}

/// Whether a transaction succeeded.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TxResult {
    /// It did.
    Success {
        /// What it returned.
        output: Bytes,
    },
    /// It did not, but is part of the batch.
    Revert {
        /// Why.
        reason: RevertReason,
    },
    /// It cannot be part of the batch.
    Halt {
        /// Why, for developers.
        reason: String,
        /// Why, for users.
        display: String,
    },
}

impl TxResult {
    /// Whether it cannot be part of the batch.
    pub const fn is_halt(&self) -> bool {
        matches!(self, Self::Halt { .. })
    }
}

/// Why a transaction failed.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(tag = "type")]
pub enum RevertReason {
    /// With a message.
    General {
        /// The message.
        msg: String,
        /// All the data.
        data: Bytes,
    },
    /// With other data.
    Unknown {
        /// Its first four bytes.
        selector: Bytes,
        /// All the data.
        data: Bytes,
    },
}

/// An event: number of the transaction, contract, topics, data.
pub type Event = (u16, Hex<Address>, Vec<Hex<Word>>, Bytes);

/// A log for L1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub struct L1Log {
    /// Always 0.
    pub shard_id: u8,
    /// Whether its sender marked it as a service log.
    pub is_service: bool,
    /// Number of the transaction in the batch.
    pub tx_number: u16,
    /// The contract.
    pub sender: Hex<Address>,
    /// First word.
    pub key: Hex<Word>,
    /// Second word.
    pub value: Hex<Word>,
}

/// A slot before the batch: address, key, value, enumeration index.
pub type Leaf = (Hex<Address>, Hex<Word>, Hex<Word>, u64);

/// A written slot: address, key, value before, value after and the kind of write.
pub type Change = (Hex<Address>, Hex<Word>, Hex<Word>, Hex<Word>, WriteKind);

/// A slot with another value: address, key, value.
pub type SlotValue = (Hex<Address>, Hex<Word>, Hex<Word>);

/// A slot in the state diffs: address, key, derived key, enumeration index (0 if new), value before, value after.
pub type StateDiff = (Hex<Address>, Hex<Word>, Hex<VersionedHash>, u64, Hex<Word>, Hex<Word>);

/// What came of the batch.
#[derive(Clone, Debug, Deserialize)]
pub struct Results {
    /// The tip of the batch, if there is one.
    pub block_tip: Option<Outcome>,
    /// Instructions it took.
    pub block_tip_instructions: u64,
    /// Instructions of the batch.
    pub total_instructions: u64,
    /// Cycles of the batch in the reference.
    pub legacy_cycles: u64,
    /// Ergs left.
    pub final_gas: u32,
    /// The pubdata counter.
    pub final_pubdata_counter: i32,
    /// Registers, before the last instruction if the machine has ended.
    pub final_registers_r1_to_r15: [(Hex<Word>, bool); 15],
    /// Words of the bootloader's heap that are not zero, by index.
    pub final_bootloader_heap_nonzero: Vec<(u32, Hex<Word>)>,
    /// What the host wrote to the bootloader's heap, by word index.
    pub operator_bootloader_memory: Vec<(u32, Hex<Word>)>,
    /// All events.
    pub events: Vec<Event>,
    /// All logs that users sent to L1.
    pub user_l2_to_l1_logs: Vec<L1Log>,
    /// All logs that the system sent to L1.
    pub system_logs: Vec<L1Log>,
    /// Slots with another value than before the batch.
    pub deduplicated_storage_changes: Vec<SlotValue>,
    /// Code that was called or loaded.
    pub used_contract_hashes: Vec<Hex<VersionedHash>>,
    /// Refunds of storage accesses.
    pub storage_refunds: Vec<u32>,
    /// Pubdata costs of storage accesses.
    pub pubdata_costs: Vec<i32>,
    /// The batch's pubdata as it is sent to the settlement layer.
    pub pubdata: Option<Bytes>,
    /// State diffs.
    pub state_diffs: Vec<StateDiff>,
    /// Instructions by kind.
    pub opcode_histogram: BTreeMap<String, u64>,
    /// Digest of all instructions.
    pub trace_digest: TraceDigest,
    /// All storage accesses.
    pub storage_log: Option<StorageLog>,
}

/// What the reference has instead.
#[derive(Clone, Debug, Deserialize)]
pub struct ReferenceState {
    /// All logs that the system sent to L1.
    pub system_logs: Vec<L1Log>,
    /// Slots with another value than before the batch that are not zero.
    pub deduplicated_storage_changes: Vec<SlotValue>,
}

/// Digest of all instructions.
#[derive(Clone, Debug, Deserialize)]
pub struct TraceDigest {
    /// Instructions between two checkpoints.
    pub every: u64,
    /// Number of instructions, the digest after them, and `pc` and `gas` of the last of them.
    pub checkpoints: Vec<(u64, Hex<u64>, u16, u32)>,
    /// The digest at the end.
    #[serde(rename = "final")]
    pub last: Hex<u64>,
}

/// All storage accesses, with slots and values by index.
#[derive(Clone, Debug, Deserialize)]
pub struct StorageLog {
    /// Addresses and keys.
    pub slots: Vec<(Hex<Address>, Hex<Word>)>,
    /// Values.
    pub values: Vec<Hex<Word>>,
    /// The accesses, in order.
    pub rows: Vec<AccessRow>,
}

/// An access: write (1) or read (0), rollback (1), kind, transaction, time, index of the slot, of the value before and
/// after.
pub type AccessRow = (u8, u8, u8, u16, u32, u32, u32, u32);
