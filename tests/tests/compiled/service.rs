//! What is compiled when, and what is not.

use eravm_core::compiled::{CompiledCode, EntryPoint, Leave, View};
use eravm_core::{
    Address, Entry, Exit, InMemory, Program, RunError, Semantics, Settings, Stop, VersionedHash,
    Vm, Word, asm,
};
use eravm_jit::{CompileError, Jit, Options, Policy};

/// A loop that runs as often as r1's calldata says.
const LOOP: &str = "
        .text
entry:
        ld      r1, r15
loop:
        add     3, r2, r2
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
";

pub(crate) fn program(source: &str) -> Program {
    Program::new(&asm::assemble(source).expect("a program").bytecode).expect("code")
}

fn policy() -> Policy {
    let options = Options { verify: false, ..Options::default() };
    Policy { threshold: 100, options, ..Policy::default() }
}

pub(crate) fn settings() -> Settings {
    let mut base_contract = VersionedHash::default();
    base_contract.0[0] = VersionedHash::ERAVM;
    Settings::new(Semantics::newest(), base_contract, base_contract)
}

pub(crate) fn vm(program: &Program, iterations: u64) -> Vm {
    let settings = settings();
    let address = Address::from_low_u64_be(0x20000);
    let calldata = Word::from_u64(iterations).to_be_bytes();
    let entry = Entry::new(address, Address::zero(), program.clone(), &calldata, 1 << 30);
    Vm::new(settings, entry).expect("a machine")
}

fn run(program: &Program, jit: &Jit, iterations: u64) -> Vm {
    let mut vm = vm(program, iterations);
    vm.set_watcher(jit.watcher());
    assert!(matches!(vm.run(&mut InMemory::new()), Ok(Exit::Returned(_))));
    vm
}

#[test]
fn only_what_is_hot_is_compiled() {
    let (jit, program) = (Jit::new(policy()).expect("a compiler"), program(LOOP));
    for _ in 0..10 {
        run(&program, &jit, 20);
    }
    jit.wait();
    assert_eq!((jit.stats().hot, jit.stats().compiled), (0, 0), "620 instructions are not enough");
    assert!(program.heat() >= 600);
    run(&program, &jit, 500);
    jit.wait();
    let stats = jit.stats();
    assert_eq!((stats.hot, stats.compiled, stats.failed), (1, 1, 0));
    assert!(stats.live_bytes > 0 && stats.code_bytes > 0);
    let vm = run(&program, &jit, 500);
    let stats = vm.compiled_stats();
    assert!((1..5).contains(&stats.entries), "the loop stays in compiled code: {stats:?}");
    assert_eq!(vm.instructions(), 1 + 3 * 500 + 1);
}

#[test]
fn code_is_freed_with_its_program() {
    let (jit, program) = (Jit::new(policy()).expect("a compiler"), program(LOOP));
    jit.compile(&program).expect("it compiles");
    assert!(jit.stats().live_bytes > 0);
    assert!(matches!(jit.compile(&program), Err(CompileError::NotCompilable)));
    drop(program);
    assert_eq!(jit.stats().live_bytes, 0);
}

#[test]
fn budgets_are_kept() {
    let code = program(LOOP);
    let jit = Jit::new(Policy { max_instructions: 3, ..policy() }).expect("a compiler");
    assert!(matches!(jit.compile(&code), Err(CompileError::OverBudget)));
    let jit = Jit::new(Policy { cache_bytes: 1, ..policy() }).expect("a compiler");
    jit.compile(&code).expect("nothing is there yet");
    assert!(matches!(jit.compile(&program(LOOP)), Err(CompileError::OverBudget)));
    assert_eq!((jit.stats().compiled, jit.stats().refused), (1, 1));
    let jit = Jit::new(Policy { queue: 0, ..policy() }).expect("a compiler");
    let code = program(LOOP);
    for _ in 0..3 {
        run(&code, &jit, 2000);
    }
    jit.wait();
    let stats = jit.stats();
    assert_eq!((stats.queue_full, stats.compiled), (3, 0), "it asks again: {stats:?}");
}

#[test]
fn tracers_and_limits_see_every_instruction() {
    let (jit, program) = (Jit::new(policy()).expect("a compiler"), program(LOOP));
    jit.compile(&program).expect("it compiles");
    let mut vm = vm(&program, 100);
    let until = eravm_core::Limits { instructions: Some(50), ergs: None };
    let exit = vm.run_limited(&mut InMemory::new(), until).expect("no fault");
    assert_eq!((exit, vm.instructions()), (Exit::InstructionLimit, 50));
    assert_eq!(vm.compiled_stats().entries, 0);
    vm.run(&mut InMemory::new()).expect("no fault");
    assert!(vm.compiled_stats().entries > 0);
    assert_eq!(vm.instructions(), 1 + 3 * 100 + 1);
}

/// Says that it has done an instruction, and has done nothing.
unsafe extern "C" fn wrong(view: *mut View, _: u32) -> u32 {
    // SAFETY: machines call it with their view.
    let view = unsafe { &mut *view };
    view.instructions += 1;
    view.ergs -= 6;
    Leave::NotCompiled.at(2)
}

#[test]
fn shadow_mode_finds_code_that_is_wrong() {
    let code = program(LOOP);
    let entries = [(1, EntryPoint { function: wrong, number: 0 })];
    // SAFETY: the function does harm to results only, which is what the test is about.
    unsafe { code.install(CompiledCode::new(&entries, Box::new(()), 0)) }.expect("nothing there");
    let mut vm = vm(&code, 10);
    vm.set_shadow(true);
    let stopped = vm.run(&mut InMemory::new());
    assert_eq!(stopped, Err(RunError::Stopped(Stop::ShadowMismatch(1))));
    assert_eq!(vm.register(2), (Word::from_u64(3), false), "what the interpreter came to stays");
}
