//! Storage, transient storage, precompiles and decommitment.

use super::careful::{Operands, Tagged};
use super::far_call::FarCall;
use super::ip::Ip;
use super::{Decommitted, RunError, Signal, Stop, Vm, status};
use crate::host::{Host, StorageSlot};
use crate::isa::{
    Instruction, KERNEL_STIPEND_BYTES, Opcode, WARM_READ_REFUND_ERGS, WARM_WRITE_REFUND_ERGS,
    WRITE_AFTER_READ_REFUND_ERGS,
};
use crate::precompiles::{self, CallFault, PrecompileAbi};
use crate::pubdata::MAX_WRITE_PRICE;
use crate::semantics::FatPointer;
use crate::state::frame::UNMAPPED_PAGE;
use crate::state::journal::Undo;
use crate::state::registers::Register;
use crate::versioned_hash::{HashWord, VersionedHash};
use crate::vm::trace::Outcome;
use crate::word::{Address, Word, system_address};

/// `AccountCodeStorage`: its slots are the code hashes of all accounts.
pub const ACCOUNT_CODE_STORAGE: u16 = 0x8002;

/// Entry of the event queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// The contract; consumers look at `EventWriter`'s only.
    pub address: Address,
    /// First word.
    pub key: Word,
    /// Second word.
    pub value: Word,
    /// Whether it begins a new event.
    pub is_first: bool,
    /// Number of the transaction in the batch.
    pub tx_number: u16,
}

/// Entry of the queue of messages to L1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct L1Message {
    /// The contract.
    pub address: Address,
    /// First word.
    pub key: Word,
    /// Second word.
    pub value: Word,
    /// Whether the contract marked it as a service message.
    pub is_service: bool,
    /// Number of the transaction in the batch.
    pub tx_number: u16,
}

/// One access to storage, in order; kept if [`Settings::record_storage_log`](crate::Settings::record_storage_log).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StorageAccess {
    /// The contract.
    pub address: Address,
    /// The slot.
    pub key: Word,
    /// Value before.
    pub read: Word,
    /// Value after; for reads the same.
    pub written: Word,
    /// Whether it is a write.
    pub is_write: bool,
    /// Whether it takes the write with the same timestamp back, because its frame failed.
    pub is_rollback: bool,
    /// For writes: whether the slot had never been written to before the batch.
    pub is_initial: bool,
    /// Number of the transaction in the batch.
    pub tx_number: u16,
    /// The reference's time: 1024 + 4 · instructions + 1.
    pub timestamp: u32,
}

/// The reference's clock begins with this.
const FIRST_TIMESTAMP: u32 = 1024;
/// Ticks of the reference's clock in an instruction.
const TICKS: u32 = 4;

impl Vm {
    /// Does the parked instruction, which needs the host.
    pub(super) fn step_with_host<H: Host>(
        &mut self,
        host: &mut H,
    ) -> Result<Signal, RunError<H::Fault>> {
        let is_watched = if let Some(done) = self.step_plainly_with_host(host) {
            done?
        } else {
            let plan = self.plan();
            if plan.outcome != Outcome::Executes {
                return Ok(self.step_carefully());
            }
            let instruction = plan.instruction;
            let before = (self.ergs, self.sp, self.pc, self.instructions);
            self.commit(&plan);
            let operands = self.take_operands(&instruction);
            self.pc = self.pc.wrapping_add(1);
            let done = self.hosted(host, &instruction, &operands);
            if let Err(RunError::Host(_)) = done {
                (self.ergs, self.sp, self.pc, self.instructions) = before;
            }
            let is_watched = done?;
            // The frame that a call comes from has nothing to clear, and that of the callee neither.
            self.clear_second(&instruction);
            is_watched
        };
        match self.stop {
            Some(stop) => Err(stop.into()),
            None if is_watched => Ok(Signal::Called),
            None => Ok(Signal::Next),
        }
    }

