//! The state tree as it is defined, hash by hash, to compare with.

use blake2::{Blake2s256, Digest};
use eravm_core::Word;
use std::collections::HashMap;

type Hash = [u8; 32];

/// A place as bits from the root on, with number and value of the leaf.
pub(crate) type NaiveLeaf = ([u8; 32], u64, Word);

fn hash(pieces: &[&[u8]]) -> Hash {
    let mut hasher = Blake2s256::new();
    pieces.iter().for_each(|piece| hasher.update(piece));
    hasher.finalize().into()
}

/// The root of a tree with these leaves, of which `derived` are the derived keys.
pub(crate) fn naive_root(leaves: &[NaiveLeaf]) -> Hash {
    let mut sorted: Vec<_> = leaves.to_vec();
    for (derived, ..) in &mut sorted {
        derived.reverse();
    }
    sorted.sort_unstable_by_key(|(path, ..)| *path);
    subtree(&sorted, 0, &mut HashMap::new())
}

/// The hash of a subtree below `depth` steps, by the definition: of its two halves.
fn subtree(leaves: &[NaiveLeaf], depth: usize, empty: &mut HashMap<usize, Hash>) -> Hash {
    if leaves.is_empty()
        && let Some(hash) = empty.get(&depth)
    {
        return *hash;
    }
    let result = if depth == 256 {
        match leaves {
            [] => hash(&[&[0; 40]]),
            [(_, index, value)] => hash(&[&index.to_be_bytes(), &value.to_be_bytes()]),
            _ => panic!("two leaves at one place"),
        }
    } else {
        let is_right = |path: &[u8; 32]| path[depth / 8] >> (7 - depth % 8) & 1 == 1;
        let (left, right) = leaves.split_at(leaves.partition_point(|(path, ..)| !is_right(path)));
        hash(&[&subtree(left, depth + 1, empty), &subtree(right, depth + 1, empty)])
    };
    if leaves.is_empty() {
        empty.insert(depth, result);
    }
    result
}
