//! 256-bit words as four limbs of which some are known, and the arithmetic on them.
//!
//! Most words of real programs are narrow: immediates, offsets, lengths, addresses. What is known of a limb is folded here; Cranelift
//! sees the rest only.

use super::emit::Emit;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I64};
use cranelift_codegen::ir::{InstBuilder, InstructionData, Opcode, Value};
use eravm_core::Word;

/// 64 bits of a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Limb {
    Const(u64),
    /// A 64-bit value.
    Value(Value),
}

/// Four limbs, the least significant first.
pub(crate) type Limbs = [Limb; 4];

pub(crate) const ZERO: Limb = Limb::Const(0);

/// The order in which limbs are loaded.
pub(crate) type Order = [usize; 4];

/// From the lowest up.
pub(crate) const UPWARDS: Order = [0, 1, 2, 3];
/// For sums and differences of which no carry is wanted.
///
/// PERF: Cranelift makes a load part of what computes with it if no other comes between. The limbs of an upper half are taken up from
/// the lower one.
pub(crate) const FOR_SUMS: Order = [0, 1, 3, 2];

/// The limbs of a word, loaded in an order.
pub(crate) fn in_order(order: Order, mut limb: impl FnMut(usize) -> Limb) -> Limbs {
    let mut limbs = [ZERO; 4];
    for k in order {
        limbs[k] = limb(k);
    }
    limbs
}

/// A condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bit {
    Const(bool),
    /// An 8-bit value, 0 or 1.
    Value(Value),
}

pub(crate) const fn constant(word: &Word) -> Limbs {
    let [a, b, c, d] = word.0;
    [Limb::Const(a), Limb::Const(b), Limb::Const(c), Limb::Const(d)]
}

pub(crate) const fn narrow(limb: Limb) -> Limbs {
    [limb, ZERO, ZERO, ZERO]
}

/// The constant behind limbs that are all known.
pub(crate) const fn known(limbs: &Limbs) -> Option<Word> {
    match *limbs {
        [Limb::Const(a), Limb::Const(b), Limb::Const(c), Limb::Const(d)] => {
            Some(Word([a, b, c, d]))
        }
        _ => None,
    }
}

/// Whether a limb may be in the code as it is.
pub(crate) fn is_immediate(limb: u64) -> bool {
    i32::try_from(limb.cast_signed()).is_ok() || u32::try_from(limb).is_ok()
}

/// Whether all limbs but the lowest are known to be zero.
pub(crate) fn is_narrow(limbs: &Limbs) -> bool {
    limbs[1..].iter().all(|&limb| limb == ZERO)
}

/// What is done with half words.
#[derive(Clone, Copy)]
struct Half {
    is_difference: bool,
}

impl Half {
    const SUM: Self = Self { is_difference: false };
    const DIFFERENCE: Self = Self { is_difference: true };
}

