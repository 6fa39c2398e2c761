//! Segments: runs of instructions whose ergs are charged together.
//!
//! A segment ends where the flow of control is not known when the code is compiled, where the exact ergs are needed, and at what is left
//! to the interpreter. Calls of short functions are looked through: the callee's instructions are part of the caller's segment.

use super::shape::{self, Place, Shape};
use crate::options::Limits;
use eravm_core::isa::{DstMode, Instruction, Opcode, Predicate, SrcMode};
use eravm_core::{Program, Word};
use std::collections::{HashMap, HashSet};

/// What is known of a program before anything is compiled.
pub(crate) struct Flow<'p> {
    pub(crate) program: &'p Program,
    pub(crate) limits: Limits,
    /// Where jumps lead to, and other places where code that was compiled must begin anew.
    targets: HashSet<u16>,
    /// Where programs begin, and go on after far calls.
    arrivals: HashSet<u16>,
    functions: HashMap<u16, Option<Function>>,
    /// Tables of jumps that a function holds as a whole, and where they lead.
    dispatchers: HashSet<u16>,
    handlers: HashSet<u16>,
    /// Whether only loops are worth entering, and jumps that may lead into some.
    pub(crate) wants_loops: bool,
}

/// A function that may be compiled into its callers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function {
    /// How many returns it has.
    pub(crate) returns: usize,
}

impl<'p> Flow<'p> {
    pub(crate) fn new(program: &'p Program, limits: Limits) -> Self {
        let mut targets = HashSet::new();
        let mut arrivals = HashSet::from([0]);
        for pc in 0..program.len() {
            let instruction = program.instruction(pc as u16);
            if instruction.opcode() == Opcode::Jump && instruction.variant().src0 == SrcMode::Imm {
                targets.insert(instruction.imm0);
            }
            if shape::is_far_call(instruction.opcode()) {
                arrivals.extend([(pc as u16).wrapping_add(1), instruction.imm0]);
            }
        }
        // An entry must get on.
        let (region, segment) = (limits.region.max(1), limits.segment.max(1));
        let limits = Limits { region, segment, ..limits };
        Self {
            program,
            limits,
            targets,
            arrivals,
            functions: HashMap::new(),
            dispatchers: HashSet::new(),
            handlers: HashSet::new(),
            wants_loops: false,
        }
    }

    /// The instruction at a program counter, if it is there.
    pub(crate) fn instruction(&self, pc: u16) -> Option<Instruction> {
        (usize::from(pc) < self.program.len()).then(|| self.program.instruction(pc))
    }

    /// Whether the instruction at a program counter is a far call.
    pub(crate) fn calls_far(&self, pc: u16) -> bool {
        self.instruction(pc).is_some_and(|it| shape::is_far_call(it.opcode()))
    }

    /// Where jumps may lead that find their target in the code page by a register: the words from where a register of 0 leads to, as far as
    /// they can be targets.
    pub(crate) fn jump_table(&self, base: u16) -> Vec<u16> {
        /// As many words of a table are looked at. Compilers make tables of the selectors or cases of a contract; interpreters have one
        /// for each byte.
        const MOST: usize = 256;
        let words = self.program.words().iter().skip(base.into()).take(MOST);
        let target = |word: &Word| {
            let to = u16::try_from(word.to_u64()?).ok()?;
            (usize::from(to) < self.program.len()).then_some(to)
        };
        words.map_while(target).collect()
    }

    /// Notes that a function holds a table as a whole; false if another one does.
    pub(crate) fn add_dispatcher(&mut self, base: u16, targets: &[u16]) -> bool {
        self.handlers.extend(targets);
        self.dispatchers.insert(base)
    }

    /// Whether such a table leads to here.
    pub(crate) fn is_handler(&self, pc: u16) -> bool {
        self.handlers.contains(&pc)
    }

    /// Whether jumps lead to here.
    pub(crate) fn is_target(&self, pc: u16) -> bool {
        self.targets.contains(&pc)
    }

    /// Whether another contract leads to here, which leaves a pointer in r1, and nothing else does.
    pub(crate) fn is_arrival(&self, pc: u16) -> bool {
        self.arrivals.contains(&pc) && !self.is_target(pc)
    }

