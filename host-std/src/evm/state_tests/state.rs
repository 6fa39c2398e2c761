//! Accounts of Ethereum during one transaction.

use super::super::code::Code;
use super::super::fork::Fork;
use super::super::rules::Rules;
use crate::keccak::keccak_word;
use eravm_core::{Address, Word};
use primitive_types::U256;
use std::collections::{HashMap, HashSet};

/// An account.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) nonce: u64,
    pub(super) balance: U256,
    pub(super) code: Code,
    pub(super) code_hash: Word,
    /// Slots that are not zero, and some that are.
    pub(super) storage: HashMap<Word, Word>,
}

impl Account {
    pub(super) fn new(rules: &Rules) -> Self {
        Self {
            nonce: 0,
            balance: U256::zero(),
            code: Code::new(&[], rules),
            code_hash: keccak_word([]),
            storage: HashMap::new(),
        }
    }

    pub(super) fn set_code(&mut self, code: &[u8], rules: &Rules) {
        self.code = Code::new(code, rules);
        self.code_hash = keccak_word([code]);
    }

    /// EIP-161.
    pub(super) fn is_empty(&self) -> bool {
        self.nonce == 0 && self.balance.is_zero() && self.code.bytes().is_empty()
    }
}

/// An event.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) address: Address,
    pub(super) topics: Vec<Word>,
    pub(super) data: Vec<u8>,
}

/// How to take a change back.
#[derive(Debug)]
enum Undo {
    Inserted(Address),
    Nonce(Address, u64),
    Balance(Address, U256),
    Code(Address, Code, Word),
    Slot(Address, Word, Option<Word>),
    Transient(Address, Word, Option<Word>),
    WarmAccount(Address),
    WarmSlot(Address, Word),
    Log,
    Created(Address),
    Destroyed(Address),
    Touched(Address),
}

/// The state and what is known of it during one transaction.
#[derive(Debug)]
pub(super) struct State {
    pub(super) rules: Rules,
    accounts: HashMap<Address, Account>,
    /// Slots as they were at the beginning.
    originals: HashMap<(Address, Word), Word>,
    transient: HashMap<(Address, Word), Word>,
    warm_accounts: HashSet<Address>,
    warm_slots: HashSet<(Address, Word)>,
    logs: Vec<Log>,
    created: HashSet<Address>,
    destroyed: HashSet<Address>,
    touched: HashSet<Address>,
    undo: Vec<Undo>,
}

/// A place to go back to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Checkpoint(usize);

impl State {
    pub(super) fn new(rules: Rules, accounts: HashMap<Address, Account>) -> Self {
        let slots = accounts.iter().flat_map(|(address, account)| {
            account.storage.iter().map(|(key, value)| ((*address, *key), *value))
        });
        Self {
            originals: slots.collect(),
            rules,
            accounts,
            transient: HashMap::new(),
            warm_accounts: HashSet::new(),
            warm_slots: HashSet::new(),
            logs: Vec::new(),
            created: HashSet::new(),
            destroyed: HashSet::new(),
            touched: HashSet::new(),
            undo: Vec::new(),
        }
    }

    pub(super) fn get(&self, address: &Address) -> Option<&Account> {
        self.accounts.get(address)
    }

    pub(super) fn accounts(&self) -> &HashMap<Address, Account> {
        &self.accounts
    }

    pub(super) fn logs(&self) -> &[Log] {
        &self.logs
    }

    pub(super) fn balance(&self, address: &Address) -> U256 {
        self.get(address).map_or(U256::zero(), |account| account.balance)
    }

    pub(super) fn nonce(&self, address: &Address) -> u64 {
        self.get(address).map_or(0, |account| account.nonce)
    }

    pub(super) fn slot(&self, address: &Address, key: &Word) -> Word {
        let slot = self.get(address).and_then(|account| account.storage.get(key));
        slot.copied().unwrap_or(Word::ZERO)
    }

    /// A slot's value at the beginning of the transaction. Contracts that were created since then had none.
    pub(super) fn original(&self, address: &Address, key: &Word) -> Word {
        if self.created.contains(address) {
            return Word::ZERO;
        }
        self.originals.get(&(*address, *key)).copied().unwrap_or(Word::ZERO)
    }

    pub(super) fn transient(&self, address: &Address, key: &Word) -> Word {
        self.transient.get(&(*address, *key)).copied().unwrap_or(Word::ZERO)
    }

    /// Whether a transfer to an account makes a new one.
    pub(super) fn is_dead(&self, address: &Address) -> bool {
        match self.get(address) {
            Some(account) => self.rules.since(Fork::SpuriousDragon) && account.is_empty(),
            None => true,
        }
    }

    pub(super) fn was_created(&self, address: &Address) -> bool {
        self.created.contains(address)
    }

    pub(super) fn was_destroyed(&self, address: &Address) -> bool {
        self.destroyed.contains(address)
    }

    /// The account, which is in the state from now on.
    fn entry(&mut self, address: &Address) -> &mut Account {
        if !self.accounts.contains_key(address) {
            self.undo.push(Undo::Inserted(*address));
        }
        let rules = &self.rules;
        self.accounts.entry(*address).or_insert_with(|| Account::new(rules))
    }

