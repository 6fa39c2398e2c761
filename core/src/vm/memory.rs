//! Access to memory pages, their lifetime, and the budget for all memory.
//!
//! A page lives as long as anything can reach it. Pointers flow down as calldata and up as returndata, nowhere
//! else: all other registers are cleared at both borders. So what a frame can reach is its own heaps, its calldata, and the pages
//! that its callees returned. The latter are *retained* by the frame; when their number passes a limit, the
//! frame's registers and tagged stack words are looked through and pages without a pointer are freed.

use super::{EMPTY_PLACE, FIRST_CALL_BASE_PAGE, FatPointer, Page, Stop, Vm, status};
use crate::precompiles::PageMemory;
use crate::semantics;
use crate::state::journal::Undo;
use crate::state::page::Slices;
use crate::word::Word;
use alloc::vec::Vec;

/// Number of retained pages at which a frame first looks whether it still needs them.
pub(super) const RETAINED_LIMIT: usize = 16;

/// What an ended frame leaves behind.
pub(super) struct Ended {
    /// Numbers of its heaps.
    pub(super) heaps: [u32; 2],
    /// Where its part of the list of retained pages begins.
    pub(super) retained_base: usize,
    /// Number of the page that it returned.
    pub(super) returned: u32,
}

/// A retained page that may not be needed any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    number: u32,
    is_used: bool,
}

impl Candidate {
    const fn new(number: u32) -> Self {
        Self { number, is_used: false }
    }
}

impl Vm {
    pub(super) fn read_heap<const AUX: bool>(&mut self, address: u32) -> Word {
        let (mut place, _) = self.heap_of::<AUX>();
        if place == EMPTY_PLACE {
            place = self.pages.find(self.heap_page::<AUX>());
            self.set_heap_place::<AUX>(place);
        }
        self.pages.at(place).read(address.into())
    }

    pub(super) fn write_heap<const AUX: bool>(&mut self, address: u32, value: &Word) {
        let (mut place, _) = self.heap_of::<AUX>();
        if place == EMPTY_PLACE {
            place = self.pages.materialize(self.heap_page::<AUX>());
            self.set_heap_place::<AUX>(place);
        }
        if let Some(page) = self.pages.at_mut(place) {
            let taken = page.write(address.into(), value);
            self.take_memory(taken);
        }
    }

    const fn heap_page<const AUX: bool>(&self) -> u32 {
        if AUX { self.frame.aux_heap_page() } else { self.frame.heap_page() }
    }

    fn set_heap_place<const AUX: bool>(&mut self, place: u32) {
        if AUX {
            self.frame.aux_heap = place;
        } else {
            self.frame.heap = place;
        }
    }

    /// The word at any byte address of any page; code pages included.
    pub(super) fn read_page(&self, number: u32, address: u64) -> Word {
        let mut bytes = [0; 32];
        let mut filled = 0;
        match self.code_page(number) {
            None => return self.pages.at(self.pages.find(number)).read(address),
            Some(code) => {
                let (index, skip) = ((address / 32) as usize, (address % 32) as usize);
                for word in code.iter().skip(index).take(2) {
                    let start = if filled == 0 { skip } else { 0 };
                    let word = word.to_be_bytes();
                    let len = (32 - start).min(32 - filled);
                    bytes[filled..filled + len].copy_from_slice(&word[start..start + len]);
                    filled += len;
                }
            }
        }
        Word::from_be_bytes(&bytes)
    }

    /// The word that a pointer points to, whose offset is at most 2³² − 32. Bytes beyond its slice read as zero.
    pub(super) fn read_pointed(&self, pointer: &FatPointer) -> Word {
        if pointer.offset >= pointer.length {
            return Word::ZERO;
        }
        let address = pointer.start.wrapping_add(pointer.offset);
        let value = self.read_page(pointer.page, address.into());
        let end = pointer.offset.saturating_add(32);
        let beyond = end.saturating_sub(pointer.length) as u8 % 32 * 8;
        semantics::shl(&semantics::shr(&value, beyond), beyond)
    }

