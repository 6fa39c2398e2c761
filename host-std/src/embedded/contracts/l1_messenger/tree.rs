//! The root of the tree of a batch's logs, for contracts that have the hashes of all of them.

use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use crate::keccak::keccak_word;
use crate::pubdata::{LOG_BYTES, LOG_TREE_DEPTH};
use eravm_core::Word;
use std::sync::LazyLock;

/// Most logs of a batch.
pub(super) const MOST_LOGS: usize = 1 << LOG_TREE_DEPTH;

/// Roots of trees without logs, by height. A leaf without a log is the hash of so many zeros.
static EMPTY: LazyLock<[Word; LOG_TREE_DEPTH + 1]> = LazyLock::new(|| {
    let mut next = keccak_word([&[0; LOG_BYTES][..]]);
    core::array::from_fn(|_| {
        let hash = next;
        next = node(&hash, &hash);
        hash
    })
});

fn node(left: &Word, right: &Word) -> Word {
    keccak_word([&left.to_be_bytes()[..], &right.to_be_bytes()])
}

/// The root of the tree whose first leaves these are. Only nodes above a log are hashed, and paid for.
pub(super) fn root(cx: &mut Context<'_>, leaves: Vec<Word>) -> Result<Word, Failure> {
    let hashes = leaves.len() * 2 + LOG_TREE_DEPTH;
    cx.charge_times(prices::KECCAK256_ROUND, hashes as u64)?;
    Ok(root_of(leaves))
}

fn root_of(leaves: Vec<Word>) -> Word {
    let [heights @ .., top] = &*EMPTY;
    let nodes = heights.iter().fold(leaves, |nodes, empty| {
        let pairs = nodes.chunks(2).map(|pair| (pair.first(), pair.get(1)));
        pairs.map(|(left, right)| node(left.unwrap_or(empty), right.unwrap_or(empty))).collect()
    });
    *nodes.first().unwrap_or(top)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pubdata::{L2ToL1Log, LogTree};
    use eravm_core::Address;

    #[test]
    fn the_root_is_that_of_the_whole_tree() {
        let default = "0x72abee45b59e344af8a6e520241c4744aff26ed411f4c4b00f8af09adada43ba";
        assert_eq!(EMPTY[0], crate::parse_word(default).unwrap());
        let (mut tree, mut leaves) = (LogTree::new(), Vec::new());
        for number in 0..=9 {
            assert_eq!(root_of(leaves.clone()).to_be_bytes(), tree.root(), "{number}");
            let log = L2ToL1Log {
                shard_id: 0,
                is_service: number % 2 == 0,
                tx_number: 7,
                sender: Address::repeat_byte(3),
                key: Word::from_u64(number),
                value: Word::MAX,
            };
            tree.push(&log).unwrap();
            leaves.push(keccak_word([&log.encode()[..]]));
        }
    }
}
