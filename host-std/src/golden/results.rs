//! The state of the machine after the batch.

use super::compare::{events, lists, logs, values};
use super::events::{all_in_golden, system_log, user_logs};
use super::failure::{Difference, FailureKind};
use super::format::{Batch, L1Log, SlotValue, StateDiff, StorageLog};
use super::host::World;
use super::machine::{HEAP_PAGE, HEAP_WORDS};
use super::value::Hex;
use crate::events::group;
use crate::pubdata::derived_key;
use crate::system_contracts::addresses::L1_MESSENGER;
use eravm_core::{Exit, StorageAccess, StorageChange, VersionedHash, Vm, Word};
use std::collections::BTreeSet;

/// System logs and changed slots.
#[derive(Clone, Debug)]
pub(super) struct Effects {
    system_logs: Vec<L1Log>,
    changes: Vec<StorageChange>,
}

impl Effects {
    /// Those of now.
    pub(super) fn of(vm: &Vm) -> Self {
        let system_logs = vm.l1_messages().iter().map(system_log).collect();
        Self { system_logs, changes: vm.storage_changes() }
    }

    fn values(&self) -> Vec<SlotValue> {
        let values = self.changes.iter();
        values.map(|change| (Hex(change.address), Hex(change.key), Hex(change.after))).collect()
    }
}

/// Compares the state after the batch.
///
/// `before_end` is what the first frame had done before its last instruction, if that is known and counts.
pub(super) fn compare(
    batch: &Batch,
    world: &World<'_>,
    vm: &Vm,
    before_end: Option<&Effects>,
    total_instructions: u64,
) -> Result<(), FailureKind> {
    let results = &batch.results;
    let same = |name: &'static str, expected: u64, actual: u64| {
        values(|| format!("batch.{name}"), &expected, &actual)
    };
    same("total_instructions", results.total_instructions, total_instructions)?;
    same("final_gas", results.final_gas.into(), vm.ergs().into())?;
    let pubdata = || "batch.final_pubdata_counter".to_owned();
    values(pubdata, &results.final_pubdata_counter, &vm.pubdata())?;
    compare_registers(batch, vm)?;
    compare_heap(batch, vm)?;
    let seen = group(vm.events());
    events("batch.events", &results.events, &all_in_golden(&seen))?;
    logs("batch.user_l2_to_l1_logs", &results.user_l2_to_l1_logs, &user_logs(&seen))?;
    compare_effects(batch, vm, before_end)?;
    compare_code(batch, vm)?;
    lists("batch.storage_refunds", &results.storage_refunds, vm.storage_refunds())?;
    lists("batch.pubdata_costs", &results.pubdata_costs, vm.pubdata_costs())?;
    if results.block_tip.is_some() {
        lists("batch.state_diffs", &results.state_diffs, &state_diffs(world, vm))?;
    }
    match &results.storage_log {
        Some(log) => compare_storage_log(log, vm.storage_log()),
        None => Ok(()),
    }
}

fn compare_registers(batch: &Batch, vm: &Vm) -> Result<(), Difference> {
    let ended = vm.ended().is_some();
    for (register, expected) in (1u8..).zip(&batch.results.final_registers_r1_to_r15) {
        let index = usize::from(register - 1);
        let actual = if ended { vm.final_registers()[index] } else { vm.register(register) };
        let what = || format!("batch.final_registers_r1_to_r15[{index}]");
        values(what, &(expected.0.0, expected.1), &actual)?;
    }
    Ok(())
}

fn compare_heap(batch: &Batch, vm: &Vm) -> Result<(), Difference> {
    let words = vm.page_words(HEAP_PAGE).into_iter();
    let words = words.filter_map(|(index, word)| Some((u32::try_from(index).ok()?, Hex(word))));
    let words: Vec<_> = words.filter(|(index, _)| *index < HEAP_WORDS).collect();
    let expected = &batch.results.final_bootloader_heap_nonzero;
    lists("batch.final_bootloader_heap_nonzero", expected, &words)
}

