//! The state that a batch begins with.

use eravm_core::precompiles::Precompiles;
use eravm_core::{
    Address, CodeError, CodeStore, HostTypes, Program, Storage, StorageSlot, VersionedHash, Word,
};
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// The state before a batch: storage, code, and the numbers of the slots' leaves.
pub trait BatchState: Storage + CodeStore {
    /// The number of a slot's leaf in the state tree; 0 if it has none.
    ///
    /// # Errors
    /// If the state cannot answer.
    fn enumeration_index(&mut self, address: &Address, key: &Word) -> Result<u64, Self::Fault>;
}

/// A state that is lent, to run something on it and then something else.
impl<S: BatchState + ?Sized> BatchState for &mut S {
    fn enumeration_index(&mut self, address: &Address, key: &Word) -> Result<u64, Self::Fault> {
        (**self).enumeration_index(address, key)
    }
}

/// A slot that was written to before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// Its value.
    pub value: Word,
    /// Its number in the order of first writes, from 1.
    pub index: u64,
}

/// A state in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryState {
    leaves: HashMap<(Address, Word), Leaf>,
    code: HashMap<VersionedHash, Program>,
    last_index: u64,
}

impl MemoryState {
    /// An empty state.
    pub fn new() -> Self {
        Self::default()
    }

    /// The leaf of a slot, if it was ever written to.
    pub fn leaf(&self, address: &Address, key: &Word) -> Option<Leaf> {
        self.leaves.get(&(*address, *key)).copied()
    }

    /// All leaves, in no order.
    pub fn leaves(&self) -> impl Iterator<Item = (Address, Word, Leaf)> + '_ {
        self.leaves.iter().map(|(&(address, key), &leaf)| (address, key, leaf))
    }

    /// The value of a slot.
    pub fn value(&self, address: &Address, key: &Word) -> Word {
        self.leaf(address, key).map_or(Word::ZERO, |leaf| leaf.value)
    }

    /// Sets a leaf as it is.
    pub fn set_leaf(&mut self, address: Address, key: Word, leaf: Leaf) {
        self.last_index = self.last_index.max(leaf.index);
        self.leaves.insert((address, key), leaf);
    }

    /// Writes a slot; a new one gets the next number.
    pub fn write(&mut self, address: Address, key: Word, value: Word) {
        let last_index = &mut self.last_index;
        let leaf = self.leaves.entry((address, key)).or_insert_with(|| {
            *last_index += 1;
            Leaf { value, index: *last_index }
        });
        leaf.value = value;
    }

    /// Writes changed slots; new ones get the next numbers in the order of address and key.
    pub fn apply(&mut self, changes: impl IntoIterator<Item = (Address, Word, Word)>) {
        let changes = changes.into_iter().map(|(address, key, value)| ((address, key), value));
        for ((address, key), value) in changes.collect::<BTreeMap<_, _>>() {
            self.write(address, key, value);
        }
    }

    /// Makes code known under its hash.
    pub fn add_program(&mut self, hash: VersionedHash, program: Program) {
        self.code.insert(hash.at_rest(), program);
    }

    /// Makes code known under its hash.
    ///
    /// # Errors
    /// If bytes of this length cannot be code.
    pub fn add_code(&mut self, hash: VersionedHash, code: &[u8]) -> Result<(), CodeError> {
        self.add_program(hash, Program::new(code)?);
        Ok(())
    }

    /// The code with a hash.
    pub fn program_of(&self, hash: &VersionedHash) -> Option<&Program> {
        self.code.get(hash)
    }
}

/// Nobody writes to the state while a batch runs, so that a batch can own it or borrow it, and many batches can share one.
macro_rules! states {
    ($($state:ty),*) => {$(
        impl HostTypes for $state {
            type Fault = core::convert::Infallible;
        }

        impl Storage for $state {
            fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, Self::Fault> {
                Ok(match self.leaf(address, key) {
                    Some(leaf) => StorageSlot { value: leaf.value, is_initial: false },
                    None => StorageSlot::EMPTY,
                })
            }
        }

        impl CodeStore for $state {
            fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, Self::Fault> {
                Ok(self.program_of(hash).cloned())
            }
        }

        impl Precompiles for $state {}

        impl BatchState for $state {
            fn enumeration_index(&mut self, address: &Address, key: &Word) -> Result<u64, Self::Fault> {
                Ok(self.leaf(address, key).map_or(0, |leaf| leaf.index))
            }
        }
    )*};
}

states!(MemoryState, &MemoryState);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_slots_get_the_next_numbers_in_the_order_of_address_and_key() {
        let (a, b) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let word = Word::from_u64;
        let mut state = MemoryState::new();
        state.set_leaf(a, word(9), Leaf { value: word(1), index: 4 });
        state.apply([(b, word(1), word(7)), (a, word(9), word(2)), (a, word(3), word(8))]);
        assert_eq!(state.leaf(&a, &word(9)), Some(Leaf { value: word(2), index: 4 }));
        assert_eq!(state.leaf(&a, &word(3)), Some(Leaf { value: word(8), index: 5 }));
        assert_eq!(state.leaf(&b, &word(1)), Some(Leaf { value: word(7), index: 6 }));
    }
}
