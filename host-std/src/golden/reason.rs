//! What the network makes of the bootloader's answers: the result of a transaction.
//!
//! When the bootloader gives up on a transaction, the first byte of what it returns says why, and the rest is what the
//! contract returned that is to blame. The texts are those that the network's API shows.

use super::format::{EndKind, RevertReason, TxResult};
use super::value::Bytes;
use crate::batch::{self, ERROR_SELECTOR, ExecutionResult, Halt};

/// The result of a transaction whose execution ended with these data.
pub(super) fn of_execution(succeeded: bool, data: &[u8]) -> TxResult {
    if succeeded {
        TxResult::Success { output: Bytes(data.to_vec()) }
    } else {
        TxResult::Revert { reason: revert_reason(&batch::RevertReason::of_data(data)) }
    }
}

/// The result of a transaction from L1 that failed before there was any data.
pub(super) fn without_data() -> TxResult {
    let msg = "Transaction reverted with empty reason. Possibly out of gas".to_owned();
    TxResult::Revert { reason: RevertReason::General { msg, data: Bytes::default() } }
}

/// The result of a run that ended the bootloader.
pub(super) fn of_end(kind: EndKind, output: &[u8], ergs_left: u32) -> TxResult {
    match kind {
        EndKind::ProgramFinished => TxResult::Success { output: Bytes(output.to_vec()) },
        EndKind::Reverted => of_bootloader_error(output),
        EndKind::Panicked if ergs_left == 0 => {
            halt("BootloaderOutOfGas".to_owned(), "Bootloader out of gas".to_owned())
        }
        EndKind::Panicked => halt("VMPanic".to_owned(), "VM panicked".to_owned()),
    }
}

fn halt(reason: String, display: String) -> TxResult {
    TxResult::Halt { reason, display }
}

/// The result of a transaction that an executor of batches ran.
pub(super) fn of_result(result: &ExecutionResult) -> TxResult {
    match result {
        ExecutionResult::Success { output } => TxResult::Success { output: Bytes(output.clone()) },
        ExecutionResult::Revert(batch::RevertReason::Unreported) => without_data(),
        ExecutionResult::Revert(reason) => TxResult::Revert { reason: revert_reason(reason) },
        ExecutionResult::Halt(Halt::Bootloader { code, reason }) => {
            of_error_code(*code as u8, revert_reason(reason))
        }
        ExecutionResult::Halt(Halt::UnknownCode { code, reason }) => {
            of_error_code(*code, revert_reason(reason))
        }
        ExecutionResult::Halt(Halt::NoReason) => empty_error(),
        ExecutionResult::Halt(Halt::OutOfErgs) => of_end(EndKind::Panicked, &[], 0),
        ExecutionResult::Halt(Halt::Panic) => of_end(EndKind::Panicked, &[], 1),
        ExecutionResult::Halt(halt @ Halt::Tracer) => unexpected(halt.to_string()),
    }
}

fn empty_error() -> TxResult {
    unexpected("Bootloader returned an empty error".to_owned())
}

fn of_bootloader_error(output: &[u8]) -> TxResult {
    match output.split_first() {
        Some((&code, data)) => {
            of_error_code(code, revert_reason(&batch::RevertReason::of_data(data)))
        }
        None => empty_error(),
    }
}