    /// Writes to a page of ordinary memory, which comes into being if it was not there.
    pub(super) fn write_page(&mut self, number: u32, address: u64, value: &Word) {
        let place = self.pages.find(number);
        if let (Some(page), Ok(address)) = (self.pages.at_mut(place), u32::try_from(address))
            && let Some(bytes) = page.dense_mut(address)
        {
            value.write_be_bytes(bytes);
            return;
        }
        let place = self.pages.materialize(number);
        if let Some(page) = self.pages.at_mut(place) {
            let taken = page.write(address, value);
            self.take_memory(taken);
        }
    }

    /// The words of a page that holds nothing but code.
    pub(super) fn code_page(&self, number: u32) -> Option<&[Word]> {
        if number == super::FIRST_BASE_PAGE {
            let first = self.callers.iter().next().unwrap_or(&self.frame);
            return Some(first.program.words());
        }
        let index = *self.code_pages.get(&number)?;
        self.decommitted.get(index as usize).map(|code| code.program.words())
    }

    /// The bytes a pointer refers to, from its offset on.
    pub fn read_pointer(&self, pointer: FatPointer) -> Vec<u8> {
        let length = pointer.length.saturating_sub(pointer.offset);
        let start = pointer.start.wrapping_add(pointer.offset);
        let mut bytes = Vec::new();
        if self.code_page(pointer.page).is_some() {
            let mut address = u64::from(start);
            let end = address + u64::from(length);
            while address < end {
                let word = self.read_page(pointer.page, address).to_be_bytes();
                let count = (end - address).min(32) as usize;
                bytes.extend_from_slice(&word[..count]);
                address += count as u64;
            }
            return bytes;
        }
        let page = self.pages.at(self.pages.find(pointer.page));
        for slice in page.slices(start.into(), length.into()) {
            bytes.extend_from_slice(slice);
        }
        bytes
    }

    /// Makes a page readable for a precompile, if it may read the page with this number.
    pub(super) fn make_readable(&mut self, number: u32) -> Result<(), Stop> {
        if self.pages.get(number).is_none() {
            self.check_readable(number)?;
            self.copy_of_code(number);
        }
        Ok(())
    }

    fn check_readable(&self, number: u32) -> Result<(), Stop> {
        if self.pages.get(number).is_some() || self.code_page(number).is_some() {
            return Ok(());
        }
        let Some(call) = number.checked_sub(FIRST_CALL_BASE_PAGE) else {
            return if number == super::FIRST_BASE_PAGE + 1 {
                Err(Stop::PageNotReadable(number))
            } else {
                Ok(())
            };
        };
        match call % 8 {
            1 if number < self.next_base_page => Err(Stop::PageNotReadable(number)),
            2 | 3 if self.pages.was_freed(number) => Err(Stop::PageFreed(number)),
            _ => Ok(()),
        }
    }

    /// Whether a precompile may write to the page with this number.
    pub(super) fn check_writable(&self, number: u32) -> Result<(), Stop> {
        let is_code_or_stack = number >= super::FIRST_BASE_PAGE
            && !(super::FIRST_BASE_PAGE + 2..FIRST_CALL_BASE_PAGE).contains(&number)
            && number % 8 < 2;
        if is_code_or_stack {
            return Err(Stop::PageNotWritable(number));
        }
        self.check_readable(number)
    }

    /// Makes the bytes of a code page readable in slices, for precompiles.
    #[cold]
    fn copy_of_code(&mut self, number: u32) {
        let Some(code) = self.code_page(number) else { return };
        let bytes: Vec<u8> = code.iter().flat_map(|word| word.to_be_bytes()).collect();
        let place = self.pages.materialize(number);
        if let Some(page) = self.pages.at_mut(place) {
            self.memory += page.write_bytes(0, &bytes);
        }
        self.check_memory();
    }

