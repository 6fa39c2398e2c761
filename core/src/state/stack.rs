//! The stack page of a far frame: 2¹⁶ tagged words that read as zero until written.

use crate::word::Word;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cell::Cell;

/// Up to here, words are kept in one piece, which grows on demand: compilers allocate from 0 upwards.
const FREELY_DENSE_WORDS: usize = 1 << 11;
/// As many words are there from the first write on, and stay when the page goes to another frame.
///
/// PERF: compiled functions begin with writing to the stack, so most frames use them.
const KEPT_WORDS: usize = 32;
/// Words above are kept in chunks, so that a write to the far end does not cost two megabytes; until they were used so
/// often that this cost is small beside it.
const CHUNK_WORDS: usize = 64;

/// A stack page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stack {
    dense: Vec<[u64; 4]>,
    /// One bit a word; as long as the highest word needs that is or was tagged.
    tags: Vec<u64>,
    /// What is above the dense part, once that was used.
    far: Option<Box<Far>>,
}

/// Words above the dense part.
#[derive(Clone, Debug, Default)]
struct Far {
    chunks: BTreeMap<u16, Box<[Word; CHUNK_WORDS]>>,
    /// Uses of such words since the dense part last grew.
    uses: usize,
}

/// What a stack consists of.
#[cfg(feature = "compiled")]
pub(crate) struct StackParts {
    pub(crate) words: *mut [u64; 4],
    pub(crate) len: usize,
    pub(crate) tags: *mut u64,
    pub(crate) tag_limbs: usize,
}

/// The tags of the words on a stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tags<'a>(&'a [u64]);

impl Tags<'_> {
    /// Whether the word at an index is tagged as a pointer.
    #[inline(always)]
    pub(crate) fn has(self, index: u16) -> bool {
        self.0.get(usize::from(index >> 6)).is_some_and(|bits| bits >> (index & 63) & 1 == 1)
    }
}

impl Stack {
    /// The word at an index.
    #[inline(always)]
    pub(crate) fn get(&self, index: u16) -> Word {
        match self.dense.get(usize::from(index)) {
            Some(limbs) => Word(*limbs),
            None => self.get_outside(index),
        }
    }

    #[cold]
    #[inline(never)]
    fn get_outside(&self, index: u16) -> Word {
        let (chunk, at) = Self::chunk_of(index);
        let far = self.far.as_ref();
        far.and_then(|far| far.chunks.get(&chunk)).map_or(Word::ZERO, |words| words[at])
    }

    /// Whether the memory of a word is there, so that [`try_set`](Self::try_set) will do.
    #[inline(always)]
    pub(crate) fn has_room_for(&self, index: u16) -> bool {
        usize::from(index) < self.dense.len()
    }

    /// Writes a word in place if its memory is there already.
    #[inline(always)]
    pub(crate) fn try_set(&mut self, index: u16, value: Word) -> bool {
        match self.dense.get_mut(usize::from(index)) {
            Some(limbs) => {
                *limbs = value.0;
                true
            }
            None => false,
        }
    }

    /// Writes a word; returns the bytes of memory newly taken.
    #[cold]
    #[inline(never)]
    pub(crate) fn set_growing(&mut self, index: u16, value: Word) -> usize {
        if self.try_set(index, value) {
            return 0;
        }
        if let Some(taken) = self.make_room(index) {
            self.try_set(index, value);
            return taken;
        }
        let (chunk, at) = Self::chunk_of(index);
        let mut taken = 0;
        let chunks = &mut self.far.get_or_insert_default().chunks;
        let words = chunks.entry(chunk).or_insert_with(|| {
            taken = size_of::<[Word; CHUNK_WORDS]>();
            Box::new([Word::ZERO; CHUNK_WORDS])
        });
        words[at] = value;
        taken
    }

    /// Sees to it that the memory of a word is there; returns the bytes of memory newly taken. `None`, and nothing done, for words that
    /// are not freely kept in one piece.
    pub(crate) fn make_room(&mut self, index: u16) -> Option<usize> {
        let len = usize::from(index) + 1;
        (len <= FREELY_DENSE_WORDS)
            .then(|| self.grow_dense(len.next_power_of_two().max(KEPT_WORDS)))
    }

    /// Notes that a word is used. If words as far up as this one were used once for every 64 words that this takes, they
    /// join the dense part; returns the bytes of memory newly taken.
    pub(crate) fn note_use(&mut self, index: u16) -> usize {
        if self.has_room_for(index) {
            return 0;
        }
        let far = self.far.get_or_insert_default();
        far.uses += 1;
        let len = (usize::from(index) + 1).next_power_of_two();
        if far.uses < len / 64 {
            return 0;
        }
        far.uses = 0;
        let beyond = u16::try_from(len / CHUNK_WORDS).unwrap_or(u16::MAX);
        let beyond = far.chunks.split_off(&beyond);
        let joined = core::mem::replace(&mut far.chunks, beyond);
        let taken = self.grow_dense(len);
        for (chunk, words) in &joined {
            let start = usize::from(*chunk) * CHUNK_WORDS;
            let place = &mut self.dense[start..start + CHUNK_WORDS];
            for (limbs, word) in place.iter_mut().zip(&words[..]) {
                *limbs = word.0;
            }
        }
        taken.saturating_sub(joined.len() * size_of::<[Word; CHUNK_WORDS]>())
    }

