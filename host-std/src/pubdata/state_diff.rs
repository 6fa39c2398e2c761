//! A changed slot.

use blake2::{Blake2s256, Digest};
use eravm_core::{Address, Word};

/// Bytes of a state diff as it is hashed: two blocks of keccak256.
pub const STATE_DIFF_BYTES: usize = 272;

/// A slot that a batch changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StateDiff {
    /// The contract.
    pub address: Address,
    /// The slot.
    pub key: Word,
    /// The slot's place in the state tree; see [`derived_key`].
    pub derived_key: [u8; 32],
    /// The number of the slot's leaf in the state tree; 0 if it had none before the batch.
    pub enumeration_index: u64,
    /// The value before the batch.
    pub initial_value: Word,
    /// The value after the batch.
    pub final_value: Word,
}

/// The place of a slot in the state tree: blake2s of the address, padded to 32 bytes, and the key.
pub fn derived_key(address: &Address, key: &Word) -> [u8; 32] {
    let hash = Blake2s256::new()
        .chain_update(Word::from_address(address).to_be_bytes())
        .chain_update(key.to_be_bytes());
    hash.finalize().into()
}

impl StateDiff {
    /// A changed slot, with its derived key.
    pub fn new(
        address: Address,
        key: Word,
        enumeration_index: u64,
        initial_value: Word,
        final_value: Word,
    ) -> Self {
        let derived_key = derived_key(&address, &key);
        Self { address, key, derived_key, enumeration_index, initial_value, final_value }
    }

    /// Whether the slot had no leaf in the state tree.
    pub const fn is_initial(&self) -> bool {
        self.enumeration_index == 0
    }

    /// Address (20 bytes), key (32), derived key (32), index (8) and the two values (32 each), big-endian, then zeros.
    pub fn encode_padded(&self) -> [u8; STATE_DIFF_BYTES] {
        let mut bytes = [0; STATE_DIFF_BYTES];
        let fields: [&[u8]; 6] = [
            &self.address.0,
            &self.key.to_be_bytes(),
            &self.derived_key,
            &self.enumeration_index.to_be_bytes(),
            &self.initial_value.to_be_bytes(),
            &self.final_value.to_be_bytes(),
        ];
        let source = fields.iter().flat_map(|field| field.iter());
        bytes.iter_mut().zip(source).for_each(|(place, byte)| *place = *byte);
        bytes
    }
}
