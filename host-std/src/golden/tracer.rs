//! What is followed instruction by instruction: the digest, the histogram and the trace.

use super::compare::values;
use super::failure::{Difference, FailureKind};
use super::format::TraceDigest;
use super::value::hex;
use eravm_core::isa::{Dst0, DstMode, Opcode};
use eravm_core::{Outcome, Step, Tracer, Verdict, Vm, Word};
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// What the digest has for the program counter of an instruction that stands in for a panic.
const PANIC_PC: u16 = u16::MAX;
/// Instructions between two checkpoints of the digest.
const CHECKPOINT_EVERY: u64 = 4096;
/// Bytes of a record of a trace.
const RECORD_BYTES: usize = 32;
/// Kinds of instructions.
const KINDS: usize = Opcode::Invalid as usize + 1;

/// Mixes a value into a hash.
const fn mix(hash: u64, value: u64) -> u64 {
    let hash = (hash ^ value).wrapping_mul(0x0100_0000_01b3);
    hash ^ hash >> 32
}

/// Follows a run and compares it.
pub(super) struct Follower<'a> {
    digest: u64,
    count: u64,
    histogram: [u64; KINDS],
    expected: &'a TraceDigest,
    next_checkpoint: usize,
    trace: Option<Box<dyn Read>>,
    /// How far the instruction before moved the stack pointer for its result.
    pushed: u16,
    /// Records of the trace that agreed.
    pub(super) records: u64,
    /// Whether to pause before the first frame's last instruction.
    pub(super) pause_at_end: bool,
    /// Why the run was paused.
    pub(super) failure: Option<FailureKind>,
}

impl<'a> Follower<'a> {
    pub(super) fn new(expected: &'a TraceDigest, trace: Option<&Path>) -> io::Result<Self> {
        let open = |path| -> io::Result<Box<dyn Read>> {
            Ok(Box::new(BufReader::new(GzDecoder::new(BufReader::new(File::open(path)?)))))
        };
        Ok(Self {
            digest: 0,
            count: 0,
            histogram: [0; KINDS],
            expected,
            next_checkpoint: 0,
            trace: trace.map(open).transpose()?,
            pushed: 0,
            records: 0,
            pause_at_end: false,
            failure: None,
        })
    }

    fn follow(&mut self, step: &Step<'_>) -> Result<(), FailureKind> {
        // A frame whose call failed begins with its panic; other panics interrupt a frame.
        let failed_call = step.vm.current_frame().code_page == 0;
        let interrupted = step.vm.is_panicking() && !failed_call;
        let pc = if interrupted { PANIC_PC } else { step.pc };
        // Goldens show the stack pointer of an instruction that failed before the move for its result. Nothing depends on it: the
        // panic leaves the frame.
        let unmoved = if interrupted { self.pushed } else { 0 };
        let sp = step.vm.sp().wrapping_sub(unmoved);
        self.pushed = pushed_by(step);
        let seen = Seen { step, pc, sp, opcode: seen_as(step) };
        self.compare_record(&seen)?;
        let state = u64::from(pc) | u64::from(step.ergs) << 16 | u64::from(sp) << 48;
        self.digest = mix(self.digest, state);
        self.count += 1;
        self.histogram[usize::from(seen.opcode)] += 1;
        self.compare_checkpoint(pc, step.ergs)
    }

    fn compare_checkpoint(&mut self, pc: u16, ergs: u32) -> Result<(), FailureKind> {
        let index = self.next_checkpoint;
        let due = self.count.is_multiple_of(CHECKPOINT_EVERY);
        match self.expected.checkpoints.get(index) {
            Some(&(count, digest, at, gas)) if due => {
                self.next_checkpoint += 1;
                let actual = (self.count, self.digest, pc, ergs);
                let expected = (count, digest.0, at, gas);
                let parts = [
                    (0, expected.0 == actual.0),
                    (2, expected.2 == actual.2),
                    (3, expected.3 == actual.3),
                    (1, expected.1 == actual.1),
                ];
                let show = |(count, digest, pc, gas): (u64, u64, u16, u32)| {
                    format!("[{count}, {digest:#018x}, {pc}, {gas}]")
                };
                match parts.iter().find(|(_, agrees)| !agrees) {
                    None => Ok(()),
                    Some((part, _)) => Err(Difference {
                        what: format!("batch.trace_digest.checkpoints[{index}][{part}]"),
                        expected: format!(
                            "{} after the {CHECKPOINT_EVERY} instructions from {}",
                            show(expected),
                            self.count - CHECKPOINT_EVERY
                        ),
                        actual: show(actual),
                    }
                    .into()),
                }
            }
            _ => Ok(()),
        }
    }

