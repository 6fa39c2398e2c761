//! Far calls.

use super::careful::{Operands, Tagged};
use super::{FIRST_USER_ADDRESS, RunError, Vm, status};
use crate::host::Host;
use crate::isa::{
    DECOMMIT_WORD_ERGS, Instruction, MSG_VALUE_SIMULATOR_EXTRA_ERGS, Modifier, Opcode,
};
use crate::program::{Op, Program};
use crate::semantics::{FarCallAbi, FatPointer, Flags, Forwarding};
use crate::state::frame::{PAGES_PER_CALL, UNMAPPED_PAGE};
use crate::state::pages::EMPTY_PLACE;
use crate::state::registers::Register;
use crate::versioned_hash::{CodeKind, HashWord, VersionedHash};
use crate::word::Word;

/// The contract that gets ergs on top of what its caller passes.
const MSG_VALUE_SIMULATOR: u64 = 0x8009;

/// What a code hash in `AccountCodeStorage` leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Callee {
    /// Code that can be called as it is.
    Code,
    /// Foreign code, to be run by the emulator.
    Foreign,
    /// No code, or code in the wrong state of construction: the default account.
    Account,
    /// Nothing that can be called.
    Nothing,
}

/// Code to be called.
#[derive(Debug)]
enum Callable {
    /// The one with this index among what was decommitted.
    At(usize),
    /// What has become of it in memory.
    Changed(Program),
}

/// A far call that somebody asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct FarCall {
    /// Which of the three.
    pub(super) kind: Opcode,
    /// The ABI word.
    pub(super) abi: Tagged,
    /// The address of the code.
    pub(super) destination: Word,
    /// Whether the ABI word says which shard.
    pub(super) names_shard: bool,
    /// Whether the callee may not write.
    pub(super) is_static: bool,
    /// Where the caller goes on if the callee fails.
    pub(super) handler: u16,
}

impl FarCall {
    /// What an instruction asks for.
    #[inline(always)]
    pub(super) fn of(instruction: &Instruction, operands: &Operands) -> Self {
        let variant = instruction.variant();
        Self {
            kind: instruction.opcode(),
            abi: operands.src0,
            destination: address_word(&operands.src1.word),
            names_shard: variant.has(Modifier::Shard),
            is_static: variant.has(Modifier::Static),
            handler: instruction.imm0,
        }
    }

    /// What a prepared instruction asks for.
    #[inline(always)]
    pub(super) fn prepared(vm: &Vm, op: &Op) -> Self {
        let is_pointer = vm.status & status::tag_of(op.src0) != 0;
        Self {
            kind: op.opcode,
            abi: Tagged { word: vm.source(op.src0), is_pointer },
            destination: address_word(&vm.source(op.src1)),
            names_shard: op.names_shard(),
            is_static: op.calls_statically(),
            handler: op.imm0,
        }
    }
}

/// The bits of a word that are an address.
#[inline(always)]
const fn address_word(word: &Word) -> Word {
    let Word([low, middle, high, _]) = *word;
    Word([low, middle, high & 0xffff_ffff, 0])
}

impl Callee {
    fn of(hash: HashWord, constructor: bool, kernel: bool) -> Self {
        let masked = if kernel { Self::Nothing } else { Self::Account };
        match hash.parse() {
            Some((kind, constructing)) if constructing == constructor => match kind {
                CodeKind::EraVm => Self::Code,
                CodeKind::Blob => Self::Foreign,
            },
            Some(_) => masked,
            None if hash == HashWord::ZERO => masked,
            None => Self::Nothing,
        }
    }
}

impl Vm {
    /// Executes a far call, which has been paid for and counted; returns whether it is a call of the watched contract.
    #[inline(never)]
    pub(super) fn far_call<H: Host>(
        &mut self,
        host: &mut H,
        call: &FarCall,
    ) -> Result<bool, RunError<H::Fault>> {
        self.far_call_in_place(host, *call)
    }

