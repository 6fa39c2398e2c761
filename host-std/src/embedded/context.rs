//! What a native contract can do: its frame, storage, events, and what they cost.

use super::failure::Failure;
use super::prices;
use super::solidity::Tail;
use super::world::World;
use crate::batch::NativeDeed;
use crate::system_contracts::addresses::EVENT_WRITER;
use eravm_core::semantics::FatPointer;
use eravm_core::{Address, NativeSlot, Program, VersionedHash, Vm, Word};

/// Bit of the call flags for a call of a constructor.
const CONSTRUCTOR_FLAG: u64 = 1;
/// Bit of the call flags for a system call.
const SYSTEM_FLAG: u64 = 2;
/// Bit of the call flags for a static call of foreign code, whose frame is not static itself.
const STATIC_FLAG: u64 = 4;
/// First register with extra words of a system call.
const FIRST_EXTRA: u8 = 3;

/// A native contract's frame and the host behind it.
pub(crate) struct Context<'a> {
    pub(crate) vm: &'a mut Vm,
    pub(crate) world: &'a mut dyn World,
}

impl<'a> Context<'a> {
    pub(crate) fn new(vm: &'a mut Vm, world: &'a mut dyn World) -> Self {
        Self { vm, world }
    }

    /// The contract whose storage and rights the frame has.
    pub(crate) fn this(&self) -> Address {
        *self.vm.current_frame().this_address
    }

    /// Who called it.
    pub(crate) fn caller(&self) -> Address {
        *self.vm.current_frame().caller
    }

    /// Whose code it is.
    pub(crate) fn code_address(&self) -> Address {
        *self.vm.current_frame().code_address
    }

    /// The 128-bit context value: `msg.value`.
    pub(crate) fn value(&self) -> u128 {
        self.vm.current_frame().context_u128
    }

    /// Refuses value, as functions do that are not payable.
    pub(crate) fn not_payable(&self) -> Result<(), Failure> {
        if self.value() == 0 { Ok(()) } else { Err(Failure::EMPTY) }
    }

    /// Whether it is called as a constructor. Only where the frame was [entered](eravm_core::NativePoint::Entered), as all below.
    pub(crate) fn is_constructor_call(&self) -> bool {
        self.vm.register(2).0.0[0] & CONSTRUCTOR_FLAG != 0
    }

    /// Whether it is called with the flag for system calls.
    pub(crate) fn is_system_call(&self) -> bool {
        self.vm.register(2).0.0[0] & SYSTEM_FLAG != 0
    }

    /// Whether foreign code, which the emulator runs, is called as a static call.
    pub(crate) fn is_static_call(&self) -> bool {
        self.vm.register(2).0.0[0] & STATIC_FLAG != 0
    }

    /// An extra word of a system call.
    pub(crate) fn extra(&self, index: u8) -> Word {
        self.vm.register(FIRST_EXTRA + index).0
    }

    /// The calldata as it is to be forwarded.
    pub(crate) fn calldata_pointer(&self) -> FatPointer {
        FatPointer::from_word(&self.vm.register(1).0)
    }

    /// The calldata. Its words are paid for.
    pub(crate) fn calldata(&mut self) -> Result<Vec<u8>, Failure> {
        let pointer = self.calldata_pointer();
        self.read_bytes(pointer)
    }

    /// What a pointer points to. Its words are paid for.
    pub(crate) fn read_bytes(&mut self, pointer: FatPointer) -> Result<Vec<u8>, Failure> {
        self.charge_words(pointer.length.saturating_sub(pointer.offset).into())?;
        Ok(self.vm.read_pointer(pointer))
    }

    /// The first word of what a call returned, if there are so many bytes.
    pub(crate) fn first_word(&mut self, data: FatPointer) -> Result<Option<Word>, Failure> {
        let length = data.length.saturating_sub(data.offset).min(32);
        let head = self.read_bytes(FatPointer { length: data.offset + length, ..data })?;
        Ok(head.first_chunk().map(Word::from_be_bytes))
    }