    /// Does the parked instruction if it is a common case: it may be executed as it is, and no tags are involved. All that need
    /// the host have their operands in registers. Returns whether it was a call of the watched contract.
    fn step_plainly_with_host<H: Host>(
        &mut self,
        host: &mut H,
    ) -> Option<Result<bool, RunError<H::Fault>>> {
        if self.pending_panic {
            return None;
        }
        let op = Ip::at(&self.frame.program, usize::from(self.pc))?.op();
        if self.status & op.mask != 0 {
            return None;
        }
        let ergs = self.ergs.checked_sub(op.price())?;
        let before = (self.ergs, self.pc, self.instructions);
        let pc = self.pc;
        (self.ergs, self.instructions) = (ergs, self.instructions + 1);
        self.pc = pc.wrapping_add(1);
        let done = match op.opcode {
            Opcode::StorageRead => self.storage_read(host, &self.source(op.src0)).map(|value| {
                self.set_destination(op.dst0, &value);
                false
            }),
            Opcode::StorageWrite => self
                .storage_write(host, &self.source(op.src0), &self.source(op.src1))
                .map(|()| false),
            Opcode::FarCall | Opcode::DelegateCall | Opcode::MimicCall => {
                self.far_call_in_place(host, FarCall::prepared(self, op))
            }
            Opcode::PrecompileCall => {
                let result = op.dst0;
                let done = self.precompile(host, &self.source(op.src0), &self.source(op.src1));
                done.map(|done| {
                    self.work.precompile_calls += 1;
                    self.set_destination(result, &Word::from_u64(done.into()));
                    false
                })
            }
            _ => {
                let tagged = |register| Tagged {
                    word: self.source(register),
                    is_pointer: self.status & status::tag_of(register) != 0,
                };
                let operands = Operands::in_registers(tagged(op.src0), tagged(op.src1), self.sp);
                let instruction = self.frame.program.instruction(pc);
                self.hosted(host, &instruction, &operands)
            }
        };
        if let Err(RunError::Host(_)) = done {
            (self.ergs, self.pc, self.instructions) = before;
        }
        Some(done)
    }

    fn hosted<H: Host>(
        &mut self,
        host: &mut H,
        instruction: &Instruction,
        operands: &Operands,
    ) -> Result<bool, RunError<H::Fault>> {
        let (src0, src1) = (operands.src0.word, operands.src1.word);
        match instruction.opcode() {
            Opcode::StorageRead => {
                let value = self.storage_read(host, &src0)?;
                self.put(instruction, operands, Tagged::number(value));
            }
            Opcode::StorageWrite => self.storage_write(host, &src0, &src1)?,
            Opcode::PrecompileCall => {
                let done = self.precompile(host, &src0, &src1)?;
                self.work.precompile_calls += 1;
                let result = Word::from_u64(done.into());
                self.put(instruction, operands, Tagged::number(result));
            }
            Opcode::Decommit => {
                let result = self.decommit(host, &src0, &src1)?;
                self.work.decommits += 1;
                self.put(instruction, operands, result);
            }
            _ => return self.far_call(host, &FarCall::of(instruction, operands)),
        }
        Ok(false)
    }

    /// The time of the current instruction's log entries.
    fn timestamp(&self) -> u32 {
        // The instruction is counted already.
        let before = (self.instructions - self.rolled_back).wrapping_sub(1) as u32;
        before.wrapping_mul(TICKS).wrapping_add(FIRST_TIMESTAMP + 1)
    }

    /// The index of a slot whose state before the batch is known.
    pub(super) fn loaded_slot<H: Host>(
        &mut self,
        host: &mut H,
        address: Address,
        address_hash: u64,
        key: &Word,
    ) -> Result<usize, H::Fault> {
        let index = self.slots.intern(&address, address_hash, key);
        if self.slots.all[index].initial.is_none() {
            self.load_slot(host, index, address, key)?;
        }
        Ok(index)
    }

