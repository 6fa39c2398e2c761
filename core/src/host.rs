//! What the machine asks of its surroundings.

use crate::program::Program;
use crate::versioned_hash::VersionedHash;
use crate::word::{Address, Word};

/// The error type that all parts of a host share.
pub trait HostTypes {
    /// Why the host could not answer. It ends the run and is handed to the caller as it is.
    type Fault: core::fmt::Debug;
}

/// A storage slot as it was before the batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StorageSlot {
    /// Its value.
    pub value: Word,
    /// Whether a write to it is the first ever (the state tree has no leaf for it yet).
    pub is_initial: bool,
}

impl StorageSlot {
    /// A slot that was never written.
    pub const EMPTY: Self = Self { value: Word::ZERO, is_initial: true };
}

/// The state before the batch. The machine never writes to it: it keeps changes in its own log.
pub trait Storage: HostTypes {
    /// Reads a slot. Asked at most once per slot and run.
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, Self::Fault>;

    /// Pubdata bytes that a write of `value` to a slot costs, given its state before the batch.
    ///
    /// The default is the network's rule, [`crate::pubdata::write_price`]. Any implementation must return at most
    /// 65 (the machine's reference asserts it); greater values are cut.
    fn write_price(&mut self, slot: &StorageSlot, value: &Word) -> u32 {
        crate::pubdata::write_price(slot, value)
    }

    /// Whether a slot costs neither ergs beyond the warm price nor pubdata.
    ///
    /// The default is the network's rule, [`crate::pubdata::is_free_slot`].
    fn is_free(&mut self, address: &Address, key: &Word) -> bool {
        crate::pubdata::is_free_slot(address, key)
    }
}

/// Code by hash.
pub trait CodeStore: HostTypes {
    /// The code behind a hash, decoded, or `None` if it is unknown (the run then ends with a typed stop).
    ///
    /// The hash has kind 1 or 2 and its "being constructed" marker removed. Asked at most once per hash and run.
    /// [`Program`] is a cheap handle: hosts keep decoded code and share it.
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, Self::Fault>;
}

impl<H: HostTypes + ?Sized> HostTypes for &mut H {
    type Fault = H::Fault;
}

/// Storage that is lent.
impl<H: Storage + ?Sized> Storage for &mut H {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, Self::Fault> {
        (**self).slot(address, key)
    }

    fn write_price(&mut self, slot: &StorageSlot, value: &Word) -> u32 {
        (**self).write_price(slot, value)
    }

    fn is_free(&mut self, address: &Address, key: &Word) -> bool {
        (**self).is_free(address, key)
    }
}

/// A store of code that is lent.
impl<H: CodeStore + ?Sized> CodeStore for &mut H {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, Self::Fault> {
        (**self).program(hash)
    }
}

/// Everything the machine needs.
pub trait Host: Storage + CodeStore + crate::precompiles::Precompiles {}

impl<H: Storage + CodeStore + crate::precompiles::Precompiles> Host for H {}
