//! The L2 blocks of a batch, as the host keeps account of them.

use super::environment::BlockEnvironment;
use crate::transaction::TransactionHash;
use core::fmt;
use eravm_core::Word;
use eravm_core::precompiles::Keccak256Memo;

/// First protocol version in which a block may have the same time as the one before.
const FAST_BLOCKS: u16 = 29;

/// A block of a batch.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) environment: BlockEnvironment,
    /// Rolling hash of its transactions; zero without any.
    transactions_hash: Word,
    pub(super) transactions: u32,
}

/// All blocks of a batch.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    all: Vec<Block>,
    protocol: u16,
}

/// To go back to.
#[derive(Clone, Debug)]
pub(super) struct SavedBlocks {
    count: usize,
    last: Option<Block>,
}

/// Why a block cannot follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlockError {
    /// The last block has no transactions: another one cannot follow it.
    LastIsEmpty,
    /// It has another number than the next.
    Number {
        /// The next one's.
        expected: u32,
        /// Its number.
        actual: u32,
    },
    /// It is older than the block before, or as old where that is not allowed.
    Timestamp {
        /// Time of the block before, in seconds.
        previous: u64,
        /// Its time, in seconds.
        actual: u64,
    },
    /// It follows another block.
    PreviousHash {
        /// Hash of the block before.
        expected: Word,
        /// What it says.
        actual: Word,
    },
    /// There are no more numbers.
    LastNumber,
}

impl fmt::Display for BlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LastIsEmpty => f.write_str(
                "the last block has no transactions: push one before the next block is begun",
            ),
            Self::Number { expected, actual } => {
                write!(f, "the next block has number {expected}, not {actual}")
            }
            Self::Timestamp { previous, actual } => {
                write!(
                    f,
                    "time {actual} of the block is not after {previous}, that of the one before"
                )
            }
            Self::PreviousHash { expected, actual } => {
                write!(f, "the block before has hash {expected:?}, not {actual:?}")
            }
            Self::LastNumber => f.write_str("there is no number for another block"),
        }
    }
}

impl core::error::Error for BlockError {}

fn keccak(words: &[Word]) -> Word {
    let bytes: Vec<u8> = words.iter().flat_map(Word::to_be_bytes).collect();
    crate::keccak::keccak_word([&bytes[..]])
}

impl Block {
    const fn new(environment: BlockEnvironment) -> Self {
        Self { environment, transactions_hash: Word::ZERO, transactions: 0 }
    }

    /// The hash of the block with the transactions that it has now.
    ///
    /// SPEC: keccak of number, time, hash of the block before and rolling hash of the transactions
    /// (`SystemContext._calculateL2BlockHash`).
    pub(super) fn hash(&self) -> Word {
        let BlockEnvironment { number, timestamp, previous_hash, .. } = &self.environment;
        let number = Word::from_u64(u64::from(*number));
        keccak(&[number, Word::from_u64(*timestamp), *previous_hash, self.transactions_hash])
    }
}

