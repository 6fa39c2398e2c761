//! When to finish a batch.

use super::circuits::CircuitUse;

/// What is left of a batch's resources, and what it has used, for whoever decides when to finish it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signals {
    /// Ergs of the bootloader's frame that are left. The end of a batch takes some 1.5 million; the network keeps 400 million for it.
    pub ergs: u32,
    /// Bytes of pubdata so far. May be negative while slots go back to what they were.
    pub pubdata: i32,
    /// Transactions that there is place for.
    pub transactions: u32,
    /// Words that are left for encodings of transactions.
    pub encoding_words: u32,
    /// Words that are left for compressed code.
    pub compressed_words: u32,
    /// Instructions so far, those taken back included.
    pub instructions: u64,
    /// Bytes of memory that the machine uses.
    pub memory: usize,
    /// Cycles of circuits of what is in the batch; not those taken back. The end of the batch comes on top.
    pub circuits: CircuitUse,
}