    /// Asks the host for a slot's state before the batch.
    #[inline(never)]
    fn load_slot<H: Host>(
        &mut self,
        host: &mut H,
        index: usize,
        address: Address,
        key: &Word,
    ) -> Result<(), H::Fault> {
        let initial = host.slot(&address, key)?;
        let slot = &mut self.slots.all[index];
        slot.current = initial.value;
        slot.is_free = host.is_free(&address, key);
        slot.initial = Some(initial);
        Ok(())
    }

    /// Marks a slot as warm.
    fn warm(&mut self, index: usize, read: bool, written: bool) {
        let slot = &mut self.slots.all[index];
        let (was_read, was_written) = (slot.was_read, slot.was_written);
        let (read, written) = (was_read | read, was_written | written);
        if (was_read, was_written) == (read, written) {
            return;
        }
        slot.was_read = read;
        slot.was_written = written;
        if written == was_written {
            self.work.cold_reads += 1;
        } else {
            self.work.cold_writes += 1;
        }
        if !self.snapshots.is_empty() {
            self.push_undo(Undo::Warmth { slot: index as u32, was_read, was_written });
        }
    }

    #[inline(always)]
    fn record_access(&mut self, index: usize, read: Word, is_write: bool) {
        if self.settings.record_storage_log {
            self.add_access(index, read, is_write);
        }
    }

    #[inline(never)]
    fn add_access(&mut self, index: usize, read: Word, is_write: bool) {
        if self.storage_log.len() == self.storage_log.capacity() {
            self.check_memory();
        }
        let slot = &self.slots.all[index];
        self.storage_log.push(StorageAccess {
            address: slot.address,
            key: slot.key,
            read,
            written: slot.current,
            is_write,
            is_rollback: false,
            is_initial: slot.initial.is_some_and(|initial| initial.is_initial),
            tx_number: self.tx_number,
            timestamp: self.timestamp(),
        });
    }

    fn record_refund(&mut self, refund: u32, pubdata_cost: i32) {
        if self.settings.record_refunds {
            if self.refunds.len() == self.refunds.capacity() {
                self.check_memory();
            }
            self.refunds.push(refund);
            self.pubdata_costs.push(pubdata_cost);
        }
    }

    /// The slot of `AccountCodeStorage` for an address, which knows that address's hash.
    pub(super) fn code_hash_slot<H: Host>(
        &mut self,
        host: &mut H,
        destination: &Word,
    ) -> Result<usize, RunError<H::Fault>> {
        if let Some(index) = self.slots.recent_code(destination) {
            return Ok(index);
        }
        let (address, hash) = (system_address(ACCOUNT_CODE_STORAGE), self.code_storage_hash);
        let index = self.loaded_slot(host, address, hash, destination).map_err(RunError::Host)?;
        self.slots.note_code(index);
        Ok(index)
    }

    /// Notes that a code hash was read, which warms its slot but is not refunded.
    pub(super) fn note_code_hash_read(&mut self, index: usize) {
        let value = self.slots.all[index].current;
        self.warm(index, true, false);
        self.record_access(index, value, false);
        if self.settings.record_refunds {
            self.pubdata_costs.push(0);
        }
    }

    /// A slot of the current frame's contract.
    #[inline(always)]
    fn frames_slot<H: Host>(
        &mut self,
        host: &mut H,
        key: &Word,
    ) -> Result<usize, RunError<H::Fault>> {
        self.loaded_slot(host, self.frame.this_address, self.frame.address_hash, key)
            .map_err(RunError::Host)
    }

    fn storage_read<H: Host>(
        &mut self,
        host: &mut H,
        key: &Word,
    ) -> Result<Word, RunError<H::Fault>> {
        let index = self.frames_slot(host, key)?;
        let refund = self.read_slot(index);
        self.ergs = self.ergs.saturating_add(refund);
        Ok(self.slots.all[index].current)
    }

