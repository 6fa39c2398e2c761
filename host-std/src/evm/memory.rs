//! Memory of a frame.

use revm_interpreter::interpreter_types::MemoryTr;
use std::cell::{Ref, RefCell};
use std::ops::Range;

/// The bytes of a frame, and how many there may be. The crate's own memory is shared between frames that call each other; frames
/// here are a list, and each has its own.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// In a cell, because that is how the crate wants to borrow it.
    bytes: RefCell<Vec<u8>>,
    limit: u64,
}

impl Memory {
    pub(super) fn new(bytes: Vec<u8>, limit: u64) -> Self {
        Self { bytes: RefCell::new(bytes), limit }
    }

    /// A part of it, to be written; nothing if that is not there.
    pub(super) fn part(&mut self, range: Range<usize>) -> &mut [u8] {
        self.bytes.get_mut().get_mut(range).unwrap_or_default()
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes.into_inner()
    }
}

impl MemoryTr for Memory {
    #[inline]
    fn set_data(&mut self, memory_offset: usize, data_offset: usize, len: usize, data: &[u8]) {
        if len == 0 {
            return;
        }
        let data = data.get(data_offset..).unwrap_or_default();
        let (copied, cleared) = self.bytes.get_mut()[memory_offset..memory_offset + len]
            .split_at_mut(data.len().min(len));
        copied.copy_from_slice(&data[..copied.len()]);
        cleared.fill(0);
    }

    /// There is no memory but this.
    fn set_data_from_global(
        &mut self,
        memory_offset: usize,
        _data_offset: usize,
        len: usize,
        _data_range: Range<usize>,
    ) {
        self.set_data(memory_offset, 0, len, &[]);
    }

    fn global_slice(&self, range: Range<usize>) -> Ref<'_, [u8]> {
        self.slice(range)
    }

    fn local_memory_offset(&self) -> usize {
        0
    }

    #[inline]
    fn set(&mut self, memory_offset: usize, data: &[u8]) {
        self.bytes.get_mut()[memory_offset..memory_offset + data.len()].copy_from_slice(data);
    }

    #[inline]
    fn size(&self) -> usize {
        self.bytes.borrow().len()
    }

    #[inline]
    fn copy(&mut self, destination: usize, source: usize, len: usize) {
        self.bytes.get_mut().copy_within(source..source + len, destination);
    }

    #[inline]
    fn slice(&self, range: Range<usize>) -> Ref<'_, [u8]> {
        Ref::map(self.bytes.borrow(), |bytes| &bytes[range])
    }

    #[inline]
    fn resize(&mut self, new_size: usize) -> bool {
        self.bytes.get_mut().resize(new_size, 0);
        true
    }

    #[inline]
    fn limit_reached(&self, new_words: usize) -> bool {
        new_words.saturating_mul(32) as u64 > self.limit
    }
}
