//! A transaction with all that the operator says about it.

use super::block::BlockDescription;
use crate::pubdata::CompressedBytecode;
use crate::transaction::Transaction;
use eravm_core::Word;

/// A transaction with all that the operator says about it.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    pub(crate) transaction: Transaction,
    /// The hash by which it is known, and the one that is signed; for transactions from L1 that is the same.
    pub(crate) hashes: [Word; 2],
    /// Its tuple as accounts get it.
    pub(crate) encoded: Vec<u8>,
    /// New code that comes with it.
    pub(crate) compressed: Vec<CompressedBytecode>,
    /// The block that it is in.
    pub(crate) block: BlockDescription,
    /// Gas that it pays for its place in the batch.
    pub(crate) overhead: u64,
    /// Gas that it is trusted to spend on computation.
    pub(crate) trusted_gas: u64,
    /// Whether it is a call that is only simulated.
    pub(crate) is_call: bool,
}

impl Submission {
    /// The tuple in the words of an encoded transaction, which has an offset before it.
    pub(crate) fn tuple(words: &[Word]) -> Vec<u8> {
        words.iter().skip(1).flat_map(Word::to_be_bytes).collect()
    }
}
