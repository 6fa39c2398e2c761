//! What a transaction, or the tip of the batch, did to the machine.

use super::compare::{bytes, events, lists, logs, values};
use super::events::{all_in_golden, system_log, user_logs};
use super::failure::{Difference, FailureKind};
use super::format::{Change, Outcome, RevertReason, TxResult, WriteKind};
use super::load::Code;
use super::value::Hex;
use crate::events::group;
use crate::pubdata::published_blobs;
use eravm_core::{Address, VersionedHash, Vm, Word};
use std::collections::{BTreeMap, BTreeSet};

/// Where a transaction began.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub(super) instructions: u64,
    ergs: u32,
    pubdata: i32,
    events: usize,
    messages: usize,
    accesses: usize,
}

impl Start {
    /// Here and now.
    pub(super) fn of(vm: &Vm) -> Self {
        Self {
            instructions: vm.instructions(),
            ergs: vm.ergs(),
            pubdata: vm.pubdata(),
            events: vm.events().len(),
            messages: vm.l1_messages().len(),
            accesses: vm.storage_log().len(),
        }
    }
}

/// What the host learns while a transaction runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    /// Ergs when the machine last came back.
    pub(super) ergs: Option<u32>,
    /// Ergs refunded, as the bootloader announced.
    pub(super) refunded: u64,
    /// Ergs that the host proposed to refund.
    pub(super) proposed: u64,
    /// The pubdata counter when the host was asked for a refund, the last time.
    pub(super) pubdata_refunded: Option<i32>,
    /// The bootloader's hash of the transaction.
    pub(super) hash: Option<Word>,
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
    let ergs = heard.ergs.unwrap_or(start.ergs);
    let used = u64::from(start.ergs.saturating_sub(ergs));
    values(part("gas_remaining"), &expected.gas_remaining, &ergs)?;
    values(part("gas_used"), &expected.gas_used, &used)?;
    values(part("computational_gas_used"), &expected.computational_gas_used, &used)?;
    values(part("gas_refunded"), &expected.gas_refunded, &heard.refunded)?;
    let proposed = &heard.proposed;
    values(part("operator_suggested_refund"), &expected.operator_suggested_refund, proposed)?;
    // What the refund is computed with: without a question about a refund it is zero.
    let pubdata = heard.pubdata_refunded.unwrap_or(start.pubdata);
    let published = pubdata.saturating_sub(start.pubdata).max(0).unsigned_abs();
    values(part("pubdata_published"), &expected.pubdata_published, &published)?;
    // A transaction that halts leaves nothing behind: its host goes back to the snapshot.
    let halted = matches!(result, TxResult::Halt { .. });
    let (queue, messages) = if halted {
        (&[][..], &[][..])
    } else {
        (
            vm.events().get(start.events..).unwrap_or_default(),
            vm.l1_messages().get(start.messages..).unwrap_or_default(),
        )
    };
    let seen = group(queue);
    events(&part("events")(), &expected.events, &all_in_golden(&seen))?;
    let user = user_logs(&seen);
    logs(&part("user_l2_to_l1_logs")(), &expected.user_l2_to_l1_logs, &user)?;
    let system: Vec<_> = messages.iter().map(system_log).collect();
    logs(&part("system_l2_to_l1_logs")(), &expected.system_l2_to_l1_logs, &system)?;
    let changes = if halted { Vec::new() } else { changes(vm, start) };
    lists(&part("storage_changes")(), &expected.storage_changes, &changes)?;
    Ok(compare_blobs(&part("dynamic_factory_deps")(), expected, &published_blobs(&seen), code)?)
}

/// Slots that were written to since the start, even with their old value, unless all writes were taken back.
fn changes(vm: &Vm, start: &Start) -> Vec<Change> {
    struct Written {
        before: Word,
        after: Word,
        kind: WriteKind,
        standing: usize,
    }
    let log = vm.storage_log().get(start.accesses..).unwrap_or_default();
    let mut slots: BTreeMap<(Address, Word), Written> = BTreeMap::new();
    for access in log.iter().filter(|access| access.is_write) {
        let kind =
            if access.is_initial { WriteKind::InitialWrite } else { WriteKind::RepeatedWrite };
        let new = Written { before: access.read, after: access.read, kind, standing: 0 };
        let slot = slots.entry((access.address, access.key)).or_insert(new);
        if access.is_rollback {
            slot.after = access.read;
            slot.standing = slot.standing.saturating_sub(1);
        } else {
            slot.after = access.written;
            slot.standing += 1;
        }
    }
    let standing = slots.into_iter().filter(|(_, slot)| slot.standing != 0);
    let change = |((address, key), slot): (_, Written)| {
        (Hex(address), Hex(key), Hex(slot.before), Hex(slot.after), slot.kind)
    };
    standing.map(change).collect()
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

pub(super) fn compare_result(
    what: &str,
    expected: &TxResult,
    actual: &TxResult,
) -> Result<(), Difference> {
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
