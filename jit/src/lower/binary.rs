//! Arithmetic, logic and shifts.

use super::Lowering;
use super::emit::{LIMB, runtime, scratch};
use super::flags::{Flags, Zero};
use super::limbs::{Bit, Limb, Limbs, ZERO, is_immediate, is_narrow, narrow};
use super::operands::Target;
use super::plan::Step;
use super::shape;
use super::trace::Trace;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{InstBuilder, Value};
use eravm_core::compiled::{Leave, View};
use eravm_core::isa::{DstMode, Instruction, Modifier, Opcode, Predicate, SrcMode};

/// A register that a constant is added to or taken away from.
struct Counter {
    register: u8,
    by: u64,
    is_difference: bool,
}

impl Lowering<'_, '_, '_> {
    /// An operation on two numbers. With a condition that is not known its result goes to a register.
    pub(super) fn binary(&mut self, trace: &mut Trace, step: &Step, holds: Bit) {
        let instruction = &step.instruction;
        if holds == Bit::Const(true) && self.count(trace, step) {
            return;
        }
        let (a, sp) = self.first_source(trace, step);
        let (target, sp) = self.target(trace, step, sp);
        let b = self.number_in(trace, instruction, false);
        let swaps = instruction.variant().has(Modifier::Swap);
        let sets_flags = instruction.variant().has(Modifier::SetFlags);
        let (numbers, _) = shape::results(instruction);
        if matches!(instruction.opcode(), Opcode::Mul | Opcode::Div)
            && !self.is_easy_product(instruction, &a, &b)
        {
            trace.set_sp(sp);
            let flags = self.long(trace, step, &a, target, swaps);
            trace.is_number(numbers);
            if sets_flags {
                trace.flags = Flags::State(flags);
            }
            return;
        }
        let (a, b) = if swaps { (b, a) } else { (a, b) };
        let (mut result, second, flags) = self.compute(instruction, &a, &b, sets_flags);
        let mut flags = sets_flags.then_some(flags);
        if let Bit::Value(holds) = holds {
            let old = trace.register_limbs(&mut self.emit, instruction.dst0, 4);
            result = core::array::from_fn(|k| self.emit.select(holds, result[k], old[k]));
            if let Some(new) = &mut flags {
                *new = self.chosen_flags(trace, holds, new);
            }
        }
        trace.set_sp(sp);
        self.put(trace, target, &result, step);
        if let Some(second) = second {
            let is_unseen = step.unseen >> instruction.dst1 & 1 == 1;
            trace.set_register(&mut self.emit, instruction.dst1, &second, is_unseen);
        }
        trace.is_number(numbers);
        if let Some(flags) = flags {
            trace.flags = flags;
        }
    }

    /// What an instruction counts, if that is all it does: its register is the counter, in memory, and a number as far as is known.
    fn counter(&self, trace: &Trace, step: &Step) -> Option<Counter> {
        let instruction = &step.instruction;
        let variant = instruction.variant();
        let is_difference = match instruction.opcode() {
            Opcode::Add => false,
            Opcode::Sub if variant.has(Modifier::Swap) => true,
            _ => return None,
        };
        let register = instruction.dst0;
        let by = match variant.src0 {
            SrcMode::Imm => u64::from(instruction.imm0),
            SrcMode::Code if instruction.src0 == 0 => {
                let word = self.flow.program.word(instruction.imm0);
                word.to_u64().filter(|&low| is_immediate(low))?
            }
            _ => return None,
        };
        let is_in_place = variant.dst0 == DstMode::Reg && instruction.src1 == register;
        let is_stored = step.unseen >> register & 1 == 0 && !trace.is_unstored(register);
        let is_pointer = trace.pointers & shape::bit(register) != 0;
        let counts = is_in_place && is_stored && by != 0 && register != 0 && !is_pointer;
        counts.then_some(Counter { register, by, is_difference })
    }

    /// Adds a constant to a register, or takes it away: counters, offsets. Returns false if it is something else.
    ///
    /// PERF: hardly ever is there a carry out of the lowest limb, so the others are not even looked at. Where flags depend on the carry, the
    /// code is left when there is one, so that what follows knows them: gas is counted so.
    fn count(&mut self, trace: &mut Trace, step: &Step) -> bool {
        let Some(Counter { register, by, is_difference }) = self.counter(trace, step) else {
            return false;
        };
        let Some(next) = step.pc.checked_add(1) else { return false };
        let Limb::Value(low) = trace.register(&mut self.emit, register, 0) else { return false };
        let emit = &mut self.emit;
        let number = emit.number(by);
        // PERF: a comparison is part of the branch; a carry would be made a number first. What was there before is not kept for it.
        let (low, carry) = if is_difference {
            let low = emit.b.ins().isub(low, number);
            let highest = emit.number(!by);
            (low, emit.b.ins().icmp(IntCC::UnsignedGreaterThan, low, highest))
        } else {
            let low = emit.b.ins().iadd(low, number);
            (low, emit.b.ins().icmp(IntCC::UnsignedLessThan, low, number))
        };
        self.put_lowest(trace, register, low);
        let (_, after) = self.branch_rarely(carry);
        let carry = self.carry_on(register, is_difference);
        let sets_flags = step.instruction.variant().has(Modifier::SetFlags);
        if sets_flags {
            let mut beyond = trace.clone();
            beyond.forget_upper_limbs(register);
            self.set_flags_of_count(&mut beyond, register, is_difference, Bit::Value(carry));
            self.done(&mut beyond, step);
            let leave = i64::from(Leave::Elsewhere.at(next));
            let result = self.emit.b.ins().iconst(I32, leave);
            self.leave_with(&beyond, result);
        } else {
            self.emit.b.ins().jump(after, &[]);
            trace.forget_upper_limbs(register);
        }
        self.emit.b.seal_block(after);
        self.emit.b.switch_to_block(after);
        if sets_flags {
            self.set_flags_of_count(trace, register, is_difference, Bit::Const(false));
        }
        true
    }

    fn set_flags_of_count(
        &mut self,
        trace: &mut Trace,
        register: u8,
        is_difference: bool,
        carry: Bit,
    ) {
        let zero = Zero::Of(trace.register_limbs(&mut self.emit, register, 4));
        trace.flags = if is_difference {
            Flags::Difference { borrow: carry, zero }
        } else {
            Flags::Sum { carry, zero }
        };
    }

    /// Takes a carry or a borrow to the upper three limbs of a register in memory; returns that out of them, 8 bits.
    fn carry_on(&mut self, register: u8, is_difference: bool) -> Value {
        let emit = &mut self.emit;
        let mut carry = emit.b.ins().iconst(I8, 1);
        for k in 1..4 {
            let offset = View::register(register) + k * LIMB;
            let limb = emit.load(emit.view, offset);
            let limb = emit.value(limb);
            let by = emit.b.ins().uextend(I64, carry);
            let (sum, over) = if is_difference {
                emit.b.ins().usub_overflow(limb, by)
            } else {
                emit.b.ins().uadd_overflow(limb, by)
            };
            emit.store(Limb::Value(sum), emit.view, offset);
            carry = over;
        }
        carry
    }

    /// Writes the lowest limb of a counter. What is above it is as it was.
    fn put_lowest(&mut self, trace: &mut Trace, register: u8, low: Value) {
        let low = Limb::Value(low);
        self.emit.store(low, self.emit.view, View::register(register));
        trace.set_low_limb(register, low);
        trace.is_number(1 << register);
    }

    /// Counts down and jumps at once, where the jump is taken as long as something is left; goes on where that is not known.
    ///
    /// PERF: what is above the constant in the lowest limb is above it, whatever the other limbs are. So a turn of a loop takes one
    /// comparison, and its flags are constants.
    pub(super) fn count_down_and_jump(&mut self, trace: &mut Trace, step: &Step, jump: &Step) {
        let Some(Counter { register, by, is_difference: true }) = self.counter(trace, step) else {
            return;
        };
        let (predicate, goes_if) = (step.instruction.predicate, jump.instruction.predicate);
        let is_always = predicate == Predicate::Always;
        let sets_flags = step.instruction.variant().has(Modifier::SetFlags);
        let is_jump = jump.instruction.opcode() == Opcode::Jump && goes_if != Predicate::Always;
        let is_taken = self.emit.holds(goes_if, &Flags::GT) == Bit::Const(true);
        if !is_always || !sets_flags || !is_jump || !is_taken {
            return;
        }
        let Limb::Value(low) = trace.register(&mut self.emit, register, 0) else { return };
        let number = self.emit.number(by);
        let above = self.emit.b.ins().icmp(IntCC::UnsignedGreaterThan, low, number);
        let (go, stay) = self.branch(above);
        self.emit.b.switch_to_block(go);
        let mut going = trace.clone();
        let left = self.emit.b.ins().isub(low, number);
        self.put_lowest(&mut going, register, left);
        going.flags = Flags::GT;
        self.done(&mut going, step);
        self.jump_away(&mut going, jump);
        self.emit.b.seal_block(stay);
        self.emit.b.set_cold_block(stay);
        self.emit.b.switch_to_block(stay);
    }

    /// New flags if a condition holds, else the old ones.
    fn chosen_flags(&mut self, trace: &Trace, holds: Value, new: &Flags) -> Flags {
        let status = self.emit.status();
        let old = match self.emit.state(&trace.flags) {
            Some(old) => old,
            None => self.emit.b.ins().band_imm_u(status, i64::from(View::FLAGS)),
        };
        let new = match self.emit.state(new) {
            Some(new) => new,
            None => old,
        };
        Flags::State(self.emit.b.ins().select(holds, new, old))
    }

    /// Both results and the flags of an operation that is done in place.
    fn compute(
        &mut self,
        instruction: &Instruction,
        a: &Limbs,
        b: &Limbs,
        sets_flags: bool,
    ) -> (Limbs, Option<Limbs>, Flags) {
        let emit = &mut self.emit;
        let result = match instruction.opcode() {
            Opcode::Add => {
                let (result, carry) = emit.add(a, b, sets_flags);
                return (result, None, Flags::Sum { carry, zero: Zero::Of(result) });
            }
            Opcode::Sub if is_comparison(instruction) && (is_narrow(a) || is_narrow(b)) => {
                return (*a, None, self.compare(a, b));
            }
            Opcode::Sub => {
                let (result, borrow) = emit.sub(a, b, sets_flags);
                return (result, None, Flags::Difference { borrow, zero: Zero::Of(result) });
            }
            Opcode::Mul => {
                let (result, high) = self.product(a, b);
                let carry = self.emit.is_not_zero(&high);
                return (result, Some(high), Flags::Sum { carry, zero: Zero::Of(result) });
            }
            Opcode::And => core::array::from_fn(|k| emit.and(a[k], b[k])),
            Opcode::Or => core::array::from_fn(|k| emit.or(a[k], b[k])),
            Opcode::Xor => core::array::from_fn(|k| emit.xor(a[k], b[k])),
            shift => match b[0] {
                Limb::Const(by) => {
                    let by = by as u8;
                    match shift {
                        Opcode::Shl => emit.shl(a, by),
                        Opcode::Shr => emit.shr(a, by),
                        Opcode::Rol => emit.rol(a, by),
                        _ => emit.rol(a, by.wrapping_neg()),
                    }
                }
                Limb::Value(by) => self.shift(shift, a, by),
            },
        };
        (result, None, Flags::Zero { zero: Zero::Of(result) })
    }

    /// The flags of a difference that nobody else wants, of numbers of which one is narrow.
    ///
    /// PERF: no borrow goes through the upper limbs.
    fn compare(&mut self, a: &Limbs, b: &Limbs) -> Flags {
        let lowest = match (a[0], b[0]) {
            (Limb::Const(a), Limb::Const(b)) => Bit::Const(a < b),
            (a, b) => {
                let (a, b) = (self.emit.value(a), self.emit.value(b));
                Bit::Value(self.emit.b.ins().icmp(IntCC::UnsignedLessThan, a, b))
            }
        };
        let (borrow, upper) = if is_narrow(b) {
            let is_narrow = self.emit.is_zero(&a[1..]);
            (self.emit.both(is_narrow, lowest), &a[1..])
        } else {
            let is_wide = self.emit.is_not_zero(&b[1..]);
            (self.emit.either(is_wide, lowest), &b[1..])
        };
        let different = self.emit.xor(a[0], b[0]);
        let zero = Zero::Of([different, upper[0], upper[1], upper[2]]);
        Flags::Difference { borrow, zero }
    }

    /// Whether a product is done in place: one of the numbers is narrow.
    fn is_easy_product(&self, instruction: &Instruction, a: &Limbs, b: &Limbs) -> bool {
        instruction.opcode() == Opcode::Mul && (is_narrow(a) || is_narrow(b))
    }

    /// A product with a narrow number.
    fn product(&mut self, a: &Limbs, b: &Limbs) -> (Limbs, Limbs) {
        let (wide, factor) = if is_narrow(b) { (a, b[0]) } else { (b, a[0]) };
        let parts = wide.map(|limb| self.emit.mul_limbs(limb, factor));
        let low = parts.map(|(low, _)| low);
        let high = [ZERO, parts[0].1, parts[1].1, parts[2].1];
        let (result, carry) = self.emit.add(&low, &high, true);
        let carry = self.emit.limb_of_bit(carry);
        let (top, _) = self.emit.add(&narrow(parts[3].1), &narrow(carry), false);
        // It cannot be as large as the factor.
        (result, narrow(top[0]))
    }

    /// A shift by a number that is not known: a window on the word between zeros, or between itself.
    ///
    /// All limbs are stored and loaded as wholes, so nothing waits for memory.
    fn shift(&mut self, shift: Opcode, a: &Limbs, by: Value) -> Limbs {
        let rotates = matches!(shift, Opcode::Rol | Opcode::Ror);
        let goes_left = matches!(shift, Opcode::Shl | Opcode::Rol);
        let emit = &mut self.emit;
        let around = if rotates { *a } else { [ZERO; 4] };
        // To the left, limbs come from below; to the right, from above.
        let (lower, upper) = if goes_left { (&around, a) } else { (a, &around) };
        for k in 0..4 {
            emit.store(lower[k], emit.view, scratch(0) + k as i32 * LIMB);
            emit.store(upper[k], emit.view, scratch(1) + k as i32 * LIMB);
        }
        let whole = emit.b.ins().ushr_imm_u(by, 6);
        let whole = emit.b.ins().band_imm_u(whole, 3);
        let offset = emit.b.ins().ishl_imm_u(whole, 3);
        let bits = emit.b.ins().band_imm_u(by, 63);
        let rest = emit.number(63);
        let rest = emit.b.ins().isub(rest, bits);
        let mut window = [ZERO; 5];
        let at = if goes_left {
            emit.b.ins().isub(emit.view, offset)
        } else {
            emit.b.ins().iadd(emit.view, offset)
        };
        // Limb `k` of the result is made of limbs `k − 1` and `k`, or `k` and `k + 1`, from where the window is.
        let first = if goes_left { scratch(1) - LIMB } else { scratch(0) };
        for (k, limb) in window.iter_mut().enumerate() {
            // A rotation never looks further than it was stored; neither does a shift.
            *limb = emit.load(at, first + k as i32 * LIMB);
        }
        core::array::from_fn(|k| {
            let (low, high) = (emit.value(window[k]), emit.value(window[k + 1]));
            let (near, far) = if goes_left {
                let far = emit.b.ins().ushr_imm_u(low, 1);
                (emit.b.ins().ishl(high, bits), emit.b.ins().ushr(far, rest))
            } else {
                let far = emit.b.ins().ishl_imm_u(high, 1);
                (emit.b.ins().ushr(low, bits), emit.b.ins().ishl(far, rest))
            };
            emit.join(Limb::Value(near), Limb::Value(far))
        })
    }

    /// A product or a quotient that is left to the runtime; returns the flags.
    fn long(
        &mut self,
        trace: &mut Trace,
        step: &Step,
        a: &Limbs,
        target: Target,
        swaps: bool,
    ) -> Value {
        let instruction = &step.instruction;
        let is_register = instruction.variant().src0 == SrcMode::Reg;
        let first = if is_register {
            trace.register_in_memory(&mut self.emit, instruction.src0)
        } else {
            for (k, &limb) in a.iter().enumerate() {
                self.emit.store(limb, self.emit.view, scratch(0) + k as i32 * LIMB);
            }
            self.emit.scratch_address(0)
        };
        let second = trace.register_in_memory(&mut self.emit, instruction.src1);
        let (first, second) = if swaps { (second, first) } else { (first, second) };
        let result = match target {
            Target::Register(register) if register != 0 => self.register_address(register),
            _ => self.emit.scratch_address(1),
        };
        let other = match instruction.dst1 {
            0 => self.emit.scratch_address(2),
            register => self.register_address(register),
        };
        let function =
            if instruction.opcode() == Opcode::Mul { runtime!(mul) } else { runtime!(div) };
        let sets_flags = instruction.variant().has(Modifier::SetFlags);
        let wants_low = instruction.opcode() == Opcode::Mul && instruction.dst1 == 0 && !sets_flags;
        let flags = if wants_low {
            self.emit.call(runtime!(mul_low), &[first, second, result], false);
            self.emit.b.ins().iconst(I32, 1)
        } else {
            let flags = self.emit.call(function, &[first, second, result, other], true);
            flags.unwrap_or(first)
        };
        if let Target::Stack(..) = target {
            let word = self.scratch_word(1);
            self.put(trace, target, &word, step);
        }
        if let Target::Register(register) = target {
            trace.forget_register(register);
        }
        trace.forget_register(instruction.dst1);
        flags
    }

    /// The address of a register that is going to be written.
    pub(super) fn register_address(&mut self, register: u8) -> Value {
        self.emit.b.ins().iadd_imm_s(self.emit.view, i64::from(View::register(register)))
    }

    /// What a runtime function has left.
    pub(super) fn scratch_word(&mut self, index: usize) -> Limbs {
        let view = self.emit.view;
        core::array::from_fn(|k| self.emit.load(view, scratch(index) + k as i32 * LIMB))
    }
}

/// Whether only the flags of an operation are of use.
fn is_comparison(instruction: &Instruction) -> bool {
    instruction.variant().dst0 == DstMode::Reg && instruction.dst0 == 0
}
