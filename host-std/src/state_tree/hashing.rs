//! Hashes of leaves and of what is above them.

use super::key::LeafKey;
use crate::batch::Leaf;
use crate::pubdata::Hash;
use blake2s_simd::many::{HashManyJob, MAX_DEGREE, hash_many};
use blake2s_simd::{Params, blake2s};
use core::num::NonZero;
use std::sync::LazyLock;

/// Steps from the root to a leaf.
pub const TREE_DEPTH: usize = 256;

/// Hashes of subtrees without leaves, by height.
static EMPTY: LazyLock<[Hash; TREE_DEPTH + 1]> = LazyLock::new(|| {
    let mut hash = *blake2s(&[0; 40]).as_array();
    core::array::from_fn(|height| {
        if height > 0 {
            hash = pair(&hash, &hash);
        }
        hash
    })
});

/// The hash of a subtree without leaves; of the empty tree at [`TREE_DEPTH`].
pub fn empty_subtree(height: usize) -> Hash {
    EMPTY[height.min(TREE_DEPTH)]
}

/// The hash of a leaf: of its number, big-endian, and its value.
pub(super) fn leaf(leaf: &Leaf) -> Hash {
    let mut bytes = [0; 40];
    bytes[..8].copy_from_slice(&leaf.index.to_be_bytes());
    bytes[8..].copy_from_slice(&leaf.value.to_be_bytes());
    *blake2s(&bytes).as_array()
}

/// The two hashes that an inner node is the hash of.
fn join(left: &Hash, right: &Hash) -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(left);
    bytes[32..].copy_from_slice(right);
    bytes
}

/// The hash of an inner node.
pub(super) fn pair(left: &Hash, right: &Hash) -> Hash {
    *blake2s(&join(left, right)).as_array()
}

/// The hash of the parent of the node at `height` on the way to `key`, with the node's hash and that of its sibling.
pub(super) fn parent(key: &LeafKey, height: usize, hash: &Hash, sibling: &Hash) -> Hash {
    if key.is_right(height) { pair(sibling, hash) } else { pair(hash, sibling) }
}

/// A leaf that is alone in the subtree whose hash is sought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lone {
    key: LeafKey,
    /// Height of the subtree.
    height: usize,
    /// How far it has climbed.
    at: usize,
    /// Hash of the subtree of that height.
    hash: Hash,
}

/// Leaves for which another thread is worth its start.
const LONES_PER_THREAD: usize = 64;
/// Most threads. They are there for some milliseconds.
const MAX_THREADS: usize = 8;

impl Lone {
    pub(super) fn new(key: LeafKey, content: &Leaf, height: usize) -> Self {
        Self { key, height, at: 0, hash: leaf(content) }
    }

    /// The hash of a subtree with one leaf.
    pub(super) fn subtree(key: LeafKey, content: &Leaf, height: usize) -> Hash {
        let mut lone = [Self::new(key, content, height)];
        Self::climb(&mut lone);
        lone[0].hash
    }

    pub(super) const fn hash(&self) -> Hash {
        self.hash
    }

    /// Makes hashes of leaves hashes of their subtrees.
    ///
    /// PERF: more than 200 hashes for each leaf that was written, nearly all the time of an update. A chain cannot be cut, but chains
    /// have nothing to do with each other: they are shared out between threads, and in each several are computed in step.
    pub(super) fn climb(lones: &mut [Self]) {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = (lones.len() / LONES_PER_THREAD).clamp(1, processors.min(MAX_THREADS));
        let share = lones.len().div_ceil(threads).next_multiple_of(MAX_DEGREE).max(MAX_DEGREE);
        if let Some((own, others)) = lones.split_at_mut_checked(share) {
            std::thread::scope(|scope| {
                for part in others.chunks_mut(share) {
                    let work = || Self::climb_in_step(part);
                    // If there is no other thread to be had, this one does it below.
                    let _ = std::thread::Builder::new().spawn_scoped(scope, work);
                }
                Self::climb_in_step(own);
            });
        }
        Self::climb_in_step(lones);
    }

