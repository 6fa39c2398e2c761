//! `L1Messenger`: logs, messages and code for L1, and what the batch publishes.

use super::system_context;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use crate::embedded::solidity::{Encoder, topic};
use crate::system_contracts::addresses::L1_MESSENGER;
use eravm_core::{Address, Word};

/// Slot of the chained hash of all logs of the batch.
const LOGS_HASH: Word = Word::from_u64(0);
/// Slot of the number of logs of the batch.
const LOG_COUNT: Word = Word::from_u64(1);
/// Slot of the chained hash of all messages of the batch.
const MESSAGES_HASH: Word = Word::from_u64(2);

/// Bytes of a log in pubdata.
const LOG_BYTES: u64 = 88;
/// Bytes of the length of a message in pubdata.
const LENGTH_BYTES: u64 = 4;
/// Ergs for a byte of pubdata, beside its price.
const PUBDATA_BYTE: u32 = 80;

/// A log for L1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Log {
    pub(crate) is_service: bool,
    pub(crate) sender: Address,
    pub(crate) key: Word,
    pub(crate) value: Word,
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
    let pubdata = LENGTH_BYTES + message.len() as u64 + LOG_BYTES;
    // Logs are hashed once more when the batch ends, and so is the message.
    cx.charge_times(prices::KECCAK256_ROUND, 4 + message.len() as u64 / 136 + 1)?;
    burn_pubdata(cx, pubdata)?;
    let data = Encoder::new().bytes(message).finish();
    cx.emit(&L1_MESSENGER, &[MESSAGE_SENT, key, hash], &data)?;
    Ok(hash)
}

/// Pays for bytes of pubdata, and counts them.
fn burn_pubdata(cx: &mut Context<'_>, bytes: u64) -> Result<(), Failure> {
    cx.charge_times(PUBDATA_BYTE, bytes)?;
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
    // There cannot be so many that it overflows.
    let next = Word::from_u64(number.0[0].wrapping_add(1));
    cx.store_of(&L1_MESSENGER, &LOG_COUNT, &next)?;
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