fn compare_effects(batch: &Batch, vm: &Vm, before_end: Option<&Effects>) -> Result<(), Difference> {
    let effects = Effects::of(vm);
    let with_batch = |effects: &Effects| {
        let (results, what) = (&batch.results, "batch.deduplicated_storage_changes");
        logs("batch.system_logs", &results.system_logs, &effects.system_logs)?;
        lists(what, &results.deduplicated_storage_changes, &effects.values())
    };
    // One of the machines behind the goldens does not undo what a failing first frame did, and `batch` is its view.
    let failed = !matches!(vm.ended(), None | Some(Exit::Returned(_)));
    if let Some(reference) = &batch.zk_evm_final_state {
        let what = "zk_evm_final_state.deduplicated_storage_changes";
        logs("zk_evm_final_state.system_logs", &reference.system_logs, &effects.system_logs)?;
        let mut changes = effects.values();
        changes.retain(|(_, _, value)| !value.0.is_zero());
        lists(what, &reference.deduplicated_storage_changes, &changes)?;
    }
    match before_end {
        _ if !failed => with_batch(&effects),
        Some(before_end) => with_batch(before_end),
        None => Ok(()),
    }
}

/// Compares the code that was used. The order does not matter.
fn compare_code(batch: &Batch, vm: &Vm) -> Result<(), Difference> {
    let expected: BTreeSet<VersionedHash> =
        batch.results.used_contract_hashes.iter().map(|hash| hash.0).collect();
    let actual: BTreeSet<VersionedHash> = vm.used_code().into_iter().collect();
    let sorted = |set: BTreeSet<_>| set.into_iter().collect::<Vec<VersionedHash>>();
    lists("batch.used_contract_hashes", &sorted(expected), &sorted(actual))
}

/// What the settlement layer is told about the state.
fn state_diffs(world: &World<'_>, vm: &Vm) -> Vec<StateDiff> {
    let changes = vm.storage_changes().into_iter();
    // The messenger's slots are not part of the state diffs.
    let changes = changes.filter(|change| change.address != L1_MESSENGER);
    let diff = |change: StorageChange| {
        (
            Hex(change.address),
            Hex(change.key),
            Hex(VersionedHash(derived_key(&change.address, &change.key))),
            world.leaf(&change.address, &change.key).map_or(0, |leaf| leaf.index),
            Hex(change.before.value),
            Hex(change.after),
        )
    };
    changes.map(diff).collect()
}

fn compare_storage_log(expected: &StorageLog, actual: &[StorageAccess]) -> Result<(), FailureKind> {
    let value = |index: u32| {
        let value = expected.values.get(index as usize);
        value.map(|value| value.0).ok_or(FailureKind::StorageLogIndex(index))
    };
    for (index, (row, access)) in expected.rows.iter().zip(actual).enumerate() {
        let &(is_write, is_rollback, kind, tx_number, timestamp, slot, read, written) = row;
        let what = |name: &'static str| move || format!("batch.storage_log.rows[{index}].{name}");
        let slot = expected.slots.get(slot as usize).ok_or(FailureKind::StorageLogIndex(slot))?;
        values(what("timestamp"), &timestamp, &access.timestamp)?;
        values(what("rw"), &is_write, &u8::from(access.is_write))?;
        values(what("address"), &slot.0.0, &access.address)?;
        values(what("key"), &slot.1.0, &access.key)?;
        values(what("rollback"), &is_rollback, &u8::from(access.is_rollback))?;
        values(what("kind"), &kind, &kind_of(access))?;
        values(what("tx_number"), &tx_number, &access.tx_number)?;
        values(what("read"), &value(read)?, &access.read)?;
        // The reference leaves the second value of a read at zero.
        let after = if access.is_write { access.written } else { Word::ZERO };
        values(what("written"), &value(written)?, &after)?;
    }
    let what = || "batch.storage_log.rows.length".to_owned();
    Ok(values(what, &expected.rows.len(), &actual.len())?)
}

const fn kind_of(access: &StorageAccess) -> u8 {
    match (access.is_write, access.is_initial) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => 2,
    }
}
