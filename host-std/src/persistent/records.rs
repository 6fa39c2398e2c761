//! The tables of a store, and how what is in them is written.

use super::batch::{BatchInfo, StoredBatch};
use super::error::StoreError;
use crate::batch::Leaf;
use crate::state_tree::{LeafKey, Node, Position, TreeHead, TreeSource};
use eravm_core::{Address, Word};
use redb::{ReadableTable, TableDefinition};

/// The version of all that is here.
pub(super) const FORMAT: u32 = 1;

/// What the store is.
pub(super) const ABOUT: TableDefinition<'static, &str, u32> = TableDefinition::new("eravm state");
/// The key of its version.
pub(super) const FORMAT_KEY: &str = "format";
/// Slots, in the order of their leaves.
pub(super) const SLOTS: TableDefinition<'static, SlotKey, SlotValue> =
    TableDefinition::new("slots");
/// Nodes of the state tree.
pub(super) const NODES: TableDefinition<'static, Bytes, Bytes> = TableDefinition::new("nodes");
/// Code by hash.
pub(super) const CODE: TableDefinition<'static, CodeKey, Bytes> = TableDefinition::new("code");
/// Batches by number.
pub(super) const BATCHES: TableDefinition<'static, u32, BatchValue> =
    TableDefinition::new("batches");

pub(super) type Bytes = &'static [u8];
pub(super) type SlotKey = &'static [u8; 32];
pub(super) type SlotValue = &'static [u8; SLOT_BYTES];
pub(super) type CodeKey = &'static [u8; 32];
pub(super) type BatchValue = &'static [u8; BATCH_BYTES];

/// Bytes of a slot.
const SLOT_BYTES: usize = 20 + 32 + 32 + 8;
/// Bytes of a batch.
const BATCH_BYTES: usize = 8 + 4 + 4 + 8 + 32 + 32 + 8 + 8;

/// A slot that has a leaf.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SlotRecord {
    pub(super) address: Address,
    pub(super) key: Word,
    pub(super) leaf: Leaf,
}

/// Takes what was written apart, piece by piece.
struct Pieces<'a>(&'a [u8]);

impl Pieces<'_> {
    /// The next bytes; zeros where there are no more, which does not happen as lengths are fixed.
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let Some((piece, rest)) = self.0.split_first_chunk() else { return [0; N] };
        self.0 = rest;
        *piece
    }

    fn word(&mut self) -> Word {
        Word::from_be_bytes(&self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.take())
    }

    fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.take())
    }
}

/// Puts pieces together.
fn join<const N: usize>(pieces: &[&[u8]]) -> [u8; N] {
    let mut bytes = [0; N];
    let source = pieces.iter().copied().flatten();
    bytes.iter_mut().zip(source).for_each(|(place, byte)| *place = *byte);
    bytes
}

impl SlotRecord {
    pub(super) fn encode(&self) -> [u8; SLOT_BYTES] {
        let Self { address, key, leaf } = self;
        let (key, value) = (key.to_be_bytes(), leaf.value.to_be_bytes());
        join(&[&address.0, &key, &value, &leaf.index.to_be_bytes()])
    }

    pub(super) fn decode(bytes: &[u8; SLOT_BYTES]) -> Self {
        let mut pieces = Pieces(bytes);
        let address = Address::from(pieces.take::<20>());
        let (key, value) = (pieces.word(), pieces.word());
        Self { address, key, leaf: Leaf { value, index: pieces.u64() } }
    }
}

impl StoredBatch {
    pub(super) fn encode(&self) -> [u8; BATCH_BYTES] {
        let Self { info, tree } = self;
        join(&[
            &info.timestamp.to_be_bytes(),
            &info.first_block.to_be_bytes(),
            &info.last_block.to_be_bytes(),
            &info.last_block_timestamp.to_be_bytes(),
            &info.last_block_hash.to_be_bytes(),
            &tree.root,
            &tree.leaf_count.to_be_bytes(),
            &tree.last_index.to_be_bytes(),
        ])
    }

    pub(super) fn decode(number: u32, bytes: &[u8; BATCH_BYTES]) -> Self {
        let mut pieces = Pieces(bytes);
        Self {
            info: BatchInfo {
                number,
                timestamp: pieces.u64(),
                first_block: pieces.u32(),
                last_block: pieces.u32(),
                last_block_timestamp: pieces.u64(),
                last_block_hash: pieces.word(),
            },
            tree: TreeHead {
                root: pieces.take(),
                leaf_count: pieces.u64(),
                last_index: pieces.u64(),
            },
        }
    }
}

/// The state tree in the tables of a transaction.
pub(super) struct TreeTables<'a, N, S> {
    pub(super) nodes: &'a N,
    pub(super) slots: &'a S,
}

impl<N, S> TreeSource for TreeTables<'_, N, S>
where
    N: ReadableTable<Bytes, Bytes>,
    S: ReadableTable<SlotKey, SlotValue>,
{
    type Error = StoreError;

    fn node(&self, position: &Position) -> Result<Option<Node>, StoreError> {
        let key = position.encode();
        let Some(bytes) = self.nodes.get(&key[..]).map_err(StoreError::of_database)? else {
            return Ok(None);
        };
        match Node::decode(position, bytes.value()) {
            Some(node) => Ok(Some(node)),
            None => Err(StoreError::Corrupt(format!("{position:?} is not a node"))),
        }
    }

    fn leaf(&self, key: &LeafKey) -> Result<Option<Leaf>, StoreError> {
        let slot = self.slots.get(key.path()).map_err(StoreError::of_database)?;
        Ok(slot.map(|slot| SlotRecord::decode(slot.value()).leaf))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_they_were_written() {
        let number = Word::from_u64;
        let leaf = Leaf { value: Word::MAX, index: 0x0102_0304_0506_0708 };
        let slot = SlotRecord { address: Address::repeat_byte(7), key: number(9), leaf };
        assert_eq!(SlotRecord::decode(&slot.encode()), slot);
        let info = BatchInfo {
            number: 77,
            timestamp: u64::MAX - 1,
            first_block: 5,
            last_block: u32::MAX,
            last_block_timestamp: 6,
            last_block_hash: Word::MAX,
        };
        let tree = TreeHead { root: [3; 32], leaf_count: 4, last_index: u64::MAX };
        let batch = StoredBatch { info, tree };
        assert_eq!(StoredBatch::decode(77, &batch.encode()), batch);
    }
}
