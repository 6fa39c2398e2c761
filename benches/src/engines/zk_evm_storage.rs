//! Storage for `zk_evm`, whose own has neither refunds nor prices.

use super::vm2::from_h160;
use eravm_core::isa::{
    WARM_READ_REFUND_ERGS, WARM_WRITE_REFUND_ERGS, WRITE_AFTER_READ_REFUND_ERGS,
};
use eravm_core::{Address, StorageSlot, Word, pubdata};
use std::collections::HashMap;
use std::rc::Rc;
use zk_evm::abstractions::{Storage, StorageAccessRefund};
use zk_evm::aux_structures::{LogQuery, PubdataCost, Timestamp};
use zk_evm::ethereum_types::{H160, U256};
use zk_evm::zkevm_opcode_defs::system_params::STORAGE_AUX_BYTE;

type Key = (H160, U256);

/// A slot of the batch.
#[derive(Clone, Copy, Debug)]
struct Slot {
    before: StorageSlot,
    current: U256,
    paid: u32,
    is_free: bool,
    was_read: bool,
    was_written: bool,
}

/// How to take a write back.
#[derive(Clone, Copy, Debug)]
enum Undo {
    Persistent(Key, U256, u32),
    Transient(Key, U256),
}

/// Slots in hash maps, with one log of undos for all frames.
#[derive(Debug, Default)]
pub(super) struct Slots {
    before: Rc<HashMap<Key, U256>>,
    touched: HashMap<Key, Slot>,
    transient: HashMap<Key, U256>,
    undo: Vec<Undo>,
    frames: Vec<usize>,
}

impl Slots {
    pub(super) fn new(before: Rc<HashMap<Key, U256>>) -> Self {
        Self { before, ..Self::default() }
    }

    /// Slots with a new value, by address and key.
    pub(super) fn changes(&self) -> Vec<(Address, Word, Word)> {
        let changed = self.touched.iter().filter(|(_, slot)| slot.before.value.0 != slot.current.0);
        let mut changes: Vec<_> = changed
            .map(|((address, key), slot)| (from_h160(address), Word(key.0), Word(slot.current.0)))
            .collect();
        changes.sort_unstable();
        changes
    }

    fn slot(&mut self, key: Key) -> &mut Slot {
        let before = &*self.before;
        self.touched.entry(key).or_insert_with(|| {
            let before = before.get(&key).map_or(StorageSlot::EMPTY, |value| StorageSlot {
                value: Word(value.0),
                is_initial: false,
            });
            Slot {
                before,
                current: U256(before.value.0),
                paid: 0,
                is_free: pubdata::is_free_slot(&from_h160(&key.0), &Word(key.1.0)),
                was_read: false,
                was_written: false,
            }
        })
    }
}

impl Storage for Slots {
    fn get_access_refund(&mut self, _: u32, query: &LogQuery) -> StorageAccessRefund {
        let slot = self.slot((query.address, query.key));
        let ergs = match query.rw_flag {
            false if slot.was_read || slot.is_free => WARM_READ_REFUND_ERGS,
            true if slot.was_written || slot.is_free => WARM_WRITE_REFUND_ERGS,
            true if slot.was_read => WRITE_AFTER_READ_REFUND_ERGS,
            _ => return StorageAccessRefund::Cold,
        };
        StorageAccessRefund::Warm { ergs }
    }

    fn execute_partial_query(&mut self, _: u32, mut query: LogQuery) -> (LogQuery, PubdataCost) {
        let key = (query.address, query.key);
        if query.aux_byte != STORAGE_AUX_BYTE {
            let value = self.transient.entry(key).or_default();
            query.read_value = *value;
            if query.rw_flag {
                self.undo.push(Undo::Transient(key, *value));
                *value = query.written_value;
            }
            return (query, PubdataCost(0));
        }
        let slot = self.slot(key);
        query.read_value = slot.current;
        slot.was_read = true;
        if !query.rw_flag {
            return (query, PubdataCost(0));
        }
        let undo = Undo::Persistent(key, slot.current, slot.paid);
        slot.was_written = true;
        slot.current = query.written_value;
        let price = if slot.is_free {
            slot.paid
        } else {
            pubdata::write_price(&slot.before, &Word(slot.current.0))
        };
        let cost = price as i32 - slot.paid as i32;
        slot.paid = price;
        self.undo.push(undo);
        (query, PubdataCost(cost))
    }

    fn start_frame(&mut self, _: Timestamp) {
        self.frames.push(self.undo.len());
    }

    fn finish_frame(&mut self, _: Timestamp, panicked: bool) {
        let mark = self.frames.pop().unwrap_or_default();
        if !panicked {
            return;
        }
        for undo in self.undo.split_off(mark).into_iter().rev() {
            match undo {
                Undo::Persistent(key, value, paid) => {
                    let slot = self.slot(key);
                    (slot.current, slot.paid) = (value, paid);
                }
                Undo::Transient(key, value) => {
                    self.transient.insert(key, value);
                }
            }
        }
    }

    fn start_new_tx(&mut self, _: Timestamp) {
        self.transient.clear();
    }
}
