//! What system contracts announce with events: `L1Messenger` (0x8008) logs, messages and code that is to be published,
//! `KnownCodesStorage` (0x8004) code that is known from now on.

use super::l1_log::L2ToL1Log;
use crate::abi;
use crate::events::Event;
use crate::hex::word;
use crate::system_contracts::addresses::{KNOWN_CODES_STORAGE, L1_MESSENGER};
use core::fmt;
use eravm_core::{CodeKind, VersionedHash, Word};

/// keccak256 of `L2ToL1LogSent((uint8,bool,uint16,address,bytes32,bytes32))`.
const LOG_SENT: Word = word("27fe8c0b49f49507b9d4fe5968c9f49edfe5c9df277d433a07a0717ede97638d");
/// keccak256 of `L1MessageSent(address,bytes32,bytes)`.
const MESSAGE_SENT: Word = word("3a36e47291f4201faf137fab081d92295bce2d53be2c6ca68ba82c7faa9ce241");
/// keccak256 of `BytecodeL1PublicationRequested(bytes32)`.
const PUBLICATION_REQUESTED: Word =
    word("480d3c9f727b5e5c1203d4c61fb185d37f08e6b2dc5e9bbf98591b1a7addf57c");
/// keccak256 of `MarkedAsKnown(bytes32,bool)`.
const MARKED_AS_KNOWN: Word =
    word("c94722ff13eacf53547c4741dab5228353a05938ffcdd5d4a2d533ae0e618287");
/// Topics of the event of a message, whose sender and hash are topics.
const MESSAGE_TOPICS: usize = 3;
/// Words of a log.
const LOG_WORDS: usize = 6;

/// An event of `L1Messenger` that does not have the form of its kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnnouncementError {
    /// Which event of the batch it is, from 0.
    pub event: usize,
    /// What is wrong.
    pub kind: AnnouncementErrorKind,
}

/// What is wrong with an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnnouncementErrorKind {
    /// The data of a log are not its six words; how many bytes there are.
    Log(usize),
    /// A field of a log has a value that does not fit its type; which field.
    LogField(&'static str),
    /// The data of a message are not one byte string; how many bytes there are.
    Message(usize),
    /// The data of a request to publish code are not one hash; how many bytes there are.
    Publication(usize),
}

impl fmt::Display for AnnouncementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {} of L1Messenger ", self.event)?;
        match &self.kind {
            AnnouncementErrorKind::Log(bytes) => {
                write!(f, "should be a log of {LOG_WORDS} words and has {bytes} bytes of data")
            }
            AnnouncementErrorKind::LogField(field) => {
                write!(f, "is a log whose field {field} does not fit its type")
            }
            AnnouncementErrorKind::Message(bytes) => {
                write!(
                    f,
                    "should be a message, but its {bytes} bytes of data are not one byte string"
                )
            }
            AnnouncementErrorKind::Publication(bytes) => {
                write!(
                    f,
                    "should name code to publish, but has {bytes} bytes of data instead of 32"
                )
            }
        }
    }
}

impl core::error::Error for AnnouncementError {}

/// Something announced.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Announcement<'a> {
    Log(L2ToL1Log),
    Message(&'a [u8]),
    Publication(VersionedHash),
}

/// Logs that users sent to L1, as events announce them. Malformed announcements are passed over, as the network does; the
/// end of a batch is where they are an error.
pub fn user_logs(events: &[Event]) -> Vec<L2ToL1Log> {
    let logs = announcements(events).filter_map(|announcement| match announcement {
        Ok(Announcement::Log(log)) => Some(log),
        _ => None,
    });
    logs.collect()
}

/// Hashes of EVM code that was made known, as events of `KnownCodesStorage` announce it.
pub fn published_blobs(events: &[Event]) -> Vec<VersionedHash> {
    let announced = events.iter().filter(|event| {
        event.address == KNOWN_CODES_STORAGE && event.topics.first() == Some(&MARKED_AS_KNOWN)
    });
    let hashes = announced.filter_map(|event| Some(VersionedHash::from(*event.topics.get(1)?)));
    hashes.filter(|hash| matches!(hash.parse(), Some((CodeKind::Blob, _)))).collect()
}

/// What the events of a batch announce, in their order. Other events are passed over.
pub(super) fn announcements(
    events: &[Event],
) -> impl Iterator<Item = Result<Announcement<'_>, AnnouncementError>> {
    events.iter().enumerate().filter_map(|(index, event)| {
        let read = announcement(event).transpose()?;
        Some(read.map_err(|kind| AnnouncementError { event: index, kind }))
    })
}

fn announcement(event: &Event) -> Result<Option<Announcement<'_>>, AnnouncementErrorKind> {
    if event.address != L1_MESSENGER {
        return Ok(None);
    }
    let data = event.data.as_slice();
    match event.topics.first() {
        Some(&LOG_SENT) => log(data).map(Announcement::Log).map(Some),
        Some(&MESSAGE_SENT) if event.topics.len() == MESSAGE_TOPICS => {
            let wrong = AnnouncementErrorKind::Message(data.len());
            message(data).map(Announcement::Message).map(Some).ok_or(wrong)
        }
        Some(&PUBLICATION_REQUESTED) => {
            let wrong = |_| AnnouncementErrorKind::Publication(data.len());
            let hash = <[u8; 32]>::try_from(data).map_err(wrong)?;
            Ok(Some(Announcement::Publication(VersionedHash(hash))))
        }
        _ => Ok(None),
    }
}