    fn compare_record(&mut self, seen: &Seen<'_>) -> Result<(), FailureKind> {
        let Some(trace) = &mut self.trace else { return Ok(()) };
        let mut record = [0; RECORD_BYTES];
        match read_record(trace, &mut record) {
            Ok(true) => {}
            Ok(false) => {
                self.trace = None;
                return Ok(());
            }
            Err(error) => return Err(FailureKind::Trace(error.to_string())),
        }
        let actual = seen.record();
        let field = FIELDS.iter().find(|(_, at)| record[at.clone()] != actual[at.clone()]);
        if let Some((name, at)) = field {
            // The records are little-endian; people are not.
            let show = |record: &[u8; RECORD_BYTES]| {
                let bytes: Vec<u8> = record[at.clone()].iter().rev().copied().collect();
                hex(&bytes)
            };
            return Err(Difference {
                what: format!("trace[{}].{name}", self.records),
                expected: show(&record),
                actual: show(&actual),
            }
            .into());
        }
        self.records += 1;
        Ok(())
    }

    /// Compares what can be compared at the end only.
    pub(super) fn finish(&self, histogram: &BTreeMap<String, u64>) -> Result<(), FailureKind> {
        let what = |name: &str| format!("batch.trace_digest.{name}");
        values(|| what("every"), &self.expected.every, &CHECKPOINT_EVERY)?;
        let count = (self.count / CHECKPOINT_EVERY) as usize;
        values(|| what("checkpoints.length"), &self.expected.checkpoints.len(), &count)?;
        values(
            || what("final"),
            &Word::from_u64(self.expected.last.0),
            &Word::from_u64(self.digest),
        )?;
        let actual = self.histogram();
        let names = histogram.keys().map(String::as_str).chain(actual.keys().copied());
        for name in names {
            let expected = histogram.get(name).copied().unwrap_or(0);
            let actual = actual.get(name).copied().unwrap_or(0);
            values(|| format!("batch.opcode_histogram.{name:.40}"), &expected, &actual)?;
        }
        Ok(())
    }

    fn histogram(&self) -> BTreeMap<&'static str, u64> {
        let names = NAMES.iter().zip(self.histogram);
        names.filter(|&(_, count)| count != 0).map(|(&name, count)| (name, count)).collect()
    }
}

/// Reads a record; false if there is no other one.
fn read_record(trace: &mut dyn Read, record: &mut [u8; RECORD_BYTES]) -> io::Result<bool> {
    let mut filled = 0;
    while filled < RECORD_BYTES {
        match trace.read(&mut record[filled..])? {
            0 if filled == 0 => return Ok(false),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => filled += more,
        }
    }
    Ok(true)
}

impl Tracer for Follower<'_> {
    fn before(&mut self, step: &Step<'_>) -> Verdict {
        if self.pause_at_end && ends_first_frame(step) {
            self.pause_at_end = false;
            return Verdict::Pause;
        }
        match self.follow(step) {
            Ok(()) => Verdict::Continue,
            Err(failure) => {
                self.failure = Some(failure);
                Verdict::Pause
            }
        }
    }
}

fn ends_first_frame(step: &Step<'_>) -> bool {
    let ends =
        matches!(step.instruction.opcode(), Opcode::RetOk | Opcode::RetRevert | Opcode::RetPanic)
            && step.outcome != Outcome::Skips
            || matches!(step.outcome, Outcome::Panics(_));
    ends && step.vm.call_depth() == 1
}

