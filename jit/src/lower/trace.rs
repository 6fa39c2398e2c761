//! What is known along a straight piece of code while it is compiled: values of registers and of the stack, flags, tags, the stack
//! pointer, and calls that are compiled into it.

use super::emit::{Emit, LIMB};
use super::flags::Flags;
use super::limbs::{Limb, Limbs, Order, UPWARDS, ZERO, in_order};
use super::plan::Open;
use super::shape::Place;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Inst, InstBuilder, Value};
use eravm_core::compiled::View;
use std::mem::offset_of;

/// Instructions that compute for which a value is kept in registers of the processor after it was last used. There are few; what is
/// needed later is cheaper to load again, as part of what computes with it, than to keep.
const KEPT: u32 = 1;

/// A word that is known to be equal to one in memory.
#[derive(Clone, Copy, Debug, Default)]
struct Cached {
    limbs: [Option<Limb>; 4],
    /// When it was last used.
    at: u32,
    /// Memory does not have it yet.
    is_unstored: bool,
}

/// The stack pointer: a value and what is added to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sp {
    /// `None` is what is in the view.
    pub(crate) base: Option<Value>,
    pub(crate) by: i32,
}

impl Sp {
    /// What is in the view.
    pub(crate) const STORED: Self = Self { base: None, by: 0 };
}

/// A call that is compiled into the code around it. Its near frame is made when the code is left only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inlined {
    pub(crate) open: Open,
    /// The caller's stack pointer.
    pub(crate) sp: Sp,
    /// The caller's context.
    pub(crate) caller: u32,
}

/// What is known at a place in the code.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    pub(crate) context: u32,
    pub(crate) inlined: Vec<Inlined>,
    registers: [Cached; 16],
    stack: Vec<(Place, Cached)>,
    /// Addresses of words on the stack that are there and no pointers, by the register and the constant that they are counted by.
    addresses: Vec<(u8, u16, Value)>,
    pub(crate) flags: Flags,
    /// Registers that are no pointers, or in kernel space, where that does not matter; those that are no pointers for sure,
    /// and those that are.
    pub(crate) readable: u16,
    pub(crate) numbers: u16,
    pub(crate) pointers: u16,
    /// Those of the last two of which the status does not know yet.
    pub(crate) fresh: u16,
    pub(crate) sp: Sp,
    /// What is in the view, once it was loaded or is a known value.
    pub(crate) stored_sp: Option<Value>,
    /// Address of the word that the stack pointer points to, without what is added to it.
    pub(crate) top: Option<Value>,
    /// Where the stack is and how many of its words are there, once that was loaded. Only what the interpreter does can change it.
    stack_base: Option<Value>,
    stack_words: Option<Value>,
    clock: u32,
    /// Ergs and instructions of what was done in the trace.
    pub(crate) unpaid: Unpaid,
    /// Ergs that suffice for all segments of the trace so far, and the constant with which that is checked.
    pub(crate) budget: u32,
    pub(crate) check: Option<Inst>,
}

/// Ergs and instructions that the view does not know of yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Unpaid {
    pub(crate) ergs: u32,
    pub(crate) instructions: u32,
}

impl Trace {
    pub(crate) fn new(context: u32, inlined: Vec<Inlined>) -> Self {
        Self {
            context,
            inlined,
            registers: [Cached::default(); 16],
            stack: Vec::new(),
            addresses: Vec::new(),
            flags: Flags::InStatus,
            readable: 0,
            numbers: 0,
            pointers: 0,
            fresh: 0,
            sp: Sp::STORED,
            stored_sp: None,
            top: None,
            stack_base: None,
            stack_words: None,
            clock: 0,
            unpaid: Unpaid::default(),
            budget: 0,
            check: None,
        }
    }

    /// The address of the stack's first word.
    pub(crate) fn stack_base(&mut self, emit: &mut Emit<'_>) -> Value {
        *self.stack_base.get_or_insert_with(|| emit.field(I64, offset_of!(View, stack)))
    }