    /// Marks an account to be removed at the end if it is empty then. Before EIP-158 it is made instead.
    pub(super) fn touch(&mut self, address: &Address) {
        self.entry(address);
        if self.touched.insert(*address) {
            self.undo.push(Undo::Touched(*address));
        }
    }

    pub(super) fn set_nonce(&mut self, address: &Address, nonce: u64) {
        let old = core::mem::replace(&mut self.entry(address).nonce, nonce);
        self.undo.push(Undo::Nonce(*address, old));
        self.touch(address);
    }

    pub(super) fn set_balance(&mut self, address: &Address, balance: U256) {
        let old = core::mem::replace(&mut self.entry(address).balance, balance);
        self.undo.push(Undo::Balance(*address, old));
        self.touch(address);
    }

    pub(super) fn set_code(&mut self, address: &Address, code: &[u8]) {
        let rules = self.rules.clone();
        let account = self.entry(address);
        let old = (account.code.clone(), account.code_hash);
        account.set_code(code, &rules);
        self.undo.push(Undo::Code(*address, old.0, old.1));
    }

    pub(super) fn set_slot(&mut self, address: &Address, key: &Word, value: &Word) {
        let old = self.entry(address).storage.insert(*key, *value);
        self.undo.push(Undo::Slot(*address, *key, old));
    }

    pub(super) fn set_transient(&mut self, address: &Address, key: &Word, value: &Word) {
        let old = self.transient.insert((*address, *key), *value);
        self.undo.push(Undo::Transient(*address, *key, old));
    }

    /// Moves an amount; both accounts are touched. False, and nothing is done, if there is not so much.
    pub(super) fn transfer(&mut self, from: &Address, to: &Address, amount: U256) -> bool {
        let Some(left) = self.balance(from).checked_sub(amount) else { return false };
        if !amount.is_zero() {
            self.set_balance(from, left);
        }
        self.touch(to);
        // The sum of all balances has no 256 bits, but a test may say so.
        let sum = self.balance(to).overflowing_add(amount).0;
        if !amount.is_zero() {
            self.set_balance(to, sum);
        }
        true
    }

    /// Makes an account warm. Whether it was cold.
    pub(super) fn warm(&mut self, address: &Address) -> bool {
        let was_cold = self.warm_accounts.insert(*address);
        if was_cold {
            self.undo.push(Undo::WarmAccount(*address));
        }
        was_cold
    }

    /// Makes a slot warm. Whether it was cold.
    pub(super) fn warm_slot(&mut self, address: &Address, key: &Word) -> bool {
        let was_cold = self.warm_slots.insert((*address, *key));
        if was_cold {
            self.undo.push(Undo::WarmSlot(*address, *key));
        }
        was_cold
    }

    pub(super) fn log(&mut self, log: Log) {
        self.logs.push(log);
        self.undo.push(Undo::Log);
    }

    /// An account becomes a contract of this transaction.
    pub(super) fn create(&mut self, address: &Address) {
        if self.created.insert(*address) {
            self.undo.push(Undo::Created(*address));
        }
        self.touch(address);
    }

    /// An account will be removed at the end.
    pub(super) fn destroy(&mut self, address: &Address) {
        if self.destroyed.insert(*address) {
            self.undo.push(Undo::Destroyed(*address));
        }
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint(self.undo.len())
    }

    /// Takes back all changes since a checkpoint.
    pub(super) fn go_back(&mut self, to: Checkpoint) {
        while self.undo.len() > to.0
            && let Some(undo) = self.undo.pop()
        {
            self.take_back(undo);
        }
    }

    fn take_back(&mut self, undo: Undo) {
        match undo {
            Undo::Inserted(address) => {
                self.accounts.remove(&address);
            }
            Undo::Nonce(address, nonce) => self.change(&address, |account| account.nonce = nonce),
            Undo::Balance(address, balance) => {
                self.change(&address, |account| account.balance = balance);
            }
            Undo::Code(address, code, hash) => self.change(&address, |account| {
                account.code = code;
                account.code_hash = hash;
            }),
            Undo::Slot(address, key, value) => {
                self.change(&address, |account| put_back(&mut account.storage, key, value));
            }
            Undo::Transient(address, key, value) => {
                put_back(&mut self.transient, (address, key), value);
            }
            Undo::WarmAccount(address) => {
                self.warm_accounts.remove(&address);
            }
            Undo::WarmSlot(address, key) => {
                self.warm_slots.remove(&(address, key));
            }
            Undo::Log => {
                self.logs.pop();
            }
            Undo::Created(address) => {
                self.created.remove(&address);
            }
            Undo::Destroyed(address) => {
                self.destroyed.remove(&address);
            }
            Undo::Touched(address) => {
                self.touched.remove(&address);
            }
        }
    }

    fn change(&mut self, address: &Address, change: impl FnOnce(&mut Account)) {
        if let Some(account) = self.accounts.get_mut(address) {
            change(account);
        }
    }

    /// Ends the transaction: removes what was destroyed, and since EIP-158 what was touched and is empty.
    pub(super) fn finish(&mut self) {
        for address in &self.destroyed {
            self.accounts.remove(address);
        }
        if self.rules.since(Fork::SpuriousDragon) {
            let touched = &self.touched;
            self.accounts
                .retain(|address, account| !touched.contains(address) || !account.is_empty());
        }
    }
}

fn put_back<K: Eq + core::hash::Hash, V>(map: &mut HashMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}
