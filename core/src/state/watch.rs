//! What a page saves for the newest snapshot.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// The unit in which is saved what must be restored. The bootloader writes a few words in each of a dozen places for a transaction,
/// so it is smaller than what memory is kept in.
pub(super) const BLOCK_BYTES: usize = 1 << 10;
pub(super) const BLOCK_SHIFT: u32 = BLOCK_BYTES.trailing_zeros();
/// Blocks with a number below this (addresses below 128 MiB) are marked by index, the others by search.
const INDEXED_BLOCKS: usize = 1 << 17;
/// Blocks whose memory is kept for the next snapshot at most: more than a transaction of the bootloader takes.
const MOST_SPARE_BLOCKS: usize = 64;

pub(super) type Block = [u8; BLOCK_BYTES];

/// What a block held when the newest snapshot was made.
#[derive(Clone, Debug)]
pub(crate) struct SavedBlock {
    /// Its number.
    pub(super) block: u64,
    /// `None` if it had no memory yet. Then its whole chunk had none.
    pub(super) content: Option<Box<Block>>,
}

impl SavedBlock {
    /// Bytes of memory that it counts for.
    pub(crate) const BYTES: usize = size_of::<Self>() + BLOCK_BYTES;
}

/// What a page saved for the newest snapshot.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// One bit for each saved block that is marked by index.
    seen: Vec<u64>,
    seen_far: BTreeSet<u64>,
    pub(super) blocks: Vec<SavedBlock>,
    /// Memory for blocks to come.
    #[expect(clippy::vec_box, reason = "the boxes are those of saved blocks")]
    spare: Vec<Box<Block>>,
}

impl Watch {
    pub(super) fn of_saved(blocks: Vec<SavedBlock>) -> Self {
        let mut watch = Self::default();
        for saved in &blocks {
            watch.mark(saved.block);
        }
        watch.blocks = blocks;
        watch
    }

    /// Notes what a block holds; bytes beyond those given are zero.
    pub(super) fn save(&mut self, block: u64, bytes: Option<&[u8]>) {
        let content = bytes.filter(|bytes| !bytes.is_empty()).map(|bytes| {
            let mut place = self.spare.pop().unwrap_or_else(|| Box::new([0; BLOCK_BYTES]));
            let (held, beyond) = place.split_at_mut(bytes.len().min(BLOCK_BYTES));
            held.copy_from_slice(&bytes[..held.len()]);
            if !beyond.is_empty() {
                beyond.fill(0);
            }
            place
        });
        self.blocks.push(SavedBlock { block, content });
    }

    /// Nothing is saved any more. The memory of it is kept for the next snapshot.
    ///
    /// PERF: a transfer saves a dozen blocks, and allocators do not keep so many of a size at hand.
    pub(super) fn empty(&mut self) {
        for saved in self.blocks.drain(..) {
            if let Some(bits) = self.seen.get_mut((saved.block / 64) as usize) {
                *bits = 0;
            }
            if let Some(content) = saved.content
                && self.spare.len() < MOST_SPARE_BLOCKS
            {
                self.spare.push(content);
            }
        }
        self.seen_far.clear();
    }

    #[inline(always)]
    pub(super) fn has_seen(&self, index: usize) -> bool {
        self.seen.get(index / 64).is_some_and(|bits| bits >> (index % 64) & 1 == 1)
    }

    /// Marks a block as saved; false if it was already.
    pub(super) fn mark(&mut self, number: u64) -> bool {
        let index = match usize::try_from(number) {
            Ok(index) if index < INDEXED_BLOCKS => index,
            _ => return self.seen_far.insert(number),
        };
        if self.has_seen(index) {
            return false;
        }
        if index / 64 >= self.seen.len() {
            self.seen.resize(index / 64 + 1, 0);
        }
        self.seen[index / 64] |= 1 << (index % 64);
        true
    }
}