    /// Whether entering the code at a program counter gains anything: what follows is long enough, or a loop.
    pub(crate) fn is_worth_entering(&self, start: u16) -> bool {
        /// Where nobody looks further.
        const HORIZON: usize = 64;
        if self.limits.piece == 0 {
            return self.instruction(start).is_some();
        }
        let enough = if self.arrivals.contains(&start) {
            self.limits.piece.min(self.limits.arrival)
        } else {
            self.limits.piece
        };
        let (mut pc, mut gain) = (start, 0);
        let mut callers = Vec::new();
        for _ in 0..HORIZON.max(self.limits.piece) {
            let Some(instruction) = self.instruction(pc) else { break };
            let is_conditional = instruction.predicate != Predicate::Always;
            let next = pc.wrapping_add(1);
            gain += gain_of(&instruction);
            pc = match shape::shape(&instruction) {
                Shape::NotCompiled => break,
                Shape::Choice | Shape::Straight | Shape::Stepped => next,
                Shape::Jump if instruction.variant().src0 == SrcMode::Imm => {
                    let to = instruction.imm0;
                    if to <= pc
                        && let Some(gain) = self.gain_between(to, pc)
                    {
                        return gain > 0;
                    }
                    if is_conditional { next } else { to }
                }
                // Where it goes on is likely to be compiled, too.
                Shape::Jump => return gain > 0,
                Shape::Call if callers.len() < self.limits.depth => {
                    callers.push(next);
                    instruction.imm0
                }
                Shape::Call => return !self.wants_loops && gain > 0,
                Shape::Ret => match callers.pop() {
                    Some(caller) => caller,
                    None => break,
                },
            };
        }
        !self.wants_loops && gain >= enough as isize
    }

    /// What executing all instructions of a loop gains, if compiled code can stay in it.
    fn gain_between(&self, first: u16, last: u16) -> Option<isize> {
        (first..=last).try_fold(0, |gain, pc| {
            let instruction = self.instruction(pc)?;
            let stays = shape::shape(&instruction) != Shape::NotCompiled;
            stays.then(|| gain + gain_of(&instruction))
        })
    }

    /// What is known of the function at a program counter, if it is short enough to be compiled into its callers.
    pub(crate) fn function(&mut self, pc: u16) -> Option<Function> {
        if let Some(known) = self.functions.get(&pc) {
            return *known;
        }
        let found = self.examine(pc);
        self.functions.insert(pc, found);
        found
    }

    fn examine(&self, start: u16) -> Option<Function> {
        let mut seen = HashSet::from([start]);
        let mut todo = vec![start];
        let mut returns = 0;
        while let Some(pc) = todo.pop() {
            if seen.len() > self.limits.inlined {
                return None;
            }
            let instruction = self.instruction(pc)?;
            let mut next = |pc: u16| {
                if seen.insert(pc) {
                    todo.push(pc);
                }
            };
            let goes_on = match shape::shape(&instruction) {
                Shape::NotCompiled | Shape::Stepped => return None,
                Shape::Jump if instruction.variant().src0 == SrcMode::Imm => {
                    next(instruction.imm0);
                    instruction.predicate != Predicate::Always
                }
                Shape::Jump => return None,
                Shape::Ret => {
                    returns += 1;
                    instruction.predicate != Predicate::Always
                }
                Shape::Choice | Shape::Straight | Shape::Call => true,
            };
            if goes_on {
                next(pc.checked_add(1)?);
            }
        }
        Some(Function { returns })
    }
}

/// What compiled code gains over the interpreter at an instruction, in instructions that it is ahead.
fn gain_of(instruction: &Instruction) -> isize {
    match (shape::shape(instruction), instruction.opcode()) {
        // To let the interpreter do a single instruction takes longer than if it does all of them.
        (Shape::Stepped, _) => -6,
        // Nor does the runtime divide faster.
        (Shape::NotCompiled, _) | (_, Opcode::Div) => 0,
        _ => 1,
    }
}

/// An instruction in a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) pc: u16,
    pub(crate) instruction: Instruction,
    pub(crate) what: What,
    /// Registers that it writes whose values nobody can see before they are overwritten, but the instructions in between and who leaves
    /// there.
    pub(crate) unseen: u16,
    /// The same of its result on the stack.
    pub(crate) is_unseen_on_stack: bool,
}