    /// Notes that a slot is read; returns the refund.
    #[inline(always)]
    pub(super) fn read_slot(&mut self, index: usize) -> u32 {
        let slot = &self.slots.all[index];
        let value = slot.current;
        let refund = if slot.was_read || slot.is_free { WARM_READ_REFUND_ERGS } else { 0 };
        self.work.storage_reads += 1;
        self.warm(index, true, false);
        self.record_access(index, value, false);
        self.record_refund(refund, 0);
        refund
    }

    fn storage_write<H: Host>(
        &mut self,
        host: &mut H,
        key: &Word,
        value: &Word,
    ) -> Result<(), RunError<H::Fault>> {
        let index = self.frames_slot(host, key)?;
        let refund = self.write_slot(host, index, value)?;
        self.ergs = self.ergs.saturating_add(refund);
        Ok(())
    }

    /// Writes a slot; returns the refund.
    #[inline(always)]
    pub(super) fn write_slot<H: Host>(
        &mut self,
        host: &mut H,
        index: usize,
        value: &Word,
    ) -> Result<u32, Stop> {
        let slot = &self.slots.all[index];
        let (old, paid) = (slot.current, slot.paid);
        let refund = if slot.was_written || slot.is_free {
            WARM_WRITE_REFUND_ERGS
        } else if slot.was_read {
            WRITE_AFTER_READ_REFUND_ERGS
        } else {
            0
        };
        let price = if slot.is_free {
            paid
        } else {
            let initial = slot.initial.unwrap_or(StorageSlot::EMPTY);
            host.write_price(&initial, value).min(MAX_WRITE_PRICE)
        };
        let cost = price as i32 - paid as i32;
        self.add_pubdata(cost)?;
        self.work.storage_writes += 1;
        self.warm(index, true, true);
        let slot = &mut self.slots.all[index];
        slot.current = *value;
        slot.paid = price;
        let log = self.storage_log.len() as u32;
        self.record_access(index, old, true);
        self.push_undo(Undo::Storage { slot: index as u32, value: old, paid, log });
        self.record_refund(refund, cost);
        Ok(refund)
    }

    pub(super) fn add_pubdata(&mut self, bytes: i32) -> Result<(), Stop> {
        if bytes != 0 {
            let overflow = Stop::PubdataOverflow(bytes.unsigned_abs());
            self.pubdata = self.pubdata.checked_add(bytes).ok_or(overflow)?;
            self.push_undo(Undo::Pubdata(bytes));
        }
        Ok(())
    }

    /// Reads a transient slot whose key is in a register into another.
    #[inline(never)]
    pub(super) fn transient_read_to(&mut self, key: Register, result: Register) {
        let key = self.source(key);
        let value = self.transient_read(&key);
        self.set_destination(result, &value);
    }

    /// Writes a transient slot whose key and value are in registers.
    #[inline(never)]
    pub(super) fn transient_write_from(&mut self, key: Register, value: Register) {
        let (key, value) = (self.source(key), self.source(value));
        self.transient_write(&key, &value);
    }

    /// The value of a transient slot in this transaction.
    pub(super) fn transient_read(&mut self, key: &Word) -> Word {
        let (address, hash) = (self.frame.this_address, self.frame.address_hash);
        self.transient_read_of(&address, hash, key)
    }

    /// The value of a transient slot of a contract whose address has this hash.
    pub(super) fn transient_read_of(&mut self, address: &Address, hash: u64, key: &Word) -> Word {
        self.work.transient_reads += 1;
        if self.settings.record_refunds {
            self.pubdata_costs.push(0);
        }
        let index = self.slots.intern(address, hash, key);
        let slot = &self.slots.all[index];
        if slot.transient_epoch == self.epoch { slot.transient } else { Word::ZERO }
    }

    /// Writes a transient slot.
    pub(super) fn transient_write(&mut self, key: &Word, value: &Word) {
        let (address, hash) = (self.frame.this_address, self.frame.address_hash);
        self.transient_write_of(&address, hash, key, value);
    }

