//! What a host can see of the machine, and the little it can change.

use super::{Event, Exit, L1Message, StorageAccess, Vm, status};
use crate::host::StorageSlot;
use crate::isa::MAX_CALL_DEPTH;
use crate::program::Program;
use crate::semantics::Flags;
use crate::state::journal::Undo;
use crate::versioned_hash::VersionedHash;
use crate::word::{Address, Word};
use alloc::vec::Vec;

/// A far frame.
#[derive(Clone, Copy, Debug)]
pub struct FrameView<'a> {
    /// The contract.
    pub this_address: &'a Address,
    /// Its caller.
    pub caller: &'a Address,
    /// Whose code runs.
    pub code_address: &'a Address,
    /// The 128-bit context value.
    pub context_u128: u128,
    /// Whether it is in kernel space.
    pub is_kernel: bool,
    /// Whether it may not write.
    pub is_static: bool,
    /// Shards of the contract, of its caller and of its code.
    pub shards: [u8; 3],
    /// The code.
    pub program: &'a Program,
    /// First of the frame's pages: code, stack, heap, auxiliary heap.
    pub base_page: u32,
    /// Page of the code; 0 if the call failed.
    pub code_page: u32,
    /// Bytes of heap and auxiliary heap that are paid for.
    pub heap_bounds: [u32; 2],
    /// Where the caller goes on if the frame fails.
    pub exception_handler: u16,
}

/// What a run changed of a storage slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StorageChange {
    /// The contract.
    pub address: Address,
    /// The slot.
    pub key: Word,
    /// The slot before the batch.
    pub before: StorageSlot,
    /// Its value now.
    pub after: Word,
}

impl Vm {
    /// Program counter of the next instruction.
    pub const fn pc(&self) -> u16 {
        self.pc
    }

    /// Stack pointer.
    pub const fn sp(&self) -> u16 {
        self.sp
    }

    /// Ergs of the current (near or far) frame.
    pub const fn ergs(&self) -> u32 {
        self.ergs
    }

    /// Gives the current frame other ergs. For hosts that limit the ergs of a part of a run.
    pub const fn set_ergs(&mut self, ergs: u32) {
        self.ergs = ergs;
    }

    /// The flags.
    pub const fn flags(&self) -> Flags {
        status::flags(self.status)
    }

    /// Whether the next instruction is `ret.panic`, whatever the code says.
    pub const fn is_panicking(&self) -> bool {
        self.pending_panic
    }

    /// The context value set for the next far call.
    pub const fn next_context_u128(&self) -> u128 {
        self.context_u128
    }

    /// Instructions done so far, those of rolled-back transactions included.
    pub const fn instructions(&self) -> u64 {
        self.instructions
    }

    /// The signed pubdata counter, in bytes.
    pub const fn pubdata(&self) -> i32 {
        self.pubdata
    }

    /// Number of the current transaction in the batch.
    pub const fn tx_number(&self) -> u16 {
        self.tx_number
    }

    /// First page of the next far call.
    pub const fn next_base_page(&self) -> u32 {
        self.next_base_page
    }

    /// Near and far frames, the first one included.
    pub fn call_depth(&self) -> u64 {
        debug_assert!(self.depth() <= u64::from(MAX_CALL_DEPTH));
        self.depth()
    }

    /// Near frames of the current far frame.
    pub fn near_depth(&self) -> usize {
        self.near_frames.len() - self.frame.near_base
    }

    /// How the first frame ended, if it has.
    pub const fn ended(&self) -> Option<Exit> {
        self.ended
    }

    /// r1 to r15 as they were when the first frame's last instruction began, with pointer tags.
    pub const fn final_registers(&self) -> &[(Word, bool); 15] {
        &self.final_registers
    }

