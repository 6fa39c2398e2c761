//! From bytecode to Cranelift's intermediate representation.
//!
//! A *region* is a function for Cranelift: some hundred instructions around an entry. It is made of *traces*, straight pieces
//! without a place that jumps lead to, and those of [segments](plan). Registers and the stack are where the interpreter has them, in memory: a
//! 256-bit machine has no registers to keep them in. Within a trace what was just computed or loaded is used again, and what
//! is known is computed beforehand.

mod binary;
mod control;
mod emit;
mod flags;
mod limbs;
mod memory;
pub(crate) mod plan;
mod shape;
mod trace;

use control::{NearFrame, Table};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{
    AbiParam, Block, BlockArg, Function, InstBuilder, JumpTableData, Signature, SourceLoc, Value,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use emit::Emit;
use eravm_core::compiled::{Leave, NearFrameLayout, View};
use eravm_core::isa::Opcode;
use flags::Flags;
use limbs::Bit;
use plan::{End, Flow, Known, Open, Segment, Step, What};
use shape::{Place, Shape};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::mem::offset_of;
use trace::{Inlined, Rest, Sp, Trace};

/// A compiled function before it is machine code.
pub(crate) struct Region {
    pub(crate) function: Function,
    /// Where it can be entered: program counters by number.
    pub(crate) entries: Vec<u16>,
    /// Where it leads to that may be worth to be compiled, too.
    pub(crate) roots: Vec<u16>,
    /// Instructions in it, copies included.
    pub(crate) instructions: usize,
    /// Where they are.
    pub(crate) covers: BTreeSet<u16>,
}

/// A place on the stack that is counted from the bottom by a register and a constant.
struct Counted {
    register: u8,
    more: u16,
    index: Value,
}

/// What compiles a region.
struct Lowering<'f, 'a, 'p> {
    emit: Emit<'f>,
    flow: &'a mut Flow<'p>,
    /// Entries of other regions.
    taken: &'a HashSet<u16>,
    /// Blocks by program counter and context, and those that are not filled yet.
    blocks: HashMap<(u16, u32), Block>,
    todo: VecDeque<(u16, u32)>,
    /// The calls around each context.
    contexts: Vec<Vec<Inlined>>,
    entries: Vec<(u16, Block)>,
    roots: Vec<u16>,
    /// Where all ways out meet.
    exit: Block,
    /// Where returns meet whose place is not known, and where they may go.
    returns: Option<Block>,
    /// Tables of jumps by where they are in the code page.
    tables: BTreeMap<u16, Table>,
    /// How many instructions it may have, and how many if it is the dispatcher of an interpreter.
    limit: usize,
    dispatcher_limit: usize,
    instructions: usize,
    covers: BTreeSet<u16>,
}

/// Compiles a region around `root`, which is larger than usual only if the program may have so many instructions more.
pub(crate) fn region(
    isa: &dyn TargetIsa,
    context: &mut FunctionBuilderContext,
    flow: &mut Flow<'_>,
    taken: &HashSet<u16>,
    root: u16,
    left: usize,
) -> Region {
    let call_conv = isa.default_call_conv();
    let mut signature = Signature::new(call_conv);
    signature.params.extend([AbiParam::new(I64), AbiParam::new(I32)]);
    signature.returns.push(AbiParam::new(I32));
    let mut function = Function::with_name_signature(Default::default(), signature);
    let mut b = FunctionBuilder::new(&mut function, context);
    let first = b.create_block();
    b.append_block_params_for_function_params(first);
    b.switch_to_block(first);
    let (view, number) = (b.block_params(first)[0], b.block_params(first)[1]);
    let exit = b.create_block();
    b.set_cold_block(exit);
    b.append_block_param(exit, I32);
    let limit = flow.limits.region;
    let dispatcher_limit = flow.limits.dispatcher().min(left);
    let mut lowering = Lowering {
        emit: Emit::new(b, view, call_conv),
        flow,
        taken,
        blocks: HashMap::new(),
        todo: VecDeque::new(),
        contexts: vec![Vec::new()],
        entries: Vec::new(),
        roots: Vec::new(),
        exit,
        returns: None,
        tables: BTreeMap::new(),
        limit,
        dispatcher_limit,
        instructions: 0,
        covers: BTreeSet::new(),
    };
    let dispatch = lowering.emit.b.create_block();
    lowering.emit.b.ins().jump(dispatch, &[]);
    lowering.block_at(root, 0);
    lowering.fill();
    lowering.finish(dispatch, number);
    let Lowering { emit, entries, roots, instructions, covers, .. } = lowering;
    emit.b.finalize(isa.frontend_config());
    let entries = entries.into_iter().map(|(pc, _)| pc).collect();
    Region { function, entries, roots, instructions, covers }
}

