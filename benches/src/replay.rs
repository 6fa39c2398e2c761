//! Batches: the bootloader with what a host does around it, replayed from a golden.

use crate::call::{Call, Code, Span};
use crate::case::{Case, names};
use crate::engines::{self, Action};
use eravm_core::VersionedHash;
use eravm_host::golden::{self, FromHex, format::Op};
use std::rc::Rc;

/// A batch that any engine can replay.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The bootloader in its state.
    pub call: Call,
    /// What the host does, in order.
    pub script: Rc<[Action]>,
}

impl Batch {
    /// Takes a batch from a golden.
    ///
    /// # Errors
    /// If the bootloader's code is missing.
    pub fn of(golden: &golden::Golden, code: &golden::Code) -> Result<Self, String> {
        let batch = &golden.batch;
        let bytes = |hash: &VersionedHash| {
            let words = code.get(hash)?.words();
            Some(words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>())
        };
        let bootloader = bytes(&batch.bootloader.hash.0).ok_or("the bootloader is missing")?;
        let mut call = Call::new(batch.initial_vm_state.this_address.0, bootloader);
        call.ergs = batch.initial_vm_state.gas;
        call.hook_address = Some(batch.initial_vm_state.hook_address_bytes);
        call.protocol = batch.protocol_version;
        call.circuit_rules = true;
        call.base_contracts = [batch.default_aa_hash.0, batch.evm_emulator_hash.0];
        call.span = Span::Whole;
        let slots = batch.initial_storage.iter();
        call.storage = slots.map(|(address, key, value, _)| (address.0, key.0, value.0)).collect();
        let brought = batch.transactions.iter().flat_map(|it| &it.tx.execute.factory_deps);
        // Foreign code that the batch itself deploys.
        let deployed =
            batch.transactions.iter().flat_map(|it| it.outcome.dynamic_factory_deps.keys());
        let deployed = deployed
            .filter_map(|hash| VersionedHash::from_digits(hash.strip_prefix("0x").unwrap_or(hash)));
        let hashes = batch.initial_factory_deps.iter().chain(brought).map(|hash| hash.0);
        let mut codes: Vec<Code> = hashes
            .chain(call.base_contracts)
            .chain(deployed)
            .filter_map(|hash| Some(Code { hash, bytes: bytes(&hash)? }))
            .collect();
        codes.sort_by_key(|code| code.hash);
        codes.dedup_by_key(|code| code.hash);
        call.codes = codes;
        let script = batch.host_script.iter().filter_map(action).collect();
        Ok(Self { call, script })
    }
}

fn action(op: &Op) -> Option<Action> {
    Some(match op {
        Op::HeapWrite { words, .. } => {
            Action::Write(words.iter().map(|(index, word)| (index * 32, word.0)).collect())
        }
        Op::SetGas { gas } => Action::SetErgs(*gas),
        Op::Hook { .. } | Op::RunEnd { .. } => Action::Run,
        Op::MakeSnapshot => Action::MakeSnapshot,
        Op::PopSnapshot => Action::PopSnapshot,
        Op::RollbackToSnapshot => Action::Rollback,
        Op::ReadHeap { .. }
        | Op::StartNewL2Block
        | Op::TxBegin { .. }
        | Op::TxEnd { .. }
        | Op::FinishBatch => return None,
    })
}

/// Batches with code that finds leftovers of `dst1` in registers: as goldens have it, that is cleared; `zksync_vm2` 0.5.0
/// does not clear it.
const DEPEND_ON_DST1: &[&str] = &["deploy_slot_hash_collision"];

/// The case for a batch.
pub fn case(name: &str, batch: &Batch) -> Case {
    let Batch { call, script } = batch;
    let mut contestants = engines::contestants(call, script);
    let mut absent = Vec::new();
    for contestant in &mut contestants {
        if contestant.engine == names::VM2 && DEPEND_ON_DST1.contains(&name) {
            contestant.may_differ = Some("depends on whether dst1 is cleared");
        }
    }
    if script.iter().any(|action| matches!(action, Action::Rollback)) {
        contestants.retain(|contestant| contestant.engine != names::ZK_EVM);
        absent.push((names::ZK_EVM, "has no snapshots, and the batch goes back to one"));
    }
    Case { name: format!("replay/{name}"), unit: "batch", units: 1, contestants, absent }
}
