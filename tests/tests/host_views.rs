//! What hosts of batches ask of the machine: calls of a watched contract, and what was written since a moment.

extern crate alloc;

use alloc::collections::{BTreeMap, BTreeSet};
use eravm_core::{Address, Exit, Limits, Settings, StorageChange, Vm, Word};
use eravm_tests::random::Random;
use eravm_tests::ways::State;
use eravm_tests::world::Host;
use eravm_tests::{generate, ways};

/// Programs of a test.
const PROGRAMS: u64 = 1500;

fn steps(count: u64) -> Limits {
    Limits { instructions: Some(count), ergs: None }
}

/// The code of the frame after each far call that succeeded, in order.
fn callees(vm: &mut Vm, host: &mut Host) -> Vec<Address> {
    let mut callees = Vec::new();
    let mut depth = vm.calling_frames().count();
    while matches!(vm.run_limited(host, steps(1)), Ok(exit) if !exit.is_final()) {
        let now = vm.calling_frames().count();
        if now > depth && !vm.is_panicking() {
            callees.push(*vm.current_frame().code_address);
        }
        depth = now;
    }
    callees
}

#[test]
fn calls_of_the_watched_contract_suspend_and_change_nothing() {
    let (mut seen, mut other) = (0, 0);
    for seed in 0..PROGRAMS {
        let world = generate::structured(seed);
        let prepared = world.prepare();
        let (mut vm, mut host) = prepared.vm();
        let callees = callees(&mut vm, &mut host);
        let (plain, expected) = ways::in_one_go(&prepared);
        let distinct: BTreeSet<_> = callees.iter().copied().collect();
        for watched in distinct {
            let settings = Settings { watched_contract: Some(watched), ..world.settings() };
            let (mut vm, mut host) = prepared.vm_with(settings);
            let mut calls = 0;
            let done = loop {
                match vm.run(&mut host) {
                    Ok(Exit::Called) => {
                        calls += 1;
                        assert_eq!(vm.pc(), 0, "seed {seed}");
                        assert_eq!(*vm.current_frame().code_address, watched, "seed {seed}");
                    }
                    done => break done,
                }
            };
            let count = callees.iter().filter(|&&callee| callee == watched).count();
            assert_eq!(calls, count, "seed {seed}, {watched:?}");
            assert_eq!(done.is_ok(), expected.is_ok(), "seed {seed}");
            let (ours, theirs) = (State::of(&vm), State::of(&plain));
            assert!(ours == theirs, "seed {seed}: {}", ours.differences(&theirs));
            seen += calls;
            other += callees.len() - count;
        }
    }
    assert!(seen > 500 && other > 500, "{seen} calls watched, {other} not");
}

/// What the log of all accesses says was written from an index on, and not taken back.
fn from_log(vm: &Vm, first: usize) -> BTreeMap<(Address, Word), (Word, Word)> {
    let mut slots: BTreeMap<(Address, Word), (Word, Word, usize)> = BTreeMap::new();
    let log = vm.storage_log().get(first..).unwrap_or_default();
    for access in log.iter().filter(|access| access.is_write) {
        let new = (access.read, access.read, 0);
        let slot = slots.entry((access.address, access.key)).or_insert(new);
        if access.is_rollback {
            slot.1 = access.read;
            slot.2 = slot.2.saturating_sub(1);
        } else {
            slot.1 = access.written;
            slot.2 += 1;
        }
    }
    let standing = slots.into_iter().filter(|(_, (.., count))| *count > 0);
    standing.map(|(slot, (before, after, _))| (slot, (before, after))).collect()
}

#[test]
fn changes_since_a_moment_are_those_of_the_log() {
    let mut changed = 0;
    for seed in 0..PROGRAMS {
        let world = generate::structured(seed);
        let prepared = world.prepare();
        let random = &mut Random::new(seed);
        let (mut vm, mut host) = prepared.vm();
        // A moment to come back to: in the first frame, without near calls, as between transactions.
        let _ = vm.run_limited(&mut host, steps(random.below(60)));
        if vm.calling_frames().next().is_some() || vm.near_depth() > 0 {
            continue;
        }
        let (journal, log) = (vm.journal_len(), vm.storage_log().len());
        loop {
            let exit = vm.run_limited(&mut host, steps(1 + random.below(40)));
            // When the first frame fails, everything is taken back, also what was before.
            if !matches!(exit, Ok(exit) if !exit.is_final() || matches!(exit, Exit::Returned(_))) {
                break;
            }
            let changes = vm.storage_changes_since(journal);
            let change = |it: &StorageChange| ((it.address, it.key), (it.before.value, it.after));
            let actual: BTreeMap<_, _> = changes.iter().map(change).collect();
            assert_eq!(actual.len(), changes.len(), "seed {seed}: a slot twice");
            assert_eq!(actual, from_log(&vm, log), "seed {seed}");
            changed += actual.len();
            if exit.is_ok_and(|exit| exit.is_final()) {
                break;
            }
        }
    }
    assert!(changed > 500, "{changed}");
}