    /// How many of the stack's words are there.
    pub(crate) fn stack_words(&mut self, emit: &mut Emit<'_>) -> Value {
        *self.stack_words.get_or_insert_with(|| emit.field(I64, offset_of!(View, stack_words)))
    }

    /// Another instruction that computes begins.
    pub(crate) fn tick(&mut self) {
        self.clock += 1;
    }

    pub(crate) fn open(&self) -> Vec<Open> {
        self.inlined.iter().map(|call| call.open).collect()
    }

    /// A limb of a register.
    pub(crate) fn register(&mut self, emit: &mut Emit<'_>, register: u8, k: usize) -> Limb {
        if register == 0 {
            return ZERO;
        }
        let (clock, base) = (self.clock, emit.view);
        let offset = View::register(register) + k as i32 * LIMB;
        self.registers[usize::from(register)].limb(emit, k, clock, base, offset)
    }

    /// The lowest limbs of a register; zeros stand for those that are not wanted.
    pub(crate) fn register_limbs(
        &mut self,
        emit: &mut Emit<'_>,
        register: u8,
        wanted: usize,
    ) -> Limbs {
        self.register_limbs_in(emit, register, wanted, UPWARDS)
    }

    /// [`register_limbs`](Self::register_limbs), loaded in an order.
    pub(crate) fn register_limbs_in(
        &mut self,
        emit: &mut Emit<'_>,
        register: u8,
        wanted: usize,
        order: Order,
    ) -> Limbs {
        let limb = |k| if k < wanted { self.register(emit, register, k) } else { ZERO };
        in_order(order, limb)
    }

    /// Writes a register. It is not stored if nobody can see it.
    pub(crate) fn set_register(
        &mut self,
        emit: &mut Emit<'_>,
        register: u8,
        limbs: &Limbs,
        is_unseen: bool,
    ) {
        if register == 0 {
            return;
        }
        if !is_unseen {
            emit.store_word(limbs, emit.view, View::register(register));
        }
        self.registers[usize::from(register)] =
            Cached { limbs: limbs.map(Some), at: self.clock, is_unstored: is_unseen };
        self.forget_places(register);
    }

    /// Whether memory does not have a register's value yet.
    pub(crate) const fn is_unstored(&self, register: u8) -> bool {
        self.registers[register as usize].is_unstored
    }

    /// The lowest limb of a register was written in memory, where the others were and are.
    pub(crate) fn set_low_limb(&mut self, register: u8, limb: Limb) {
        self.registers[usize::from(register)].limbs[0] = Some(limb);
        self.forget_places(register);
    }

    /// What is above the lowest limb of a register was written in memory, perhaps.
    pub(crate) fn forget_upper_limbs(&mut self, register: u8) {
        self.registers[usize::from(register)].limbs[1..].fill(None);
    }

    /// The address of a register in memory, with its value there.
    pub(crate) fn register_in_memory(&mut self, emit: &mut Emit<'_>, register: u8) -> Value {
        self.store_register(emit, register);
        emit.b.ins().iadd_imm_s(emit.view, i64::from(View::register(register)))
    }

    /// Stores a register's value, if memory does not have it yet.
    pub(crate) fn store_register(&mut self, emit: &mut Emit<'_>, register: u8) {
        let cached = &mut self.registers[usize::from(register)];
        if !cached.is_unstored {
            return;
        }
        emit.store_known(&cached.limbs, emit.view, View::register(register));
        cached.is_unstored = false;
    }

    /// Stores all values that memory does not have yet.
    pub(crate) fn store_registers(&mut self, emit: &mut Emit<'_>) {
        (1..16).for_each(|register| self.store_register(emit, register));
    }

    /// Words on the stack that memory does not have yet.
    pub(crate) fn unstored_on_stack(&self) -> Vec<(Place, [Option<Limb>; 4])> {
        let unstored = self.stack.iter().filter(|(_, cached)| cached.is_unstored);
        unstored.map(|(place, cached)| (*place, cached.limbs)).collect()
    }

