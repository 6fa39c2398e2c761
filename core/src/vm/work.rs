//! What has been done beside computing, in the units that proofs of it are made of.

use super::Vm;
use crate::precompiles::Precompile;

/// What a machine has done beside computing: what takes circuits of its own to prove.
///
/// Like the [number of instructions](Vm::instructions), these only grow: what a failing frame or a snapshot takes back was done. The
/// difference of [two times](Self::since) is what happened in between.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Work {
    /// Storage slots read by contracts.
    pub storage_reads: u64,
    /// Storage slots written.
    pub storage_writes: u64,
    /// Slots that were read, by contracts or for their code, and not touched before in the batch.
    pub cold_reads: u64,
    /// Slots that were written, and not written before in the batch.
    pub cold_writes: u64,
    /// Transient slots read.
    pub transient_reads: u64,
    /// Transient slots written.
    pub transient_writes: u64,
    /// Entries added to the event queue.
    pub events: u64,
    /// Messages to L1.
    pub l1_messages: u64,
    /// Far calls, those that failed included.
    pub far_calls: u64,
    /// Decommitments by contracts, those that failed included. Calls load code as well.
    pub decommits: u64,
    /// Code that was loaded by calls or contracts, in pairs of 32-byte words; an odd word is a pair.
    pub decommitted_pairs: u64,
    /// Calls of precompiles, those without a precompile or without the ergs included.
    pub precompile_calls: u64,
    /// By precompile.
    rounds: [u64; Precompile::ALL.len()],
}

impl Work {
    /// Rounds of a precompile: of the permutation for keccak256, of the compression for sha256, pairs for ec pairing, and calls for the
    /// others.
    pub const fn rounds(&self, which: Precompile) -> u64 {
        self.rounds[which.index()]
    }

    /// Notes a call of a precompile.
    pub(super) const fn add_rounds(&mut self, which: Precompile, rounds: u64) {
        self.rounds[which.index()] += rounds;
    }

    /// What was done since an earlier time of the same machine.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut rounds = self.rounds;
        rounds
            .iter_mut()
            .zip(earlier.rounds)
            .for_each(|(now, before)| *now = now.saturating_sub(before));
        Self {
            storage_reads: self.storage_reads.saturating_sub(earlier.storage_reads),
            storage_writes: self.storage_writes.saturating_sub(earlier.storage_writes),
            cold_reads: self.cold_reads.saturating_sub(earlier.cold_reads),
            cold_writes: self.cold_writes.saturating_sub(earlier.cold_writes),
            transient_reads: self.transient_reads.saturating_sub(earlier.transient_reads),
            transient_writes: self.transient_writes.saturating_sub(earlier.transient_writes),
            events: self.events.saturating_sub(earlier.events),
            l1_messages: self.l1_messages.saturating_sub(earlier.l1_messages),
            far_calls: self.far_calls.saturating_sub(earlier.far_calls),
            decommits: self.decommits.saturating_sub(earlier.decommits),
            decommitted_pairs: self.decommitted_pairs.saturating_sub(earlier.decommitted_pairs),
            precompile_calls: self.precompile_calls.saturating_sub(earlier.precompile_calls),
            rounds,
        }
    }
}

impl Vm {
    /// What was done so far beside computing, in transactions that were rolled back as well.
    pub const fn work(&self) -> &Work {
        &self.work
    }
}
