//! Compiled code beside the interpreter: each piece is done twice, and must come out the same.

use super::enter::After;
use crate::state::frame::NearFrames;
use crate::state::page::Page;
use crate::state::pages::EMPTY_PLACE;
use crate::state::registers::Registers;
use crate::state::stack::Stack;
use crate::vm::fast::{self, Signal};
use crate::vm::{Stop, Vm};

/// Where the heaps of the current frame are. There may be pages that it has not used yet: a precompile can make them beforehand.
fn heap_places(vm: &Vm) -> [u32; 2] {
    let frame = &vm.frame;
    [(frame.heap, frame.heap_page()), (frame.aux_heap, frame.aux_heap_page())]
        .map(|(place, number)| if place == EMPTY_PLACE { vm.pages.find(number) } else { place })
}

/// All that compiled code can change.
struct Piece {
    registers: Registers,
    pc: u16,
    sp: u16,
    ergs: u32,
    status: u32,
    instructions: u64,
    stack: Stack,
    near_frames: NearFrames,
    heaps: [Option<Page>; 2],
    memory: usize,
}

impl Piece {
    fn of(vm: &Vm) -> Self {
        let page = |place: u32| (place != EMPTY_PLACE).then(|| vm.pages.at(place).clone());
        let [heap, aux_heap] = heap_places(vm);
        Self {
            registers: vm.hot.registers,
            pc: vm.pc,
            sp: vm.sp,
            ergs: vm.ergs,
            status: vm.status,
            instructions: vm.instructions,
            stack: vm.frame.stack.clone(),
            near_frames: vm.near_frames.clone(),
            heaps: [page(heap), page(aux_heap)],
            memory: vm.memory,
        }
    }

    fn put_back(self, vm: &mut Vm) {
        vm.hot.registers = self.registers;
        vm.pc = self.pc;
        vm.sp = self.sp;
        vm.ergs = self.ergs;
        vm.status = self.status;
        vm.instructions = self.instructions;
        vm.frame.stack = self.stack;
        vm.near_frames = self.near_frames;
        vm.memory = self.memory;
        for (place, page) in heap_places(vm).into_iter().zip(self.heaps) {
            if let Some(now) = vm.pages.at_mut(place) {
                // One that was not there before may stay, but with nothing in it.
                *now = page.unwrap_or_default();
            }
        }
    }

    fn equals(&self, other: &Self) -> bool {
        let counters =
            |piece: &Self| (piece.pc, piece.sp, piece.ergs, piece.status, piece.instructions);
        let frames =
            |piece: &Self| piece.near_frames.iter().copied().collect::<alloc::vec::Vec<_>>();
        let heaps =
            |piece: &Self| piece.heaps.each_ref().map(|page| page.as_ref().map(Page::non_zero));
        counters(self) == counters(other)
            && self.registers.numbered().eq(other.registers.numbered())
            && self.stack.non_zero() == other.stack.non_zero()
            && frames(self) == frames(other)
            && heaps(self) == heaps(other)
    }
}

impl Vm {
    /// Lets the interpreter do again what compiled code has done, and stop the run with
    /// [`Stop::ShadowMismatch`] if it comes to something else.
    pub const fn set_shadow(&mut self, is_shadowed: bool) {
        self.is_shadowed = is_shadowed;
    }
}

/// Does a piece from the parked state in compiled code, then again; what the interpreter came to stays.
#[cold]
#[inline(never)]
pub(super) fn enter(vm: &mut Vm) -> After {
    let before = Piece::of(vm);
    let pc = vm.pc;
    let after = super::enter::enter(vm);
    let compiled = Piece::of(vm);
    before.put_back(vm);
    let mut is_same = true;
    while is_same && vm.instructions < compiled.instructions {
        is_same = fast::step(vm) == Signal::Next;
    }
    if !is_same || !compiled.equals(&Piece::of(vm)) {
        vm.halt(Stop::ShadowMismatch(pc));
    }
    after
}
