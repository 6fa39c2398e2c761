//! Events and logs as goldens have them.

use super::format::{Event, L1Log};
use super::value::{Bytes, Hex};
use crate::events;
use crate::pubdata::{self, L2ToL1Log};
use eravm_core::L1Message;

/// An event as goldens have it.
pub(super) fn in_golden(event: &events::Event) -> Event {
    let topics = event.topics.iter().copied().map(Hex).collect();
    (event.tx_number, Hex(event.address), topics, Bytes(event.data.clone()))
}

/// Events as goldens have them.
pub(super) fn all_in_golden(events: &[events::Event]) -> Vec<Event> {
    events.iter().map(in_golden).collect()
}

/// A log as goldens have it.
pub(super) fn log(log: &L2ToL1Log) -> L1Log {
    L1Log {
        shard_id: log.shard_id,
        is_service: log.is_service,
        tx_number: log.tx_number,
        sender: Hex(log.sender),
        key: Hex(log.key),
        value: Hex(log.value),
    }
}

/// The logs that users sent to L1, from the events that announce them.
pub(super) fn user_logs(events: &[events::Event]) -> Vec<L1Log> {
    pubdata::user_logs(events).iter().map(log).collect()
}

/// A message to L1 as a log.
pub(super) fn system_log(message: &L1Message) -> L1Log {
    log(&L2ToL1Log::of_system(message))
}