    /// A part of the calldata as it is to be forwarded.
    pub(crate) fn part_of_calldata(&self, part: &Tail<'_>) -> FatPointer {
        let calldata = self.calldata_pointer();
        // It is in the calldata, where no number is beyond 32 bits.
        let start = calldata.start + calldata.offset + part.start as u32;
        FatPointer { start, offset: 0, length: part.bytes.len() as u32, ..calldata }
    }

    /// Pays ergs.
    pub(crate) fn charge(&mut self, ergs: u32) -> Result<(), Failure> {
        if self.vm.charge(ergs) { Ok(()) } else { Err(Failure::Panic) }
    }

    /// Pays for work that is done so many times.
    pub(crate) fn charge_times(&mut self, ergs: u32, times: u64) -> Result<(), Failure> {
        let total = u64::from(ergs).saturating_mul(times);
        self.charge(u32::try_from(total).unwrap_or(u32::MAX))
    }

    /// Pays for the words of so many bytes.
    pub(crate) fn charge_words(&mut self, bytes: u64) -> Result<(), Failure> {
        self.charge_times(prices::WORD, bytes.div_ceil(32))
    }

    /// A slot of the frame's contract.
    pub(crate) fn load(&mut self, key: &Word) -> Result<Word, Failure> {
        self.load_of(&self.this(), key)
    }

    /// A slot of any contract.
    pub(crate) fn load_of(&mut self, address: &Address, key: &Word) -> Result<Word, Failure> {
        Ok(self.load_slot(address, key)?.1)
    }

    /// A slot of any contract, found and read.
    pub(crate) fn load_slot(
        &mut self,
        address: &Address,
        key: &Word,
    ) -> Result<(NativeSlot, Word), Failure> {
        let slot = self.vm.native_slot(&mut self.world, address, key)?;
        let warmth = self.vm.native_warmth(slot);
        let is_warm = warmth.was_read || warmth.is_free;
        self.charge(if is_warm { prices::WARM_READ } else { prices::COLD_READ })?;
        self.tell_of_slot(address, key);
        Ok((slot, self.vm.native_read(slot)))
    }

    /// A slot of any contract, found, which is no access.
    pub(crate) fn slot(&mut self, address: &Address, key: &Word) -> Result<NativeSlot, Failure> {
        Ok(self.vm.native_slot(&mut self.world, address, key)?)
    }

    /// The [note](eravm_core::Vm::native_note) of a slot.
    pub(crate) fn note(&mut self, slot: NativeSlot) -> Result<Option<Word>, Failure> {
        self.charge(prices::TRANSIENT_READ)?;
        Ok(self.vm.native_note(slot))
    }

    /// Makes a [note](eravm_core::Vm::native_set_note) of a slot.
    pub(crate) fn set_note(&mut self, slot: NativeSlot, note: Word) -> Result<(), Failure> {
        self.charge(prices::TRANSIENT_WRITE)?;
        self.vm.native_set_note(slot, note);
        Ok(())
    }

    /// Writes a slot of any contract.
    pub(crate) fn store_of(
        &mut self,
        address: &Address,
        key: &Word,
        value: &Word,
    ) -> Result<(), Failure> {
        self.may_write()?;
        let slot = self.vm.native_slot(&mut self.world, address, key)?;
        let warmth = self.vm.native_warmth(slot);
        self.charge(if warmth.was_written || warmth.is_free {
            prices::WARM_WRITE
        } else if warmth.was_read {
            prices::WRITE_AFTER_READ
        } else {
            prices::COLD_WRITE
        })?;
        self.tell_of_slot(address, key);
        Ok(self.vm.native_write(&mut self.world, slot, value)?)
    }

    /// Shows an access of a slot that was found to whoever watches.
    fn tell_of_slot(&self, address: &Address, key: &Word) {
        if let Some(watcher) = self.world.watcher() {
            let value = self.vm.storage_value(address, key).unwrap_or(Word::ZERO);
            watcher.native(&NativeDeed::Slot { address: *address, key: *key, value }, self.vm);
        }
    }

