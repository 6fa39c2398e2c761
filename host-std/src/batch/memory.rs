//! What the host has written into the bootloader's heap: the memory that the bootloader would begin with if it were run at once.

use eravm_core::Word;
use std::collections::BTreeMap;

/// What was written, by word index.
#[derive(Clone, Debug, Default)]
pub(crate) struct HostMemory {
    words: BTreeMap<u32, Word>,
    /// What was there before each write since the oldest snapshot.
    journal: Vec<(u32, Option<Word>)>,
    /// Lengths of the journal when the snapshots were made.
    snapshots: Vec<usize>,
}

impl HostMemory {
    pub(crate) fn set(&mut self, index: u32, word: Word) {
        let before = self.words.insert(index, word);
        if !self.snapshots.is_empty() {
            self.journal.push((index, before));
        }
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = (u32, Word)> + '_ {
        self.words.iter().map(|(&index, &word)| (index, word))
    }

    pub(crate) fn make_snapshot(&mut self) {
        self.snapshots.push(self.journal.len());
    }

    pub(crate) fn pop_snapshot(&mut self) {
        self.snapshots.pop();
        if self.snapshots.is_empty() {
            self.journal.clear();
        }
    }

    pub(crate) fn rollback(&mut self) {
        let Some(length) = self.snapshots.pop() else { return };
        for (index, before) in self.journal.drain(length..).rev() {
            match before {
                Some(word) => self.words.insert(index, word),
                None => self.words.remove(&index),
            };
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
