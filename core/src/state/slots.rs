//! Storage slots that were touched, each interned once: one probe an access.

use crate::hash::{FixedState, Mixer};
use crate::host::StorageSlot;
use crate::vm::emptied;
use crate::word::{Address, Word};
use alloc::vec::Vec;
use core::hash::{BuildHasher, Hasher};
use hashbrown::HashTable;

/// A storage slot, persistent and transient.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) key: Word,
    pub(crate) current: Word,
    pub(crate) transient: Word,
    /// Before the batch; `None` until the host was asked.
    pub(crate) initial: Option<StorageSlot>,
    pub(crate) address: Address,
    /// Pubdata paid for the current value.
    pub(crate) paid: u32,
    /// The transaction whose transient value this is; any other sees zero.
    pub(crate) transient_epoch: u32,
    /// Index of the note of native code, plus one. Most slots have none.
    note: u32,
    /// Read or written before, in this batch.
    pub(crate) was_read: bool,
    /// Written before, in this batch.
    pub(crate) was_written: bool,
    pub(crate) is_free: bool,
    /// Hash of the address that the key names (code hashes only).
    pub(crate) named_hash: u64,
    /// Index of the last decommitment through this slot, plus one (code hashes only). A hint: it is checked.
    pub(crate) decommit_hint: u32,
}

/// A note of native code, as transient as a transient value.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Note {
    pub(crate) value: Word,
    /// The transaction that it is of; in any other there is none.
    pub(crate) epoch: u32,
}

/// The touched slots.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    pub(crate) all: Vec<Slot>,
    notes: Vec<Note>,
    table: HashTable<u32>,
    hasher: FixedState,
    /// Most recently found slots by a few bits of their hash.
    recent: [u32; 64],
    /// Most recently found slots of code hashes by a few bits of their key.
    recent_codes: [u32; 64],
}

impl Slots {
    pub(crate) fn new(hasher: FixedState) -> Self {
        Self {
            all: Vec::new(),
            notes: Vec::new(),
            table: HashTable::new(),
            hasher,
            recent: [0; 64],
            recent_codes: [0; 64],
        }
    }

    /// Keeps the room of slots that are not needed any more.
    pub(crate) fn take_room(&mut self, old: Self) {
        self.all = emptied(old.all);
        self.notes = emptied(old.notes);
        if self.all.capacity() > 0 {
            self.table = old.table;
            self.table.clear();
        }
    }

    /// The part of the hash that all slots of a contract have in common.
    pub(crate) fn hash_of_address(&self, address: &Address) -> u64 {
        Self::hash_address(self.hasher, address)
    }

    /// The index of a slot, which is added if it is new. The hash is that of [`hash_of_address`](Self::hash_of_address).
    #[inline]
    pub(crate) fn intern(&mut self, address: &Address, address_hash: u64, key: &Word) -> usize {
        let hash = Self::hash_key(address_hash, key);
        let line = (hash >> 32) as usize % self.recent.len();
        let recent = self.recent[line] as usize;
        if let Some(slot) = self.all.get(recent)
            && slot.key == *key
            && slot.address == *address
        {
            return recent;
        }
        let index = self.intern_slow(hash, address, key);
        self.recent[line] = index as u32;
        index
    }

    /// The index of the slot of an account's code hash, if it [was noted](Self::note_code) and not forgotten since.
    #[inline]
    pub(crate) fn recent_code(&self, key: &Word) -> Option<usize> {
        let index = self.recent_codes[Self::line_of_code(key)] as usize;
        let slot = self.all.get(index)?;
        (slot.named_hash != 0 && slot.key == *key).then_some(index)
    }

    /// Notes that a slot is that of a code hash, and has been loaded.
    pub(crate) fn note_code(&mut self, index: usize) {
        let Some(slot) = self.all.get(index) else { return };
        let (line, hash) = (Self::line_of_code(&slot.key), slot.named_hash);
        let hash = if hash == 0 { self.hash_of_address(&slot.key.to_address()) } else { hash };
        self.all[index].named_hash = hash;
        self.recent_codes[line] = index as u32;
    }

    /// PERF: addresses of system contracts differ in the lowest bits, those of others anywhere.
    const fn line_of_code(key: &Word) -> usize {
        key.0[0] as usize % 64
    }

    #[inline(never)]
    fn intern_slow(&mut self, hash: u64, address: &Address, key: &Word) -> usize {
        let Self { all, table, hasher, .. } = self;
        let found = table.find(hash, |&index| {
            all.get(index as usize).is_some_and(|slot| slot.key == *key && slot.address == *address)
        });
        if let Some(&index) = found {
            return index as usize;
        }
        let index = all.len();
        all.push(Slot {
            key: *key,
            current: Word::ZERO,
            transient: Word::ZERO,
            initial: None,
            address: *address,
            paid: 0,
            transient_epoch: 0,
            note: 0,
            was_read: false,
            was_written: false,
            is_free: false,
            named_hash: 0,
            decommit_hint: 0,
        });
        table.insert_unique(hash, index as u32, |&index| {
            all.get(index as usize).map_or(0, |slot| {
                Self::hash_key(Self::hash_address(*hasher, &slot.address), &slot.key)
            })
        });
        index
    }

    /// The index of a slot if it was touched.
    pub(crate) fn find(&self, address: &Address, key: &Word) -> Option<usize> {
        let hash = Self::hash_key(self.hash_of_address(address), key);
        let found = self.table.find(hash, |&index| {
            self.all
                .get(index as usize)
                .is_some_and(|slot| slot.key == *key && slot.address == *address)
        });
        found.map(|&index| index as usize)
    }

    /// The note of a slot; the empty one if there was none yet.
    pub(crate) fn note(&self, index: usize) -> Note {
        let place = self.all.get(index).and_then(|slot| slot.note.checked_sub(1));
        place.and_then(|place| self.notes.get(place as usize)).copied().unwrap_or_default()
    }

    /// Sets the note of a slot, if that is there.
    pub(crate) fn set_note(&mut self, index: usize, note: Note) {
        let Some(slot) = self.all.get_mut(index) else { return };
        match slot.note.checked_sub(1).and_then(|place| self.notes.get_mut(place as usize)) {
            Some(place) => *place = note,
            None => {
                self.notes.push(note);
                slot.note = self.notes.len() as u32;
            }
        }
    }

    /// Bytes of memory in use.
    pub(crate) fn bytes(&self) -> usize {
        self.all.len() * (size_of::<Slot>() + 2 * size_of::<u32>())
            + self.notes.len() * size_of::<Note>()
    }

    fn hash_address(hasher: FixedState, address: &Address) -> u64 {
        let mut state = hasher.build_hasher();
        let (low, high) = address.0.split_at(8);
        for part in [low, &high[..8], &high[8..]] {
            state.write(part);
        }
        state.finish()
    }

    /// PERF: two chains, which the processor computes side by side.
    #[inline(always)]
    fn hash_key(address_hash: u64, key: &Word) -> u64 {
        let [l0, l1, l2, l3] = key.0;
        let (mut low, mut high) =
            (Mixer::new(address_hash), Mixer::new(address_hash.rotate_left(32)));
        low.write_u64(l0);
        high.write_u64(l1);
        low.write_u64(l2);
        high.write_u64(l3);
        low.write_u64(high.finish());
        low.finish()
    }
}
