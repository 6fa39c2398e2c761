//! How runs end.

use crate::precompiles::Precompile;
use crate::semantics::FatPointer;
use crate::versioned_hash::VersionedHash;
use crate::word::Word;
use core::fmt;

/// Why [`Vm::run`](crate::Vm::run) came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// The first frame returned this data.
    Returned(FatPointer),
    /// The first frame reverted with this data; its effects are undone.
    Reverted(FatPointer),
    /// The first frame panicked; its effects are undone.
    Panicked,
    /// The hook address was written to, with this value. Running again goes on after the write.
    Hook(Word),
    /// The limit of instructions was reached. Running again goes on.
    InstructionLimit,
    /// The limit of ergs was exceeded. Running again goes on.
    ErgsLimit,
    /// The tracer asked for a pause. Running again goes on.
    Paused,
    /// The [watched contract](crate::Settings::watched_contract) was called: its frame is there, and its first instruction is
    /// next. Running again goes on.
    Called,
    /// A [native](crate::Program::native) frame was entered, or is back from a call, and waits for the host to do what it does;
    /// see [`Vm::native_point`](crate::Vm::native_point). Running again without that only suspends again.
    Native,
}

impl Exit {
    /// Whether the run is over.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Returned(_) | Self::Reverted(_) | Self::Panicked)
    }
}

/// What ends a run for good without being visible to the program: it cannot be caught, and the machine cannot
/// go on. Rolling back to a snapshot makes it usable again.
///
/// # Where the reference aborts
///
/// The reference machine, crate `zk_evm`, asserts what networks never let happen. This machine has an answer for each:
///
/// | The reference aborts at | This machine |
/// |---|---|
/// | a malformed hash of a base contract, in every cycle | [`SetupError::MalformedBaseContract`] |
/// | `log.decommit` of a zero digest | [`Stop::ZeroCodeDigest`] |
/// | `log.decommit` of code that is in the same heap already | [`Stop::DecommittedTwice`] |
/// | code that the host does not know (an error there) | [`Stop::UnknownCode`] |
/// | `log.precompile` with 2³¹ or more bytes of pubdata; overflow of the counter | [`Stop::PubdataOverflow`] |
/// | a storage write that costs more than 65 bytes | cuts the cost, see [`Storage::write_price`](crate::Storage::write_price) |
/// | ecrecover with a `v` that is neither 0 nor 1 | recovers nothing |
/// | a precompile's word index beyond 2³² − 1 (with overflow checks) | wraps |
/// | a pubdata counter below zero | goes on |
/// | `st.inc` through a register tagged as pointer (with debug assertions) | goes on, as the reference without them |
///
/// The other variants have no counterpart there: it keeps all pages for ever, has no bound on memory or on the work of a
/// precompile, and lets precompiles read stacks and write to code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// More memory is needed than [`Settings::memory_ceiling`](crate::Settings::memory_ceiling) bytes.
    MemoryCeiling(usize),
    /// The host does not know the code with this hash.
    UnknownCode(VersionedHash),
    /// `log.decommit` of a hash whose 28 bytes of digest are zero (the reference asserts).
    ZeroCodeDigest,
    /// `log.decommit` of code that is in the frame's own heap already (the reference asserts).
    DecommittedTwice(VersionedHash),
    /// A precompile that was not built in was called.
    PrecompileNotBuilt(Precompile),
    /// A precompile was asked for more work than is allowed.
    PrecompileTooMuchWork(Precompile),
    /// A precompile was told to read a page by number whose frame has ended and to which no pointer was left.
    PageFreed(u32),
    /// A precompile was told to read the stack page with this number.
    PageNotReadable(u32),
    /// A precompile was told to write to the code or stack page with this number.
    PageNotWritable(u32),
    /// Compiled code entered at this program counter, and the interpreter, came to different ends; see
    /// [`Vm::set_shadow`](crate::Vm::set_shadow).
    #[cfg(feature = "compiled")]
    ShadowMismatch(u16),
    /// `log.precompile` asked for this much pubdata, more than fits the signed counter (the reference asserts), or the counter
    /// overflowed.
    PubdataOverflow(u32),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MemoryCeiling(bytes) => {
                write!(f, "the run needs more than the {bytes} bytes of memory it may take")
            }
            Self::UnknownCode(hash) => write!(f, "code with hash {hash} is unknown to the host"),
            Self::ZeroCodeDigest => f.write_str("decommitment of a hash whose digest is zero"),
            Self::DecommittedTwice(hash) => {
                write!(f, "{hash} is decommitted twice to the same heap")
            }
            Self::PrecompileNotBuilt(which) => {
                write!(f, "precompile {which:?} is called but not built in")
            }
            Self::PrecompileTooMuchWork(which) => {
                write!(f, "precompile {which:?} is called with more input than is allowed")
            }
            Self::PageFreed(page) => write!(f, "page {page} is read by number after it was freed"),
            Self::PageNotReadable(page) => write!(f, "page {page} is a stack, read as memory"),
            Self::PageNotWritable(page) => {
                write!(f, "page {page} is code or a stack, written to as memory")
            }
            #[cfg(feature = "compiled")]
            Self::ShadowMismatch(pc) => {
                write!(
                    f,
                    "compiled code that was entered at program counter {pc} does not do what the \
                     interpreter does; please report it"
                )
            }
            Self::PubdataOverflow(bytes) => {
                write!(f, "{bytes} more bytes overflow the pubdata counter")
            }
        }
    }
}

impl core::error::Error for Stop {}

/// Why a run could not go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunError<F> {
    /// The host failed. The machine is as it was before the instruction that asked.
    Host(F),
    /// The machine stopped.
    Stopped(Stop),
}

impl<F> From<Stop> for RunError<F> {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl<F: fmt::Debug> fmt::Display for RunError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(fault) => write!(f, "the host failed: {fault:?}"),
            Self::Stopped(stop) => fmt::Display::fmt(stop, f),
        }
    }
}

impl<F: fmt::Debug> core::error::Error for RunError<F> {}

/// Why a machine cannot be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetupError {
    /// The default account or the EVM emulator does not have the hash of EraVM code.
    MalformedBaseContract(VersionedHash),
    /// This many bytes of calldata are more than memory allows.
    CalldataTooLong(usize),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedBaseContract(hash) => {
                write!(f, "{hash} of a base contract is not the hash of EraVM code")
            }
            Self::CalldataTooLong(bytes) => write!(f, "{bytes} bytes of calldata are too many"),
        }
    }
}

impl core::error::Error for SetupError {}
