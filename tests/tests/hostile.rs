//! Input made to hurt.

use eravm_core::isa::{DstMode, Instruction, Opcode, SLOTS};
use eravm_core::{Exit, Limits, RunError, Settings, Stop, Word};
use eravm_tests::generate::builder::{Builder, Dst, Src, words_of};
use eravm_tests::world::World;
use eravm_tests::{case, check, generate};

/// A first frame of user code with nothing around it.
fn bare(code: Vec<Word>, ergs: u32) -> World {
    let mut world = case::read("").expect("the empty case is a world");
    world.entry.address = eravm_core::system_address(0x8001);
    world.entry.code = code;
    world.entry.ergs = ergs;
    world
}

/// Handlers call each other and rely on the optimiser to make these calls jumps. One that does not would
/// overflow the stack of its thread, which is small here, after a few hundred instructions.
#[test]
fn long_runs_of_any_instruction_need_no_stack() {
    let run = || {
        for slot in 1..SLOTS as u16 {
            let mut instruction = Instruction::decode(slot.into());
            if instruction.opcode() == Opcode::Invalid {
                continue;
            }
            (instruction.src0, instruction.imm0, instruction.imm1) = (2, 1, 1);
            if matches!(instruction.opcode(), Opcode::FatPointerRead | Opcode::PtrAdd) {
                instruction.src0 = 1;
            }
            let mut code = Builder::default();
            // So that there is something to read and a pointer to read it through.
            code.op(Opcode::HeapWrite, &[], (Src::Imm(0), 2), (Dst::Reg(0), 0));
            code.op(Opcode::AuxHeapWrite, &[], (Src::Imm(0), 2), (Dst::Reg(0), 0));
            code.op(
                Opcode::Add,
                &[],
                (Src::Imm(1), 0),
                (Dst::Mode(DstMode::StackAbsolute, 0, 9), 0),
            );
            for _ in 0..200 {
                code.push(instruction);
            }
            code.op(Opcode::Jump, &[], (Src::Imm(0), 0), (Dst::Reg(0), 0));
            let mut world = bare(code.finish(), 200_000);
            world.entry.calldata = vec![1; 64];
            let prepared = world.prepare();
            let (mut vm, mut host) = prepared.vm();
            assert!(vm.run(&mut host).is_ok_and(|exit| exit.is_final()));
        }
    };
    let thread = std::thread::Builder::new().stack_size(96 << 10);
    thread.spawn(run).expect("a thread").join().expect("no panic");
}

#[test]
fn a_program_as_long_as_possible_wraps_its_counter() {
    let nop = Instruction::decode(1).encode();
    let world = bare(words_of(&vec![nop; 1 << 16]), 500_000);
    let tally = check::sweep("65536 nops", 0..1, 70_000, |_| world.clone());
    assert!(tally.instructions > 1 << 16, "{tally}");
}

#[test]
fn empty_code_panics() {
    let tally = check::sweep("no code", 0..1, 10, |_| bare(Vec::new(), 1000));
    assert_eq!(tally.ends.get("panicked"), Some(&1), "{tally}");
}

#[test]
fn the_memory_ceiling_stops_a_run_for_good() {
    let mut code = Builder::default();
    code.load(2, Word::from_u64(0));
    code.load(3, Word::from_u64(1 << 12));
    code.op(Opcode::HeapWrite, &[], (Src::Reg(2), 3), (Dst::Reg(0), 0));
    code.op(Opcode::Add, &[], (Src::Reg(2), 3), (Dst::Reg(2), 0));
    code.op(Opcode::Jump, &[], (Src::Imm(2), 0), (Dst::Reg(0), 0));
    let mut world = bare(code.finish(), u32::MAX);
    world.entry.heap_stipend = u32::MAX;
    let prepared = world.prepare();
    let settings = Settings { memory_ceiling: 8 << 20, ..world.settings() };
    let (mut vm, mut host) = prepared.vm_with(settings);
    let stopped = Err(RunError::Stopped(Stop::MemoryCeiling(8 << 20)));
    assert_eq!(vm.run(&mut host), stopped);
    assert!(vm.memory_in_use() < 9 << 20, "{} bytes", vm.memory_in_use());
    assert_eq!(vm.run(&mut host), stopped, "there is no way on");
    assert_eq!(vm.run_limited(&mut host, Limits { instructions: Some(1), ergs: None }), stopped);
}

#[test]
fn a_loop_ends_with_its_ergs() {
    let mut code = Builder::default();
    code.op(Opcode::Jump, &[], (Src::Imm(0), 0), (Dst::Reg(0), 0));
    let world = bare(code.finish(), 60_000_000);
    let prepared = world.prepare();
    let (mut vm, mut host) = prepared.vm();
    assert_eq!(vm.run(&mut host), Ok(Exit::Panicked));
    assert_eq!(vm.instructions(), 10_000_001);
}

#[test]
fn any_bytes_are_some_program() {
    let tally = check::sweep("bytes", 1 << 40..(1 << 40) + 3000, 500, generate::bytes);
    println!("{tally}");
}
