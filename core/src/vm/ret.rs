//! Returns from frames.

use super::careful::Tagged;
use super::memory::Ended;
use super::{Exit, Signal, Vm, status};
use crate::isa::{Instruction, Modifier, Opcode};
use crate::semantics::{FatPointer, Flags, Forwarding, RetAbi};
use crate::state::journal::Undo;
use crate::state::registers::Register;
use crate::state::slots::Note;
use crate::word::Word;

/// How a frame ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// It returns data; what it did stays.
    Returns,
    /// It returns data; what it did is taken back.
    Reverts,
    /// It returns nothing; what it did is taken back, and its ergs are gone.
    Panics,
}

impl Vm {
    /// Executes a return. `abi` is its first source.
    pub(super) fn ret(&mut self, instruction: &Instruction, abi: Tagged) -> Signal {
        let ending = match instruction.opcode() {
            Opcode::RetOk => Ending::Returns,
            Opcode::RetRevert => Ending::Reverts,
            _ => Ending::Panics,
        };
        if self.near_frames.len() <= self.frame.near_base {
            return self.ret_far(ending, &RetAbi::from_word(&abi.word), abi.is_pointer);
        }
        let label = instruction.variant().has(Modifier::ToLabel).then_some(instruction.imm0);
        self.ret_near(ending, label);
        Signal::Next
    }

    fn ret_near(&mut self, ending: Ending, label: Option<u16>) {
        let Some(frame) = self.near_frames.pop() else { return };
        self.status = status::with_flags(self.status, Flags::NONE);
        if ending != Ending::Returns {
            self.undo_to(frame.undo_mark as usize);
        }
        self.sp = frame.sp;
        self.ergs = self.ergs.wrapping_add(frame.ergs);
        self.pc = match label {
            Some(label) => label,
            None if ending == Ending::Returns => frame.caller_pc(),
            None => frame.handler,
        };
        self.mark_panic(ending);
        self.update_depth();
    }

    /// A panic shows in the caller's flags.
    fn mark_panic(&mut self, ending: Ending) {
        if ending == Ending::Panics {
            let flags = Flags { lt: true, ..Flags::NONE };
            self.status = status::with_flags(self.status, flags);
        }
    }

    /// Returns from the current far frame, which has no near frames left.
    ///
    /// PERF: takes the ABI word unpacked. A copy of a word that was just stored has to wait for it.
    pub(super) fn ret_far(&mut self, mut ending: Ending, abi: &RetAbi, is_pointer: bool) -> Signal {
        self.status = status::with_flags(self.status, Flags::NONE);
        // SPEC: before the circuits' rules, `ret.panic` did not look at its operand.
        let ignores_abi = ending == Ending::Panics && !self.settings.semantics.panic_pays_growth;
        let RetAbi { pointer, forwarding } =
            if ignores_abi { RetAbi::from_word(&Word::ZERO) } else { *abi };
        let fresh = forwarding != Forwarding::Pointer;
        if !self.may_return(&pointer, fresh, is_pointer && !ignores_abi) {
            ending = Ending::Panics;
        }
        let mut data = if ending == Ending::Panics {
            FatPointer::EMPTY
        } else {
            match forwarding {
                Forwarding::Pointer => pointer.narrowed(),
                Forwarding::Heap => FatPointer { page: self.frame.heap_page(), ..pointer },
                Forwarding::AuxHeap => FatPointer { page: self.frame.aux_heap_page(), ..pointer },
            }
        };
        if fresh {
            let bound = match forwarding {
                Forwarding::AuxHeap => self.frame.aux_heap_bound,
                Forwarding::Heap | Forwarding::Pointer => self.frame.heap_bound,
            };
            let end = if pointer.overflows() { u32::MAX } else { data.start + data.length };
            match self.ergs.checked_sub(end.saturating_sub(bound)) {
                Some(ergs) => self.ergs = ergs,
                None => {
                    self.ergs = 0;
                    ending = Ending::Panics;
                    data = FatPointer::EMPTY;
                }
            }
        }
        let signal = self.leave_frame(ending, data);
        self.update_depth();
        signal
    }

