//! The undo log: what it takes to go back to an earlier moment.
//!
//! There is one log for everything that a failing frame takes back; a position in it is one number. Entries that
//! outlive failing frames (warm slots, decommitted code) are in it too and are undone by whole-machine snapshots only.

use crate::word::Word;

/// One step back.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Undo {
    /// Slot had this value and had been paid this much pubdata; `log` is the row of the access in the storage log.
    Storage { slot: u32, value: Word, paid: u32, log: u32 },
    /// Slot had this transient value.
    Transient { slot: u32, value: Word, epoch: u32 },
    /// Slot had this note.
    Note { slot: u32, value: Word, epoch: u32 },
    /// The pubdata counter was lower by this much.
    Pubdata(i32),
    /// There were this many events less.
    Events(u32),
    /// There was one message to L1 less.
    L1Message,
    /// There were this many events more; the newest snapshot has them.
    EventsTaken(u32),
    /// There was one message to L1 more; the newest snapshot has it.
    L1MessageTaken,
    /// Slot had these warmth marks. Outlives frames.
    Warmth { slot: u32, was_read: bool, was_written: bool },
    /// There was one decommitment less. Outlives frames.
    Decommit,
    /// This decommitment was not yet paid for. Outlives frames.
    DecommitUnpaid(u32),
}

impl Undo {
    /// Whether only snapshots undo this, not failing frames.
    pub(crate) const fn outlives_frames(&self) -> bool {
        matches!(self, Self::Warmth { .. } | Self::Decommit | Self::DecommitUnpaid(_))
    }
}
