//! Pieces of code that do something worth comparing.

use super::builder::{Builder, Dst, Label, Src};
use super::places::Places;
use crate::random::Random;
use eravm_core::Word;
use eravm_core::isa::{DstMode, Instruction, Modifier, Opcode, Predicate, SLOTS, SrcMode};
use eravm_core::semantics::FatPointer;

const BINARY: [Opcode; 11] = [
    Opcode::Add,
    Opcode::Sub,
    Opcode::And,
    Opcode::Or,
    Opcode::Xor,
    Opcode::Shl,
    Opcode::Shr,
    Opcode::Rol,
    Opcode::Ror,
    Opcode::Mul,
    Opcode::Div,
];
const POINTER: [Opcode; 4] = [Opcode::PtrAdd, Opcode::PtrSub, Opcode::PtrShrink, Opcode::PtrPack];
const CONTEXT: [Opcode; 10] = [
    Opcode::This,
    Opcode::Caller,
    Opcode::CodeAddress,
    Opcode::ErgsLeft,
    Opcode::Sp,
    Opcode::Meta,
    Opcode::GetContextU128,
    Opcode::SetContextU128,
    Opcode::IncrementTxNumber,
    Opcode::AuxMutating0,
];

/// Writes the code of one contract.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    /// Where the code goes.
    pub(super) code: Builder,
    /// Where the choices come from.
    pub(super) random: &'a mut Random,
    /// What can be called, read and decommitted.
    pub(super) places: &'a Places,
    /// Whether kernel instructions make sense.
    pub(super) kernel: bool,
    /// Functions that near calls refer to and that are still to be written.
    functions: Vec<Label>,
    depth: u32,
}

impl<'a> Writer<'a> {
    /// Begins a contract.
    pub(super) fn new(random: &'a mut Random, places: &'a Places, kernel: bool) -> Self {
        Self { code: Builder::default(), random, places, kernel, functions: Vec::new(), depth: 0 }
    }

    /// A contract of about that many pieces.
    pub(super) fn contract(mut self, pieces: u64) -> Vec<Word> {
        for _ in 0..pieces {
            self.piece();
        }
        self.leave(false);
        while let Some(label) = self.functions.pop() {
            self.code.place(label);
            let pieces = self.random.below(5);
            for _ in 0..pieces {
                self.piece();
            }
            self.leave(true);
        }
        self.code.finish()
    }

    /// A register to read.
    pub(super) fn register(&mut self) -> u8 {
        match self.random.below(16) {
            0 => 0,
            1 => 1,
            _ => self.random.below(15) as u8 + 1,
        }
    }

    /// A register to write. Seldom r1, which holds calldata or returndata, so that there is a pointer to use.
    pub(super) fn result(&mut self) -> u8 {
        if self.random.one_in(60) {
            self.random.below(2) as u8
        } else {
            self.random.below(14) as u8 + 2
        }
    }

    /// A register that holds a pointer, most of the time.
    pub(super) fn pointer_register(&mut self) -> u8 {
        if self.random.one_in(16) { self.register() } else { 1 + self.random.below(20) as u8 / 19 }
    }

    fn predicate(&mut self) {
        if self.random.one_in(6) {
            self.any_predicate();
        }
    }

    /// Gives the last instruction any predicate.
    pub(super) fn any_predicate(&mut self) {
        let predicate = self.random.pick(&Predicate::ALL);
        self.code.when(predicate);
    }

    fn source(&mut self) -> Src {
        let register = if self.random.one_in(3) { self.register() } else { 0 };
        let small = self.random.below(12) as u16;
        match self.random.below(12) {
            0..4 => Src::Reg(self.register()),
            4 | 5 => Src::Imm(self.random.bits() as u16 >> self.random.below(16)),
            6 | 7 => Src::Const(self.random.word()),
            8 => Src::Mode(SrcMode::Code, register, small),
            9 => Src::Mode(SrcMode::StackAbsolute, register, small),
            10 => Src::Mode(SrcMode::StackRelative, register, small),
            _ => Src::Mode(SrcMode::StackPop, register, small % 4),
        }
    }

