//! Where the contract keeps what it knows.

use super::{load, store};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use eravm_core::Word;
use primitive_types::U256;

pub(super) const CHAIN_ID: Word = Word::from_u64(0);
pub(super) const ORIGIN: Word = Word::from_u64(1);
pub(super) const GAS_PRICE: Word = Word::from_u64(2);
pub(super) const GAS_LIMIT: Word = Word::from_u64(3);
pub(super) const COINBASE: Word = Word::from_u64(4);
pub(super) const DIFFICULTY: Word = Word::from_u64(5);
pub(super) const BASE_FEE: Word = Word::from_u64(6);
/// A [`Moment`].
pub(super) const BATCH: Word = Word::from_u64(7);
/// Of the mapping from batches to their hashes.
pub(super) const BATCH_HASHES: Word = Word::from_u64(8);
/// A [`Moment`].
pub(super) const BLOCK: Word = Word::from_u64(9);
/// The chained hash of the block's transactions.
pub(super) const TRANSACTIONS_HASH: Word = Word::from_u64(10);
/// Of the first of the [`KEPT_BLOCKS`].
const BLOCK_HASHES: u64 = 11;
/// A [`Moment`]: what contracts see of the block.
pub(super) const VIRTUAL_BLOCK: Word = Word::from_u64(268);
/// The first batch with virtual blocks, and from which block on these are blocks.
pub(super) const VIRTUAL_BLOCKS_RANGE: Word = Word::from_u64(269);
pub(super) const TX_NUMBER: Word = Word::from_u64(270);
pub(super) const GAS_PER_PUBDATA: Word = Word::from_u64(271);
pub(super) const BASE_PUBDATA_SPENT: Word = Word::from_u64(272);

/// So many hashes of blocks are kept, each at its number modulo this.
const KEPT_BLOCKS: u64 = 257;

/// The slot of the hash of a block.
pub(super) fn block_hash(number: &Word) -> Word {
    let place = U256::from(*number) % U256::from(KEPT_BLOCKS);
    Word::from_u64(BLOCK_HASHES + place.low_u64())
}

/// The number and the timestamp of a batch or block, or another pair of numbers that is kept as they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Moment {
    pub(super) timestamp: u128,
    pub(super) number: u128,
}

impl Moment {
    /// Before the first one.
    const NONE: Self = Self { timestamp: 0, number: 0 };

    pub(super) fn load(cx: &mut Context<'_>, slot: &Word) -> Result<Self, Failure> {
        let (timestamp, number) = halves(&load(cx, slot)?);
        Ok(Self { timestamp, number })
    }

    pub(super) fn store(self, cx: &mut Context<'_>, slot: &Word) -> Result<(), Failure> {
        store(cx, slot, &from_halves(self.timestamp, self.number))
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }
}

/// The lower and the upper half of a word.
pub(super) const fn halves(word: &Word) -> (u128, u128) {
    let Word([_, _, low, high]) = *word;
    (word.low_u128(), (high as u128) << 64 | low as u128)
}

/// The word of two halves.
pub(super) const fn from_halves(lower: u128, upper: u128) -> Word {
    Word([lower as u64, (lower >> 64) as u64, upper as u64, (upper >> 64) as u64])
}
