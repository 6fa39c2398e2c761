//! The state that a batch file describes, and where it says the chain is.

use super::code::CodeLoader;
use super::error::{BatchFileError, BatchFileErrorKind as Kind};
use super::format::{AccountState, State};
use crate::batch::{Leaf, MemoryState};
use crate::keccak::keccak_word;
use crate::system_contracts::addresses::{
    ACCOUNT_CODE_STORAGE, BASE_TOKEN, CONTRACT_DEPLOYER, KNOWN_CODES_STORAGE, SYSTEM_CONTEXT,
};
use crate::system_contracts::{
    GenesisOptions, SystemContracts, balance_slot, in_first_mapping, nonce_slot,
};
use eravm_core::{Address, Program, Word};
use primitive_types::U256;
use std::collections::BTreeSet;

/// Slot of `L2BaseToken` with the total supply.
const TOTAL_SUPPLY_SLOT: u64 = 1;
/// Slots of `SystemContext`: the current batch and the current L2 block (time in the lower half, number in the upper one), the rolling
/// hash of the block's transactions, and the first of the ring of block hashes.
const BATCH_INFO_SLOT: u64 = 7;
const BLOCK_INFO_SLOT: u64 = 9;
const BLOCK_TRANSACTIONS_SLOT: u64 = 10;
const BLOCK_HASHES_SLOT: u64 = 11;
/// Hashes of blocks in the ring.
const BLOCK_HASHES: u64 = 257;

/// What an account has that is not said: 1000 ether.
const DEFAULT_BALANCE: u128 = 1000 * 1_000_000_000_000_000_000;

/// Builds a state.
#[derive(Debug)]
pub(super) struct StateBuilder<'a> {
    pub(super) contracts: &'a SystemContracts,
    pub(super) chain_id: u64,
    pub(super) code: CodeLoader,
    /// Accounts that get the default balance if nothing is said of them.
    pub(super) senders: BTreeSet<Address>,
}

impl StateBuilder<'_> {
    /// Makes the code of the system contracts known to the machine.
    pub(super) fn add_system_code(&self, built: &mut MemoryState) -> Result<(), BatchFileError> {
        for (hash, code) in self.contracts.codes() {
            let program = Program::new(code.bytes());
            let program = program.map_err(|error| Kind::Code(error).at(""))?;
            built.add_program(hash, program);
        }
        Ok(())
    }

    pub(super) fn build(mut self, state: State) -> Result<MemoryState, BatchFileError> {
        let mut built = MemoryState::new();
        self.add_system_code(&mut built)?;
        let has_genesis = state.genesis.unwrap_or(true);
        if has_genesis {
            let allow_evm = state.allow_evm.unwrap_or(true);
            let options = GenesisOptions { chain_id: self.chain_id, allow_evm };
            for (address, key, value) in self.contracts.genesis(&options) {
                built.write(address, key, value);
            }
        }
        let default = if has_genesis { DEFAULT_BALANCE } else { 0 };
        let default = state.default_balance.map_or(Word::from_u128(default), |amount| amount.0);
        let mut supply = U256::zero();
        let mut seen = BTreeSet::new();
        for (account, description) in state.accounts.0 {
            let address = account.address();
            let place = match &account {
                super::Account::Address(address) => format!("state.accounts.{address:?}"),
                super::Account::Test(account) => format!("state.accounts.{}", account.name),
            };
            if !seen.insert(address) {
                return Err(Kind::AccountTwice(address).at(place));
            }
            let fallback = if self.senders.contains(&address) { default } else { Word::ZERO };
            let balance = description.balance.map_or(fallback, |amount| amount.0);
            fund(&mut built, &address, &balance, &mut supply, &place)?;
            self.add_account(&mut built, &address, &description, &place)?;
        }
        for sender in self.senders.iter().filter(|sender| !seen.contains(sender)) {
            fund(&mut built, sender, &default, &mut supply, "state.default_balance")?;
        }
        if !supply.is_zero() {
            built.write(BASE_TOKEN, Word::from_u64(TOTAL_SUPPLY_SLOT), supply.into());
        }
        for (index, text) in state.code.iter().enumerate() {
            let code = self.code.load(text, || format!("state.code[{index}]"))?;
            for dep in [&code.dep].into_iter().chain(&code.companions) {
                add_code(&mut built, dep.hash(), dep.code(), "state.code")?;
            }
        }
        let mut slots = BTreeSet::new();
        for (index, slot) in state.slots.into_iter().enumerate() {
            let (address, key, value) = (slot.contract.address(), slot.key.0, slot.value.0);
            if !slots.insert((address, key)) {
                return Err(Kind::SlotTwice.at(format!("state.slots[{index}]")));
            }
            match slot.index {
                Some(index) => built.set_leaf(address, key, Leaf { value, index: index.0 }),
                None => built.write(address, key, value),
            }
        }
        Ok(built)
    }

    fn add_account(
        &mut self,
        built: &mut MemoryState,
        address: &Address,
        description: &AccountState,
        place: &str,
    ) -> Result<(), BatchFileError> {
        if let Some(nonce) = description.nonce {
            let (holder, key) = nonce_slot(address);
            built.write(holder, key, Word::from_u64(nonce.0));
        }
        if let Some(text) = &description.code {
            let place = || format!("{place}.code");
            let code = self.code.load(text, place)?;
            for dep in [&code.dep].into_iter().chain(&code.companions) {
                add_code(built, dep.hash(), dep.code(), &place())?;
            }
            let hash = code.dep.hash().to_word();
            let key = Word::from_address(address);
            built.write(ACCOUNT_CODE_STORAGE, key, hash);
        }
        if description.is_account {
            // The version of account abstraction is the lowest byte; the order of nonces behind it is 0, one after the other.
            built.write(CONTRACT_DEPLOYER, in_first_mapping(address), Word::ONE);
        }
        let mut seen = BTreeSet::new();
        for (key, value) in &description.storage.0 {
            if !seen.insert(key.0) {
                return Err(Kind::SlotTwice.at(format!("{place}.storage.{}", key.0)));
            }
            built.write(*address, key.0, value.0);
        }
        Ok(())
    }
}

