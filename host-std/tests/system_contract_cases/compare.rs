//! Where two systems differ, in words.

use crate::abi::selector;
use crate::case::{Call, Case};
use crate::common::digits;
use crate::run::{Observed, Outcome};
use core::fmt::Write;
use eravm_core::{ACCOUNT_CODE_STORAGE, Address, Word, system_address};

/// Bytes of data that are shown.
const SHOWN_BYTES: usize = 400;
/// Items of a list that are shown.
const SHOWN_ITEMS: usize = 4;

/// Functions whose first word is ergs in another unit.
const RETURN_GAS: [&str; 3] =
    ["createEVM(bytes)", "create2EVM(bytes32,bytes)", "createEvmFromEmulator(address,bytes)"];

/// By how much they may differ, and by a hundredth more.
const MOST_GAS: u64 = 20_000;

/// What differs; `None` if nothing does.
pub(crate) fn difference(case: &Case, compiled: &Observed, native: &Observed) -> Option<String> {
    if [compiled, native].iter().any(|observed| breaks_system(observed)) {
        return None;
    }
    let mut native = without_gas(case, compiled, native.clone());
    if compiled.storage.iter().any(|(address, key, _)| is_own_code(address, key)) {
        // What is published depends on the hash that was there.
        let outcomes = native.outcomes.iter_mut().zip(&compiled.outcomes);
        outcomes.for_each(|(native, compiled)| native.pubdata = compiled.pubdata);
    }
    let native = &native;
    if compiled == native {
        return None;
    }
    let mut text = format!("{}\n", case.name);
    let said = [
        calls(case, compiled, native),
        changes("stop", &compiled.stop, &native.stop),
        lists("slot", &slots(&compiled.storage), &slots(&native.storage)),
        lists("event", &debug(&compiled.events), &debug(&native.events)),
        lists("message", &debug(&compiled.messages), &debug(&native.messages)),
    ];
    said.iter().for_each(|part| text.push_str(part));
    Some(text)
}

/// Whether a slot has the hash of a system contract's code, which is not the same in both systems.
fn is_own_code(address: &Address, key: &Word) -> bool {
    *address == system_address(ACCOUNT_CODE_STORAGE)
        && key.to_u64().is_some_and(|account| account <= 0x1_00ff)
}

/// Whether code of kernel space was replaced. What then happens is nobody's business.
fn breaks_system(observed: &Observed) -> bool {
    let is_kernel = |key: &Word| key.to_u64().is_some_and(|account| account < 1 << 16);
    let mut slots = observed.storage.iter();
    let accounts = system_address(ACCOUNT_CODE_STORAGE);
    slots.any(|(address, key, _)| *address == accounts && is_kernel(key))
}

/// What a call returned of gas, where it is nearly the same.
fn without_gas(case: &Case, compiled: &Observed, mut native: Observed) -> Observed {
    let outcomes = compiled.outcomes.iter().zip(&mut native.outcomes);
    for (call, (compiled, native)) in case.calls.iter().zip(outcomes) {
        let is_one = case.gas_may_differ
            || RETURN_GAS.iter().any(|one| call.calldata.starts_with(&selector(one)));
        let gas = |data: &[u8]| Word::from_be_bytes(data.first_chunk()?).to_u64();
        let both = (gas(&compiled.data), gas(&native.data));
        if let (true, (Some(left), Some(right))) = (is_one, both)
            && left.abs_diff(right) <= left / 100 + MOST_GAS
        {
            native.data[..32].copy_from_slice(&compiled.data[..32]);
        }
    }
    native
}

fn calls(case: &Case, compiled: &Observed, native: &Observed) -> String {
    let mut text = String::new();
    for (index, call) in case.calls.iter().enumerate() {
        let (left, right) = (compiled.outcomes.get(index), native.outcomes.get(index));
        let _ = writeln!(text, "  call {index}: {}", shown_call(call));
        let shown = |outcome: Option<&Outcome>| outcome.map_or("nothing".into(), shown_outcome);
        if left == right {
            let _ = writeln!(text, "    both: {}", shown(left));
        } else {
            let _ = writeln!(text, "    compiled: {}\n    native:   {}", shown(left), shown(right));
        }
    }
    for (hash, program) in &case.codes {
        let code: Vec<u8> = program.words().iter().flat_map(Word::to_be_bytes).collect();
        let _ = writeln!(text, "  code {hash}: 0x{}", shown(&code));
    }
    for (address, key, value) in &case.slots {
        let _ = writeln!(text, "  before: {address:?} {} = {}", hex(key), hex(value));
    }
    text
}

fn shown_call(call: &Call) -> String {
    let flags = [
        (call.is_static, "static "),
        (call.is_system, "system "),
        (call.is_constructor, "constructor "),
    ];
    let flags: String = flags.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
    let Call { to, from, value, inset, .. } = call;
    let data = shown(&call.calldata);
    let mut text = format!("{flags}{from:?} -> {to:?} value {value} inset {inset} 0x{data}");
    for word in &call.extra {
        let _ = write!(text, " +{}", hex(word));
    }
    text
}

fn shown_outcome(outcome: &Outcome) -> String {
    let Outcome { ending, data, pubdata } = outcome;
    format!("{ending:?} 0x{} ({} bytes), pubdata {pubdata}", shown(data), data.len())
}

fn shown(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(SHOWN_BYTES)];
    format!("{}{}", digits(cut), if bytes.len() > cut.len() { "…" } else { "" })
}

fn hex(word: &Word) -> String {
    digits(&word.to_be_bytes())
}

fn slots(slots: &[(Address, Word, Word)]) -> Vec<String> {
    slots.iter().map(|(at, key, value)| format!("{at:?} {} = {}", hex(key), hex(value))).collect()
}

fn debug(items: &[impl core::fmt::Debug]) -> Vec<String> {
    items.iter().map(|item| format!("{item:x?}")).collect()
}

fn changes<T: PartialEq + core::fmt::Debug>(name: &str, left: &T, right: &T) -> String {
    if left == right {
        return String::new();
    }
    format!("  {name}: compiled {left:?}, native {right:?}\n")
}

/// Items of one list that are not in the other, and the first place where they differ.
fn lists(name: &str, left: &[String], right: &[String]) -> String {
    if left == right {
        return String::new();
    }
    let (lengths, at) =
        ((left.len(), right.len()), left.iter().zip(right).position(|(a, b)| a != b));
    let mut text = format!("  {name}s: {lengths:?}, first difference at {at:?}\n");
    for (side, items, others) in [("compiled", left, right), ("native", right, left)] {
        let only = items.iter().filter(|item| !others.contains(item));
        for item in only.take(SHOWN_ITEMS) {
            let _ = writeln!(text, "    only {side}: {item}");
        }
    }
    text
}