    /// Panics in a static frame, as every instruction does that changes something.
    pub(crate) fn may_write(&self) -> Result<(), Failure> {
        if self.vm.current_frame().is_static { Err(Failure::Panic) } else { Ok(()) }
    }

    /// A transient slot of the frame's contract.
    pub(crate) fn load_transient(&mut self, key: &Word) -> Result<Word, Failure> {
        self.charge(prices::TRANSIENT_READ)?;
        Ok(self.vm.native_transient_read(key))
    }

    /// A transient slot of any contract.
    pub(crate) fn load_transient_of(
        &mut self,
        address: &Address,
        key: &Word,
    ) -> Result<Word, Failure> {
        self.charge(prices::TRANSIENT_READ)?;
        Ok(self.vm.native_transient_read_of(address, key))
    }

    /// Writes a transient slot of any contract.
    pub(crate) fn store_transient_of(
        &mut self,
        address: &Address,
        key: &Word,
        value: &Word,
    ) -> Result<(), Failure> {
        self.may_write()?;
        self.charge(prices::TRANSIENT_WRITE)?;
        self.vm.native_transient_write_of(address, key, value);
        Ok(())
    }

    /// Writes a transient slot of the frame's contract.
    pub(crate) fn store_transient(&mut self, key: &Word, value: &Word) -> Result<(), Failure> {
        self.may_write()?;
        self.charge(prices::TRANSIENT_WRITE)?;
        self.vm.native_transient_write(key, value);
        Ok(())
    }

    /// The slot of an account in a mapping that is the first variable of its contract.
    pub(crate) fn slot_of(&mut self, account: &Address) -> Word {
        self.world.store().slot_of(account)
    }

    /// keccak256 of parts, paid for.
    pub(crate) fn keccak(&mut self, parts: &[&[u8]]) -> Result<Word, Failure> {
        let bytes: usize = parts.iter().map(|part| part.len()).sum();
        self.charge_times(prices::KECCAK256_ROUND, bytes as u64 / 136 + 1)?;
        Ok(Word::from_be_bytes(&self.world.keccak256(&mut parts.iter().copied())?))
    }

    /// Emits an event in the name of a contract: what `EventWriter` makes of it.
    pub(crate) fn emit(
        &mut self,
        emitter: &Address,
        topics: &[Word],
        data: &[u8],
    ) -> Result<(), Failure> {
        self.may_write()?;
        let words = topics.len() + data.len().div_ceil(32);
        self.charge_times(prices::EVENT, 1 + words.div_ceil(2) as u64)?;
        let header = Word::from_u64((data.len() as u64) << 32 | (topics.len() as u64 + 1));
        self.vm.native_event(&EVENT_WRITER, header, Word::from_address(emitter), true);
        let of_data = data.chunks(32).map(|chunk| {
            let mut word = [0; 32];
            word.iter_mut().zip(chunk).for_each(|(place, byte)| *place = *byte);
            Word::from_be_bytes(&word)
        });
        let mut words = topics.iter().copied().chain(of_data);
        while let Some(key) = words.next() {
            let value = words.next().unwrap_or(Word::ZERO);
            self.vm.native_event(&EVENT_WRITER, key, value, false);
        }
        Ok(())
    }

    /// Sends a message to L1 in the name of a contract.
    pub(crate) fn message(
        &mut self,
        sender: &Address,
        is_service: bool,
        key: Word,
        value: Word,
    ) -> Result<(), Failure> {
        self.may_write()?;
        self.charge(prices::L1_MESSAGE)?;
        self.vm.native_message(sender, key, value, is_service);
        Ok(())
    }

    /// Loads code for this price, if it was not loaded before, as [`Vm::native_decommit`] does.
    pub(crate) fn decommit(
        &mut self,
        hash: &VersionedHash,
        ergs: u32,
    ) -> Result<Option<FatPointer>, Failure> {
        Ok(self.vm.native_decommit(&mut self.world, hash, ergs)?)
    }

    /// Code by its hash, if it is known.
    pub(crate) fn code(&mut self, hash: &VersionedHash) -> Result<Option<Program>, Failure> {
        Ok(self.world.program(&hash.at_rest())?)
    }
}
