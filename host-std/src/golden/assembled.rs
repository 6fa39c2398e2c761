//! What a batch's host assembles from what it wrote to the bootloader's heap.

use super::compare::{bytes, lists};
use super::failure::Difference;
use super::format::Results;
use super::value::Hex;
use crate::batch::memory::HostMemory;
use eravm_core::Word;

/// First word of the description of the block of the first transaction, from protocol version 26 on.
const FIRST_BLOCK_WORD: u32 = 30143;
/// Bytes in the host's answer to the request for pubdata before the pubdata: two words, the length of the call, its
/// selector, and six words.
const BEFORE_PUBDATA: usize = 32 + 32 + 32 + 4 + 6 * 32;

/// What the host wrote.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    memory: HostMemory,
    pubdata: Vec<u8>,
}

impl Written {
    /// The host wrote words for a reason.
    pub(super) fn write(&mut self, reason: &str, words: &[(u32, Hex<Word>)]) {
        for (index, word) in words {
            self.memory.set(*index, word.0);
        }
        match reason {
            "pubdata" => {
                self.pubdata = words.iter().flat_map(|(_, word)| word.0.to_be_bytes()).collect();
            }
            "fictive_l2_block" => self.write_root_count(words),
            _ => {}
        }
    }

    /// The last block has no transactions. While the batch runs, its number of roots is written where that of the block before
    /// is; afterwards the host has it in both places. In an empty batch there is no block before.
    fn write_root_count(&mut self, words: &[(u32, Hex<Word>)]) {
        if let [(first, _), _, _, _, (last, count)] = words
            && *first != FIRST_BLOCK_WORD
        {
            self.memory.set(last.saturating_add(1), count.0);
        }
    }

    /// A snapshot was made.
    pub(super) fn make_snapshot(&mut self) {
        self.memory.make_snapshot();
    }

    /// The newest snapshot is not needed any more.
    pub(super) fn pop_snapshot(&mut self) {
        self.memory.pop_snapshot();
    }

    /// The host went back to the newest snapshot.
    pub(super) fn rollback(&mut self) {
        self.memory.rollback();
    }

    /// Compares what came of it.
    pub(super) fn compare(&self, results: &Results) -> Result<(), Difference> {
        let words: Vec<_> = self.memory.words().map(|(index, word)| (index, Hex(word))).collect();
        // Their order is that of the host's books.
        let mut expected = results.operator_bootloader_memory.clone();
        expected.sort_by_key(|(index, _)| *index);
        lists("batch.operator_bootloader_memory", &expected, &words)?;
        let Some(pubdata) = &results.pubdata else { return Ok(()) };
        let written = self.pubdata.get(BEFORE_PUBDATA..).unwrap_or_default();
        let written = written.get(..pubdata.0.len()).unwrap_or(written);
        bytes("batch.pubdata", &pubdata.0, written)
    }
}
