//! The network's storage beneath the reference: refunds, pubdata prices, rollbacks and the log of accesses, in
//! plain maps and written independently of the machine's.

use super::convert;
use crate::world::World;
use eravm_core::{StorageAccess, StorageSlot, Word};
use std::collections::{HashMap, HashSet};
use zk_evm::abstractions::{Storage, StorageAccessRefund};
use zk_evm::aux_structures::{LogQuery, PubdataCost, Timestamp};
use zk_evm::ethereum_types::{H160, U256};
use zk_evm::zkevm_opcode_defs::system_params::{STORAGE_AUX_BYTE, TRANSIENT_STORAGE_AUX_BYTE};

type Key = (H160, U256);

/// What a failing frame takes back.
#[derive(Debug)]
enum Undo {
    Slot { access: StorageAccess, paid: u32 },
    Transient { tx: u64, key: Key, value: U256 },
}

/// Storage before the batch and everything that happened to it.
#[derive(Debug)]
pub struct Slots {
    initial: HashMap<Key, U256>,
    current: HashMap<Key, U256>,
    paid: HashMap<Key, u32>,
    transient: HashMap<(u64, Key), U256>,
    /// Transactions begun. Transient values belong to one, as in the circuits.
    tx: u64,
    read: HashSet<Key>,
    written: HashSet<Key>,
    frames: Vec<Vec<Undo>>,
    /// Whether the frame that ended last failed.
    pub last_frame_failed: bool,
    /// All accesses in order, with rollbacks.
    pub log: Vec<StorageAccess>,
    /// Refunds of reads and writes in order.
    pub refunds: Vec<u32>,
    /// Pubdata costs of all accesses in order.
    pub pubdata_costs: Vec<i32>,
}

impl Slots {
    /// The storage of a world.
    pub fn new(world: &World) -> Self {
        let initial = world
            .storage()
            .into_iter()
            .map(|((address, key), value)| {
                ((convert::h160(address), convert::u256(key)), convert::u256(value))
            })
            .collect();
        Self {
            initial,
            current: HashMap::new(),
            paid: HashMap::new(),
            transient: HashMap::new(),
            tx: 0,
            read: HashSet::new(),
            written: HashSet::new(),
            frames: vec![Vec::new()],
            last_frame_failed: false,
            log: Vec::new(),
            refunds: Vec::new(),
            pubdata_costs: Vec::new(),
        }
    }

    fn initial_slot(&self, key: &Key) -> StorageSlot {
        match self.initial.get(key) {
            Some(&value) => StorageSlot { value: convert::word(value), is_initial: false },
            None => StorageSlot::EMPTY,
        }
    }

    fn value(&self, key: &Key) -> U256 {
        let before = || self.initial.get(key).copied().unwrap_or_default();
        self.current.get(key).copied().unwrap_or_else(before)
    }

    /// Values that are not what they were before the batch, by address and key.
    pub fn changes(&self) -> Vec<(Key, Word)> {
        let mut changes: Vec<_> = self
            .current
            .iter()
            .filter(|(key, value)| convert::word(**value) != self.initial_slot(key).value)
            .map(|(key, value)| (*key, convert::word(*value)))
            .collect();
        changes.sort_unstable_by_key(|(key, _)| *key);
        changes
    }

