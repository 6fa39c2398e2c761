//! Comparing what a golden says with what the machine says.

use super::failure::Difference;
use super::format::{Event, L1Log};
use std::fmt::Debug;

/// Bytes shown of byte strings that differ.
const SHOWN_BYTES: usize = 64;

/// Characters shown of values that differ.
const SHOWN_CHARACTERS: usize = 4096;

/// Compares two values.
pub(super) fn values<T: PartialEq + Debug>(
    what: impl FnOnce() -> String,
    expected: &T,
    actual: &T,
) -> Result<(), Difference> {
    if expected == actual {
        return Ok(());
    }
    Err(Difference { what: what(), expected: shown(expected), actual: shown(actual) })
}

/// A value in words, but not in too many.
fn shown(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Compares two lists: element by element, then their lengths.
pub(super) fn lists<T: PartialEq + Debug>(
    what: &str,
    expected: &[T],
    actual: &[T],
) -> Result<(), Difference> {
    for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
        values(|| format!("{what}[{index}]"), expected, actual)?;
    }
    lengths(what, expected, actual)
}

fn lengths<T: Debug>(what: &str, expected: &[T], actual: &[T]) -> Result<(), Difference> {
    let common = expected.len().min(actual.len());
    let show = |all: &[T]| match all.get(common) {
        Some(next) => format!("{}, going on with {}", all.len(), shown(next)),
        None => all.len().to_string(),
    };
    if expected.len() == actual.len() {
        return Ok(());
    }
    Err(Difference {
        what: format!("{what}.length"),
        expected: show(expected),
        actual: show(actual),
    })
}

/// Compares two byte strings and shows where they begin to differ.
pub(super) fn bytes(what: &str, expected: &[u8], actual: &[u8]) -> Result<(), Difference> {
    let Some(at) = expected.iter().zip(actual).position(|(expected, actual)| expected != actual)
    else {
        let what = || format!("{what}.length");
        return values(what, &expected.len(), &actual.len());
    };
    let show = |all: &[u8]| {
        let shown = &all[at..all.len().min(at + SHOWN_BYTES)];
        let more = if at + SHOWN_BYTES < all.len() { "…" } else { "" };
        format!("{}{more}", super::value::hex(shown))
    };
    Err(Difference {
        what: format!("{what} from byte {at}"),
        expected: show(expected),
        actual: show(actual),
    })
}

/// Compares two lists of events.
pub(super) fn events(what: &str, expected: &[Event], actual: &[Event]) -> Result<(), Difference> {
    for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
        let part = |name: &str| format!("{what}[{index}].{name}");
        values(|| part("tx_number"), &expected.0, &actual.0)?;
        values(|| part("address"), &expected.1, &actual.1)?;
        lists(&part("topics"), &expected.2, &actual.2)?;
        bytes(&part("data"), &expected.3.0, &actual.3.0)?;
    }
    lengths(what, expected, actual)
}

/// Compares two lists of logs.
pub(super) fn logs(what: &str, expected: &[L1Log], actual: &[L1Log]) -> Result<(), Difference> {
    for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
        let part = |name: &str| format!("{what}[{index}].{name}");
        values(|| part("tx_number"), &expected.tx_number, &actual.tx_number)?;
        values(|| part("sender"), &expected.sender, &actual.sender)?;
        values(|| part("is_service"), &expected.is_service, &actual.is_service)?;
        values(|| part("shard_id"), &expected.shard_id, &actual.shard_id)?;
        values(|| part("key"), &expected.key, &actual.key)?;
        values(|| part("value"), &expected.value, &actual.value)?;
    }
    lengths(what, expected, actual)
}
