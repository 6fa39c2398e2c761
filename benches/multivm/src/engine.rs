//! What an engine does with a batch, from outside.

use std::time::Duration;

/// What of a batch is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// The transactions alone, without snapshots: `fill_bootloader` of zksync-era's VM benchmark.
    Transactions,
    /// Making the machine, the transactions with a snapshot before each, and dropping the machine: its `fill_bootloader_full`.
    Full,
    /// The same, and the end of the batch before the machine is dropped.
    Finished,
}

impl Form {
    pub(crate) const ALL: [Self; 3] = [Self::Transactions, Self::Full, Self::Finished];

    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Transactions => "",
            Self::Full => "/full",
            Self::Finished => "/finished",
        }
    }
}

/// What came of a batch, in a form that all engines have.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct End {
    /// Of every transaction: whether it succeeded, and the gas that was refunded.
    pub(crate) transactions: Vec<(bool, u64)>,
    /// Of finished batches: what is published.
    pub(crate) pubdata: Vec<u8>,
    /// Of finished batches: what the host wrote to the bootloader's heap, by word.
    pub(crate) heap: Vec<(usize, [u8; 32])>,
    /// Of finished batches: slots with a new value.
    pub(crate) changes: Vec<([u8; 20], [u8; 32], [u8; 32])>,
    /// Of finished batches: how many events and system logs there are.
    pub(crate) logs: (usize, usize),
}

impl End {
    /// What differs, in a word.
    pub(crate) fn difference(&self, other: &Self) -> Option<&'static str> {
        let checks = [
            (self.transactions == other.transactions, "what came of the transactions"),
            (self.pubdata == other.pubdata, "pubdata"),
            (self.heap == other.heap, "the bootloader's memory"),
            (self.changes == other.changes, "storage"),
            (self.logs == other.logs, "logs"),
        ];
        checks.into_iter().find(|(equal, _)| !equal).map(|(_, what)| what)
    }
}

/// An engine with a batch.
pub(crate) trait Engine {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Runs the batch once: how long what the form says took, and what came of it.
    fn run(&mut self, form: Form) -> (Duration, End);
}
