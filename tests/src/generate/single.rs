//! One instruction in a random state.

use super::builder::{Builder, Dst, Src};
use super::places::{hash, user};
use crate::random::Random;
use crate::world::{Code, First, Rules, World};
use eravm_core::isa::{
    DstMode, Instruction, KERNEL_STIPEND_BYTES, Modifier, Opcode, SLOTS, USER_STIPEND_BYTES,
};
use eravm_core::semantics::FatPointer;
use eravm_core::{Word, system_address};

/// The states that flags can have, by how they come about: none, lt, eq, gt, lt and eq, eq and gt.
pub const FLAG_STATES: u64 = 6;

/// Slots that hold instructions; one invalid one stands for the others.
///
/// # Panics
/// If they are not as many as there should be.
pub fn slots() -> Vec<u16> {
    let valid = |slot: &u16| Instruction::decode((*slot).into()).opcode() != Opcode::Invalid;
    let slots: Vec<u16> = (0..SLOTS as u16).filter(|slot| *slot == 0 || valid(slot)).collect();
    assert_eq!(slots.len(), 1104, "valid slots and one that is not");
    slots
}

/// Register whose value, 2²⁵⁵, is needed to set lt and eq.
const HIGH_BIT: u8 = 14;

/// A world whose first frame sets flags and stack and then does `instruction`, with registers and immediates replaced by random
/// ones, in kernel or user space.
pub fn world(mut instruction: Instruction, flags: u64, random: &mut Random) -> World {
    let kernel = random.one_in(2);
    let mut registers = Vec::new();
    for number in 1..16 {
        let (word, tag) = value(random);
        registers.push((number, word, tag));
    }
    let mut code = Builder::default();
    for at in 0..random.below(4) as u16 {
        // A word with its tag, if it has one and a pointer can be moved; else without.
        let register = random.below(15) as u8 + 1;
        let tagged = registers[usize::from(register) - 1].2;
        let opcode = if tagged { Opcode::PtrAdd } else { Opcode::Add };
        let place = Dst::Mode(DstMode::StackAbsolute, 0, at);
        code.op(opcode, &[], (Src::Reg(register), 0), (place, 0));
    }
    let sp = random.below(6) as u16;
    let push = Dst::Mode(DstMode::StackPush, 0, sp);
    code.op(Opcode::Nop, &[], (Src::Reg(0), 0), (push, 0));
    for (opcode, at) in [(Opcode::HeapWrite, 0), (Opcode::AuxHeapWrite, 40)] {
        let register = random.below(15) as u8 + 1;
        code.op(opcode, &[], (Src::Imm(at), register), (Dst::Reg(0), 0));
    }
    set_flags(&mut code, flags, &mut registers);
    let mut register = || if random.one_in(5) { 0 } else { random.below(15) as u8 + 1 };
    (instruction.src0, instruction.src1) = (register(), register());
    (instruction.dst0, instruction.dst1) = (register(), register());
    let immediate = |random: &mut Random| match random.below(8) {
        0 => random.bits() as u16,
        1 => u16::MAX - random.below(3) as u16,
        _ => random.below(12) as u16,
    };
    (instruction.imm0, instruction.imm1) = (immediate(random), immediate(random));
    code.push(instruction);
    // Whatever it came to is looked at by a few more.
    code.op(Opcode::Add, &[], (Src::Reg(1), 2), (Dst::Reg(3), 0));
    code.op(Opcode::Sp, &[], (Src::Reg(0), 0), (Dst::Reg(4), 0));
    code.op(Opcode::RetOk, &[], (Src::Reg(0), 0), (Dst::Reg(0), 0));
    for _ in 0..random.below(3) {
        let word = random.word();
        code.load(5, word);
    }
    surroundings(code.finish(), registers, kernel, random)
}

/// A world with any instruction in any state.
pub fn any(seed: u64) -> World {
    any_of(&mut Random::new(seed))
}

