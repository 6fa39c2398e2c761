//! Callees that the host executes itself.
//!
//! A [native program](Program::native) has no instructions. When a frame of one is entered, and whenever a call that it made has come
//! back, the run suspends with [`Exit::Native`](super::Exit::Native), and the host does with the functions here what the contract is
//! to do: read calldata and storage, write, emit, [call](Vm::native_call) or [end](Vm::native_end) the frame. It then runs the machine again.
//!
//! Frames, ergs, static mode, rollback and the depth of the call stack are the machine's own: for everybody else a native contract is a
//! contract. What its work costs the host says with [`charge`](Vm::charge). Each access to storage and each entry of a queue counts
//! as an instruction, so that the log's clock moves.

use super::careful::Tagged;
use super::far_call::FarCall;
use super::{Ending, Exit, RunError, Stop, Vm};
use crate::host::Host;
use crate::isa::Opcode;
use crate::semantics::{FatPointer, Forwarding, RetAbi};
use crate::state::frame::NearFrame;
use crate::state::journal::Undo;
use crate::state::pages::EMPTY_PLACE;
use crate::state::slots::Note;
use crate::versioned_hash::VersionedHash;
use crate::word::{Address, Word};

/// Where a native frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NativePoint {
    /// It was entered. Registers are those of a callee: the pointer to the calldata in r1, flags in r2, extra words of system
    /// calls from r3 on.
    Entered,
    /// Its call has returned. The pointer to the returndata is in r1.
    Returned,
    /// Its call has reverted or panicked. The pointer to what it reverted with is in r1, of length zero for panics.
    Failed,
}

impl NativePoint {
    /// The program counter there.
    const fn pc(self) -> u16 {
        self as u16
    }
}

/// Whose rights a native call has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NativeCaller {
    /// An ordinary call.
    This,
    /// A call with another address for the caller; for kernel space only.
    Mimicked(Address),
    /// A delegate call: the code of another contract for this one.
    Delegating,
}

/// Bytes that a native frame passes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NativeData<'a> {
    /// New ones. They are put at the beginning of the frame's heap, which costs ergs beyond its stipend.
    Bytes(&'a [u8]),
    /// Those that a pointer points to which the frame was given.
    Pointer(FatPointer),
}

/// A far call of a native frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NativeCall<'a> {
    /// The contract, or whose code.
    pub address: Address,
    /// Who calls.
    pub caller: NativeCaller,
    /// Ergs to pass; 63/64 of what is left is the most.
    pub ergs: u32,
    /// The calldata.
    pub calldata: NativeData<'a>,
    /// The 128-bit context value.
    pub context_u128: u128,
    /// Whether the callee may not write.
    pub is_static: bool,
    /// Asks for code that is being constructed.
    pub is_constructor: bool,
    /// Whether it is a system call, with extra words.
    pub is_system: bool,
    /// Extra words of a system call, from r3 on; ten at most.
    pub extra: &'a [Word],
}

impl<'a> NativeCall<'a> {
    /// An ordinary call with all ergs.
    pub const fn new(address: Address, calldata: NativeData<'a>) -> Self {
        Self {
            address,
            caller: NativeCaller::This,
            ergs: u32::MAX,
            calldata,
            context_u128: 0,
            is_static: false,
            is_constructor: false,
            is_system: false,
            extra: &[],
        }
    }
}

/// A slot that was found; of its machine only, and until that is rolled back. Another than that reads as zero and is not written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NativeSlot(usize);

/// What an access of a slot finds, which prices depend on.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct NativeWarmth {
    /// The host says that it costs nothing.
    pub is_free: bool,
    /// It was read or written in this batch.
    pub was_read: bool,
    /// It was written in this batch.
    pub was_written: bool,
}

impl Vm {
    /// Where the current frame is if its program is native and the machine waits for the host.
    pub fn native_point(&self) -> Option<NativePoint> {
        if !self.frame.program.is_native() || self.pending_panic || self.ended.is_some() {
            return None;
        }
        match self.pc {
            0 => Some(NativePoint::Entered),
            1 => Some(NativePoint::Returned),
            2 => Some(NativePoint::Failed),
            _ => None,
        }
    }

    /// Takes ergs from the current frame. If there are not so many, or the machine has stopped, it takes all and says false.
    pub const fn charge(&mut self, ergs: u32) -> bool {
        match self.ergs.checked_sub(ergs) {
            Some(left) if self.stop.is_none() => {
                self.ergs = left;
                true
            }
            _ => {
                self.ergs = 0;
                false
            }
        }
    }