    /// The current far frame.
    pub fn current_frame(&self) -> FrameView<'_> {
        Self::view(&self.frame)
    }

    /// Far frames below the current one, the first one first.
    pub fn calling_frames(&self) -> impl Iterator<Item = FrameView<'_>> {
        self.callers.iter().map(Self::view)
    }

    /// Ergs that the frame which called the current far frame has kept; `None` in the first frame.
    pub fn caller_ergs(&self) -> Option<u32> {
        Some(self.callers.last()?.ergs)
    }

    const fn view(frame: &super::Frame) -> FrameView<'_> {
        FrameView {
            this_address: &frame.this_address,
            caller: &frame.caller,
            code_address: &frame.code_address,
            context_u128: frame.context_u128,
            is_kernel: frame.is_kernel,
            is_static: frame.is_static,
            shards: frame.shards,
            program: &frame.program,
            base_page: frame.base_page,
            code_page: frame.code_page,
            heap_bounds: [frame.heap_bound, frame.aux_heap_bound],
            exception_handler: frame.handler,
        }
    }

    /// A word of the current far frame's stack, with its tag.
    pub fn stack_word(&self, index: u16) -> (Word, bool) {
        (self.frame.stack.get(index), self.frame.stack.tag(index))
    }

    /// Words of the current far frame's stack that are not zero or are tagged.
    pub fn stack_words(&self) -> Vec<(u16, Word, bool)> {
        self.frame.stack.non_zero()
    }

    /// The word at a byte address of the current far frame's heap.
    pub fn heap_word(&self, address: u32) -> Word {
        self.read_page(self.frame.heap_page(), address.into())
    }

    /// The word at a byte address of any page.
    pub fn page_word(&self, page: u32, address: u64) -> Word {
        self.read_page(page, address)
    }

    /// Words of a page that are not zero, by word index; code pages excluded.
    pub fn page_words(&self, page: u32) -> Vec<(u64, Word)> {
        self.pages.get(page).map(|page| page.non_zero()).unwrap_or_default()
    }

    /// Numbers of all pages that hold something, code and stacks excluded.
    pub fn page_numbers(&self) -> Vec<u32> {
        self.pages.numbers()
    }

    /// Writes the word at a byte address of the current far frame's heap, as hosts do for the bootloader.
    /// The heap's bound does not move.
    pub fn write_heap_word(&mut self, address: u32, value: &Word) {
        self.write_heap::<false>(address, value);
    }

    /// The event queue.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The queue of messages to L1.
    pub fn l1_messages(&self) -> &[L1Message] {
        &self.l1_messages
    }

    /// All storage accesses in order, if they are recorded.
    pub fn storage_log(&self) -> &[StorageAccess] {
        &self.storage_log
    }

    /// Refunds of `sload` and `sstore` in order, those of failed frames included, if they are recorded.
    pub fn storage_refunds(&self) -> &[u32] {
        &self.refunds
    }

    /// Pubdata costs of all accesses to storage, transient storage and code hashes in order, if they are recorded.
    pub fn pubdata_costs(&self) -> &[i32] {
        &self.pubdata_costs
    }

    /// The current value of a slot, if the run touched it.
    pub fn storage_value(&self, address: &Address, key: &Word) -> Option<Word> {
        let slot = &self.slots.all[self.slots.find(address, key)?];
        slot.initial.map(|_| slot.current)
    }

    /// A slot as it was before the batch, if the run touched it.
    pub fn initial_slot(&self, address: &Address, key: &Word) -> Option<StorageSlot> {
        self.slots.all.get(self.slots.find(address, key)?)?.initial
    }

    /// The value of a transient slot in the current transaction.
    pub fn transient_value(&self, address: &Address, key: &Word) -> Word {
        match self.slots.find(address, key).map(|index| &self.slots.all[index]) {
            Some(slot) if slot.transient_epoch == self.epoch => slot.transient,
            _ => Word::ZERO,
        }
    }

    /// Slots whose value is not what it was before the batch, by address and key.
    pub fn storage_changes(&self) -> Vec<StorageChange> {
        self.changes(|change| change.after != change.before.value)
    }

    /// Slots that were written to and not rolled back since, even with their old value, by address and key.
    pub fn written_slots(&self) -> Vec<StorageChange> {
        self.changes(|_| true)
    }

    fn changes(&self, which: impl Fn(&StorageChange) -> bool) -> Vec<StorageChange> {
        let mut changes: Vec<_> = self
            .slots
            .all
            .iter()
            .filter(|slot| slot.was_written)
            .filter_map(|slot| {
                Some(StorageChange {
                    address: slot.address,
                    key: slot.key,
                    before: slot.initial?,
                    after: slot.current,
                })
            })
            .filter(which)
            .collect();
        changes.sort_unstable_by_key(|change| (change.address, change.key));
        changes
    }

    /// Length of the journal of changes now, for [`storage_changes_since`](Self::storage_changes_since).
    pub fn journal_len(&self) -> usize {
        self.undo.len()
    }

    /// Slots that were written to since the journal had a length, by address and key, even if with the value that they had;
    /// without the writes of frames that failed. In a change, `before` has the slot's value at that time.
    ///
    /// The length must be that of a time which was not gone back beyond.
    pub fn storage_changes_since(&self, journal_len: usize) -> Vec<StorageChange> {
        let entries = self.undo.get(journal_len..).unwrap_or_default();
        // PERF: numbers are sorted, not changes, which are large.
        let mut writes: Vec<(u32, u32)> = (0..)
            .zip(entries)
            .filter_map(|(at, entry)| match entry {
                Undo::Storage { slot, .. } => Some((*slot, at)),
                _ => None,
            })
            .collect();
        writes.sort_unstable();
        writes.dedup_by_key(|(slot, _)| *slot);
        let place = |slot: u32| {
            let slot = self.slots.all.get(slot as usize)?;
            Some((Word::from_address(&slot.address), &slot.key))
        };
        writes.sort_unstable_by(|(left, _), (right, _)| place(*left).cmp(&place(*right)));
        let change = |(slot, at): (u32, u32)| {
            let Some(Undo::Storage { value, .. }) = entries.get(at as usize) else { return None };
            let slot = self.slots.all.get(slot as usize)?;
            let before = StorageSlot { value: *value, ..slot.initial? };
            let (address, key, after) = (slot.address, slot.key, slot.current);
            Some(StorageChange { address, key, before, after })
        };
        writes.into_iter().filter_map(change).collect()
    }

    /// Hashes of all code that was called or decommitted, also where the ergs did not suffice to load it.
    pub fn used_code(&self) -> Vec<VersionedHash> {
        self.decommitted.iter().map(|code| code.hash).collect()
    }
}
