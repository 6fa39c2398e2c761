//! A state in which something is different.

use super::overrides::{
    AccountOverride, CodeOverride, CodeOverrideError, StateOverrides, StorageOverride,
};
use crate::batch::BatchState;
use crate::keccak::keccak_word;
use crate::system_contracts::addresses::{
    ACCOUNT_CODE_STORAGE, EVM_HASHES_STORAGE, KNOWN_CODES_STORAGE,
};
use crate::system_contracts::{balance_slot, nonce_slot};
use eravm_core::precompiles::Precompiles;
use eravm_core::{
    Address, CodeStore, HostTypes, Program, Storage, StorageSlot, VersionedHash, Word,
};
use std::collections::{HashMap, HashSet};

/// A state in which something is different. What is read but not overridden comes from the state below, which is not changed.
///
/// Whether a write to a slot is its first is as in the state below, whatever value the slot now has: so the network has it.
#[derive(Debug)]
pub struct OverriddenState<'a, S> {
    below: &'a mut S,
    slots: HashMap<(Address, Word), Word>,
    /// Contracts whose slots are zero.
    erased: HashSet<Address>,
    code: HashMap<VersionedHash, Program>,
}

impl<'a, S: BatchState> OverriddenState<'a, S> {
    /// A state in which nothing is different yet.
    pub fn over(below: &'a mut S) -> Self {
        Self { below, slots: HashMap::new(), erased: HashSet::new(), code: HashMap::new() }
    }

    /// Makes a value of a slot.
    pub fn set_value(&mut self, address: Address, key: Word, value: Word) {
        self.slots.insert((address, key), value);
    }

    /// The value of a slot.
    ///
    /// # Errors
    /// If the state cannot answer.
    pub fn value(&mut self, address: &Address, key: &Word) -> Result<Word, S::Fault> {
        Ok(self.slot(address, key)?.value)
    }

    /// An account's balance, in wei of the base token.
    ///
    /// # Errors
    /// If the state cannot answer.
    pub fn balance(&mut self, account: &Address) -> Result<Word, S::Fault> {
        let (token, key) = balance_slot(account);
        self.value(&token, &key)
    }

    /// Gives an account another balance, in wei of the base token. The total supply stays.
    pub fn set_balance(&mut self, account: &Address, balance: Word) {
        let (token, key) = balance_slot(account);
        self.set_value(token, key, balance);
    }

    /// Gives an account another nonce for its next transaction. That for its next deployment, in the upper half of the word,
    /// stays.
    ///
    /// # Errors
    /// If the state cannot answer.
    pub fn set_nonce(&mut self, account: &Address, nonce: u128) -> Result<(), S::Fault> {
        let (holder, key) = nonce_slot(account);
        let Word([_, _, high, highest]) = self.value(&holder, &key)?;
        let Word([low, lower, ..]) = Word::from_u128(nonce);
        self.set_value(holder, key, Word([low, lower, high, highest]));
        Ok(())
    }

    /// Whether an account has code of its own.
    ///
    /// # Errors
    /// If the state cannot answer.
    pub fn has_code(&mut self, account: &Address) -> Result<bool, S::Fault> {
        let hash = self.value(&ACCOUNT_CODE_STORAGE, &Word::from_address(account))?;
        Ok(!hash.is_zero())
    }

    /// Gives an account other code, which is then known to the contracts.
    ///
    /// # Errors
    /// If it cannot be code.
    pub fn set_code(
        &mut self,
        account: &Address,
        code: &CodeOverride,
    ) -> Result<(), CodeOverrideError> {
        let (hash, program) = code.program()?;
        let key = hash.to_word();
        if let CodeOverride::Evm(code) = code {
            self.set_value(EVM_HASHES_STORAGE, key, keccak_word([code.bytes()]));
        }
        self.set_value(ACCOUNT_CODE_STORAGE, Word::from_address(account), key);
        self.set_value(KNOWN_CODES_STORAGE, key, Word::ONE);
        self.code.insert(hash.at_rest(), program);
        Ok(())
    }

    /// Applies overrides.
    ///
    /// # Errors
    /// If code in them cannot be, or the state cannot answer.
    pub fn apply(&mut self, overrides: &StateOverrides) -> Result<(), OverrideError<S::Fault>> {
        for (account, override_) in &overrides.accounts {
            self.apply_to(account, override_)?;
        }
        Ok(())
    }

    fn apply_to(
        &mut self,
        account: &Address,
        AccountOverride { balance, nonce, code, storage }: &AccountOverride,
    ) -> Result<(), OverrideError<S::Fault>> {
        if let Some(balance) = balance {
            self.set_balance(account, *balance);
        }
        if let Some(nonce) = nonce {
            self.set_nonce(account, *nonce).map_err(OverrideError::State)?;
        }
        if let Some(code) = code {
            let set = self.set_code(account, code);
            set.map_err(|error| OverrideError::Code(*account, error))?;
        }
        match storage {
            StorageOverride::Unchanged => {}
            StorageOverride::Some(slots) => self.set_values(account, slots),
            StorageOverride::All(slots) => {
                self.erased.insert(*account);
                self.set_values(account, slots);
            }
        }
        Ok(())
    }

    fn set_values<'b>(
        &mut self,
        account: &Address,
        slots: impl IntoIterator<Item = (&'b Word, &'b Word)>,
    ) {
        slots.into_iter().for_each(|(key, value)| self.set_value(*account, *key, *value));
    }
}

