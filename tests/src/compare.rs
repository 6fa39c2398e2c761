//! Both machines side by side.
//!
//! After every instruction all that the next one can depend on is compared: registers with tags, flags,
//! counters, the frame, and the words of memory that the reference wrote. What only one of them may have written
//! is found by comparing whole pages before a frame ends and whenever the call stack changes. At the end, all logs and
//! everything that outlives the run are compared.

use crate::oracle::{self, Cycle, Machine, convert};
use crate::world::{Host, Prepared, World};
use core::fmt;
use eravm_core::isa::Opcode;
use eravm_core::semantics::FatPointer;
use eravm_core::{Exit, Limits, Outcome, RunError, Stop, Vm};
use zk_evm::vm_state::CallStackEntry;

/// How a comparison ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The first frame ended in both.
    Finished(Exit),
    /// As many instructions as asked for were done.
    Limit,
    /// Both refused to go on: the reference by an assertion or an error, ours by a typed stop.
    Refused(Stop),
    /// Ours stopped where it documents that it does not follow the reference.
    Stopped(Stop),
    /// A precompile was asked for more work than a test has time for.
    TooMuchWork,
    /// The reference aborts where ours documents that it goes on: ecrecover with a `v` that is neither 0 nor 1.
    Tolerated,
}

/// What was compared.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Instructions compared.
    pub instructions: u64,
    /// How it ended.
    pub end: End,
    /// How often each opcode was executed, and (last) how many instructions panicked instead.
    pub executed: Executed,
}

/// Counts by opcode.
pub type Executed = [u64; OPCODES + 1];

/// Number of opcodes.
pub const OPCODES: usize = Opcode::Invalid as usize + 1;

/// Where the machines differ.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// Instructions done before the one that differs.
    pub instruction: u64,
    /// The instruction, as text.
    pub text: String,
    /// What differs: name, ours, the reference's.
    pub differences: Vec<String>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "after {} instructions, {}:", self.instruction, self.text)?;
        self.differences.iter().try_for_each(|line| writeln!(f, "    {line}"))
    }
}

/// Runs both machines on a world, at most so many instructions.
///
/// # Errors
/// The first difference.
pub fn lockstep(world: &World, limit: u64) -> Result<Report, Box<Mismatch>> {
    lockstep_prepared(&world.prepare(), limit).map(|(report, _)| report)
}

/// Like [`lockstep`] on a prepared world; also gives our machine back.
///
/// # Errors
/// The first difference.
pub fn lockstep_prepared(
    prepared: &Prepared<'_>,
    limit: u64,
) -> Result<(Report, Vm), Box<Mismatch>> {
    let (vm, host) = prepared.vm();
    let oracle = oracle::machine(prepared.world);
    let initial_ergs = prepared.world.entry.ergs;
    let (differences, executed) = (Vec::new(), [0; OPCODES + 1]);
    let mut pair = Pair { vm, host, oracle, initial_ergs, differences, executed };
    let end = pair.run(limit)?;
    let Pair { vm, executed, .. } = pair;
    Ok((Report { instructions: vm.instructions(), end, executed }, vm))
}

struct Pair {
    vm: Vm,
    host: Host,
    oracle: Machine,
    initial_ergs: u32,
    differences: Vec<String>,
    executed: Executed,
}

