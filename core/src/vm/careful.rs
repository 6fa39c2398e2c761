//! The careful path: any instruction in any state, as the reference does it.

use super::{Signal, Stop, Vm, needs_host, status};
use crate::isa::{Dst0, DstMode, Instruction, Modifier, Opcode, SrcMode};
use crate::semantics::{self, Binary, FatPointer, Flags, MAX_HEAP_ADDRESS, PointerOp};
use crate::state::frame::{NearFrame, STATIC_PAGE};
use crate::state::registers::Register;
use crate::vm::trace::{Outcome, Refusal};
use crate::word::Word;

/// What is to become of an instruction, decided before anything is changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) instruction: Instruction,
    pub(super) outcome: Outcome,
    /// Ergs after the static price.
    pub(super) ergs: u32,
}

/// A word with its pointer tag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tagged {
    pub(super) word: Word,
    pub(super) is_pointer: bool,
}

impl Tagged {
    pub(super) const fn number(word: Word) -> Self {
        Self { word, is_pointer: false }
    }
}

/// Operands as the operation sees them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operands {
    pub(super) src0: Tagged,
    pub(super) src1: Tagged,
    /// Stack index of the first source, if it is there.
    source: Option<u16>,
    /// Stack index of the first result, if it does not go to a register.
    pub(super) target: Option<u16>,
    /// Stack pointer afterwards.
    sp: u16,
}

impl Operands {
    /// Those of an instruction that has nothing on the stack.
    pub(super) const fn in_registers(src0: Tagged, src1: Tagged, sp: u16) -> Self {
        Self { src0, src1, source: None, target: None, sp }
    }
}

impl Vm {
    /// Decides about the next instruction. Nothing is changed.
    ///
    /// SPEC: the price comes first, then the modes, and only then the predicate: what is not executed is paid
    /// for, and a kernel instruction panics in user space even if its predicate does not hold.
    pub(super) fn plan(&self) -> Plan {
        let instruction = if self.pending_panic {
            Instruction::PANIC
        } else {
            self.frame.program.instruction(self.pc)
        };
        let row = instruction.variant().row;
        let (ergs, refusal) = match self.ergs.checked_sub(row.ergs) {
            Some(ergs) => (ergs, None),
            None => (0, Some(Refusal::OutOfErgs)),
        };
        let refusal = if row.opcode == Opcode::Invalid {
            Some(Refusal::Invalid)
        } else if refusal.is_some() {
            refusal
        } else if row.kernel_only && !self.frame.is_kernel {
            Some(Refusal::KernelOnly)
        } else if row.writes && self.frame.is_static {
            Some(Refusal::Static)
        } else if self.status & status::CALL_STACK_FULL != 0 {
            Some(Refusal::CallStackFull)
        } else {
            None
        };
        let flags = status::flags(self.status);
        let outcome = match refusal {
            Some(refusal) => Outcome::Panics(refusal),
            None if self.pending_panic => Outcome::Panics(Refusal::Pending),
            None if instruction.predicate.holds(flags.lt, flags.eq, flags.gt) => Outcome::Executes,
            None => Outcome::Skips,
        };
        Plan { instruction, outcome, ergs }
    }

    /// Charges the price and counts the instruction.
    pub(super) fn commit(&mut self, plan: &Plan) {
        self.ergs = plan.ergs;
        self.pending_panic = false;
        self.instructions += 1;
    }

    /// Does the next instruction unless it needs the host.
    pub(crate) fn step_carefully(&mut self) -> Signal {
        let plan = self.plan();
        match plan.outcome {
            Outcome::Executes => {
                if needs_host(plan.instruction.opcode()) {
                    return Signal::Host;
                }
                self.commit(&plan);
                let signal = self.execute(&plan.instruction);
                match self.stop {
                    Some(_) => Signal::Stopped,
                    None => signal,
                }
            }
            Outcome::Skips => {
                self.commit(&plan);
                self.pc = self.pc.wrapping_add(1);
                Signal::Next
            }
            Outcome::Panics(_) => {
                self.commit(&plan);
                self.ret(&Instruction::PANIC, Tagged::number(Word::ZERO))
            }
        }
    }