    /// Writes a transient slot of a contract whose address has this hash.
    pub(super) fn transient_write_of(
        &mut self,
        address: &Address,
        hash: u64,
        key: &Word,
        value: &Word,
    ) {
        self.work.transient_writes += 1;
        if self.settings.record_refunds {
            self.pubdata_costs.push(0);
        }
        let index = self.slots.intern(address, hash, key);
        let slot = &mut self.slots.all[index];
        let undo = Undo::Transient {
            slot: index as u32,
            value: slot.transient,
            epoch: slot.transient_epoch,
        };
        slot.transient = *value;
        slot.transient_epoch = self.epoch;
        self.push_undo(undo);
    }

    /// Adds to the event queue what is in two registers.
    #[inline(never)]
    pub(super) fn add_event(&mut self, key: Register, value: Register, is_first: bool) {
        let (key, value) = (self.source(key), self.source(value));
        self.push_event(self.frame.this_address, key, value, is_first);
    }

    /// Adds to the event queue.
    pub(super) fn push_event(&mut self, address: Address, key: Word, value: Word, is_first: bool) {
        if self.events.len() == self.events.capacity() {
            self.check_memory();
        }
        self.work.events += 1;
        self.events.push(Event { address, key, value, is_first, tx_number: self.tx_number });
        // Runs of events in one frame share an entry of the undo log.
        let newest = self.snapshots.last().map_or(0, |snapshot| snapshot.undo);
        let begin = self.innermost_mark().max(newest);
        let in_frame = self.undo.len() > begin;
        match self.undo.last_mut() {
            Some(Undo::Events(count)) if in_frame => *count += 1,
            _ => self.push_undo(Undo::Events(1)),
        }
    }

    /// Adds to the queue of messages to L1.
    pub(super) fn push_message(
        &mut self,
        address: Address,
        key: Word,
        value: Word,
        is_service: bool,
    ) {
        self.work.l1_messages += 1;
        let tx_number = self.tx_number;
        self.l1_messages.push(L1Message { address, key, value, is_service, tx_number });
        self.push_undo(Undo::L1Message);
    }

    /// Begins the next transaction.
    pub(super) const fn next_transaction(&mut self) {
        self.tx_number = self.tx_number.wrapping_add(1);
        self.epoch = self.epoch.wrapping_add(1);
    }

    /// Calls the precompile at the contract's address; false if the ergs it asks for are not there.
    ///
    /// SPEC: without enough ergs all are burned, but execution goes on.
    fn precompile<H: Host>(
        &mut self,
        host: &mut H,
        abi: &Word,
        costs: &Word,
    ) -> Result<bool, RunError<H::Fault>> {
        let (extra_ergs, extra_pubdata) = (costs.low_u32(), (costs.0[0] >> 32) as u32);
        let Some(ergs) = self.ergs.checked_sub(extra_ergs) else {
            self.ergs = 0;
            return Ok(false);
        };
        let mut abi = PrecompileAbi::from_word(abi);
        for page in [&mut abi.input_page, &mut abi.output_page] {
            if *page == UNMAPPED_PAGE {
                *page = self.frame.heap_page();
            }
        }
        let low = Word::from_address(&self.frame.this_address).low_u16();
        let which = precompiles::at_address(low)
            .filter(|it| self.settings.semantics.ec_precompiles || !it.since_protocol_28());
        if let Some(which) = which {
            self.make_readable(abi.input_page)?;
            self.check_writable(abi.output_page)?;
            precompiles::call(host, which, &abi, self).map_err(|fault| match fault {
                CallFault::Host(fault) => RunError::Host(fault),
                CallFault::NotBuilt(which) => Stop::PrecompileNotBuilt(which).into(),
                CallFault::TooMuchWork(which) => Stop::PrecompileTooMuchWork(which).into(),
            })?;
            self.work.add_rounds(which, abi.rounds_of(which));
        }
        self.ergs = ergs;
        let bytes =
            i32::try_from(extra_pubdata).map_err(|_| Stop::PubdataOverflow(extra_pubdata))?;
        self.add_pubdata(bytes)?;
        Ok(true)
    }

