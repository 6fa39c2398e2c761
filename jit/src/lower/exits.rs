//! Branches, and the ways out of compiled code.

use super::limbs::Bit;
use super::plan::{Flow, Open};
use super::trace::{Sp, Trace, Unpaid};
use super::{Lowering, NearFrame, shape};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value};
use eravm_core::compiled::{Leave, NearFrameLayout, View};
use eravm_core::isa::{Opcode, Predicate};
use std::mem::offset_of;

/// A way out that checks share which leave the same state.
pub(super) struct WayOut {
    block: Block,
    /// What is known there.
    trace: Trace,
}

impl Lowering<'_, '_, '_> {
    /// Two new blocks for a condition; goes on in neither.
    pub(super) fn branch(&mut self, condition: Value) -> (Block, Block) {
        let (then, other) = (self.emit.b.create_block(), self.emit.b.create_block());
        self.go(condition, then, other);
        self.emit.b.seal_block(then);
        (then, other)
    }

    /// Goes to one of two blocks.
    ///
    /// PERF: a negation costs nothing if the blocks change places.
    fn go(&mut self, condition: Value, then: Block, other: Block) {
        match self.emit.negated(condition) {
            Some(condition) => self.emit.b.ins().brif(condition, other, &[], then, &[]),
            None => self.emit.b.ins().brif(condition, then, &[], other, &[]),
        };
    }

    /// Goes to a block if a condition holds, and on if it does not.
    pub(super) fn go_if(&mut self, condition: Value, to: Block) {
        let stay = self.emit.b.create_block();
        self.go(condition, to, stay);
        self.emit.b.seal_block(stay);
        self.emit.b.switch_to_block(stay);
    }

    /// Branches for a condition that hardly ever holds, goes on where it does, and returns the block for that and the other one.
    pub(super) fn branch_rarely(&mut self, condition: Value) -> (Block, Block) {
        let (then, other) = self.branch(condition);
        self.emit.b.set_cold_block(then);
        self.emit.b.switch_to_block(then);
        (then, other)
    }

    /// Leaves the code if a function of the runtime has not done what it was called for, which is a rare thing to call.
    pub(super) fn leave_if_not_done(&mut self, done: Option<Value>, trace: &Trace, pc: u16) {
        let Some(done) = done else { return };
        let failed = self.emit.b.ins().icmp_imm_s(IntCC::Equal, done, 0);
        self.leave_if(Bit::Value(failed), trace, pc, Leave::Memory);
        if let Some(stay) = self.emit.b.current_block() {
            self.emit.b.set_cold_block(stay);
        }
    }

    /// Leaves the code if a condition holds.
    pub(super) fn leave_if(&mut self, condition: Bit, trace: &Trace, pc: u16, leave: Leave) {
        match condition {
            Bit::Const(false) => {}
            Bit::Const(true) => {
                // Never so in code that does anything; what follows is emitted all the same.
                let always = self.emit.bit(condition);
                self.leave_if_not_zero(always, trace, pc, leave);
            }
            Bit::Value(condition) => self.leave_if_not_zero(condition, trace, pc, leave),
        }
    }

    pub(super) fn leave_if_not_zero(
        &mut self,
        condition: Value,
        trace: &Trace,
        pc: u16,
        leave: Leave,
    ) {
        let (_, stay) = self.branch_rarely(condition);
        self.leave(trace, pc, leave);
        self.emit.b.seal_block(stay);
        self.emit.b.switch_to_block(stay);
    }

    /// Leaves the code before an instruction.
    pub(super) fn leave(&mut self, trace: &Trace, pc: u16, leave: Leave) {
        let result = self.emit.b.ins().iconst(I32, i64::from(leave.at(pc)));
        if !self.shares_way_out {
            return self.leave_with(trace, result);
        }
        let way_out = self.way_out.get_or_insert_with(|| {
            let block = self.emit.b.create_block();
            self.emit.b.set_cold_block(block);
            self.emit.b.append_block_param(block, I32);
            WayOut { block, trace: trace.clone() }
        });
        self.emit.b.ins().jump(way_out.block, &[BlockArg::Value(result)]);
    }

    /// Emits checks that all leave the same state, and lets them share the way out.
    pub(super) fn share_way_out(&mut self, emit: impl FnOnce(&mut Self)) {
        self.shares_way_out = true;
        emit(self);
        self.shares_way_out = false;
        self.ways_out.extend(self.way_out.take());
    }

    /// Fills the blocks of all shared ways out of a trace.
    pub(super) fn fill_ways_out(&mut self) {
        for WayOut { block, trace } in std::mem::take(&mut self.ways_out) {
            self.emit.b.switch_to_block(block);
            let result = self.emit.b.block_params(block)[0];
            self.leave_with(&trace, result);
        }
    }

    /// Pays what was done.
    pub(super) fn pay(&mut self, trace: &mut Trace) {
        let Unpaid { ergs, instructions } = std::mem::take(&mut trace.unpaid);
        if instructions != 0 {
            self.emit.add_to_field(offset_of!(View, ergs), -i64::from(ergs));
            self.emit.add_to_field(offset_of!(View, instructions), instructions.into());
        }
    }

    /// Leaves the code for a program counter that is computed, 16 bits.
    pub(super) fn leave_for(&mut self, trace: &Trace, pc: Value) {
        let result = self.emit.b.ins().ireduce(I32, pc);
        self.leave_with(trace, result);
    }

    pub(super) fn leave_with(&mut self, trace: &Trace, result: Value) {
        // What is loaded here is not there where the trace goes on.
        let mut trace = trace.clone();
        trace.store_registers(&mut self.emit);
        for (place, limbs) in trace.unstored_on_stack() {
            let (base, offset) = self.stack_address(&mut trace, place);
            self.emit.store_known(&limbs, base, offset);
        }
        self.push_inlined(&mut trace);
        self.store_status(&trace);
        if trace.sp != Sp::STORED {
            self.store_sp(&mut trace);
        }
        self.pay(&mut trace);
        self.emit.b.ins().jump(self.exit, &[BlockArg::Value(result)]);
    }

    /// Makes the near frames of the calls around.
    pub(super) fn push_inlined(&mut self, trace: &mut Trace) {
        if trace.inlined.is_empty() {
            return;
        }
        let len = self.emit.field(I64, offset_of!(View, near_len));
        let at = self.near_frame(len);
        for (index, call) in trace.inlined.clone().into_iter().enumerate() {
            let offset = (index * NearFrameLayout::SIZE) as i32;
            let sp = self.sp(trace, call.sp);
            let Open { handler, call, .. } = call.open;
            let ergs = self.emit.number(0);
            self.write_near_frame(at, offset, NearFrame { handler, call, sp, ergs });
        }
        let len = self.emit.b.ins().iadd_imm_s(len, trace.inlined.len() as i64);
        self.emit.set_field(len, offset_of!(View, near_len));
    }

    /// Lets the interpreter do an instruction, and goes on behind it.
    pub(super) fn step_in_interpreter(&mut self, trace: &mut Trace, pc: u16) {
        self.covers.insert(pc);
        self.settle(trace);
        self.pay(trace);
        let at = self.emit.number(u64::from(pc));
        let result = self.emit.call_step(at);
        let go_on = i64::from(View::GO_ON as i32);
        let is_over = self.emit.b.ins().icmp_imm_s(IntCC::NotEqual, result, go_on);
        let (_, stay) = self.branch_rarely(is_over);
        self.emit.b.ins().jump(self.exit, &[BlockArg::Value(result)]);
        self.emit.b.seal_block(stay);
        self.emit.b.switch_to_block(stay);
        *trace = Trace::new(trace.context, Vec::new());
    }

    /// Leaves an instruction to the interpreter, and notes where it may go on.
    pub(super) fn leave_to_interpreter(&mut self, trace: &Trace, pc: u16) {
        let leave = if self.flow.calls_far(pc) { Leave::Call } else { Leave::NotCompiled };
        self.leave(trace, pc, leave);
        for next in successors(self.flow, pc) {
            self.add_root(next, trace.context);
        }
    }
}

/// Where an instruction that is not compiled may lead to.
pub(super) fn successors(flow: &Flow<'_>, pc: u16) -> Vec<u16> {
    let Some(instruction) = flow.instruction(pc) else { return Vec::new() };
    let next = pc.wrapping_add(1);
    match instruction.opcode() {
        opcode if shape::is_far_call(opcode) => vec![next, instruction.imm0],
        Opcode::Jump | Opcode::NearCall => vec![next, instruction.imm0],
        Opcode::Invalid | Opcode::RetOk | Opcode::RetRevert | Opcode::RetPanic
            if instruction.predicate == Predicate::Always =>
        {
            Vec::new()
        }
        _ => vec![next],
    }
}
