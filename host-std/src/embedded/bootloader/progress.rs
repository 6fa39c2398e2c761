//! What the bootloader remembers of a batch.

use crate::keccak::keccak_word;
use crate::pubdata::CompressedBytecode;
use eravm_core::Word;

/// Bytes of a paymaster's context, with the word of its length.
pub(super) const CONTEXT_BYTES: usize = 33 * 32;

/// What the bootloader remembers of a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Progress {
    /// Whether the batch was begun.
    pub(super) has_begun: bool,
    /// Whether a transaction has ended, and the next one was not begun.
    pub(super) is_between: bool,
    /// Transactions that were processed.
    pub(super) transactions: u32,
    /// Chained hash of the priority operations.
    pub(super) priority_hash: Word,
    /// Their number.
    pub(super) priority_count: u64,
    /// Chained hash of what came of all transactions.
    pub(super) status_hash: Word,
    /// Number of the last block whose interop roots were set.
    pub(super) last_block: u64,
    /// Chained hash of the interop roots.
    pub(super) roots_hash: Word,
    /// Compressed code that was not published yet, in the order in which it came.
    ///
    /// SPEC: when a transaction runs out of gas before its code is published, that stays the next one to be published, and all code behind
    /// it is published as it is.
    pub(super) compressed: Vec<CompressedBytecode>,
    /// What the last paymaster wants to hear again behind its transaction: the length of it, and its bytes.
    ///
    /// SPEC: behind a short context there is what is left of longer ones before it.
    pub(super) paymaster_context: [u8; CONTEXT_BYTES],
}

impl Progress {
    /// At the beginning of a batch.
    pub(crate) fn new() -> Self {
        Self {
            has_begun: false,
            is_between: false,
            transactions: 0,
            // Of nothing.
            priority_hash: keccak_word([]),
            priority_count: 0,
            status_hash: Word::ZERO,
            last_block: 0,
            roots_hash: Word::ZERO,
            compressed: Vec::new(),
            paymaster_context: [0; CONTEXT_BYTES],
        }
    }

    /// Adds what came of a transaction.
    pub(super) fn add_status(&mut self, hash: &Word, succeeded: bool) {
        let status = keccak_word([&hash.to_be_bytes()[..], &[succeeded.into()]]);
        self.status_hash =
            keccak_word([&self.status_hash.to_be_bytes()[..], &status.to_be_bytes()]);
    }

    /// Adds a priority operation.
    pub(super) fn add_priority(&mut self, hash: &Word) {
        self.priority_hash =
            keccak_word([&self.priority_hash.to_be_bytes()[..], &hash.to_be_bytes()]);
        self.priority_count += 1;
    }
}
