//! State that a transaction touched.

use eravm_core::{Address, Word};
use std::collections::BTreeMap;

/// A value before and after the transaction.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Change<T> {
    /// Before.
    pub before: T,
    /// After.
    pub after: T,
}

impl<T: PartialEq> Change<T> {
    /// Whether it is one.
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }
}

/// An account or contract that was called, or whose slots were touched.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct TouchedAccount {
    /// Its balance, in wei of the base token.
    pub balance: Change<Word>,
    /// Its nonce for transactions (`minNonce`).
    pub nonce: Change<u128>,
    /// The hash of its code as `AccountCodeStorage` has it; 0 without code.
    pub code_hash: Change<Word>,
    /// Its slots that were read or written to. The balances of all are slots of `L2BaseToken`, and so on.
    pub storage: BTreeMap<Word, Change<Word>>,
}

/// State that a transaction touched.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct TouchedState {
    /// By address.
    pub accounts: BTreeMap<Address, TouchedAccount>,
    /// Slots and accounts that were not kept; one that was touched several times counts as often.
    pub omitted: u64,
}
