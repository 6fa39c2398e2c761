//! How frames end, and what they wait for.

use super::instructions::CallRequest;
use eravm_core::Word;
use revm_interpreter::InstructionResult;

/// Why a frame failed. All its gas is gone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EvmFailure {
    /// Out of gas, or of what gas can pay for.
    OutOfGas,
    /// More memory than a frame may have.
    TooMuchMemory,
    /// An invalid instruction, or one that the fork does not have.
    InvalidInstruction,
    /// A jump to what is no `JUMPDEST`.
    InvalidJump,
    /// Too few words on the stack.
    StackUnderflow,
    /// Too many words on the stack.
    StackOverflow,
    /// A write in a frame that may not write.
    StaticViolation,
    /// Returndata beyond its end.
    OutOfBounds,
    /// The code of a constructor is too long.
    InitCodeTooLong,
}

/// How a frame ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It stopped or returned.
    Returned,
    /// It destroyed itself, which is a way to stop.
    SelfDestructed,
    /// It reverted.
    Reverted,
    /// It failed.
    Failed(EvmFailure),
}

impl Outcome {
    /// Whether what it did stays.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Returned | Self::SelfDestructed)
    }

    /// What the last instruction said.
    pub(super) const fn of(result: InstructionResult) -> Self {
        use InstructionResult as R;
        Self::Failed(match result {
            R::Stop | R::Return => return Self::Returned,
            R::SelfDestruct => return Self::SelfDestructed,
            R::Revert => return Self::Reverted,
            R::MemoryLimitOOG => EvmFailure::TooMuchMemory,
            R::OpcodeNotFound | R::InvalidFEOpcode | R::NotActivated => {
                EvmFailure::InvalidInstruction
            }
            R::InvalidJump => EvmFailure::InvalidJump,
            R::StackUnderflow => EvmFailure::StackUnderflow,
            R::StackOverflow => EvmFailure::StackOverflow,
            R::CallNotAllowedInsideStatic | R::StateChangeDuringStaticCall => {
                EvmFailure::StaticViolation
            }
            R::OutOfOffset => EvmFailure::OutOfBounds,
            R::CreateInitCodeSizeLimit => EvmFailure::InitCodeTooLong,
            _ => EvmFailure::OutOfGas,
        })
    }
}

/// The end of a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// How it ended.
    pub outcome: Outcome,
    /// What it returned or reverted with.
    pub output: Vec<u8>,
    /// Gas that is left.
    pub gas_left: u64,
    /// What storage that was cleared gives back at the end of the transaction; negative if it takes back what was given. Nothing unless
    /// the frame succeeded.
    pub refund: i64,
}

/// A creation that a frame waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreateRequest {
    /// The value of the new contract.
    pub value: Word,
    /// The code of its constructor.
    pub init_code: Vec<u8>,
    /// The salt of `CREATE2`.
    pub salt: Option<Word>,
    /// The constructor's gas, taken from the creator's already.
    pub gas: u64,
}

/// Why a frame does not run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Suspended {
    /// It waits for a call: [`resume_call`](super::Frame::resume_call) goes on.
    Call(CallRequest),
    /// It waits for a creation: [`resume_create`](super::Frame::resume_create) goes on.
    Create(CreateRequest),
    /// It has ended.
    Ended(Ended),
    /// Its gas fell below the floor. Nothing is lost: the next step goes on.
    BelowFloor,
}

/// What came of a call or a creation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubOutcome {
    /// Whether it succeeded.
    pub succeeded: bool,
    /// What the caller has for returndata.
    pub returndata: Vec<u8>,
    /// Gas that is left of what was passed.
    pub gas_left: u64,
    /// See [`Ended::refund`].
    pub refund: i64,
}
