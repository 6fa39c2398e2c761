//! Programs made to cost a compiler much.

use core::time::Duration;
use eravm_core::Program;
use eravm_core::Word;
use eravm_core::isa::{DstMode, Instruction, Modifier, Opcode, Predicate, SrcMode};
use eravm_jit::{Compiler, Limits, Options};

/// Instructions that a program counter can reach.
const MOST: usize = 1 << 16;

fn instruction(opcode: Opcode, src: SrcMode, dst: DstMode, modifiers: &[Modifier]) -> Instruction {
    Instruction::new(opcode, src, dst, modifiers).expect("a variant that exists")
}

fn program(at: impl Fn(usize) -> Instruction) -> Program {
    program_with(at, Vec::new())
}

/// With words behind the code.
fn program_with(at: impl Fn(usize) -> Instruction, cells: Vec<Word>) -> Program {
    let limb = |pc: usize| at(pc).encode();
    let word = |index: usize| Word([3, 2, 1, 0].map(|at| limb(index * 4 + at)));
    let words = (0..MOST / 4).map(word).chain(cells);
    Program::from_words(words.collect()).expect("short enough")
}

/// Compiles no more than it may, whatever the program is.
fn stays_within_its_budget(name: &str, program: &Program) {
    let limits = Limits { program: 3000, ..Limits::default() };
    let compiler = Compiler::new(Options { limits, verify: false, single_pass: false })
        .expect("a machine that is supported");
    let stats = compiler.compile(program).expect("code");
    println!("{name}: {stats:?}");
    assert!(stats.instructions <= limits.program + 2 * limits.region, "{name}: {stats:?}");
    let bytes = stats.code_bytes / stats.instructions.max(1);
    assert!(bytes < 3000, "{name}: {bytes} bytes an instruction");
    let time = stats.time / stats.instructions.max(1) as u32;
    assert!(time < Duration::from_millis(5), "{name}: {time:?} an instruction");
}

#[test]
fn one_long_block() {
    let all = [Opcode::Add, Opcode::Mul, Opcode::Div, Opcode::Shl, Opcode::Sub];
    stays_within_its_budget(
        "one long block",
        &program(|pc| {
            let mode = [SrcMode::StackRelative, SrcMode::Reg, SrcMode::StackAbsolute][pc % 3];
            let mut it =
                instruction(all[pc % 5], mode, DstMode::StackRelative, &[Modifier::SetFlags]);
            (it.src0, it.src1, it.dst0) = (0, (pc % 16) as u8, (pc % 2) as u8);
            (it.imm0, it.imm1) = ((pc * 7) as u16, (pc * 11) as u16);
            it
        }),
    );
}

#[test]
fn every_instruction_a_target() {
    stays_within_its_budget(
        "every instruction a target",
        &program(|pc| {
            let mut it = instruction(Opcode::Jump, SrcMode::Imm, DstMode::Reg, &[]);
            it.imm0 = (pc * 40_503 % MOST) as u16;
            it.predicate = Predicate::ALL[1 + pc % 7];
            it
        }),
    );
}

#[test]
fn every_instruction_jumps_by_a_table() {
    const CELLS: usize = 40_001;
    let cells = (0..CELLS).map(|cell| Word::from_u64((cell * 40_503 % MOST) as u64)).collect();
    stays_within_its_budget(
        "every instruction jumps by a table",
        &program_with(
            |pc| {
                let mut it = instruction(Opcode::Jump, SrcMode::Code, DstMode::Reg, &[]);
                (it.src0, it.imm0) = (1, (MOST / 4 + pc % (CELLS - 100)) as u16);
                it.predicate = Predicate::ALL[pc % 8];
                it
            },
            cells,
        ),
    );
}

#[test]
fn calls_of_everything() {
    stays_within_its_budget(
        "calls of everything",
        &program(|pc| {
            let is_call = pc % 3 != 0;
            let opcode = if is_call { Opcode::NearCall } else { Opcode::RetOk };
            let mut it = instruction(opcode, SrcMode::Reg, DstMode::Reg, &[]);
            it.imm0 = (pc * 40_503 % MOST) as u16;
            it.imm1 = (pc * 30_011 % MOST) as u16;
            it.predicate = Predicate::ALL[pc % 8];
            it
        }),
    );
}

#[test]
fn branches_around_accesses_to_memory() {
    let all = [Opcode::HeapRead, Opcode::HeapWrite, Opcode::FatPointerRead, Opcode::PtrAdd];
    stays_within_its_budget(
        "branches around accesses to memory",
        &program(|pc| {
            let mut it = instruction(all[pc % 4], SrcMode::Reg, DstMode::Reg, &[]);
            (it.src0, it.src1, it.dst0) =
                ((pc % 16) as u8, (pc / 16 % 16) as u8, (pc / 7 % 16) as u8);
            it.predicate = Predicate::ALL[1 + pc % 7];
            it
        }),
    );
}

/// What is not there is not compiled, and the code may end anywhere.
#[test]
fn nothing_but_invalid_code() {
    let compiler = Compiler::new(Options::default()).expect("a machine that is supported");
    for words in [0, 1, 5] {
        let program = Program::from_words(vec![Word::ZERO; words]).expect("short enough");
        let stats = compiler.compile(&program).expect("nothing is code, too");
        assert_eq!(stats.entries, 0, "{stats:?}");
    }
}