impl Pair {
    fn run(&mut self, limit: u64) -> Result<End, Box<Mismatch>> {
        self.compare_all();
        self.result(0, || "the beginning".into())?;
        for done in 0..limit {
            let step = self.vm.next_step();
            let (pc, opcode, outcome) = (step.pc, step.instruction.opcode(), step.outcome);
            let instruction = step.instruction;
            let text = || format!("pc {pc}: {opcode:?} {outcome:?} {instruction:?}");
            let ends = matches!(opcode, Opcode::RetOk | Opcode::RetRevert | Opcode::RetPanic)
                || matches!(outcome, Outcome::Panics(_));
            match outcome {
                Outcome::Executes => self.executed[opcode as usize] += 1,
                Outcome::Panics(_) => self.executed[OPCODES] += 1,
                Outcome::Skips => {}
            }
            if ends {
                self.compare_current_pages();
                self.result(done, text)?;
            }
            let depth = self.oracle.local_state.callstack.depth();
            let theirs = oracle::cycle(&mut self.oracle);
            if theirs == Cycle::TooMuchWork {
                return Ok(End::TooMuchWork);
            }
            let limits = Limits { instructions: Some(1), ergs: None };
            let ours = self.vm.run_limited(&mut self.host, limits);
            match (ours, theirs) {
                (Ok(exit), Cycle::Done) => {
                    let ended = self.oracle.execution_has_ended();
                    self.check("whether the run has ended", exit.is_final(), ended);
                    if ended {
                        self.compare_end(exit);
                        self.result(done, text)?;
                        return Ok(End::Finished(exit));
                    }
                }
                (Err(RunError::Stopped(stop)), Cycle::Aborted(_) | Cycle::Failed) => {
                    return Ok(End::Refused(stop));
                }
                (Ok(_), Cycle::Aborted(message)) if message.contains("v == 0 || v == 1") => {
                    return Ok(End::Tolerated);
                }
                (Err(RunError::Stopped(stop)), Cycle::Done) if is_documented(&stop) => {
                    return Ok(End::Stopped(stop));
                }
                (ours, theirs) => {
                    self.differences.push(format!("result: {ours:?}, reference: {theirs:?}"));
                    self.result(done, text)?;
                }
            }
            if self.oracle.local_state.callstack.depth() == depth {
                self.compare_step();
            } else {
                self.compare_all();
            }
            self.result(done, text)?;
        }
        self.compare_all();
        self.compare_logs();
        self.result(limit, || "the limit".into())?;
        Ok(End::Limit)
    }

    /// Makes a mismatch of the differences, if there are any.
    fn result(&mut self, done: u64, text: impl Fn() -> String) -> Result<(), Box<Mismatch>> {
        if self.differences.is_empty() {
            return Ok(());
        }
        let differences = core::mem::take(&mut self.differences);
        Err(Box::new(Mismatch { instruction: done, text: text(), differences }))
    }

    fn check<T: PartialEq + fmt::Debug>(&mut self, name: &str, ours: T, theirs: T) {
        if ours != theirs {
            self.differences.push(format!("{name}: {ours:x?}, reference: {theirs:x?}"));
        }
    }

    /// What every instruction may change.
    fn compare_step(&mut self) {
        self.compare_registers();
        let state = &self.oracle.local_state;
        let frame = *state.callstack.get_current_stack();
        let counters = [
            i64::from(state.pending_exception),
            i64::from(state.tx_number_in_block),
            i64::from(state.pubdata_revert_counter.0),
            i64::from(state.memory_page_counter),
            i64::from(state.monotonic_cycle_counter),
            state.callstack.depth() as i64,
        ];
        let context = state.context_u128_register;
        let vm = &self.vm;
        let ours = [
            i64::from(vm.is_panicking()),
            i64::from(vm.tx_number()),
            i64::from(vm.pubdata()),
            i64::from(vm.next_base_page()),
            vm.instructions() as i64,
            vm.call_depth() as i64,
        ];
        let (our_context, our_pc, our_sp, our_ergs) =
            (vm.next_context_u128(), vm.pc(), vm.sp(), vm.ergs());
        self.check(
            "[panicking, transaction, pubdata, next page, instructions, depth]",
            ours,
            counters,
        );
        self.check("context register", our_context, context);
        self.check("pc", our_pc, frame.pc);
        self.check("sp", our_sp, frame.sp);
        self.check("ergs", our_ergs, frame.ergs_remaining);
        let bounds = self.vm.current_frame().heap_bounds;
        self.check("heap bounds", bounds, [frame.heap_bound, frame.aux_heap_bound]);
        let logs =
            (self.vm.events().len(), self.vm.l1_messages().len(), self.vm.storage_log().len());
        let (queues, storage) = (&self.oracle.event_sink, &self.oracle.storage);
        let lengths = (queues.events.len(), queues.messages.len(), storage.log.len());
        self.check("lengths of events, messages, storage log", logs, lengths);
        self.compare_written(&frame);
    }

