//! Memory pages: heaps, auxiliary heaps, static memory, calldata.
//!
//! A page is 2³² words of 32 big-endian bytes that read as zero until written.

use super::watch::{BLOCK_BYTES, BLOCK_SHIFT, SavedBlock, Watch};
use crate::word::Word;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

/// Bytes below this address are kept in one piece, which grows on demand.
///
/// PERF: so much that the tree of a batch's logs is in it, 512 KiB, which is hashed through half of a small batch's instructions. A
/// frame pays an erg for each byte up to the highest one that it uses, which is more than the memory and its zeros cost.
const DENSE_BYTES: usize = 1 << 20;
/// Up to here it doubles.
const FREELY_GROWN: usize = 1 << 13;
/// So much of it is kept for another page.
const KEPT_BYTES: usize = 1 << 16;
/// Bytes above are kept in chunks.
const CHUNK_BYTES: usize = 1 << 12;
const CHUNK_SHIFT: u32 = CHUNK_BYTES.trailing_zeros();
/// Chunks with a number below this are found by index, the others (addresses from 128 MiB) by search.
const INDEXED_CHUNKS: usize = 1 << 15;
const BLOCKS_IN_CHUNK: u64 = (CHUNK_BYTES / BLOCK_BYTES) as u64;
/// Blocks with a number below this are in the dense part.
const DENSE_BLOCKS: u64 = (DENSE_BYTES / BLOCK_BYTES) as u64;

type Chunk = [u8; CHUNK_BYTES];

/// A memory page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    dense: Vec<u8>,
    chunks: Vec<Option<Box<Chunk>>>,
    far_chunks: BTreeMap<u64, Box<Chunk>>,
    /// While a snapshot is kept: what was saved for it.
    watch: Option<Watch>,
    /// The memory of one that is not needed any more.
    spare_watch: Option<Watch>,
    /// Holds decommitted code that later decommitments refer to, so it is never freed.
    pub(crate) pinned: bool,
}

impl Page {
    /// Reads the word at a byte address if it lies in the dense part.
    #[inline(always)]
    pub(crate) fn read_dense(&self, address: u32) -> Option<Word> {
        let at = address as usize;
        let bytes = self.dense.get(at..at + 32)?;
        Some(Word::from_be_bytes(bytes.try_into().ok()?))
    }

    /// Reads the word at a byte address if it lies in one chunk.
    #[inline(always)]
    pub(crate) fn read_chunked(&self, address: u32) -> Option<Word> {
        let at = address as usize % CHUNK_BYTES;
        let chunk = self.chunks.get((address >> CHUNK_SHIFT) as usize)?.as_deref()?;
        Some(Word::from_be_bytes(chunk.get(at..at + 32)?.try_into().ok()?))
    }

    /// The place of the word at a byte address, to be written, if it lies in the dense part and no snapshot watches.
    #[inline(always)]
    pub(crate) fn dense_mut(&mut self, address: u32) -> Option<&mut [u8; 32]> {
        let at = address as usize;
        if self.watch.is_some() { None } else { self.dense.get_mut(at..at + 32)?.try_into().ok() }
    }

    /// The place of the word at a byte address, to be written, if it lies in one block whose old bytes no
    /// snapshot needs any more.
    #[inline(always)]
    pub(crate) fn chunked_mut(&mut self, address: u32) -> Option<&mut [u8; 32]> {
        let (index, at) = ((address >> CHUNK_SHIFT) as usize, address as usize % CHUNK_BYTES);
        let block = (address >> BLOCK_SHIFT) as usize;
        if address as usize % BLOCK_BYTES + 32 > BLOCK_BYTES
            || self.watch.as_ref().is_some_and(|watch| !watch.has_seen(block))
        {
            return None;
        }
        let bytes = if (address as usize) < DENSE_BYTES {
            self.dense.get_mut(address as usize..address as usize + 32)?
        } else {
            self.chunks.get_mut(index)?.as_deref_mut()?.get_mut(at..at + 32)?
        };
        bytes.try_into().ok()
    }