    fn destination(&mut self) -> Dst {
        let register = if self.random.one_in(4) { self.register() } else { 0 };
        let small = self.random.below(12) as u16;
        match self.random.below(9) {
            0..6 => Dst::Reg(self.result()),
            6 => Dst::Mode(DstMode::StackAbsolute, register, small),
            7 => Dst::Mode(DstMode::StackRelative, register, small),
            _ => Dst::Mode(DstMode::StackPush, register, small % 4),
        }
    }

    /// `dst1`, which matters for clearing even where nothing is written to it.
    fn second(&mut self) -> u8 {
        if self.random.one_in(4) { self.result() } else { 0 }
    }

    fn piece(&mut self) {
        self.depth += 1;
        match self.random.below(50) {
            0..10 => self.binary(),
            10..13 => {
                let (register, word) = (self.result(), self.random.word());
                self.code.load(register, word);
            }
            13..19 => self.heap(),
            19..22 => self.pointer(),
            22..24 => self.pointer_read(),
            24 => self.store_pointer(),
            25 | 26 => self.context(),
            27..29 => self.skip(),
            29 => self.repeat(),
            30..32 => self.near_call(),
            32..36 => self.far_call(),
            36 | 37 => self.storage(),
            38 | 39 => self.kernel_log(),
            40 => self.static_memory(),
            41 if self.random.one_in(4) => self.wild(),
            42 if self.depth == 1 && self.random.one_in(4) => self.hoard(),
            42 => self.nop(),
            43..49 => self.idiom(),
            _ => self.compare_and_jump(),
        }
        self.depth -= 1;
    }

    fn binary(&mut self) {
        let opcode = self.random.pick(&BINARY);
        let flags: &[Modifier] = if self.random.one_in(2) { &[Modifier::SetFlags] } else { &[] };
        let swaps =
            !matches!(opcode, Opcode::Add | Opcode::Mul | Opcode::And | Opcode::Or | Opcode::Xor);
        let mut modifiers = flags.to_vec();
        if swaps && self.random.one_in(3) {
            modifiers.push(Modifier::Swap);
        }
        let operands = (self.source(), self.register());
        let results =
            (self.destination(), if has_second(opcode) { self.result() } else { self.second() });
        self.code.op(opcode, &modifiers, operands, results);
        self.predicate();
    }

    fn nop(&mut self) {
        let operands = (self.source(), self.register());
        let results = (self.destination(), self.second());
        self.code.op(Opcode::Nop, &[], operands, results);
        self.predicate();
    }

    /// An address in a heap: small, at the border of what is free, of a page's parts, or of what exists.
    pub(super) fn heap_address(&mut self) -> u32 {
        let edges = [1 << 12, 56 << 10, 1 << 16, 1 << 21, (1 << 12) * 17, 3 << 12];
        match self.random.below(64) {
            0..40 => self.random.below(300) as u32,
            40..52 => (1 << 12) - 64 + self.random.below(96) as u32,
            52..56 => (1 << 12) + self.random.below(3000) as u32,
            56..61 => self.random.pick(&edges) - 64 + self.random.below(96) as u32,
            61 => u32::MAX - self.random.below(70) as u32,
            _ => self.random.bits() as u32 >> self.random.below(20),
        }
    }

