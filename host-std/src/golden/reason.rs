//! What the network makes of the bootloader's answers: the result of a transaction.
//!
//! When the bootloader gives up on a transaction, the first byte of what it returns says why, and the rest is what the
//! contract returned that is to blame. The texts are those that the network's API shows.

use super::format::{EndKind, RevertReason, TxResult};
use super::value::Bytes;
use crate::batch::{self, ExecutionResult, Halt};
use eravm_core::Word;

/// Selector of `Error(string)`.
const ERROR_SELECTOR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];

/// The result of a transaction whose execution ended with these data.
pub(super) fn of_execution(succeeded: bool, data: &[u8]) -> TxResult {
    if succeeded {
        TxResult::Success { output: Bytes(data.to_vec()) }
    } else {
        TxResult::Revert { reason: revert_reason(data) }
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
        ExecutionResult::Revert(reason) => {
            TxResult::Revert { reason: revert_reason(reason.data()) }
        }
        ExecutionResult::Halt(Halt::Bootloader { code, reason }) => {
            of_error_code(*code as u8, revert_reason(reason.data()))
        }
        ExecutionResult::Halt(Halt::UnknownCode { code, reason }) => {
            of_error_code(*code, revert_reason(reason.data()))
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
        Some((&code, data)) => of_error_code(code, revert_reason(data)),
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

/// What data of a failed call mean.
fn revert_reason(data: &[u8]) -> RevertReason {
    let all = Bytes(data.to_vec());
    match data.split_first_chunk::<4>() {
        Some((selector, arguments)) if *selector == ERROR_SELECTOR => match message(arguments) {
            Some(text) => {
                let msg = String::from_utf8_lossy(text).into_owned();
                RevertReason::General { msg, data: all }
            }
            None => RevertReason::Unknown {
                selector: Bytes(selector.to_vec()),
                data: Bytes(arguments.to_vec()),
            },
        },
        Some((selector, _)) => {
            RevertReason::Unknown { selector: Bytes(selector.to_vec()), data: all }
        }
        // Less than a selector counts as one.
        None => RevertReason::Unknown { selector: all, data: Bytes::default() },
    }
}

/// The string that is the only argument.
fn message(arguments: &[u8]) -> Option<&[u8]> {
    let number = |bytes: &[u8]| {
        let word = Word::from_be_bytes(bytes.first_chunk()?);
        usize::try_from(word.to_u64()?).ok()
    };
    let offset = number(arguments).filter(|&offset| offset >= 32)?;
    let string = arguments.get(offset..)?;
    let length = number(string)?;
    string[32..].get(..length)
}