    /// Reads the operands. Nothing is changed.
    pub(super) fn operands(&self, instruction: &Instruction) -> Operands {
        let variant = instruction.variant();
        let row = variant.row;
        let address = |register: u8, immediate: u16| {
            self.source(Register::source(register)).low_u16().wrapping_add(immediate)
        };
        let register = |number: u8| {
            let (word, is_pointer) = self.register(number);
            Tagged { word, is_pointer }
        };
        let on_stack = |index: u16| Tagged {
            word: self.frame.stack.get(index),
            is_pointer: self.frame.stack.tag(index),
        };
        let (base, mut sp) = (address(instruction.src0, instruction.imm0), self.sp);
        let source = match variant.src0 {
            SrcMode::Reg | SrcMode::Imm | SrcMode::Code => None,
            SrcMode::StackAbsolute => Some(base),
            SrcMode::StackRelative => Some(sp.wrapping_sub(base)),
            SrcMode::StackPop => {
                sp = sp.wrapping_sub(base);
                Some(sp)
            }
        };
        let src0 = match (source, variant.src0) {
            (Some(index), _) => on_stack(index),
            (None, SrcMode::Imm) => Tagged::number(Word::from_u64(instruction.imm0.into())),
            (None, SrcMode::Code) => Tagged::number(self.frame.program.word(base)),
            (None, _) => register(instruction.src0),
        };
        let base = address(instruction.dst0, instruction.imm1);
        let target = match (row.dst0, variant.dst0) {
            (Dst0::None | Dst0::Reg, _) | (_, DstMode::Reg) => None,
            (_, DstMode::StackAbsolute) => Some(base),
            (_, DstMode::StackRelative) => Some(sp.wrapping_sub(base)),
            (_, DstMode::StackPush) => {
                let index = sp;
                sp = sp.wrapping_add(base);
                Some(index)
            }
        };
        let src1 = register(instruction.src1);
        let (mut src0, mut src1) =
            if variant.has(Modifier::Swap) { (src1, src0) } else { (src0, src1) };
        if !self.frame.is_kernel {
            if src0.is_pointer && !row.pointer {
                src0 = Tagged::number(semantics::erase_pointer(&src0.word));
            }
            if src1.is_pointer {
                src1 = Tagged::number(semantics::erase_pointer(&src1.word));
            }
        }
        Operands { src0, src1, source, target, sp }
    }

    /// Reads the operands and moves the stack pointer as they say.
    pub(super) fn take_operands(&mut self, instruction: &Instruction) -> Operands {
        let operands = self.operands(instruction);
        self.sp = operands.sp;
        for index in [operands.source, operands.target].into_iter().flatten() {
            let taken = self.frame.stack.note_use(index);
            self.take_memory(taken);
        }
        operands
    }

    /// Writes the first result.
    pub(super) fn put(&mut self, instruction: &Instruction, operands: &Operands, value: Tagged) {
        match operands.target {
            None => self.set_register(instruction.dst0, value.word, value.is_pointer),
            Some(index) => {
                if !self.frame.stack.try_set(index, value.word) {
                    let taken = self.frame.stack.set_growing(index, value.word);
                    self.take_memory(taken);
                }
                self.frame.stack.set_tag(index, value.is_pointer);
                if value.is_pointer {
                    self.status |= status::STACK_TAGGED;
                }
            }
        }
    }

    /// After an executed instruction: what was not written is cleared, if the rules say so.
    pub(super) fn clear_second(&mut self, instruction: &Instruction) {
        if self.settings.semantics.clear_dst1 {
            self.set_register(instruction.dst1, Word::ZERO, false);
        }
    }