    fn heap(&mut self) {
        const ACCESS: [Opcode; 4] =
            [Opcode::HeapRead, Opcode::HeapWrite, Opcode::AuxHeapRead, Opcode::AuxHeapWrite];
        let address = self.heap_address();
        let count = self.random.below(3) + 1;
        let register = self.result();
        let immediate = address < 1 << 16 && self.random.one_in(3);
        if !immediate {
            let mut word = Word::from_u64(address.into());
            if self.random.one_in(64) {
                word.0[self.random.below(4) as usize] |= 1 << 32 << self.random.below(32);
            }
            self.code.load(register, word);
        }
        for _ in 0..count {
            let opcode = self.random.pick(&ACCESS);
            let increments = self.random.one_in(2);
            let modifiers: &[Modifier] = if increments { &[Modifier::Increment] } else { &[] };
            let source = if immediate { Src::Imm(address as u16) } else { Src::Reg(register) };
            let value = self.register();
            let is_write = matches!(opcode, Opcode::HeapWrite | Opcode::AuxHeapWrite);
            let mut results = (self.result(), self.second());
            if increments && self.random.one_in(2) {
                // Walk on.
                let place = if is_write { &mut results.0 } else { &mut results.1 };
                *place = register;
            }
            self.code.op(opcode, modifiers, (source, value), (Dst::Reg(results.0), results.1));
            self.predicate();
        }
    }

    fn pointer(&mut self) {
        let opcode = self.random.pick(&POINTER);
        let operand = self.result();
        let word = match opcode {
            Opcode::PtrPack if !self.random.one_in(24) => {
                Word([0, 0, self.random.bits(), self.random.bits()])
            }
            _ if self.random.one_in(30) => self.random.word(),
            Opcode::PtrAdd => Word::from_u64(self.random.below(40)),
            _ => Word::from_u64(self.random.below(30).saturating_sub(26)),
        };
        let modifiers: &[Modifier] = if self.random.one_in(3) { &[Modifier::Swap] } else { &[] };
        let pointer = self.pointer_register();
        let result = match self.random.below(4) {
            0 => Dst::Reg(pointer),
            1 => Dst::Reg(2),
            _ => self.destination(),
        };
        let dst1 = self.second();
        if modifiers.is_empty() || self.random.one_in(2) {
            self.code.load(operand, word);
            let sources =
                if modifiers.is_empty() { (pointer, operand) } else { (operand, pointer) };
            self.code.op(opcode, modifiers, (Src::Reg(sources.0), sources.1), (result, dst1));
        } else {
            self.code.op(opcode, modifiers, (Src::Const(word), pointer), (result, dst1));
        }
        self.predicate();
    }

    fn pointer_read(&mut self) {
        let modifiers: &[Modifier] =
            if self.random.one_in(2) { &[Modifier::Increment] } else { &[] };
        let pointer = self.pointer_register();
        let dst1 = if self.random.one_in(2) { pointer } else { self.result() };
        let dst0 = self.result();
        self.code.op(
            Opcode::FatPointerRead,
            modifiers,
            (Src::Reg(pointer), 0),
            (Dst::Reg(dst0), dst1),
        );
        self.predicate();
    }

    /// Moves a tagged word to the stack, and perhaps back.
    fn store_pointer(&mut self) {
        let at = self.random.below(12) as u16;
        let (from, to) = (self.pointer_register(), self.result());
        let place = Dst::Mode(DstMode::StackAbsolute, 0, at);
        self.code.op(Opcode::PtrAdd, &[], (Src::Reg(from), 0), (place, 0));
        self.predicate();
        if self.random.one_in(2) {
            let place = Src::Mode(SrcMode::StackAbsolute, 0, at);
            self.code.op(Opcode::PtrAdd, &[], (place, 0), (Dst::Reg(to), 0));
            self.predicate();
        }
    }

    fn context(&mut self) {
        let opcode = self.random.pick(&CONTEXT[..if self.kernel { 10 } else { 7 }]);
        let (source, result, dst1) = (self.register(), self.result(), self.second());
        self.code.op(opcode, &[], (Src::Reg(source), 0), (Dst::Reg(result), dst1));
        self.predicate();
    }

