//! Where sources are read from and results go to.

use super::Lowering;
use super::emit::{LIMB, WORD};
use super::limbs::{
    Bit, FOR_SUMS, Limb, Limbs, Order, UPWARDS, constant, in_order, is_immediate, known, narrow,
};
use super::plan::Step;
use super::shape::{self, Place};
use super::trace::{Sp, Trace};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{InstBuilder, Value};
use eravm_core::compiled::{Leave, View};
use eravm_core::isa::{DstMode, Instruction, Modifier, Opcode, SrcMode};
use std::mem::offset_of;

/// Where a first result goes.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Register(u8),
    /// On the stack: the place, if it is known, and the address.
    Stack(Option<Place>, Value, i32),
}

impl Lowering<'_, '_, '_> {
    /// What an instruction that takes numbers takes from the register of its first or second source: of a pointer, in user space, not
    /// what it says about memory, as `semantics::erase_pointer` does.
    pub(super) fn number_in(
        &mut self,
        trace: &mut Trace,
        instruction: &Instruction,
        is_first: bool,
    ) -> Limbs {
        const LOW_HALF: u64 = 0xffff_ffff;
        let register = if is_first { instruction.src0 } else { instruction.src1 };
        let wanted = wanted_limbs(instruction, is_first);
        let order = order_of(instruction);
        let limbs = trace.register_limbs_in(&mut self.emit, register, wanted, order);
        if trace.pointers & shape::bit(register) == 0 {
            return limbs;
        }
        let status = self.emit.status();
        let user = self.emit.b.ins().band_imm_u(status, i64::from(View::USER));
        let is_user = self.emit.b.ins().icmp_imm_s(IntCC::NotEqual, user, 0);
        let mut erased = |limb: Limb, left: u64| {
            let mask = self.emit.select(is_user, Limb::Const(left), Limb::Const(u64::MAX));
            self.emit.and(limb, mask)
        };
        [erased(limbs[0], LOW_HALF), erased(limbs[1], !LOW_HALF), limbs[2], limbs[3]]
    }

    /// The first source, and the stack pointer afterwards.
    pub(super) fn first_source(&mut self, trace: &mut Trace, step: &Step) -> (Limbs, Sp) {
        let instruction = &step.instruction;
        let mode = instruction.variant().src0;
        match mode {
            SrcMode::Reg => return (self.number_in(trace, instruction, true), trace.sp),
            SrcMode::Imm => return (narrow(Limb::Const(instruction.imm0.into())), trace.sp),
            SrcMode::Code => return (self.code_operand(trace, step), trace.sp),
            SrcMode::StackPop | SrcMode::StackRelative | SrcMode::StackAbsolute => {}
        }
        if mode == SrcMode::StackAbsolute && instruction.src0 != 0 {
            let place = Place::FromRegister(instruction.src0, instruction.imm0);
            let at = self.address_from_register(trace, step.pc, instruction.src0, instruction.imm0);
            let limb = |k| trace.stack(&mut self.emit, place, at, 0, k);
            return (in_order(order_of(instruction), limb), trace.sp);
        }
        let (sp, place) = self.source_index(trace, instruction);
        match place {
            Index::Known(place) => (self.stack_word(trace, place, order_of(instruction)), sp),
            Index::Computed(index) => {
                let at = self.checked_stack_address(trace, step.pc, index);
                let limb = |k| self.emit.load(at, k as i32 * LIMB);
                (in_order(order_of(instruction), limb), sp)
            }
        }
    }

    /// Where the first source is on the stack, and the stack pointer afterwards.
    pub(super) fn source_index(
        &mut self,
        trace: &mut Trace,
        instruction: &Instruction,
    ) -> (Sp, Index) {
        let mode = instruction.variant().src0;
        if let Some((place, moves)) = shape::source_place(instruction)
            && place != Place::Dynamic
        {
            let sp = Sp { by: trace.sp.by + moves, ..trace.sp };
            return (sp, Index::Known(based(place, trace.sp)));
        }
        let base = trace.register(&mut self.emit, instruction.src0, 0);
        let address = self.emit.address(base, instruction.imm0);
        let address = self.emit.value(address);
        if mode == SrcMode::StackAbsolute {
            return (trace.sp, Index::Computed(address));
        }
        let sp = self.sp(trace, trace.sp);
        let index = self.emit.b.ins().isub(sp, address);
        let index = self.emit.b.ins().band_imm_u(index, 0xffff);
        let pops = mode == SrcMode::StackPop;
        (if pops { Sp { base: Some(index), by: 0 } } else { trace.sp }, Index::Computed(index))
    }

    /// Where the first result goes on the stack, and the stack pointer afterwards.
    pub(super) fn target_index(
        &mut self,
        trace: &mut Trace,
        instruction: &Instruction,
        sp: Sp,
    ) -> (Sp, Index) {
        let mode = instruction.variant().dst0;
        if let Some((place, moves)) = shape::target_place(instruction)
            && place != Place::Dynamic
        {
            let after = Sp { by: sp.by + moves, ..sp };
            // Places are known by their distance from where the trace counts from.
            if sp.base == trace.sp.base || matches!(place, Place::Absolute(_)) {
                return (after, Index::Known(based(place, sp)));
            }
            let Place::Relative(by) = place else { return (after, Index::Known(place)) };
            let index = self.sp(trace, Sp { by: sp.by + by, ..sp });
            return (after, Index::Computed(index));
        }
        let base = trace.register(&mut self.emit, instruction.dst0, 0);
        let address = self.emit.address(base, instruction.imm1);
        let address = self.emit.value(address);
        if mode == DstMode::StackAbsolute {
            return (sp, Index::Computed(address));
        }
        let top = self.sp(trace, sp);
        if mode == DstMode::StackPush {
            let after = self.emit.b.ins().iadd(top, address);
            let after = self.emit.b.ins().band_imm_u(after, 0xffff);
            return (Sp { base: Some(after), by: 0 }, Index::Computed(top));
        }
        let index = self.emit.b.ins().isub(top, address);
        let index = self.emit.b.ins().band_imm_u(index, 0xffff);
        (sp, Index::Computed(index))
    }

    pub(super) fn target(&mut self, trace: &mut Trace, step: &Step, sp: Sp) -> (Target, Sp) {
        let instruction = &step.instruction;
        if instruction.variant().dst0 == DstMode::Reg {
            return (Target::Register(instruction.dst0), sp);
        }
        if instruction.variant().dst0 == DstMode::StackAbsolute && instruction.dst0 != 0 {
            let place = Place::FromRegister(instruction.dst0, instruction.imm1);
            let at = self.address_from_register(trace, step.pc, instruction.dst0, instruction.imm1);
            return (Target::Stack(Some(place), at, 0), sp);
        }
        let (after, index) = self.target_index(trace, instruction, sp);
        let target = match index {
            Index::Known(place) => {
                let (base, offset) = self.stack_address(trace, place);
                Target::Stack(Some(place), base, offset)
            }
            Index::Computed(index) => {
                let at = self.checked_stack_address(trace, step.pc, index);
                Target::Stack(None, at, 0)
            }
        };
        (target, after)
    }

    /// Writes a first result.
    pub(super) fn put(&mut self, trace: &mut Trace, target: Target, result: &Limbs, step: &Step) {
        match target {
            Target::Register(register) => {
                let is_unseen = step.unseen >> register & 1 == 1;
                trace.set_register(&mut self.emit, register, result, is_unseen);
            }
            Target::Stack(place, base, offset) => {
                let is_unseen = step.is_unseen_on_stack && place.is_some();
                if !is_unseen {
                    self.emit.store_word(result, base, offset);
                }
                match place {
                    Some(place) => trace.set_stack(place, result, is_unseen),
                    None => trace.forget_stack(),
                }
            }
        }
    }

    /// A word of the code page.
    pub(super) fn code_operand(&mut self, trace: &mut Trace, step: &Step) -> Limbs {
        let instruction = &step.instruction;
        if instruction.src0 == 0 {
            let word = self.flow.program.word(instruction.imm0);
            let is_there = usize::from(instruction.imm0) < self.flow.program.words().len();
            let limbs = constant(&word);
            if !is_there || known(&limbs).is_some_and(|word| word.0.into_iter().all(is_immediate)) {
                return limbs;
            }
            let code = self.emit.field(I64, offset_of!(View, code));
            let offset = i32::from(instruction.imm0) * WORD;
            return in_order(order_of(instruction), |k| match limbs[k] {
                Limb::Const(limb) if is_immediate(limb) => Limb::Const(limb),
                _ => self.emit.load(code, offset + k as i32 * LIMB),
            });
        }
        let base = trace.register(&mut self.emit, instruction.src0, 0);
        let index = self.emit.address(base, instruction.imm0);
        let index = self.emit.value(index);
        let words = self.emit.field(I64, offset_of!(View, code_words));
        let beyond = self.emit.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, words);
        self.leave_if(Bit::Value(beyond), trace, step.pc, Leave::Memory);
        let code = self.emit.field(I64, offset_of!(View, code));
        let offset = self.emit.b.ins().ishl_imm_u(index, 5);
        let at = self.emit.b.ins().iadd(code, offset);
        core::array::from_fn(|k| self.emit.load(at, k as i32 * LIMB))
    }

    /// A word on the stack, which was checked to be there.
    pub(super) fn stack_word(&mut self, trace: &mut Trace, place: Place, order: Order) -> Limbs {
        let (base, offset) = self.stack_address(trace, place);
        in_order(order, |k| trace.stack(&mut self.emit, place, base, offset, k))
    }

    /// The address of a word on the stack at a known place: a value and an offset.
    pub(super) fn stack_address(&mut self, trace: &mut Trace, place: Place) -> (Value, i32) {
        match place {
            Place::Relative(by) => {
                let top = match trace.top {
                    Some(top) => top,
                    None => {
                        let stack = trace.stack_base(&mut self.emit);
                        let base = self.sp_base(trace);
                        let offset = self.emit.b.ins().ishl_imm_u(base, 5);
                        self.emit.b.ins().iadd(stack, offset)
                    }
                };
                trace.top = Some(top);
                (top, by * WORD)
            }
            Place::Absolute(at) => (trace.stack_base(&mut self.emit), i32::from(at) * WORD),
            Place::FromRegister(..) | Place::Dynamic => (self.emit.view, 0),
        }
    }

    /// The address of a word on the stack whose place is counted from the bottom by a register and a constant; it is there and no pointer.
    ///
    /// PERF: what was checked once holds until the register or the tags on the stack change.
    fn address_from_register(
        &mut self,
        trace: &mut Trace,
        pc: u16,
        register: u8,
        more: u16,
    ) -> Value {
        if let Some(at) = trace.address(register, more) {
            return at;
        }
        let base = trace.register(&mut self.emit, register, 0);
        let index = self.emit.address(base, more);
        let index = self.emit.value(index);
        let at = self.checked_stack_address(trace, pc, index);
        trace.set_address(register, more, at);
        at
    }

    /// The address of a word on the stack, which must be there and no pointer.
    fn checked_stack_address(&mut self, trace: &mut Trace, pc: u16, index: Value) -> Value {
        self.leave_if_beyond(index, trace, pc);
        let status = self.emit.status();
        let tagged = self.emit.b.ins().band_imm_u(status, i64::from(View::STACK_TAGGED));
        let (_, fine) = self.branch_rarely(tagged);
        self.leave_if_tagged(Limb::Value(index), trace, pc);
        self.emit.b.ins().jump(fine, &[]);
        self.emit.b.seal_block(fine);
        self.emit.b.switch_to_block(fine);
        self.stack_address_of(trace, index)
    }

    /// The address of a word on the stack that is there.
    pub(super) fn stack_address_of(&mut self, trace: &mut Trace, index: Value) -> Value {
        let stack = trace.stack_base(&mut self.emit);
        let offset = self.emit.b.ins().ishl_imm_u(index, 5);
        self.emit.b.ins().iadd(stack, offset)
    }
}

