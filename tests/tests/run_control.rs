//! Runs that stop and go on, and machines that go back.

use eravm_core::isa::{DstMode, Modifier, Opcode, Predicate, SrcMode};
use eravm_core::{Exit, Limits, RunError, Settings, SnapshotError, Stop, Vm, Word};
use eravm_tests::generate;
use eravm_tests::generate::builder::{Builder, Dst, Src};
use eravm_tests::random::Random;
use eravm_tests::ways::State;
use eravm_tests::world::{Busy, Code, Host, Prepared, Unreliable, World};
use eravm_tests::{case, ways};

/// Programs of a test.
const PROGRAMS: u64 = 1500;

fn steps(count: u64) -> Limits {
    Limits { instructions: Some(count), ergs: None }
}

/// Calls `visit` with a machine and its host somewhere in the first frame of many programs, and with what comes out of
/// the program if nothing is done.
fn somewhere(visit: impl Fn(&mut Vm, &mut Host, &Prepared<'_>, &mut Random)) {
    for seed in 0..PROGRAMS {
        let world = generate::structured(seed);
        let prepared = world.prepare();
        let random = &mut Random::new(seed);
        let (mut vm, mut host) = prepared.vm();
        let _ = vm.run_limited(&mut host, steps(random.below(60)));
        visit(&mut vm, &mut host, &prepared, random);
    }
}

/// Makes a snapshot, some instructions further on if the machine is in a far call now.
fn snapshot(vm: &mut Vm, host: &mut Host) -> bool {
    for _ in 0..200 {
        match vm.make_snapshot() {
            Ok(()) => return true,
            Err(error) => assert_eq!(error, SnapshotError::InFarCall),
        }
        if !matches!(vm.run_limited(host, steps(1)), Ok(exit) if !exit.is_final()) {
            break;
        }
    }
    vm.make_snapshot().is_ok()
}

fn same(seed: &str, ours: &State, theirs: &State) {
    assert!(ours == theirs, "{seed}: {}", ours.differences(theirs));
}

#[test]
fn a_limit_of_instructions_is_exact() {
    for seed in 0..PROGRAMS {
        let world = generate::structured(seed);
        let prepared = world.prepare();
        let (mut vm, mut host) = prepared.vm();
        for count in [0, 1, 7, 30] {
            let before = vm.instructions();
            if vm.run_limited(&mut host, steps(count)) != Ok(Exit::InstructionLimit) {
                break;
            }
            assert_eq!(vm.instructions() - before, count);
        }
    }
}

#[test]
fn a_limit_of_ergs_ends_with_the_instruction_that_exceeds_it() {
    for seed in 0..PROGRAMS {
        let world = generate::structured(seed);
        let prepared = world.prepare();
        let (mut vm, mut host) = prepared.vm();
        let limit = 100 + seed as u32;
        let exit = vm.run_limited(&mut host, Limits { instructions: None, ergs: Some(limit) });
        if exit != Ok(Exit::ErgsLimit) {
            continue;
        }
        let spent = u64::from(world.entry.ergs) - vm.total_ergs();
        assert!(spent > limit.into());
        let count = vm.instructions();
        let (mut shorter, mut host) = prepared.vm();
        let _ = shorter.run_limited(&mut host, steps(count - 1));
        assert!(u64::from(world.entry.ergs) - shorter.total_ergs() <= limit.into());
    }
}

/// A program that writes to the hook address three times: plainly, with increment, and from a near call.
fn hooked() -> World {
    let mut code = Builder::default();
    let nowhere = (Dst::Reg(0), 0);
    let (function, end) = (code.label(), code.label());
    code.load(2, Word::from_u64(0x1000));
    code.load(3, Word::from_u64(11));
    code.load(4, Word::from_u64(12));
    code.op(Opcode::HeapWrite, &[], (Src::Reg(2), 3), nowhere);
    code.op(Opcode::AuxHeapWrite, &[], (Src::Reg(2), 3), nowhere);
    code.op(Opcode::HeapWrite, &[Modifier::Increment], (Src::Reg(2), 4), (Dst::Reg(5), 0));
    code.op(Opcode::HeapWrite, &[], (Src::Reg(5), 4), nowhere);
    code.op(Opcode::NearCall, &[], (Src::Reg(0), 0), nowhere);
    code.imm0(function);
    code.imm1(end);
    code.place(end);
    code.op(Opcode::RetOk, &[], (Src::Reg(0), 0), nowhere);
    code.place(function);
    code.op(Opcode::HeapWrite, &[], (Src::Imm(0x1000), 5), nowhere);
    code.op(Opcode::RetOk, &[], (Src::Reg(0), 0), nowhere);
    let mut world = case::read("").expect("the empty case is a world");
    world.entry.address = eravm_core::system_address(0x8001);
    world.entry.heap_stipend = u32::MAX;
    world.entry.code = code.finish();
    world
}

#[test]
fn writes_to_the_hook_address_suspend_the_run() {
    let world = hooked();
    let prepared = world.prepare();
    let settings = Settings { hook_address: Some(0x1000), ..world.settings() };
    let values = [11, 12, 0x1020].map(Word::from_u64);
    for limits in [Limits::default(), Limits { instructions: Some(1000), ergs: None }] {
        let (mut vm, mut host) = prepared.vm_with(settings);
        for value in values {
            assert_eq!(vm.run_limited(&mut host, limits), Ok(Exit::Hook(value)));
            assert_eq!(vm.heap_word(0x1000), value, "the write is done");
        }
        assert!(vm.run_limited(&mut host, limits).is_ok_and(|exit| exit.is_final()));
        let unobserved = State::of(&ways::in_one_go(&prepared).0);
        same("hooked", &State::of(&vm), &unobserved);
    }
}

#[test]
fn a_hook_does_not_change_what_comes_out() {
    for seed in 0..PROGRAMS {
        let world = generate::structured(seed);
        let prepared = world.prepare();
        let (expected, finish) = ways::in_one_go(&prepared);
        for address in [0, 32, 4096 - 32, 64] {
            let settings = Settings { hook_address: Some(address), ..world.settings() };
            let (mut vm, mut host) = prepared.vm_with(settings);
            let done = loop {
                match vm.run(&mut host) {
                    Ok(Exit::Hook(_)) => {}
                    done => break done,
                }
            };
            assert_eq!(done.is_ok(), finish.is_ok(), "seed {seed}");
            if finish.is_ok() {
                same(&format!("seed {seed}"), &State::of(&vm), &State::of(&expected));
            }
        }
    }
}

#[test]
fn rolling_back_restores_everything() {
    somewhere(|vm, host, prepared, random| {
        if !snapshot(vm, host) {
            return;
        }
        let before = State::of(vm).without_count();
        let _ = vm.run_limited(host, steps(random.below(300)));
        vm.rollback().expect("there is a snapshot");
        same("after rolling back", &State::of(vm).without_count(), &before);
        // It goes on as if nothing had happened.
        let again = vm.run(host);
        let (expected, finish) = ways::in_one_go(prepared);
        assert_eq!(again.is_ok(), finish.is_ok());
        if finish.is_ok() {
            let (ours, theirs) = (State::of(vm), State::of(&expected));
            same("at the end", &ours.without_count(), &theirs.without_count());
        }
    });
}

#[test]
fn forgetting_a_snapshot_changes_nothing() {
    somewhere(|vm, host, prepared, random| {
        if !snapshot(vm, host) {
            return;
        }
        let _ = vm.run_limited(host, steps(random.below(100)));
        vm.pop_snapshot().expect("there is a snapshot");
        let done = vm.run(host);
        let (expected, finish) = ways::in_one_go(prepared);
        assert_eq!(done.is_ok(), finish.is_ok());
        if finish.is_ok() {
            same("at the end", &State::of(vm), &State::of(&expected));
        }
    });
}

#[test]
fn snapshots_nest() {
    somewhere(|vm, host, prepared, random| {
        // A stack of snapshots, each with the state it must restore.
        let mut expected = Vec::new();
        for _ in 0..12 {
            match random.below(4) {
                0 | 1 => {
                    if snapshot(vm, host) {
                        expected.push(State::of(vm).without_count());
                    }
                }
                2 if expected.len() > 1 => {
                    expected.pop();
                    vm.pop_snapshot().expect("there is a snapshot");
                }
                _ => {
                    if let Some(state) = expected.pop() {
                        vm.rollback().expect("there is a snapshot");
                        same("after rolling back", &State::of(vm).without_count(), &state);
                    }
                }
            }
            let _ = vm.run_limited(host, steps(random.below(60)));
        }
        while let Some(state) = expected.pop() {
            vm.rollback().expect("there is a snapshot");
            same("after rolling back", &State::of(vm).without_count(), &state);
        }
        assert_eq!(vm.rollback(), Err(SnapshotError::NoSnapshot));
        let again = vm.run(host);
        let (end, finish) = ways::in_one_go(prepared);
        assert_eq!(again.is_ok(), finish.is_ok());
        if finish.is_ok() {
            same("at the end", &State::of(vm).without_count(), &State::of(&end).without_count());
        }
    });
}

#[test]
fn a_fault_of_the_host_leaves_no_trace() {
    let mut faults = 0;
    for seed in 0..PROGRAMS {
        let world = generate::structured(seed);
        let prepared = world.prepare();
        let (vm, expected) = ways::in_one_go(&prepared);
        let (mut ours, host) = prepared.vm();
        let mut host = Unreliable { host, random: &mut Random::new(seed), faults: 0 };
        let done = loop {
            match ours.run(&mut host) {
                Err(RunError::Host(Busy)) => {}
                done => break done,
            }
        };
        faults += host.faults;
        assert_eq!(done.is_ok(), expected.is_ok(), "seed {seed}");
        if expected.is_ok() {
            same(&format!("seed {seed}"), &State::of(&ours), &State::of(&vm));
        }
    }
    assert!(faults > PROGRAMS, "{faults}");
}

/// Keccak's contract calls one that returns memory forty times, keeps no pointer, and then reads the first page returned.
fn forgetful() -> World {
    let nowhere = (Dst::Reg(0), 0);
    let counter =
        (Src::Mode(SrcMode::StackAbsolute, 0, 1), Dst::Mode(DstMode::StackAbsolute, 0, 1));
    let mut world = case::read("").expect("the empty case is a world");
    let mut user = eravm_core::system_address(1);
    user.0[17] = 1;
    let mut code = Builder::default();
    code.op(Opcode::Add, &[], (Src::Imm(40), 0), (counter.1, 0));
    let (top, after) = (code.label(), code.label());
    code.place(top);
    code.load(2, Word([0, 0, 0, 1000]));
    code.load(3, Word::from_address(&user));
    code.op(Opcode::FarCall, &[], (Src::Reg(2), 3), nowhere);
    code.imm0(after);
    code.place(after);
    code.op(Opcode::Add, &[], (Src::Imm(1), 0), (Dst::Reg(4), 0));
    code.op(Opcode::Sub, &[Modifier::SetFlags], (counter.0, 4), (counter.1, 0));
    code.op(Opcode::Jump, &[], (Src::Imm(0), 0), nowhere);
    code.imm0(top);
    code.when(Predicate::Gt);
    code.load(2, Word([32 << 32, 0, 2050, 0]));
    code.op(Opcode::PrecompileCall, &[], (Src::Reg(2), 0), (Dst::Reg(3), 0));
    code.op(Opcode::RetOk, &[], (Src::Reg(0), 0), nowhere);
    let mut callee = Builder::default();
    callee.load(2, Word([0, 32 << 32, 0, 0]));
    callee.op(Opcode::HeapWrite, &[], (Src::Imm(0), 2), nowhere);
    callee.op(Opcode::RetOk, &[], (Src::Reg(2), 0), nowhere);
    world.entry.address = eravm_core::system_address(0x8010);
    world.entry.code = code.finish();
    let hash = world.default_account;
    world.accounts.push((user, hash));
    world.codes.push(Code { hash, words: callee.finish() });
    world
}

#[test]
fn a_page_that_is_gone_is_gone_even_if_a_snapshot_keeps_it() {
    let world = forgetful();
    let prepared = world.prepare();
    let gone = Err(RunError::Stopped(Stop::PageFreed(2050)));
    for snapshot_after in [0, 8, 30] {
        let (mut vm, mut host) = prepared.vm();
        let _ = vm.run_limited(&mut host, steps(snapshot_after));
        assert!(snapshot(&mut vm, &mut host));
        assert_eq!(vm.run(&mut host), gone);
        vm.rollback().expect("there is a snapshot");
        assert_eq!(vm.run(&mut host), gone, "and again");
    }
}

#[test]
fn a_recycled_machine_is_a_new_one() {
    let mut old = None;
    for seed in 0..PROGRAMS {
        let world = generate::structured(seed);
        let prepared = world.prepare();
        let (mut vm, mut host) = match old.take() {
            Some(old) => prepared.recycled(old),
            None => prepared.vm(),
        };
        same("at the beginning", &State::of(&vm), &State::of(&prepared.vm().0));
        let again = vm.run(&mut host);
        let (expected, finish) = ways::in_one_go(&prepared);
        assert_eq!(again.is_ok(), finish.is_ok());
        same("at the end", &State::of(&vm), &State::of(&expected));
        old = Some(vm);
    }
}

#[test]
fn a_stopped_machine_can_be_rolled_back() {
    let mut code = Builder::default();
    code.load(2, Word::from_u64(1 << 14));
    code.load(3, Word::from_u64(0));
    code.op(Opcode::HeapWrite, &[], (Src::Reg(3), 2), (Dst::Reg(0), 0));
    code.op(Opcode::Add, &[], (Src::Reg(3), 2), (Dst::Reg(3), 0));
    code.op(Opcode::Nop, &[], (Src::Reg(0), 0), (Dst::Mode(DstMode::StackPush, 0, 1), 0));
    code.op(Opcode::Jump, &[], (Src::Imm(2), 0), (Dst::Reg(0), 0));
    let mut world = hooked();
    world.entry.code = code.finish();
    world.entry.ergs = u32::MAX;
    let settings = Settings { memory_ceiling: 1 << 20, ..world.settings() };
    let (mut vm, mut host) = world.prepare().vm_with(settings);
    let _ = vm.run_limited(&mut host, steps(10));
    vm.make_snapshot().expect("this is the first frame");
    let before = State::of(&vm).without_count();
    let stop = eravm_core::RunError::Stopped(Stop::MemoryCeiling(1 << 20));
    assert_eq!(vm.run(&mut host), Err(stop));
    vm.rollback().expect("there is a snapshot");
    same("after rolling back", &State::of(&vm).without_count(), &before);
    assert_eq!(vm.run_limited(&mut host, steps(3)), Ok(Exit::InstructionLimit));
}

#[test]
fn memory_of_a_snapshot_is_given_back_when_it_is_forgotten() {
    let nowhere = (Dst::Reg(0), 0);
    let mut code = Builder::default();
    let top = code.label();
    code.place(top);
    for address in [0, 2000, 5000, 0x1000] {
        code.op(Opcode::HeapWrite, &[], (Src::Imm(address), 2), nowhere);
    }
    code.op(Opcode::Jump, &[], (Src::Imm(0), 0), nowhere);
    code.imm0(top);
    let mut world = hooked();
    world.entry.code = code.finish();
    let settings = Settings { hook_address: Some(0x1000), ..world.settings() };
    let (mut vm, mut host) = world.prepare().vm_with(settings);
    let mut after = Vec::new();
    for _ in 0..40 {
        vm.make_snapshot().expect("this is the first frame");
        assert_eq!(vm.run(&mut host), Ok(Exit::Hook(Word::ZERO)));
        let during = vm.memory_in_use();
        vm.pop_snapshot().expect("there is a snapshot");
        after.push(vm.memory_in_use());
        assert!(after.len() == 1 || during > after[after.len() - 1], "what was there was saved");
    }
    assert_eq!(after[1], after[after.len() - 1]);
    // A snapshot within, and one that is gone back to.
    for is_rolled_back in [false, true] {
        vm.make_snapshot().expect("this is the first frame");
        assert_eq!(vm.run(&mut host), Ok(Exit::Hook(Word::ZERO)));
        vm.make_snapshot().expect("this is the first frame");
        assert_eq!(vm.run(&mut host), Ok(Exit::Hook(Word::ZERO)));
        let inner = if is_rolled_back { vm.rollback() } else { vm.pop_snapshot() };
        inner.expect("there is a snapshot");
        vm.pop_snapshot().expect("there is another");
        assert_eq!(vm.memory_in_use(), after[1], "rolled back: {is_rolled_back}");
    }
}