    fn grow_dense(&mut self, len: usize) -> usize {
        let before = self.dense.len();
        self.dense.resize(len.max(before), [0; 4]);
        (self.dense.len() - before) * size_of::<Word>()
    }

    /// The words whose memory is there, for an instruction whose result may go to where an operand is; and the tags.
    #[inline(always)]
    pub(crate) fn cells(&mut self) -> (&[Cell<[u64; 4]>], Tags<'_>) {
        (Cell::from_mut(&mut self.dense[..]).as_slice_of_cells(), Tags(&self.tags))
    }

    /// The words whose memory is there and the tags, for code that knows their layout.
    #[cfg(feature = "compiled")]
    pub(crate) const fn parts(&mut self) -> StackParts {
        StackParts {
            words: self.dense.as_mut_ptr(),
            len: self.dense.len(),
            tags: self.tags.as_mut_ptr(),
            tag_limbs: self.tags.len(),
        }
    }

    /// Whether the word at an index is tagged as a pointer.
    #[inline]
    pub(crate) fn tag(&self, index: u16) -> bool {
        Tags(&self.tags).has(index)
    }

    /// Sets or clears the tag of a word.
    pub(crate) fn set_tag(&mut self, index: u16, tag: bool) {
        let at = usize::from(index >> 6);
        if at >= self.tags.len() {
            if !tag {
                return;
            }
            self.tags.resize(at + 1, 0);
        }
        let bit = 1 << (index & 63);
        if tag {
            self.tags[at] |= bit;
        } else {
            self.tags[at] &= !bit;
        }
    }

    /// Whether any word may be tagged.
    pub(crate) fn has_tags(&self) -> bool {
        match self.tags[..] {
            [] => false,
            [only] => only != 0,
            _ => true,
        }
    }

    /// The tagged words.
    pub(crate) fn tagged(&self) -> impl Iterator<Item = Word> + '_ {
        self.tags.iter().zip(0u16..).flat_map(move |(&bits, at)| {
            let mut left = bits;
            core::iter::from_fn(move || {
                let bit = left.trailing_zeros() as u16;
                left &= left.wrapping_sub(1);
                (bit < 64).then(|| self.get(at * 64 + bit))
            })
        })
    }

    /// Exchanges two stacks.
    ///
    /// PERF: part by part, which is done in registers.
    #[inline(always)]
    pub(crate) fn exchange(&mut self, other: &mut Self) {
        core::mem::swap(&mut self.dense, &mut other.dense);
        core::mem::swap(&mut self.tags, &mut other.tags);
        core::mem::swap(&mut self.far, &mut other.far);
    }

    /// Empties the page for another frame; returns the bytes of memory given back.
    pub(crate) fn clear(&mut self) -> usize {
        let before = self.bytes();
        // PERF: an empty range is not quickly filled everywhere.
        if !self.dense.is_empty() {
            self.dense.truncate(KEPT_WORDS);
            // PERF: word by word takes twice as long.
            self.dense.as_flattened_mut().fill(0);
        }
        self.tags.truncate(1);
        if let [only] = &mut self.tags[..] {
            *only = 0;
        }
        self.far = None;
        before - self.bytes()
    }

    /// Bytes of memory in use.
    pub(crate) fn bytes(&self) -> usize {
        self.dense.len() * size_of::<Word>()
            + self.chunks().count() * size_of::<[Word; CHUNK_WORDS]>()
    }

    /// All words whose memory is there.
    pub(crate) fn words(&self) -> impl Iterator<Item = Word> + '_ {
        let far = self.chunks().flat_map(|(_, words)| words.iter().copied());
        self.dense.iter().map(|limbs| Word(*limbs)).chain(far)
    }

    /// All words that are not zero or are tagged, by index.
    pub(crate) fn non_zero(&self) -> Vec<(u16, Word, bool)> {
        let dense = (0u32..).zip(self.dense.iter().map(|limbs| Word(*limbs)));
        let far = self.chunks().flat_map(|(&chunk, words)| {
            (u32::from(chunk) * CHUNK_WORDS as u32..).zip(words.iter().copied())
        });
        dense
            .chain(far)
            .map(|(index, word)| (index as u16, word, self.tag(index as u16)))
            .filter(|(_, word, tag)| *tag || !word.is_zero())
            .collect()
    }

    fn chunks(&self) -> impl Iterator<Item = (&u16, &Box<[Word; CHUNK_WORDS]>)> {
        self.far.iter().flat_map(|far| &far.chunks)
    }

    const fn chunk_of(index: u16) -> (u16, usize) {
        (index / CHUNK_WORDS as u16, index as usize % CHUNK_WORDS)
    }
}
