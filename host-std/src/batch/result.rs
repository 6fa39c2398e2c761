//! What came of a transaction.

use super::error_code::ErrorCode;
use crate::abi;
use core::fmt;

/// Selector of `Error(string)`.
pub(crate) const ERROR_SELECTOR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];

/// What came of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExecutionResult {
    /// It is part of the batch and did what it was to do.
    Success {
        /// What it returned.
        output: Vec<u8>,
    },
    /// It is part of the batch, and paid for, but what it was to do failed and was taken back.
    Revert(RevertReason),
    /// It cannot be part of the batch: the host goes back to before it.
    Halt(Halt),
}

/// Why a call failed: what it returned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RevertReason {
    /// With a message: `Error(string)`.
    Message {
        /// The message.
        message: String,
        /// All that it returned.
        data: Vec<u8>,
    },
    /// With anything else.
    Other {
        /// All that it returned.
        data: Vec<u8>,
    },
    /// Without data: out of gas, most often.
    Nothing,
    /// The bootloader did not even say: a transaction from L1 ran out of gas before it began.
    Unreported,
}

/// Why a transaction cannot be part of a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Halt {
    /// The bootloader gave up, for a reason that it names.
    Bootloader {
        /// The reason.
        code: ErrorCode,
        /// What the contract that is to blame returned.
        reason: RevertReason,
    },
    /// The bootloader gave up with a code that is not known.
    UnknownCode {
        /// The code.
        code: u8,
        /// What came with it.
        reason: RevertReason,
    },
    /// The bootloader gave up without a reason.
    NoReason,
    /// The bootloader ran out of ergs.
    OutOfErgs,
    /// The bootloader panicked.
    Panic,
    /// A tracer stopped the transaction. It says why.
    Tracer,
}

impl ExecutionResult {
    /// What the bootloader says of a transaction, with what it gave back.
    pub(super) fn posted(succeeded: bool, output: Vec<u8>) -> Self {
        if succeeded {
            Self::Success { output }
        } else {
            Self::Revert(RevertReason::of_data(&output))
        }
    }
}

impl RevertReason {
    /// What data of a failed call mean.
    pub fn of_data(data: &[u8]) -> Self {
        if data.is_empty() {
            return Self::Nothing;
        }
        let message = data.split_first_chunk().and_then(|(selector, arguments)| {
            if *selector == ERROR_SELECTOR { only_string(arguments) } else { None }
        });
        match message {
            Some(text) => {
                let message = String::from_utf8_lossy(text).into_owned();
                Self::Message { message, data: data.to_vec() }
            }
            None => Self::Other { data: data.to_vec() },
        }
    }

    /// All that the call returned.
    pub fn data(&self) -> &[u8] {
        match self {
            Self::Message { data, .. } | Self::Other { data } => data,
            Self::Nothing | Self::Unreported => &[],
        }
    }
}

/// The string that is the only argument.
fn only_string(arguments: &[u8]) -> Option<&[u8]> {
    let offset = abi::number(arguments, 0)?;
    if offset < 32 { None } else { abi::bytes(arguments, 0) }
}

impl Halt {
    /// What the bootloader's frame returned when it reverted. `None` if that is no halt: the call of an `eth_call` failed.
    pub(crate) fn of_output(output: &[u8]) -> Result<Self, RevertReason> {
        let Some((&code, data)) = output.split_first() else { return Ok(Self::NoReason) };
        let reason = RevertReason::of_data(data);
        match ErrorCode::of_number(code) {
            Some(ErrorCode::EthCall) => Err(reason),
            Some(code) => Ok(Self::Bootloader { code, reason }),
            None => Ok(Self::UnknownCode { code, reason }),
        }
    }
}

impl fmt::Display for RevertReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message { message, .. } => f.write_str(message),
            Self::Other { data } => {
                f.write_str("0x")?;
                data.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::Nothing => f.write_str("no reason given"),
            Self::Unreported => f.write_str("nothing was reported, possibly out of gas"),
        }
    }
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bootloader { code, reason: RevertReason::Nothing } => {
                write!(f, "{} ({})", code.sentence(), code.name())
            }
            Self::Bootloader { code, reason } => {
                write!(f, "{} ({}): {reason}", code.sentence(), code.name())
            }
            Self::UnknownCode { code, reason } => {
                write!(f, "the bootloader gave up with error {code}, which is not known: {reason}")
            }
            Self::NoReason => f.write_str("the bootloader gave up without a reason"),
            Self::OutOfErgs => f.write_str("the bootloader ran out of ergs"),
            Self::Panic => f.write_str("the bootloader panicked"),
            Self::Tracer => f.write_str("a tracer stopped the transaction"),
        }
    }
}

impl core::error::Error for Halt {}

#[cfg(test)]
mod tests {
    use super::*;
    use eravm_core::Word;

    fn error(message: &[u8], length: u64) -> Vec<u8> {
        let words = [Word::from_u64(32), Word::from_u64(length)];
        let words = words.iter().flat_map(Word::to_be_bytes);
        ERROR_SELECTOR.into_iter().chain(words).chain(message.iter().copied()).collect()
    }

    #[test]
    fn a_message_is_read_if_it_is_there() {
        let data = error(b"too late", 8);
        let reason = RevertReason::of_data(&data);
        assert_eq!(reason.to_string(), "too late");
        assert_eq!(reason.data(), data);
        let cut = error(b"too", 8);
        assert_eq!(RevertReason::of_data(&cut), RevertReason::Other { data: cut });
        assert_eq!(RevertReason::of_data(&[]), RevertReason::Nothing);
        let short = RevertReason::of_data(&[8, 0xc3]);
        assert_eq!(short.to_string(), "0x08c3");
        let absurd = error(b"", u64::MAX);
        assert_eq!(RevertReason::of_data(&absurd), RevertReason::Other { data: absurd });
    }

    #[test]
    fn the_first_byte_of_the_bootloaders_output_is_its_reason() {
        assert_eq!(Halt::of_output(&[]), Ok(Halt::NoReason));
        assert_eq!(Halt::of_output(&[0]), Err(RevertReason::Nothing));
        assert!(matches!(Halt::of_output(&[255, 1]), Ok(Halt::UnknownCode { code: 255, .. })));
        let mut output = vec![25];
        output.extend(error(b"old", 3));
        let halt = Halt::of_output(&output).expect("it is a halt");
        assert!(halt.to_string().ends_with("(FailedToSetL2Block): old"), "{halt}");
    }
}