    /// The dense part and its length, for code that knows the layout, and whether a snapshot watches writes.
    #[cfg(feature = "compiled")]
    pub(crate) const fn dense_parts(&mut self) -> (*mut u8, usize, bool) {
        (self.dense.as_mut_ptr(), self.dense.len(), self.watch.is_some())
    }

    /// Reads the word at any byte address.
    #[inline]
    pub(crate) fn read(&self, address: u64) -> Word {
        if let Some(word) = u32::try_from(address).ok().and_then(|at| self.read_dense(at)) {
            return word;
        }
        let at = (address % CHUNK_BYTES as u64) as usize;
        if at + 32 <= CHUNK_BYTES && address >= DENSE_BYTES as u64 {
            return self.chunk(address >> CHUNK_SHIFT).map_or(Word::ZERO, |chunk| {
                <&[u8; 32]>::try_from(&chunk[at..at + 32]).map_or(Word::ZERO, Word::from_be_bytes)
            });
        }
        let mut bytes = [0; 32];
        let mut filled = 0;
        for slice in self.slices(address, 32) {
            bytes[filled..filled + slice.len()].copy_from_slice(slice);
            filled += slice.len();
        }
        Word::from_be_bytes(&bytes)
    }

    /// Writes the word at any byte address; returns the bytes of memory newly taken.
    #[inline]
    pub(crate) fn write(&mut self, address: u64, value: &Word) -> usize {
        let in_chunk = (address % CHUNK_BYTES as u64) as usize;
        let split = (CHUNK_BYTES - in_chunk).min(32);
        if split == 32 && address < DENSE_BYTES as u64 {
            // PERF: straight to its place. A copy of bytes that were just stored has to wait for them.
            let at = address as usize;
            let taken = self.save(address, 32) + self.grow_dense(at + 32);
            if let Some(Ok(place)) = self.dense.get_mut(at..at + 32).map(TryInto::try_into) {
                value.write_be_bytes(place);
            }
            return taken;
        }
        let bytes = value.to_be_bytes();
        let taken = self.write_in_chunk(address, &bytes[..split]);
        if split == 32 {
            return taken;
        }
        taken + self.write_in_chunk(address + split as u64, &bytes[split..])
    }

    /// Writes bytes that do not cross a chunk boundary.
    fn write_in_chunk(&mut self, address: u64, bytes: &[u8]) -> usize {
        let number = address >> CHUNK_SHIFT;
        let watched = self.save(address, bytes.len() as u64);
        let at = (address % CHUNK_BYTES as u64) as usize;
        if address < DENSE_BYTES as u64 {
            let (start, end) = (address as usize, address as usize + bytes.len());
            let grown = self.grow_dense(end);
            self.dense[start..end].copy_from_slice(bytes);
            return watched + grown;
        }
        let mut taken = watched;
        let fresh = || -> Box<Chunk> { Box::new([0; CHUNK_BYTES]) };
        let chunk = match usize::try_from(number) {
            Ok(index) if index < INDEXED_CHUNKS => {
                if index >= self.chunks.len() {
                    let before = self.chunks.len();
                    let len = (index + 1).next_power_of_two();
                    self.chunks.resize_with(len, || None);
                    taken += (len - before) * size_of::<Option<Box<Chunk>>>();
                }
                self.chunks[index].get_or_insert_with(|| {
                    taken += CHUNK_BYTES;
                    fresh()
                })
            }
            _ => self.far_chunks.entry(number).or_insert_with(|| {
                taken += CHUNK_BYTES;
                fresh()
            }),
        };
        chunk[at..at + bytes.len()].copy_from_slice(bytes);
        taken
    }

    /// Lets the dense part reach up to an address; returns the bytes of memory newly taken.
    fn grow_dense(&mut self, end: usize) -> usize {
        let before = self.dense.len();
        if end > before {
            // PERF: further up not to the next power of two. The EVM's emulator uses a little more than 32 KiB in each frame, and what it
            // does not use takes as long to set to zero.
            let whole = end.next_power_of_two().max(256);
            let step = if whole > FREELY_GROWN { whole / 8 } else { whole };
            self.dense.resize(end.next_multiple_of(step).min(DENSE_BYTES), 0);
        }
        self.dense.len() - before
    }

