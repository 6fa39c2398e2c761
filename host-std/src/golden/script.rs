//! Doing what the host did, and comparing what the machine answers.

use super::assembled::Written;
use super::compare::{bytes, values};
use super::failure::{Difference, Failure, FailureKind, Pass, Place};
use super::format::{Batch, EndKind, Op, Transaction};
use super::hooks::compare_hook;
use super::host::World;
use super::load::{Code, Golden};
use super::machine::{self, HEAP_WORDS};
use super::numbering::Numbering;
use super::results::{self, Effects};
use super::tracer::Follower;
use super::transaction::{self, Heard, Start};
use super::value::Hex;
use super::{Figures, reason};
use crate::batch::Hook;
use eravm_core::semantics::FatPointer;
use eravm_core::{Exit, Limits, RunError, Stop, Vm, Word};

/// The heap word where the bootloader keeps the hash of the transaction.
const TX_HASH_WORD: u32 = 73;
/// What the host writes the refund that it proposes for.
const OPERATOR_REFUND: &str = "operator_refund";
/// Most instructions that a golden may claim.
const MAX_INSTRUCTIONS: u64 = 1 << 32;
/// Instructions to go on for to find out where a run that is longer than it should be ends.
const OVERTIME: u64 = 1 << 24;
/// Most snapshots at a time, and most in a batch beyond one a transaction. Batches have one at a time.
const MAX_SNAPSHOTS: usize = 16;

/// One run of a batch.
struct Replay<'a> {
    batch: &'a Batch,
    code: &'a Code,
    world: World<'a>,
    numbering: Numbering,
    vm: Vm,
    follower: Option<Follower<'a>>,
    /// How many snapshots were made.
    snapshots_made: usize,
    /// Cycles when each snapshot was made.
    snapshots: Vec<u64>,
    /// Instructions that were done and taken back. The reference does not count them as cycles.
    rolled_back: u64,
    /// The transaction that runs.
    current: Option<usize>,
    start: Start,
    heard: Heard,
    /// The words beside the last hook.
    params: [Word; 3],
    /// Whether the last hook said that a transaction was executed, and its success.
    executed: Option<bool>,
    before_end: Option<Effects>,
    written: Written,
    hooks: u64,
}

/// Runs a batch once and compares everything.
pub(super) fn run(golden: &Golden, code: &Code, pass: Pass) -> Result<Figures, Box<Failure>> {
    let failed = |kind| Box::new(Failure { kind, pass, op: None, place: None });
    let mut replay = Replay::new(golden, code, pass).map_err(failed)?;
    for (index, op) in golden.batch.host_script.iter().enumerate() {
        replay.act(op, index).map_err(|kind| {
            Box::new(Failure { kind, pass, op: Some(index), place: Some(Place::of(&replay.vm)) })
        })?;
    }
    replay.finish().map_err(|kind| {
        Box::new(Failure { kind, pass, op: None, place: Some(Place::of(&replay.vm)) })
    })
}

impl<'a> Replay<'a> {
    fn new(golden: &'a Golden, code: &'a Code, pass: Pass) -> Result<Self, FailureKind> {
        let batch = &golden.batch;
        let follower = match pass {
            Pass::Fast | Pass::Executed(_) => None,
            Pass::Traced => {
                let trace = golden.trace.as_deref();
                let follower = Follower::new(&batch.results.trace_digest, trace);
                Some(follower.map_err(|error| FailureKind::Trace(error.to_string()))?)
            }
        };
        let vm = machine::machine(batch, code)?;
        machine::compare_initial(batch, &vm)?;
        Ok(Self {
            batch,
            code,
            world: World::new(batch, code),
            numbering: machine::numbering(batch)?,
            start: Start::of(&vm),
            vm,
            follower,
            snapshots_made: 0,
            snapshots: Vec::new(),
            rolled_back: 0,
            current: None,
            heard: Heard::default(),
            params: [Word::ZERO; 3],
            executed: None,
            before_end: None,
            written: Written::default(),
            hooks: 0,
        })
    }

    fn act(&mut self, op: &Op, index: usize) -> Result<(), FailureKind> {
        match op {
            Op::HeapWrite { reason, words } => self.heap_write(reason, words),
            Op::Hook { .. } => self.hook(op, index),
            Op::SetGas { gas } => {
                self.vm.set_ergs(*gas);
                Ok(())
            }
            Op::ReadHeap { data, page, start } => self.read_heap(index, &data.0, *page, *start),
            Op::MakeSnapshot => {
                self.snapshots_made += 1;
                let transactions = self.batch.transactions.len();
                if self.snapshots.len() == MAX_SNAPSHOTS
                    || self.snapshots_made > MAX_SNAPSHOTS + transactions
                {
                    return Err(FailureKind::TooManySnapshots);
                }
                self.snapshots.push(self.vm.instructions() - self.rolled_back);
                self.written.make_snapshot();
                Ok(self.vm.make_snapshot()?)
            }
            Op::PopSnapshot => {
                self.snapshots.pop();
                self.written.pop_snapshot();
                Ok(self.vm.pop_snapshot()?)
            }
            Op::RollbackToSnapshot => {
                self.vm.rollback()?;
                self.written.rollback();
                let cycles = self.snapshots.pop().unwrap_or(0);
                self.rolled_back = self.vm.instructions() - cycles;
                Ok(())
            }
            Op::StartNewL2Block => Ok(()),
            Op::TxBegin { arg } => self.begin(arg.0),
            Op::TxEnd { arg } => self.end(arg.0),
            Op::FinishBatch => {
                self.restart();
                Ok(())
            }
            Op::RunEnd { kind, gas, icount, output } => {
                self.run_end(index, *kind, *gas, *icount, &output.0)
            }
        }
    }

