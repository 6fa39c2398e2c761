//! The root of leaves that come one after another, without nodes.

use super::hashing::{Lone, TREE_DEPTH, empty_subtree, parent};
use super::key::LeafKey;
use crate::batch::Leaf;
use crate::pubdata::Hash;

/// Leaves that are hashed together.
const AT_ONCE: usize = 1024;

/// Computes the root of leaves that come in the order of their keys. Its memory does not depend on how many they are.
///
/// It shares nothing with updates but the hash functions, and so checks them.
#[derive(Clone, Debug, Default)]
pub(crate) struct RootOfLeaves {
    /// The leaf before those that wait, as it is known to those that follow it.
    before: Option<LeafKey>,
    /// Leaves that wait to be hashed.
    waiting: Vec<(LeafKey, Leaf)>,
    fold: Fold,
}

/// A leaf did not come after the one before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OutOfOrder;

impl RootOfLeaves {
    /// Takes the next leaf.
    pub(crate) fn push(&mut self, key: LeafKey, leaf: Leaf) -> Result<(), OutOfOrder> {
        let last = self.waiting.last().map(|(last, _)| *last).or(self.before);
        if last.is_some_and(|last| last >= key) {
            return Err(OutOfOrder);
        }
        if self.waiting.len() >= AT_ONCE {
            self.hash_waiting(Some(key));
        }
        self.waiting.push((key, leaf));
        Ok(())
    }

    /// The root of the tree with these leaves and no other.
    pub(crate) fn finish(mut self) -> Hash {
        self.hash_waiting(None);
        self.fold.finish()
    }

    /// Hashes the leaves that wait, each up to where it meets its nearest neighbour. `next` is the one after them.
    fn hash_waiting(&mut self, next: Option<LeafKey>) {
        let waiting = core::mem::take(&mut self.waiting);
        let following = waiting.iter().skip(1).map(|(key, _)| Some(*key)).chain([next]);
        let mut before = self.before;
        let mut lones = Vec::with_capacity(waiting.len());
        for ((key, leaf), next) in waiting.iter().zip(following) {
            let neighbours = [before, next].into_iter().flatten();
            let meets = neighbours.map(|other| key.meets(&other)).min();
            let height = meets.map_or(TREE_DEPTH, |meets| meets.saturating_sub(1));
            lones.push((*key, height, Lone::new(*key, leaf, height)));
            before = Some(*key);
        }
        self.before = before;
        let mut hashes: Vec<_> = lones.iter().map(|(.., lone)| *lone).collect();
        Lone::climb(&mut hashes);
        for ((key, height, _), lone) in lones.into_iter().zip(&hashes) {
            self.fold.push(key, height, lone.hash());
        }
    }
}

/// Subtrees, from left to right.
#[derive(Clone, Debug, Default)]
struct Fold {
    /// Left siblings of what is on the way to the last subtree, with their heights, which decrease.
    left: Vec<(usize, Hash)>,
    /// The last subtree: a leaf in it, its height, its hash.
    last: Option<(LeafKey, usize, Hash)>,
}

impl Fold {
    fn push(&mut self, key: LeafKey, height: usize, hash: Hash) {
        if let Some((last, at, below)) = self.last {
            let top = last.meets(&key).saturating_sub(1);
            let hash = self.climb(&last, at, below, top);
            self.left.push((top, hash));
        }
        self.last = Some((key, height, hash));
    }

    /// The hash of the subtree of height `top` around the last one.
    fn climb(&mut self, key: &LeafKey, from: usize, hash: Hash, top: usize) -> Hash {
        (from..top).fold(hash, |hash, height| {
            let is_sibling = |(at, _): &mut (usize, Hash)| *at == height && key.is_right(height);
            let sibling = self.left.pop_if(is_sibling).map(|(_, hash)| hash);
            parent(key, height, &hash, &sibling.unwrap_or_else(|| empty_subtree(height)))
        })
    }

    fn finish(mut self) -> Hash {
        match self.last {
            Some((key, height, hash)) => self.climb(&key, height, hash, TREE_DEPTH),
            None => empty_subtree(TREE_DEPTH),
        }
    }
}
