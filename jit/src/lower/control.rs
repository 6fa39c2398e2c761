//! Jumps, near calls and returns.

use super::emit::{Emit, WORD};
use super::flags::Flags;
use super::limbs::{Bit, Limb};
use super::plan::{Open, Step, is_to_caller, return_pc};
use super::trace::{Inlined, Sp, Trace};
use super::{Lowering, Went};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I16, I32, I64};
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, JumpTableData, Value};
use eravm_core::compiled::{Leave, NearFrameLayout, View};
use eravm_core::isa::{Opcode, SrcMode};
use std::mem::offset_of;

/// A table with as many targets is that of an interpreter, which a function is to hold as a whole.
const DISPATCHER: usize = 128;

/// A table of jumps in the code page.
pub(super) struct Table {
    /// Where jumps by it meet, with the index.
    block: Block,
    /// Where they go on; `None` if that is not compiled into this function.
    targets: Vec<Option<Block>>,
}

/// A near frame that is going to be written.
pub(super) struct NearFrame {
    /// Where execution goes on if it fails.
    pub(super) handler: u16,
    /// Where the call is.
    pub(super) call: u16,
    /// The caller's stack pointer.
    pub(super) sp: Value,
    /// Ergs that the caller keeps.
    pub(super) ergs: Value,
}