impl Emit<'_> {
    /// A 64-bit value.
    ///
    /// Code must not be able to choose what bytes are in executable memory: a constant that is too large for an instruction's
    /// immediate is put together from halves.
    pub(crate) fn value(&mut self, limb: Limb) -> Value {
        match limb {
            Limb::Value(value) => value,
            Limb::Const(number) => self.number(number),
        }
    }

    /// A 64-bit constant.
    pub(crate) fn number(&mut self, number: u64) -> Value {
        if is_immediate(number) {
            return self.b.ins().iconst(I64, number.cast_signed());
        }
        let (high, low) = ((number >> 32) as i64, (number & 0xffff_ffff) as i64);
        let high = self.b.ins().iconst(I64, high);
        let high = self.b.ins().ishl_imm_u(high, 32);
        if low == 0 {
            return high;
        }
        let low = self.b.ins().iconst(I64, low);
        self.b.ins().bor(high, low)
    }

    /// An 8-bit value.
    pub(crate) fn bit(&mut self, bit: Bit) -> Value {
        match bit {
            Bit::Value(value) => value,
            Bit::Const(bit) => self.b.ins().iconst(I8, i64::from(bit)),
        }
    }

    pub(crate) fn not(&mut self, bit: Bit) -> Bit {
        match bit {
            Bit::Const(bit) => Bit::Const(!bit),
            Bit::Value(value) => Bit::Value(self.b.ins().bxor_imm_u(value, 1)),
        }
    }

    pub(crate) fn either(&mut self, a: Bit, b: Bit) -> Bit {
        match (a, b) {
            (Bit::Const(true), _) | (_, Bit::Const(true)) => Bit::Const(true),
            (Bit::Const(false), other) | (other, Bit::Const(false)) => other,
            (Bit::Value(a), Bit::Value(b)) => Bit::Value(self.b.ins().bor(a, b)),
        }
    }

    pub(crate) fn both(&mut self, a: Bit, b: Bit) -> Bit {
        match (a, b) {
            (Bit::Const(false), _) | (_, Bit::Const(false)) => Bit::Const(false),
            (Bit::Const(true), other) | (other, Bit::Const(true)) => other,
            (Bit::Value(a), Bit::Value(b)) => Bit::Value(self.b.ins().band(a, b)),
        }
    }

    /// A bit as the number 0 or 1.
    pub(crate) fn limb_of_bit(&mut self, bit: Bit) -> Limb {
        match bit {
            Bit::Const(bit) => Limb::Const(u64::from(bit)),
            Bit::Value(value) => Limb::Value(self.b.ins().uextend(I64, value)),
        }
    }

    /// The operands of an operation that does not mind their order.
    ///
    /// PERF: Cranelift makes a load part of such an operation if that is the first operand.
    fn load_first(&mut self, a: Limb, b: Limb) -> (Value, Value) {
        let second_only = self.is_load(b) && !self.is_load(a);
        let (a, b) = if second_only { (b, a) } else { (a, b) };
        (self.value(a), self.value(b))
    }

    fn is_load(&self, limb: Limb) -> bool {
        let Limb::Value(value) = limb else { return false };
        let dfg = &self.b.func.dfg;
        let inst = dfg.value_def(value).inst();
        inst.is_some_and(|inst| dfg.insts[inst].opcode() == Opcode::Load)
    }

    pub(crate) fn or(&mut self, a: Limb, b: Limb) -> Limb {
        match (a, b) {
            (Limb::Const(a), Limb::Const(b)) => Limb::Const(a | b),
            (ZERO, other) | (other, ZERO) => other,
            (Limb::Const(u64::MAX), _) | (_, Limb::Const(u64::MAX)) => Limb::Const(u64::MAX),
            (a, b) if a == b => a,
            (a, b) => {
                let (a, b) = self.load_first(a, b);
                Limb::Value(self.b.ins().bor(a, b))
            }
        }
    }

    pub(crate) fn and(&mut self, a: Limb, b: Limb) -> Limb {
        match (a, b) {
            (Limb::Const(a), Limb::Const(b)) => Limb::Const(a & b),
            (ZERO, _) | (_, ZERO) => ZERO,
            (Limb::Const(u64::MAX), other) | (other, Limb::Const(u64::MAX)) => other,
            (a, b) if a == b => a,
            (a, b) => {
                let (a, b) = self.load_first(a, b);
                Limb::Value(self.b.ins().band(a, b))
            }
        }
    }

    pub(crate) fn xor(&mut self, a: Limb, b: Limb) -> Limb {
        match (a, b) {
            (Limb::Const(a), Limb::Const(b)) => Limb::Const(a ^ b),
            (ZERO, other) | (other, ZERO) => other,
            (a, b) if a == b => ZERO,
            (a, b) => {
                let (a, b) = self.load_first(a, b);
                Limb::Value(self.b.ins().bxor(a, b))
            }
        }
    }

    /// Whether all limbs are zero.
    pub(crate) fn is_zero(&mut self, limbs: &[Limb]) -> Bit {
        match self.any_of(limbs) {
            Limb::Const(any) => Bit::Const(any == 0),
            Limb::Value(any) => Bit::Value(self.b.ins().icmp_imm_s(IntCC::Equal, any, 0)),
        }
    }

    /// Whether not all limbs are zero.
    ///
    /// PERF: a comparison of its own, which a branch makes part of itself.
    pub(crate) fn is_not_zero(&mut self, limbs: &[Limb]) -> Bit {
        match self.any_of(limbs) {
            Limb::Const(any) => Bit::Const(any != 0),
            Limb::Value(any) => Bit::Value(self.b.ins().icmp_imm_s(IntCC::NotEqual, any, 0)),
        }
    }

    /// The bits that any of some limbs has.
    fn any_of(&mut self, limbs: &[Limb]) -> Limb {
        limbs.iter().fold(ZERO, |any, &limb| self.or(any, limb))
    }

    /// `a + b`, and the carry if that is asked for.
    ///
    /// PERF: Cranelift has no chain of additions longer than two limbs. Halves that are added at the same time and a carry that is added
    /// to the upper one afterwards take as many instructions as a chain put together from pieces, and half the time.
    pub(crate) fn add(&mut self, a: &Limbs, b: &Limbs, wants_carry: bool) -> (Limbs, Bit) {
        let (low, carry) = self.half(Half::SUM, [a[0], a[1]], [b[0], b[1]], true);
        let (high, over) = self.half(Half::SUM, [a[2], a[3]], [b[2], b[3]], wants_carry);
        let carry = self.limb_of_bit(carry);
        let (high, over_again) = self.half(Half::SUM, high, [carry, ZERO], wants_carry);
        let carry = self.either(over, over_again);
        ([low[0], low[1], high[0], high[1]], carry)
    }

    /// `a − b`, and the borrow if that is asked for.
    pub(crate) fn sub(&mut self, a: &Limbs, b: &Limbs, wants_borrow: bool) -> (Limbs, Bit) {
        let (low, borrow) = self.half(Half::DIFFERENCE, [a[0], a[1]], [b[0], b[1]], true);
        let (high, under) = self.half(Half::DIFFERENCE, [a[2], a[3]], [b[2], b[3]], wants_borrow);
        let borrow = self.limb_of_bit(borrow);
        let (high, under_again) = self.half(Half::DIFFERENCE, high, [borrow, ZERO], wants_borrow);
        let borrow = self.either(under, under_again);
        ([low[0], low[1], high[0], high[1]], borrow)
    }

    /// The sum or the difference of half words, and the carry or borrow if that is asked for.
    fn half(
        &mut self,
        op: Half,
        a: [Limb; 2],
        b: [Limb; 2],
        wants_carry: bool,
    ) -> ([Limb; 2], Bit) {
        const NONE: Bit = Bit::Const(false);
        if b == [ZERO; 2] {
            return (a, NONE);
        }
        if a == [ZERO; 2] && !op.is_difference {
            return (b, NONE);
        }
        if let ([Limb::Const(a0), Limb::Const(a1)], [Limb::Const(b0), Limb::Const(b1)]) = (a, b) {
            let join = |low, high| u128::from(low) | u128::from(high) << 64;
            let (a, b) = (join(a0, a1), join(b0, b1));
            let (result, carry) =
                if op.is_difference { a.overflowing_sub(b) } else { a.overflowing_add(b) };
            let result = [result as u64, (result >> 64) as u64].map(Limb::Const);
            return (result, Bit::Const(carry));
        }
        if a[1] == ZERO && b[1] == ZERO && !op.is_difference {
            // The carry is the upper limb.
            let (a, b) = (self.value(a[0]), self.value(b[0]));
            let (sum, carry) = self.b.ins().uadd_overflow(a, b);
            let carry = self.limb_of_bit(Bit::Value(carry));
            return ([Limb::Value(sum), carry], NONE);
        }
        // PERF: of sums of half words, loads of the second are made part of.
        let is_loaded = |half: [Limb; 2]| half.iter().any(|&limb| self.is_load(limb));
        let (a, b) =
            if !op.is_difference && is_loaded(a) && !is_loaded(b) { (b, a) } else { (a, b) };
        let mut join = |[low, high]: [Limb; 2]| {
            let (low, high) = (self.value(low), self.value(high));
            self.b.ins().iconcat(low, high)
        };
        let (a, b) = (join(a), join(b));
        let (result, carry) = match (op.is_difference, wants_carry) {
            (false, false) => (self.b.ins().iadd(a, b), NONE),
            (true, false) => (self.b.ins().isub(a, b), NONE),
            (false, true) => {
                let (sum, carry) = self.b.ins().uadd_overflow(a, b);
                (sum, Bit::Value(carry))
            }
            (true, true) => {
                let (difference, borrow) = self.b.ins().usub_overflow(a, b);
                (difference, Bit::Value(borrow))
            }
        };
        let (low, high) = self.b.ins().isplit(result);
        ([Limb::Value(low), Limb::Value(high)], carry)
    }

    /// No more than this is in a value, as far as the instruction shows that computes it.
    pub(crate) fn most(&self, value: Value) -> u64 {
        let dfg = &self.b.func.dfg;
        let Some(inst) = dfg.value_def(value).inst() else { return u64::MAX };
        let &[_, by] = dfg.inst_args(inst) else { return u64::MAX };
        let by = dfg.value_def(by).inst().map(|by| dfg.insts[by]);
        match (dfg.insts[inst].opcode(), by) {
            (Opcode::Ushr, Some(InstructionData::UnaryImm { opcode: Opcode::Iconst, imm })) => {
                u64::MAX >> (imm.bits() & 63)
            }
            _ => u64::MAX,
        }
    }

    /// The condition that a condition is the negation of, as [`not`](Self::not) makes it.
    pub(crate) fn negated(&self, condition: Value) -> Option<Value> {
        let dfg = &self.b.func.dfg;
        let inst = dfg.value_def(condition).inst()?;
        let &[of, by] = dfg.inst_args(inst) else { return None };
        let by = dfg.insts[dfg.value_def(by).inst()?];
        let is_one = matches!(by, InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } if imm.bits() == 1);
        let is_negation = dfg.insts[inst].opcode() == Opcode::Bxor && dfg.value_type(of) == I8;
        (is_negation && is_one).then_some(of)
    }

    /// The upper limb of two neighbours that are shifted left together, by less than 64 bits.
    fn funnel_left(&mut self, high: Limb, low: Limb, bits: u32) -> Limb {
        if bits == 0 {
            return high;
        }
        let high = self.shift_limb(high, bits, true);
        let low = self.shift_limb(low, 64 - bits, false);
        self.join(high, low)
    }

    /// Two limbs without common bits, as one.
    ///
    /// PERF: a sum, because Cranelift makes a double shift of an `or` of two shifts, which is six operations on AMD's processors.
    pub(crate) fn join(&mut self, a: Limb, b: Limb) -> Limb {
        match (a, b) {
            (Limb::Value(a), Limb::Value(b)) => Limb::Value(self.b.ins().iadd(a, b)),
            (a, b) => self.or(a, b),
        }
    }

    fn shift_limb(&mut self, limb: Limb, bits: u32, is_left: bool) -> Limb {
        match limb {
            limb if bits == 0 => limb,
            Limb::Const(limb) if is_left => Limb::Const(limb << bits),
            Limb::Const(limb) => Limb::Const(limb >> bits),
            Limb::Value(limb) if is_left => {
                Limb::Value(self.b.ins().ishl_imm_u(limb, i64::from(bits)))
            }
            Limb::Value(limb) => Limb::Value(self.b.ins().ushr_imm_u(limb, i64::from(bits))),
        }
    }

    /// `a << by`.
    pub(crate) fn shl(&mut self, a: &Limbs, by: u8) -> Limbs {
        let (whole, bits) = (usize::from(by / 64), u32::from(by % 64));
        core::array::from_fn(|k| {
            let limb = |index: Option<usize>| index.map_or(ZERO, |index| a[index]);
            let (high, low) = (k.checked_sub(whole), k.checked_sub(whole + 1));
            self.funnel_left(limb(high), limb(low), bits)
        })
    }

    /// `a >> by`.
    pub(crate) fn shr(&mut self, a: &Limbs, by: u8) -> Limbs {
        let (whole, bits) = (usize::from(by / 64), u32::from(by % 64));
        core::array::from_fn(|k| {
            let limb = |index: usize| a.get(index).copied().unwrap_or(ZERO);
            if bits == 0 {
                return limb(k + whole);
            }
            let low = self.shift_limb(limb(k + whole), bits, false);
            let high = self.shift_limb(limb(k + whole + 1), 64 - bits, true);
            self.join(low, high)
        })
    }

    /// `a` rotated left.
    pub(crate) fn rol(&mut self, a: &Limbs, by: u8) -> Limbs {
        let (whole, bits) = (usize::from(by / 64), u32::from(by % 64));
        core::array::from_fn(|k| {
            let limb = |index: usize| a[(index + 8 - whole) % 4];
            self.funnel_left(limb(k), limb(k + 3), bits)
        })
    }

    /// The product of two limbs.
    pub(crate) fn mul_limbs(&mut self, a: Limb, b: Limb) -> (Limb, Limb) {
        if let (Limb::Const(a), Limb::Const(b)) = (a, b) {
            let (low, high) = a.carrying_mul(b, 0);
            return (Limb::Const(low), Limb::Const(high));
        }
        if a == ZERO || b == ZERO {
            return (ZERO, ZERO);
        }
        let (a, b) = (self.value(a), self.value(b));
        (Limb::Value(self.b.ins().imul(a, b)), Limb::Value(self.b.ins().umulhi(a, b)))
    }

    /// One of two limbs.
    pub(crate) fn select(&mut self, condition: Value, then: Limb, other: Limb) -> Limb {
        if then == other {
            return then;
        }
        let (then, other) = (self.value(then), self.value(other));
        Limb::Value(self.b.ins().select(condition, then, other))
    }

    /// The lowest 16 bits of a limb and an immediate: what all addresses of words are made of.
    pub(crate) fn address(&mut self, base: Limb, immediate: u16) -> Limb {
        match base {
            Limb::Const(base) => Limb::Const(u64::from((base as u16).wrapping_add(immediate))),
            Limb::Value(base) => {
                let sum = self.b.ins().iadd_imm_s(base, i64::from(immediate));
                Limb::Value(self.b.ins().band_imm_u(sum, 0xffff))
            }
        }
    }
}
