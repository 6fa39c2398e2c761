//! `L1Messenger`: logs, messages and code for L1, and what the batch publishes.

mod publication;
mod tree;

use super::rights::{only_from, only_from_bootloader, only_from_kernel};
use super::system_context;
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use crate::embedded::solidity::{
    Arguments, Encoder, Selector, overflow, selector, split_selector, topic,
};
use crate::pubdata::LOG_BYTES;
use crate::system_contracts::addresses::{KNOWN_CODES_STORAGE, L1_MESSENGER};
use eravm_core::{Address, VersionedHash, Word};
use primitive_types::U256;

/// Slot of the chained hash of all logs of the batch.
const LOGS_HASH: Word = Word::from_u64(0);
/// Slot of the number of logs of the batch.
const LOG_COUNT: Word = Word::from_u64(1);
/// Slot of the chained hash of all messages of the batch.
const MESSAGES_HASH: Word = Word::from_u64(2);
/// Slot of the chained hash of the hashes of all code that the batch publishes as it is.
const CODE_HASH: Word = Word::from_u64(3);

/// Bytes of the length of a message or of code in pubdata.
const LENGTH_BYTES: u64 = 4;
/// Ergs for a byte of pubdata, beside its price.
const PUBDATA_BYTE: u32 = 80;
/// Times that a log is hashed when the batch ends: by itself, with those before it, and in the tree.
const LOG_ROUNDS: u64 = 3;

/// First byte of the hashes of EVM code.
const EVM_CODE: u8 = 2;

/// A log for L1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Log {
    pub(crate) is_service: bool,
    pub(crate) sender: Address,
    pub(crate) key: Word,
    pub(crate) value: Word,
}

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const SEND_LOG: Selector = selector("sendL2ToL1Log(bool,bytes32,bytes32)");
    const SEND_TO_L1: Selector = selector("sendToL1(bytes)");
    const REQUEST: Selector = selector("requestBytecodeL1Publication(bytes32)");
    const PUBLISH: Selector = selector("publishPubdataAndClearState(address,bytes)");
    let calldata = cx.calldata()?;
    let Some((function, arguments)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    cx.not_payable()?;
    match function {
        SEND_LOG => {
            let arguments = Arguments::new(arguments, 3)?;
            let (is_service, key, value) =
                (arguments.boolean(0)?, arguments.word(1)?, arguments.word(2)?);
            only_from_kernel(cx)?;
            let log = Log { is_service, sender: cx.caller(), key, value };
            Ok(Step::returns_word(send_log(cx, &log)?))
        }
        SEND_TO_L1 => {
            let message = Arguments::new(arguments, 1)?.bytes(0)?;
            let sender = cx.caller();
            Ok(Step::returns_word(send_to_l1(cx, &sender, message)?))
        }
        REQUEST => {
            let hash = Arguments::new(arguments, 1)?.word(0)?;
            only_from(cx, &[KNOWN_CODES_STORAGE])?;
            request_publication(cx, &hash.into())?;
            Ok(Step::done())
        }
        PUBLISH => {
            let arguments = Arguments::new(arguments, 2)?;
            let (validator, input) = (arguments.address(0)?, arguments.tail(1)?);
            only_from_bootloader(cx)?;
            publication::publish(cx, validator, &input)
        }
        _ => Err(Failure::EMPTY),
    }
}

