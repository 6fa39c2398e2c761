//! Flags that are computed when somebody asks for them.

use super::emit::Emit;
use super::limbs::{Bit, Limbs};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I32;
use cranelift_codegen::ir::{InstBuilder, Value};
use eravm_core::compiled::View;
use eravm_core::isa::Predicate;

/// The states in which one flag is set.
const LESS: u8 = 1;
const EQUAL: u8 = 2;
const GREATER: u8 = 4;

/// Where the flags are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flags {
    /// In the status word.
    InStatus,
    /// This state, `lt + 2·eq + 4·gt`.
    Known(u8),
    /// The one-hot state, 32 bits.
    State(Value),
    /// Of an addition or a product: `lt` is the carry, `eq` says that the result is zero, `gt` that neither is so.
    Sum { carry: Bit, zero: Zero },
    /// Of a subtraction: the same, but the borrow excludes a zero.
    Difference { borrow: Bit, zero: Zero },
    /// Of a bit operation: `eq` says that the result is zero.
    Zero { zero: Zero },
}

/// Whether a result is zero.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Zero {
    /// As these limbs are.
    Of(Limbs),
    /// A branch has found out.
    Known(bool),
}

impl Flags {
    pub(crate) const NONE: Self = Self::Known(0);
    pub(crate) const LT: Self = Self::Known(LESS);
    pub(crate) const GT: Self = Self::Known(GREATER);

    /// What is known where a predicate was found to hold, or not to.
    #[must_use]
    pub(crate) fn refined(mut self, predicate: Predicate, holds: bool) -> Self {
        let is_zero = match (predicate, holds) {
            (Predicate::Eq, _) => Some(holds),
            (Predicate::Ne, _) => Some(!holds),
            (Predicate::Gt, true) => Some(false),
            _ => None,
        };
        let is_less = match (predicate, holds) {
            (Predicate::Lt, _) => Some(holds),
            (Predicate::Gt, true) => Some(false),
            _ => None,
        };
        if let Self::Sum { zero, .. } | Self::Difference { zero, .. } | Self::Zero { zero } =
            &mut self
            && let Some(is_zero) = is_zero
        {
            *zero = Zero::Known(is_zero);
        }
        if let Self::Sum { carry: less, .. } | Self::Difference { borrow: less, .. } = &mut self
            && let Some(is_less) = is_less
        {
            *less = Bit::Const(is_less);
        }
        self
    }
}

impl Emit<'_> {
    /// Whether a predicate holds.
    pub(crate) fn holds(&mut self, predicate: Predicate, flags: &Flags) -> Bit {
        if predicate == Predicate::Always {
            return Bit::Const(true);
        }
        let (lt, eq, excludes) = match flags {
            Flags::InStatus => {
                let status = self.status();
                return self.holds_in_state(predicate, status);
            }
            Flags::State(state) => return self.holds_in_state(predicate, *state),
            Flags::Known(state) => {
                let holds = predicate.holds(state & 1 != 0, state & 2 != 0, state & 4 != 0);
                return Bit::Const(holds);
            }
            Flags::Sum { carry, zero } => (*carry, zero, false),
            Flags::Difference { borrow, zero } => (*borrow, zero, true),
            Flags::Zero { zero } => {
                return match predicate {
                    Predicate::Gt | Predicate::Lt | Predicate::GtOrLt => Bit::Const(false),
                    Predicate::Ne => self.denies(zero),
                    _ => self.says(zero),
                };
            }
        };
        match predicate {
            Predicate::Always => Bit::Const(true),
            Predicate::Lt => lt,
            Predicate::Eq => self.says(eq),
            Predicate::Ne => self.denies(eq),
            Predicate::Le => {
                let eq = self.says(eq);
                self.either(lt, eq)
            }
            Predicate::Gt => {
                let eq = self.says(eq);
                let le = self.either(lt, eq);
                self.not(le)
            }
            Predicate::Ge => {
                let ge = self.not(lt);
                if excludes {
                    return ge;
                }
                let eq = self.says(eq);
                self.either(ge, eq)
            }
            Predicate::GtOrLt => {
                let ne = self.denies(eq);
                if excludes { ne } else { self.either(ne, lt) }
            }
        }
    }

    fn says(&mut self, zero: &Zero) -> Bit {
        match zero {
            Zero::Of(limbs) => self.is_zero(limbs),
            Zero::Known(known) => Bit::Const(*known),
        }
    }

    /// The opposite.
    fn denies(&mut self, zero: &Zero) -> Bit {
        match zero {
            Zero::Of(limbs) => self.is_not_zero(limbs),
            Zero::Known(known) => Bit::Const(!*known),
        }
    }

    fn holds_in_state(&mut self, predicate: Predicate, state: Value) -> Bit {
        let wrong = self.b.ins().band_imm_u(state, i64::from(View::refusing(predicate)));
        Bit::Value(self.b.ins().icmp_imm_s(IntCC::Equal, wrong, 0))
    }

    /// The one-hot state, 32 bits; `None` if it is in the status.
    pub(crate) fn state(&mut self, flags: &Flags) -> Option<Value> {
        Some(match flags {
            Flags::InStatus => return None,
            Flags::Known(known) => self.one_hot(*known),
            Flags::State(value) => *value,
            Flags::Zero { zero } => {
                let zero = self.says(zero);
                let (then, other) = (self.one_hot(EQUAL), self.one_hot(0));
                self.choose(zero, then, other)
            }
            Flags::Difference { borrow, zero } => {
                let zero = self.says(zero);
                let (unequal, equal) = (self.unequal(*borrow), self.one_hot(EQUAL));
                self.choose(zero, equal, unequal)
            }
            Flags::Sum { carry, zero } => {
                let zero = self.says(zero);
                let unequal = self.unequal(*carry);
                let (both, equal) = (self.one_hot(LESS | EQUAL), self.one_hot(EQUAL));
                let equal = self.choose(*carry, both, equal);
                self.choose(zero, equal, unequal)
            }
        })
    }

    /// The one-hot state of a result that is not zero, 32 bits, by its carry or borrow.
    fn unequal(&mut self, less: Bit) -> Value {
        let (then, other) = (self.one_hot(LESS), self.one_hot(GREATER));
        self.choose(less, then, other)
    }

    fn one_hot(&mut self, state: u8) -> Value {
        self.b.ins().iconst(I32, 1 << state)
    }

    fn choose(&mut self, condition: Bit, then: Value, other: Value) -> Value {
        match condition {
            Bit::Const(true) => then,
            Bit::Const(false) => other,
            Bit::Value(condition) => self.b.ins().select(condition, then, other),
        }
    }
}
