//! Comparing what a transaction did with what a golden says.

use super::super::compare::{bytes, events, lists, logs, values};
use super::super::events::{all_in_golden, log};
use super::super::failure::Difference;
use super::super::format::{self, WriteKind};
use super::super::reason;
use super::super::transaction::compare_result;
use super::super::value::Hex;
use crate::batch::{CircuitUse, ExecutionResult, GEOMETRY, Outcome};
use crate::pubdata::StateDiff;
use eravm_core::VersionedHash;
use std::collections::BTreeMap;

/// A state diff as goldens have it.
pub(super) fn state_diff(diff: &StateDiff) -> format::StateDiff {
    (
        Hex(diff.address),
        Hex(diff.key),
        Hex(VersionedHash(diff.derived_key)),
        diff.enumeration_index,
        Hex(diff.initial_value),
        Hex(diff.final_value),
    )
}

/// Compares what came of a transaction with what a golden says. `what` is its name in the difference.
///
/// # Errors
/// The first difference.
pub fn compare_with_result(
    what: &str,
    expected: &format::TxResult,
    actual: &ExecutionResult,
) -> Result<(), Difference> {
    compare_result(what, expected, &reason::of_result(actual))
}

/// Compares what a transaction, or the tip of a batch, did with what a golden says. `what` is its name in the difference.
///
/// # Errors
/// The first difference.
pub fn compare(what: &str, expected: &format::Outcome, actual: &Outcome) -> Result<(), Difference> {
    let part = |name: &'static str| move || format!("{what}.{name}");
    compare_with_result(&part("result")(), &expected.result, &actual.result)?;
    let used = u64::from(actual.ergs_used);
    values(part("gas_remaining"), &expected.gas_remaining, &actual.ergs_left)?;
    values(part("gas_used"), &expected.gas_used, &used)?;
    values(part("computational_gas_used"), &expected.computational_gas_used, &used)?;
    values(part("gas_refunded"), &expected.gas_refunded, &actual.refunded)?;
    let proposed = &actual.operator_refund;
    values(part("operator_suggested_refund"), &expected.operator_suggested_refund, proposed)?;
    values(part("pubdata_published"), &expected.pubdata_published, &actual.pubdata)?;
    let seen = all_in_golden(&actual.events);
    events(&part("events")(), &expected.events, &seen)?;
    let user: Vec<_> = actual.user_logs.iter().map(log).collect();
    logs(&part("user_l2_to_l1_logs")(), &expected.user_l2_to_l1_logs, &user)?;
    let system: Vec<_> = actual.system_logs.iter().map(log).collect();
    logs(&part("system_l2_to_l1_logs")(), &expected.system_l2_to_l1_logs, &system)?;
    let changes = actual.storage_changes.iter().map(|it| {
        let initial = it.before.is_initial;
        let kind = if initial { WriteKind::InitialWrite } else { WriteKind::RepeatedWrite };
        (Hex(it.address), Hex(it.key), Hex(it.before.value), Hex(it.after), kind)
    });
    let changes: Vec<_> = changes.collect();
    lists(&part("storage_changes")(), &expected.storage_changes, &changes)?;
    if let Some(expected) = &expected.circuit_statistic {
        compare_circuits(&part("circuit_statistic")(), expected, &actual.circuits)?;
    }
    let names: Vec<_> = expected.dynamic_factory_deps.keys().cloned().collect();
    let code = actual.evm_code.iter().map(|(hash, code)| (hash.to_string(), code));
    let (actual_names, code): (Vec<_>, Vec<_>) = code.unzip();
    lists(&part("dynamic_factory_deps")(), &names, &actual_names)?;
    for ((name, expected), actual) in expected.dynamic_factory_deps.iter().zip(code) {
        bytes(&format!("{what}.dynamic_factory_deps.{name}"), &expected.0, actual)?;
    }
    Ok(())
}

/// Compares how many circuits something takes. Where accesses of memory were not counted, their number must be a bound.
fn compare_circuits(
    what: &str,
    expected: &BTreeMap<String, f32>,
    actual: &CircuitUse,
) -> Result<(), Difference> {
    let mut statistic = actual.known().circuits(&GEOMETRY);
    let most = actual.at_most.circuits(&GEOMETRY).ram_permutation;
    if let Some(&ram) = expected.get("ram_permutation") {
        let what = || format!("{what}.ram_permutation, at most {most:?}");
        values(what, &ram, &ram.min(most))?;
        if actual.exact.is_none() {
            statistic.ram_permutation = ram;
        }
    }
    let mut seen: Vec<_> = statistic
        .into_named()
        .into_iter()
        // Goldens have the network's name for it.
        .map(|(name, circuits)| match name {
            "secp256r1_verify" => ("secp256k1_verify", circuits),
            _ => (name, circuits),
        })
        .collect();
    seen.sort_by_key(|(name, _)| *name);
    let expected: Vec<_> = expected.iter().map(|(name, it)| (name.as_str(), *it)).collect();
    lists(what, &expected, &seen)
}
