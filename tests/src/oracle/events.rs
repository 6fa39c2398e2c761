//! Events and messages to L1 beneath the reference, with rollbacks.

use super::convert;
use eravm_core::{Event, L1Message};
use zk_evm::abstractions::EventSink;
use zk_evm::aux_structures::{LogQuery, Timestamp};
use zk_evm::zkevm_opcode_defs::system_params::EVENT_AUX_BYTE;

/// Both queues, and how long they were when each open frame began.
#[derive(Debug, Default)]
pub struct Queues {
    /// Events.
    pub events: Vec<Event>,
    /// Messages to L1.
    pub messages: Vec<L1Message>,
    frames: Vec<(usize, usize)>,
}

impl EventSink for Queues {
    fn add_partial_query(&mut self, _: u32, query: LogQuery) {
        let (address, tx_number) = (convert::address(query.address), query.tx_number_in_block);
        let (key, value) = (convert::word(query.key), convert::word(query.written_value));
        if query.aux_byte == EVENT_AUX_BYTE {
            let is_first = query.is_service;
            self.events.push(Event { address, key, value, is_first, tx_number });
        } else {
            let is_service = query.is_service;
            self.messages.push(L1Message { address, key, value, is_service, tx_number });
        }
    }

    fn start_frame(&mut self, _: Timestamp) {
        self.frames.push((self.events.len(), self.messages.len()));
    }

    fn finish_frame(&mut self, panicked: bool, _: Timestamp) {
        let (events, messages) = self.frames.pop().expect("a frame ends after it began");
        if panicked {
            self.events.truncate(events);
            self.messages.truncate(messages);
        }
    }
}