    fn restart(&mut self) {
        self.start = Start::of(&self.vm);
        self.heard = Heard::default();
    }

    fn begin(&mut self, index: usize) -> Result<(), FailureKind> {
        if self.current.is_some() || index >= self.batch.transactions.len() {
            return Err(FailureKind::Transactions(index));
        }
        self.current = Some(index);
        self.restart();
        Ok(())
    }

    fn end(&mut self, index: usize) -> Result<(), FailureKind> {
        let transaction = self.batch.transactions.get(index);
        let (Some(transaction), true) = (transaction, self.current == Some(index)) else {
            return Err(FailureKind::Transactions(index));
        };
        let what = format!("transactions[{index}]");
        let instructions = self.vm.instructions() - self.start.instructions;
        values(|| format!("{what}.instructions"), &transaction.instructions, &instructions)?;
        values(|| format!("{what}.legacy_cycles"), &transaction.legacy_cycles, &instructions)?;
        let outcome = &transaction.outcome;
        let what = format!("{what}.outcome");
        transaction::compare(&what, outcome, &self.vm, &self.start, &self.heard, self.code)?;
        self.compare_hash(index, transaction)?;
        self.current = None;
        self.restart();
        Ok(())
    }

    fn heap_write(&mut self, reason: &str, words: &[(u32, Hex<Word>)]) -> Result<(), FailureKind> {
        for (index, word) in words {
            if *index >= HEAP_WORDS {
                return Err(FailureKind::BeyondHeap(*index));
            }
            self.vm.write_heap_word(index * 32, &word.0);
        }
        self.written.write(reason, words);
        if let (OPERATOR_REFUND, [(_, refund)]) = (reason, words) {
            self.heard.proposed = refund.0.0[0];
        }
        Ok(())
    }

    /// Runs to the next exit, which should be after `icount` instructions.
    fn run(&mut self, index: usize, icount: u64) -> Result<Exit, FailureKind> {
        if icount > MAX_INSTRUCTIONS {
            return Err(FailureKind::TooManyInstructions(icount));
        }
        if self.vm.ended().is_some() {
            return Err(FailureKind::AfterEnd);
        }
        let exit = match &mut self.follower {
            None => self.vm.run(&mut self.world).map_err(stopped)?,
            Some(_) => self.run_traced(icount)?,
        };
        let exit = if exit == Exit::InstructionLimit {
            let limits = Limits { instructions: Some(OVERTIME), ergs: None };
            self.vm.run_limited(&mut self.world, limits).map_err(stopped)?
        } else {
            exit
        };
        self.heard.ergs = Some(self.vm.ergs());
        let actual = self.vm.instructions();
        values(|| format!("host_script[{index}].icount"), &icount, &actual)?;
        Ok(exit)
    }

    fn run_traced(&mut self, icount: u64) -> Result<Exit, FailureKind> {
        loop {
            let Some(follower) = &mut self.follower else { return Ok(Exit::Paused) };
            let left = icount.saturating_sub(self.vm.instructions());
            let limits = Limits { instructions: Some(left), ergs: None };
            let exit = self.vm.run_traced(&mut self.world, follower, limits).map_err(stopped)?;
            if let Some(failure) = follower.failure.take() {
                return Err(failure);
            }
            if exit != Exit::Paused {
                return Ok(exit);
            }
            self.before_end = Some(Effects::of(&self.vm));
        }
    }

    fn hook(&mut self, op: &Op, index: usize) -> Result<(), FailureKind> {
        let Op::Hook { id, icount, .. } = op else { return Ok(()) };
        let exit = self.run(index, *icount)?;
        let Exit::Hook(value) = exit else {
            return Err(other_exit(index, &format!("hook {id}"), exit));
        };
        let address = self.batch.initial_vm_state.hook_address_bytes;
        self.params = compare_hook(index, op, &self.vm, &value, address, self.numbering)?;
        self.hooks += 1;
        match Hook::from_word(&value) {
            Some(Hook::PostResult) => self.executed = Some(!self.params[0].is_zero()),
            Some(Hook::TxHasEnded) => {
                self.heard.hash = Some(self.vm.heap_word(TX_HASH_WORD * 32));
            }
            Some(Hook::AskOperatorForRefund) => {
                self.heard.pubdata_refunded = Some(self.vm.pubdata());
            }
            Some(Hook::NotifyAboutRefund) => self.heard.refunded = self.params[0].0[0],
            _ => {}
        }
        Ok(())
    }