/// The order in which the limbs of an operation's sources are loaded.
fn order_of(instruction: &Instruction) -> Order {
    let sums = matches!(instruction.opcode(), Opcode::Add | Opcode::Sub);
    if sums && !instruction.variant().has(Modifier::SetFlags) { FOR_SUMS } else { UPWARDS }
}

/// How many limbs of the first or the second source an operation looks at. What is not needed is not loaded.
fn wanted_limbs(instruction: &Instruction, is_first: bool) -> usize {
    let swaps = instruction.variant().has(Modifier::Swap);
    match instruction.opcode() {
        Opcode::Shl | Opcode::Shr | Opcode::Rol | Opcode::Ror if is_first == swaps => 1,
        _ => 4,
    }
}

/// Where an operand is on the stack.
#[derive(Clone, Copy)]
pub(super) enum Index {
    /// Counted from where the trace counts from.
    Known(Place),
    /// A 16-bit number.
    Computed(Value),
}

impl Index {
    /// The place of an operand that has one.
    pub(super) const fn place(self) -> Place {
        match self {
            Self::Known(place) => place,
            Self::Computed(_) => Place::Dynamic,
        }
    }
}

/// A place counted from a stack pointer, as one counted from what that is counted from.
fn based(place: Place, sp: Sp) -> Place {
    match place {
        Place::Relative(by) => Place::Relative(sp.by + by),
        other => other,
    }
}
