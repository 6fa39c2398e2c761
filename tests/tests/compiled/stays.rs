//! Where execution stays in compiled code.

use crate::entries;
use crate::service::{program, settings, vm};
use eravm_core::compiled::Leave;
use eravm_core::{Address, Entry, Exit, InMemory, Program, RunError, Settings, Stop, Vm, Word};
use eravm_jit::{Compiler, Limits, Options};

/// Jumps by a table in the code page in every turn.
const TABLE: &str = "
        .text
entry:
        ld      r1, r15
loop:
        and     3, r15, r2
        jump    @table[r2]
zero:
        add     7, r3, r3
        jump    @next
one:
        xor     5, r3, r3
        jump    @next
two:
        shl.s   3, r3, r3
        jump    @next
three:
        add     r3, r3, r3
next:
        sub.s!  1, r15, r15
        jump.ne @loop
        st.1    0, r3
        ret     r0
        .rodata
table:
        .cell   @zero
        .cell   @one
        .cell   @two
        .cell   @three
";

/// Asks in every turn for something that only the host has, and calculates long enough in between.
const STORAGE: &str = "
        .text
entry:
        ld      r1, r15
        add     1, r0, r2
loop:
        sload   r2, r3
        add     r3, r15, r3
        xor     r3, r2, r4
        add     r4, r3, r5
        and     r5, r4, r6
        or      r6, r3, r7
        sub     r7, r2, r8
        add     r8, r3, r3
        sstore  r2, r3
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
";

/// Writes to the heap further and further up.
const HEAP: &str = "
        .text
entry:
        ld      r1, r15
        add     r0, r0, r1
loop:
        st.1    r1, r15
        add     @STEP, r1, r1
        xor     r1, r15, r2
        add     r2, r15, r3
        and     r3, r2, r4
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
";

/// [`TABLE`] with as many cells as a mask has room for, and a second loop that jumps by the same table.
fn interpreter(mask: usize) -> String {
    let handlers = ["zero", "one", "two", "three"];
    let cells: String =
        (0..=mask).map(|cell| format!("        .cell   @{}\n", handlers[cell % 4])).collect();
    let (code, _) = TABLE.split_once("table:").expect("a program with a table");
    let jump = format!("and     {mask}, r15, r2");
    let code = code.replace("and     3, r15, r2", &jump);
    let second = format!(
        "
        sub.s!  1, r15, r15
        jump.eq @end
        and     8, r15, r4
        sub!    r4, r0, r0
        jump.eq @loop
        {jump}
        add     r2, r3, r3
        jump    @table[r2]
end:
        st.1    0, r3"
    );
    let once = "        sub.s!  1, r15, r15\n        jump.ne @loop\n        st.1    0, r3";
    format!("{}table:\n{cells}", code.replace(once, &second))
}

/// Calls of a short function, more than a region has room for, and a loop behind them.
fn calls_and_a_loop() -> String {
    format!(
        "
        .text
entry:
        ld      r1, r15
{}loop:
        add     3, r2, r2
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
short:
        add     3, r3, r3
        xor     r3, r2, r4
        add     r4, r3, r5
        ret     r0
",
        "        near_call r0, @short, @short\n".repeat(CALLS)
    )
}

const CALLS: usize = 200;

/// The machine after a program, which ends well.
fn ran(program: &Program, iterations: u64) -> Vm {
    let mut vm = vm(program, iterations);
    let exit = vm.run(&mut InMemory::new());
    assert!(matches!(exit, Ok(Exit::Returned(_))), "{exit:?}");
    vm
}

/// A program with native code wherever it can be.
fn compiled(source: &str) -> Program {
    compiled_within(source, crate::everywhere())
}

fn compiled_within(source: &str, limits: Limits) -> Program {
    let compiled = program(source);
    let options = Options { limits, ..Options::default() };
    let compiler = Compiler::new(options).expect("a machine that is supported");
    compiler.compile(&compiled).expect("it compiles");
    compiled
}

