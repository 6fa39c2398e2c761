//! The end of a batch: what the operator wants to publish is compared with what was sent, and shown to the contract that validates its
//! availability.

use super::tree::{self, MOST_LOGS};
use super::{CODE_HASH, LOG_COUNT, LOGS_HASH, MESSAGES_HASH};
use crate::embedded::call::{Call, Data, Step};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Encoder, Selector, Tail, error, selector};
use crate::pubdata::LOG_BYTES;
use crate::system_contracts::addresses::{L1_MESSENGER, MESSAGE_ROOT};
use eravm_core::semantics::FatPointer;
use eravm_core::{Address, Word};

/// Key of the log with the root of the logs.
const ROOT_LOG: u64 = 0;
/// Key of the log with what the validator returned.
const VALIDATOR_OUTPUT_LOG: u64 = 5;
/// Key of the log with the address of the validator.
const VALIDATOR_LOG: u64 = 6;

/// The function of the validator. Its call is the operator's input, as it is.
const VALIDATE: Selector = selector("validatePubdata(bytes32,bytes32,bytes32,bytes32,bytes)");
/// The offset of its last argument, which comes behind five words.
const PUBDATA_OFFSET: u64 = 5 * 32;
/// Bytes of the number of logs in pubdata.
const COUNT_BYTES: u64 = 4;

/// What of the operator's input is not as it must be.
#[derive(Clone, Copy)]
enum Part {
    LogCount = 0,
    LogsHash = 1,
    Function = 4,
    InputLogsHash = 5,
    Root = 6,
    MessagesHash = 7,
    CodeHash = 8,
    Offset = 9,
    Length = 10,
}

/// A part that is not as expected.
fn mismatch(part: Part, expected: Word, found: Word) -> Failure {
    const MISMATCH: Selector = selector("ReconstructionMismatch(uint8,bytes32,bytes32)");
    error(MISMATCH, &[Word::from_u64(part as u64), expected, found])
}

fn expect(part: Part, expected: Word, found: Word) -> Result<(), Failure> {
    if expected == found { Ok(()) } else { Err(mismatch(part, expected, found)) }
}

/// The operator's input, which is read from its beginning.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Failure> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Failure::EMPTY)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], Failure> {
        self.take(COUNT)?.try_into().map_err(|_| Failure::EMPTY)
    }

    fn word(&mut self) -> Result<Word, Failure> {
        Ok(Word::from_be_bytes(&self.array()?))
    }
}

/// Compares, asks for the root of the chains that settle here, asks the validator if there is one, and tells L1.
pub(super) fn publish(
    cx: &mut Context<'_>,
    validator: Address,
    input: &Tail<'_>,
) -> Result<Step, Failure> {
    const AGGREGATED_ROOT: Selector = selector("getAggregatedRoot()");
    let (claimed_root, local_root) = compare(cx, input.bytes)?;
    let publication =
        Publication { validator, input: cx.part_of_calldata(input), claimed_root, local_root };
    let call = Call {
        is_static: true,
        ..Call::new(MESSAGE_ROOT, Data::Bytes(Encoder::call(AGGREGATED_ROOT).finish()))
    };
    Ok(Step::call(call, move |cx, outcome| {
        if !outcome.succeeded {
            return Step::reverts_with(cx, outcome.data);
        }
        let aggregated_root = cx.first_word(outcome.data)?.ok_or(Failure::EMPTY)?;
        publication.validate(cx, &aggregated_root)
    }))
}

/// Compares the operator's input with what was sent in the batch; returns the root of the logs that it claims, and the root.
fn compare(cx: &mut Context<'_>, input: &[u8]) -> Result<(Word, Word), Failure> {
    let mut input = Input(input);
    let function = input.array()?;
    expect(Part::Function, left_aligned(VALIDATE.0), left_aligned(function))?;
    let logs_hash = cx.load_of(&L1_MESSENGER, &LOGS_HASH)?;
    expect(Part::InputLogsHash, logs_hash, input.word()?)?;
    let claimed_root = input.word()?;
    let chained = [(Part::MessagesHash, MESSAGES_HASH), (Part::CodeHash, CODE_HASH)];
    for (part, slot) in chained {
        let found = input.word()?;
        expect(part, cx.load_of(&L1_MESSENGER, &slot)?, found)?;
    }
    expect(Part::Offset, Word::from_u64(PUBDATA_OFFSET), input.word()?)?;
    let length = input.word()?;
    let count = u32::from_be_bytes(input.array()?);
    if count as usize > MOST_LOGS {
        let most = Word::from_u64(MOST_LOGS as u64);
        return Err(mismatch(Part::LogCount, most, Word::from_u64(count.into())));
    }
    let least = COUNT_BYTES + u64::from(count) * LOG_BYTES as u64;
    if length.to_u64().is_some_and(|length| length < least) {
        return Err(mismatch(Part::Length, Word::from_u64(least), length));
    }
    let mut leaves = Vec::new();
    let mut chained = Word::ZERO;
    for _ in 0..count {
        let leaf = cx.keccak(&[input.take(LOG_BYTES)?])?;
        leaves.push(leaf);
        chained = cx.keccak(&[&chained.to_be_bytes(), &leaf.to_be_bytes()])?;
    }
    expect(Part::LogsHash, logs_hash, chained)?;
    Ok((claimed_root, tree::root(cx, leaves)?))
}

/// A selector as a word.
fn left_aligned([a, b, c, d]: [u8; 4]) -> Word {
    Word([0, 0, 0, u64::from_be_bytes([a, b, c, d, 0, 0, 0, 0])])
}

/// What remains to be done when the calls come back.
#[derive(Clone, Copy)]
struct Publication {
    /// Zero if there is none.
    validator: Address,
    /// The operator's input.
    input: FatPointer,
    claimed_root: Word,
    local_root: Word,
}

impl Publication {
    fn validate(self, cx: &mut Context<'_>, aggregated_root: &Word) -> Result<Step, Failure> {
        let roots = [self.local_root.to_be_bytes(), aggregated_root.to_be_bytes()];
        let root = cx.keccak(&[roots.as_flattened()])?;
        expect(Part::Root, self.local_root, self.claimed_root)?;
        if self.validator.is_zero() {
            return self.finish(cx, root, Word::ZERO);
        }
        let call = Call::new(self.validator, Data::Pointer(self.input));
        Ok(Step::call(call, move |cx, outcome| {
            if !outcome.succeeded {
                return Step::reverts_with(cx, outcome.data);
            }
            let output = cx.first_word(outcome.data)?.ok_or(Failure::EMPTY)?;
            self.finish(cx, root, output)
        }))
    }

    /// Tells L1, and forgets the batch.
    fn finish(self, cx: &mut Context<'_>, root: Word, output: Word) -> Result<Step, Failure> {
        let validator = Word::from_address(&self.validator);
        let logs = [(ROOT_LOG, root), (VALIDATOR_LOG, validator), (VALIDATOR_OUTPUT_LOG, output)];
        for (key, value) in logs {
            cx.message(&L1_MESSENGER, true, Word::from_u64(key), value)?;
        }
        for slot in [LOGS_HASH, LOG_COUNT, MESSAGES_HASH, CODE_HASH] {
            cx.store_of(&L1_MESSENGER, &slot, &Word::ZERO)?;
        }
        Ok(Step::done())
    }
}
