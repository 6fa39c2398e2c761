//! One instruction under every predicate, after everything that flags can come from, in one program.
//!
//! Compiled once and run many times: registers say which copy of the instruction is done, with which flags, and whether in a near
//! frame. Compilers keep flags in the form in which they came about, so there is a copy for each.

use super::builder::{Builder, Dst, Label, Src};
use super::places::user;
use super::single;
use crate::random::Random;
use crate::world::World;
use eravm_core::isa::{DstMode, Instruction, Modifier, Opcode, Predicate, SrcMode};
use eravm_core::semantics::{FatPointer, Flags, add, sub};
use eravm_core::{Address, Word, system_address};

/// What sets the flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setter {
    /// Something before an instruction that the interpreter does while compiled code waits: the flags are the machine's.
    Earlier,
    /// A sum.
    Add,
    /// A difference.
    Sub,
    /// A product.
    Mul,
    /// A quotient.
    Div,
    /// A bit operation.
    Xor,
}

impl Setter {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Earlier, Self::Add, Self::Sub, Self::Mul, Self::Div, Self::Xor];

    /// Whether it can bring these flags about.
    pub const fn sets(self, flags: Flags) -> bool {
        let Flags { lt, eq, gt } = flags;
        match self {
            Self::Earlier => true,
            Self::Add | Self::Mul => lt | eq | gt && !(eq & gt),
            Self::Sub => lt as u8 + eq as u8 + gt as u8 == 1,
            Self::Div => !(lt & eq),
            Self::Xor => !lt && !gt,
        }
    }
}

const fn flags(lt: bool, eq: bool, gt: bool) -> Flags {
    Flags { lt, eq, gt }
}

/// The states that the flags can have. No instruction sets `lt` and `gt` together.
pub const FLAGS: [Flags; 6] = [
    Flags::NONE,
    flags(true, false, false),
    flags(false, true, false),
    flags(false, false, true),
    flags(true, true, false),
    flags(false, true, true),
];

/// Registers that are pointers; the instruction uses these and those up to [`LAST`].
const POINTERS: [u8; 2] = [1, 2];
const LAST: u8 = 9;
/// Operands of the sum that makes `lt` into `lt` or `lt` and `eq`.
const SUMMANDS: [u8; 2] = [10, 11];
/// Operands of what sets the flags.
const OPERANDS: [u8; 2] = [12, 13];
/// Where the copy is; at the end, the flags that it left.
const TARGET: u8 = 14;
/// 0 for a near frame, 1 for the first frame; at the end, the stack pointer that the copy left.
const PLACE: u8 = 15;

/// A program with copies of an instruction.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// A world without registers for a run.
    pub world: World,
    /// Program counters of each copy's beginning and of its instruction, by predicate and setter.
    copies: Vec<[(u16, u16); Setter::ALL.len()]>,
}

impl Matrix {
    /// All copies of the instruction in a slot, with registers and immediates chosen for each.
    pub fn new(slot: u16, random: &mut Random) -> Self {
        let mut writer = Writer { code: Builder::default(), random, slot, copies: Vec::new() };
        writer.program();
        let Writer { code, copies, .. } = writer;
        let world = single::surroundings(code.finish(), Vec::new(), false, random);
        Self { world, copies }
    }

    /// Program counter of a copy's instruction.
    pub fn instruction_pc(&self, predicate: Predicate, setter: Setter) -> u16 {
        self.copy(predicate, setter).1
    }

    fn copy(&self, predicate: Predicate, setter: Setter) -> (u16, u16) {
        self.copies[predicate as usize][setter as usize]
    }

    /// The world for a run of one copy, in random registers.
    ///
    /// # Panics
    /// If the setter does not set such flags.
    pub fn run_of(&self, world: &mut World, run: &Run, random: &mut Random) {
        world.entry.address = if run.is_kernel { system_address(0x8001) } else { user_address() };
        world.entry.is_static = random.one_in(8);
        world.entry.ergs = if random.one_in(8) { 300 + random.below(300) as u32 } else { 50_000 };
        world.registers.clear();
        let mut set = |register, word, tag| world.registers.push((register, word, tag));
        for register in 1..=LAST {
            let (word, tag) = match register {
                3 => (random.word(), false),
                4 => (Word::from_u64(random.below(8)), false),
                _ if POINTERS.contains(&register) => (pointer(random), true),
                _ => single::value(random),
            };
            set(register, word, tag);
        }
        let (operands, summands) = operands(run.setter, run.flags, random);
        for (register, word) in
            OPERANDS.into_iter().zip(operands).chain(SUMMANDS.into_iter().zip(summands))
        {
            set(register, word, false);
        }
        let (start, _) = self.copy(run.predicate, run.setter);
        set(TARGET, Word::from_u64(start.into()), false);
        set(PLACE, Word::from_u64(u64::from(!run.is_near)), false);
    }
}

