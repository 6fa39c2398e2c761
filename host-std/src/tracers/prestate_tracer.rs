//! Taking note of the state that a transaction touches.

use super::touched::{Change, TouchedAccount, TouchedState};
use crate::batch::{BatchError, BatchExecutor, BatchState, HostTracer, NativeDeed, Observer};
use crate::system_contracts::addresses::ACCOUNT_CODE_STORAGE;
use crate::system_contracts::{balance_slot, nonce_slot};
use crate::transaction::Transaction;
use eravm_core::isa::Opcode;
use eravm_core::{Address, Outcome, Step, Tracer, Verdict, Vm, Word};
use std::collections::{BTreeMap, BTreeSet};

/// What is kept of touched state. The rest is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StateLimits {
    /// Slots.
    pub slots: usize,
    /// Accounts.
    pub accounts: usize,
}

impl Default for StateLimits {
    /// 100,000 slots and 10,000 accounts.
    fn default() -> Self {
        Self { slots: 100_000, accounts: 10_000 }
    }
}

/// What an instruction is that is being done.
#[derive(Clone, Copy, Debug)]
enum Pending {
    Nothing,
    Call,
    /// It touches this slot for the first time in the batch.
    Slot(Address, Word),
}

/// Keeps which accounts and slots a transaction touches, and the values that it finds.
#[derive(Clone, Debug)]
pub struct PrestateTracer {
    limits: StateLimits,
    /// Values when the transaction began.
    slots: BTreeMap<(Address, Word), Word>,
    accounts: BTreeSet<Address>,
    omitted: u64,
    pending: Pending,
}

impl PrestateTracer {
    /// For this transaction, whose sender and destination count as touched.
    pub fn new(transaction: &Transaction, limits: StateLimits) -> Self {
        let mut tracer = Self {
            limits,
            slots: BTreeMap::new(),
            accounts: BTreeSet::new(),
            omitted: 0,
            pending: Pending::Nothing,
        };
        for address in [Some(transaction.sender()), transaction.to()].into_iter().flatten() {
            tracer.touch(address);
        }
        tracer
    }

    /// Reads what the transaction left. Nothing may have been run since it ended. If something was omitted, changes may be missing.
    ///
    /// If it halted, go back to the snapshot before it first: the bootloader took the whole batch with it. It has changed nothing then.
    ///
    /// # Errors
    /// If the state cannot answer.
    pub fn finish<S: BatchState, O: Observer>(
        self,
        executor: &mut BatchExecutor<S, O>,
    ) -> Result<TouchedState, BatchError<S::Fault>> {
        let mut accounts = BTreeMap::new();
        for address in &self.accounts {
            let balance = self.change(executor, balance_slot(address))?;
            let nonce = self.change(executor, nonce_slot(address))?;
            let code = (ACCOUNT_CODE_STORAGE, Word::from_address(address));
            let account = TouchedAccount {
                balance,
                // The nonce for deployments is above.
                nonce: Change { before: nonce.before.low_u128(), after: nonce.after.low_u128() },
                code_hash: self.change(executor, code)?,
                storage: BTreeMap::new(),
            };
            accounts.insert(*address, account);
        }
        for ((address, key), before) in &self.slots {
            let change = Change { before: *before, after: executor.slot_value(address, key)? };
            if let Some(account) = accounts.get_mut(address) {
                account.storage.insert(*key, change);
            }
        }
        Ok(TouchedState { accounts, omitted: self.omitted })
    }

    /// A slot before and after. One that no instruction touched has not changed.
    fn change<S: BatchState, O: Observer>(
        &self,
        executor: &mut BatchExecutor<S, O>,
        (address, key): (Address, Word),
    ) -> Result<Change<Word>, BatchError<S::Fault>> {
        let after = executor.slot_value(&address, &key)?;
        let before = self.slots.get(&(address, key)).copied().unwrap_or(after);
        Ok(Change { before, after })
    }

    /// Keeps an account, if there is room.
    fn touch(&mut self, address: Address) -> bool {
        let is_kept = self.accounts.contains(&address)
            || self.accounts.len() < self.limits.accounts && self.accounts.insert(address);
        self.omitted += u64::from(!is_kept);
        is_kept
    }

    /// Keeps the accounts of the frame that was just entered.
    fn touch_called(&mut self, vm: &Vm) {
        let frame = vm.current_frame();
        self.touch(*frame.code_address);
        self.touch(*frame.this_address);
    }

    fn keep(&mut self, address: Address, key: Word, value: Word) {
        if !self.slots.contains_key(&(address, key)) && self.touch(address) {
            if self.slots.len() < self.limits.slots {
                self.slots.insert((address, key), value);
            } else {
                self.omitted += 1;
            }
        }
    }
}

impl Tracer for PrestateTracer {
    const AFTER: bool = true;

    fn before(&mut self, step: &Step<'_>) -> Verdict {
        self.pending = Pending::Nothing;
        if step.outcome != Outcome::Executes {
            return Verdict::Continue;
        }
        match step.instruction.opcode() {
            Opcode::FarCall | Opcode::DelegateCall | Opcode::MimicCall => {
                self.pending = Pending::Call;
            }
            Opcode::StorageRead | Opcode::StorageWrite => {
                let (address, key) = (*step.vm.current_frame().this_address, step.src0.0);
                match step.vm.storage_value(&address, &key) {
                    Some(value) => self.keep(address, key, value),
                    None => self.pending = Pending::Slot(address, key),
                }
            }
            _ => {}
        }
        Verdict::Continue
    }

    fn after(&mut self, vm: &Vm) -> Verdict {
        match core::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => {}
            Pending::Call => self.touch_called(vm),
            Pending::Slot(address, key) => {
                let value = vm.initial_slot(&address, &key).map_or(Word::ZERO, |slot| slot.value);
                self.keep(address, key, value);
            }
        }
        Verdict::Continue
    }
}

impl HostTracer for PrestateTracer {
    fn watches_natives(&self) -> bool {
        true
    }

    fn native(&mut self, deed: &NativeDeed, vm: &Vm) {
        match deed {
            NativeDeed::Called { .. } => self.touch_called(vm),
            NativeDeed::Slot { address, key, value } => self.keep(*address, *key, *value),
            NativeDeed::Ends(_) | NativeDeed::Ended | NativeDeed::Evm { .. } => {}
        }
    }
}
