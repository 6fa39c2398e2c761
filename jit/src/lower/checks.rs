//! What is checked before a segment: that it can be paid, that what it takes for numbers are numbers, and that the stack is there.

use super::Lowering;
use super::emit::Emit;
use super::limbs::{Bit, Limb};
use super::plan::Segment;
use super::shape::Place;
use super::tags;
use super::trace::{Sp, Trace};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::immediates::Imm64;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{InstBuilder, InstructionData, Opcode, Value};
use eravm_core::compiled::{Leave, View};
use std::mem::offset_of;

/// A place on the stack that is counted from the bottom by a register and a constant.
struct Counted {
    register: u8,
    more: u16,
    index: Value,
}

impl Lowering<'_, '_, '_> {
    /// Checks all that a segment takes for granted.
    pub(super) fn admit(&mut self, trace: &mut Trace, segment: &Segment, pc: u16) {
        self.share_way_out(|this| {
            if this.flow.limits.forced_exits {
                let offset = offset_of!(View, countdown);
                let count = this.emit.add_to_field(offset, -1);
                let is_over = this.emit.b.ins().icmp_imm_s(IntCC::Equal, count, 0);
                this.leave_if(Bit::Value(is_over), trace, pc, Leave::Forced);
            }
            let counted = this.counted_indices(trace, segment);
            this.check_tags(trace, segment, &counted, pc);
            this.check_stack(trace, segment, &counted, pc);
            if segment.calls > trace.inlined.len() {
                this.check_room(trace, segment.calls, pc);
            }
            this.check_ergs(trace, segment.ergs, pc);
        });
    }

    /// That a segment can be paid, and all before it in the trace.
    ///
    /// PERF: one comparison where a trace begins is for all of its segments. What is done is [paid](Self::pay) where the trace ends.
    fn check_ergs(&mut self, trace: &mut Trace, price: u32, pc: u16) {
        trace.budget += price;
        let budget = i64::from(trace.budget);
        if let Some(inst) = trace.check {
            let imm = Imm64::new(budget);
            self.emit.b.func.dfg.insts[inst] =
                InstructionData::UnaryImm { opcode: Opcode::Iconst, imm };
            return;
        }
        let ergs = self.emit.field(I64, offset_of!(View, ergs));
        let budget = self.emit.b.ins().iconst(I64, budget);
        trace.check = self.emit.b.func.dfg.value_def(budget).inst();
        let short = self.emit.b.ins().icmp(IntCC::UnsignedLessThan, ergs, budget);
        self.leave_if(Bit::Value(short), trace, pc, Leave::Ergs);
    }

    /// That there is room for so many near frames.
    pub(super) fn check_room(&mut self, trace: &Trace, frames: usize, pc: u16) {
        let len = self.emit.field(I64, offset_of!(View, near_len));
        let room = self.emit.field(I64, offset_of!(View, near_room));
        let needed = self.emit.b.ins().iadd_imm_s(len, frames as i64);
        let over = self.emit.b.ins().icmp(IntCC::UnsignedGreaterThan, needed, room);
        self.leave_if(Bit::Value(over), trace, pc, Leave::Frame);
    }

    /// That registers are numbers which are taken for such, and words on the stack.
    fn check_tags(&mut self, trace: &mut Trace, segment: &Segment, counted: &[Counted], pc: u16) {
        let (strict, lenient) = (tags(segment.strict), tags(segment.lenient & !segment.strict));
        let uses_stack = !segment.places.is_empty() || !counted.is_empty();
        let on_stack = if uses_stack { View::STACK_TAGGED } else { 0 };
        let mask = strict | lenient | on_stack;
        if mask != 0 {
            let status = self.emit.status();
            let wrong = self.emit.b.ins().band_imm_u(status, i64::from(mask));
            if segment.range.is_some() {
                // Here, where all that follows can use it.
                self.sp_base(trace);
            }
            let (_, fine) = self.branch_rarely(wrong);
            if strict != 0 {
                let wrong = self.emit.b.ins().band_imm_u(status, i64::from(strict));
                self.leave_if_not_zero(wrong, trace, pc, Leave::Tags);
            }
            if lenient != 0 {
                // Kernel space uses pointers as the numbers that they are.
                let wrong = self.emit.b.ins().band_imm_u(status, i64::from(lenient));
                let is_tagged = self.emit.b.ins().icmp_imm_s(IntCC::NotEqual, wrong, 0);
                let user = self.emit.b.ins().band_imm_u(status, i64::from(View::USER));
                let is_user = self.emit.b.ins().icmp_imm_s(IntCC::NotEqual, user, 0);
                let both = self.emit.b.ins().band(is_tagged, is_user);
                self.leave_if(Bit::Value(both), trace, pc, Leave::Tags);
            }
            if on_stack != 0 {
                self.check_stack_tags(trace, segment, pc);
                for counted in counted {
                    self.leave_if_tagged(Limb::Value(counted.index), trace, pc);
                }
            }
            self.emit.b.ins().jump(fine, &[]);
            self.emit.b.switch_to_block(fine);
        }
        trace.readable |= segment.strict | segment.lenient;
        trace.numbers |= segment.strict;
    }

    /// That words on the stack are no pointers, where some are.
    fn check_stack_tags(&mut self, trace: &mut Trace, segment: &Segment, pc: u16) {
        for place in &segment.places {
            let index = match place {
                Place::Relative(by) => {
                    Limb::Value(self.sp(trace, Sp { by: trace.sp.by + by, ..trace.sp }))
                }
                Place::Absolute(at) => Limb::Const(u64::from(*at)),
                Place::FromRegister(..) | Place::Dynamic => continue,
            };
            self.leave_if_tagged(index, trace, pc);
        }
    }

    /// That a word on the stack is no pointer.
    pub(super) fn leave_if_tagged(&mut self, index: Limb, trace: &Trace, pc: u16) {
        let tag = self.emit.stack_tag(index);
        let limbs = self.emit.field(I64, offset_of!(View, stack_tag_limbs));
        let limb = self.emit.value(tag.limb);
        let is_there = self.emit.b.ins().icmp(IntCC::UnsignedGreaterThan, limbs, limb);
        let (look, fine) = self.branch(is_there);
        self.emit.b.switch_to_block(look);
        let (at, offset) = self.emit.stack_tag_address(tag);
        let bits = self.emit.b.ins().load(I64, Emit::trusted(), at, offset);
        let bit = self.emit.value(tag.bit);
        let bits = self.emit.b.ins().ushr(bits, bit);
        let tagged = self.emit.b.ins().band_imm_u(bits, 1);
        self.leave_if_not_zero(tagged, trace, pc, Leave::Tags);
        self.emit.b.ins().jump(fine, &[]);
        self.emit.b.seal_block(fine);
        self.emit.b.switch_to_block(fine);
    }

    /// Places that are counted by a register and were not checked yet.
    fn counted_indices(&mut self, trace: &mut Trace, segment: &Segment) -> Vec<Counted> {
        let mut all = Vec::new();
        for &(register, more) in &segment.counted {
            if trace.address(register, more).is_none() {
                let base = trace.register(&mut self.emit, register, 0);
                let index = self.emit.address(base, more);
                all.push(Counted { register, more, index: self.emit.value(index) });
            }
        }
        all
    }

    /// That words on the stack are there.
    fn check_stack(&mut self, trace: &mut Trace, segment: &Segment, counted: &[Counted], pc: u16) {
        for &Counted { register, more, index } in counted {
            self.leave_if_beyond(index, trace, pc);
            let at = self.stack_address_of(trace, index);
            trace.set_address(register, more, at);
        }
        if let Some((low, high)) = segment.range {
            let base = self.sp_base(trace);
            let (low, high) = (trace.sp.by + low, trace.sp.by + high);
            if low < 0 {
                let under = IntCC::UnsignedLessThan;
                let under = self.emit.b.ins().icmp_imm_s(under, base, i64::from(-low));
                self.leave_if(Bit::Value(under), trace, pc, Leave::Stack);
            }
            // Below zero, it is very high.
            let highest = self.emit.b.ins().iadd_imm_s(base, i64::from(high));
            self.leave_if_beyond(highest, trace, pc);
        }
        if let Some(highest) = segment.highest {
            let words = trace.stack_words(&mut self.emit);
            let over = IntCC::UnsignedLessThanOrEqual;
            let over = self.emit.b.ins().icmp_imm_s(over, words, i64::from(highest));
            self.leave_if(Bit::Value(over), trace, pc, Leave::Stack);
        }
    }

    /// That a word on the stack is there.
    pub(super) fn leave_if_beyond(&mut self, index: Value, trace: &mut Trace, pc: u16) {
        let words = trace.stack_words(&mut self.emit);
        let beyond = self.emit.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, words);
        self.leave_if(Bit::Value(beyond), trace, pc, Leave::Stack);
    }
}