    /// Transient values of the current transaction.
    pub fn transient_values(&self) -> impl Iterator<Item = (Key, Word)> + '_ {
        let current = self.transient.iter().filter(|((tx, _), _)| *tx == self.tx);
        current.map(|((_, key), value)| (*key, convert::word(*value)))
    }

    fn undo(&mut self, entry: Undo) {
        match entry {
            Undo::Slot { access, paid } => {
                let key = (convert::h160(access.address), convert::u256(access.key));
                self.current.insert(key, convert::u256(access.read));
                self.paid.insert(key, paid);
                self.log.push(StorageAccess { is_rollback: true, ..access });
            }
            Undo::Transient { tx, key, value } => {
                self.transient.insert((tx, key), value);
            }
        }
    }

    fn transient_access(&mut self, query: &mut LogQuery) {
        let key = (query.address, query.key);
        let place = self.transient.entry((self.tx, key)).or_default();
        query.read_value = *place;
        if query.rw_flag {
            *place = query.written_value;
            let undo = Undo::Transient { tx: self.tx, key, value: query.read_value };
            self.frame().push(undo);
        }
    }

    fn storage_access(&mut self, query: &mut LogQuery) -> i32 {
        let key = (query.address, query.key);
        let before = self.value(&key);
        query.read_value = before;
        let slot = self.initial_slot(&key);
        let after = if query.rw_flag { query.written_value } else { before };
        let access = StorageAccess {
            address: convert::address(key.0),
            key: convert::word(key.1),
            read: convert::word(before),
            written: convert::word(after),
            is_write: query.rw_flag,
            is_rollback: false,
            is_initial: slot.is_initial,
            tx_number: query.tx_number_in_block,
            timestamp: query.timestamp.0,
        };
        self.log.push(access);
        self.read.insert(key);
        if !query.rw_flag {
            return 0;
        }
        self.written.insert(key);
        self.current.insert(key, after);
        let paid = self.paid.get(&key).copied().unwrap_or(0);
        let price = if is_free(&key) { paid } else { write_price(&slot, &convert::word(after)) };
        self.paid.insert(key, price);
        self.frame().push(Undo::Slot { access, paid });
        price as i32 - paid as i32
    }

    fn frame(&mut self) -> &mut Vec<Undo> {
        self.frames.last_mut().expect("a frame is open while code runs")
    }
}

impl Storage for Slots {
    fn get_access_refund(&mut self, _: u32, query: &LogQuery) -> StorageAccessRefund {
        let key = (query.address, query.key);
        let (free, read, written) =
            (is_free(&key), self.read.contains(&key), self.written.contains(&key));
        let ergs = match query.rw_flag {
            false if free || read => 1970,
            true if free || written => 5440,
            true if read => 2000,
            _ => 0,
        };
        self.refunds.push(ergs);
        if ergs == 0 { StorageAccessRefund::Cold } else { StorageAccessRefund::Warm { ergs } }
    }

    fn execute_partial_query(&mut self, _: u32, mut query: LogQuery) -> (LogQuery, PubdataCost) {
        let cost = match query.aux_byte {
            STORAGE_AUX_BYTE => self.storage_access(&mut query),
            TRANSIENT_STORAGE_AUX_BYTE => {
                self.transient_access(&mut query);
                0
            }
            other => unreachable!("access of kind {other} to storage"),
        };
        self.pubdata_costs.push(cost);
        (query, PubdataCost(cost))
    }

    fn start_frame(&mut self, _: Timestamp) {
        self.frames.push(Vec::new());
    }

    fn finish_frame(&mut self, _: Timestamp, panicked: bool) {
        let undo = self.frames.pop().expect("a frame ends after it began");
        self.last_frame_failed = panicked;
        if panicked {
            for entry in undo.into_iter().rev() {
                self.undo(entry);
            }
        } else {
            self.frame().extend(undo);
        }
    }

    fn start_new_tx(&mut self, _: Timestamp) {
        self.tx += 1;
    }
}

/// All of `SystemContext`, and the bootloader's balance in `L2BaseToken`: keccak256(0x8001, 0).
fn is_free((address, key): &Key) -> bool {
    const BALANCE: [u8; 32] = [
        0x31, 0xb6, 0x61, 0x41, 0xc5, 0x75, 0xa0, 0x54, 0x31, 0x6a, 0x84, 0xda, 0x9c, 0xf4, 0xaa,
        0x6f, 0xe0, 0xab, 0xd3, 0x73, 0xca, 0xb1, 0xbf, 0x4a, 0xc0, 0x29, 0xff, 0xc0, 0x61, 0xaa,
        0xe0, 0xda,
    ];
    *address == H160::from_low_u64_be(0x800b)
        || *address == H160::from_low_u64_be(0x800a) && *key == U256::from_big_endian(&BALANCE)
}

/// Key or index and compressed value, from the definition of the compression on big numbers.
fn write_price(slot: &StorageSlot, value: &Word) -> u32 {
    let (old, new) = (convert::u256(slot.value), convert::u256(*value));
    if old == new {
        return 0;
    }
    let bytes = |number: U256| number.bits().div_ceil(8) as u32;
    let (added, taken) = (new.overflowing_sub(old).0, old.overflowing_sub(new).0);
    let candidates = [bytes(added), bytes(taken), bytes(new)];
    let best = candidates.into_iter().filter(|&size| size < 31).min();
    let key = if slot.is_initial { 32 } else { 4 };
    key + 1 + best.unwrap_or(32)
}