impl Lowering<'_, '_, '_> {
    pub(super) fn jump(&mut self, trace: &mut Trace, step: &Step, holds: Bit) -> Went {
        match holds {
            Bit::Const(false) => {}
            Bit::Const(true) => {
                self.jump_away(trace, step);
                return Went::Away;
            }
            Bit::Value(holds) => {
                let (taken, stay) = self.branch(holds);
                self.emit.b.seal_block(stay);
                self.emit.b.switch_to_block(taken);
                let mut away = trace.clone();
                let predicate = step.instruction.predicate;
                away.flags = away.flags.refined(predicate, true);
                trace.flags = trace.flags.refined(predicate, false);
                self.jump_away(&mut away, step);
                self.emit.b.switch_to_block(stay);
            }
        }
        self.done(trace, step);
        Went::To(step.pc.wrapping_add(1))
    }

    /// Goes to where a jump leads.
    pub(super) fn jump_away(&mut self, trace: &mut Trace, step: &Step) {
        let instruction = &step.instruction;
        let to = match instruction.variant().src0 {
            SrcMode::Imm => {
                self.done(trace, step);
                return self.go_to(trace, instruction.imm0);
            }
            SrcMode::Code => {
                let index = trace.register(&mut self.emit, instruction.src0, 0);
                if let Limb::Value(index) = index
                    && self.jump_by_table(trace, step, index)
                {
                    return;
                }
                self.code_operand(trace, step)[0]
            }
            _ => trace.register(&mut self.emit, instruction.src0, 0),
        };
        self.done(trace, step);
        match to {
            Limb::Const(to) => self.go_to(trace, to as u16),
            Limb::Value(to) => {
                // To a place that is known when the code runs.
                let to = self.emit.b.ins().band_imm_u(to, 0xffff);
                self.settle(trace);
                self.leave_for(trace, to);
            }
        }
    }

    /// Goes to where a table in the code page leads, and on where the index is beyond what is known of the table. Returns whether it never
    /// is.
    fn jump_by_table(&mut self, trace: &Trace, step: &Step, index: Value) -> bool {
        let Some((table, len)) = self.table_at(step.instruction.imm0) else { return false };
        if self.emit.most(index) < len as u64 {
            self.jump_into_table(trace, step, table, index);
            return true;
        }
        let index = self.emit.b.ins().band_imm_u(index, 0xffff);
        let below = IntCC::UnsignedLessThan;
        let is_known = self.emit.b.ins().icmp_imm_u(below, index, len as i64);
        let (known, beyond) = self.branch(is_known);
        self.emit.b.switch_to_block(known);
        self.jump_into_table(trace, step, table, index);
        self.emit.b.seal_block(beyond);
        self.emit.b.set_cold_block(beyond);
        self.emit.b.switch_to_block(beyond);
        false
    }

    /// Goes to where a table leads, with an index below its length.
    fn jump_into_table(&mut self, trace: &Trace, step: &Step, table: Block, index: Value) {
        let mut known = trace.clone();
        self.done(&mut known, step);
        self.settle(&mut known);
        self.pay(&mut known);
        self.emit.b.ins().jump(table, &[BlockArg::Value(index)]);
    }

    /// Where jumps by a table in the code page meet, with an index below its length.
    fn table_at(&mut self, base: u16) -> Option<(Block, usize)> {
        if let Some(table) = self.tables.get(&base) {
            return Some((table.block, table.targets.len()));
        }
        let targets = self.flow.jump_table(base);
        let len = targets.len();
        if len == 0 {
            return None;
        }
        if len >= DISPATCHER {
            if !self.flow.add_dispatcher(base, &targets) {
                // There are entries for all of its targets.
                return None;
            }
            self.limit = self.limit.max(self.dispatcher_limit);
        }
        // As large as an instruction each, so that tables count against the size of the function.
        self.instructions += len;
        let targets = targets.into_iter().map(|pc| self.block_at(pc, 0)).collect();
        let block = self.emit.b.create_block();
        self.emit.b.append_block_param(block, I64);
        self.tables.insert(base, Table { block, targets });
        Some((block, len))
    }

    /// Goes to where a table leads, or leaves the code where that is not compiled into this function.
    pub(super) fn dispatch_table(&mut self, base: u16, table: &Table) {
        self.emit.b.switch_to_block(table.block);
        let index = self.emit.b.block_params(table.block)[0];
        let elsewhere = self.emit.b.create_block();
        self.emit.b.set_cold_block(elsewhere);
        let number = self.emit.b.ins().ireduce(I32, index);
        let calls: Vec<_> = (table.targets.iter())
            .map(|target| self.emit.b.func.dfg.block_call(target.unwrap_or(elsewhere), &[]))
            .collect();
        let other = self.emit.b.func.dfg.block_call(elsewhere, &[]);
        let calls = self.emit.b.create_jump_table(JumpTableData::new(other, &calls));
        self.emit.b.ins().br_table(number, calls);
        self.emit.b.switch_to_block(elsewhere);
        self.emit.find_view();
        let code = self.emit.field(I64, offset_of!(View, code));
        let offset = self.emit.b.ins().ishl_imm_u(index, 5);
        let at = self.emit.b.ins().iadd(code, offset);
        let to = self.emit.b.ins().load(I64, Emit::trusted(), at, i32::from(base) * WORD);
        let to = self.emit.b.ins().band_imm_u(to, 0xffff);
        self.leave_for(&Trace::new(0, Vec::new()), to);
    }

    /// Goes to the block for a program counter, or leaves the code for it.
    fn dispatch(&mut self, trace: &Trace, to: Value, blocks: &[(u16, Block)]) {
        let mut switch = cranelift_frontend::Switch::new();
        for &(pc, block) in blocks {
            switch.set_entry(u128::from(pc), block);
        }
        let elsewhere = self.emit.b.create_block();
        switch.emit(&mut self.emit.b, to, elsewhere);
        self.emit.b.switch_to_block(elsewhere);
        self.leave_for(trace, to);
    }

    /// The address of a near frame.
    pub(super) fn near_frame(&mut self, index: Value) -> Value {
        let frames = self.emit.field(I64, offset_of!(View, near_frames));
        let shift = NearFrameLayout::SIZE.trailing_zeros();
        const { assert!(NearFrameLayout::SIZE.is_power_of_two()) };
        let offset = self.emit.b.ins().ishl_imm_u(index, i64::from(shift));
        self.emit.b.ins().iadd(frames, offset)
    }

    pub(super) fn write_near_frame(&mut self, at: Value, offset: i32, frame: NearFrame) {
        let NearFrame { handler, call, sp, ergs } = frame;
        let undo = self.emit.field(I64, offset_of!(View, undo_len));
        let b = &mut self.emit.b;
        let handler = b.ins().iconst(I16, i64::from(handler));
        let call = b.ins().iconst(I16, i64::from(call));
        let sp = b.ins().ireduce(I16, sp);
        let ergs = b.ins().ireduce(I32, ergs);
        let undo = b.ins().ireduce(I32, undo);
        for (value, field) in [
            (handler, NearFrameLayout::HANDLER),
            (call, NearFrameLayout::CALL),
            (sp, NearFrameLayout::SP),
            (ergs, NearFrameLayout::ERGS),
            (undo, NearFrameLayout::UNDO_MARK),
        ] {
            b.ins().store(Emit::trusted(), value, at, offset + field as i32);
        }
    }

    /// A call of a function that is compiled into this one.
    pub(super) fn begin_inlined(&mut self, trace: &mut Trace, step: &Step) {
        let instruction = &step.instruction;
        let callee = instruction.imm0;
        let returns = self.flow.function(callee).map_or(0, |function| function.returns);
        let open = Open { call: step.pc, function: callee, handler: instruction.imm1, returns };
        let caller = trace.context;
        // Behind the call the view may have another one.
        let base = Some(self.sp_base(trace));
        trace.inlined.push(Inlined { open, sp: Sp { base, ..trace.sp }, caller });
        trace.context = self.contexts.len() as u32;
        self.contexts.push(trace.inlined.clone());
        trace.flags = Flags::NONE;
    }

    /// The return from it.
    pub(super) fn end_inlined(&mut self, trace: &mut Trace, step: &Step) -> Option<Open> {
        let call = trace.inlined.pop()?;
        trace.context = call.caller;
        trace.set_sp(call.sp);
        let panics = step.instruction.opcode() == Opcode::RetPanic;
        trace.flags = if panics { Flags::LT } else { Flags::NONE };
        Some(call.open)
    }

    pub(super) fn near_call(&mut self, trace: &mut Trace, step: &Step) -> Went {
        let instruction = &step.instruction;
        self.check_room(trace, trace.inlined.len() + 1, step.pc);
        self.done(trace, step);
        self.pay(trace);
        // Calls around become real, so that their callee is.
        self.push_inlined(trace);
        trace.inlined.clear();
        trace.context = 0;
        let ergs = self.emit.field(I64, offset_of!(View, ergs));
        let kept = match trace.register(&mut self.emit, instruction.src0, 0) {
            Limb::Const(asked) if asked as u32 == 0 => self.emit.number(0),
            asked => {
                let asked = self.emit.value(asked);
                let asked = self.emit.low_half(asked);
                let zero = self.emit.number(0);
                let kept = self.emit.b.ins().isub(ergs, asked);
                let is_more = self.emit.b.ins().icmp(IntCC::UnsignedLessThan, ergs, asked);
                let kept = self.emit.b.ins().select(is_more, zero, kept);
                let is_all = self.emit.b.ins().icmp_imm_s(IntCC::Equal, asked, 0);
                self.emit.b.ins().select(is_all, zero, kept)
            }
        };
        let passed = self.emit.b.ins().isub(ergs, kept);
        self.emit.set_field(passed, offset_of!(View, ergs));
        let len = self.emit.field(I64, offset_of!(View, near_len));
        let at = self.near_frame(len);
        let sp = self.sp(trace, trace.sp);
        let frame = NearFrame { handler: instruction.imm1, call: step.pc, sp, ergs: kept };
        self.write_near_frame(at, 0, frame);
        let len = self.emit.b.ins().iadd_imm_s(len, 1);
        self.emit.set_field(len, offset_of!(View, near_len));
        trace.flags = Flags::NONE;
        self.roots.extend([step.pc.wrapping_add(1), instruction.imm1]);
        self.go_to(trace, instruction.imm0);
        Went::Away
    }

    pub(super) fn ret(&mut self, trace: &mut Trace, step: &Step) -> Went {
        if trace.inlined.is_empty() {
            self.ret_to_caller(trace, step);
            return Went::Away;
        }
        self.done(trace, step);
        let Some(call) = self.end_inlined(trace, step) else { return Went::Away };
        let to = return_pc(&call, &step.instruction);
        if call.returns == 1 && step.instruction.predicate == eravm_core::isa::Predicate::Always {
            return Went::To(to);
        }
        self.go_to(trace, to);
        Went::Away
    }

    /// A return to a near frame in memory.
    fn ret_to_caller(&mut self, trace: &mut Trace, step: &Step) {
        let instruction = &step.instruction;
        let len = self.emit.field(I64, offset_of!(View, near_len));
        let base = self.emit.field(I64, offset_of!(View, near_base));
        let is_far = self.emit.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, len, base);
        self.leave_if(Bit::Value(is_far), trace, step.pc, Leave::Return);
        let len = self.emit.b.ins().iadd_imm_s(len, -1);
        let at = self.near_frame(len);
        let load_16 = |this: &mut Self, offset: usize| {
            this.emit.b.ins().uload16(I64, Emit::trusted(), at, offset as i32)
        };
        let load_32 = |this: &mut Self, offset: usize| {
            this.emit.b.ins().uload32(Emit::trusted(), at, offset as i32)
        };
        let fails = instruction.opcode() != Opcode::RetOk;
        if fails {
            let mark = load_32(self, NearFrameLayout::UNDO_MARK);
            let undo = self.emit.field(I64, offset_of!(View, undo_len));
            let undoes = self.emit.b.ins().icmp(IntCC::NotEqual, mark, undo);
            self.leave_if(Bit::Value(undoes), trace, step.pc, Leave::Frame);
        }
        self.done(trace, step);
        self.pay(trace);
        let to = if !is_to_caller(instruction) {
            None
        } else if fails {
            Some(load_16(self, NearFrameLayout::HANDLER))
        } else {
            let call = load_16(self, NearFrameLayout::CALL);
            let next = self.emit.b.ins().iadd_imm_s(call, 1);
            Some(self.emit.b.ins().band_imm_u(next, 0xffff))
        };
        let sp = load_16(self, NearFrameLayout::SP);
        let kept = load_32(self, NearFrameLayout::ERGS);
        let ergs = self.emit.field(I64, offset_of!(View, ergs));
        let ergs = self.emit.b.ins().iadd(ergs, kept);
        let ergs = self.emit.low_half(ergs);
        self.emit.set_field(ergs, offset_of!(View, ergs));
        self.emit.set_field(len, offset_of!(View, near_len));
        trace.set_sp(Sp { base: Some(sp), by: 0 });
        let panics = instruction.opcode() == Opcode::RetPanic;
        trace.flags = if panics { Flags::LT } else { Flags::NONE };
        match to {
            None => self.go_to(trace, instruction.imm0),
            Some(to) => {
                let block = self.returns_block();
                self.settle(trace);
                self.emit.b.ins().jump(block, &[BlockArg::Value(to)]);
            }
        }
    }

    fn returns_block(&mut self) -> Block {
        if let Some(block) = self.returns {
            return block;
        }
        let block = self.emit.b.create_block();
        self.emit.b.append_block_param(block, I64);
        self.returns = Some(block);
        block
    }

    /// Goes to an entry of this region if a return leads there.
    pub(super) fn dispatch_returns(&mut self, block: Block) {
        self.emit.b.switch_to_block(block);
        self.emit.find_view();
        let to = self.emit.b.block_params(block)[0];
        let entries = self.entries.clone();
        self.dispatch(&Trace::new(0, Vec::new()), to, &entries);
    }
}