    /// A register was written in memory by other means.
    pub(crate) fn forget_register(&mut self, register: u8) {
        self.registers[usize::from(register)] = Cached::default();
        self.forget_places(register);
    }

    /// Places that are counted by a register are others now.
    fn forget_places(&mut self, register: u8) {
        self.addresses.retain(|(counted_by, ..)| *counted_by != register);
        self.stack
            .retain(|(place, _)| !matches!(place, Place::FromRegister(by, _) if *by == register));
    }

    /// The address of a word on the stack, if it is known and was checked.
    pub(crate) fn address(&self, register: u8, more: u16) -> Option<Value> {
        let found = self.addresses.iter().find(|(by, and, _)| (*by, *and) == (register, more));
        found.map(|(.., at)| *at)
    }

    pub(crate) fn set_address(&mut self, register: u8, more: u16, at: Value) {
        self.addresses.push((register, more, at));
    }

    /// Whether words on the stack are pointers is to be looked at again.
    pub(crate) fn forget_addresses(&mut self) {
        self.addresses.clear();
    }

    /// A limb of a word on the stack at a known place, which is there and is no pointer.
    pub(crate) fn stack(
        &mut self,
        emit: &mut Emit<'_>,
        place: Place,
        base: Value,
        offset: i32,
        k: usize,
    ) -> Limb {
        let clock = self.clock;
        let index = match self.stack.iter().position(|(known, _)| *known == place) {
            Some(index) => index,
            None => {
                self.stack.push((place, Cached::default()));
                self.stack.len() - 1
            }
        };
        self.stack[index].1.limb(emit, k, clock, base, offset + k as i32 * LIMB)
    }

    /// A word on the stack at a known place was written, or would be if anybody could see it.
    pub(crate) fn set_stack(&mut self, place: Place, limbs: &Limbs, is_unseen: bool) {
        // Counted from elsewhere, it may be the same word.
        self.stack.retain(|(known, _)| *known != place && known.is_comparable(place));
        let cached = Cached { limbs: limbs.map(Some), at: self.clock, is_unstored: is_unseen };
        self.stack.push((place, cached));
    }

    /// Some word on the stack was written.
    pub(crate) fn forget_stack(&mut self) {
        self.stack.clear();
    }

    /// The stack pointer is another one.
    pub(crate) fn set_sp(&mut self, sp: Sp) {
        if sp.base != self.sp.base {
            self.stack.retain(|(place, _)| !matches!(place, Place::Relative(_)));
            self.top = None;
        }
        self.sp = sp;
    }

    /// A register holds a number from now on.
    pub(crate) fn is_number(&mut self, registers: u16) {
        self.readable |= registers;
        self.fresh |= registers & !self.numbers;
        self.numbers |= registers;
        self.pointers &= !registers;
    }

    /// A register holds a pointer from now on.
    pub(crate) fn is_pointer(&mut self, registers: u16) {
        self.fresh |= registers & !self.pointers;
        self.pointers |= registers;
        self.numbers &= !registers;
        self.readable &= !registers;
    }

    /// What is a pointer and what is not, the status knows.
    pub(crate) fn forget_tags(&mut self, registers: u16) {
        self.readable &= !registers;
        self.numbers &= !registers;
        self.pointers &= !registers;
    }
}

impl Cached {
    fn limb(
        &mut self,
        emit: &mut Emit<'_>,
        k: usize,
        clock: u32,
        base: Value,
        offset: i32,
    ) -> Limb {
        let is_old = clock - self.at > KEPT && !self.is_unstored;
        self.at = clock;
        if is_old {
            for limb in &mut self.limbs {
                if matches!(limb, Some(Limb::Value(_))) {
                    *limb = None;
                }
            }
        }
        *self.limbs[k].get_or_insert_with(|| emit.load(base, offset))
    }
}
