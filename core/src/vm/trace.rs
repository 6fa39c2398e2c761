//! What a tracer sees.

use super::Vm;
use crate::isa::Instruction;
use crate::word::Word;

/// Why an instruction panics instead of being executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It is not an instruction.
    Invalid,
    /// The frame cannot pay its static price; what is left is burned.
    OutOfErgs,
    /// It needs kernel space.
    KernelOnly,
    /// It writes, and the frame is static.
    Static,
    /// The call stack is as deep as it may be.
    CallStackFull,
    /// The instruction before failed; this is its panic.
    Pending,
}

/// What becomes of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is executed.
    Executes,
    /// Its predicate does not hold.
    Skips,
    /// It is replaced by `ret.panic`.
    Panics(Refusal),
}

/// An instruction about to be done.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The machine before it.
    pub vm: &'a Vm,
    /// Where it is.
    pub pc: u16,
    /// What the code says there (`ret.panic` for [`Refusal::Pending`]).
    pub instruction: Instruction,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Ergs of the frame after its static price.
    pub ergs: u32,
    /// First source as the operation sees it, and whether it is a pointer. Zero if it is not executed.
    pub src0: (Word, bool),
    /// Second source, likewise.
    pub src1: (Word, bool),
}

/// Whether to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Go on.
    Continue,
    /// Come back with [`Exit::Paused`](crate::Exit::Paused). From [`Tracer::before`]: without doing the instruction.
    Pause,
}

impl Verdict {
    /// A pause if either is one.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        match self {
            Self::Pause => Self::Pause,
            Self::Continue => other,
        }
    }
}

/// Watches a run. What is not watched costs nothing: a run without tracer does not even ask.
pub trait Tracer {
    /// Whether [`before`](Self::before) is called.
    const BEFORE: bool = true;
    /// Whether [`after`](Self::after) is called.
    const AFTER: bool = false;

    /// Called before every instruction.
    fn before(&mut self, step: &Step<'_>) -> Verdict {
        let _ = step;
        Verdict::Continue
    }

    /// Called after every instruction.
    fn after(&mut self, vm: &Vm) -> Verdict {
        let _ = vm;
        Verdict::Continue
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTracer;

impl Tracer for NoTracer {
    const BEFORE: bool = false;
}

/// Two that watch the same run. It pauses if one of them asks for it.
impl<A: Tracer, B: Tracer> Tracer for (A, B) {
    const BEFORE: bool = A::BEFORE || B::BEFORE;
    const AFTER: bool = A::AFTER || B::AFTER;

    fn before(&mut self, step: &Step<'_>) -> Verdict {
        self.0.before(step).or(self.1.before(step))
    }

    fn after(&mut self, vm: &Vm) -> Verdict {
        self.0.after(vm).or(self.1.after(vm))
    }
}

impl Vm {
    /// What the next instruction is and what will become of it.
    pub fn next_step(&self) -> Step<'_> {
        let plan = self.plan();
        let (src0, src1) = match plan.outcome {
            Outcome::Executes => {
                let operands = self.operands(&plan.instruction);
                (
                    (operands.src0.word, operands.src0.is_pointer),
                    (operands.src1.word, operands.src1.is_pointer),
                )
            }
            Outcome::Skips | Outcome::Panics(_) => ((Word::ZERO, false), (Word::ZERO, false)),
        };
        Step {
            vm: self,
            pc: self.pc,
            instruction: plan.instruction,
            outcome: plan.outcome,
            ergs: plan.ergs,
            src0,
            src1,
        }
    }
}
