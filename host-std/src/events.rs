//! Events as contracts know them, from the entries of the event queue.
//!
//! The machine's queue holds pairs of words. `EventWriter` (0x800d) turns an event into several
//! entries: the first one carries the number of topics (bits 0..32 of its key) and the bytes of data
//! (bits 32..64) and, as its value, the first topic, which is the contract that emitted the event;
//! the others carry two words each: the remaining topics, then the data, zero-padded at its end.

use crate::system_contracts::addresses::EVENT_WRITER;
use eravm_core::{Address, Event as Entry, Word};

/// An event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// The contract that emitted it.
    pub address: Address,
    /// Its topics.
    pub topics: Vec<Word>,
    /// Its data.
    pub data: Vec<u8>,
    /// Number of the transaction in the batch.
    pub tx_number: u16,
}

/// An event of which entries are missing.
struct Unfinished {
    /// The emitter, which comes before the topics.
    emitter: Option<Address>,
    topics: Vec<Word>,
    /// With the emitter.
    topics_left: u32,
    data: Vec<u8>,
    data_left: u32,
    tx_number: u16,
}

/// Topics and bytes of data that most events have no more of. Memory for more is taken when they are there, whatever an entry announces.
const MANY_TOPICS: usize = 4;
const MUCH_DATA: usize = 256;

impl Unfinished {
    fn begin(entry: &Entry) -> Self {
        let header = entry.key.0[0];
        let (topics_left, data_left) = (header as u32, (header >> 32) as u32);
        let topics = (topics_left as usize).saturating_sub(1).min(MANY_TOPICS);
        let mut event = Self {
            emitter: None,
            topics: Vec::with_capacity(topics),
            topics_left,
            data: Vec::with_capacity((data_left as usize).min(MUCH_DATA)),
            data_left,
            tx_number: entry.tx_number,
        };
        event.take(&entry.value);
        event
    }

    fn take(&mut self, word: &Word) {
        if let Some(left) = self.topics_left.checked_sub(1) {
            self.topics_left = left;
            match self.emitter {
                None => self.emitter = Some(word.to_address()),
                Some(_) => self.topics.push(*word),
            }
        } else {
            let count = self.data_left.min(32);
            self.data_left -= count;
            let bytes = word.to_be_bytes();
            self.data.extend_from_slice(bytes.get(..count as usize).unwrap_or_default());
        }
    }

    fn is_complete(&self) -> bool {
        self.topics_left == 0 && self.data_left == 0
    }

    fn finish(self) -> Option<Event> {
        let Self { topics, data, tx_number, .. } = self;
        Some(Event { address: self.emitter?, topics, data, tx_number })
    }
}

/// The events of `EventWriter` in a queue. Entries of other contracts and incomplete events are left out, as
/// the network does.
pub fn group(queue: &[Entry]) -> Vec<Event> {
    collect(queue, false)
}

/// All of a queue: the events of `EventWriter`, and each entry of another contract as an event of its own with
/// the key as its topic and the value as its data.
pub fn group_with_raw(queue: &[Entry]) -> Vec<Event> {
    collect(queue, true)
}

fn collect(queue: &[Entry], with_raw: bool) -> Vec<Event> {
    let mut events = Vec::new();
    let mut current: Option<Unfinished> = None;
    for entry in queue {
        if entry.address != EVENT_WRITER {
            if with_raw {
                events.push(raw(entry));
            }
            continue;
        }
        if entry.is_first {
            current = Some(Unfinished::begin(entry));
        } else if let Some(event) = &mut current {
            // An entry of another transaction cannot belong to the event; it is then never complete.
            if event.tx_number == entry.tx_number {
                event.take(&entry.key);
                event.take(&entry.value);
            } else {
                current = None;
            }
        }
        if current.as_ref().is_some_and(Unfinished::is_complete) {
            events.extend(current.take().and_then(Unfinished::finish));
        }
    }
    events
}

fn raw(entry: &Entry) -> Event {
    Event {
        address: entry.address,
        topics: vec![entry.key],
        data: entry.value.to_be_bytes().to_vec(),
        tx_number: entry.tx_number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eravm_core::system_address;

    fn entry(key: u64, value: u64, is_first: bool) -> Entry {
        Entry {
            address: EVENT_WRITER,
            key: Word::from_u64(key),
            value: Word::from_u64(value),
            is_first,
            tx_number: 3,
        }
    }

    #[test]
    fn topics_and_data_are_put_together() {
        let queue = [
            // Emitter 0x99 and two topics, 33 bytes of data.
            entry(33 << 32 | 3, 0x99, true),
            entry(1, 2, false),
            entry(3, u64::MAX, false),
            entry(1, 0x77, true),
        ];
        let events = group(&queue);
        assert_eq!(events.len(), 2);
        assert_eq!(events[0].address, system_address(0x99));
        assert_eq!(events[0].topics, [Word::from_u64(1), Word::from_u64(2)]);
        assert_eq!(events[0].data.len(), 33);
        assert_eq!(events[0].data[31], 3);
        assert_eq!(events[0].data[32], 0);
        assert_eq!(events[1].address, system_address(0x77));
        assert!(events[1].topics.is_empty() && events[1].data.is_empty());
    }

    #[test]
    fn incomplete_and_foreign_entries_are_no_events() {
        let foreign = Entry { address: system_address(0x8001), ..entry(5, 6, true) };
        let queue = [entry(5, 1, true), entry(0, 0, true), foreign, entry(1, 1, false)];
        assert!(group(&queue).is_empty());
        let all = group_with_raw(&queue);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].topics, [Word::from_u64(5)]);
        assert_eq!(all[0].data[31], 6);
    }
}