fn of_error_code(code: u8, reason: RevertReason) -> TxResult {
    let general =
        |text: &str| RevertReason::General { msg: text.to_owned(), data: Bytes::default() };
    match code {
        0 => TxResult::Revert { reason },
        1 | 12 => validation(reason),
        2 => with_reason("FailedToChargeFee", "Failed to charge fee", &reason),
        3 => halt("FromIsNotAnAccount".to_owned(), "Sender is not an account".to_owned()),
        4 => validation(general(
            "Failed to check if `from` is an account. Most likely not enough gas provided",
        )),
        5 => unexpected(
            "The operator included transaction with an unacceptable gas price".to_owned(),
        ),
        7 => with_reason("PayForTxFailed", "Failed to pay for the transaction", &reason),
        8 => {
            with_reason("PrePaymasterPreparationFailed", "Pre-paymaster preparation error", &reason)
        }
        9 => paymaster(reason),
        10 => unexpected("FailedToSendFeesToTheOperator".to_owned()),
        11 => unexpected("UnacceptablePubdataPrice".to_owned()),
        13 => unexpected("Max priority fee greater than max fee".to_owned()),
        14 => unexpected("Block.basefee is greater than max fee per gas".to_owned()),
        15 => paymaster(general("Paymaster returned invalid context")),
        16 => paymaster(general("Paymaster returned context that is too long")),
        18 => {
            let reason = match reason {
                RevertReason::General { .. } => reason,
                RevertReason::Unknown { .. } => general("Most likely not enough gas provided"),
            };
            let what = "Failed to mark factory dependencies";
            with_reason("FailedToMarkFactoryDependencies", what, &reason)
        }
        19 => validation(general("Not enough gas for transaction validation")),
        20 => halt(
            "NotEnoughGasProvided".to_owned(),
            "Bootloader did not have enough gas to start the transaction".to_owned(),
        ),
        21 => validation(general(
            "Account validation returned invalid magic value. Most often this means that the signature is incorrect",
        )),
        22 => validation(general(
            "Paymaster validation returned invalid magic value. Please refer to the documentation of the paymaster for more details",
        )),
        24 => {
            let text = format!("Failed to append transaction to L2 block: {}", display(&reason));
            halt(
                format!("FailedToAppendTransactionToL2Block({text:?})"),
                format!("Failed to append the transaction to the current L2 block: {text}"),
            )
        }
        25 => {
            let text = display(&reason);
            halt(
                format!("FailedToSetL2Block({text:?})"),
                format!("Failed to set information about the L2 block: {text}"),
            )
        }
        17 | 23 | 26..=29 => {
            let what = match code {
                17 => "Assertion error",
                23 => "Failed to mint ether",
                26 => "Failed to publish timestamp data to L1",
                27 => "Failed to publish pubdata via L1Messenger for",
                28 => "Failed to send log via L1Messenger for",
                _ => "Failed to call system context contract",
            };
            unexpected(format!("{what}: {}", display(&reason)))
        }
        _ => unexpected(format!(
            "Unsupported error code: {code}. Revert reason: {}",
            display(&reason)
        )),
    }
}

fn validation(reason: RevertReason) -> TxResult {
    with_reason("ValidationFailed", "Account validation error", &reason)
}

fn paymaster(reason: RevertReason) -> TxResult {
    with_reason("PaymasterValidationFailed", "Paymaster validation error", &reason)
}

fn unexpected(problem: String) -> TxResult {
    halt(
        format!("UnexpectedVMBehavior({problem:?})"),
        format!(
            "virtual machine entered unexpected state. Please contact developers and provide transaction details \
             that caused this error. Error description: {problem}"
        ),
    )
}

fn with_reason(variant: &str, what: &str, reason: &RevertReason) -> TxResult {
    let debug = match reason {
        RevertReason::General { msg, data } => {
            format!("General {{ msg: {msg:?}, data: {:?} }}", data.0)
        }
        RevertReason::Unknown { selector, data } => {
            format!("Unknown {{ function_selector: {:?}, data: {:?} }}", selector.0, data.0)
        }
    };
    halt(format!("{variant}({debug})"), format!("{what}: {}", display(reason)))
}

fn display(reason: &RevertReason) -> String {
    match reason {
        RevertReason::General { msg, .. } => msg.clone(),
        RevertReason::Unknown { selector, data } => {
            format!("Error function_selector = {selector:?}, data = {data:?}")
        }
    }
}

/// What the network makes of the reason of a failed call.
fn revert_reason(reason: &batch::RevertReason) -> RevertReason {
    let all = reason.data();
    if let batch::RevertReason::Message { message, .. } = reason {
        return RevertReason::General { msg: message.clone(), data: Bytes(all.to_vec()) };
    }
    let (selector, data) = match all.split_first_chunk::<4>() {
        // The network repeats the selector of other errors in the data, but not that of `Error(string)`.
        Some((selector, arguments)) if *selector == ERROR_SELECTOR => (&selector[..], arguments),
        Some((selector, _)) => (&selector[..], all),
        // Less than a selector counts as one.
        None => (all, &[][..]),
    };
    RevertReason::Unknown { selector: Bytes(selector.to_vec()), data: Bytes(data.to_vec()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_malformed_message_is_told_apart_from_its_selector() {
        let unknown = |selector: &[u8], data: &[u8]| RevertReason::Unknown {
            selector: Bytes(selector.to_vec()),
            data: Bytes(data.to_vec()),
        };
        let reason = |data: &[u8]| revert_reason(&batch::RevertReason::of_data(data));
        assert_eq!(reason(&[]), unknown(&[], &[]));
        assert_eq!(reason(&[8, 0xc3, 0x79]), unknown(&[8, 0xc3, 0x79], &[]));
        assert_eq!(reason(&[1, 2, 3, 4, 5]), unknown(&[1, 2, 3, 4], &[1, 2, 3, 4, 5]));
        let malformed = [&ERROR_SELECTOR[..], &[5]].concat();
        assert_eq!(reason(&malformed), unknown(&ERROR_SELECTOR, &[5]));
    }
}
