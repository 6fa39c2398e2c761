//! Memory for machine code: written first, executed afterwards, never both.

use crate::instruction_cache;
use crate::native_code::{ALIGNMENT, FILLER};
use memmap2::{Mmap, MmapMut};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Machine code of several functions in memory of its own, which can be executed and not be written.
pub(crate) struct Executable {
    memory: Mmap,
    /// Bytes of all that is in use.
    live: Arc<AtomicUsize>,
}

/// Code to be made executable.
#[derive(Default)]
pub(crate) struct CodeBuffer(Vec<u8>);

impl CodeBuffer {
    /// Adds a function; returns its offset.
    pub(crate) fn push(&mut self, code: &[u8]) -> usize {
        self.0.resize(self.0.len().next_multiple_of(ALIGNMENT), FILLER);
        let offset = self.0.len();
        self.0.extend_from_slice(code);
        offset
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl Executable {
    /// Copies code to memory and makes that executable.
    pub(crate) fn new(code: &[u8], live: &Arc<AtomicUsize>) -> io::Result<Self> {
        let mut memory = MmapMut::map_anon(code.len().max(1))?;
        memory[..code.len()].copy_from_slice(code);
        let memory = memory.make_exec()?;
        instruction_cache::publish(&memory)?;
        live.fetch_add(memory.len(), Ordering::Relaxed);
        Ok(Self { memory, live: live.clone() })
    }

    pub(crate) fn address(&self, offset: usize) -> *const u8 {
        self.memory[offset..].as_ptr()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.memory
    }
}

impl Drop for Executable {
    fn drop(&mut self) {
        self.live.fetch_sub(self.memory.len(), Ordering::Relaxed);
    }
}

impl fmt::Debug for Executable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executable").field("bytes", &self.memory.len()).finish()
    }
}
