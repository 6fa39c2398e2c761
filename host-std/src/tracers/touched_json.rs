//! Touched state as JSON, in the form of geth's `prestateTracer`.
//!
//! Other than there, codes are named by their hashes, slots that are zero are shown, and a difference has what is different and
//! nothing else.

use super::call_json::{address, number};
use super::touched::{Change, TouchedAccount, TouchedState};
use crate::hex::Hex;
use eravm_core::Word;
use serde::Serialize;
use std::collections::BTreeMap;

/// An account as JSON.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    /// Balance in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<String>,
    /// Nonce.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<u128>,
    /// Hash of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_hash: Option<String>,
    /// Slots with their values, all with 32 bytes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub storage: BTreeMap<String, String>,
}

/// What is different, as JSON.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
pub struct DiffView {
    /// As it was.
    pub pre: BTreeMap<String, AccountView>,
    /// As it is.
    pub post: BTreeMap<String, AccountView>,
    /// What was not kept.
    #[serde(rename = "omittedTouches", skip_serializing_if = "is_zero")]
    pub omitted: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Which side of changes is shown.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

impl Side {
    const fn of<T: Copy>(self, change: &Change<T>) -> T {
        match self {
            Self::Before => change.before,
            Self::After => change.after,
        }
    }
}

impl AccountView {
    /// One side of an account; of what is not a change only if `all` of it is shown.
    fn new(account: &TouchedAccount, side: Side, all: bool) -> Self {
        let TouchedAccount { balance, nonce, code_hash, storage } = account;
        let shown = storage.iter().filter(|(_, change)| all || change.is_change());
        Self {
            balance: (all || balance.is_change()).then(|| number(&side.of(balance))),
            nonce: (all || nonce.is_change()).then(|| side.of(nonce)),
            code_hash: (all || code_hash.is_change()).then(|| full(&side.of(code_hash))),
            storage: shown.map(|(key, change)| (full(key), full(&side.of(change)))).collect(),
        }
    }
}

/// A word with all its digits.
pub(super) fn full(word: &Word) -> String {
    Hex(&word.to_be_bytes()).to_string()
}

impl TouchedState {
    /// All that was touched, as it was before.
    pub fn prestate(&self) -> BTreeMap<String, AccountView> {
        let accounts = self.accounts.iter();
        accounts
            .map(|(of, account)| (address(of), AccountView::new(account, Side::Before, true)))
            .collect()
    }

    /// What was changed, as it was before and as it is now.
    pub fn diff(&self) -> DiffView {
        let side = |side| {
            let accounts = self.accounts.iter();
            let views =
                accounts.map(|(of, account)| (address(of), AccountView::new(account, side, false)));
            views.filter(|(_, view)| *view != AccountView::default()).collect()
        };
        DiffView { pre: side(Side::Before), post: side(Side::After), omitted: self.omitted }
    }
}
