//! How a replay fails.

use super::execute::Way;
use super::transaction_reader::TransactionDataError;
use crate::batch::BatchError;
use crate::pubdata::FormatError;
use eravm_core::asm::disassemble;
use eravm_core::{Address, Program, SetupError, SnapshotError, Stop, VersionedHash, Vm};
use eravm_core::{ProtocolTooOld, Word};
use std::convert::Infallible;
use std::fmt;

/// Instructions shown before and after the one where a replay failed.
const SHOWN_AROUND: u16 = 4;

/// Where a machine is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Instructions done before.
    pub instruction: u64,
    /// Program counter of the next instruction.
    pub pc: u16,
    /// Whose code it is.
    pub code_address: Address,
    /// Near and far frames.
    pub depth: u64,
    /// The code around it, one instruction a line.
    pub code: Vec<String>,
}

impl Place {
    /// Where a machine is now.
    pub fn of(vm: &Vm) -> Self {
        let frame = vm.current_frame();
        Self {
            instruction: vm.instructions(),
            pc: vm.pc(),
            code_address: *frame.code_address,
            depth: vm.call_depth(),
            code: code_around(frame.program, vm.pc()),
        }
    }
}

fn code_around(program: &Program, pc: u16) -> Vec<String> {
    let bytes: Vec<u8> = program.words().iter().flat_map(Word::to_be_bytes).collect();
    let Ok(disassembly) = disassemble(&bytes) else { return Vec::new() };
    let shown = pc.saturating_sub(SHOWN_AROUND)..=pc.saturating_add(SHOWN_AROUND);
    let line = |at| {
        let mark = if at == pc { '>' } else { ' ' };
        Some(format!("{mark} {at:5}  {}", disassembly.instruction(at)?))
    };
    shown.filter_map(line).collect()
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instruction, pc, code_address, depth, code } = self;
        write!(f, "instruction {instruction}, pc {pc} of {code_address:?}, depth {depth}")?;
        code.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

/// Which of the two runs of a replay it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pass {
    /// One instruction at a time, with a tracer.
    Traced,
    /// As fast as possible.
    Fast,
    /// From the transactions, by an executor of batches.
    Executed(Way),
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Traced => "traced",
            Self::Fast => "fast",
            Self::Executed(way) => return fmt::Display::fmt(way, f),
        })
    }
}

/// The first value in which a golden and the machine differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// What differs, as a path in the golden.
    pub what: String,
    /// What the golden says.
    pub expected: String,
    /// What the machine says.
    pub actual: String,
}

/// Why a batch cannot be replayed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FailureKind {
    /// The machine does something else than the golden says.
    Differs(Difference),
    /// The machine stopped.
    Stopped(Stop),
    /// The protocol version is not supported.
    Protocol(ProtocolTooOld),
    /// `zk_evm` is not a version number.
    ReferenceVersion(String),
    /// The machine cannot be made.
    Setup(SetupError),
    /// Code that the golden names is not in the code file.
    MissingCode(VersionedHash),
    /// The golden claims more instructions than a replay does.
    TooManyInstructions(u64),
    /// A word beyond the bootloader's heap is written to.
    BeyondHeap(u32),
    /// A transaction is named that does not exist, begins within another one, or ends without having begun.
    Transactions(usize),
    /// The transaction with this index cannot be read.
    Transaction(usize, Box<TransactionDataError>),
    /// The protocol version does not publish like this.
    PubdataFormat(FormatError),
    /// The executor of the batch could not go on.
    Batch(Box<BatchError<Infallible>>),
    /// A transaction that is nonsense was accepted beside the transaction with this index.
    GarbageAccepted(usize),
    /// The host did something where that makes no sense.
    Unexpected,
    /// The machine is to run on after its end.
    AfterEnd,
    /// A snapshot cannot be made or gone back to.
    Snapshot(SnapshotError),
    /// There are too many snapshots, at a time or for the number of transactions.
    TooManySnapshots,
    /// The storage log names a slot or a value that is not in its table.
    StorageLogIndex(u32),
    /// The trace cannot be read.
    Trace(String),
}

/// Why a batch cannot be replayed, and where that became apparent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Why.
    pub kind: FailureKind,
    /// In which of the two runs.
    pub pass: Pass,
    /// Index of the host's action.
    pub op: Option<usize>,
    /// Where the machine was.
    pub place: Option<Place>,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Differs(Difference { what, expected, actual }) => {
                write!(f, "{what} differs\n  expected {expected}\n  actual   {actual}")
            }
            Self::Stopped(stop) => write!(f, "the machine stopped: {stop}"),
            Self::Protocol(error) => fmt::Display::fmt(error, f),
            Self::ReferenceVersion(text) => write!(f, "zk_evm: {text:.80?} is not a version"),
            Self::Setup(error) => fmt::Display::fmt(error, f),
            Self::MissingCode(hash) => write!(f, "code with hash {hash} is not in the code file"),
            Self::TooManyInstructions(count) => write!(f, "{count} instructions are too many"),
            Self::BeyondHeap(word) => write!(f, "word {word} is beyond the bootloader's heap"),
            Self::Transactions(index) => {
                write!(f, "transaction {index} does not exist, or begins or ends out of order")
            }
            Self::Transaction(index, error) => write!(f, "transaction {index}: {error}"),
            Self::PubdataFormat(error) => fmt::Display::fmt(error, f),
            Self::Batch(error) => fmt::Display::fmt(error, f),
            Self::GarbageAccepted(index) => {
                write!(f, "nonsense beside transaction {index} was accepted")
            }
            Self::Unexpected => f.write_str("the host's script is out of order here"),
            Self::AfterEnd => f.write_str("the machine is to run on after its end"),
            Self::Snapshot(error) => fmt::Display::fmt(error, f),
            Self::TooManySnapshots => f.write_str("too many snapshots"),
            Self::StorageLogIndex(index) => {
                write!(f, "index {index} in the storage log is beyond its table")
            }
            Self::Trace(text) => write!(f, "the trace cannot be read: {text}"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.kind, f)?;
        write!(f, "\n  {} run", self.pass)?;
        if let Some(op) = self.op {
            write!(f, ", host_script[{op}]")?;
        }
        match &self.place {
            Some(place) => write!(f, ", {place}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Difference> for FailureKind {
    fn from(difference: Difference) -> Self {
        Self::Differs(difference)
    }
}

impl From<Stop> for FailureKind {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<SnapshotError> for FailureKind {
    fn from(error: SnapshotError) -> Self {
        Self::Snapshot(error)
    }
}