    fn execute(&mut self, instruction: &Instruction) -> Signal {
        let operands = self.take_operands(instruction);
        let pc = self.pc.wrapping_add(1);
        self.pc = pc;
        let mut has_second = false;
        let mut signal = Signal::Next;
        let put = |vm: &mut Self, word: Word| vm.put(instruction, &operands, Tagged::number(word));
        let (src0, src1) = (operands.src0, operands.src1);
        match instruction.opcode() {
            Opcode::Nop | Opcode::AuxMutating0 => {}
            Opcode::Add => self.binary::<semantics::Add>(instruction, &operands),
            Opcode::Sub => self.binary::<semantics::Sub>(instruction, &operands),
            Opcode::And => self.binary::<semantics::And>(instruction, &operands),
            Opcode::Or => self.binary::<semantics::Or>(instruction, &operands),
            Opcode::Xor => self.binary::<semantics::Xor>(instruction, &operands),
            Opcode::Shl => self.binary::<semantics::Shl>(instruction, &operands),
            Opcode::Shr => self.binary::<semantics::Shr>(instruction, &operands),
            Opcode::Rol => self.binary::<semantics::Rol>(instruction, &operands),
            Opcode::Ror => self.binary::<semantics::Ror>(instruction, &operands),
            Opcode::Mul => {
                has_second = true;
                self.binary::<semantics::Mul>(instruction, &operands);
            }
            Opcode::Div => {
                has_second = true;
                self.binary::<semantics::Div>(instruction, &operands);
            }
            Opcode::Jump => {
                self.pc = src0.word.low_u16();
                put(self, Word::from_u64(pc.into()));
            }
            Opcode::PtrAdd => self.pointer(PointerOp::Add, instruction, &operands),
            Opcode::PtrSub => self.pointer(PointerOp::Sub, instruction, &operands),
            Opcode::PtrPack => self.pointer(PointerOp::Pack, instruction, &operands),
            Opcode::PtrShrink => self.pointer(PointerOp::Shrink, instruction, &operands),
            Opcode::NearCall => self.near_call(instruction, &src0.word),
            Opcode::RetOk | Opcode::RetRevert | Opcode::RetPanic => {
                signal = self.ret(instruction, src0);
            }
            Opcode::This => put(self, Word::from_address(&self.frame.this_address)),
            Opcode::Caller => put(self, Word::from_address(&self.frame.caller)),
            Opcode::CodeAddress => put(self, Word::from_address(&self.frame.code_address)),
            Opcode::ErgsLeft => put(self, Word::from_u64(self.ergs.into())),
            Opcode::Sp => put(self, Word::from_u64(self.sp.into())),
            Opcode::Meta => put(self, self.meta()),
            Opcode::GetContextU128 => put(self, Word::from_u128(self.frame.context_u128)),
            Opcode::SetContextU128 => self.context_u128 = src0.word.low_u128(),
            Opcode::IncrementTxNumber => self.next_transaction(),
            Opcode::Event => self.log_event(instruction, &operands),
            Opcode::ToL1 => self.log_to_l1(instruction, &operands),
            Opcode::TransientRead => {
                let value = self.transient_read(&src0.word);
                put(self, value);
            }
            Opcode::TransientWrite => self.transient_write(&src0.word, &src1.word),
            Opcode::HeapRead => {
                has_second = self.heap_access::<false>(instruction, &operands, false).1;
            }
            Opcode::AuxHeapRead => {
                has_second = self.heap_access::<true>(instruction, &operands, false).1;
            }
            Opcode::HeapWrite => {
                signal = self.heap_access::<false>(instruction, &operands, true).0;
            }
            Opcode::AuxHeapWrite => {
                signal = self.heap_access::<true>(instruction, &operands, true).0;
            }
            Opcode::FatPointerRead => has_second = self.pointer_read(instruction, &operands),
            Opcode::StaticRead => has_second = self.static_access(instruction, &operands, false),
            Opcode::StaticWrite => {
                self.static_access(instruction, &operands, true);
            }
            // Never planned for execution here: invalid code panics, the others go to the host.
            Opcode::Invalid
            | Opcode::FarCall
            | Opcode::DelegateCall
            | Opcode::MimicCall
            | Opcode::StorageRead
            | Opcode::StorageWrite
            | Opcode::PrecompileCall
            | Opcode::Decommit => {}
        }
        if !has_second {
            self.clear_second(instruction);
        }
        signal
    }