impl Blocks {
    pub(super) fn new(first: BlockEnvironment, protocol: u16) -> Self {
        Self { all: vec![Block::new(first)], protocol }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    pub(super) fn last(&self) -> Option<&Block> {
        self.all.last()
    }

    /// Adds a transaction to the last block. The system is about to hash the same, so that the machine's memo is for both.
    pub(super) fn add_transaction(&mut self, hash: &TransactionHash, memo: &mut Keccak256Memo) {
        if let Some(block) = self.all.last_mut() {
            let parts = [&block.transactions_hash.to_be_bytes()[..], &hash.0];
            let hash = memo.digest(&mut parts.into_iter());
            block.transactions_hash = Word::from_be_bytes(&hash);
            block.transactions += 1;
        }
    }

    /// Begins the next block.
    pub(super) fn begin(&mut self, next: BlockEnvironment) -> Result<(), BlockError> {
        if let Some(last) = self.last() {
            self.check_next(last, &next)?;
        }
        self.all.push(Block::new(next));
        Ok(())
    }

    fn check_next(&self, last: &Block, next: &BlockEnvironment) -> Result<(), BlockError> {
        if last.transactions == 0 {
            return Err(BlockError::LastIsEmpty);
        }
        let previous = last.environment.timestamp;
        let may_be_equal = self.protocol >= FAST_BLOCKS || last.environment.number == 0;
        if next.timestamp < previous || next.timestamp == previous && !may_be_equal {
            return Err(BlockError::Timestamp { previous, actual: next.timestamp });
        }
        let expected = last.environment.number.checked_add(1).ok_or(BlockError::LastNumber)?;
        if next.number != expected {
            return Err(BlockError::Number { expected, actual: next.number });
        }
        let (expected, actual) = (last.hash(), next.previous_hash);
        if actual != expected {
            return Err(BlockError::PreviousHash { expected, actual });
        }
        Ok(())
    }

    /// What a block that follows the last one has at least: the next number, the next second, its hash.
    pub(super) fn next(&self) -> Result<BlockEnvironment, BlockError> {
        let Some(last) = self.last() else { return Ok(BlockEnvironment::default()) };
        let number = last.environment.number.checked_add(1).ok_or(BlockError::LastNumber)?;
        Ok(BlockEnvironment {
            number,
            timestamp: last.environment.timestamp.saturating_add(1),
            previous_hash: last.hash(),
            max_virtual_blocks: 1,
            interop_roots: Vec::new(),
        })
    }

    /// Ends with a block without transactions: the last one, or another one behind it.
    pub(super) fn end_with_empty(&mut self) -> Result<(), BlockError> {
        match self.all.last_mut() {
            Some(last) if last.transactions == 0 => last.environment.interop_roots.clear(),
            _ => {
                let next = self.next()?;
                self.begin(next)?;
            }
        }
        Ok(())
    }

    pub(super) fn save(&self) -> SavedBlocks {
        SavedBlocks { count: self.all.len(), last: self.last().cloned() }
    }

    pub(super) fn restore(&mut self, saved: SavedBlocks) {
        self.all.truncate(saved.count);
        if let (Some(place), Some(last)) = (self.all.last_mut(), saved.last) {
            *place = last;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(protocol: u16) -> Blocks {
        let first = BlockEnvironment { number: 5, timestamp: 100, ..BlockEnvironment::default() };
        Blocks::new(first, protocol)
    }

    #[test]
    fn a_block_must_follow_the_last_one() {
        let mut blocks = blocks(28);
        let next = |blocks: &Blocks| blocks.next().expect("there is a next one");
        assert_eq!(blocks.clone().begin(next(&blocks)), Err(BlockError::LastIsEmpty));
        blocks.add_transaction(&TransactionHash::default(), &mut Keccak256Memo::new());
        let good = next(&blocks);
        assert_eq!(blocks.clone().begin(good.clone()), Ok(()));
        let wrong = BlockEnvironment { number: 7, ..good.clone() };
        assert_eq!(blocks.begin(wrong), Err(BlockError::Number { expected: 6, actual: 7 }));
        let wrong = BlockEnvironment { timestamp: 100, ..good.clone() };
        let error = BlockError::Timestamp { previous: 100, actual: 100 };
        assert_eq!(blocks.begin(wrong.clone()), Err(error));
        assert_eq!(Blocks { protocol: 29, ..blocks.clone() }.begin(wrong), Ok(()));
        let wrong = BlockEnvironment { previous_hash: Word::ZERO, ..good };
        assert!(matches!(blocks.begin(wrong), Err(BlockError::PreviousHash { .. })));
    }

    #[test]
    fn going_back_takes_transactions_and_blocks_away() {
        let mut blocks = blocks(29);
        let (saved, hash) = (blocks.save(), blocks.all[0].hash());
        blocks.add_transaction(&eravm_core::VersionedHash([1; 32]), &mut Keccak256Memo::new());
        blocks.end_with_empty().expect("there is a next one");
        assert_eq!(blocks.count(), 2);
        blocks.restore(saved);
        assert_eq!((blocks.count(), blocks.all[0].transactions), (1, 0));
        assert_eq!(blocks.all[0].hash(), hash);
    }
}