    /// Writes a run of bytes; returns the bytes of memory newly taken.
    pub(crate) fn write_bytes(&mut self, mut address: u64, mut bytes: &[u8]) -> usize {
        let mut taken = 0;
        while !bytes.is_empty() {
            let room = CHUNK_BYTES - (address % CHUNK_BYTES as u64) as usize;
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            taken += self.write_in_chunk(address, now);
            address += now.len() as u64;
            bytes = later;
        }
        taken
    }

    /// The bytes of a range as consecutive slices.
    pub(crate) fn slices(&self, address: u64, length: u64) -> Slices<'_> {
        Slices { page: Some(self), address, left: length }
    }

    fn chunk(&self, number: u64) -> Option<&Chunk> {
        chunk_among(&self.chunks, &self.far_chunks, number)
    }

    /// Saves the blocks of some bytes for the newest snapshot unless that was done; returns the bytes of memory taken.
    #[inline]
    fn save(&mut self, address: u64, length: u64) -> usize {
        if self.watch.is_none() || length == 0 {
            return 0;
        }
        let blocks = address >> BLOCK_SHIFT..=(address + (length - 1)) >> BLOCK_SHIFT;
        blocks.map(|number| self.save_block(number)).sum()
    }

    fn save_block(&mut self, number: u64) -> usize {
        let Self { dense, chunks, far_chunks, watch, .. } = self;
        let Some(watch) = watch else { return 0 };
        if !watch.mark(number) {
            return 0;
        }
        let start = (number << BLOCK_SHIFT) as usize;
        let bytes = if number < DENSE_BLOCKS {
            dense.get(start..dense.len().min(start + BLOCK_BYTES))
        } else {
            let start = start % CHUNK_BYTES;
            let chunk = chunk_among(chunks, far_chunks, number / BLOCKS_IN_CHUNK);
            chunk.map(|chunk| &chunk[start..start + BLOCK_BYTES])
        };
        watch.save(number, bytes);
        SavedBlock::BYTES
    }

    /// Whether a snapshot is kept that may need what writes overwrite.
    pub(crate) fn is_watched(&self) -> bool {
        self.watch.is_some()
    }

    /// Starts watching for a new snapshot; returns what was saved for the one before.
    pub(crate) fn watch(&mut self) -> Option<Vec<SavedBlock>> {
        let watch = self.spare_watch.take().unwrap_or_default();
        self.watch.replace(watch).map(|watch| watch.blocks)
    }

    /// Stops watching for the newest snapshot, which will not be gone back to, and goes on watching for the one
    /// before, if there is one. Returns the bytes of memory given back.
    pub(crate) fn forget(&mut self, older: Option<Vec<SavedBlock>>) -> usize {
        let Some(mut newer) = self.watch.take() else {
            self.watch = older.map(Watch::of_saved);
            return 0;
        };
        let mut dropped = newer.blocks.len();
        match older {
            None => {
                newer.empty();
                self.spare_watch = Some(newer);
            }
            Some(blocks) => {
                let mut watch = Watch::of_saved(blocks);
                for saved in newer.blocks {
                    if watch.mark(saved.block) {
                        watch.blocks.push(saved);
                        dropped -= 1;
                    }
                }
                self.watch = Some(watch);
            }
        }
        dropped * SavedBlock::BYTES
    }

    /// Puts back what the newest snapshot saved, then goes on watching for the one before, if there is one.
    pub(crate) fn restore(&mut self, older: Option<Vec<SavedBlock>>) {
        for saved in self.watch.take().into_iter().flat_map(|watch| watch.blocks) {
            self.put_back(saved);
        }
        self.watch = older.map(Watch::of_saved);
    }

    fn put_back(&mut self, saved: SavedBlock) {
        let start = (saved.block << BLOCK_SHIFT) as usize;
        if saved.block < DENSE_BLOCKS {
            let end = self.dense.len().min(start + BLOCK_BYTES);
            let Some(now) = self.dense.get_mut(start..end) else { return };
            match saved.content {
                Some(block) => now.copy_from_slice(&block[..end - start]),
                None => now.fill(0),
            }
            return;
        }
        let number = saved.block / BLOCKS_IN_CHUNK;
        let place = match usize::try_from(number) {
            Ok(index) if index < INDEXED_CHUNKS => self.chunks.get_mut(index),
            _ => None,
        };
        match (saved.content, place) {
            // What the chunk got since has a block without content as well: it all goes.
            (None, Some(place)) => *place = None,
            (None, None) => {
                self.far_chunks.remove(&number);
            }
            (Some(block), place) => {
                let chunk = match place {
                    Some(place) => place.as_mut(),
                    None => self.far_chunks.get_mut(&number),
                };
                // Where there is none any more, there was none: see above.
                if let Some(chunk) = chunk {
                    let start = start % CHUNK_BYTES;
                    chunk[start..start + BLOCK_BYTES].copy_from_slice(&block[..]);
                }
            }
        }
    }

    /// Empties the page for another use; returns the bytes of memory given back.
    pub(crate) fn clear(&mut self) -> usize {
        let mut bytes = self.dense.len();
        // PERF: clearing what is empty is not free.
        if !self.chunks.is_empty() || !self.far_chunks.is_empty() {
            bytes = self.bytes();
            self.chunks = Vec::new();
            self.far_chunks.clear();
        }
        self.empty_dense();
        self.watch = None;
        self.pinned = false;
        bytes
    }

    /// The memory of its dense part, for another page.
    pub(crate) fn into_memory(mut self) -> Vec<u8> {
        self.empty_dense();
        self.dense
    }

    /// Empties the dense part; its memory stays unless that is much.
    fn empty_dense(&mut self) {
        self.dense.clear();
        if self.dense.capacity() > KEPT_BYTES {
            self.dense = Vec::new();
        }
    }

    /// Gives a page that is empty the memory of another one, if it has none.
    pub(crate) fn take_memory(&mut self, from: &mut Vec<Vec<u8>>) {
        if self.dense.capacity() == 0
            && let Some(memory) = from.pop()
        {
            self.dense = memory;
        }
    }

    /// Bytes of memory in use.
    pub(crate) fn bytes(&self) -> usize {
        self.dense.len()
            + self.chunks.len() * size_of::<Option<Box<Chunk>>>()
            + (self.chunks.iter().flatten().count() + self.far_chunks.len()) * CHUNK_BYTES
    }

    /// Bytes of memory that is kept for the newest snapshot.
    pub(crate) fn saved_bytes(&self) -> usize {
        self.watch.as_ref().map_or(0, |watch| watch.blocks.len() * SavedBlock::BYTES)
    }

    /// All words that are not zero, by word index.
    pub(crate) fn non_zero(&self) -> Vec<(u64, Word)> {
        let mut words = vec![];
        let mut add = |start: u64, bytes: &[u8]| {
            for (index, bytes) in (start / 32..).zip(bytes.chunks(32)) {
                let mut full = [0; 32];
                full[..bytes.len()].copy_from_slice(bytes);
                let word = Word::from_be_bytes(&full);
                if !word.is_zero() {
                    words.push((index, word));
                }
            }
        };
        add(0, &self.dense);
        for (number, chunk) in (0u64..).zip(&self.chunks) {
            if let Some(chunk) = chunk {
                add(number << CHUNK_SHIFT, &chunk[..]);
            }
        }
        for (number, chunk) in &self.far_chunks {
            add(number << CHUNK_SHIFT, &chunk[..]);
        }
        words
    }
}

