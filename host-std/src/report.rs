//! What a run did, as one JSON object.
//!
//! Numbers of 256 bits are strings: hexadecimal with `0x` and without leading zeros. Addresses have
//! 20 bytes, topics and words of L1 logs 32, and byte strings all of theirs.

use crate::events;
use crate::execute::Execution;
use crate::hex::Hex;
use eravm_core::{Address, Exit, RunError, StorageAccess, Word};
use serde::{Serialize, Serializer};

/// Most bytes of returned data that are reported. A program can return 4 GiB of zeros.
const MAX_RETURNDATA_BYTES: u64 = 32 << 20;

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExitKind {
    /// The program returned.
    Returned,
    /// The program reverted.
    Reverted,
    /// The program panicked.
    Panicked,
    /// The run could go on: a hook was written to, or the limit of instructions was reached.
    Suspended,
    /// The run cannot go on, for a reason that the program does not see.
    Stopped,
}

/// A register.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct RegisterReport {
    /// Its value.
    #[serde(serialize_with = "display")]
    pub value: Word,
    /// Whether it is tagged as a pointer.
    pub is_pointer: bool,
}

/// The flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct FlagsReport {
    /// Overflow or less-than.
    pub lt: bool,
    /// Zero or equal.
    pub eq: bool,
    /// Greater.
    pub gt: bool,
}

/// A slot whose value is not what it was before the run: `[address, key, value]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct StorageWrite(
    /// The contract.
    #[serde(serialize_with = "address")]
    pub Address,
    /// The slot.
    #[serde(serialize_with = "display")]
    pub Word,
    /// Its value now.
    #[serde(serialize_with = "display")]
    pub Word,
);

/// An event, or an entry of the event queue that is none; see [`events::group_with_raw`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct EventReport {
    /// The contract that emitted it.
    #[serde(serialize_with = "address")]
    pub address: Address,
    /// Its topics.
    #[serde(serialize_with = "words")]
    pub topics: Vec<Word>,
    /// Its data.
    #[serde(serialize_with = "bytes")]
    pub data: Vec<u8>,
    /// Number of the transaction in the batch.
    pub tx_number: u16,
}

/// A log for L1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct LogReport {
    /// The contract that wrote it.
    #[serde(serialize_with = "address")]
    pub sender: Address,
    /// First word.
    #[serde(serialize_with = "full_word")]
    pub key: Word,
    /// Second word.
    #[serde(serialize_with = "full_word")]
    pub value: Word,
    /// Whether the contract marked it as a service message.
    pub is_service: bool,
    /// Number of the transaction in the batch.
    pub tx_number: u16,
}

/// An access to storage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct StorageLogReport {
    /// `read`, `initial_write` or `repeated_write`.
    pub kind: &'static str,
    /// Whether it takes the write with the same timestamp back.
    pub rollback: bool,
    /// The contract.
    #[serde(serialize_with = "address")]
    pub address: Address,
    /// The slot.
    #[serde(serialize_with = "display")]
    pub key: Word,
    /// Value before; of a rollback the value that is restored.
    #[serde(serialize_with = "display")]
    pub read: Word,
    /// Value after; for reads the same.
    #[serde(serialize_with = "display")]
    pub written: Word,
    /// Number of the transaction in the batch.
    pub tx_number: u16,
    /// Time on the reference's clock: 1025 + 4 · instructions before.
    pub timestamp: u32,
}

/// Everything about a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// How it ended.
    pub exit: ExitKind,
    /// Why it was suspended or stopped.
    pub reason: Option<String>,
    /// What was returned, also by reverting; `None` if it is longer than 32 MiB.
    #[serde(serialize_with = "optional_bytes")]
    pub returndata: Option<Vec<u8>>,
    /// Its length in bytes.
    pub returndata_length: u64,
    /// Ergs left, over all frames.
    pub ergs_left: u64,
    /// Instructions done.
    pub instructions: u64,
    /// The signed pubdata counter, in bytes.
    pub pubdata: i32,
    /// r1 to r15 before the last instruction of a run that ended, else as they are.
    pub registers: Vec<RegisterReport>,
    /// The flags at the end.
    pub flags: FlagsReport,
    /// Slots whose value changed, by address and key.
    pub storage_writes: Vec<StorageWrite>,
    /// Events in order.
    pub events: Vec<EventReport>,
    /// Logs for L1 in order.
    pub l2_to_l1_logs: Vec<LogReport>,
    /// All accesses to storage in order, with rollbacks.
    pub storage_log: Vec<StorageLogReport>,
}