    fn compare_registers(&mut self) {
        for register in 1..16u8 {
            let ours = self.vm.register(register);
            let theirs = self.oracle.local_state.registers[usize::from(register) - 1];
            let theirs = (convert::word(theirs.value), theirs.is_pointer);
            if ours != theirs {
                self.check(&format!("r{register}"), ours, theirs);
            }
        }
        let (ours, theirs) = (self.vm.flags(), self.oracle.local_state.flags);
        self.check(
            "[lt, eq, gt]",
            [ours.lt, ours.eq, ours.gt],
            [theirs.overflow_or_less_than_flag, theirs.equality_flag, theirs.greater_than_flag],
        );
    }

    /// The words that the reference has just written.
    fn compare_written(&mut self, frame: &CallStackEntry) {
        let written = core::mem::take(&mut self.oracle.memory.written);
        let stack = frame.base_memory_page.0 + 1;
        for &(page, index) in &written {
            let (value, tag) = self.oracle.memory.get(page, index);
            let theirs = (convert::word(value), tag);
            let ours = if page == stack {
                self.vm.stack_word(index as u16)
            } else {
                (self.vm.page_word(page, u64::from(index) * 32), false)
            };
            if ours != theirs {
                self.check(&format!("word {index:#x} of page {page}"), ours, theirs);
            }
        }
        self.oracle.memory.written = written;
        self.oracle.memory.written.clear();
    }

    /// The stack and both heaps of the current frame, whole.
    fn compare_current_pages(&mut self) {
        let frame = self.vm.current_frame();
        let base = frame.base_page;
        let ours: Vec<_> = self
            .vm
            .stack_words()
            .into_iter()
            .map(|(index, word, tag)| (u32::from(index), word, tag))
            .collect();
        let theirs = self.oracle.memory.words(base + 1);
        self.check("stack", ours, theirs);
        for page in [base + 2, base + 3] {
            self.compare_page(page);
        }
    }

    fn compare_page(&mut self, page: u32) {
        let words = self.vm.page_words(page);
        let ours: Vec<_> = words.into_iter().map(|(at, word)| (at as u32, word, false)).collect();
        let theirs = self.oracle.memory.words(page);
        if ours != theirs {
            self.check(&format!("page {page}"), ours, theirs);
        }
    }

    /// Everything about the state between two instructions.
    fn compare_all(&mut self) {
        self.compare_step();
        self.compare_frames();
        self.compare_current_pages();
        for page in self.vm.page_numbers() {
            self.compare_page(page);
        }
    }

