//! Batches that are the same in every process, and the tree that they lead to.

use eravm_core::{Address, VersionedHash, Word};
use eravm_host::persistent::{BatchChanges, BatchInfo};
use eravm_host::state_tree::{LeafKey, StateTree};

/// A generator of numbers (splitmix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
}

/// What a batch writes: the same in every process.
pub(crate) fn slots(batch: u32) -> Vec<(Address, Word, Word)> {
    let mut numbers = Numbers(batch.into());
    let mut slots: Vec<_> = (0..1 + numbers.next() % 40)
        .map(|_| {
            let address = Address::repeat_byte(numbers.next() as u8 % 4);
            (address, Word::from_u64(numbers.next() % 500), Word::from_u64(numbers.next() % 3))
        })
        .collect();
    slots.sort_unstable_by_key(|(address, key, _)| (*address, *key));
    slots.dedup_by_key(|(address, key, _)| (*address, *key));
    slots
}

pub(crate) fn changes(batch: u32) -> BatchChanges {
    let info = BatchInfo { number: batch, timestamp: u64::from(batch) + 7, ..Default::default() };
    let code = vec![batch as u8; 32];
    let hash = VersionedHash::of_code(&code).expect("it is code");
    BatchChanges { slots: slots(batch), code: vec![(hash, code)], ..BatchChanges::new(info) }
}

/// The tree after so many batches.
pub(crate) fn model(batches: u32) -> StateTree {
    let mut tree = StateTree::new();
    for batch in 1..=batches {
        let slots = slots(batch);
        let writes =
            slots.iter().map(|(address, key, value)| (LeafKey::of_slot(address, key), *value));
        tree.apply(&writes.collect::<Vec<_>>()).expect("there are numbers left");
    }
    tree
}