    /// [`far_call`](Self::far_call) where most calls come from.
    ///
    /// PERF: so that the operands go from the registers to where they are used. A copy of words that were just stored has to wait for
    /// them.
    #[inline(always)]
    pub(super) fn far_call_in_place<H: Host>(
        &mut self,
        host: &mut H,
        call: FarCall,
    ) -> Result<bool, RunError<H::Fault>> {
        let FarCall { kind, abi: Tagged { word, is_pointer }, destination, .. } = call;
        let to_kernel = destination.to_u64().is_some_and(|low| low < FIRST_USER_ADDRESS);

        let mut abi = FarCallAbi::from_word(&word);
        abi.constructor &= self.frame.is_kernel;
        abi.system &= to_kernel;
        let shard = if call.names_shard { abi.shard } else { self.frame.shards[0] };

        // SPEC: there is one shard; calls to another fail without looking for code.
        let (hash, slot, called_hash) = if shard == 0 {
            let index = self.code_hash_slot(host, &destination)?;
            let slot = &self.slots.all[index];
            (HashWord(slot.current), Some(index), slot.named_hash)
        } else {
            (HashWord::ZERO, None, self.slots.hash_of_address(&destination.to_address()))
        };
        let callee =
            if shard == 0 { Callee::of(hash, abi.constructor, to_kernel) } else { Callee::Nothing };

        let fresh = abi.forwarding != Forwarding::Pointer;
        let overflows = abi.pointer.overflows();
        let well_formed = !overflows
            && abi.pointer.offset <= abi.pointer.length
            && if fresh { abi.pointer.offset == 0 && !is_pointer } else { is_pointer };
        let mut fails = callee == Callee::Nothing || !well_formed;
        let calldata = match abi.forwarding {
            _ if fails => FatPointer::EMPTY,
            Forwarding::Pointer => abi.pointer.narrowed(),
            Forwarding::Heap => FatPointer { page: self.frame.heap_page(), ..abi.pointer },
            Forwarding::AuxHeap => FatPointer { page: self.frame.aux_heap_page(), ..abi.pointer },
        };
        let bounds = (self.frame.heap_bound, self.frame.aux_heap_bound);
        if fresh {
            let end = (!overflows).then(|| calldata.start + calldata.length);
            fails |= !self.grow_heap(abi.forwarding == Forwarding::AuxHeap, end);
        }
        let simulator = abi.system && destination.to_u64() == Some(MSG_VALUE_SIMULATOR);
        let mut extra = if simulator { MSG_VALUE_SIMULATOR_EXTRA_ERGS } else { 0 };
        match self.ergs.checked_sub(extra) {
            Some(ergs) => self.ergs = ergs,
            None => {
                self.ergs = 0;
                extra = 0;
                fails = true;
            }
        }
        let is_foreign = callee == Callee::Foreign;
        let wanted = match callee {
            Callee::Code => hash,
            Callee::Foreign => self.settings.evm_emulator.into(),
            Callee::Account => self.settings.default_account.into(),
            Callee::Nothing => HashWord::ZERO,
        };
        let code = match self.ready_code(&wanted, slot) {
            _ if fails => None,
            Some((index, page)) => Some((Callable::At(index), page)),
            None => {
                let code = self.decommit_for_call(host, &wanted, slot);
                if let Err(RunError::Host(_)) = code {
                    // The instruction will be tried again.
                    (self.frame.heap_bound, self.frame.aux_heap_bound) = bounds;
                }
                code?
            }
        };
        self.work.far_calls += 1;
        if let Some(slot) = slot {
            self.note_code_hash_read(slot);
        }
        self.status = status::with_flags(self.status, Flags::NONE);
        self.pending_panic = code.is_none();

        // What is left after all that: 63/64 of it can be passed on.
        let passable = self.ergs / 64 * 63;
        let passed = abi.ergs.min(passable);
        self.ergs -= passed;

        let is_static = self.frame.is_static || call.is_static;
        let (is_kernel, context_u128) = match kind {
            Opcode::DelegateCall => (self.frame.is_kernel, self.frame.context_u128),
            _ => (to_kernel, self.context_u128),
        };
        let this_shard = match kind {
            Opcode::DelegateCall => self.frame.shards[0],
            _ => shard,
        };
        let stipend = self.stipend(is_kernel, hash.kind() == VersionedHash::BLOB && shard == 0);
        let base_page = self.next_base_page;
        self.next_base_page = base_page.wrapping_add(PAGES_PER_CALL);
        if self.callers.next_call_takes_memory() || self.pages.next_call_takes_memory() {
            self.check_memory();
        }
        self.pages.add_call(base_page);
        let (pc, sp, ergs) = (self.pc, self.sp, self.ergs);
        let Some(caller) = self.callers.descend(&mut self.frame) else { return Ok(false) };
        (caller.pc, caller.sp, caller.ergs) = (pc, sp, ergs);
        let frame = &mut self.frame;
        // PERF: counting handles is slow when others may have some, too. Whoever was called here before is often called again.
        let program = match &code {
            Some((Callable::At(index), _)) => {
                self.decommitted.get(*index).map(|code| &code.program)
            }
            Some((Callable::Changed(program), _)) => Some(program),
            None => None,
        };
        let program = program.unwrap_or(&caller.program);
        if !frame.program.is_same(program) {
            frame.program = program.clone();
        }
        // PERF: made from the word each time. A copy of what was just stored has to wait for it.
        match kind {
            Opcode::DelegateCall => {
                frame.this_address = caller.this_address;
                frame.address_hash = caller.address_hash;
                frame.caller = caller.caller;
            }
            Opcode::MimicCall => {
                frame.this_address = destination.to_address();
                frame.address_hash = called_hash;
                frame.caller = self.hot.registers.get(Register::R15).to_address();
            }
            _ => {
                frame.this_address = destination.to_address();
                frame.address_hash = called_hash;
                frame.caller = caller.this_address;
            }
        }
        frame.code_address = destination.to_address();
        frame.is_kernel = is_kernel;
        frame.is_static = is_static && !is_foreign;
        frame.shards = [this_shard, caller.shards[0], shard];
        frame.context_u128 = context_u128;
        frame.code_page = code.map_or(UNMAPPED_PAGE, |(_, page)| page);
        frame.base_page = base_page;
        frame.heap = EMPTY_PLACE;
        frame.aux_heap = EMPTY_PLACE;
        frame.heap_bound = stipend;
        frame.aux_heap_bound = stipend;
        frame.handler = call.handler;
        frame.near_base = self.near_frames.len();
        frame.undo_mark = self.undo.len();
        frame.retained_base = self.retained.len();
        frame.retained_limit = super::memory::RETAINED_LIMIT;
        self.pc = 0;
        self.sp = 0;
        self.ergs = passed.wrapping_add(extra);
        self.context_u128 = 0;
        self.set_call_registers(&abi, calldata, is_foreign.then_some(is_static));
        self.update_frame_status();
        self.update_depth();
        let watched = self.settings.watched_contract;
        Ok(!self.pending_panic && watched.is_some_and(|it| it == destination.to_address()))
    }