/// How far an instruction moves the stack pointer for its result.
fn pushed_by(step: &Step<'_>) -> u16 {
    let instruction = step.instruction;
    let variant = instruction.variant();
    let pushes = variant.dst0 == DstMode::StackPush && variant.row.dst0 == Dst0::Any;
    if !pushes || step.outcome != Outcome::Executes {
        return 0;
    }
    step.vm.register(instruction.dst0).0.low_u16().wrapping_add(instruction.imm1)
}

/// What an instruction counts as: those that are skipped do nothing, those that are refused panic.
fn seen_as(step: &Step<'_>) -> u8 {
    match step.outcome {
        Outcome::Executes => step.instruction.opcode() as u8,
        Outcome::Skips => Opcode::Nop as u8,
        Outcome::Panics(_) => Opcode::RetPanic as u8,
    }
}

/// An instruction as traces show it.
struct Seen<'a> {
    step: &'a Step<'a>,
    pc: u16,
    sp: u16,
    opcode: u8,
}

/// The parts of a record and where they are.
const FIELDS: [(&str, std::ops::Range<usize>); 10] = [
    ("pc", 0..2),
    ("opcode", 10..11),
    ("gas", 4..8),
    ("sp", 2..4),
    ("depth", 8..10),
    ("flags", 11..12),
    ("code_address", 12..16),
    ("registers", 16..24),
    ("pubdata", 24..28),
    ("tx_number", 28..32),
];

impl Seen<'_> {
    fn record(&self) -> [u8; RECORD_BYTES] {
        let Self { step, pc, sp, opcode } = self;
        let vm = step.vm;
        let flags = vm.flags();
        let flags = u8::from(flags.lt) | u8::from(flags.eq) << 1 | u8::from(flags.gt) << 2;
        let mut record = [0; RECORD_BYTES];
        let mut put = |at: usize, bytes: &[u8]| {
            record[at..at + bytes.len()].copy_from_slice(bytes);
        };
        put(0, &pc.to_le_bytes());
        put(2, &sp.to_le_bytes());
        put(4, &step.ergs.to_le_bytes());
        put(8, &(vm.call_depth() as u16).to_le_bytes());
        put(10, &[*opcode, flags]);
        put(12, &vm.current_frame().code_address.0[16..]);
        put(16, &registers(vm).to_le_bytes());
        put(24, &vm.pubdata().to_le_bytes());
        put(28, &u32::from(vm.tx_number()).to_le_bytes());
        record
    }
}

/// The hash of r1 to r15. The page in a pointer is left out: it is not observable.
fn registers(vm: &Vm) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for register in 1..16 {
        let (word, is_pointer) = vm.register(register);
        let mut limbs = word.0;
        if is_pointer {
            limbs[0] &= 0xffff_ffff;
        }
        hash = limbs.iter().fold(hash, |hash, &limb| mix(hash, limb));
        hash = mix(hash, u64::from(is_pointer));
    }
    hash
}

/// Names of the kinds in the histogram, in the order of their numbers.
const NAMES: [&str; KINDS] = [
    "nop",
    "add",
    "sub",
    "and",
    "or",
    "xor",
    "shl",
    "shr",
    "rol",
    "ror",
    "mul",
    "div",
    "near_call",
    "far_call",
    "far_call.delegate",
    "far_call.mimic",
    "ret.ok",
    "ret.revert",
    "ret.panic",
    "jump",
    "log.event",
    "log.to_l1",
    "log.decommit",
    "ctx.this",
    "ctx.caller",
    "ctx.code_address",
    "ctx.ergs_left",
    "ctx.sp",
    "ctx.meta",
    "ctx.u128",
    "ctx.set_u128",
    "ctx.inc_tx",
    "ctx.aux_mutating0",
    "log.precompile",
    "heap.ld",
    "heap.st",
    "aux.ld",
    "aux.st",
    "ptr.ld",
    "ptr.add",
    "ptr.sub",
    "ptr.pack",
    "ptr.shrink",
    "log.sload",
    "log.sstore",
    "log.tload",
    "log.tstore",
    "static.ld",
    "static.st",
    "invalid",
];
