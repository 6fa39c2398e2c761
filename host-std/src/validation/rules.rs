//! Which slots the validation may read.

use super::parameters::{PaymasterRules, ValidationParameters};
use crate::keccak::keccak_word;
use crate::system_contracts::addresses::{
    ACCOUNT_CODE_STORAGE, BASE_TOKEN, BOOTLOADER, CONTRACT_DEPLOYER, MSG_VALUE_SIMULATOR,
    SYSTEM_CONTEXT,
};
use eravm_core::{Address, Word};
use primitive_types::U256;
use std::collections::{BTreeSet, HashSet};

/// Slot of `SystemContext` with the chain's number.
const CHAIN_ID_SLOT: Word = Word::ZERO;

/// How many slots behind a hash belong to it: a value in a mapping may be a struct.
const SLOTS_OF_A_VALUE: u64 = 128;
/// Most hashes that are remembered. Later ones are as good as unrelated; only an absurd limit of ergs lets an account come this far.
const MAX_HASHES: usize = 1 << 16;

/// Whose validation is going on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// The account's.
    Account,
    /// The paymaster's, for which there are rules.
    Paymaster,
}

/// A read of a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    pub(super) address: Address,
    pub(super) caller: Address,
    pub(super) key: Word,
}

/// What may be read, as far as it is known.
#[derive(Clone, Debug)]
pub(super) struct AllowedSlots<'a> {
    parameters: &'a ValidationParameters,
    /// Hashes that only depend on an address that is allowed, or on such a hash.
    hashes: BTreeSet<Word>,
    /// What was found in slots with trusted addresses.
    trusted: HashSet<Address>,
}

impl<'a> AllowedSlots<'a> {
    pub(super) fn new(parameters: &'a ValidationParameters) -> Self {
        Self { parameters, hashes: BTreeSet::new(), trusted: HashSet::new() }
    }

    /// Whether slots of this address, and those that others keep for it, may be read.
    fn is_own(&self, phase: Phase, address: &Address) -> bool {
        let parameters = self.parameters;
        let has_paymasters =
            phase == Phase::Paymaster && parameters.paymaster_rules == PaymasterRules::OwnSlots;
        *address == parameters.user_address
            || has_paymasters && parameters.paymaster_address.as_ref() == Some(address)
    }

    /// Takes note that Keccak-256 of 64 bytes is computed. Solidity keeps the value of a mapping under the hash of the key and of the
    /// mapping's slot, which is a hash itself for a mapping in a mapping.
    pub(super) fn note_hash(&mut self, phase: Phase, data: &[u8; 64]) {
        let (key, mapping) = data.split_at(32);
        let word = |bytes: &[u8]| bytes.first_chunk().map_or(Word::ZERO, Word::from_be_bytes);
        let (key, mapping) = (word(key), word(mapping));
        let key_is_own =
            key == Word::from_address(&key.to_address()) && self.is_own(phase, &key.to_address());
        let is_known = self.hashes.contains(&mapping);
        if (key_is_own || is_known) && self.hashes.len() < MAX_HASHES {
            self.hashes.insert(keccak_word([&data[..]]));
        }
    }

    /// Whether a slot may be read in which this value was found.
    pub(super) fn allows(&mut self, phase: Phase, read: &Read, value: &Word) -> bool {
        let Read { address, caller, key } = read;
        let parameters = self.parameters;
        if parameters.trusted_address_slots.contains(&(*address, *key)) {
            self.trusted.insert(value.to_address());
            return true;
        }
        let key_address = key.to_address();
        let is_related = self.is_own(phase, address)
            || *key == Word::from_address(&key_address) && self.is_own(phase, &key_address)
            || self.belongs_to_hash(key);
        let is_trusted = parameters.trusted_addresses.contains(address)
            || self.trusted.contains(address)
            || parameters.trusted_slots.contains(&(*address, *key));
        let pays = *address == BASE_TOKEN
            && [MSG_VALUE_SIMULATOR, CONTRACT_DEPLOYER, BOOTLOADER].contains(caller);
        let is_chain_id = *address == SYSTEM_CONTEXT && *key == CHAIN_ID_SLOT;
        // Code that is there stays there.
        let is_code = *address == ACCOUNT_CODE_STORAGE && !value.is_zero();
        let asserts_time =
            parameters.timestamp_asserter.is_some_and(|asserter| asserter.address == *caller);
        is_related || is_trusted || pays || is_chain_id || is_code || asserts_time
    }

    fn belongs_to_hash(&self, key: &Word) -> bool {
        let furthest = U256::from(SLOTS_OF_A_VALUE - 1);
        let first = Word::from(U256::from(*key).saturating_sub(furthest));
        self.hashes.range(first..=*key).next().is_some()
    }
}
