//! What came of a transaction, in words.

use crate::batch::{ExecutionResult, Halt};
use crate::pubdata::keccak;
use eravm_core::Word;
use primitive_types::U256;

/// What a transaction that did what it was to do is said to be.
pub(super) const SUCCEEDED: &str = "success";

/// The status, the reason and what was returned.
pub(super) fn describe(result: &ExecutionResult) -> (&'static str, Option<String>, &[u8]) {
    match result {
        ExecutionResult::Success { output } => (SUCCEEDED, None, output),
        ExecutionResult::Revert(reason) => ("reverted", Some(reason.to_string()), reason.data()),
        ExecutionResult::Halt(halt) => {
            let hint = match halt {
                Halt::Bootloader { reason, .. } => hint(reason.data()),
                _ => None,
            };
            let hint = hint.map_or_else(String::new, |hint| format!(": {hint}"));
            ("halted", Some(format!("{halt}{hint}")), &[])
        }
    }
}

/// What the errors say with which system contracts refuse a transaction most often, and what to do.
fn hint(data: &[u8]) -> Option<String> {
    let (selector, arguments) = data.split_first_chunk::<4>()?;
    let (words, []) = arguments.as_chunks::<32>() else { return None };
    let [first, second] = words else { return None };
    let [first, second] = [first, second].map(|word| U256::from(Word::from_be_bytes(word)));
    let is = |signature: &str| keccak(&[signature.as_bytes()]).starts_with(selector);
    if is("ValueMismatch(uint256,uint256)") {
        Some(format!("{first} is not {second}; if that is the nonce, leave `nonce` out"))
    } else if is("InsufficientFunds(uint256,uint256)") {
        Some(format!(
            "{first} wei are needed and {second} are there; raise `balance` of the sender in state.accounts"
        ))
    } else {
        None
    }
}