    /// Does so on this thread.
    fn climb_in_step(lones: &mut [Self]) {
        let params = Params::new();
        for group in lones.chunks_mut(MAX_DEGREE) {
            let unfinished = group.iter().filter(|lone| lone.at < lone.height);
            let bottom = unfinished.map(|lone| lone.at).min().unwrap_or(TREE_DEPTH);
            let top = group.iter().map(|lone| lone.height).max().unwrap_or_default();
            for height in bottom..top {
                let mut inputs = [[0; 64]; MAX_DEGREE];
                let empty = empty_subtree(height);
                for (input, lone) in inputs.iter_mut().zip(&*group) {
                    *input = match lone.key.is_right(height) {
                        true => join(&empty, &lone.hash),
                        false => join(&lone.hash, &empty),
                    };
                }
                let mut jobs = inputs.each_ref().map(|input| HashManyJob::new(&params, input));
                hash_many(jobs.iter_mut().take(group.len()));
                for (lone, job) in group.iter_mut().zip(&jobs) {
                    if lone.at == height && height < lone.height {
                        lone.at += 1;
                        lone.hash = *job.to_hash().as_array();
                    }
                }
            }
        }
    }
}

/// The nodes above a row of nodes at `height`, of which `None` have no leaves below. The row has a whole number of pairs.
pub(super) fn row_above(row: &[Option<Hash>], height: usize) -> Vec<Option<Hash>> {
    let empty = empty_subtree(height);
    let (pairs, _) = row.as_chunks::<2>();
    let filled = pairs.iter().filter(|pair| pair.iter().any(Option::is_some));
    let inputs: Vec<_> = filled
        .map(|[left, right]| {
            join(left.as_ref().unwrap_or(&empty), right.as_ref().unwrap_or(&empty))
        })
        .collect();
    let params = Params::new();
    let mut jobs: Vec<_> = inputs.iter().map(|input| HashManyJob::new(&params, input)).collect();
    hash_many(&mut jobs);
    let mut hashes = jobs.iter().map(|job| *job.to_hash().as_array());
    let above = pairs.iter().map(|pair| match pair {
        [None, None] => None,
        _ => hashes.next(),
    });
    above.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use eravm_core::Word;

    #[test]
    fn a_tree_without_leaves_and_with_one_have_the_networks_hashes() {
        let empty = "98a48e4ed1736188384ae8a79dd21c4d6687e5fd22ca18148906d78736c0d86a";
        assert_eq!(Word::from_be_bytes(&empty_subtree(256)).to_string(), format!("0x{empty}"));
        let address = crate::parse_address("0x4b3af74f66ab1f0da3f2e4ec7a3cb99baf1af7b2").unwrap();
        let key = LeafKey::of_slot(&address, &Word::ZERO);
        let leaf = Leaf { value: Word::from_be_bytes(&[1; 32]), index: 1 };
        let one = "7f00a6b2eede960857703c8cb9e96f28b910e6693412cea4b006f24239b681e0";
        assert_eq!(
            Word::from_be_bytes(&Lone::subtree(key, &leaf, 256)).to_string(),
            format!("0x{one}")
        );
    }

    #[test]
    fn lones_of_different_heights_climb_together_as_they_do_alone() {
        let lone = |seed: u8| {
            let key = LeafKey::from_path([seed.wrapping_mul(77); 32]);
            let leaf = Leaf { value: Word::from_u64(seed.into()), index: seed.into() };
            (key, leaf, usize::from(seed) * 13 % 257)
        };
        let all: Vec<_> = (1..=255).map(lone).collect();
        let mut together: Vec<_> =
            all.iter().map(|(key, leaf, height)| Lone::new(*key, leaf, *height)).collect();
        Lone::climb(&mut together);
        for ((key, content, height), lone) in all.iter().zip(&together) {
            let above = (0..*height)
                .fold(leaf(content), |hash, at| parent(key, at, &hash, &empty_subtree(at)));
            assert_eq!(lone.hash(), above, "{height}");
        }
    }
}