fn fund(
    built: &mut MemoryState,
    account: &Address,
    balance: &Word,
    supply: &mut U256,
    place: &str,
) -> Result<(), BatchFileError> {
    if !balance.is_zero() {
        let sum = supply.checked_add((*balance).into());
        *supply = sum.ok_or_else(|| Kind::TotalSupply.at(place))?;
        let (token, key) = balance_slot(account);
        built.write(token, key, *balance);
    }
    Ok(())
}

/// Makes code known to the machine and, as published, to the contracts.
fn add_code(
    built: &mut MemoryState,
    hash: eravm_core::VersionedHash,
    code: &[u8],
    place: &str,
) -> Result<(), BatchFileError> {
    built.write(KNOWN_CODES_STORAGE, hash.to_word(), Word::ONE);
    built.add_code(hash, code).map_err(|error| Kind::Code(error).at(place))
}

/// Where the chain is, according to its `SystemContext`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ChainHead {
    /// Number of the last batch; 0 before the first.
    pub(super) batch: u128,
    /// Its time, in seconds.
    pub(super) batch_timestamp: u128,
    /// Number of the last block; 0 before the first.
    pub(super) block: u128,
    /// Its time, in seconds.
    pub(super) block_timestamp: u128,
    /// Its hash.
    pub(super) block_hash: Word,
}

impl ChainHead {
    pub(super) fn of(state: &MemoryState) -> Self {
        let slot = |number: u64| state.value(&SYSTEM_CONTEXT, &Word::from_u64(number));
        let halves = |word: Word| (Word([word.0[2], word.0[3], 0, 0]).low_u128(), word.low_u128());
        let (batch, batch_timestamp) = halves(slot(BATCH_INFO_SLOT));
        let info = slot(BLOCK_INFO_SLOT);
        let (block, block_timestamp) = halves(info);
        let block_hash = match u64::try_from(block).unwrap_or(0).checked_sub(1) {
            // SPEC: before there were L2 blocks, the hash of a block was that of its number.
            None => keccak_word([&[0; 4][..]]),
            Some(before) => {
                let previous = slot(BLOCK_HASHES_SLOT.saturating_add(before % BLOCK_HASHES));
                let words = [
                    Word::from_u128(block),
                    Word::from_u128(block_timestamp),
                    previous,
                    slot(BLOCK_TRANSACTIONS_SLOT),
                ];
                let bytes = words.map(|word| word.to_be_bytes());
                keccak_word(bytes.iter().map(<[u8; 32]>::as_slice))
            }
        };
        Self { batch, batch_timestamp, block, block_timestamp, block_hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_chain_has_no_block_but_a_hash() {
        let head = ChainHead::of(&MemoryState::new());
        assert_eq!((head.batch, head.block), (0, 0));
        // What the network's first blocks have as the hash of the one before.
        let hash =
            crate::hex::word("e8e77626586f73b955364c7b4bbf0bb7f7685ebd40e852b164633a4acbd3244c");
        assert_eq!(head.block_hash, hash);
    }
}
