//! What a batch has to publish.

use super::bytecode::check_bytecode;
use super::error::PubdataError;
use super::events::{Announcement, announcements};
use super::l1_log::L2ToL1Log;
use super::state_diffs::StateDiffs;
use crate::events::Event;
use eravm_core::VersionedHash;

/// What a batch has to publish.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PubdataInput {
    /// Logs to L1, in the order in which they were sent. Every message has one.
    pub user_logs: Vec<L2ToL1Log>,
    /// Messages to L1, in the order in which they were sent. Compressed code is published as such.
    pub messages: Vec<Vec<u8>>,
    /// Code that is published as it is, in the order in which it was requested.
    pub bytecodes: Vec<Vec<u8>>,
    /// Changed slots.
    pub state_diffs: StateDiffs,
}

impl PubdataInput {
    /// Collects what the events of a batch announce. `code` is asked for the bytes of EraVM code that is to be published.
    ///
    /// # Errors
    /// If an event of `L1Messenger` does not have the form of its kind, or code is unknown or has another hash.
    pub fn collect(
        events: &[Event],
        mut code: impl FnMut(&VersionedHash) -> Option<Vec<u8>>,
        state_diffs: StateDiffs,
    ) -> Result<Self, PubdataError> {
        let mut input = Self { state_diffs, ..Self::default() };
        for announcement in announcements(events) {
            match announcement.map_err(PubdataError::Announcement)? {
                Announcement::Log(log) => input.user_logs.push(log),
                Announcement::Message(message) => input.messages.push(message.to_vec()),
                Announcement::Publication(hash) => {
                    let bytes = code(&hash).ok_or(PubdataError::UnknownBytecode(hash))?;
                    let actual = check_bytecode(&bytes).map_err(PubdataError::InvalidBytecode)?;
                    if actual != hash {
                        return Err(PubdataError::WrongBytecode(hash));
                    }
                    input.bytecodes.push(bytes);
                }
            }
        }
        Ok(input)
    }
}
