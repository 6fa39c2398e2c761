//! The reference's memory: words by page and index, whatever they are used for, as in its circuits.

use super::convert;
use eravm_core::Word;
use std::collections::HashMap;
use zk_evm::abstractions::Memory;
use zk_evm::aux_structures::{MemoryPage, MemoryQuery, Timestamp};
use zk_evm::ethereum_types::{H160, U256};
use zk_evm::zkevm_opcode_defs::FatPointer;

/// A page: tagged words by index; what is not there is zero.
type Page = HashMap<u32, (U256, bool)>;

/// All pages, none ever freed, and what was written since somebody last looked.
#[derive(Debug, Default)]
pub struct Pages {
    pages: HashMap<u32, Page>,
    /// Page and index of every write.
    pub written: Vec<(u32, u32)>,
    /// What the far frame that ended last returned.
    pub returned: Option<FatPointer>,
}

impl Pages {
    /// A word with its tag.
    pub fn get(&self, page: u32, index: u32) -> (U256, bool) {
        self.pages.get(&page).and_then(|page| page.get(&index)).copied().unwrap_or_default()
    }

    /// Writes a word.
    pub fn set(&mut self, page: u32, index: u32, value: U256, is_pointer: bool) {
        self.pages.entry(page).or_default().insert(index, (value, is_pointer));
        self.written.push((page, index));
    }

    /// Words that are not zero or are tagged, by index.
    pub fn words(&self, page: u32) -> Vec<(u32, Word, bool)> {
        let mut words: Vec<_> = self
            .pages
            .get(&page)
            .into_iter()
            .flatten()
            .filter(|(_, (value, tag))| *tag || !value.is_zero())
            .map(|(&index, &(value, tag))| (index, convert::word(value), tag))
            .collect();
        words.sort_unstable_by_key(|(index, ..)| *index);
        words
    }

    /// The bytes of a range of a page.
    pub fn bytes(&self, page: u32, start: u32, length: u32) -> Vec<u8> {
        let (first, end) = (u64::from(start), u64::from(start) + u64::from(length));
        (first / 32..end.div_ceil(32))
            .flat_map(|index| {
                let mut bytes = [0; 32];
                // No page is longer than 2³² bytes plus a word.
                self.get(page, index as u32).0.to_big_endian(&mut bytes);
                bytes
            })
            .skip((first % 32) as usize)
            .take(length as usize)
            .collect()
    }

    fn answer(&self, mut query: MemoryQuery) -> MemoryQuery {
        (query.value, query.value_is_pointer) =
            self.get(query.location.page.0, query.location.index.0);
        query
    }

    fn perform(&mut self, query: MemoryQuery) -> MemoryQuery {
        if !query.rw_flag {
            return self.answer(query);
        }
        let location = query.location;
        self.set(location.page.0, location.index.0, query.value, query.value_is_pointer);
        query
    }
}

impl Memory for Pages {
    fn execute_partial_query(&mut self, _: u32, query: MemoryQuery) -> MemoryQuery {
        self.perform(query)
    }

    fn specialized_code_query(&mut self, _: u32, query: MemoryQuery) -> MemoryQuery {
        self.perform(query)
    }

    fn finish_global_frame(&mut self, _: MemoryPage, _: H160, data: FatPointer, _: Timestamp) {
        self.returned = Some(data);
    }

    fn read_code_query(&self, _: u32, query: MemoryQuery) -> MemoryQuery {
        self.answer(query)
    }
}
