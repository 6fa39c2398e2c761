//! Snapshots of the whole machine.
//!
//! Between transactions a host makes a snapshot, and goes back to it when the next one must not be in the batch.
//! They nest. Small things are copied; what is large (memory, storage) is journalled from then on.

use super::{EMPTY_PLACE, Event, Exit, L1Message, NearFrames, Page, Registers, Stack, Stop, Vm};
use crate::state::watch::SavedBlock;
use alloc::vec::Vec;
use core::fmt;

/// Why a snapshot cannot be made, forgotten or gone back to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SnapshotError {
    /// The machine is inside a far call; only the first frame can be saved.
    InFarCall,
    /// There is no snapshot.
    NoSnapshot,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InFarCall => "snapshots are possible in the first frame only, not in a far call",
            Self::NoSnapshot => "there is no snapshot",
        })
    }
}

impl core::error::Error for SnapshotError {}

/// A snapshot.
#[derive(Debug)]
pub(super) struct Saved {
    registers: Registers,
    pc: u16,
    sp: u16,
    ergs: u32,
    status: u32,
    pending_panic: bool,
    context_u128: u128,
    instructions: u64,
    rolled_back: u64,
    heap_bounds: (u32, u32),
    stack: Stack,
    near_frames: NearFrames,
    next_base_page: u32,
    retained: Vec<u32>,
    retained_limit: usize,
    pub(super) undo: usize,
    /// Entries of the undo log from here to `undo` were undone by entries behind it: a frame that is older than the
    /// snapshot failed. Equal to `undo` as long as none did.
    pub(super) compensated: usize,
    /// Events and messages to L1 that were taken back in the course of that.
    pub(super) events: Vec<Event>,
    pub(super) l1_messages: Vec<L1Message>,
    epoch: u32,
    tx_number: u16,
    pubdata: i32,
    storage_log: usize,
    refunds: usize,
    pubdata_costs: usize,
    ended: Option<Exit>,
    stop: Option<Stop>,
    /// Pages that existed, with what they had saved for the snapshot before this one.
    pages: Vec<(u32, Option<Vec<SavedBlock>>)>,
    /// Pages freed since.
    pub(super) freed_pages: Vec<(u32, Page)>,
}

impl Saved {
    /// Bytes of memory that is kept for this snapshot beside what pages have.
    fn bytes(&self) -> usize {
        let blocks = self.pages.iter().map(|(_, older)| saved_bytes(older));
        let pages = self.freed_pages.iter().map(|(_, page)| page.bytes() + page.saved_bytes());
        blocks.chain(pages).sum()
    }
}

/// What blocks that a page saved for a snapshot take.
fn saved_bytes(blocks: &Option<Vec<SavedBlock>>) -> usize {
    blocks.as_ref().map_or(0, |blocks| blocks.len() * SavedBlock::BYTES)
}

impl Vm {
    /// Makes a snapshot. It is kept until [`pop_snapshot`](Self::pop_snapshot) or [`rollback`](Self::rollback).
    ///
    /// # Errors
    /// In a far call.
    pub fn make_snapshot(&mut self) -> Result<(), SnapshotError> {
        if !self.callers.is_empty() {
            return Err(SnapshotError::InFarCall);
        }
        let numbers = self.pages.numbers();
        let watch = |number| (number, self.pages.get_mut(number).and_then(Page::watch));
        let pages = numbers.into_iter().map(watch).collect();
        self.snapshots.push(Saved {
            registers: self.hot.registers,
            pc: self.pc,
            sp: self.sp,
            ergs: self.ergs,
            status: self.status,
            pending_panic: self.pending_panic,
            context_u128: self.context_u128,
            instructions: self.instructions,
            rolled_back: self.rolled_back,
            heap_bounds: (self.frame.heap_bound, self.frame.aux_heap_bound),
            stack: self.frame.stack.clone(),
            near_frames: self.near_frames.clone(),
            next_base_page: self.next_base_page,
            retained: self.retained.clone(),
            retained_limit: self.frame.retained_limit,
            undo: self.undo.len(),
            compensated: self.undo.len(),
            events: Vec::new(),
            l1_messages: Vec::new(),
            epoch: self.epoch,
            tx_number: self.tx_number,
            pubdata: self.pubdata,
            storage_log: self.storage_log.len(),
            refunds: self.refunds.len(),
            pubdata_costs: self.pubdata_costs.len(),
            ended: self.ended,
            stop: self.stop,
            pages,
            freed_pages: Vec::new(),
        });
        Ok(())
    }

