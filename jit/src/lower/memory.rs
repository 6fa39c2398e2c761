//! Heaps, fat pointers, and what instructions read of the machine.

use super::Lowering;
use super::emit::{Emit, LIMB, runtime};
use super::limbs::{Bit, Limb, Limbs, UPWARDS, ZERO, narrow};
use super::plan::Step;
use super::shape::{self, Place};
use super::trace::{Sp, Trace};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value};
use eravm_core::compiled::{HeapView, Leave, View};
use eravm_core::isa::{DstMode, Modifier, Opcode, SrcMode};
use std::mem::offset_of;

/// Offset of a field of a heap in the view.
const fn heap_field(is_aux: bool, field: usize) -> usize {
    offset_of!(View, heaps) + is_aux as usize * size_of::<HeapView>() + field
}

impl Lowering<'_, '_, '_> {
    /// An instruction that goes on behind itself and is no choice between values.
    pub(super) fn straight(&mut self, trace: &mut Trace, step: &Step) {
        let instruction = &step.instruction;
        match instruction.opcode() {
            Opcode::Nop => self.nop(trace, step),
            Opcode::HeapRead => self.heap_read(trace, step, false),
            Opcode::AuxHeapRead => self.heap_read(trace, step, true),
            Opcode::HeapWrite => self.heap_write(trace, step, false),
            Opcode::AuxHeapWrite => self.heap_write(trace, step, true),
            Opcode::FatPointerRead => self.pointer_read(trace, step),
            opcode if opcode.is_pointer_op() => self.pointer(trace, step),
            Opcode::This => self.context(trace, step, 0),
            Opcode::Caller => self.context(trace, step, 1),
            Opcode::CodeAddress => self.context(trace, step, 2),
            Opcode::GetContextU128 => {
                let half = |k: usize| offset_of!(View, context_value) + k * size_of::<u64>();
                let [low, high] = [0, 1].map(|k| Limb::Value(self.emit.field(I64, half(k))));
                self.write(trace, step, &[low, high, ZERO, ZERO]);
            }
            Opcode::ErgsLeft => {
                let ergs = self.emit.field(I64, offset_of!(View, ergs));
                let unpaid = trace.unpaid.ergs + instruction.variant().row.ergs;
                let ergs = self.emit.b.ins().iadd_imm_s(ergs, -i64::from(unpaid));
                self.write(trace, step, &narrow(Limb::Value(ergs)));
            }
            Opcode::Sp => {
                let sp = self.sp(trace, trace.sp);
                self.write(trace, step, &narrow(Limb::Value(sp)));
            }
            _ => self.binary(trace, step, Bit::Const(true)),
        }
    }

    /// Writes a number to the register that the first result goes to.
    fn write(&mut self, trace: &mut Trace, step: &Step, value: &Limbs) {
        let register = step.instruction.dst0;
        let is_unseen = step.unseen >> register & 1 == 1;
        trace.set_register(&mut self.emit, register, value, is_unseen);
        trace.is_number(shape::bit(register));
    }

    /// `nop` moves the stack pointer only.
    fn nop(&mut self, trace: &mut Trace, step: &Step) {
        let variant = step.instruction.variant();
        if variant.src0 == SrcMode::StackPop {
            let (sp, _) = self.source_index(trace, &step.instruction);
            trace.set_sp(sp);
        }
        if variant.dst0 == DstMode::StackPush {
            let (sp, _) = self.target_index(trace, &step.instruction, trace.sp);
            trace.set_sp(sp);
        }
    }

    fn context(&mut self, trace: &mut Trace, step: &Step, which: u64) {
        let register = step.instruction.dst0;
        if register == 0 {
            return;
        }
        let (which, result) = (self.emit.number(which), self.register_address(register));
        let view = self.emit.view;
        self.emit.call(runtime!(context), &[view, which, result], false);
        trace.forget_register(register);
        trace.is_number(1 << register);
    }

    /// A heap address: its value and whether it is below 2⁶⁴; leaves if it is not.
    fn heap_address(&mut self, trace: &mut Trace, step: &Step) -> Value {
        let instruction = &step.instruction;
        if instruction.variant().src0 == SrcMode::Imm {
            return self.emit.number(instruction.imm0.into());
        }
        let limbs = trace.register_limbs(&mut self.emit, instruction.src0, 4);
        let is_too_large = self.emit.is_not_zero(&limbs[1..]);
        self.leave_if(is_too_large, trace, step.pc, Leave::Memory);
        self.emit.value(limbs[0])
    }

    fn heap_read(&mut self, trace: &mut Trace, step: &Step, is_aux: bool) {
        let instruction = &step.instruction;
        let address = self.heap_address(trace, step);
        let end = self.emit.field(I64, heap_field(is_aux, offset_of!(HeapView, read_end)));
        let beyond = self.emit.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, address, end);
        let (_, fast) = self.branch_rarely(beyond);
        let function = if is_aux { runtime!(aux_heap_read) } else { runtime!(heap_read) };
        let (view, result) = (self.emit.view, self.emit.scratch_address(0));
        let done = self.emit.call(function, &[view, address, result], true);
        let word = self.read_slowly(trace, step, done, fast, |this| {
            let base = this.emit.field(I64, heap_field(is_aux, offset_of!(HeapView, base)));
            this.emit.b.ins().iadd(base, address)
        });
        self.write(trace, step, &word);
        if instruction.variant().has(Modifier::Increment) {
            let next = self.emit.b.ins().iadd_imm_s(address, 32);
            let is_unseen = step.unseen >> instruction.dst1 & 1 == 1;
            let next = narrow(Limb::Value(next));
            trace.set_register(&mut self.emit, instruction.dst1, &next, is_unseen);
            trace.is_number(shape::bit(instruction.dst1));
        }
    }

    /// The word that a runtime function has read, or that is in memory at an address which is computed in the block for that.
    fn read_slowly(
        &mut self,
        trace: &Trace,
        step: &Step,
        done: Option<Value>,
        fast: cranelift_codegen::ir::Block,
        address: impl FnOnce(&mut Self) -> Value,
    ) -> Limbs {
        self.leave_if_not_done(done, trace, step.pc);
        let together = self.emit.b.create_block();
        for _ in 0..4 {
            self.emit.b.append_block_param(together, I64);
        }
        let word = self.scratch_word(0);
        let word = word.map(|limb| BlockArg::Value(self.emit.value(limb)));
        self.emit.b.ins().jump(together, &word);
        self.emit.b.seal_block(fast);
        self.emit.b.switch_to_block(fast);
        let at = address(self);
        let word: [BlockArg; 4] = core::array::from_fn(|k| {
            let offset = (3 - k) as i32 * LIMB;
            let bytes = self.emit.b.ins().load(I64, Emit::unaligned(), at, offset);
            BlockArg::Value(self.emit.b.ins().bswap(bytes))
        });
        self.emit.b.ins().jump(together, &word);
        self.emit.b.seal_block(together);
        self.emit.b.switch_to_block(together);
        let params = self.emit.b.block_params(together);
        core::array::from_fn(|k| Limb::Value(params[k]))
    }

    fn heap_write(&mut self, trace: &mut Trace, step: &Step, is_aux: bool) {
        let instruction = &step.instruction;
        let address = self.heap_address(trace, step);
        if !is_aux {
            let hook = self.emit.field(I64, offset_of!(View, hook));
            let is_hook = self.emit.b.ins().icmp(IntCC::Equal, address, hook);
            self.leave_if(Bit::Value(is_hook), trace, step.pc, Leave::Memory);
        }
        let end = self.emit.field(I64, heap_field(is_aux, offset_of!(HeapView, write_end)));
        let beyond = self.emit.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, address, end);
        let (_, fast) = self.branch_rarely(beyond);
        let function = if is_aux { runtime!(aux_heap_write) } else { runtime!(heap_write) };
        let value = trace.clone().register_in_memory(&mut self.emit, instruction.src1);
        let view = self.emit.view;
        let done = self.emit.call(function, &[view, address, value], true);
        self.leave_if_not_done(done, trace, step.pc);
        let together = self.emit.b.create_block();
        self.emit.b.ins().jump(together, &[]);
        self.emit.b.seal_block(fast);
        self.emit.b.switch_to_block(fast);
        let base = self.emit.field(I64, heap_field(is_aux, offset_of!(HeapView, base)));
        let at = self.emit.b.ins().iadd(base, address);
        // Not those of a block that does not dominate what follows.
        let mut inner = trace.clone();
        let [low, second, third, high] =
            core::array::from_fn(|k| inner.register(&mut self.emit, instruction.src1, k));
        for (half, limbs) in [[high, third], [second, low]].into_iter().enumerate() {
            let offset = half as i32 * 2 * LIMB;
            if limbs == [ZERO; 2] {
                self.emit.store_zeros(at, offset);
                continue;
            }
            for (k, limb) in limbs.into_iter().enumerate() {
                let bytes = match limb {
                    Limb::Const(limb) => self.emit.number(limb.swap_bytes()),
                    Limb::Value(limb) => self.emit.b.ins().bswap(limb),
                };
                self.emit.b.ins().store(Emit::unaligned(), bytes, at, offset + k as i32 * LIMB);
            }
        }
        self.emit.b.ins().jump(together, &[]);
        self.emit.b.seal_block(together);
        self.emit.b.switch_to_block(together);
        if instruction.variant().has(Modifier::Increment) {
            let next = self.emit.b.ins().iadd_imm_s(address, 32);
            self.write(trace, step, &narrow(Limb::Value(next)));
        }
    }

    /// That a register is a pointer, or none.
    pub(super) fn check_tag(&mut self, trace: &Trace, pc: u16, register: u8, is_pointer: bool) {
        let bit = shape::bit(register);
        let is_known = if is_pointer { trace.pointers } else { trace.numbers };
        let is_contrary = if is_pointer { trace.numbers | 1 } else { trace.pointers };
        if is_known & bit != 0 || !is_pointer && bit == 0 {
            return;
        }
        if is_contrary & (bit | u16::from(bit == 0)) != 0 {
            return self.leave_if(Bit::Const(true), trace, pc, Leave::Tags);
        }
        let status = self.emit.status();
        let tag = self.emit.b.ins().band_imm_u(status, i64::from(View::tag(register)));
        let condition = if is_pointer { IntCC::Equal } else { IntCC::NotEqual };
        let wrong = self.emit.b.ins().icmp_imm_s(condition, tag, 0);
        self.leave_if(Bit::Value(wrong), trace, pc, Leave::Tags);
    }

    fn pointer_read(&mut self, trace: &mut Trace, step: &Step) {
        let instruction = &step.instruction;
        let pointer = instruction.src0;
        self.check_tag(trace, step.pc, pointer, true);
        let is_kept = instruction.variant().has(Modifier::Increment) && instruction.dst1 != 0;
        let wanted = if is_kept { 4 } else { 2 };
        let limbs = trace.register_limbs(&mut self.emit, pointer, wanted);
        let (low, bounds) = (self.emit.value(limbs[0]), self.emit.value(limbs[1]));
        let page = self.emit.b.ins().ushr_imm_u(low, 32);
        // PERF: a branch for each condition, which it is part of, is shorter than one for all of them.
        let slow = self.emit.b.create_block();
        self.emit.b.set_cold_block(slow);
        let seen = self.emit.field(I64, offset_of!(View, pointed_page));
        let is_other = self.emit.b.ins().icmp(IntCC::NotEqual, page, seen);
        self.go_if(is_other, slow);
        let offset = self.emit.low_half(low);
        let length = self.emit.b.ins().ushr_imm_u(bounds, 32);
        let end = self.emit.b.ins().iadd_imm_s(offset, 32);
        let is_cut = self.emit.b.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
        self.go_if(is_cut, slow);
        let address = self.emit.b.ins().iadd(bounds, offset);
        let address = self.emit.low_half(address);
        let field = offset_of!(View, pointed) + offset_of!(HeapView, read_end);
        let last = self.emit.field(I64, field);
        let beyond = self.emit.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, address, last);
        let fast = self.emit.b.create_block();
        self.emit.b.ins().brif(beyond, slow, &[], fast, &[]);
        self.emit.b.seal_block(slow);
        self.emit.b.switch_to_block(slow);
        let place = trace.clone().register_in_memory(&mut self.emit, pointer);
        let (view, result) = (self.emit.view, self.emit.scratch_address(0));
        let done = self.emit.call(runtime!(pointer_read), &[view, place, result], true);
        let word = self.read_slowly(trace, step, done, fast, |this| {
            let field = offset_of!(View, pointed) + offset_of!(HeapView, base);
            let base = this.emit.field(I64, field);
            this.emit.b.ins().iadd(base, address)
        });
        self.write(trace, step, &word);
        if is_kept {
            let next = self.emit.b.ins().iadd_imm_s(low, 32);
            let next = [Limb::Value(next), limbs[1], limbs[2], limbs[3]];
            let is_unseen = step.unseen >> instruction.dst1 & 1 == 1;
            trace.set_register(&mut self.emit, instruction.dst1, &next, is_unseen);
            trace.is_pointer(1 << instruction.dst1);
        }
    }

    /// An operation on a pointer.
    fn pointer(&mut self, trace: &mut Trace, step: &Step) {
        let instruction = &step.instruction;
        let opcode = instruction.opcode();
        let mode = instruction.variant().src0;
        let (mut pointer, mut operand) = (instruction.src0, instruction.src1);
        if instruction.variant().has(Modifier::Swap) {
            (pointer, operand) = (operand, pointer);
        }
        let (sp, place) = match mode {
            SrcMode::Reg | SrcMode::Imm | SrcMode::Code => (trace.sp, None),
            _ => {
                let (sp, index) = self.source_index(trace, instruction);
                (sp, Some(index.place()))
            }
        };
        let wanted = if opcode == Opcode::PtrPack { 2 } else { 4 };
        let [low, bounds, upper0, upper1] = match place {
            None => {
                self.check_tag(trace, step.pc, pointer, true);
                trace.register_limbs(&mut self.emit, pointer, wanted)
            }
            Some(place) => {
                let index = self.index_of(trace, place);
                let (at, offset, bit) = self.tag_place(trace, step, index);
                let bits = self.emit.b.ins().load(I64, Emit::trusted(), at, offset);
                let tagged = self.emit.b.ins().band(bits, bit);
                let wrong = self.emit.b.ins().icmp_imm_s(IntCC::Equal, tagged, 0);
                self.leave_if(Bit::Value(wrong), trace, step.pc, Leave::Tags);
                self.stack_word(trace, place, UPWARDS)
            }
        };
        let by = match mode {
            SrcMode::Imm => narrow(Limb::Const(instruction.imm0.into())),
            SrcMode::Code => self.code_operand(trace, step),
            _ => {
                self.check_tag(trace, step.pc, operand, false);
                let wanted = if opcode == Opcode::PtrShrink { 1 } else { 4 };
                trace.register_limbs(&mut self.emit, operand, wanted)
            }
        };
        let (low, bounds) = (self.emit.value(low), self.emit.value(bounds));
        let fails;
        let result = match opcode {
            Opcode::PtrAdd => {
                let amount = self.emit.value(by[0]);
                let offset = self.emit.low_half(low);
                let sum = self.emit.b.ins().iadd(offset, amount);
                let both = self.emit.b.ins().bor(sum, amount);
                let over = self.emit.b.ins().ushr_imm_u(both, 32);
                fails = self.emit.is_not_zero(&[Limb::Value(over), by[1], by[2], by[3]]);
                let low = self.emit.b.ins().iadd(low, amount);
                [Limb::Value(low), Limb::Value(bounds), upper0, upper1]
            }
            Opcode::PtrSub => {
                let amount = self.emit.value(by[0]);
                let offset = self.emit.low_half(low);
                let under = self.emit.b.ins().icmp(IntCC::UnsignedLessThan, offset, amount);
                let is_large = self.emit.is_not_zero(&by[1..]);
                fails = self.emit.either(is_large, Bit::Value(under));
                let low = self.emit.b.ins().isub(low, amount);
                [Limb::Value(low), Limb::Value(bounds), upper0, upper1]
            }
            Opcode::PtrPack => {
                fails = self.emit.is_not_zero(&by[..2]);
                [Limb::Value(low), Limb::Value(bounds), by[2], by[3]]
            }
            _ => {
                let amount = self.emit.and(by[0], Limb::Const(0xffff_ffff));
                let amount = self.emit.value(amount);
                let length = self.emit.b.ins().ushr_imm_u(bounds, 32);
                let under = self.emit.b.ins().icmp(IntCC::UnsignedLessThan, length, amount);
                fails = Bit::Value(under);
                let amount = self.emit.b.ins().ishl_imm_u(amount, 32);
                let bounds = self.emit.b.ins().isub(bounds, amount);
                [Limb::Value(low), Limb::Value(bounds), upper0, upper1]
            }
        };
        self.leave_if(fails, trace, step.pc, Leave::Memory);
        if instruction.variant().dst0 != DstMode::Reg {
            return self.put_pointer(trace, step, sp, &result);
        }
        trace.set_sp(sp);
        let register = instruction.dst0;
        let is_unseen = step.unseen >> register & 1 == 1;
        trace.set_register(&mut self.emit, register, &result, is_unseen);
        trace.is_pointer(shape::bit(register));
    }

    /// Writes a pointer to the stack.
    fn put_pointer(&mut self, trace: &mut Trace, step: &Step, sp: Sp, pointer: &Limbs) {
        let (sp, index) = self.target_index(trace, &step.instruction, sp);
        let place = index.place();
        let index = self.index_of(trace, place);
        let (at, offset, bit) = self.tag_place(trace, step, index);
        let bits = self.emit.b.ins().load(I64, Emit::trusted(), at, offset);
        let bits = self.emit.b.ins().bor(bits, bit);
        self.emit.b.ins().store(Emit::trusted(), bits, at, offset);
        let status = self.emit.status();
        let status = self.emit.b.ins().bor_imm_u(status, i64::from(View::STACK_TAGGED));
        self.emit.set_field(status, offset_of!(View, status));
        let (base, offset) = self.stack_address(trace, place);
        self.emit.store_word(pointer, base, offset);
        trace.set_stack(place, pointer, false);
        // One of the words that were checked may be a pointer now.
        trace.forget_addresses();
        trace.set_sp(sp);
    }

    /// The index of a word on the stack at a known place.
    fn index_of(&mut self, trace: &mut Trace, place: Place) -> Limb {
        match place {
            Place::Relative(by) => Limb::Value(self.sp(trace, Sp { by, ..trace.sp })),
            Place::Absolute(at) => Limb::Const(u64::from(at)),
            Place::FromRegister(..) | Place::Dynamic => Limb::Const(0),
        }
    }

    /// The address of the limb with the tag of a word on the stack, a value and an offset, and the bit in it.
    fn tag_place(&mut self, trace: &Trace, step: &Step, index: Limb) -> (Value, i32, Value) {
        let tag = self.emit.stack_tag(index);
        let limbs = self.emit.field(I64, offset_of!(View, stack_tag_limbs));
        let limb = self.emit.value(tag.limb);
        let beyond = self.emit.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, limbs, limb);
        self.leave_if(Bit::Value(beyond), trace, step.pc, Leave::Tags);
        let (at, offset) = self.emit.stack_tag_address(tag);
        let bit = match tag.bit {
            Limb::Const(bit) => self.emit.number(1 << bit),
            Limb::Value(bit) => {
                let one = self.emit.number(1);
                self.emit.b.ins().ishl(one, bit)
            }
        };
        (at, offset, bit)
    }
}