/// Why overrides cannot be applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OverrideError<F> {
    /// The state could not answer.
    State(F),
    /// The code of this account cannot be.
    Code(Address, CodeOverrideError),
}

impl<S: BatchState> HostTypes for OverriddenState<'_, S> {
    type Fault = S::Fault;
}

impl<S: BatchState> Storage for OverriddenState<'_, S> {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, S::Fault> {
        let slot = self.below.slot(address, key)?;
        let value = match self.slots.get(&(*address, *key)) {
            Some(value) => *value,
            None if self.erased.contains(address) => Word::ZERO,
            None => return Ok(slot),
        };
        Ok(StorageSlot { value, ..slot })
    }

    fn write_price(&mut self, slot: &StorageSlot, value: &Word) -> u32 {
        self.below.write_price(slot, value)
    }

    fn is_free(&mut self, address: &Address, key: &Word) -> bool {
        self.below.is_free(address, key)
    }
}

impl<S: BatchState> CodeStore for OverriddenState<'_, S> {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, S::Fault> {
        match self.code.get(hash) {
            Some(program) => Ok(Some(program.clone())),
            None => self.below.program(hash),
        }
    }
}

impl<S: BatchState> Precompiles for OverriddenState<'_, S> {}

impl<S: BatchState> BatchState for OverriddenState<'_, S> {
    fn enumeration_index(&mut self, address: &Address, key: &Word) -> Result<u64, S::Fault> {
        self.below.enumeration_index(address, key)
    }
}

#[cfg(test)]
mod tests {
    use super::super::overrides::EvmCode;
    use super::*;
    use crate::batch::MemoryState;

    const ACCOUNT: Address = Address::repeat_byte(0x11);
    const OTHER: Address = Address::repeat_byte(0x22);

    fn number(number: u64) -> Word {
        Word::from_u64(number)
    }

    fn state() -> MemoryState {
        let mut state = MemoryState::new();
        for account in [ACCOUNT, OTHER] {
            state.write(account, number(1), number(10));
            state.write(account, number(2), number(20));
        }
        let (holder, key) = nonce_slot(&ACCOUNT);
        state.write(holder, key, Word([5, 0, 7, 0]));
        state
    }

    fn overridden(
        state: &mut MemoryState,
        account: AccountOverride,
    ) -> OverriddenState<'_, MemoryState> {
        let mut overridden = OverriddenState::over(state);
        let overrides = StateOverrides { accounts: [(ACCOUNT, account)].into() };
        overridden.apply(&overrides).expect("they can be applied");
        overridden
    }

    #[test]
    fn slots_are_replaced_one_by_one_or_all() {
        let slots = [(number(2), number(21)), (number(3), number(31))];
        for (storage, expected) in [
            (StorageOverride::Some(slots.into()), [0, 10, 21, 31]),
            (StorageOverride::All(slots.into()), [0, 0, 21, 31]),
            (StorageOverride::Unchanged, [0, 10, 20, 0]),
        ] {
            let mut state = state();
            let mut state =
                overridden(&mut state, AccountOverride { storage, ..Default::default() });
            for (key, expected) in (0..).map(number).zip(expected) {
                let slot = state.slot(&ACCOUNT, &key).unwrap();
                assert_eq!(slot.value, number(expected));
                // A slot without a leaf has none still, and one that has been erased keeps it.
                assert_eq!(slot.is_initial, ![number(1), number(2)].contains(&key));
            }
            assert_eq!(state.value(&OTHER, &number(1)), Ok(number(10)));
        }
    }

    #[test]
    fn balance_and_nonce_are_where_the_contracts_have_them() {
        let mut state = state();
        let (balance, nonce) = (Some(Word([u64::MAX; 4])), Some(u128::MAX));
        let mut state =
            overridden(&mut state, AccountOverride { balance, nonce, ..Default::default() });
        assert_eq!(state.balance(&ACCOUNT), Ok(Word([u64::MAX; 4])));
        assert_eq!(state.balance(&OTHER), Ok(Word::ZERO));
        let (holder, key) = nonce_slot(&ACCOUNT);
        assert_eq!(state.value(&holder, &key), Ok(Word([u64::MAX, u64::MAX, 7, 0])));
    }

    #[test]
    fn code_is_known_under_its_hash() {
        let era_vm = CodeOverride::era_vm(vec![3; 32]).unwrap();
        let evm = CodeOverride::Evm(EvmCode::new(vec![0x60, 0]).unwrap());
        for (code, evm_hash) in [(era_vm, Word::ZERO), (evm, keccak_word([&[0x60, 0][..]]))] {
            let (hash, program) = code.program().unwrap();
            let mut state = state();
            let account = AccountOverride { code: Some(code), ..Default::default() };
            let mut state = overridden(&mut state, account);
            assert_eq!(state.has_code(&ACCOUNT), Ok(true));
            assert_eq!(state.has_code(&OTHER), Ok(false));
            let found = state.program(&hash.at_rest()).unwrap().expect("it is known");
            assert_eq!(found.words(), program.words());
            let key = hash.to_word();
            assert_eq!(state.value(&KNOWN_CODES_STORAGE, &key), Ok(Word::ONE));
            assert_eq!(state.value(&EVM_HASHES_STORAGE, &key), Ok(evm_hash));
        }
    }
}