    /// Makes a far call from the current, native frame. The callee's first instruction is next.
    ///
    /// # Errors
    /// If the host fails, or the code is unknown.
    pub fn native_call<H: Host>(
        &mut self,
        host: &mut H,
        call: &NativeCall<'_>,
    ) -> Result<(), RunError<H::Fault>> {
        let (pointer, forwarding) = self.native_data(call.calldata);
        self.clear_registers(1..16);
        for (register, word) in (3..13).zip(call.extra) {
            self.set_register(register, *word, false);
        }
        let kind = match call.caller {
            NativeCaller::This => Opcode::FarCall,
            NativeCaller::Delegating => Opcode::DelegateCall,
            NativeCaller::Mimicked(caller) => {
                self.set_register(15, Word::from_address(&caller), false);
                Opcode::MimicCall
            }
        };
        self.context_u128 = call.context_u128;
        self.pc = NativePoint::Returned.pc();
        self.instructions += 1;
        let mut abi = pointer.to_word();
        abi.0[3] = u64::from(call.ergs)
            | u64::from(forwarding.to_byte()) << 32
            | u64::from(call.is_constructor) << 48
            | u64::from(call.is_system) << 56;
        let call = FarCall {
            kind,
            abi: Tagged { word: abi, is_pointer: forwarding == Forwarding::Pointer },
            destination: Word::from_address(&call.address),
            names_shard: false,
            is_static: call.is_static,
            handler: NativePoint::Failed.pc(),
        };
        self.far_call(host, &call)?;
        match self.stop {
            Some(stop) => Err(stop.into()),
            None => Ok(()),
        }
    }

    /// Ends the current, native frame with some data, or with a panic. Its ergs go back to the caller, as they do at every ending: those
    /// who panic because theirs did not suffice have none. Some exit if it was the first one.
    pub fn native_end(&mut self, ending: Ending, data: NativeData<'_>) -> Option<Exit> {
        let (pointer, forwarding) = match ending {
            Ending::Panics => (FatPointer::EMPTY, Forwarding::Heap),
            Ending::Returns | Ending::Reverts => self.native_data(data),
        };
        while self.native_end_near(ending) {}
        self.instructions += 1;
        let is_pointer = forwarding == Forwarding::Pointer;
        self.ret_far(ending, &RetAbi { pointer, forwarding }, is_pointer);
        self.ended
    }

    /// Puts new bytes where they can be passed on from.
    fn native_data(&mut self, data: NativeData<'_>) -> (FatPointer, Forwarding) {
        let bytes = match data {
            NativeData::Pointer(pointer) => return (pointer, Forwarding::Pointer),
            NativeData::Bytes(bytes) => bytes,
        };
        let Ok(length) = u32::try_from(bytes.len()) else {
            // Cannot be paid for.
            let beyond = FatPointer { offset: 0, page: 0, start: u32::MAX, length: u32::MAX };
            return (beyond, Forwarding::Heap);
        };
        // What cannot be paid for is not written, and the call or return fails.
        if length > 0 && length.saturating_sub(self.frame.heap_bound) <= self.ergs {
            if self.frame.heap == EMPTY_PLACE {
                self.frame.heap = self.pages.materialize(self.frame.heap_page());
            }
            if let Some(page) = self.pages.at_mut(self.frame.heap) {
                let taken = page.write_bytes(0, bytes);
                self.take_memory(taken);
            }
        }
        (FatPointer { offset: 0, page: 0, start: 0, length }, Forwarding::Heap)
    }

    /// Begins a near frame with some of the ergs of the current, native frame: what happens in it can be taken back.
    pub fn native_begin(&mut self, ergs: u32) {
        let kept = self.ergs.saturating_sub(ergs);
        self.near_frames.push(NearFrame {
            handler: 0,
            call: 0,
            sp: self.sp,
            ergs: kept,
            undo_mark: self.undo.len() as u32,
        });
        self.ergs -= kept;
        self.update_depth();
    }

    /// Ends the newest near frame of a native one. If it does not return, what was done in it is taken back. Its ergs go back to the
    /// frame, as they do at every ending. False without such a frame.
    pub fn native_end_near(&mut self, ending: Ending) -> bool {
        if self.near_frames.len() <= self.frame.near_base {
            return false;
        }
        let Some(frame) = self.near_frames.pop() else { return false };
        if ending != Ending::Returns {
            self.undo_to(frame.undo_mark as usize);
        }
        self.ergs = self.ergs.wrapping_add(frame.ergs);
        self.update_depth();
        true
    }

    /// Finds a slot of any contract. Takes no ergs, and is no access.
    ///
    /// # Errors
    /// If the host, which is asked for the slot's state before the batch, fails.
    pub fn native_slot<H: Host>(
        &mut self,
        host: &mut H,
        address: &Address,
        key: &Word,
    ) -> Result<NativeSlot, RunError<H::Fault>> {
        let hash = if *address == self.frame.this_address {
            self.frame.address_hash
        } else {
            self.slots.hash_of_address(address)
        };
        let index = self.loaded_slot(host, *address, hash, key).map_err(RunError::Host)?;
        Ok(NativeSlot(index))
    }

