//! Other ways to run the same program: in one go, cut at random places, traced.
//!
//! Which handlers do an instruction depends on the way a machine is run. What comes out must not.

use crate::random::Random;
use crate::world::{Prepared, World};
use core::convert::Infallible;
use eravm_core::semantics::Flags;
use eravm_core::{
    Event, Exit, Host, L1Message, Limits, RunError, Step, Stop, StorageAccess, StorageChange,
    Tracer, Verdict, VersionedHash, Vm, Word,
};

/// Everything about a machine that can be asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    /// How the first frame ended, if it has.
    pub ended: Option<Exit>,
    /// Instructions done.
    pub instructions: u64,
    registers: Vec<(Word, bool)>,
    /// Those that the first frame ended with. The end clears the others.
    last_registers: [(Word, bool); 15],
    flags: Flags,
    counters: [u64; 8],
    panicking: bool,
    context: u128,
    frames: Vec<String>,
    stack: Vec<(u16, Word, bool)>,
    pages: Vec<(u32, Vec<(u64, Word)>)>,
    events: Vec<Event>,
    messages: Vec<L1Message>,
    log: Vec<StorageAccess>,
    refunds: Vec<u32>,
    costs: Vec<i32>,
    changes: Vec<StorageChange>,
    used: Vec<VersionedHash>,
}

impl State {
    /// The state of a machine. Pages that hold only zeros are as good as none.
    pub fn of(vm: &Vm) -> Self {
        let pages = vm.page_numbers().into_iter().map(|page| (page, vm.page_words(page)));
        let frames = vm.calling_frames().chain([vm.current_frame()]);
        Self {
            ended: vm.ended(),
            instructions: vm.instructions(),
            registers: (1..16).map(|register| vm.register(register)).collect(),
            last_registers: *vm.final_registers(),
            flags: vm.flags(),
            counters: [
                vm.pc().into(),
                vm.sp().into(),
                vm.ergs().into(),
                vm.total_ergs(),
                vm.pubdata() as u64,
                vm.tx_number().into(),
                vm.next_base_page().into(),
                vm.call_depth(),
            ],
            panicking: vm.is_panicking(),
            context: vm.next_context_u128(),
            frames: frames.map(|frame| format!("{frame:?}")).collect(),
            stack: vm.stack_words(),
            pages: pages.filter(|(_, words)| !words.is_empty()).collect(),
            events: vm.events().to_vec(),
            messages: vm.l1_messages().to_vec(),
            log: vm.storage_log().to_vec(),
            refunds: vm.storage_refunds().to_vec(),
            costs: vm.pubdata_costs().to_vec(),
            changes: vm.written_slots(),
            used: vm.used_code(),
        }
    }

    /// The state without what rolling back to a snapshot keeps: the number of instructions, which is never taken back, and the
    /// registers of an end that was.
    #[must_use]
    pub fn without_count(mut self) -> Self {
        self.instructions = 0;
        self.last_registers = [(Word::ZERO, false); 15];
        self
    }

    /// Names of what differs, with both values.
    pub fn differences(&self, other: &Self) -> String {
        let split = |state: &Self| -> Vec<String> {
            format!("{state:#?}").lines().map(ToOwned::to_owned).collect()
        };
        let (ours, theirs) = (split(self), split(other));
        let differing = ours.iter().zip(&theirs).filter(|(a, b)| a != b);
        let lines: Vec<String> =
            differing.take(12).map(|(a, b)| format!("{} / {}", a.trim(), b.trim())).collect();
        if lines.is_empty() {
            return format!("{} and {} lines", ours.len(), theirs.len());
        }
        lines.join("\n    ")
    }
}

/// How a run ended for good.
pub type Finish = Result<Exit, Stop>;

fn finish(result: Result<Exit, RunError<Infallible>>) -> Finish {
    result.map_err(|error| match error {
        RunError::Stopped(stop) => stop,
        RunError::Host(never) => match never {},
    })
}

/// Runs a world in one go.
pub fn in_one_go(prepared: &Prepared<'_>) -> (Vm, Finish) {
    let (mut vm, mut host) = prepared.vm();
    let exit = run(&mut vm, &mut host);
    (vm, exit)
}

/// Runs a machine until its first frame ends.
pub fn run<H: Host<Fault = Infallible>>(vm: &mut Vm, host: &mut H) -> Finish {
    finish(vm.run(host))
}

/// Ergs with which a world's program runs out just before, at and just after each of its first instructions.
pub fn borders(world: &World, instructions: u64) -> Vec<u32> {
    let (mut vm, mut host) = world.prepare().vm();
    let mut ergs = Vec::new();
    for _ in 0..instructions {
        // What was spent so far is what a run needs to come here.
        let spent = u64::from(world.entry.ergs) - vm.total_ergs();
        ergs.extend((spent.saturating_sub(1)..=spent + 1).map(|amount| amount as u32));
        match vm.run_limited(&mut host, Limits { instructions: Some(1), ergs: None }) {
            Ok(exit) if !exit.is_final() => {}
            _ => break,
        }
    }
    ergs.sort_unstable();
    ergs.dedup();
    ergs
}

/// Runs a world cut at random places, by limits of instructions and of ergs, with whole runs between.
pub fn cut(prepared: &Prepared<'_>, random: &mut Random) -> (Vm, Finish) {
    let (mut vm, mut host) = prepared.vm();
    loop {
        let limits = match random.below(8) {
            0 => Limits { instructions: None, ergs: Some(random.below(400) as u32) },
            1 => {
                Limits { instructions: Some(random.below(20)), ergs: Some(random.below(60) as u32) }
            }
            2 => Limits { instructions: Some(random.below(300)), ergs: None },
            3 => Limits { instructions: None, ergs: Some(random.below(200_000) as u32) },
            _ => Limits { instructions: Some(random.below(6)), ergs: None },
        };
        match finish(vm.run_limited(&mut host, limits)) {
            Ok(exit) if !exit.is_final() => {}
            done => return (vm, done),
        }
    }
}

/// A tracer that pauses now and then and counts.
#[derive(Debug)]
struct Watcher<'a> {
    random: &'a mut Random,
    before: u64,
    after: u64,
    paused: bool,
}

impl Tracer for Watcher<'_> {
    const AFTER: bool = true;

    fn before(&mut self, step: &Step<'_>) -> Verdict {
        assert_eq!(step.pc, step.vm.pc(), "the step is the next one");
        if !self.paused && self.random.one_in(50) {
            self.paused = true;
            return Verdict::Pause;
        }
        self.paused = false;
        self.before += 1;
        Verdict::Continue
    }

    fn after(&mut self, _: &Vm) -> Verdict {
        self.after += 1;
        if self.random.one_in(50) { Verdict::Pause } else { Verdict::Continue }
    }
}

/// Runs a world with a tracer that pauses now and then.
///
/// # Panics
/// If the tracer did not see every instruction.
pub fn traced(prepared: &Prepared<'_>, random: &mut Random) -> (Vm, Finish) {
    let (mut vm, mut host) = prepared.vm();
    let mut watcher = Watcher { random, before: 0, after: 0, paused: false };
    loop {
        match finish(vm.run_traced(&mut host, &mut watcher, Limits::default())) {
            Ok(exit) if !exit.is_final() => {}
            done => {
                if done.is_ok() {
                    let seen = (watcher.before, watcher.after);
                    assert_eq!(seen, (vm.instructions(), vm.instructions()), "all are traced");
                }
                return (vm, done);
            }
        }
    }
}