    /// Registers as a callee finds them. `foreign` says, for foreign code, whether the call is static.
    fn set_call_registers(&mut self, abi: &FarCallAbi, data: FatPointer, foreign: Option<bool>) {
        self.status &= !status::TAGS;
        if abi.system {
            self.clear_registers(13..16);
        } else {
            self.clear_registers(3..16);
        }
        let flags = u64::from(abi.constructor)
            | u64::from(abi.system) << 1
            | u64::from(foreign == Some(true)) << 2;
        self.set_register(1, data.to_word(), true);
        self.set_register(2, Word::from_u64(flags), false);
    }

    /// The index of code that was called through a slot before, and its page.
    #[inline(always)]
    fn ready_code(&self, hash: &HashWord, slot: Option<usize>) -> Option<(usize, u32)> {
        let hint = self.slots.all.get(slot?)?.decommit_hint;
        let index = (hint as usize).wrapping_sub(1);
        let code = self.decommitted.get(index).filter(|code| !code.in_heap)?;
        hash.has_digest(&code.digest).then_some((index, code.page?))
    }

    /// The code and its page, or `None` if the ergs do not suffice to load it.
    #[inline(never)]
    fn decommit_for_call<H: Host>(
        &mut self,
        host: &mut H,
        hash: &HashWord,
        slot: Option<usize>,
    ) -> Result<Option<(Callable, u32)>, RunError<H::Fault>> {
        let index = self.decommitment(host, hash, slot)?;
        let code = &self.decommitted[index];
        let page = match code.page {
            Some(page) => page,
            None => {
                let price = DECOMMIT_WORD_ERGS * u32::from(hash.length());
                // SPEC: ergs that do not suffice are not burned.
                let Some(ergs) = self.ergs.checked_sub(price) else { return Ok(None) };
                self.ergs = ergs;
                self.set_decommitted(index, self.next_base_page);
                self.next_base_page
            }
        };
        let code = &self.decommitted[index];
        let code = if code.in_heap {
            Callable::Changed(self.as_in_memory(code.program.clone(), page))
        } else {
            Callable::At(index)
        };
        Ok(Some((code, page)))
    }

    /// Code that `log.decommit` put into a heap. It may have been overwritten there; then that is what runs.
    #[cold]
    fn as_in_memory(&self, program: Program, page: u32) -> Program {
        let Some(memory) = self.pages.get(page) else { return program };
        let words = memory.non_zero();
        let same = words.len() == program.words().iter().filter(|word| !word.is_zero()).count()
            && words.iter().all(|(index, word)| {
                usize::try_from(*index).is_ok_and(|index| program.words().get(index) == Some(word))
            });
        if same {
            return program;
        }
        let mut code = alloc::vec![Word::ZERO; 1 << 16];
        for (index, word) in words {
            if let Some(place) = usize::try_from(index).ok().and_then(|index| code.get_mut(index)) {
                *place = word;
            }
        }
        // The last word can be read as a constant only; code of that length is not worth a special case.
        code.truncate(crate::program::MAX_CODE_WORDS);
        Program::from_words(code).unwrap_or(program)
    }
}