/// The chunk with a number, if it is there.
fn chunk_among<'p>(
    chunks: &'p [Option<Box<Chunk>>],
    far_chunks: &'p BTreeMap<u64, Box<Chunk>>,
    number: u64,
) -> Option<&'p Chunk> {
    match usize::try_from(number) {
        Ok(index) if index < INDEXED_CHUNKS => chunks.get(index)?.as_deref(),
        _ => far_chunks.get(&number).map(|chunk| &**chunk),
    }
}

static ZEROS: Chunk = [0; CHUNK_BYTES];

/// Consecutive slices of a page; see [`Page::slices`].
#[derive(Clone, Debug)]
pub(crate) struct Slices<'a> {
    page: Option<&'a Page>,
    address: u64,
    left: u64,
}

impl Slices<'_> {
    /// That many zero bytes.
    pub(crate) const fn zeros(length: u64) -> Self {
        Self { page: None, address: 0, left: length }
    }
}

impl<'a> Iterator for Slices<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.left == 0 {
            return None;
        }
        let at = (self.address % CHUNK_BYTES as u64) as usize;
        let in_chunk = self.left.min((CHUNK_BYTES - at) as u64) as usize;
        let slice = match self.page {
            None => &ZEROS[at..at + in_chunk],
            Some(page) if self.address < page.dense.len() as u64 => {
                let start = self.address as usize;
                let end = page.dense.len().min(start + self.left.min(DENSE_BYTES as u64) as usize);
                &page.dense[start..end]
            }
            Some(page) => {
                let whole = page.chunk(self.address >> CHUNK_SHIFT).unwrap_or(&ZEROS);
                &whole[at..at + in_chunk]
            }
        };
        // Hosts may ask for addresses that no page has.
        self.address = self.address.saturating_add(slice.len() as u64);
        self.left -= slice.len() as u64;
        Some(slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where parts, chunks and blocks meet.
    const EDGES: [u64; 7] = [
        0,
        BLOCK_BYTES as u64,
        DENSE_BYTES as u64,
        (DENSE_BYTES + BLOCK_BYTES) as u64,
        (DENSE_BYTES + CHUNK_BYTES) as u64,
        (INDEXED_CHUNKS * CHUNK_BYTES) as u64,
        1 << 36,
    ];

    /// A page beside copies of it that were made when its snapshots were.
    #[test]
    fn a_page_goes_back_to_what_it_was() {
        let mut seed = 1_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        let (mut page, mut copies, mut olders) = (Page::default(), Vec::new(), Vec::new());
        let (mut restored, mut forgotten) = (0, 0);
        for _ in 0..20_000 {
            match random(20) {
                0 if copies.len() < 4 => {
                    copies.push(page.non_zero());
                    olders.push(page.watch());
                }
                1 => {
                    if let (Some(copy), Some(older)) = (copies.pop(), olders.pop()) {
                        page.restore(older);
                        assert_eq!(page.non_zero(), copy);
                        restored += 1;
                    }
                }
                2 => {
                    if let Some(older) = olders.pop() {
                        copies.pop();
                        page.forget(older);
                        forgotten += 1;
                    }
                }
                _ => {
                    let edge = EDGES[random(EDGES.len() as u64) as usize];
                    let address = (edge + random(3) * BLOCK_BYTES as u64 + random(96)).max(64) - 64;
                    let value = Word::from_u64(random(4));
                    page.write(address, &value);
                    assert_eq!(page.read(address), value);
                }
            }
        }
        assert!(restored > 100 && forgotten > 100, "{restored} {forgotten}");
    }

    #[test]
    fn going_back_frees_chunks_that_are_new() {
        let mut page = Page::default();
        let address = (DENSE_BYTES + CHUNK_BYTES) as u64;
        page.write(DENSE_BYTES as u64, &Word::ONE);
        let bytes = page.bytes();
        for first in [address, address + 1, 1 << 36] {
            let older = page.watch();
            page.write(first, &Word::ONE);
            page.write(first + BLOCK_BYTES as u64, &Word::ONE);
            page.write(first + 2 * BLOCK_BYTES as u64 - 7, &Word::ONE);
            page.restore(older);
            assert_eq!(page.non_zero(), [(DENSE_BYTES as u64 / 32, Word::ONE)]);
            let chunks = page.chunks.len() * size_of::<Option<Box<Chunk>>>();
            assert!(page.bytes() - chunks <= bytes, "what was written is gone");
        }
    }
}