    /// Jumps over a few instructions, perhaps.
    pub(super) fn skip(&mut self) {
        let label = self.code.label();
        // Compilers emit jumps without results, and only those are compiled.
        let is_plain = !self.random.one_in(4);
        let (result, dst1) = if is_plain { (0, 0) } else { (self.result(), self.second()) };
        self.code.op(Opcode::Jump, &[], (Src::Imm(0), 0), (Dst::Reg(result), dst1));
        self.code.imm0(label);
        self.any_predicate();
        if self.depth < 4 {
            self.piece();
        }
        self.code.place(label);
    }

    fn compare_and_jump(&mut self) {
        let (left, right) = (self.register(), self.register());
        self.code.op(Opcode::Sub, &[Modifier::SetFlags], (Src::Reg(left), right), (Dst::Reg(0), 0));
        self.skip();
    }

    /// A loop with a counter on the stack, where nothing clears it by accident.
    fn repeat(&mut self) {
        if self.depth > 3 {
            return self.binary();
        }
        let counter = 20 + self.random.below(8) as u16;
        let turns = self.random.below(6) as u16 + 1;
        let slot = Dst::Mode(DstMode::StackAbsolute, 0, counter);
        self.code.op(Opcode::Add, &[], (Src::Imm(turns), 0), (slot, 0));
        let top = self.code.label();
        self.code.place(top);
        for _ in 0..=self.random.below(3) {
            self.piece();
        }
        let one = self.result().max(2);
        self.code.op(Opcode::Add, &[], (Src::Imm(1), 0), (Dst::Reg(one), 0));
        let from = Src::Mode(SrcMode::StackAbsolute, 0, counter);
        self.code.op(Opcode::Sub, &[Modifier::SetFlags], (from, one), (slot, 0));
        self.code.op(Opcode::Jump, &[], (Src::Imm(0), 0), (Dst::Reg(0), 0));
        self.code.imm0(top);
        self.code.when(Predicate::Gt);
    }

    fn near_call(&mut self) {
        let amounts = [0, 0, 0, 1, 5, 30, 100, 400, 3000, u64::from(u32::MAX), 1 << 32];
        let ergs = self.random.pick(&amounts);
        let register = if self.random.one_in(3) { 0 } else { self.result() };
        if register != 0 {
            self.code.load(register, Word::from_u64(ergs));
        }
        let function = match self.functions.last() {
            Some(&label) if self.random.one_in(2) => label,
            _ => {
                let label = self.code.label();
                self.functions.push(label);
                label
            }
        };
        let handler = self.code.label();
        let dst1 = self.second();
        self.code.op(Opcode::NearCall, &[], (Src::Reg(register), 0), (Dst::Reg(0), dst1));
        self.code.imm0(function);
        self.code.imm1(handler);
        self.predicate();
        if self.random.one_in(2) && self.depth < 3 {
            self.piece();
        }
        self.code.place(handler);
    }

    fn storage(&mut self) {
        const ACCESS: [Opcode; 4] = [
            Opcode::StorageRead,
            Opcode::StorageWrite,
            Opcode::TransientRead,
            Opcode::TransientWrite,
        ];
        let opcode = self.random.pick(&ACCESS);
        let (key, value) = (self.result(), self.result());
        let slot = self.places.key(self.random);
        self.code.load(key, slot);
        if self.random.one_in(2) {
            let word = self.random.word();
            self.code.load(value, word);
        }
        let (result, dst1) = (self.result(), self.second());
        self.code.op(opcode, &[], (Src::Reg(key), value), (Dst::Reg(result), dst1));
        self.predicate();
    }

    fn kernel_log(&mut self) {
        if !self.kernel && !self.random.one_in(40) {
            return self.storage();
        }
        match self.random.below(4) {
            0 | 1 => {
                let opcode = if self.random.one_in(2) { Opcode::Event } else { Opcode::ToL1 };
                let modifiers: &[Modifier] =
                    if self.random.one_in(2) { &[Modifier::First] } else { &[] };
                let (key, value) = (self.register(), self.register());
                self.code.op(opcode, modifiers, (Src::Reg(key), value), (Dst::Reg(0), 0));
            }
            2 => self.precompile(),
            _ => self.decommit(),
        }
        self.predicate();
    }

