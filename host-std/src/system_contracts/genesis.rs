//! The state that a chain begins with.

use super::SystemContracts;
use super::addresses::{
    ACCOUNT_CODE_STORAGE, BOOTLOADER, CONTRACT_DEPLOYER, KNOWN_CODES_STORAGE, SYSTEM_CONTEXT,
};
use eravm_core::{Address, Word};
use std::collections::BTreeSet;

/// Slot of `SystemContext` with the chain's number.
const CHAIN_ID_SLOT: u64 = 0;
/// Slot of `SystemContext` with `block.gaslimit`.
const GAS_LIMIT_SLOT: u64 = 3;
/// Slot of `SystemContext` with `block.coinbase`.
const COINBASE_SLOT: u64 = 4;
/// Slot of `SystemContext` with `block.difficulty`.
const DIFFICULTY_SLOT: u64 = 5;
/// Slot of `ContractDeployer` with the kinds of code that may be deployed.
const ALLOWED_KINDS_SLOT: u64 = 1;

/// `block.gaslimit`: 2⁵⁰.
const GAS_LIMIT: u64 = 1 << 50;
/// `block.difficulty`.
const DIFFICULTY: u64 = 2_500_000_000_000_000;
/// EraVM and EVM code may be deployed. Before anything is written there, EraVM code alone may.
const ERAVM_AND_EVM: u64 = 1;

/// What chains choose for themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GenesisOptions {
    /// The chain's number.
    pub chain_id: u64,
    /// Whether EVM code may be deployed, if the bundle has an EVM emulator.
    pub allow_evm: bool,
}

impl Default for GenesisOptions {
    /// The number 270, with which chains begin until an upgrade gives them their own, and EVM code.
    fn default() -> Self {
        Self { chain_id: 270, allow_evm: true }
    }
}

/// A slot: contract, key, value.
pub type GenesisSlot = (Address, Word, Word);

impl SystemContracts {
    /// The slots of a new chain, as zksync-era's genesis has them: where which code stands (`AccountCodeStorage`), that the code is
    /// published (`KnownCodesStorage`), the constants of `SystemContext`; and then, if EVM code may be deployed, that it may.
    ///
    /// In the order of contracts and keys but for the last one, no slot twice, no value zero. A slot's place, counted from 1, can
    /// serve as its enumeration index. Accounts have no balance: whoever needs some appends slots of `L2BaseToken`, whose slot 1,
    /// the total supply, must be their sum.
    pub fn genesis(&self, options: &GenesisOptions) -> Vec<GenesisSlot> {
        let mut slots: Vec<GenesisSlot> = Vec::new();
        for (address, code) in self.contracts() {
            slots.push((ACCOUNT_CODE_STORAGE, Word::from_address(&address), code.hash().to_word()));
        }
        let published: BTreeSet<_> = self.contracts().map(|(_, code)| code.hash()).collect();
        slots.extend(published.iter().map(|hash| (KNOWN_CODES_STORAGE, hash.to_word(), Word::ONE)));
        let number = Word::from_u64;
        let mut add = |contract, key, value: Word| {
            if !value.is_zero() {
                slots.push((contract, number(key), value));
            }
        };
        add(SYSTEM_CONTEXT, CHAIN_ID_SLOT, number(options.chain_id));
        add(SYSTEM_CONTEXT, GAS_LIMIT_SLOT, number(GAS_LIMIT));
        add(SYSTEM_CONTEXT, COINBASE_SLOT, Word::from_address(&BOOTLOADER));
        add(SYSTEM_CONTEXT, DIFFICULTY_SLOT, number(DIFFICULTY));
        if options.allow_evm && self.evm_emulator().is_some() {
            add(CONTRACT_DEPLOYER, ALLOWED_KINDS_SLOT, number(ERAVM_AND_EVM));
        }
        slots
    }
}
