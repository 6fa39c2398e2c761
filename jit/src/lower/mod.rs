//! From bytecode to Cranelift's intermediate representation.
//!
//! A *region* is a function for Cranelift: some hundred instructions around an entry. It is made of *traces*, straight pieces
//! without a place that jumps lead to, and those of [segments](plan). Registers and the stack are where the interpreter has them, in memory: a
//! 256-bit machine has no registers to keep them in. Within a trace what was just computed or loaded is used again, and what
//! is known is computed beforehand.

mod binary;
mod checks;
mod control;
mod dead;
mod emit;
mod exits;
mod flags;
mod limbs;
mod memory;
mod operands;
pub(crate) mod plan;
mod shape;
mod trace;

use control::{NearFrame, Table};
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{
    AbiParam, Block, Function, InstBuilder, JumpTableData, Signature, SourceLoc, Value,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use emit::Emit;
use eravm_core::compiled::{Leave, View};
use exits::{WayOut, successors};
use flags::Flags;
use limbs::Bit;
use plan::{End, Flow, Known, Step, What};
use shape::Shape;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::mem::offset_of;
use trace::{Inlined, Sp, Trace};

/// A compiled function before it is machine code.
pub(crate) struct Region {
    pub(crate) function: Function,
    /// Where it can be entered: program counters by number.
    pub(crate) entries: Vec<u16>,
    /// Where it leads to that may be worth to be compiled, too.
    pub(crate) roots: Vec<u16>,
    /// Where calls go on that are compiled into it and were cut off.
    pub(crate) behind_calls: Vec<u16>,
    /// Instructions in it, copies included.
    pub(crate) instructions: usize,
    /// Where they are.
    pub(crate) covers: BTreeSet<u16>,
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
    behind_calls: Vec<u16>,
    /// Where all ways out meet.
    exit: Block,
    /// What the caller had in the register that holds the view.
    before: Value,
    /// Where returns meet whose place is not known, and where they may go.
    returns: Option<Block>,
    /// Whether ways out are shared at the moment, the one that is, once it was taken, and those of the trace that are to be filled.
    shares_way_out: bool,
    way_out: Option<WayOut>,
    ways_out: Vec<WayOut>,
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
    let before = b.ins().get_pinned_reg(I64);
    b.ins().set_pinned_reg(view);
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
        behind_calls: Vec::new(),
        exit,
        before,
        returns: None,
        shares_way_out: false,
        way_out: None,
        ways_out: Vec::new(),
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
    let Lowering { emit, entries, roots, behind_calls, instructions, covers, .. } = lowering;
    emit.b.finalize(isa.frontend_config());
    dead::remove(&mut function);
    let entries = entries.into_iter().map(|(pc, _)| pc).collect();
    Region { function, entries, roots, behind_calls, instructions, covers }
}

impl Lowering<'_, '_, '_> {
    /// Fills all blocks.
    fn fill(&mut self) {
        while let Some((pc, context)) = self.todo.pop_front() {
            let block = self.blocks[&(pc, context)];
            self.emit.b.switch_to_block(block);
            self.emit.find_view();
            let mut trace = Trace::new(context, self.contexts[context as usize].clone());
            if self.is_full() && !(self.entries.is_empty() && context == 0) {
                self.leave(&trace, pc, Leave::Elsewhere);
                self.add_root(pc, context);
                continue;
            }
            // The first one is what the region is for.
            let is_entry = self.entries.is_empty()
                || self.flow.is_worth_entering(pc)
                || self.flow.is_handler(pc);
            if context == 0 && is_entry {
                self.entries.push((pc, block));
            }
            if context == 0 && self.flow.is_arrival(pc) {
                self.expect_pointer(&mut trace, pc);
            }
            self.trace(trace, pc);
            self.fill_ways_out();
        }
    }

    /// Takes r1 for a pointer: where another contract leads to, it is one.
    fn expect_pointer(&mut self, trace: &mut Trace, pc: u16) {
        const REGISTER: u8 = 1;
        self.check_tag(trace, pc, REGISTER, true);
        trace.pointers |= shape::bit(REGISTER);
    }

    fn is_full(&self) -> bool {
        self.instructions >= self.limit
    }

    /// Notes where the code is left for. The interpreter comes by there, and where the calls around it go on.
    fn add_root(&mut self, pc: u16, context: u32) {
        self.roots.push(pc);
        for Inlined { open, .. } in &self.contexts[context as usize] {
            self.behind_calls.extend([open.call.wrapping_add(1), open.handler]);
        }
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
        b.ins().set_pinned_reg(self.before);
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
                self.add_root(pc, context);
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
                self.add_root(pc, trace.context);
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
            for (index, step) in segment.steps.iter().enumerate() {
                if step.what == What::Itself {
                    trace.tick();
                }
                if let Some(behind) = segment.steps.get(index + 1) {
                    self.count_down_and_jump(&mut trace, step, behind);
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
                self.skip(trace, step);
                if step.ends_flow() {
                    return Went::To(step.pc.wrapping_add(1));
                }
            }
            (Shape::Call, _) => return self.near_call(trace, step),
            (Shape::Ret, _) => return self.ret(trace, step),
            (Shape::Choice, _) => self.share_way_out(|this| this.binary(trace, step, holds)),
            (Shape::Straight, _) => self.share_way_out(|this| this.straight(trace, step)),
            (Shape::NotCompiled | Shape::Stepped, _) => {}
        }
        if !step.ends_flow() && !matches!(holds, Bit::Const(false)) {
            self.done(trace, step);
        }
        Went::On
    }

    /// An instruction whose predicate is known not to hold. What it would have overwritten is to be seen.
    fn skip(&mut self, trace: &mut Trace, step: &Step) {
        let (numbers, pointers) = shape::results(&step.instruction);
        let kept = (numbers | pointers) & !step.unseen;
        for register in (1..16).filter(|register| kept >> register & 1 == 1) {
            trace.store_register(&mut self.emit, register);
        }
        self.done(trace, step);
    }

    /// An instruction is done.
    fn done(&self, trace: &mut Trace, step: &Step) {
        trace.unpaid.ergs += step.instruction.variant().row.ergs;
        trace.unpaid.instructions += 1;
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
                self.share_way_out(|this| this.straight(&mut inner, step));
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
                self.pay(trace);
                self.emit.b.ins().jump(block, &[]);
            }
            None => {
                let calls = self.flow.calls_far(pc);
                self.leave(trace, pc, if calls { Leave::Call } else { Leave::Elsewhere });
            }
        }
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