impl Lowering<'_, '_, '_> {
    /// Fills all blocks.
    fn fill(&mut self) {
        while let Some((pc, context)) = self.todo.pop_front() {
            let block = self.blocks[&(pc, context)];
            self.emit.b.switch_to_block(block);
            let trace = Trace::new(context, self.contexts[context as usize].clone());
            if self.is_full() && !(self.entries.is_empty() && context == 0) {
                self.leave(&trace, pc, Leave::Elsewhere);
                self.add_root(pc);
                continue;
            }
            // The first one is what the region is for.
            let is_entry = self.entries.is_empty()
                || self.flow.is_worth_entering(pc)
                || self.flow.is_handler(pc);
            if context == 0 && is_entry {
                self.entries.push((pc, block));
            }
            self.trace(trace, pc);
        }
    }

    fn is_full(&self) -> bool {
        self.instructions >= self.limit
    }

    fn add_root(&mut self, pc: u16) {
        self.roots.push(pc);
    }

    /// The ways in and out.
    fn finish(&mut self, dispatch: Block, number: Value) {
        if let Some(returns) = self.returns {
            self.dispatch_returns(returns);
        }
        for (base, table) in std::mem::take(&mut self.tables) {
            self.dispatch_table(base, &table);
        }
        let b = &mut self.emit.b;
        b.switch_to_block(dispatch);
        match self.entries[..] {
            [(_, only)] => {
                b.ins().jump(only, &[]);
            }
            _ => {
                // There is no other number; the first entry stands for it.
                let calls: Vec<_> = (self.entries.iter())
                    .map(|(_, block)| b.func.dfg.block_call(*block, &[]))
                    .collect();
                let first = b.func.dfg.block_call(self.entries[0].1, &[]);
                let table = JumpTableData::new(first, &calls);
                let table = b.create_jump_table(table);
                b.ins().br_table(number, table);
            }
        }
        b.switch_to_block(self.exit);
        let result = b.block_params(self.exit)[0];
        b.ins().return_(&[result]);
        self.emit.b.seal_all_blocks();
    }

    /// The block of a place that jumps lead to; `None` if it is elsewhere.
    fn block_at(&mut self, pc: u16, context: u32) -> Option<Block> {
        if let Some(block) = self.blocks.get(&(pc, context)) {
            return Some(*block);
        }
        let is_elsewhere = context == 0 && self.taken.contains(&pc);
        let instruction = self.flow.instruction(pc);
        let compiles = instruction.is_some_and(|it| shape::shape(&it) != Shape::NotCompiled);
        if is_elsewhere || self.is_full() || !compiles {
            if !is_elsewhere {
                self.add_root(pc);
            }
            return None;
        }
        let block = self.emit.b.create_block();
        self.blocks.insert((pc, context), block);
        self.todo.push_back((pc, context));
        Some(block)
    }

    /// Compiles from a place on until nothing follows that is known.
    fn trace(&mut self, mut trace: Trace, mut pc: u16) {
        let mut is_first = true;
        loop {
            if self.is_full() && !is_first {
                self.leave(&trace, pc, Leave::Elsewhere);
                self.add_root(pc);
                return;
            }
            if !is_first && self.flow.is_target(pc) {
                return self.go_to(&mut trace, pc);
            }
            is_first = false;
            let known = Known {
                readable: trace.readable,
                numbers: trace.numbers,
                pointers: trace.pointers,
            };
            let segment = plan::plan(self.flow, pc, &trace.open(), known);
            self.instructions += segment.steps.len().max(1);
            if !segment.steps.is_empty() {
                self.admit(&mut trace, &segment, pc);
            }
            let mut went = Went::On;
            for step in &segment.steps {
                if step.what == What::Itself {
                    trace.tick();
                }
                went = self.step(&mut trace, step);
                if went == Went::Away {
                    return;
                }
            }
            pc = match (went, segment.end) {
                (Went::To(next), _) | (_, End::Next(next)) => next,
                (_, End::Target(next)) => return self.go_to(&mut trace, next),
                (_, End::Stepped(at)) if trace.inlined.is_empty() && at != u16::MAX => {
                    self.step_in_interpreter(&mut trace, at);
                    at + 1
                }
                (_, End::NotCompiled(next) | End::Stepped(next)) => {
                    return self.leave_to_interpreter(&trace, next);
                }
                (_, End::Decided) => return,
            };
        }
    }

    /// Checks all that a segment takes for granted and charges for it.
    fn admit(&mut self, trace: &mut Trace, segment: &Segment, pc: u16) {
        if self.flow.limits.forced_exits {
            let offset = offset_of!(View, countdown);
            let count = self.emit.add_to_field(offset, -1);
            let is_over = self.emit.b.ins().icmp_imm_s(IntCC::Equal, count, 0);
            self.leave_if(Bit::Value(is_over), trace, pc, Leave::Forced);
        }
        let counted = self.counted_indices(trace, segment);
        self.check_tags(trace, segment, &counted, pc);
        self.check_stack(trace, segment, &counted, pc);
        if segment.calls > trace.inlined.len() {
            self.check_room(trace, segment.calls, pc);
        }
        // PERF: compared before anything is charged, so that the way out has nothing to give back.
        let ergs = self.emit.field(I64, offset_of!(View, ergs));
        let price = i64::from(segment.ergs);
        let short = self.emit.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, ergs, price);
        self.leave_if(Bit::Value(short), trace, pc, Leave::Ergs);
        trace.rest = Rest { ergs: segment.ergs, instructions: segment.steps.len() as u32 };
        let count = i64::from(trace.rest.instructions);
        self.emit.add_to_field(offset_of!(View, instructions), count);
        self.emit.add_to_field(offset_of!(View, ergs), -price);
    }

    /// That there is room for so many near frames.
    fn check_room(&mut self, trace: &Trace, frames: usize, pc: u16) {
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
                    self.leave_if_tagged(counted.index, trace, pc);
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
                Place::Relative(by) => self.sp(trace, Sp { by: trace.sp.by + by, ..trace.sp }),
                Place::Absolute(at) => self.emit.number(u64::from(*at)),
                Place::FromRegister(..) | Place::Dynamic => continue,
            };
            self.leave_if_tagged(index, trace, pc);
        }
    }

    /// That a word on the stack is no pointer.
    fn leave_if_tagged(&mut self, index: Value, trace: &Trace, pc: u16) {
        let limb = self.emit.b.ins().ushr_imm_u(index, 6);
        let limbs = self.emit.field(I64, offset_of!(View, stack_tag_limbs));
        let is_there = self.emit.b.ins().icmp(IntCC::UnsignedLessThan, limb, limbs);
        let (look, fine) = self.branch(is_there);
        self.emit.b.switch_to_block(look);
        let tags = self.emit.field(I64, offset_of!(View, stack_tags));
        let offset = self.emit.b.ins().ishl_imm_u(limb, 3);
        let at = self.emit.b.ins().iadd(tags, offset);
        let bits = self.emit.b.ins().load(I64, Emit::trusted(), at, 0);
        let bit = self.emit.b.ins().band_imm_u(index, 63);
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
    fn leave_if_beyond(&mut self, index: Value, trace: &mut Trace, pc: u16) {
        let words = trace.stack_words(&mut self.emit);
        let beyond = self.emit.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, words);
        self.leave_if(Bit::Value(beyond), trace, pc, Leave::Stack);
    }

    /// What places on the stack are counted from.
    fn sp_base(&mut self, trace: &mut Trace) -> Value {
        match trace.sp.base {
            Some(base) => base,
            None => self.stored_sp(trace),
        }
    }

    /// The stack pointer in the view.
    fn stored_sp(&mut self, trace: &mut Trace) -> Value {
        if let Some(sp) = trace.stored_sp {
            return sp;
        }
        let sp = self.load_sp();
        trace.stored_sp = Some(sp);
        sp
    }

    fn load_sp(&mut self) -> Value {
        self.emit.field_32(offset_of!(View, sp))
    }

    /// Compiles an instruction.
    fn step(&mut self, trace: &mut Trace, step: &Step) -> Went {
        self.covers.insert(step.pc);
        self.emit.b.set_srcloc(SourceLoc::new(step.pc.into()));
        match step.what {
            What::InlineCall => {
                self.begin_inlined(trace, step);
                self.done(trace, step);
                return Went::On;
            }
            What::InlineReturn => {
                self.end_inlined(trace, step);
                self.done(trace, step);
                return Went::On;
            }
            What::Itself => {}
        }
        let holds = self.emit.holds(step.instruction.predicate, &trace.flags);
        match (shape::shape(&step.instruction), holds) {
            (Shape::Jump, _) => return self.jump(trace, step, holds),
            (Shape::Call | Shape::Ret | Shape::Straight, Bit::Value(holds)) => {
                return self.diamond(trace, step, holds);
            }
            (_, Bit::Const(false)) => {
                self.done(trace, step);
                if step.ends_flow() {
                    return Went::To(step.pc.wrapping_add(1));
                }
            }
            (Shape::Call, _) => return self.near_call(trace, step),
            (Shape::Ret, _) => return self.ret(trace, step),
            (Shape::Choice, _) => self.binary(trace, step, holds),
            (Shape::Straight, _) => self.straight(trace, step),
            (Shape::NotCompiled | Shape::Stepped, _) => {}
        }
        if !step.ends_flow() && !matches!(holds, Bit::Const(false)) {
            self.done(trace, step);
        }
        Went::On
    }

    /// An instruction is done, and paid for.
    fn done(&self, trace: &mut Trace, step: &Step) {
        trace.rest.ergs -= step.instruction.variant().row.ergs;
        trace.rest.instructions -= 1;
    }

    /// An instruction that is skipped if its predicate does not hold.
    fn diamond(&mut self, trace: &mut Trace, step: &Step, holds: Value) -> Went {
        self.settle(trace);
        let skip = self.emit.b.create_block();
        let perform = self.emit.b.create_block();
        self.emit.b.ins().brif(holds, perform, &[], skip, &[]);
        self.emit.b.seal_block(perform);
        self.emit.b.switch_to_block(perform);
        let mut inner = trace.clone();
        match shape::shape(&step.instruction) {
            Shape::Call => self.close(|this| this.near_call(&mut inner, step)),
            Shape::Ret => self.close(|this| this.ret(&mut inner, step)),
            _ => {
                self.straight(&mut inner, step);
                self.settle(&mut inner);
                self.emit.b.ins().jump(skip, &[]);
            }
        }
        self.emit.b.seal_block(skip);
        self.emit.b.switch_to_block(skip);
        self.done(trace, step);
        let (numbers, pointers) = shape::results(&step.instruction);
        for register in 1..16 {
            if (numbers | pointers) >> register & 1 == 1 {
                trace.forget_register(register);
            }
        }
        trace.forget_tags(numbers | pointers);
        trace.forget_stack();
        trace.forget_addresses();
        trace.flags = Flags::InStatus;
        trace.top = None;
        trace.stored_sp = None;
        trace.sp = Sp::STORED;
        if step.ends_flow() { Went::To(step.pc.wrapping_add(1)) } else { Went::On }
    }

    /// Compiles something that may go on elsewhere: then there, as a trace of its own.
    fn close(&mut self, compile: impl FnOnce(&mut Self) -> Went) {
        let went = compile(self);
        debug_assert_eq!(went, Went::Away, "what is in a branch must not go on behind it");
    }

    /// Brings the view up to date, for blocks that begin anew.
    fn settle(&mut self, trace: &mut Trace) {
        self.store_status(trace);
        trace.flags = Flags::InStatus;
        trace.fresh = 0;
        if trace.sp == Sp::STORED {
            return;
        }
        trace.top = None;
        trace.forget_stack();
        let sp = self.store_sp(trace);
        trace.stored_sp = Some(sp);
        trace.sp = Sp::STORED;
    }

    /// Stores what the status word does not know yet.
    fn store_status(&mut self, trace: &Trace) {
        let state = self.emit.state(&trace.flags);
        let flags = if state.is_some() { View::FLAGS } else { 0 };
        let cleared = tags(trace.fresh & trace.numbers) | flags;
        let set = tags(trace.fresh & trace.pointers);
        if cleared | set == 0 {
            return;
        }
        let mut status = self.emit.status();
        if cleared != 0 {
            status = self.emit.b.ins().band_imm_u(status, i64::from(!cleared));
        }
        if set != 0 {
            status = self.emit.b.ins().bor_imm_u(status, i64::from(set));
        }
        if let Some(state) = state {
            status = self.emit.b.ins().bor(status, state);
        }
        self.emit.set_field(status, offset_of!(View, status));
    }

    /// Stores the stack pointer; returns it.
    fn store_sp(&mut self, trace: &mut Trace) -> Value {
        let sp = self.sp(trace, trace.sp);
        let narrow = self.emit.b.ins().ireduce(I32, sp);
        self.emit.set_field(narrow, offset_of!(View, sp));
        sp
    }

    /// A stack pointer, below 2¹⁶.
    fn sp(&mut self, trace: &mut Trace, sp: Sp) -> Value {
        let base = match sp.base {
            Some(base) => base,
            None => self.stored_sp(trace),
        };
        if sp.by == 0 {
            return base;
        }
        let sum = self.emit.b.ins().iadd_imm_s(base, i64::from(sp.by));
        self.emit.b.ins().band_imm_u(sum, 0xffff)
    }

    /// Goes to a place that jumps lead to.
    fn go_to(&mut self, trace: &mut Trace, pc: u16) {
        match self.block_at(pc, trace.context) {
            Some(block) => {
                self.settle(trace);
                self.emit.b.ins().jump(block, &[]);
            }
            None => {
                let calls = self.flow.calls_far(pc);
                self.leave(trace, pc, if calls { Leave::Call } else { Leave::Elsewhere });
            }
        }
    }

    /// Two new blocks for a condition; goes on in neither.
    fn branch(&mut self, condition: Value) -> (Block, Block) {
        let (then, other) = (self.emit.b.create_block(), self.emit.b.create_block());
        self.emit.b.ins().brif(condition, then, &[], other, &[]);
        self.emit.b.seal_block(then);
        (then, other)
    }

    /// Branches for a condition that hardly ever holds, goes on where it does, and returns the block for that and the other one.
    fn branch_rarely(&mut self, condition: Value) -> (Block, Block) {
        let (then, other) = self.branch(condition);
        self.emit.b.set_cold_block(then);
        self.emit.b.switch_to_block(then);
        (then, other)
    }

    /// Leaves the code if a condition holds.
    fn leave_if(&mut self, condition: Bit, trace: &Trace, pc: u16, leave: Leave) {
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

    fn leave_if_not_zero(&mut self, condition: Value, trace: &Trace, pc: u16, leave: Leave) {
        let (_, stay) = self.branch_rarely(condition);
        self.leave(trace, pc, leave);
        self.emit.b.seal_block(stay);
        self.emit.b.switch_to_block(stay);
    }

    /// Leaves the code before an instruction.
    fn leave(&mut self, trace: &Trace, pc: u16, leave: Leave) {
        let result = self.emit.b.ins().iconst(I32, i64::from(leave.at(pc)));
        self.leave_with(trace, result);
    }

    /// Leaves the code for a program counter that is computed, 16 bits.
    fn leave_for(&mut self, trace: &Trace, pc: Value) {
        let result = self.emit.b.ins().ireduce(I32, pc);
        self.leave_with(trace, result);
    }

    fn leave_with(&mut self, trace: &Trace, result: Value) {
        // What is loaded here is not there where the trace goes on.
        let mut trace = trace.clone();
        self.push_inlined(&mut trace);
        self.store_status(&trace);
        if trace.sp != Sp::STORED {
            self.store_sp(&mut trace);
        }
        if trace.rest.instructions != 0 {
            let Rest { ergs, instructions } = trace.rest;
            self.emit.add_to_field(offset_of!(View, ergs), ergs.into());
            self.emit.add_to_field(offset_of!(View, instructions), -i64::from(instructions));
        }
        self.emit.b.ins().jump(self.exit, &[BlockArg::Value(result)]);
    }

    /// Makes the near frames of the calls around.
    fn push_inlined(&mut self, trace: &mut Trace) {
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
    fn step_in_interpreter(&mut self, trace: &mut Trace, pc: u16) {
        self.covers.insert(pc);
        self.settle(trace);
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
    fn leave_to_interpreter(&mut self, trace: &Trace, pc: u16) {
        let leave = if self.flow.calls_far(pc) { Leave::Call } else { Leave::NotCompiled };
        self.leave(trace, pc, leave);
        let successors = successors(self.flow, pc);
        self.roots.extend(successors);
    }
}

/// Where an instruction that is not compiled may lead to.
fn successors(flow: &Flow<'_>, pc: u16) -> Vec<u16> {
    let Some(instruction) = flow.instruction(pc) else { return Vec::new() };
    let next = pc.wrapping_add(1);
    match instruction.opcode() {
        opcode if shape::is_far_call(opcode) => vec![next, instruction.imm0],
        Opcode::Jump | Opcode::NearCall => vec![next, instruction.imm0],
        Opcode::Invalid | Opcode::RetOk | Opcode::RetRevert | Opcode::RetPanic => Vec::new(),
        _ => vec![next],
    }
}

/// The status bits of registers.
fn tags(registers: u16) -> u32 {
    (1..16)
        .filter(|register| registers >> register & 1 == 1)
        .fold(0, |mask, register| mask | View::tag(register))
}

/// How the flow goes on after an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Went {
    /// As planned.
    On,
    /// Here, in the same trace.
    To(u16),
    /// To other blocks.
    Away,
}

/// Whether there is to be a region with an entry at a place; if not, where else.
pub(crate) fn begin(flow: &Flow<'_>, pc: u16) -> Result<(), Vec<u16>> {
    let compiles = flow.instruction(pc).is_some_and(|it| shape::shape(&it) != Shape::NotCompiled);
    if compiles && flow.is_worth_entering(pc) { Ok(()) } else { Err(successors(flow, pc)) }
}
