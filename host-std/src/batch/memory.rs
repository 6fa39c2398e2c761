//! What the host has written into the bootloader's heap: the memory that the bootloader would begin with if it were run at once.

use eravm_core::Word;
use std::collections::BTreeMap;

/// What was written.
#[derive(Clone, Debug, Default)]
pub(crate) struct HostMemory {
    /// Word index and word, in the order in which they were written.
    writes: Vec<(u32, Word)>,
    /// How many there were when the snapshots were made.
    snapshots: Vec<usize>,
}

impl HostMemory {
    pub(crate) fn set(&mut self, index: u32, word: Word) {
        self.writes.push((index, word));
    }

    /// What is there now, by word index.
    pub(crate) fn words(&self) -> impl Iterator<Item = (u32, Word)> + use<> {
        self.writes.iter().copied().collect::<BTreeMap<_, _>>().into_iter()
    }

    pub(crate) fn make_snapshot(&mut self) {
        self.snapshots.push(self.writes.len());
    }

    pub(crate) fn pop_snapshot(&mut self) {
        self.snapshots.pop();
    }

    pub(crate) fn rollback(&mut self) {
        if let Some(length) = self.snapshots.pop() {
            self.writes.truncate(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_back_restores_what_was_overwritten() {
        let (old, new) = (Word::from_u64(1), Word::from_u64(2));
        let mut memory = HostMemory::default();
        memory.set(7, old);
        memory.make_snapshot();
        memory.set(7, new);
        memory.set(8, new);
        memory.make_snapshot();
        memory.set(7, Word::ZERO);
        memory.rollback();
        assert_eq!(memory.words().collect::<Vec<_>>(), [(7, new), (8, new)]);
        memory.rollback();
        assert_eq!(memory.words().collect::<Vec<_>>(), [(7, old)]);
    }
}
