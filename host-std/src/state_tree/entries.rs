//! Leaves that are about to be written.

use super::error::TreeError;
use super::key::LeafKey;
use super::source::{TreeHead, TreeSource};
use crate::batch::Leaf;
use eravm_core::Word;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;

/// A leaf that is about to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) key: LeafKey,
    /// What it will hold.
    pub(crate) leaf: Leaf,
    /// Whether it is a new leaf.
    is_new: bool,
}

/// Leaves that are about to be written: no leaf twice, no leaf that stays as it is.
#[derive(Clone, Debug)]
pub(crate) struct Entries {
    /// In the order of keys.
    sorted: Vec<Entry>,
    leaf_count: u64,
    last_index: u64,
}

impl Entries {
    /// Numbers writes: a leaf that is there keeps its number, new ones get the next numbers in the order of their first write. The
    /// last write of a leaf counts.
    pub(crate) fn of_writes<S: TreeSource>(
        source: &S,
        head: &TreeHead,
        writes: impl IntoIterator<Item = (LeafKey, Word)>,
    ) -> Result<Self, S::Error> {
        let mut collector = Collector::new(head);
        for (key, value) in writes {
            collector.add(source, key, |before, last| match before {
                Some(Leaf { index, .. }) => Ok(Leaf { value, index }),
                None => {
                    let index = last.checked_add(1).ok_or(TreeError::NoMoreNumbers)?;
                    Ok(Leaf { value, index })
                }
            })?;
        }
        Ok(collector.finish())
    }

    /// Takes leaves as they are.
    pub(crate) fn of_leaves<S: TreeSource>(
        source: &S,
        head: &TreeHead,
        leaves: impl IntoIterator<Item = (LeafKey, Leaf)>,
    ) -> Result<Self, S::Error> {
        let mut collector = Collector::new(head);
        for (key, leaf) in leaves {
            collector.add(source, key, |before, _| match before {
                _ if leaf.index == 0 => Err(TreeError::NoNumber(key)),
                Some(Leaf { index, .. }) if index != leaf.index => {
                    Err(TreeError::OtherNumber { key, actual: index, wanted: leaf.index })
                }
                _ => Ok(leaf),
            })?;
        }
        Ok(collector.finish())
    }

    /// In the order of keys.
    pub(crate) fn sorted(&self) -> &[Entry] {
        &self.sorted
    }

    /// The tree as a whole once they are written.
    pub(super) const fn head(&self, root: crate::pubdata::Hash) -> TreeHead {
        TreeHead { root, leaf_count: self.leaf_count, last_index: self.last_index }
    }
}

struct Collector {
    entries: Vec<(Entry, Option<Leaf>)>,
    places: HashMap<LeafKey, usize>,
    leaf_count: u64,
    last_index: u64,
}

impl Collector {
    fn new(head: &TreeHead) -> Self {
        Self {
            entries: Vec::new(),
            places: HashMap::new(),
            leaf_count: head.leaf_count,
            last_index: head.last_index,
        }
    }

    /// Takes a write. `after` makes what the leaf will hold from what it would hold without that write, and from the highest number.
    fn add<S: TreeSource>(
        &mut self,
        source: &S,
        key: LeafKey,
        after: impl FnOnce(Option<Leaf>, u64) -> Result<Leaf, TreeError>,
    ) -> Result<(), S::Error> {
        match self.places.entry(key) {
            Place::Occupied(place) => {
                if let Some((entry, _)) = self.entries.get_mut(*place.get()) {
                    entry.leaf = after(Some(entry.leaf), self.last_index)?;
                }
            }
            Place::Vacant(place) => {
                let before = source.leaf(&key)?;
                let leaf = after(before, self.last_index)?;
                self.last_index = self.last_index.max(leaf.index);
                let is_new = before.is_none();
                self.leaf_count = self.leaf_count.saturating_add(u64::from(is_new));
                place.insert(self.entries.len());
                self.entries.push((Entry { key, leaf, is_new }, before));
            }
        }
        Ok(())
    }

    fn finish(self) -> Entries {
        let changed = self.entries.into_iter();
        let changed = changed.filter(|(entry, before)| *before != Some(entry.leaf));
        let mut sorted: Vec<_> = changed.map(|(entry, _)| entry).collect();
        sorted.sort_unstable_by_key(|entry| entry.key);
        Entries { sorted, leaf_count: self.leaf_count, last_index: self.last_index }
    }
}