fn user_address() -> Address {
    user(100)
}

/// A run of one copy.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Predicate of the copy.
    pub predicate: Predicate,
    /// What sets the flags.
    pub setter: Setter,
    /// The flags.
    pub flags: Flags,
    /// Whether in kernel space.
    pub is_kernel: bool,
    /// Whether in a near frame.
    pub is_near: bool,
}

/// A pointer with which most operations succeed.
fn pointer(random: &mut Random) -> Word {
    let page = random.pick(&[7, 10, 11]);
    let (start, length) = (random.below(100) as u32, random.below(100) as u32);
    let offset = random.below(40) as u32;
    FatPointer { offset, page, start, length }.to_word()
}

/// Operands with which a setter sets flags, and those of the sum that follows in [`Setter::Earlier`].
fn operands(setter: Setter, flags: Flags, random: &mut Random) -> ([Word; 2], [Word; 2]) {
    assert!(setter.sets(flags), "{setter:?} does not set {flags:?}");
    let small = |random: &mut Random| Word::from_u64(1 + random.below(1000));
    let negative = |word: &Word| sub(&Word::ZERO, word).0;
    let (a, b) = (small(random), small(random));
    let more = add(&a, &b).0;
    let high = Word([0, 0, 0, 1 << 63]);
    let Flags { lt, eq, gt } = flags;
    let sum = match (lt, eq) {
        (true, false) => [negative(&a), more],
        (true, true) => [a, negative(&a)],
        (false, true) => [Word::ZERO; 2],
        (false, false) => [a, b],
    };
    let quotient = match (lt, eq, gt) {
        (true, ..) => [a, Word::ZERO],
        (_, true, true) => [Word::ZERO, a],
        (_, true, false) => [a, more],
        (_, false, true) => [a, Word::ONE],
        (_, false, false) => [Word([1, a.0[0], 0, 0]), Word::from_u64(2)],
    };
    let operands = match setter {
        Setter::Add => sum,
        Setter::Sub if lt => [a, more],
        Setter::Sub if eq => [a, a],
        Setter::Sub => [more, a],
        Setter::Mul => match (lt, eq) {
            (true, true) => [high, Word::from_u64(2)],
            (true, false) => [high, Word::from_u64(3)],
            (false, true) => [a, Word::ZERO],
            (false, false) => [a, b],
        },
        Setter::Xor if eq => [a, a],
        Setter::Xor => [a, more],
        Setter::Div | Setter::Earlier => quotient,
    };
    (operands, sum)
}

struct Writer<'a> {
    code: Builder,
    random: &'a mut Random,
    slot: u16,
    copies: Vec<[(u16, u16); Setter::ALL.len()]>,
}