    fn compare_frames(&mut self) {
        let callstack = &self.oracle.local_state.callstack;
        let below = callstack.inner.iter().skip(1);
        let mut theirs: Vec<CallStackEntry> = Vec::new();
        let mut ergs = 0;
        for entry in below.chain([&callstack.current]) {
            ergs += u64::from(entry.ergs_remaining);
            match theirs.last_mut() {
                Some(far) if entry.is_local_frame => {
                    (far.heap_bound, far.aux_heap_bound) = (entry.heap_bound, entry.aux_heap_bound);
                }
                _ => theirs.push(*entry),
            }
        }
        let view = |frame: eravm_core::FrameView<'_>| {
            (
                (*frame.this_address, *frame.caller, *frame.code_address, frame.exception_handler),
                (frame.base_page, frame.code_page, frame.is_static, frame.is_kernel),
                (frame.shards, frame.context_u128, frame.heap_bounds),
            )
        };
        let theirs: Vec<_> = theirs
            .iter()
            .map(|entry| {
                let [this, caller, code] =
                    [entry.this_address, entry.msg_sender, entry.code_address]
                        .map(convert::address);
                let shards = [entry.this_shard_id, entry.caller_shard_id, entry.code_shard_id];
                let (base, code_page) = (entry.base_memory_page.0, entry.code_page.0);
                (
                    (this, caller, code, entry.exception_handler_location),
                    (base, code_page, entry.is_static, entry.is_kernel_mode()),
                    (shards, entry.context_u128_value, [entry.heap_bound, entry.aux_heap_bound]),
                )
            })
            .collect();
        let mut ours: Vec<_> = self.vm.calling_frames().map(view).collect();
        ours.push(view(self.vm.current_frame()));
        self.check("frames", ours, theirs);
        let total = self.vm.total_ergs();
        self.check("ergs of all frames", total, ergs);
    }

    fn compare_end(&mut self, exit: Exit) {
        self.compare_registers();
        let state = &self.oracle.local_state;
        let kept = u32::MAX - self.initial_ergs;
        let ergs = state.callstack.current.ergs_remaining - kept;
        let (failed, panicked) =
            (self.oracle.storage.last_frame_failed, state.flags.overflow_or_less_than_flag);
        let pubdata = state.pubdata_revert_counter.0;
        let returned = self.oracle.memory.returned.map(|it| convert::word(it.to_u256()));
        let returned = FatPointer::from_word(&returned.unwrap_or_default());
        let theirs = match (failed, panicked) {
            (false, _) => Exit::Returned(returned),
            (true, false) => Exit::Reverted(returned),
            (true, true) => Exit::Panicked,
        };
        self.check("exit", exit, theirs);
        let (our_ergs, our_pubdata) = (self.vm.ergs(), self.vm.pubdata());
        self.check("ergs", our_ergs, ergs);
        self.check("pubdata", our_pubdata, pubdata);
        if returned.length < 1 << 20 {
            let start = returned.start.wrapping_add(returned.offset);
            let length = returned.length - returned.offset;
            let bytes = self.oracle.memory.bytes(returned.page, start, length);
            let ours = self.vm.read_pointer(returned);
            self.check("returned bytes", ours, bytes);
        }
        self.compare_logs();
    }

    /// Logs and storage.
    fn compare_logs(&mut self) {
        let (storage, queues) = (&self.oracle.storage, &self.oracle.event_sink);
        let vm = &self.vm;
        let mut wrong = Vec::new();
        let mut differ =
            |name: &str, same: bool, ours: &dyn fmt::Debug, theirs: &dyn fmt::Debug| {
                if !same {
                    wrong.push(format!("{name}: {ours:x?}, reference: {theirs:x?}"));
                }
            };
        differ("events", vm.events() == queues.events, &vm.events(), &queues.events);
        let messages = vm.l1_messages();
        differ("messages", messages == queues.messages, &messages, &queues.messages);
        differ("storage log", vm.storage_log() == storage.log, &vm.storage_log(), &storage.log);
        let refunds = vm.storage_refunds();
        differ("refunds", refunds == storage.refunds, &refunds, &storage.refunds);
        let costs = vm.pubdata_costs();
        differ("pubdata costs", costs == storage.pubdata_costs, &costs, &storage.pubdata_costs);
        let changes: Vec<_> = vm
            .storage_changes()
            .into_iter()
            .map(|it| ((convert::h160(it.address), convert::u256(it.key)), it.after))
            .collect();
        let theirs = storage.changes();
        differ("storage changes", changes == theirs, &changes, &theirs);
        for ((address, key), value) in storage.transient_values() {
            let ours = vm.transient_value(&convert::address(address), &convert::word(key));
            differ("transient value", ours == value, &ours, &value);
        }
        let used: Vec<_> = vm.used_code().iter().map(|hash| hash.digest()).collect();
        let asked = &self.oracle.decommittment_processor.asked_for;
        differ("used code", used == *asked, &used, asked);
        self.differences.extend(wrong);
    }
}

/// Whether our machine documents that it stops here although the reference goes on.
const fn is_documented(stop: &Stop) -> bool {
    matches!(
        stop,
        Stop::PageFreed(_)
            | Stop::PageNotReadable(_)
            | Stop::PageNotWritable(_)
            | Stop::PrecompileTooMuchWork(_)
            | Stop::MemoryCeiling(_)
    )
}