    /// Frees a page that nothing can reach any more.
    #[inline(always)]
    fn free_page(&mut self, number: u32) {
        // Most frames use one of their heaps at most.
        if self.pages.find(number) != EMPTY_PLACE {
            self.free_page_that_is_there(number);
        }
    }

    #[inline(never)]
    fn free_page_that_is_there(&mut self, number: u32) {
        let Some(page) = self.pages.get(number) else { return };
        if page.pinned {
            return;
        }
        if self.last_pointed.0 == number {
            self.last_pointed = (0, EMPTY_PLACE);
        }
        if page.is_watched() {
            self.keep_for_snapshot(number);
        } else {
            self.memory -= self.pages.free(number);
        }
    }

    /// Takes a page away that a snapshot may want back.
    #[cold]
    fn keep_for_snapshot(&mut self, number: u32) {
        if let (Some(page), Some(snapshot)) = (self.pages.take(number), self.snapshots.last_mut()) {
            snapshot.freed_pages.push((number, page));
        }
    }

    /// Frees what an ended frame leaves behind except the page it returned, which its caller now retains.
    pub(super) fn release_frame(&mut self, ended: Ended) {
        let Ended { heaps, retained_base, returned } = ended;
        let mut keep = false;
        for number in heaps {
            if number == returned {
                keep = true;
            } else {
                self.free_page(number);
            }
        }
        while self.retained.len() > retained_base {
            match self.retained.pop() {
                Some(number) if number == returned => keep = true,
                Some(number) => self.free_page(number),
                None => break,
            }
        }
        if keep && self.pages.get(returned).is_some_and(|page| !page.pinned) {
            self.retained.push(returned);
        }
        if self.retained.len() - self.frame.retained_base >= self.frame.retained_limit {
            self.collect_retained();
        }
    }

    /// Frees the retained pages of the current frame to which it has no pointer left.
    #[cold]
    #[inline(never)]
    fn collect_retained(&mut self) {
        let base = self.frame.retained_base;
        let mut candidates = core::mem::take(&mut self.candidates);
        candidates.clear();
        candidates.extend(self.retained.drain(base..).map(Candidate::new));
        candidates.sort_unstable_by_key(|candidate| candidate.number);
        candidates.dedup_by_key(|candidate| candidate.number);
        self.find_used(&mut candidates);
        for candidate in &candidates {
            if candidate.is_used {
                self.retained.push(candidate.number);
            } else {
                self.free_page(candidate.number);
            }
        }
        self.candidates = candidates;
        self.frame.retained_limit = ((self.retained.len() - base) * 2).max(RETAINED_LIMIT);
    }

    /// Marks those of some pages, in the order of their numbers, to which the current frame may have a pointer.
    fn find_used(&self, candidates: &mut [Candidate]) {
        let (Some(first), Some(last)) = (candidates.first(), candidates.last()) else { return };
        let (lowest, span) = (first.number, last.number - first.number);
        // Most of what is looked at is no number of a page at all.
        let may_be = |number: u32| number.wrapping_sub(lowest) <= span;
        let mut mark = |number: u32| {
            if may_be(number)
                && let Ok(at) = candidates.binary_search_by_key(&number, |it| it.number)
            {
                candidates[at].is_used = true;
            }
        };
        for register in 1..16 {
            let (word, is_pointer) = self.register(register);
            if is_pointer {
                mark(FatPointer::from_word(&word).page);
            }
        }
        for word in self.frame.stack.tagged() {
            mark(FatPointer::from_word(&word).page);
        }
        if !self.frame.is_kernel {
            return;
        }
        // Kernel code may have taken a pointer apart to give its page to a precompile.
        let halves = |limb: u64| [limb as u32, (limb >> 32) as u32];
        self.hot.registers.numbered().chain(self.frame.stack.words()).for_each(|word| {
            // PERF: without branches as long as there is nothing.
            let found = word.0.iter().fold(false, |found, &limb| {
                let [low, high] = halves(limb);
                found | may_be(low) | may_be(high)
            });
            if found {
                word.0.into_iter().flat_map(halves).for_each(&mut mark);
            }
        });
    }