/// What is done for an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    /// What it says.
    Itself,
    /// A call of a function that is compiled into this one.
    InlineCall,
    /// The return from such a call, to the instruction behind the call.
    InlineReturn,
}

/// How a segment ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// Another one follows here.
    Next(u16),
    /// Here is something that jumps lead to.
    Target(u16),
    /// The last instruction decides.
    Decided,
    /// The interpreter does the instruction here, while the code waits.
    Stepped(u16),
    /// The interpreter does the instruction here.
    NotCompiled(u16),
}

/// A run of instructions.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) steps: Vec<Step>,
    pub(crate) end: End,
    pub(crate) ergs: u32,
    /// Registers that must not be pointers, and those that must not be in user space.
    pub(crate) strict: u16,
    pub(crate) lenient: u16,
    /// Places on the stack, counted from the stack pointer at the beginning: the lowest and the highest.
    pub(crate) range: Option<(i32, i32)>,
    /// The highest place counted from the bottom.
    pub(crate) highest: Option<u16>,
    /// All of them.
    pub(crate) places: Vec<Place>,
    /// Those counted from the bottom by a register as it is at the beginning, and a constant.
    pub(crate) counted: Vec<(u8, u16)>,
    /// Calls in it that are not ended before another begins.
    pub(crate) calls: usize,
}

/// A call that is compiled into the code around it, as far as the flow is concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    /// Where the call is.
    pub(crate) call: u16,
    /// Where the function begins.
    pub(crate) function: u16,
    pub(crate) handler: u16,
    pub(crate) returns: usize,
}

/// What is known of registers at the beginning of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Known {
    /// They are no pointers, or in kernel space.
    pub(crate) readable: u16,
    /// They are no pointers.
    pub(crate) numbers: u16,
    /// They are pointers.
    pub(crate) pointers: u16,
}

/// Plans the segment at a program counter within calls that are compiled into the code.
pub(crate) fn plan(flow: &mut Flow<'_>, start: u16, open: &[Open], known: Known) -> Segment {
    let mut open = open.to_vec();
    let mut segment = Segment {
        steps: Vec::new(),
        end: End::Next(start),
        ergs: 0,
        strict: 0,
        lenient: 0,
        range: None,
        highest: None,
        places: Vec::new(),
        counted: Vec::new(),
        calls: 0,
    };
    let (mut known, mut sp) = (known, 0);
    let mut saved_sp = Vec::new();
    let mut written = 0;
    let mut pc = start;
    loop {
        if segment.steps.len() >= flow.limits.segment {
            segment.end = End::Next(pc);
            break;
        }
        if pc != start && flow.is_target(pc) || pc == start && !segment.steps.is_empty() {
            segment.end = End::Target(pc);
            break;
        }
        let Some(instruction) = flow.instruction(pc) else {
            segment.end = End::NotCompiled(pc);
            break;
        };
        let (mut strict, lenient) = shape::numbers(&instruction);
        let shape = shape::shape(&instruction);
        let (numbers, fresh) = shape::results(&instruction);
        let is_conditional = instruction.predicate != Predicate::Always;
        if shape == Shape::Choice && is_conditional {
            // Its tag must not depend on the predicate.
            strict |= numbers;
        }
        if shape == Shape::Stepped {
            segment.end = if pc == start { End::Stepped(pc) } else { End::Next(pc) };
            break;
        }
        let erased =
            if shape::erases_pointers(&instruction) { lenient & known.pointers } else { 0 };
        let lenient = lenient & !erased;
        if shape == Shape::NotCompiled || (strict | lenient) & known.pointers != 0 {
            segment.end = End::NotCompiled(pc);
            break;
        }
        segment.strict |= strict & !known.numbers;
        segment.lenient |= lenient & !known.readable;
        segment.ergs += instruction.variant().row.ergs;
        let mut what = What::Itself;
        let mut next = pc.wrapping_add(1);
        let mut ends = None;
        match shape {
            Shape::NotCompiled | Shape::Stepped => {}
            Shape::Choice | Shape::Straight => {
                let moves = note_places(&mut segment, &instruction, &mut sp, written);
                let is_diamond = is_conditional && shape == Shape::Straight;
                let tags_stack = instruction.opcode().is_pointer_op()
                    && instruction.variant().dst0 != DstMode::Reg;
                // What follows is to look at the stack's tags again.
                if is_diamond || moves || tags_stack {
                    ends = Some(End::Next(next));
                }
                if is_diamond {
                    known.forget(numbers | fresh);
                } else {
                    known.write(numbers, fresh);
                }
            }
            Shape::Jump => ends = Some(End::Decided),
            Shape::Call => {
                let callee = instruction.imm0;
                let is_open = open.iter().any(|call| call.function == callee);
                let fits = open.len() < flow.limits.depth && !is_open && !flow.is_target(callee);
                let is_plain = instruction.predicate == Predicate::Always && instruction.src0 == 0;
                let function = if is_plain && fits { flow.function(callee) } else { None };
                match function {
                    Some(function) => {
                        what = What::InlineCall;
                        saved_sp.push(sp);
                        open.push(Open {
                            call: pc,
                            function: callee,
                            handler: instruction.imm1,
                            returns: function.returns,
                        });
                        segment.calls = segment.calls.max(open.len());
                        next = callee;
                    }
                    None => ends = Some(End::Decided),
                }
            }
            Shape::Ret => {
                let is_plain =
                    instruction.predicate == Predicate::Always && is_to_caller(&instruction);
                match (open.last().copied(), saved_sp.last().copied()) {
                    // A call within this segment, so that the stack pointer is known.
                    (Some(call), Some(before)) if is_plain && call.returns == 1 => {
                        what = What::InlineReturn;
                        open.pop();
                        saved_sp.pop();
                        sp = before;
                        next = return_pc(&call, &instruction);
                    }
                    _ => ends = Some(End::Decided),
                }
            }
        }
        written |= numbers | fresh;
        segment.steps.push(Step { pc, instruction, what, unseen: 0, is_unseen_on_stack: false });
        if let Some(end) = ends {
            segment.end = end;
            break;
        }
        pc = next;
        // Code may wrap around its end.
        if pc == 0 {
            segment.end = End::NotCompiled(pc);
            break;
        }
    }
    find_unseen(&mut segment.steps);
    find_unseen_on_stack(&mut segment.steps);
    segment
}