fn assert_same(vm: &Vm, expected: &Vm) {
    let state = |vm: &Vm| {
        let registers: [_; 16] = core::array::from_fn(|register| vm.register(register as u8));
        (vm.ergs(), vm.instructions(), vm.pc(), registers)
    };
    assert_eq!(state(vm), state(expected));
}

/// Runs a program with the interpreter and with compiled code; they must agree. Returns the latter's machine.
fn compare(source: &str, iterations: u64) -> Vm {
    let expected = ran(&program(source), iterations);
    let vm = ran(&compiled(source), iterations);
    assert_same(&vm, &expected);
    vm
}

#[test]
fn jumps_by_a_table_of_the_code_page() {
    let stats = *compare(TABLE, 1000).compiled_stats();
    assert!((1..10).contains(&stats.entries), "a thousand jumps: {stats:?}");
}

#[test]
fn jumps_by_the_table_of_an_interpreter() {
    let stats = *compare(&interpreter(255), 5000).compiled_stats();
    assert!((1..10).contains(&stats.entries), "five thousand jumps: {stats:?}");
}

#[test]
fn jumps_beyond_what_is_looked_at_of_a_table() {
    let stats = *compare(&interpreter(1023), 5000).compiled_stats();
    assert!(stats.entries > 100, "they leave the code: {stats:?}");
}

#[test]
fn instructions_that_need_the_host() {
    let stats = *compare(STORAGE, 300).compiled_stats();
    assert_eq!(stats.steps, 600, "{stats:?}");
    assert!((1..10).contains(&stats.entries), "{stats:?}");
}

#[test]
fn a_heap_that_grows_within_what_is_paid_for() {
    let stats = *compare(&HEAP.replace("@STEP", "32"), 100).compiled_stats();
    assert_eq!(stats.leaves[Leave::Memory as usize], 0, "{stats:?}");
    assert!((1..10).contains(&stats.entries), "{stats:?}");
}

/// A region may end within a call that is compiled into it.
#[test]
fn a_loop_behind_calls_that_a_region_has_no_room_for() {
    let source = calls_and_a_loop();
    for region in 200..208 {
        let compiled = compiled_within(&source, Limits { region, ..Limits::default() });
        let entries = entries(&compiled);
        assert!(entries.contains(&(1 + CALLS as u16)), "regions of {region}: {entries:?}");
        assert_same(&ran(&compiled, 100), &ran(&program(&source), 100));
    }
}

/// What a far call leads to is entered if it is shorter than other code that is.
#[test]
fn short_code_that_is_called_from_elsewhere() {
    let source = format!(
        "        .text\nentry:\n{}        ret     r0\n",
        "        add     3, r2, r2\n".repeat(12)
    );
    let as_ever = Limits::default();
    assert_eq!(entries(&compiled_within(&source, as_ever)), [0]);
    let strict = Limits { arrival: as_ever.piece, ..as_ever };
    assert!(entries(&compiled_within(&source, strict)).is_empty());
}

/// Far from the ceiling, native code takes memory itself; near it, the interpreter does, and stops behind the same instruction.
#[test]
fn the_memory_ceiling_stops_both_at_once() {
    const CEILING: usize = 6 << 20;
    let source = HEAP.replace("@STEP", "4096");
    let run = |program: &Program| {
        let settings = Settings { memory_ceiling: CEILING, ..settings() };
        let calldata = Word::from_u64(u64::MAX).to_be_bytes();
        let address = Address::from_low_u64_be(0x20000);
        let entry = Entry {
            heap_stipend: u32::MAX,
            ..Entry::new(address, Address::zero(), program.clone(), &calldata, 1 << 30)
        };
        let mut vm = Vm::new(settings, entry).expect("a machine");
        let stopped = Err(RunError::Stopped(Stop::MemoryCeiling(CEILING)));
        assert_eq!(vm.run(&mut InMemory::new()), stopped);
        vm
    };
    let (vm, expected) = (run(&compiled(&source)), run(&program(&source)));
    assert_same(&vm, &expected);
    assert_eq!(vm.memory_in_use(), expected.memory_in_use());
    let memory = vm.compiled_stats().leaves[Leave::Memory as usize];
    assert!((1..1200).contains(&memory), "for the upper half only: {memory}");
}