/// The log in the data of an event.
fn log(data: &[u8]) -> Result<L2ToL1Log, AnnouncementErrorKind> {
    let wrong_length = |_| AnnouncementErrorKind::Log(data.len());
    let (words, rest) = data.as_chunks::<32>();
    let words = <&[[u8; 32]; LOG_WORDS]>::try_from(words).map_err(wrong_length)?;
    if !rest.is_empty() {
        return Err(AnnouncementErrorKind::Log(data.len()));
    }
    let [shard, mark, tx_number, sender, key, value] = words.map(|word| Word::from_be_bytes(&word));
    let wrong = AnnouncementErrorKind::LogField;
    let number = |word: Word| word.to_u64();
    let address = sender.to_address();
    if Word::from_address(&address) != sender {
        return Err(wrong("sender"));
    }
    let small = |word, field| number(word).and_then(|n| u16::try_from(n).ok()).ok_or(wrong(field));
    let shard = small(shard, "l2ShardId")?;
    Ok(L2ToL1Log {
        shard_id: u8::try_from(shard).map_err(|_| wrong("l2ShardId"))?,
        is_service: match number(mark) {
            Some(0) => false,
            Some(1) => true,
            _ => return Err(wrong("isService")),
        },
        tx_number: small(tx_number, "txNumberInBlock")?,
        sender: address,
        key,
        value,
    })
}

/// The byte string that is the data of an event: its offset, which is 32, its length, its bytes and zeros up to whole words.
fn message(data: &[u8]) -> Option<&[u8]> {
    let (offset, message) = (abi::number(data, 0)?, abi::bytes(data, 0)?);
    let is_all = offset == 32 && data.len() == 64 + message.len().next_multiple_of(32);
    is_all.then_some(message)
}

#[cfg(test)]
mod tests {
    use super::super::hash::keccak;
    use super::*;
    use eravm_core::system_address;

    fn event(topics: Vec<Word>, data: Vec<u8>) -> Event {
        Event { address: L1_MESSENGER, topics, data, tx_number: 0 }
    }

    fn read(event: &Event) -> Result<Option<Announcement<'_>>, AnnouncementErrorKind> {
        announcement(event)
    }

    #[test]
    fn topics_are_hashes_of_signatures() {
        let topic = |signature: &str| Word::from_be_bytes(&keccak(&[signature.as_bytes()]));
        assert_eq!(LOG_SENT, topic("L2ToL1LogSent((uint8,bool,uint16,address,bytes32,bytes32))"));
        assert_eq!(MESSAGE_SENT, topic("L1MessageSent(address,bytes32,bytes)"));
        assert_eq!(PUBLICATION_REQUESTED, topic("BytecodeL1PublicationRequested(bytes32)"));
    }

    #[test]
    fn logs_have_six_words_that_fit() {
        let words = |values: [u64; 6]| -> Vec<u8> {
            values.iter().flat_map(|value| Word::from_u64(*value).to_be_bytes()).collect()
        };
        let log = |data| event(vec![LOG_SENT], data);
        let good = log(words([0, 1, 7, 0x8008, 5, 6]));
        let expected = L2ToL1Log {
            shard_id: 0,
            is_service: true,
            tx_number: 7,
            sender: L1_MESSENGER,
            key: Word::from_u64(5),
            value: Word::from_u64(6),
        };
        assert_eq!(read(&good), Ok(Some(Announcement::Log(expected))));
        let field = |data, name| {
            assert_eq!(read(&log(data)), Err(AnnouncementErrorKind::LogField(name)), "{name}");
        };
        field(words([256, 1, 7, 1, 5, 6]), "l2ShardId");
        field(words([0, 2, 7, 1, 5, 6]), "isService");
        field(words([0, 1, 65536, 1, 5, 6]), "txNumberInBlock");
        let mut large = words([0, 1, 7, 1, 5, 6]);
        large[3 * 32] = 1;
        field(large, "sender");
        for bytes in [0, 191, 193, 224] {
            assert_eq!(read(&log(vec![0; bytes])), Err(AnnouncementErrorKind::Log(bytes)));
        }
    }

    #[test]
    fn messages_are_one_byte_string() {
        let data = |offset: u64, length: u64, bytes: usize| {
            let numbers = [offset, length].map(|number| Word::from_u64(number).to_be_bytes());
            [numbers.concat(), vec![9; bytes]].concat()
        };
        let message = |data| event(vec![MESSAGE_SENT, Word::ZERO, Word::ZERO], data);
        assert_eq!(read(&message(data(32, 0, 0))), Ok(Some(Announcement::Message(&[]))));
        assert_eq!(read(&message(data(32, 33, 64))), Ok(Some(Announcement::Message(&[9; 33]))));
        let bad = [data(31, 0, 0), data(32, 33, 32), data(32, 1, 64), data(32, 1, 31), vec![0; 63]];
        for data in bad.into_iter().chain([data(32, u64::MAX, 0)]) {
            let length = data.len();
            assert_eq!(read(&message(data)), Err(AnnouncementErrorKind::Message(length)));
        }
    }

    #[test]
    fn other_events_are_none() {
        let hash = event(vec![PUBLICATION_REQUESTED], vec![1; 32]);
        let announced = Announcement::Publication(VersionedHash([1; 32]));
        assert_eq!(read(&hash), Ok(Some(announced)));
        let short = event(vec![PUBLICATION_REQUESTED], vec![1; 31]);
        assert_eq!(read(&short), Err(AnnouncementErrorKind::Publication(31)));
        let foreign = Event { address: system_address(0x8009), ..hash };
        assert_eq!(read(&foreign), Ok(None));
        assert_eq!(read(&event(vec![], vec![])), Ok(None));
        let events = [foreign, short];
        let errors: Vec<_> = announcements(&events).collect();
        let kind = AnnouncementErrorKind::Publication(31);
        assert_eq!(errors, [Err(AnnouncementError { event: 1, kind })]);
    }
}