    /// Gets memory for a word of the stack, where that may be had without further thought. The first thing that a compiled function does
    /// is to put its calldata's pointer there. False if there is none.
    #[cold]
    #[inline(never)]
    pub(super) fn make_room_on_stack(&mut self, index: u16) -> bool {
        let Some(taken) = self.frame.stack.make_room(index) else { return false };
        self.take_memory(taken);
        self.stop.is_none()
    }

    /// Brings the status bits that depend on the current frame up to date.
    pub(super) fn update_frame_status(&mut self) {
        let mut status = self.status
            & !(status::USER | status::STATIC | status::STACK_TAGGED | status::STORES_OBSERVED);
        if !self.frame.is_kernel {
            status |= status::USER;
        }
        if self.frame.is_static {
            status |= status::STATIC;
        }
        if self.frame.stack.has_tags() {
            status |= status::STACK_TAGGED;
        }
        if self.callers.is_empty() && self.settings.hook_address.is_some() {
            status |= status::STORES_OBSERVED;
        }
        self.status = status;
    }

    /// Bytes of memory in use, to within what allocators round up.
    pub fn memory_in_use(&self) -> usize {
        self.memory
            + self.callers.bytes()
            + self.near_frames.bytes()
            + self.pages.index_bytes()
            + self.undo.capacity() * size_of::<Undo>()
            + self.slots.bytes()
            + self.events.capacity() * size_of::<super::Event>()
            + self.l1_messages.capacity() * size_of::<super::L1Message>()
            + self.storage_log.capacity() * size_of::<super::StorageAccess>()
            + self.candidates.capacity() * size_of::<Candidate>()
            + (self.refunds.capacity() + self.pubdata_costs.capacity() + self.retained.capacity())
                * size_of::<u32>()
    }

    /// Notes that memory was newly taken.
    #[inline]
    pub(super) fn take_memory(&mut self, bytes: usize) {
        if bytes > 0 {
            self.memory += bytes;
            self.check_memory();
        }
    }

    /// Whether one more write to a heap is far from taking more memory than may be taken: it doubles a list at most, or takes a few
    /// hundred kilobytes.
    #[cfg(feature = "compiled")]
    pub(super) fn has_memory_to_spare(&self) -> bool {
        let in_use = self.memory_in_use();
        in_use.saturating_mul(2).saturating_add(1 << 20) <= self.settings.memory_ceiling
    }

    /// Stops the run if it takes more memory than it may.
    pub(super) fn check_memory(&mut self) {
        if self.memory_in_use() > self.settings.memory_ceiling {
            self.halt(Stop::MemoryCeiling(self.settings.memory_ceiling));
        }
    }

    /// Adds to the undo log. Now and then looks whether there is memory left for it.
    #[inline]
    pub(super) fn push_undo(&mut self, entry: Undo) {
        if self.undo.len() == self.undo.capacity() {
            self.check_memory();
        }
        self.undo.push(entry);
    }
}

impl PageMemory for Vm {
    fn word(&self, page: u32, index: u32) -> Word {
        self.read_page(page, u64::from(index) * 32)
    }

    fn set_word(&mut self, page: u32, index: u32, value: Word) {
        self.write_page(page, u64::from(index) * 32, &value);
    }

    fn chunks(&self, page: u32, offset: u32, length: u32) -> impl Iterator<Item = &[u8]> {
        let page: Option<&Page> = self.pages.get(page);
        match page {
            Some(page) => page.slices(offset.into(), length.into()),
            None => Slices::zeros(length.into()),
        }
    }
}