impl Writer<'_> {
    fn program(&mut self) {
        let nowhere = (Dst::Reg(0), 0);
        let (inside, failed, tail, taken) =
            (self.code.label(), self.code.label(), self.code.label(), self.code.label());
        self.memory();
        self.code.op(Opcode::Sub, &[Modifier::SetFlags], (Src::Reg(PLACE), 0), nowhere);
        self.code.op(Opcode::NearCall, &[], (Src::Reg(0), 0), nowhere);
        self.code.imm0(inside);
        self.code.imm1(failed);
        self.code.when(Predicate::Eq);
        // There are no flags after a return, so this is for those who did not call.
        self.code.op(Opcode::Jump, &[], (Src::Reg(TARGET), 0), nowhere);
        self.code.when(Predicate::Gt);
        self.code.place(failed);
        self.code.op(Opcode::RetOk, &[], (Src::Reg(0), 0), nowhere);
        self.code.place(inside);
        self.code.op(Opcode::Jump, &[], (Src::Reg(TARGET), 0), nowhere);
        self.code.when(Predicate::Ne);
        // Never done, as there are no flags in a new frame; but from these a compiler knows where copies are.
        let copies: Vec<[Label; Setter::ALL.len()]> =
            Predicate::ALL.map(|_| Setter::ALL.map(|_| self.code.label())).to_vec();
        for label in copies.iter().flatten() {
            self.code.op(Opcode::Jump, &[], (Src::Imm(0), 0), nowhere);
            self.code.imm0(*label);
            self.code.when(Predicate::Lt);
        }
        self.code.place(taken);
        self.code.op(Opcode::Add, &[], (Src::Imm(5), 0), (Dst::Reg(LAST), 0));
        self.code.place(tail);
        self.tail();
        for (predicate, labels) in Predicate::ALL.into_iter().zip(copies) {
            let places = [0, 1, 2, 3, 4, 5].map(|at: usize| {
                self.code.place(labels[at]);
                let start = self.code.len() as u16;
                self.set_flags(Setter::ALL[at]);
                let pc = self.code.len() as u16;
                self.instruction(predicate, taken);
                self.code.op(Opcode::Jump, &[], (Src::Imm(0), 0), nowhere);
                self.code.imm0(tail);
                (start, pc)
            });
            self.copies.push(places);
        }
    }

    /// Something on the stack and in the heaps.
    fn memory(&mut self) {
        for (register, opcode) in
            [(1, Opcode::PtrAdd), (3, Opcode::Add), (4, Opcode::Add), (2, Opcode::PtrAdd)]
        {
            let push = Dst::Mode(DstMode::StackPush, 0, 1);
            self.code.op(opcode, &[], (Src::Reg(register), 0), (push, 0));
        }
        for (opcode, at) in [(Opcode::HeapWrite, 0), (Opcode::AuxHeapWrite, 40)] {
            self.code.op(opcode, &[], (Src::Imm(at), 3), (Dst::Reg(0), 0));
        }
    }

    /// What the instruction did to flags and stack pointer is made visible.
    fn tail(&mut self) {
        for (predicate, bit) in [(Predicate::Lt, 1), (Predicate::Eq, 2), (Predicate::Gt, 4)] {
            self.code.op(Opcode::Add, &[], (Src::Imm(bit << 12), TARGET), (Dst::Reg(TARGET), 0));
            self.code.when(predicate);
        }
        self.code.op(Opcode::Sp, &[], (Src::Reg(0), 0), (Dst::Reg(PLACE), 0));
        self.code.op(Opcode::RetOk, &[], (Src::Reg(0), 0), (Dst::Reg(0), 0));
    }

    fn set_flags(&mut self, setter: Setter) {
        let opcode = match setter {
            Setter::Add => Opcode::Add,
            Setter::Sub => Opcode::Sub,
            Setter::Mul => Opcode::Mul,
            Setter::Xor => Opcode::Xor,
            Setter::Div | Setter::Earlier => Opcode::Div,
        };
        let set = &[Modifier::SetFlags];
        let [a, b] = OPERANDS;
        self.code.op(opcode, set, (Src::Reg(a), b), (Dst::Reg(0), 0));
        if setter == Setter::Earlier {
            let [a, b] = SUMMANDS;
            self.code.op(Opcode::Add, set, (Src::Reg(a), b), (Dst::Reg(0), 0));
            self.code.when(Predicate::Lt);
            // Done by the interpreter; of what was known before, nothing is known behind it.
            self.code.op(Opcode::Meta, &[], (Src::Reg(0), 0), (Dst::Reg(PLACE), 0));
        }
    }

    /// A copy of the instruction. Where it can lead somewhere, that is `taken`.
    fn instruction(&mut self, predicate: Predicate, taken: Label) {
        let mut instruction = Instruction::decode(self.slot.into());
        instruction.predicate = predicate;
        let opcode = instruction.opcode();
        let takes_pointer =
            instruction.variant().row.pointer || matches!(opcode, Opcode::FatPointerRead);
        let random = &mut *self.random;
        let register = |random: &mut Random| random.below(u64::from(LAST) + 1) as u8;
        let source = |random: &mut Random| match random.below(4) {
            0 => register(random),
            _ if takes_pointer => random.pick(&POINTERS),
            _ => 3 + random.below(u64::from(LAST) - 2) as u8,
        };
        // A number that is small, in stack addresses, or a pointer; if they are exchanged, the other way round.
        let in_memory = !matches!(instruction.variant().src0, SrcMode::Reg);
        instruction.src0 = if in_memory { random.pick(&[0, 0, 4]) } else { source(random) };
        instruction.src1 = if random.one_in(4) { source(random) } else { register(random) };
        instruction.dst0 = match instruction.variant().dst0 {
            DstMode::Reg => register(random),
            _ => random.pick(&[0, 0, 4]),
        };
        instruction.dst1 = if random.one_in(3) { register(random) } else { 0 };
        let immediate = |random: &mut Random| match random.below(12) {
            0 => random.bits() as u16,
            1 => u16::MAX - random.below(3) as u16,
            _ => random.below(6) as u16,
        };
        (instruction.imm0, instruction.imm1) = (immediate(random), immediate(random));
        let leads = matches!(opcode, Opcode::NearCall | Opcode::Jump);
        self.code.push(instruction);
        if leads && !self.random.one_in(6) {
            self.code.imm0(taken);
        }
    }
}