impl Known {
    fn forget(&mut self, registers: u16) {
        self.readable &= !registers;
        self.numbers &= !registers;
        self.pointers &= !registers;
    }

    fn write(&mut self, numbers: u16, pointers: u16) {
        self.forget(numbers | pointers);
        self.readable |= numbers;
        self.numbers |= numbers;
        self.pointers |= pointers;
    }
}

impl Step {
    /// Whether nothing in its segment follows.
    pub(crate) fn ends_flow(&self) -> bool {
        matches!(shape::shape(&self.instruction), Shape::Call | Shape::Jump | Shape::Ret)
    }
}

/// Whether a return goes to where its caller says.
pub(crate) fn is_to_caller(instruction: &Instruction) -> bool {
    !instruction.variant().has(eravm_core::isa::Modifier::ToLabel)
}

/// Where the caller goes on after this return.
pub(crate) fn return_pc(call: &Open, instruction: &Instruction) -> u16 {
    if !is_to_caller(instruction) {
        instruction.imm0
    } else if instruction.opcode() == Opcode::RetOk {
        call.call.wrapping_add(1)
    } else {
        call.handler
    }
}

/// Notes the places on the stack that an instruction uses, when some registers were written before; returns whether the stack pointer is
/// unknown afterwards.
fn note_places(
    segment: &mut Segment,
    instruction: &Instruction,
    sp: &mut i32,
    written: u16,
) -> bool {
    // Operations on pointers look at tags themselves.
    let minds_tags = !instruction.opcode().is_pointer_op();
    let mut note = |place: Place, sp: i32| {
        let place = match place {
            Place::Relative(by) => {
                let at = sp + by;
                let (low, high) = segment.range.unwrap_or((at, at));
                segment.range = Some((low.min(at), high.max(at)));
                Place::Relative(at)
            }
            Place::Absolute(at) => {
                segment.highest = Some(segment.highest.map_or(at, |highest| highest.max(at)));
                place
            }
            Place::FromRegister(..) | Place::Dynamic => return,
        };
        if minds_tags && !segment.places.contains(&place) {
            segment.places.push(place);
        }
    };
    let variant = instruction.variant();
    let is_nop = instruction.opcode() == Opcode::Nop;
    if minds_tags && !is_nop {
        let source = (variant.src0 == SrcMode::StackAbsolute)
            .then_some((instruction.src0, instruction.imm0));
        let target = (variant.dst0 == DstMode::StackAbsolute)
            .then_some((instruction.dst0, instruction.imm1));
        for counted in source.into_iter().chain(target) {
            let register = counted.0;
            let is_as_before = register != 0 && written >> register & 1 == 0;
            if is_as_before && !segment.counted.contains(&counted) {
                segment.counted.push(counted);
            }
        }
    }
    let mut unknown = false;
    if let Some((place, moves)) = shape::source_place(instruction) {
        // `nop` only moves.
        if !is_nop {
            note(place, *sp);
        }
        unknown |= variant.src0 == SrcMode::StackPop && place == Place::Dynamic;
        *sp += moves;
    }
    if let Some((place, moves)) = shape::target_place(instruction) {
        if !is_nop {
            note(place, *sp);
        }
        unknown |= variant.dst0 == DstMode::StackPush && place == Place::Dynamic;
        *sp += moves;
    }
    unknown
}

