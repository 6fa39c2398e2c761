//! Code of a file in memory, which can be executed and not be written.

use crate::instruction_cache;
use eravm_core::compiled::Function;
use memmap2::{Mmap, MmapOptions};
use std::fmt;
use std::fs::File;
use std::io;
use std::mem::transmute;

/// The last part of a file, mapped.
pub(super) struct Mapping(Mmap);

impl Mapping {
    /// Maps `length` bytes of a file from an offset on. They can be executed from now on, but nobody has the address of a function
    /// before the bytes were looked at.
    pub(super) fn new(file: &File, offset: u64, length: usize) -> io::Result<Self> {
        // SAFETY: whoever may write the file is trusted with more than not to change it in place; see the documentation of the crate.
        let memory = unsafe { MmapOptions::new().offset(offset).len(length).map_exec(file)? };
        instruction_cache::publish(&memory)?;
        Ok(Self(memory))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The function at an offset; `None` beyond the end.
    ///
    /// # Safety
    /// The mapping must outlive it, and a compiler must have put a function of this type there.
    pub(super) unsafe fn function(&self, offset: usize) -> Option<Function> {
        let address = self.0.get(offset..)?.first()? as *const u8;
        // SAFETY: the caller vouches for it.
        Some(unsafe { transmute::<*const u8, Function>(address) })
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping").field("bytes", &self.0.len()).finish()
    }
}
