//! Events and logs as goldens have them.

use super::format::{Event, L1Log};
use super::value::{Bytes, Hex};
use crate::events;
use crate::hex::word;
use eravm_core::{CodeKind, L1Message, VersionedHash, Word, system_address};

/// `L1Messenger`, which announces users' logs with events.
const L1_MESSENGER: u16 = 0x8008;
/// `KnownCodesStorage`, which announces code with events.
const KNOWN_CODES_STORAGE: u16 = 0x8004;
/// keccak256 of `L2ToL1LogSent((uint8,bool,uint16,address,bytes32,bytes32))`.
const L2_TO_L1_LOG_SENT: Word =
    word("27fe8c0b49f49507b9d4fe5968c9f49edfe5c9df277d433a07a0717ede97638d");
/// keccak256 of `MarkedAsKnown(bytes32,bool)`.
const MARKED_AS_KNOWN: Word =
    word("c94722ff13eacf53547c4741dab5228353a05938ffcdd5d4a2d533ae0e618287");
/// Words of a user's log in an event's data.
const LOG_WORDS: usize = 6;

/// The events of a queue as goldens have them.
pub(super) fn group(queue: &[eravm_core::Event]) -> Vec<Event> {
    events::group(queue).into_iter().map(in_golden).collect()
}

/// An event as goldens have it.
pub(super) fn in_golden(event: events::Event) -> Event {
    let topics = event.topics.into_iter().map(Hex).collect();
    (event.tx_number, Hex(event.address), topics, Bytes(event.data))
}

/// The logs that users sent to L1, from the events that announce them.
pub(super) fn user_logs(events: &[Event]) -> Vec<L1Log> {
    let messenger = system_address(L1_MESSENGER);
    let announced = events.iter().filter(|(_, address, topics, _)| {
        address.0 == messenger && topics.first() == Some(&Hex(L2_TO_L1_LOG_SENT))
    });
    announced.filter_map(|(_, _, _, data)| user_log(&data.0)).collect()
}

fn user_log(data: &[u8]) -> Option<L1Log> {
    let words: Vec<Word> = data.as_chunks::<32>().0.iter().map(Word::from_be_bytes).collect();
    let [shard, is_service, tx_number, sender, key, value] =
        <[Word; LOG_WORDS]>::try_from(words).ok()?;
    Some(L1Log {
        shard_id: shard.low_u16() as u8,
        is_service: !is_service.is_zero(),
        tx_number: tx_number.low_u16(),
        sender: Hex(sender.to_address()),
        key: Hex(key),
        value: Hex(value),
    })
}

/// Hashes of foreign code that was made known, from the events that announce it.
pub(super) fn published_blobs(events: &[Event]) -> Vec<VersionedHash> {
    let storage = system_address(KNOWN_CODES_STORAGE);
    let announced = events.iter().filter(|(_, address, topics, _)| {
        address.0 == storage && topics.first() == Some(&Hex(MARKED_AS_KNOWN))
    });
    let hashes =
        announced.filter_map(|(_, _, topics, _)| Some(VersionedHash::from(topics.get(1)?.0)));
    hashes.filter(|hash| matches!(hash.parse(), Some((CodeKind::Blob, _)))).collect()
}

/// A message to L1 as a log.
pub(super) fn system_log(message: &L1Message) -> L1Log {
    L1Log {
        shard_id: 0,
        is_service: message.is_service,
        tx_number: message.tx_number,
        sender: Hex(message.address),
        key: Hex(message.key),
        value: Hex(message.value),
    }
}