    /// Loads code into the current heap, or finds where it is loaded already.
    pub(super) fn decommit<H: Host>(
        &mut self,
        host: &mut H,
        hash: &Word,
        cost: &Word,
    ) -> Result<Tagged, RunError<H::Fault>> {
        let nothing = Tagged::number(Word::ZERO);
        let hash = HashWord(*hash);
        let Some(ergs) = self.ergs.checked_sub(cost.low_u32()) else {
            self.ergs = 0;
            return Ok(nothing);
        };
        if hash.parse().is_none() {
            self.ergs = ergs;
            return Ok(nothing);
        }
        if hash.digest().is_zero() {
            return Err(Stop::ZeroCodeDigest.into());
        }
        let index = self.decommitment(host, &hash, None)?;
        let heap = self.frame.heap_page();
        let page = match self.decommitted[index].page {
            // Known code costs nothing more.
            Some(page) if page != heap => page,
            Some(_) => return Err(Stop::DecommittedTwice(hash.0.into()).into()),
            None => {
                self.ergs = ergs;
                self.load_into_heap(index);
                heap
            }
        };
        // SPEC: the pointer is as long as kernel heaps are for free; the contract cuts it to size.
        let pointer = FatPointer { offset: 0, page, start: 0, length: KERNEL_STIPEND_BYTES };
        Ok(Tagged { word: pointer.to_word(), is_pointer: true })
    }

    fn load_into_heap(&mut self, index: usize) {
        let heap = self.frame.heap_page();
        let place = self.pages.materialize(heap);
        self.frame.heap = place;
        if let Some(page) = self.pages.at_mut(place) {
            page.pinned = true;
            for (word, at) in self.decommitted[index].program.words().iter().zip(0u64..) {
                self.memory += page.write(at * 32, word);
            }
        }
        self.mark_paid(index, heap);
        self.decommitted[index].in_heap = true;
        self.check_memory();
    }

    /// The entry for code with a hash, which the host is asked for if it is new.
    pub(super) fn decommitment<H: Host>(
        &mut self,
        host: &mut H,
        hash: &HashWord,
        slot: Option<usize>,
    ) -> Result<usize, RunError<H::Fault>> {
        let hint = slot.map_or(0, |slot| self.slots.all[slot].decommit_hint);
        let hinted = (hint as usize).wrapping_sub(1);
        if self.decommitted.get(hinted).is_some_and(|code| hash.has_digest(&code.digest)) {
            return Ok(hinted);
        }
        let digest = hash.digest();
        let index = match self.decommitted_by_digest.get(&digest) {
            Some(&index) => index as usize,
            None => {
                let hash = VersionedHash::from(hash.0).at_rest();
                let program = host.program(&hash).map_err(RunError::Host)?;
                let program = program.ok_or(Stop::UnknownCode(hash))?;
                #[cfg(feature = "compiled")]
                self.meet(&program);
                let index = self.decommitted.len();
                self.decommitted.push(Decommitted {
                    digest,
                    hash,
                    program,
                    page: None,
                    in_heap: false,
                });
                self.decommitted_by_digest.insert(digest, index as u32);
                if !self.snapshots.is_empty() {
                    self.push_undo(Undo::Decommit);
                }
                index
            }
        };
        if let Some(slot) = slot {
            self.slots.all[slot].decommit_hint = index as u32 + 1;
        }
        Ok(index)
    }

    /// Notes that code was paid for and is on a code page of its own.
    pub(super) fn set_decommitted(&mut self, index: usize, page: u32) {
        self.code_pages.insert(page, index as u32);
        self.mark_paid(index, page);
    }

    fn mark_paid(&mut self, index: usize, page: u32) {
        let code = &mut self.decommitted[index];
        code.page = Some(page);
        code.in_heap = false;
        self.work.decommitted_pairs += code.program.words().len().div_ceil(2) as u64;
        if !self.snapshots.is_empty() {
            self.push_undo(Undo::DecommitUnpaid(index as u32));
        }
    }
}
