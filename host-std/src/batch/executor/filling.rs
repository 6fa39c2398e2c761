//! What the host writes into the bootloader's heap for a transaction, and for the last block.

use super::super::error::BatchError;
use super::super::layout::{
    BLOCK_WORDS, DESCRIPTION_WORDS, INTEROP_ROOT_WORDS, MAX_INTEROP_ROOTS, MAX_TRANSACTIONS,
};
use super::super::observer::{Observer, WriteReason};
use super::super::state::BatchState;
use super::BatchExecutor;
use crate::fees::{overhead_gas, trusted_gas};
use crate::pubdata::{CompressedBytecode, compress_unknown};
use crate::system_contracts::addresses::KNOWN_CODES_STORAGE;
use crate::transaction::Transaction;
use eravm_core::{VersionedHash, Word};

/// Words for the bootloader's heap, by index.
pub(super) type Words = Vec<(u32, Word)>;

/// How far the regions of the bootloader's heap are filled.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Filled {
    /// Words of encodings.
    pub(super) encodings: u32,
    /// Words of compressed code.
    pub(super) compressed: u32,
    pub(super) interop_roots: u32,
}

impl<S: BatchState, O: Observer> BatchExecutor<S, O> {
    /// Code that comes with a transaction and is not known yet, compressed.
    pub(super) fn compressed_code(
        &mut self,
        transaction: &Transaction,
    ) -> Result<Vec<CompressedBytecode>, BatchError<S::Fault>> {
        let mut fault = None;
        let deps = transaction.factory_deps().iter().map(|dep| dep.code());
        let compressed = compress_unknown(deps, |hash| match self.is_known(hash) {
            Ok(is_known) => is_known,
            Err(error) => {
                fault = Some(error);
                false
            }
        });
        match fault {
            Some(error) => Err(error),
            None => Ok(compressed),
        }
    }

    /// Whether code is known to the contracts now.
    pub(super) fn is_known(&mut self, hash: &VersionedHash) -> Result<bool, BatchError<S::Fault>> {
        Ok(!self.slot_value(&KNOWN_CODES_STORAGE, &hash.to_word())?.is_zero())
    }

    /// The words that describe a transaction, and what is filled with them.
    pub(super) fn words_of(
        &self,
        transaction: &Transaction,
        encoded: &[Word],
        compressed: &[Word],
    ) -> Result<(Words, Filled), BatchError<S::Fault>> {
        let (layout, mut filled) = (&self.layout, self.filled);
        let index = u32::try_from(self.pushed.len()).unwrap_or(u32::MAX);
        if index >= MAX_TRANSACTIONS {
            return Err(BatchError::TooManyTransactions(index));
        }
        let place = |what, words: &[Word], filled: u32, room: u32| {
            let (needed, left) = (words.len(), room - filled);
            let fits = u32::try_from(needed).ok().filter(|needed| *needed <= left);
            fits.ok_or(BatchError::NoRoom { what, needed, left })
        };
        let room = layout.encoding_words();
        let encoding = layout.encodings + filled.encodings;
        filled.encodings +=
            place("the encoding of the transaction", encoded, filled.encodings, room)?;
        // The first word is the bootloader's.
        let room = layout.compressed_words();
        let code = layout.compressed_bytecodes + 1 + filled.compressed;
        filled.compressed +=
            place("the code of the transaction", compressed, filled.compressed, room)?;
        let description = layout.descriptions + index * DESCRIPTION_WORDS;
        let mut words = vec![
            (description, self.system.mode.meta_word()),
            (description + 1, Word::from_u64(u64::from(encoding) * 32)),
            (layout.refunds + index, Word::ZERO),
            (layout.overheads + index, Word::from_u64(overhead_gas(encoded.len()))),
            (layout.trusted_ergs + index, trusted_gas(&transaction.gas_limit())),
        ];
        words.extend((encoding..).zip(encoded.iter().copied()));
        filled.interop_roots = self.add_block(index, filled.interop_roots, &mut words)?;
        words.extend((code..).zip(compressed.iter().copied()));
        Ok((words, filled))
    }

    /// Adds the description of the last block for the transaction with an index; returns how many interop roots there are.
    fn add_block(
        &self,
        index: u32,
        roots_before: u32,
        words: &mut Words,
    ) -> Result<u32, BatchError<S::Fault>> {
        let Some(block) = self.blocks.last() else { return Ok(roots_before) };
        let environment = &block.environment;
        let is_new = block.transactions == 0;
        let virtual_blocks = if is_new { environment.max_virtual_blocks } else { 0 };
        let first = self.layout.blocks + index * BLOCK_WORDS;
        let description = [
            Word::from_u64(u64::from(environment.number)),
            Word::from_u64(environment.timestamp),
            environment.previous_hash,
            Word::from_u64(u64::from(virtual_blocks)),
        ];
        words.extend((first..).zip(description));
        let Some(interop) = self.layout.interop.filter(|_| is_new) else {
            return Ok(roots_before);
        };
        let mut count = roots_before;
        for root in &environment.interop_roots {
            let left = MAX_INTEROP_ROOTS - count;
            let needed = root.sides.len();
            if left == 0 || needed + 4 > INTEROP_ROOT_WORDS as usize {
                return Err(BatchError::NoRoom { what: "an interop root", needed, left });
            }
            let head = [
                Word::from_u64(u64::from(environment.number)),
                Word::from_u64(root.chain_id),
                Word::from_u64(root.block_number),
                Word::from_u64(needed as u64),
            ];
            let place = interop.roots + count * INTEROP_ROOT_WORDS;
            words.extend((place..).zip(head.into_iter().chain(root.sides.iter().copied())));
            count += 1;
        }
        let blocks = u32::try_from(self.blocks.count()).unwrap_or(u32::MAX);
        let roots = Word::from_u64(environment.interop_roots.len() as u64 + 1);
        words.push((interop.counts + blocks.saturating_sub(1), roots));
        Ok(count)
    }

    /// Describes the last block, which has no transactions.
    ///
    /// SPEC: in the heap, its number of interop roots takes the place of that of the block before; in the memory with which the batch is
    /// proved it has its own.
    pub(super) fn write_last_block(&mut self) -> Result<(), BatchError<S::Fault>> {
        let blocks_before = self.blocks.count();
        self.blocks.end_with_empty()?;
        let index = u32::try_from(self.pushed.len()).unwrap_or(u32::MAX);
        let mut words = Vec::new();
        self.add_block(index, self.filled.interop_roots, &mut words)?;
        words.iter().for_each(|(index, word)| self.memory.set(*index, *word));
        if let (Some(interop), Some((place, _))) = (self.layout.interop, words.last_mut()) {
            *place = interop.counts + u32::try_from(blocks_before).unwrap_or(1).saturating_sub(1);
        }
        self.write_to_heap(WriteReason::LastBlock, &words);
        Ok(())
    }
}
