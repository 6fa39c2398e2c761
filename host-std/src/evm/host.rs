//! What is around a frame.

use crate::keccak::keccak;
use eravm_core::{Address, Word};
use std::fmt;

/// The host could not answer. It remembers why; the frame cannot go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HostFailed;

impl fmt::Display for HostFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host of an EVM frame could not answer")
    }
}

impl core::error::Error for HostFailed {}

/// An answer of the host.
pub type HostResult<T> = Result<T, HostFailed>;

/// What code can know of its transaction and block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Environment {
    /// Who signed the transaction.
    Origin,
    /// What it pays for gas.
    GasPrice,
    /// Who is paid for the block.
    Coinbase,
    /// The time of the block.
    Timestamp,
    /// The number of the block.
    Number,
    /// Randomness; before Paris, the difficulty.
    Randomness,
    /// The gas of the block.
    GasLimit,
    /// The chain.
    ChainId,
    /// What the block's gas costs at least.
    BaseFee,
    /// What the gas of blobs costs.
    BlobBaseFee,
}

/// A slot that is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Loaded {
    /// Its value.
    pub value: Word,
    /// Whether this is its first access in the transaction.
    pub was_cold: bool,
}

/// A slot that will be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stored {
    /// Its value at the beginning of the transaction.
    pub original: Word,
    /// Its value now.
    pub current: Word,
    /// Whether this is its first access in the transaction.
    pub was_cold: bool,
}

/// A contract that has destroyed itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SelfDestructed {
    /// Whether it had a balance.
    pub had_value: bool,
    /// Whether its heir was there: not empty, or before EIP-158 in the state at all.
    pub heir_exists: bool,
    /// Whether this is the heir's first access in the transaction.
    pub was_cold: bool,
    /// Whether it has done so before in the transaction.
    pub was_destroyed: bool,
}

/// What is around a frame: state, block and transaction. Calls and creations are not here: for these a frame [suspends](super::Suspended).
///
/// `this` is always the frame's own contract.
pub trait EvmHost {
    /// Something of the block or the transaction.
    ///
    /// # Errors
    /// If the host fails, as of all functions here.
    fn environment(&mut self, what: Environment) -> HostResult<Word>;

    /// The hash of a block: zero unless it is one of the last 256 before this one.
    fn block_hash(&mut self, number: &Word) -> HostResult<Word>;

    /// The hash of one of the transaction's blobs; zero if there are not so many.
    fn blob_hash(&mut self, index: &Word) -> HostResult<Word>;

    /// Makes an account warm. Whether it was cold.
    fn warm_account(&mut self, address: &Address) -> HostResult<bool>;

    /// The balance of an account.
    fn balance(&mut self, address: &Address) -> HostResult<Word>;

    /// Whether a transfer to an account pays for a new one: it has no code, no balance and no nonce; before EIP-158, it is not in the
    /// state.
    fn is_empty(&mut self, address: &Address) -> HostResult<bool>;

    /// Bytes of an account's code.
    fn code_size(&mut self, address: &Address) -> HostResult<u64>;

    /// The hash of an account's code; zero if there is no account.
    fn code_hash(&mut self, address: &Address) -> HostResult<Word>;

    /// Writes what an account's code has from a place on over bytes that are zero. `from` may be anything.
    fn copy_code(&mut self, address: &Address, from: u64, to: &mut [u8]) -> HostResult<()>;

    /// The value of a slot, which becomes warm.
    fn load(&mut self, this: &Address, key: &Word) -> HostResult<Loaded>;

    /// What the price of a write depends on. The slot becomes warm.
    fn before_store(&mut self, this: &Address, key: &Word) -> HostResult<Stored>;

    /// Writes a slot, after [`before_store`](Self::before_store).
    fn store(&mut self, this: &Address, key: &Word, value: &Word) -> HostResult<()>;

    /// The value of a transient slot.
    fn load_transient(&mut self, this: &Address, key: &Word) -> HostResult<Word>;

    /// Writes a transient slot.
    fn store_transient(&mut self, this: &Address, key: &Word, value: &Word) -> HostResult<()>;

    /// Emits an event, with four topics at most.
    fn log(&mut self, this: &Address, topics: &[Word], data: &[u8]) -> HostResult<()>;

    /// keccak256 of bytes: computed, unless the host knows a faster way.
    fn keccak256(&mut self, bytes: &[u8]) -> HostResult<[u8; 32]> {
        Ok(keccak([bytes]))
    }

    /// Whether [`instruction`](Self::instruction) is called, which makes frames slower.
    fn watches(&self) -> bool {
        false
    }

    /// A frame comes to an instruction.
    fn instruction(&mut self, pc: usize, opcode: u8) {
        let _ = (pc, opcode);
    }

    /// Destroys a contract in favour of another. Not called where contracts cannot do that.
    fn self_destruct(&mut self, this: &Address, heir: &Address) -> HostResult<SelfDestructed>;
}