impl Report {
    pub(crate) fn new(execution: &Execution) -> Self {
        let vm = &execution.vm;
        let (exit, reason, pointer) = match execution.exit {
            Ok(Exit::Returned(data)) => (ExitKind::Returned, None, Some(data)),
            Ok(Exit::Reverted(data)) => (ExitKind::Reverted, None, Some(data)),
            Ok(Exit::Panicked) => (ExitKind::Panicked, None, None),
            Ok(Exit::Hook(value)) => {
                (ExitKind::Suspended, Some(format!("{value} was written to the hook")), None)
            }
            Ok(Exit::InstructionLimit) => {
                (ExitKind::Suspended, Some("the limit of instructions was reached".into()), None)
            }
            Ok(Exit::ErgsLimit) => {
                (ExitKind::Suspended, Some("the limit of ergs was exceeded".into()), None)
            }
            Ok(Exit::Paused) => {
                (ExitKind::Suspended, Some("the tracer paused the run".into()), None)
            }
            Ok(Exit::Called) => {
                (ExitKind::Suspended, Some("the watched contract was called".into()), None)
            }
            Ok(Exit::Native) => {
                (ExitKind::Suspended, Some("a native frame waits for its host".into()), None)
            }
            Err(RunError::Stopped(stop)) => (ExitKind::Stopped, Some(stop.to_string()), None),
            Err(RunError::Host(fault)) => (ExitKind::Stopped, Some(fault.to_string()), None),
        };
        let length = pointer.map_or(0, |data| u64::from(data.length.saturating_sub(data.offset)));
        let returndata = (length <= MAX_RETURNDATA_BYTES)
            .then(|| pointer.map(|data| vm.read_pointer(data)).unwrap_or_default());
        let registers: Vec<(Word, bool)> = match vm.ended() {
            Some(_) => vm.final_registers().to_vec(),
            None => (1..16).map(|register| vm.register(register)).collect(),
        };
        let flags = vm.flags();
        Self {
            exit,
            reason,
            returndata,
            returndata_length: length,
            ergs_left: vm.total_ergs(),
            instructions: vm.instructions(),
            pubdata: vm.pubdata(),
            registers: registers
                .into_iter()
                .map(|(value, is_pointer)| RegisterReport { value, is_pointer })
                .collect(),
            flags: FlagsReport { lt: flags.lt, eq: flags.eq, gt: flags.gt },
            storage_writes: vm
                .storage_changes()
                .into_iter()
                .map(|change| StorageWrite(change.address, change.key, change.after))
                .collect(),
            events: events::group_with_raw(vm.events()).into_iter().map(event).collect(),
            l2_to_l1_logs: vm
                .l1_messages()
                .iter()
                .map(|message| LogReport {
                    sender: message.address,
                    key: message.key,
                    value: message.value,
                    is_service: message.is_service,
                    tx_number: message.tx_number,
                })
                .collect(),
            storage_log: vm.storage_log().iter().map(access).collect(),
        }
    }
}

fn event(event: events::Event) -> EventReport {
    let events::Event { address, topics, data, tx_number } = event;
    EventReport { address, topics, data, tx_number }
}

fn access(access: &StorageAccess) -> StorageLogReport {
    StorageLogReport {
        kind: match (access.is_write, access.is_initial) {
            (false, _) => "read",
            (true, true) => "initial_write",
            (true, false) => "repeated_write",
        },
        rollback: access.is_rollback,
        address: access.address,
        key: access.key,
        read: access.read,
        written: access.written,
        tx_number: access.tx_number,
        timestamp: access.timestamp,
    }
}

fn display<S: Serializer>(value: &impl core::fmt::Display, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(value)
}

fn address<S: Serializer>(address: &Address, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(&Hex(&address.0))
}

fn bytes<S: Serializer>(bytes: &[u8], out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(&Hex(bytes))
}

fn optional_bytes<S: Serializer>(bytes: &Option<Vec<u8>>, out: S) -> Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => out.collect_str(&Hex(bytes)),
        None => out.serialize_none(),
    }
}

fn full_word<S: Serializer>(word: &Word, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(&Hex(&word.to_be_bytes()))
}

fn words<S: Serializer>(words: &[Word], out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(words.iter().map(|word| Hex(&word.to_be_bytes()).to_string()))
}