    /// Whether a far frame may return what its ABI word says.
    fn may_return(&self, pointer: &FatPointer, fresh: bool, is_pointer: bool) -> bool {
        let forwards_older = pointer.page < self.frame.base_page && !self.frame.is_kernel;
        let allowed = if fresh {
            !is_pointer && pointer.offset == 0
        } else {
            // User code must not hand its caller a pointer to memory that the caller can write to.
            is_pointer && !forwards_older
        };
        allowed && !pointer.overflows() && pointer.offset <= pointer.length
    }

    fn leave_frame(&mut self, ending: Ending, data: FatPointer) -> Signal {
        #[cfg(feature = "compiled")]
        self.note_heat();
        if ending != Ending::Returns {
            self.undo_to(self.frame.undo_mark);
        }
        let ended = Ended {
            heaps: [self.frame.heap_page(), self.frame.aux_heap_page()],
            retained_base: self.frame.retained_base,
            returned: data.page,
        };
        let handler = self.frame.handler;
        let Some(stack) = self.callers.ascend(&mut self.frame) else {
            return self.end(ending, data);
        };
        self.memory -= stack.clear();
        // The registers are final before pages are freed: what they point to is what the caller can still reach.
        self.set_returndata(data);
        self.release_frame(ended);
        self.sp = self.frame.sp;
        self.ergs = self.ergs.wrapping_add(self.frame.ergs);
        self.pc = if ending == Ending::Returns { self.frame.pc } else { handler };
        self.update_frame_status();
        self.mark_panic(ending);
        Signal::Next
    }

    fn set_returndata(&mut self, data: FatPointer) {
        self.clear_registers(2..16);
        self.set_register(1, data.to_word(), true);
        self.context_u128 = 0;
    }

    /// The first frame has ended.
    fn end(&mut self, ending: Ending, data: FatPointer) -> Signal {
        for (place, register) in self.final_registers.iter_mut().zip(1..) {
            let tagged = self.status & status::tag(register) != 0;
            *place = (self.hot.registers.get(Register::source(register)), tagged);
        }
        self.set_returndata(data);
        self.mark_panic(ending);
        self.ended = Some(match ending {
            Ending::Returns => Exit::Returned(data),
            Ending::Reverts => Exit::Reverted(data),
            Ending::Panics => Exit::Panicked,
        });
        Signal::Ended
    }

    /// Takes back everything since a position in the undo log that does not outlive failing frames.
    pub(super) fn undo_to(&mut self, mark: usize) {
        let newest = self.snapshots.last().map_or(0, |snapshot| snapshot.undo);
        self.undo_and_drop(mark.max(newest));
        if mark < newest {
            self.compensate(mark, newest);
        }
    }

    /// Length of the undo log when the innermost frame began.
    pub(super) fn innermost_mark(&self) -> usize {
        if self.near_frames.len() > self.frame.near_base {
            self.near_frames.last().map_or(0, |frame| frame.undo_mark as usize)
        } else {
            self.frame.undo_mark
        }
    }

    fn undo_and_drop(&mut self, mark: usize) {
        let mut kept = mark;
        for at in (mark..self.undo.len()).rev() {
            self.undo_one(self.undo[at], false);
        }
        for at in mark..self.undo.len() {
            if self.undo[at].outlives_frames() {
                self.undo[kept] = self.undo[at];
                kept += 1;
            }
        }
        self.undo.truncate(kept);
    }

    /// Takes back what is older than the newest snapshot, which still needs those entries of the log: every step back
    /// is a new entry itself.
    fn compensate(&mut self, mark: usize, newest: usize) {
        let Some(snapshot) = self.snapshots.last_mut() else { return };
        let seen = snapshot.compensated;
        snapshot.compensated = seen.min(mark);
        for at in (mark..newest).rev() {
            let entry = self.undo[at];
            let Some(forth) = self.inverse(&entry) else { continue };
            // What was taken back before is in the storage log already.
            self.undo_one(entry, at >= seen);
            self.push_undo(forth);
        }
    }

