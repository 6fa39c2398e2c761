//! What a transaction, or the end of a batch, did.

use super::circuits::CircuitUse;
use super::result::{ExecutionResult, Halt};
use crate::events::{Event, group};
use crate::pubdata::{L2ToL1Log, StateDiffs, user_logs};
use crate::transaction::TransactionHash;
use eravm_core::{StorageChange, VersionedHash, Vm, Word, Work};
use std::collections::BTreeMap;

/// What a transaction, or the end of a batch, did. Of what halts nothing is left but figures.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What came of it.
    pub result: ExecutionResult,
    /// Ergs of the bootloader's frame that it took: what it computed, whoever paid for it.
    pub ergs_used: u32,
    /// Ergs of the bootloader's frame that were left.
    pub ergs_left: u32,
    /// Instructions that it took.
    pub instructions: u64,
    /// Cycles of circuits that it takes to prove.
    pub circuits: CircuitUse,
    /// Gas that the host proposed to refund.
    pub operator_refund: u64,
    /// Gas that the bootloader refunded: the transaction paid for its gas limit less this.
    pub refunded: u64,
    /// Bytes of pubdata that it was charged for. 0 for the end of a batch.
    pub pubdata: u32,
    /// Events.
    pub events: Vec<Event>,
    /// Logs that users sent to L1.
    pub user_logs: Vec<L2ToL1Log>,
    /// Logs that the system sent to L1.
    pub system_logs: Vec<L2ToL1Log>,
    /// Slots that it wrote to, by address and key; `before` is what it found.
    pub storage_changes: Vec<StorageChange>,
    /// EVM code that it deployed, padded to words, by its versioned hash.
    pub evm_code: BTreeMap<VersionedHash, Vec<u8>>,
}

/// What came of a transaction.
#[derive(Clone, Debug)]
pub struct TransactionOutcome {
    /// Its hash.
    pub hash: TransactionHash,
    /// What it did.
    pub outcome: Outcome,
    /// Whether the code that came with it was known at the end, as it must be.
    pub code_is_known: bool,
}

/// A batch that has ended.
#[derive(Clone, Debug)]
pub struct FinishedBatch {
    /// What the end of the batch did: paying the operator, the last block, publishing.
    pub tip: Outcome,
    /// All events.
    pub events: Vec<Event>,
    /// All logs that users sent to L1.
    pub user_logs: Vec<L2ToL1Log>,
    /// All logs that the system sent to L1.
    pub system_logs: Vec<L2ToL1Log>,
    /// Slots with another value than before the batch, by address and key.
    pub storage_changes: Vec<StorageChange>,
    /// Hashes of code that was used.
    pub used_code: Vec<VersionedHash>,
    /// What the host wrote to the bootloader's heap, by word: the memory with which the batch is proved.
    pub bootloader_memory: Vec<(u32, Word)>,
    /// What is published on the settlement layer.
    pub pubdata: Vec<u8>,
    /// Changed slots as they are published.
    pub state_diffs: StateDiffs,
}

/// Where something began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    instructions: u64,
    work: Work,
    ergs: u32,
    events: usize,
    messages: usize,
    journal: usize,
}

/// What the host learns while the machine runs.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) result: ExecutionResult,
    /// Whether the bootloader's frame has ended.
    pub(super) ended: bool,
    pub(super) operator_refund: u64,
    pub(super) refunded: u64,
    pub(super) pubdata: u32,
    /// Accesses of memory, if they were counted.
    pub(super) ram_cycles: Option<u64>,
}

impl Heard {
    /// Whether what was done is to be forgotten: what halts is taken back by whoever runs it, and a call that fails takes the bootloader's
    /// frame with it.
    const fn leaves_nothing(&self) -> bool {
        match self.result {
            ExecutionResult::Success { .. } => false,
            ExecutionResult::Revert(_) => self.ended,
            ExecutionResult::Halt(_) => true,
        }
    }
}

impl Start {
    pub(super) fn of(vm: &Vm) -> Self {
        Self {
            instructions: vm.instructions(),
            work: *vm.work(),
            ergs: vm.ergs(),
            events: vm.events().len(),
            messages: vm.l1_messages().len(),
            journal: vm.journal_len(),
        }
    }

    /// What happened since. `of_batch` says that it is the end of a batch, of which everything counts.
    pub(super) fn outcome(&self, vm: &Vm, heard: Heard, of_batch: bool) -> Outcome {
        let counts = of_batch || !heard.leaves_nothing();
        let (mut events, mut system_logs, mut storage_changes) = Default::default();
        if counts {
            events = group(vm.events().get(self.events..).unwrap_or_default());
            let messages = vm.l1_messages().get(self.messages..).unwrap_or_default();
            system_logs = messages.iter().map(L2ToL1Log::of_system).collect();
            storage_changes = vm.storage_changes_since(self.journal);
        }
        let instructions = vm.instructions() - self.instructions;
        let work = vm.work().since(&self.work);
        let ergs_left = match heard.result {
            // The frames above the bootloader's are still there, and what they have was its.
            ExecutionResult::Halt(Halt::Tracer) => {
                u32::try_from(vm.total_ergs()).unwrap_or(u32::MAX)
            }
            _ => vm.ergs(),
        };
        Outcome {
            result: heard.result,
            ergs_used: self.ergs.saturating_sub(ergs_left),
            ergs_left,
            instructions,
            circuits: CircuitUse::of(instructions, heard.ram_cycles, &work),
            operator_refund: heard.operator_refund,
            refunded: heard.refunded,
            pubdata: heard.pubdata,
            user_logs: user_logs(&events),
            events,
            system_logs,
            storage_changes,
            evm_code: BTreeMap::new(),
        }
    }
}