/// Marks results that need not be stored, because they are overwritten before anybody can see them.
fn find_unseen(steps: &mut [Step]) {
    /// So many instructions later they are overwritten, if the code may be left in between. Meanwhile their values are kept in
    /// registers of the processor, of which there are few.
    const NEAR: usize = 3;
    // The nearest instructions that overwrite registers, and whether the code may be left before. One with a predicate counts, too: where
    // that is known not to hold, skipping it stores what it would have overwritten.
    let mut overwritten: [Option<(usize, bool)>; 16] = [None; 16];
    for (index, step) in steps.iter_mut().enumerate().rev() {
        let instruction = &step.instruction;
        let (numbers, pointers) = shape::results(instruction);
        let results = (1..16).filter(|register| (numbers | pointers) >> register & 1 == 1);
        let is_unseen = |register: &usize| match overwritten[*register] {
            Some((by, is_behind_exit)) => !is_behind_exit || by - index <= NEAR,
            None => false,
        };
        step.unseen =
            results.clone().filter(is_unseen).fold(0, |all, register| all | 1 << register);
        let leaves = step.what == What::Itself && shape::may_leave(instruction);
        let is_plain = instruction.predicate == Predicate::Always
            && matches!(shape::shape(instruction), Shape::Straight | Shape::Choice);
        if leaves && !is_plain {
            overwritten = [None; 16];
            continue;
        }
        if leaves {
            // Whoever leaves stores what was not stored yet.
            overwritten = overwritten.map(|by| by.map(|(by, _)| (by, true)));
        }
        for register in results {
            overwritten[register] = Some((index, leaves));
        }
    }
}

/// [`find_unseen`] for results on the stack, at places counted from the stack pointer. A word whose place is counted otherwise may be any
/// of them.
fn find_unseen_on_stack(steps: &mut [Step]) {
    // By how much the stack pointer has moved when a source was taken. Calls and returns put it elsewhere; nothing is compared
    // across them.
    let mut sp = 0;
    let mut when_writing = Vec::with_capacity(steps.len());
    for step in &*steps {
        sp += shape::source_place(&step.instruction).map_or(0, |(_, moves)| moves);
        when_writing.push(sp);
        sp += shape::target_place(&step.instruction).map_or(0, |(_, moves)| moves);
    }
    let mut overwritten = HashSet::new();
    for (step, sp) in steps.iter_mut().zip(when_writing).rev() {
        let instruction = &step.instruction;
        let may_leave = step.what != What::Itself || shape::may_leave(instruction);
        match shape::target_place(instruction) {
            None => {}
            // It only moves.
            Some(_) if instruction.opcode() == Opcode::Nop => {}
            Some((Place::Relative(by), _)) => {
                step.is_unseen_on_stack = !overwritten.insert(sp + by);
            }
            Some(_) => overwritten.clear(),
        }
        let source = shape::source_place(instruction);
        let reads_elsewhere = !matches!(source, None | Some((Place::Relative(_), _)));
        if may_leave || reads_elsewhere {
            overwritten.clear();
        }
    }
}