    /// Compares the hash by which the bootloader knows the transaction that has ended.
    fn compare_hash(&self, index: usize, transaction: &Transaction) -> Result<(), Difference> {
        // A single call or estimation runs another transaction than the one that is written down.
        let Some(hash) = self.heard.hash.filter(|_| self.batch.results.block_tip.is_some()) else {
            return Ok(());
        };
        // It reports transactions from L1 back to L1. Others it hashes itself.
        let bootloader = Hex(self.batch.initial_vm_state.this_address.0);
        let reported = transaction.outcome.user_l2_to_l1_logs.iter().rev();
        let reported = reported.filter(|log| log.sender == bootloader).map(|log| log.key.0).next();
        let actual = reported.unwrap_or(hash);
        values(|| format!("transactions[{index}].hash"), &transaction.hash.0.to_word(), &actual)
    }

    /// Compares what the host read through the pointer of the hook before.
    fn read_heap(
        &mut self,
        index: usize,
        data: &[u8],
        page: u32,
        start: u32,
    ) -> Result<(), FailureKind> {
        let what = |name: &'static str| move || format!("host_script[{index}].{name}");
        let pointer = FatPointer::from_word(&self.params[1]).narrowed();
        values(what("page"), &page, &self.numbering.of(pointer.page))?;
        values(what("start"), &start, &pointer.start)?;
        self.compare_memory(&what("data")(), data, pointer)?;
        if let Some(succeeded) = self.executed.take() {
            self.heard.result = Some(reason::of_execution(succeeded, data));
        }
        Ok(())
    }

    /// Compares the memory that a pointer points to.
    fn compare_memory(
        &self,
        what: &str,
        expected: &[u8],
        pointer: FatPointer,
    ) -> Result<(), Difference> {
        values(|| format!("{what}.length"), &expected.len(), &(pointer.length as usize))?;
        let first = u64::from(pointer.start);
        let read = |at: usize| self.vm.page_word(pointer.page, first + at as u64).to_be_bytes();
        let words = (0..expected.len()).step_by(32);
        let mut actual: Vec<u8> = words.flat_map(read).collect();
        actual.truncate(expected.len());
        bytes(what, expected, &actual)
    }

    fn run_end(
        &mut self,
        index: usize,
        kind: EndKind,
        gas: u32,
        icount: u64,
        output: &[u8],
    ) -> Result<(), FailureKind> {
        if let Some(follower) = &mut self.follower {
            // With a snapshot the host goes back, and nobody sees the state at the end.
            follower.pause_at_end = self.snapshots.is_empty();
        }
        let exit = self.run(index, icount)?;
        let (actual, pointer) = match exit {
            Exit::Returned(pointer) => (EndKind::ProgramFinished, pointer),
            Exit::Reverted(pointer) => (EndKind::Reverted, pointer),
            Exit::Panicked => (EndKind::Panicked, FatPointer::EMPTY),
            exit => return Err(other_exit(index, &format!("{kind:?}"), exit)),
        };
        values(|| format!("host_script[{index}].kind"), &kind, &actual)?;
        values(|| format!("host_script[{index}].gas"), &gas, &self.vm.ergs())?;
        let what = format!("host_script[{index}].output");
        self.compare_memory(&what, output, pointer.narrowed())?;
        self.heard.result = Some(reason::of_end(kind, output, gas));
        Ok(())
    }

    fn finish(&mut self) -> Result<Figures, FailureKind> {
        let results = &self.batch.results;
        let instructions = self.vm.instructions();
        let tip = instructions - self.start.instructions;
        let what = || "batch.block_tip_instructions".to_owned();
        values(what, &results.block_tip_instructions, &tip)?;
        if let Some(outcome) = &results.block_tip {
            let (vm, code) = (&self.vm, self.code);
            transaction::compare("batch.block_tip", outcome, vm, &self.start, &self.heard, code)?;
            self.written.compare(results)?;
        }
        let cycles = instructions - self.rolled_back;
        values(|| "batch.legacy_cycles".to_owned(), &results.legacy_cycles, &cycles)?;
        let before_end = self.before_end.as_ref();
        results::compare(self.batch, &self.world, &self.vm, before_end, instructions)?;
        let mut trace_records = 0;
        if let Some(follower) = &self.follower {
            follower.finish(&results.opcode_histogram)?;
            trace_records = follower.records;
        }
        Ok(Figures {
            instructions,
            transactions: self.batch.transactions.len(),
            hooks: self.hooks,
            storage_accesses: self.vm.storage_log().len(),
            trace_records,
            ..Figures::default()
        })
    }
}

fn other_exit(index: usize, expected: &str, actual: Exit) -> FailureKind {
    let (expected, actual) = (expected.to_owned(), format!("{actual:?}"));
    Difference { what: format!("host_script[{index}].op"), expected, actual }.into()
}

pub(super) fn stopped(error: RunError<std::convert::Infallible>) -> FailureKind {
    let stop: Stop = match error {
        RunError::Host(never) => match never {},
        RunError::Stopped(stop) => stop,
    };
    stop.into()
}