/// Sends a message; returns its hash.
pub(crate) fn send_to_l1(
    cx: &mut Context<'_>,
    sender: &Address,
    message: &[u8],
) -> Result<Word, Failure> {
    const MESSAGE_SENT: Word = topic("L1MessageSent(address,bytes32,bytes)");
    let hash = cx.keccak(&[message])?;
    chain(cx, &MESSAGES_HASH, &hash)?;
    let key = Word::from_address(sender);
    add_log(cx, &Log { is_service: true, sender: L1_MESSENGER, key, value: hash })?;
    let pubdata = LENGTH_BYTES + message.len() as u64 + LOG_BYTES as u64;
    // The message is hashed once more when the batch ends, and once with those before it.
    let rounds = message.len() as u64 / 136 + 1 + 1;
    cx.charge_times(prices::KECCAK256_ROUND, LOG_ROUNDS + rounds)?;
    cx.charge_times(PUBDATA_BYTE, pubdata)?;
    count_pubdata(cx, pubdata)?;
    cx.charge_words(message.len() as u64)?;
    let data = Encoder::new().bytes(message).finish();
    cx.emit(&L1_MESSENGER, &[MESSAGE_SENT, key, hash], &data)?;
    Ok(hash)
}

/// Sends a log; returns its number.
pub(crate) fn send_log(cx: &mut Context<'_>, log: &Log) -> Result<Word, Failure> {
    let number = add_log(cx, log)?;
    cx.charge_times(prices::KECCAK256_ROUND, LOG_ROUNDS)?;
    count_pubdata(cx, LOG_BYTES as u64)?;
    Ok(number)
}

/// Has code published as it is when the batch ends. Who may ask for it is not asked here.
pub(crate) fn request_publication(
    cx: &mut Context<'_>,
    hash: &VersionedHash,
) -> Result<(), Failure> {
    const REQUESTED: Word = topic("BytecodeL1PublicationRequested(bytes32)");
    chain(cx, &CODE_HASH, &hash.to_word())?;
    let [kind, ..] = hash.0;
    let length = u64::from(hash.length()) * if kind == EVM_CODE { 1 } else { 32 };
    let pubdata = LENGTH_BYTES + length;
    // The code is hashed when the batch ends, and its hash with those before it.
    cx.charge_times(prices::SHA256_ROUND, (length + 8) / 64 + 1)?;
    cx.charge(prices::KECCAK256_ROUND)?;
    cx.charge_times(PUBDATA_BYTE, pubdata)?;
    count_pubdata(cx, pubdata)?;
    cx.emit(&L1_MESSENGER, &[REQUESTED], &hash.0)
}

/// Counts bytes of pubdata.
fn count_pubdata(cx: &mut Context<'_>, bytes: u64) -> Result<(), Failure> {
    cx.vm.native_pubdata(i32::try_from(bytes).map_err(|_| Failure::Panic)?)?;
    Ok(())
}

/// Extends a chained hash.
fn chain(cx: &mut Context<'_>, slot: &Word, hash: &Word) -> Result<(), Failure> {
    let before = cx.load_of(&L1_MESSENGER, slot)?;
    let after = cx.keccak(&[&before.to_be_bytes(), &hash.to_be_bytes()])?;
    cx.store_of(&L1_MESSENGER, slot, &after)
}

/// Adds a log to the batch; returns its number.
fn add_log(cx: &mut Context<'_>, log: &Log) -> Result<Word, Failure> {
    const LOG_SENT: Word = topic("L2ToL1LogSent((uint8,bool,uint16,address,bytes32,bytes32))");
    let tx_number = system_context::tx_number(cx)?;
    let Log { is_service, sender, key, value } = log;
    let hash = cx.keccak(&[
        &[0, (*is_service).into()],
        &tx_number.to_be_bytes(),
        &sender.0,
        &key.to_be_bytes(),
        &value.to_be_bytes(),
    ])?;
    chain(cx, &LOGS_HASH, &hash)?;
    let number = cx.load_of(&L1_MESSENGER, &LOG_COUNT)?;
    let next = U256::from(number).checked_add(1.into()).ok_or_else(overflow)?;
    cx.store_of(&L1_MESSENGER, &LOG_COUNT, &next.into())?;
    let data = Encoder::new()
        .number(0)
        .number((*is_service).into())
        .number(tx_number.into())
        .address(sender)
        .words(&[*key, *value])
        .finish();
    cx.emit(&L1_MESSENGER, &[LOG_SENT], &data)?;
    Ok(number)
}