/// The same with choices from elsewhere.
pub(super) fn any_of(random: &mut Random) -> World {
    let slot = random.below(SLOTS as u64 - 930);
    let predicate = random.below(8);
    let flags = random.below(FLAG_STATES);
    world(Instruction::decode(slot | predicate << 13), flags, random)
}

/// A register's value with its tag.
pub(super) fn value(random: &mut Random) -> (Word, bool) {
    if random.one_in(3) {
        let number = |random: &mut Random| match random.below(6) {
            0 => 0,
            1 => u32::MAX - random.below(40) as u32,
            2 => random.bits() as u32,
            _ => random.below(100) as u32,
        };
        // Not the stack's page, 9: nothing ever makes a pointer to a stack.
        let page = random.pick(&[0, 1, 7, 8, 10, 11, 2050, 5]);
        let pointer = FatPointer {
            offset: number(random),
            page,
            start: number(random),
            length: number(random),
        };
        let mut word = pointer.to_word();
        if random.one_in(2) {
            (word.0[2], word.0[3]) = (random.bits(), random.bits());
        }
        return (word, !random.one_in(4));
    }
    if random.one_in(8) {
        let named = [Word::from_address(&user(0)), hash(1, 0, 3, 10).to_word()];
        return (random.pick(&named), false);
    }
    (random.word(), random.one_in(12))
}

fn set_flags(code: &mut Builder, flags: u64, registers: &mut [(u8, Word, bool)]) {
    let set = &[Modifier::SetFlags];
    let nowhere = (Dst::Reg(0), 0);
    match flags {
        1 => {
            let modifiers = [Modifier::SetFlags, Modifier::Swap];
            code.op(Opcode::Sub, &modifiers, (Src::Imm(1), 0), nowhere);
        }
        2 => {
            code.op(Opcode::Add, set, (Src::Imm(0), 0), nowhere);
        }
        3 => {
            code.op(Opcode::Add, set, (Src::Imm(1), 0), nowhere);
        }
        4 => {
            registers[usize::from(HIGH_BIT) - 1] = (HIGH_BIT, Word([0, 0, 0, 1 << 63]), false);
            code.op(Opcode::Mul, set, (Src::Imm(2), HIGH_BIT), nowhere);
        }
        5 => {
            let modifiers = [Modifier::SetFlags, Modifier::Swap];
            code.op(Opcode::Div, &modifiers, (Src::Imm(5), 0), nowhere);
        }
        _ => {}
    }
}

pub(super) fn surroundings(
    code: Vec<Word>,
    registers: Vec<(u8, Word, bool)>,
    kernel: bool,
    random: &mut Random,
) -> World {
    let mut callee = Builder::default();
    callee.op(Opcode::HeapWrite, &[], (Src::Imm(0), 1), (Dst::Reg(0), 0));
    callee.op(Opcode::FatPointerRead, &[], (Src::Reg(1), 0), (Dst::Reg(2), 0));
    callee.op(Opcode::RetOk, &[], (Src::Reg(0), 0), (Dst::Reg(0), 0));
    let words = callee.finish();
    let codes = [hash(1, 0, 1, 10), hash(1, 0, 1, 1), hash(1, 0, 1, 2)];
    let systems = [0x8001, 0x8010, 1, 2, 0x100];
    World {
        rules: if random.one_in(4) { Rules::BeforeGrowthRule } else { Rules::Newest },
        entry: First {
            address: if kernel { system_address(random.pick(&systems)) } else { user(100) },
            caller: user(3),
            code,
            calldata: (0..70).collect(),
            ergs: if random.one_in(6) { random.below(200) as u32 } else { 50_000 },
            context_u128: 12,
            is_static: random.one_in(6),
            heap_stipend: if kernel { KERNEL_STIPEND_BYTES } else { USER_STIPEND_BYTES },
        },
        registers,
        codes: codes.map(|hash| Code { hash, words: words.clone() }).to_vec(),
        accounts: vec![(user(0), codes[0])],
        slots: vec![(user(100), Word::ONE, Word::from_u64(77))],
        default_account: codes[1],
        evm_emulator: codes[2],
    }
}
