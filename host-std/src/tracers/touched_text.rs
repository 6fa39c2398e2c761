//! Touched state as text: an account, and its slots indented below it.

use super::call_json::{address, number};
use super::touched::{Change, TouchedAccount, TouchedState};
use super::touched_json::full;
use crate::system_contracts::name_of;
use core::fmt::{self, Display};

/// What is shown of touched state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shown {
    /// All, as it was before.
    Before,
    /// What was changed.
    Changes,
}

/// Touched state as text.
#[derive(Clone, Copy, Debug)]
pub struct StateText<'a> {
    state: &'a TouchedState,
    shown: Shown,
}

impl TouchedState {
    /// All that was touched, as it was before, as text.
    pub const fn prestate_text(&self) -> StateText<'_> {
        StateText { state: self, shown: Shown::Before }
    }

    /// What was changed, as it was before and as it is now, as text.
    pub const fn diff_text(&self) -> StateText<'_> {
        StateText { state: self, shown: Shown::Changes }
    }
}

impl Display for StateText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (of, account) in &self.state.accounts {
            if self.shown == Shown::Before || is_changed(account) {
                write!(f, "{}", address(of))?;
                match name_of(of) {
                    Some(name) => writeln!(f, " {name}")?,
                    None => writeln!(f)?,
                }
                self.account(f, account)?;
            }
        }
        match self.state.omitted {
            0 => Ok(()),
            omitted => writeln!(f, "({omitted} touches were not kept)"),
        }
    }
}

impl StateText<'_> {
    fn account(&self, f: &mut fmt::Formatter<'_>, account: &TouchedAccount) -> fmt::Result {
        let TouchedAccount { balance, nonce, code_hash, storage } = account;
        self.line(f, "balance", balance, number)?;
        self.line(f, "nonce", nonce, ToString::to_string)?;
        self.line(f, "code hash", code_hash, full)?;
        storage.iter().try_for_each(|(key, change)| self.line(f, &full(key), change, full))
    }

    fn line<T: PartialEq>(
        &self,
        f: &mut fmt::Formatter<'_>,
        name: &str,
        change: &Change<T>,
        show: impl Fn(&T) -> String,
    ) -> fmt::Result {
        let Change { before, after } = change;
        match self.shown {
            Shown::Before => writeln!(f, "  {name}: {}", show(before)),
            Shown::Changes if change.is_change() => {
                writeln!(f, "  {name}: {} -> {}", show(before), show(after))
            }
            Shown::Changes => Ok(()),
        }
    }
}

fn is_changed(account: &TouchedAccount) -> bool {
    let TouchedAccount { balance, nonce, code_hash, storage } = account;
    balance.is_change()
        || nonce.is_change()
        || code_hash.is_change()
        || storage.values().any(Change::is_change)
}
