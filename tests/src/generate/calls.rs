//! Far calls and returns.

use super::builder::{Dst, Src};
use super::gadgets::Writer;
use super::places::{GENEROUS, user};
use eravm_core::Word;
use eravm_core::isa::{DstMode, Modifier, Opcode, Predicate, SrcMode};

/// Bytes of the ABI words: what is forwarded.
const FORWARDS: [u64; 4] = [0, 1, 2, 7];

impl Writer<'_> {
    /// A call of one of the world's accounts, in any way.
    pub(super) fn far_call(&mut self) {
        let ergs = match self.random.below(12) {
            0..3 => u64::from(u32::MAX),
            3 => self.random.below(300),
            4 => 0,
            5..8 => 1000 + self.random.below(20_000),
            _ => 20_000 + self.random.below(200_000),
        };
        let forward = self.random.pick(&FORWARDS);
        let flag = |random: &mut crate::random::Random, one_in| u64::from(random.one_in(one_in));
        let shard = if self.random.one_in(8) { self.random.below(3) } else { 0 };
        let top = ergs
            | forward << 32
            | shard << 40
            | flag(self.random, 8) << 48
            | flag(self.random, 3) << 56;
        let abi = self.abi(top, forward == 1);
        let destination = loop {
            let register = self.result();
            if register > 1 && register != abi {
                break register;
            }
        };
        let address = self.places.destination(self.random);
        self.code.load(destination, address);
        let opcode = match self.random.below(8) {
            0 | 1 => Opcode::DelegateCall,
            2 if self.kernel || self.random.one_in(8) => Opcode::MimicCall,
            _ => Opcode::FarCall,
        };
        if opcode == Opcode::MimicCall && destination != 15 && abi != 15 {
            let caller = self.places.destination(self.random);
            self.code.load(15, caller);
        }
        let mut modifiers = Vec::new();
        if self.random.one_in(6) {
            modifiers.push(Modifier::Static);
        }
        if self.random.one_in(8) {
            modifiers.push(Modifier::Shard);
        }
        let handler = self.code.label();
        let dst1 = if self.random.one_in(12) { self.register() } else { 0 };
        self.code.op(opcode, &modifiers, (Src::Reg(abi), destination), (Dst::Reg(0), dst1));
        self.code.imm0(handler);
        self.code.place(handler);
    }

    /// Calls many times and keeps what is returned on the stack; reads some of it at the end.
    pub(super) fn hoard(&mut self) {
        const COUNTER: u16 = 29;
        const FIRST: u16 = 40;
        let turns = 12 + self.random.below(16) as u16;
        let counter = (
            Src::Mode(SrcMode::StackAbsolute, 0, COUNTER),
            Dst::Mode(DstMode::StackAbsolute, 0, COUNTER),
        );
        self.code.op(Opcode::Add, &[], (Src::Imm(turns), 0), (counter.1, 0));
        let (top, handler) = (self.code.label(), self.code.label());
        self.code.place(top);
        self.code.load(2, Word([0, 32 << 32, 0, 3000]));
        let address = match self.random.below(4) {
            0 => self.places.destination(self.random),
            _ => Word::from_address(&user(GENEROUS)),
        };
        self.code.load(3, address);
        self.code.op(Opcode::FarCall, &[], (Src::Reg(2), 3), (Dst::Reg(0), 0));
        self.code.imm0(handler);
        self.code.place(handler);
        self.code.op(Opcode::Add, &[], (counter.0, 0), (Dst::Reg(9), 0));
        let place = Dst::Mode(DstMode::StackAbsolute, 9, FIRST);
        self.code.op(Opcode::PtrAdd, &[], (Src::Reg(1), 0), (place, 0));
        self.code.op(Opcode::Add, &[], (Src::Imm(1), 0), (Dst::Reg(4), 0));
        self.code.op(Opcode::Sub, &[Modifier::SetFlags], (counter.0, 4), (counter.1, 0));
        self.code.op(Opcode::Jump, &[], (Src::Imm(0), 0), (Dst::Reg(0), 0));
        self.code.imm0(top);
        self.code.when(Predicate::Gt);
        for _ in 0..5 {
            let kept = FIRST + 1 + self.random.below(turns.into()) as u16;
            let place = Src::Mode(SrcMode::StackAbsolute, 0, kept);
            self.code.op(Opcode::PtrAdd, &[], (place, 0), (Dst::Reg(1), 0));
            self.code.op(Opcode::FatPointerRead, &[], (Src::Reg(1), 0), (Dst::Reg(5), 0));
        }
    }

    /// Puts the first source of a call or return together; gives its register.
    fn abi(&mut self, top: u64, forwards_pointer: bool) -> u8 {
        let abi = self.result().max(1);
        if forwards_pointer && !self.random.one_in(24) {
            let pointer = self.pointer_register();
            let upper = if abi == 15 { 2 } else { 15 };
            self.code.load(upper, Word([0, 0, 0, top]));
            self.code.op(Opcode::PtrPack, &[], (Src::Reg(pointer), upper), (Dst::Reg(abi), 0));
        } else {
            let mut word = self.slice().to_word();
            word.0[3] = top;
            self.code.load(abi, word);
        }
        abi
    }

    /// An end of the contract, or of a function.
    pub(super) fn leave(&mut self, is_function: bool) {
        let opcode = match self.random.below(8) {
            0 => Opcode::RetPanic,
            1 | 2 => Opcode::RetRevert,
            _ => Opcode::RetOk,
        };
        let mut register = if self.random.one_in(3) { self.register() } else { 0 };
        if !is_function && !self.random.one_in(4) {
            let forward = self.random.pick(&FORWARDS);
            register = self.abi(forward << 32, forward == 1);
        }
        let to_label = self.random.one_in(8);
        let modifiers: &[Modifier] = if to_label { &[Modifier::ToLabel] } else { &[] };
        let place = self.random.below(self.code.len() as u64 + 1) as u16;
        let dst1 = if self.random.one_in(12) { self.register() } else { 0 };
        self.code.op(opcode, modifiers, (Src::Reg(register), 0), (Dst::Reg(0), dst1)).imm0 = place;
    }
}