    /// What an access of a slot would find.
    pub fn native_warmth(&self, slot: NativeSlot) -> NativeWarmth {
        self.slots.all.get(slot.0).map_or_else(NativeWarmth::default, |slot| NativeWarmth {
            is_free: slot.is_free,
            was_read: slot.was_read,
            was_written: slot.was_written,
        })
    }

    /// The value of a slot. Takes no ergs.
    pub fn native_read(&mut self, slot: NativeSlot) -> Word {
        self.instructions += 1;
        if slot.0 >= self.slots.all.len() {
            return Word::ZERO;
        }
        self.read_slot(slot.0);
        self.slots.all[slot.0].current
    }

    /// Writes a slot. Takes no ergs, but counts pubdata as every write does.
    ///
    /// # Errors
    /// If the counter of pubdata overflows.
    pub fn native_write<H: Host>(
        &mut self,
        host: &mut H,
        slot: NativeSlot,
        value: &Word,
    ) -> Result<(), Stop> {
        self.instructions += 1;
        if slot.0 < self.slots.all.len() {
            self.write_slot(host, slot.0, value)?;
        }
        Ok(())
    }

    /// The note of a slot that was made in this transaction and not taken back since.
    pub fn native_note(&self, slot: NativeSlot) -> Option<Word> {
        let note = self.slots.note(slot.0);
        (note.epoch == self.epoch).then_some(note.value)
    }

    /// Makes a note of a slot, which nobody sees but native code. It is forgotten with the transaction, and taken back with the frame.
    pub fn native_set_note(&mut self, slot: NativeSlot, note: Word) {
        if slot.0 >= self.slots.all.len() {
            return;
        }
        let Note { value, epoch } = self.slots.note(slot.0);
        self.slots.set_note(slot.0, Note { value: note, epoch: self.epoch });
        self.push_undo(Undo::Note { slot: slot.0 as u32, value, epoch });
    }

    /// Loads code for this price, if it was not loaded before: what the instruction for that does, and the pointer that it gives; it is
    /// as long as any code can be. `None`, and no ergs are left, if they do not suffice.
    ///
    /// # Errors
    /// If the host fails or does not know the code.
    pub fn native_decommit<H: Host>(
        &mut self,
        host: &mut H,
        hash: &VersionedHash,
        ergs: u32,
    ) -> Result<Option<FatPointer>, RunError<H::Fault>> {
        self.instructions += 1;
        let result = self.decommit(host, &hash.to_word(), &Word::from_u64(ergs.into()))?;
        self.work.decommits += 1;
        Ok(result.is_pointer.then(|| FatPointer::from_word(&result.word)))
    }

    /// The value of a transient slot of the current frame's contract.
    pub fn native_transient_read(&mut self, key: &Word) -> Word {
        self.instructions += 1;
        self.transient_read(key)
    }

    /// Writes a transient slot of the current frame's contract.
    pub fn native_transient_write(&mut self, key: &Word, value: &Word) {
        self.instructions += 1;
        self.transient_write(key, value);
    }

    /// The value of a transient slot of any contract.
    pub fn native_transient_read_of(&mut self, address: &Address, key: &Word) -> Word {
        self.instructions += 1;
        let hash = self.slots.hash_of_address(address);
        self.transient_read_of(address, hash, key)
    }

    /// Writes a transient slot of any contract.
    pub fn native_transient_write_of(&mut self, address: &Address, key: &Word, value: &Word) {
        self.instructions += 1;
        let hash = self.slots.hash_of_address(address);
        self.transient_write_of(address, hash, key, value);
    }

    /// Adds to the event queue in the name of a contract.
    pub fn native_event(&mut self, address: &Address, key: Word, value: Word, is_first: bool) {
        self.instructions += 1;
        self.push_event(*address, key, value, is_first);
    }

    /// Adds to the queue of messages to L1 in the name of a contract.
    pub fn native_message(&mut self, address: &Address, key: Word, value: Word, is_service: bool) {
        self.instructions += 1;
        self.push_message(*address, key, value, is_service);
    }

    /// Counts bytes of pubdata.
    ///
    /// # Errors
    /// If the counter overflows.
    pub fn native_pubdata(&mut self, bytes: i32) -> Result<(), Stop> {
        self.add_pubdata(bytes)
    }

    /// Begins the next transaction: its number is the next one, and all transient slots are zero.
    pub const fn native_next_transaction(&mut self) {
        self.next_transaction();
    }
}

/// Prepared instructions of a native program: one for each [`NativePoint`].
pub(crate) const NATIVE_POINTS: usize = NativePoint::Failed.pc() as usize + 1;