    fn binary<O: Binary>(&mut self, instruction: &Instruction, operands: &Operands) {
        let (result, second, flags) = O::apply(&operands.src0.word, &operands.src1.word);
        if instruction.variant().has(Modifier::SetFlags) {
            self.status = status::with_flags(self.status, flags);
        }
        self.put(instruction, operands, Tagged::number(result));
        if O::HAS_SECOND {
            self.set_register(instruction.dst1, second, false);
        }
    }

    fn pointer(&mut self, op: PointerOp, instruction: &Instruction, operands: &Operands) {
        let Operands { src0, src1, .. } = operands;
        let result = if src0.is_pointer && !src1.is_pointer {
            semantics::pointer_op(op, &src0.word, &src1.word)
        } else {
            None
        };
        match result {
            Some(word) => self.put(instruction, operands, Tagged { word, is_pointer: true }),
            None => self.pending_panic = true,
        }
    }

    fn near_call(&mut self, instruction: &Instruction, abi: &Word) {
        self.status = status::with_flags(self.status, Flags::NONE);
        let asked = abi.low_u32();
        let kept = if asked == 0 { 0 } else { self.ergs.saturating_sub(asked) };
        self.near_frames.push(NearFrame {
            handler: instruction.imm1,
            call: self.pc.wrapping_sub(1),
            sp: self.sp,
            ergs: kept,
            undo_mark: self.undo.len() as u32,
        });
        self.ergs -= kept;
        self.pc = instruction.imm0;
        self.update_depth();
        self.check_memory();
    }

    #[inline(always)]
    pub(super) fn meta(&self) -> Word {
        let pubdata = if self.frame.is_kernel { self.pubdata as u32 } else { 0 };
        let [this, caller, code] = self.frame.shards.map(u64::from);
        Word([
            pubdata.into(),
            u64::from(self.frame.heap_bound) | u64::from(self.frame.aux_heap_bound) << 32,
            0,
            (this | caller << 8 | code << 16) << 32,
        ])
    }

    /// Pays for heap up to `end`; `None` stands for an address too far to pay for. False if the ergs do not suffice.
    pub(super) fn grow_heap(&mut self, aux: bool, end: Option<u32>) -> bool {
        let bound = if aux { &mut self.frame.aux_heap_bound } else { &mut self.frame.heap_bound };
        let upper = end.unwrap_or(u32::MAX);
        let paid = self.ergs.checked_sub(upper.saturating_sub(*bound));
        // SPEC: before protocol 27 the bound moved although the ergs ran out.
        if upper > *bound && (paid.is_some() || !self.settings.semantics.unpaid_growth_keeps_bound)
        {
            *bound = upper;
        }
        self.ergs = paid.unwrap_or(0);
        paid.is_some()
    }

    fn heap_access<const AUX: bool>(
        &mut self,
        instruction: &Instruction,
        operands: &Operands,
        is_write: bool,
    ) -> (Signal, bool) {
        let word = operands.src0.word;
        let offset = word.low_u32();
        let reachable = word.to_u64().is_some_and(|address| address <= MAX_HEAP_ADDRESS.into());
        // SPEC: what cannot be reached costs 2³² − 1 ergs, whatever is paid for already.
        let paid = if reachable {
            self.grow_heap(AUX, Some(offset + 32))
        } else {
            self.pay_for_unreachable::<AUX>(offset)
        };
        if !reachable || !paid {
            self.pending_panic = true;
            return (Signal::Next, false);
        }
        if !is_write {
            let value = self.read_heap::<AUX>(offset);
            self.put(instruction, operands, Tagged::number(value));
            return (Signal::Next, self.increment(instruction, &operands.src0, offset));
        }
        self.write_heap::<AUX>(offset, &operands.src1.word);
        if instruction.variant().has(Modifier::Increment) {
            let next = incremented(&word, offset);
            self.put(instruction, operands, Tagged::number(next));
        }
        if self.is_hook::<AUX>(offset) {
            self.hook_value = operands.src1.word;
            return (Signal::Hook, false);
        }
        (Signal::Next, false)
    }

