//! What a transaction, or the tip of the batch, did to the machine.

use super::compare::{bytes, events, lists, logs, values};
use super::events::{group, published_blobs, system_log, user_logs};
use super::failure::{Difference, FailureKind};
use super::format::{Outcome, RevertReason, TxResult, WriteKind};
use super::load::Code;
use super::value::Hex;
use eravm_core::{Address, VersionedHash, Vm, Word};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Where a transaction began.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub(super) instructions: u64,
    ergs: u32,
    pubdata: i32,
    events: usize,
    messages: usize,
    /// Values of the slots written to before.
    slots: HashMap<(Address, Word), Word>,
}

impl Start {
    /// Here and now.
    pub(super) fn of(vm: &Vm) -> Self {
        let slots = vm.written_slots().into_iter();
        Self {
            instructions: vm.instructions(),
            ergs: vm.ergs(),
            pubdata: vm.pubdata(),
            events: vm.events().len(),
            messages: vm.l1_messages().len(),
            slots: slots.map(|slot| ((slot.address, slot.key), slot.after)).collect(),
        }
    }
}

/// What the host learns while a transaction runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    /// Ergs and pubdata when the machine last came back.
    pub(super) last: Option<(u32, i32)>,
    /// Ergs refunded, as the bootloader announced.
    pub(super) refunded: u64,
    /// Ergs that the host proposed to refund.
    pub(super) proposed: u64,
    /// What came of it.
    pub(super) result: Option<TxResult>,
}

/// Compares what came of a transaction.
pub(super) fn compare(
    what: &str,
    expected: &Outcome,
    vm: &Vm,
    start: &Start,
    heard: &Heard,
    code: &Code,
) -> Result<(), FailureKind> {
    let part = |name: &'static str| move || format!("{what}.{name}");
    let result = heard.result.clone().unwrap_or_else(super::reason::without_data);
    compare_result(&part("result")(), &expected.result, &result)?;
    let (ergs, pubdata) = heard.last.unwrap_or((start.ergs, start.pubdata));
    let used = u64::from(start.ergs.saturating_sub(ergs));
    values(part("gas_remaining"), &expected.gas_remaining, &ergs)?;
    values(part("gas_used"), &expected.gas_used, &used)?;
    values(part("computational_gas_used"), &expected.computational_gas_used, &used)?;
    values(part("gas_refunded"), &expected.gas_refunded, &heard.refunded)?;
    let proposed = &heard.proposed;
    values(part("operator_suggested_refund"), &expected.operator_suggested_refund, proposed)?;
    // A transaction that halts leaves nothing behind: its host goes back to the snapshot.
    let halted = matches!(result, TxResult::Halt { .. });
    let published = if halted { 0 } else { pubdata.saturating_sub(start.pubdata).max(0) };
    values(part("pubdata_published"), &expected.pubdata_published, &published.unsigned_abs())?;
    let (queue, messages) = if halted {
        (&[][..], &[][..])
    } else {
        (
            vm.events().get(start.events..).unwrap_or_default(),
            vm.l1_messages().get(start.messages..).unwrap_or_default(),
        )
    };
    let seen = group(queue);
    events(&part("events")(), &expected.events, &seen)?;
    let user = user_logs(&seen);
    logs(&part("user_l2_to_l1_logs")(), &expected.user_l2_to_l1_logs, &user)?;
    let system: Vec<_> = messages.iter().map(system_log).collect();
    logs(&part("system_l2_to_l1_logs")(), &expected.system_l2_to_l1_logs, &system)?;
    let changes = if halted { Vec::new() } else { changes(vm, start) };
    lists(&part("storage_changes")(), &expected.storage_changes, &changes)?;
    Ok(compare_blobs(&part("dynamic_factory_deps")(), expected, &published_blobs(&seen), code)?)
}

type Change = (Hex<Address>, Hex<Word>, Hex<Word>, Hex<Word>, WriteKind);

/// Net changes since the start, by address and key.
fn changes(vm: &Vm, start: &Start) -> Vec<Change> {
    let written = vm.written_slots().into_iter();
    let changes = written.map(|slot| {
        let before = start.slots.get(&(slot.address, slot.key)).unwrap_or(&slot.before.value);
        let kind =
            if slot.before.is_initial { WriteKind::InitialWrite } else { WriteKind::RepeatedWrite };
        (Hex(slot.address), Hex(slot.key), Hex(*before), Hex(slot.after), kind)
    });
    changes.filter(|(_, _, before, after, _)| before != after).collect()
}

/// Compares the foreign code that became known.
fn compare_blobs(
    what: &str,
    expected: &Outcome,
    published: &[VersionedHash],
    code: &Code,
) -> Result<(), Difference> {
    let actual: BTreeSet<String> = published.iter().map(VersionedHash::to_string).collect();
    let names: Vec<_> = expected.dynamic_factory_deps.keys().cloned().collect();
    lists(what, &names, &actual.into_iter().collect::<Vec<_>>())?;
    let programs: BTreeMap<_, _> = published.iter().map(|hash| (hash.to_string(), hash)).collect();
    for (name, expected) in &expected.dynamic_factory_deps {
        let program = programs.get(name).and_then(|hash| code.get(hash));
        let words = program.map(|program| program.words()).unwrap_or_default();
        let actual: Vec<u8> = words.iter().flat_map(Word::to_be_bytes).collect();
        bytes(&format!("{what}.{name}"), &expected.0, &actual)?;
    }
    Ok(())
}

fn compare_result(what: &str, expected: &TxResult, actual: &TxResult) -> Result<(), Difference> {
    match (expected, actual) {
        (TxResult::Success { output: expected }, TxResult::Success { output: actual }) => {
            bytes(&format!("{what}.output"), &expected.0, &actual.0)
        }
        (TxResult::Revert { reason: expected }, TxResult::Revert { reason: actual }) => {
            compare_reason(&format!("{what}.reason"), expected, actual)
        }
        (
            TxResult::Halt { reason: expected, display: expected_display },
            TxResult::Halt { reason: actual, display: actual_display },
        ) => {
            values(|| format!("{what}.reason"), expected, actual)?;
            values(|| format!("{what}.display"), expected_display, actual_display)
        }
        _ => values(|| format!("{what}.kind"), expected, actual),
    }
}

fn compare_reason(
    what: &str,
    expected: &RevertReason,
    actual: &RevertReason,
) -> Result<(), Difference> {
    match (expected, actual) {
        (
            RevertReason::General { msg: expected, data: expected_data },
            RevertReason::General { msg: actual, data: actual_data },
        ) => {
            values(|| format!("{what}.msg"), expected, actual)?;
            bytes(&format!("{what}.data"), &expected_data.0, &actual_data.0)
        }
        (
            RevertReason::Unknown { selector: expected, data: expected_data },
            RevertReason::Unknown { selector: actual, data: actual_data },
        ) => {
            bytes(&format!("{what}.selector"), &expected.0, &actual.0)?;
            bytes(&format!("{what}.data"), &expected_data.0, &actual_data.0)
        }
        _ => values(|| format!("{what}.type"), expected, actual),
    }
}