    /// The entry that undoes an undo.
    fn inverse(&mut self, entry: &Undo) -> Option<Undo> {
        let snapshot = self.snapshots.last_mut()?;
        Some(match *entry {
            Undo::Storage { slot, .. } => {
                let now = self.slots.all.get(slot as usize)?;
                Undo::Storage { slot, value: now.current, paid: now.paid, log: u32::MAX }
            }
            Undo::Transient { slot, .. } => {
                let now = self.slots.all.get(slot as usize)?;
                Undo::Transient { slot, value: now.transient, epoch: now.transient_epoch }
            }
            Undo::Note { slot, .. } => {
                let Note { value, epoch } = self.slots.note(slot as usize);
                Undo::Note { slot, value, epoch }
            }
            Undo::Pubdata(by) => Undo::Pubdata(by.wrapping_neg()),
            Undo::Events(count) => {
                let first = self.events.len().saturating_sub(count as usize);
                snapshot.events.extend_from_slice(self.events.get(first..)?);
                Undo::EventsTaken(count)
            }
            Undo::EventsTaken(count) => Undo::Events(count),
            Undo::L1Message => {
                snapshot.l1_messages.push(*self.l1_messages.last()?);
                Undo::L1MessageTaken
            }
            Undo::L1MessageTaken => Undo::L1Message,
            Undo::Warmth { .. } | Undo::Decommit | Undo::DecommitUnpaid(_) => return None,
        })
    }

    /// Takes one step back. With `whole`, as part of going back to a snapshot of the whole machine.
    pub(super) fn undo_one(&mut self, entry: Undo, whole: bool) {
        match entry {
            Undo::Storage { slot, value, paid, log } => {
                let Some(slot) = self.slots.all.get_mut(slot as usize) else { return };
                slot.current = value;
                slot.paid = paid;
                if !whole && let Some(&access) = self.storage_log.get(log as usize) {
                    self.storage_log.push(super::StorageAccess { is_rollback: true, ..access });
                }
            }
            Undo::Transient { slot, value, epoch } => {
                if let Some(slot) = self.slots.all.get_mut(slot as usize) {
                    slot.transient = value;
                    slot.transient_epoch = epoch;
                }
            }
            Undo::Note { slot, value, epoch } => {
                self.slots.set_note(slot as usize, Note { value, epoch });
            }
            Undo::Pubdata(by) => self.pubdata = self.pubdata.wrapping_sub(by),
            Undo::Events(count) => {
                self.events.truncate(self.events.len().saturating_sub(count as usize));
            }
            Undo::L1Message => {
                self.l1_messages.pop();
            }
            Undo::EventsTaken(count) => {
                if let Some(snapshot) = self.snapshots.last_mut() {
                    let first = snapshot.events.len().saturating_sub(count as usize);
                    self.events.extend(snapshot.events.drain(first..));
                }
            }
            Undo::L1MessageTaken => {
                let taken =
                    self.snapshots.last_mut().and_then(|snapshot| snapshot.l1_messages.pop());
                self.l1_messages.extend(taken);
            }
            Undo::Warmth { slot, was_read, was_written } if whole => {
                if let Some(slot) = self.slots.all.get_mut(slot as usize) {
                    slot.was_read = was_read;
                    slot.was_written = was_written;
                }
            }
            Undo::Decommit if whole => {
                if let Some(code) = self.decommitted.pop() {
                    self.decommitted_by_digest.remove(&code.digest);
                    if let Some(page) = code.page {
                        self.code_pages.remove(&page);
                    }
                }
            }
            Undo::DecommitUnpaid(index) if whole => {
                let code = self.decommitted.get_mut(index as usize);
                if let Some(page) = code.and_then(|code| code.page.take()) {
                    self.code_pages.remove(&page);
                }
            }
            Undo::Warmth { .. } | Undo::Decommit | Undo::DecommitUnpaid(_) => {}
        }
    }
}