    /// Charges for an address that no heap can have.
    fn pay_for_unreachable<const AUX: bool>(&mut self, offset: u32) -> bool {
        let bound = if AUX { &mut self.frame.aux_heap_bound } else { &mut self.frame.heap_bound };
        let paid = self.ergs == u32::MAX;
        // SPEC: the bound moves to what the low 32 bits of the address say, plus 32, wrapping: before protocol
        // 27 always, since then if 2³² − 1 ergs were there.
        let upper = offset.wrapping_add(32);
        if upper > *bound && (paid || !self.settings.semantics.unpaid_growth_keeps_bound) {
            *bound = upper;
        }
        self.ergs = 0;
        paid
    }

    /// Writes the address after the one accessed to `dst1` if the instruction asks for it.
    fn increment(&mut self, instruction: &Instruction, pointer: &Tagged, offset: u32) -> bool {
        if !instruction.variant().has(Modifier::Increment) {
            return false;
        }
        self.set_register(instruction.dst1, incremented(&pointer.word, offset), pointer.is_pointer);
        true
    }

    fn pointer_read(&mut self, instruction: &Instruction, operands: &Operands) -> bool {
        let pointer = FatPointer::from_word(&operands.src0.word);
        if !operands.src0.is_pointer || pointer.offset.checked_add(32).is_none() {
            self.pending_panic = true;
            return false;
        }
        let value = self.read_pointed(&pointer);
        self.put(instruction, operands, Tagged::number(value));
        self.increment(instruction, &operands.src0, pointer.offset)
    }

    fn static_access(
        &mut self,
        instruction: &Instruction,
        operands: &Operands,
        is_write: bool,
    ) -> bool {
        let word = operands.src0.word;
        let offset = match word.to_u64() {
            Some(address) if address <= MAX_HEAP_ADDRESS.into() => address as u32,
            _ => {
                // SPEC: before protocol 27 this cost 2³² − 1 ergs, as it does in a heap.
                if !self.settings.semantics.unpaid_growth_keeps_bound {
                    self.ergs = 0;
                }
                self.pending_panic = true;
                return false;
            }
        };
        if is_write {
            self.write_page(STATIC_PAGE, offset.into(), &operands.src1.word);
            if instruction.variant().has(Modifier::Increment) {
                self.put(instruction, operands, Tagged::number(incremented(&word, offset)));
            }
            return false;
        }
        let value = self.read_page(STATIC_PAGE, offset.into());
        self.put(instruction, operands, Tagged::number(value));
        self.increment(instruction, &operands.src0, offset)
    }

    fn log_event(&mut self, instruction: &Instruction, operands: &Operands) {
        let is_first = instruction.variant().has(Modifier::First);
        let (key, value) = (operands.src0.word, operands.src1.word);
        self.push_event(self.frame.this_address, key, value, is_first);
    }

    fn log_to_l1(&mut self, instruction: &Instruction, operands: &Operands) {
        let (key, value) = (operands.src0.word, operands.src1.word);
        let is_service = instruction.variant().has(Modifier::First);
        self.push_message(self.frame.this_address, key, value, is_service);
    }

    /// Ends the run for good with the next signal.
    pub(super) fn halt(&mut self, stop: Stop) {
        self.stop.get_or_insert(stop);
    }
}

/// The address after the one accessed, in the low 32 bits of the word that gave it.
fn incremented(word: &Word, offset: u32) -> Word {
    let low = word.0[0] >> 32 << 32 | u64::from(offset.wrapping_add(32));
    Word([low, word.0[1], word.0[2], word.0[3]])
}