    fn precompile(&mut self) {
        let page = |random: &mut Random| match random.below(12) {
            0 => random.below(12),
            1 => 2048 + random.below(80),
            _ => 0,
        };
        let input = self.random.below(200) | self.random.below(200) << 32;
        let output = self.random.below(200) | self.random.below(8) << 32;
        let pages = page(self.random) | page(self.random) << 32;
        let rounds = self.random.below(4);
        let pubdata = if self.random.one_in(4) { self.random.below(100) << 32 } else { 0 };
        let ergs = match self.random.below(8) {
            0 => u64::from(u32::MAX),
            1 => 5000 + self.random.below(50_000),
            _ => self.random.below(300),
        };
        let (abi, cost, result) = (self.result(), self.result(), self.result());
        self.code.load(abi, Word([input, output, pages, rounds]));
        self.code.load(cost, Word::from_u64(ergs | pubdata));
        let dst1 = self.second();
        self.code.op(Opcode::PrecompileCall, &[], (Src::Reg(abi), cost), (Dst::Reg(result), dst1));
    }

    fn decommit(&mut self) {
        let hash = self.places.hash(self.random);
        let cost = match self.random.below(6) {
            0 => u64::from(u32::MAX),
            1 => 0,
            _ => self.random.below(500),
        };
        let (source, price, result) = (self.result(), self.result(), self.result());
        self.code.load(source, hash);
        self.code.load(price, Word::from_u64(cost));
        let dst1 = self.second();
        self.code.op(Opcode::Decommit, &[], (Src::Reg(source), price), (Dst::Reg(result), dst1));
    }

    fn static_memory(&mut self) {
        if !self.kernel && !self.random.one_in(40) {
            return self.heap();
        }
        let opcode = if self.random.one_in(2) { Opcode::StaticRead } else { Opcode::StaticWrite };
        let modifiers: &[Modifier] =
            if self.random.one_in(2) { &[Modifier::Increment] } else { &[] };
        let (register, value) = (self.result(), self.register());
        let address = Word::from_u64(self.heap_address().into());
        self.code.load(register, address);
        let (result, dst1) = (self.result(), self.result());
        self.code.op(opcode, modifiers, (Src::Reg(register), value), (Dst::Reg(result), dst1));
        self.predicate();
    }

    /// Any instruction at all, or any bits.
    fn wild(&mut self) {
        if self.random.one_in(16) {
            let bits = self.random.bits();
            return self.code.push_bits(bits);
        }
        let slot = 1 + self.random.below(SLOTS as u64 - 945) as u16;
        let mut instruction = Instruction::decode(u64::from(slot));
        if matches!(instruction.opcode(), Opcode::Invalid | Opcode::NearCall | Opcode::Jump) {
            return self.binary();
        }
        let mut register = || self.register();
        (instruction.src0, instruction.src1) = (register(), register());
        (instruction.dst0, instruction.dst1) = (register(), register());
        instruction.imm0 = self.random.below(16) as u16;
        instruction.imm1 = self.random.below(16) as u16;
        self.code.push(instruction);
        self.predicate();
    }

    /// A slice of a heap to pass on: mostly within what is free, sometimes growing it, sometimes malformed.
    pub(super) fn slice(&mut self) -> FatPointer {
        let length = match self.random.below(8) {
            0 => self.heap_address(),
            1 => 0,
            _ => self.random.below(160) as u32,
        };
        let odd = self.random.one_in(24);
        FatPointer {
            offset: if odd { self.random.below(200) as u32 } else { 0 },
            page: if self.random.one_in(8) { self.random.below(3000) as u32 } else { 0 },
            start: self.heap_address(),
            length,
        }
    }
}

/// Whether an opcode has a second result.
const fn has_second(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Mul | Opcode::Div)
}