    /// Forgets the newest snapshot: what happened since stays.
    ///
    /// # Errors
    /// Without a snapshot.
    pub fn pop_snapshot(&mut self) -> Result<(), SnapshotError> {
        let mut snapshot = self.snapshots.pop().ok_or(SnapshotError::NoSnapshot)?;
        if let Some(older) = self.snapshots.last_mut() {
            older.events.append(&mut snapshot.events);
            older.l1_messages.append(&mut snapshot.l1_messages);
            older.compensated = older.compensated.min(snapshot.compensated);
        }
        let (mut dropped, mut kept) = (0, 0);
        for (number, older) in snapshot.pages {
            if let Some(page) = self.pages.get_mut(number) {
                dropped += page.forget(older);
                continue;
            }
            dropped += saved_bytes(&older);
            if let Some((_, page)) = snapshot.freed_pages.iter().find(|(freed, _)| *freed == number)
            {
                // Freed since: of interest only to an older snapshot that knew it.
                if let (Some(older), Some(outer)) = (older, self.snapshots.last_mut()) {
                    let mut page = page.clone();
                    page.forget(Some(older));
                    kept += page.bytes() + page.saved_bytes();
                    outer.freed_pages.push((number, page));
                }
            }
        }
        for (_, page) in snapshot.freed_pages {
            dropped += page.bytes() + page.saved_bytes();
            self.pages.reuse(page);
        }
        self.memory = (self.memory + kept).saturating_sub(dropped);
        Ok(())
    }

    /// Goes back to the newest snapshot and forgets it. A machine that was stopped is usable again.
    ///
    /// # Errors
    /// Without a snapshot.
    pub fn rollback(&mut self) -> Result<(), SnapshotError> {
        let mark = self.snapshots.last().ok_or(SnapshotError::NoSnapshot)?.undo;
        for entry in self.undo.split_off(mark).into_iter().rev() {
            self.undo_one(entry, true);
        }
        let snapshot = self.snapshots.pop().ok_or(SnapshotError::NoSnapshot)?;
        self.callers.return_to_first(&mut self.frame);
        self.hot.registers = snapshot.registers;
        self.pc = snapshot.pc;
        self.sp = snapshot.sp;
        self.ergs = snapshot.ergs;
        self.status = snapshot.status;
        self.pending_panic = snapshot.pending_panic;
        self.context_u128 = snapshot.context_u128;
        self.rolled_back = snapshot.rolled_back + (self.instructions - snapshot.instructions);
        (self.frame.heap_bound, self.frame.aux_heap_bound) = snapshot.heap_bounds;
        self.frame.stack = snapshot.stack;
        self.near_frames = snapshot.near_frames;
        self.next_base_page = snapshot.next_base_page;
        self.retained = snapshot.retained;
        self.frame.retained_limit = snapshot.retained_limit;
        self.epoch = snapshot.epoch;
        self.tx_number = snapshot.tx_number;
        self.pubdata = snapshot.pubdata;
        self.storage_log.truncate(snapshot.storage_log);
        self.refunds.truncate(snapshot.refunds);
        self.pubdata_costs.truncate(snapshot.pubdata_costs);
        self.ended = snapshot.ended;
        self.stop = snapshot.stop;
        self.restore_pages(snapshot.pages, snapshot.freed_pages);
        self.update_depth();
        Ok(())
    }

    fn restore_pages(
        &mut self,
        pages: Vec<(u32, Option<Vec<SavedBlock>>)>,
        freed: Vec<(u32, Page)>,
    ) {
        for number in self.pages.numbers() {
            if pages.binary_search_by_key(&number, |(number, _)| *number).is_err() {
                self.pages.forget(number);
            }
        }
        self.pages.forget_calls(self.next_base_page);
        for (number, page) in freed {
            self.pages.put(number, page);
        }
        for (number, older) in pages {
            if let Some(page) = self.pages.get_mut(number) {
                page.restore(older);
            }
        }
        self.last_pointed = (0, EMPTY_PLACE);
        self.frame.heap = self.pages.find(self.frame.heap_page());
        self.frame.aux_heap = self.pages.find(self.frame.aux_heap_page());
        let stacks = self.callers.stacks().chain([&self.frame.stack]).map(Stack::bytes);
        let pages = self.pages.numbers().into_iter().filter_map(|number| self.pages.get(number));
        let pages = pages.map(|page| page.bytes() + page.saved_bytes());
        let older = self.snapshots.iter().map(Saved::bytes);
        self.memory = stacks.chain(pages).chain(older).sum();
    }
}
