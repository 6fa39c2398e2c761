//! What compiled code sees of a machine.

use crate::isa::Predicate;
use crate::program::REFUSING_FLAGS;
use crate::state::frame::NearFrame;
use crate::state::registers::Registers;
use crate::vm::{Hot, Vm};
use crate::word::Word;
use core::mem::offset_of;
use core::ptr::{null, null_mut};

/// What compiled code sees of a machine, in a layout that it knows. Words are four limbs, the least significant first.
///
/// The registers are [before it](Self::register). What compiled code needs most often is at the beginning, within an offset of 8 bits.
/// Everything is made anew at each entry; what is written back at the end is said.
#[repr(C)]
#[derive(Debug)]
pub struct View {
    /// Ergs of the frame. Written back.
    pub ergs: u64,
    /// Instructions done since the entry. Written back.
    pub instructions: u64,
    /// The status word: see [`status`](Self::FLAGS). Written back.
    pub status: u32,
    /// The stack pointer, below 2¹⁶. Written back.
    pub sp: u32,
    /// Words of the stack, from 0. Written in place.
    pub stack: *mut Word,
    /// How many of them are there.
    pub stack_words: u64,
    /// The byte address in the heap that the host observes; `u64::MAX` if none.
    pub hook: u64,
    /// The page that was last read through a pointer.
    pub pointed: HeapView,
    /// Its number.
    pub pointed_page: u64,
    /// The heap and the auxiliary heap.
    pub heaps: [HeapView; 2],
    /// Pointer tags of the stack, one bit a word. Written in place.
    pub stack_tags: *mut u64,
    /// How many limbs of them are there. What is beyond is no pointer.
    pub stack_tag_limbs: u64,
    /// Near frames, see [`NearFrameLayout`]. Written in place.
    pub near_frames: *mut u8,
    /// Number of near frames. Written back.
    pub near_len: u64,
    /// How many have room.
    pub near_room: u64,
    /// How many are below the current far frame.
    pub near_base: u64,
    /// Length of the undo log.
    pub undo_len: u64,
    /// Words of the code page.
    pub code: *const Word,
    /// How many there are.
    pub code_words: u64,
    /// The context value of the frame, the lower half first.
    pub context_value: [u64; 2],
    /// Room for arguments and results of [`Runtime`].
    pub scratch: [Word; 4],
    /// Functions to call.
    pub runtime: &'static Runtime,
    /// Does the instruction at a program counter as the interpreter does, with the host that the run has. Returns
    /// [`GO_ON`](Self::GO_ON) if the instruction behind it is next, and what to return otherwise. The stack, the heaps and the length of
    /// the undo log may be others afterwards.
    pub step: unsafe extern "C" fn(*mut Self, u64) -> u32,
    /// What it needs.
    pub(super) lent: *mut (),
    /// The machine, for them.
    pub(super) vm: *mut Vm,
    /// Segments to go until code that was compiled for tests leaves.
    pub countdown: u64,
}

/// A piece of memory with big-endian words.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HeapView {
    /// Its first byte.
    pub base: *mut u8,
    /// Words at addresses below this can be read in place.
    pub read_end: u64,
    /// Words at addresses below this can be written in place.
    pub write_end: u64,
}

impl HeapView {
    pub(super) const NONE: Self = Self { base: null_mut(), read_end: 0, write_end: 0 };
}

/// The layout of a near frame, and what is in it.
#[derive(Debug)]
pub struct NearFrameLayout;

impl NearFrameLayout {
    /// Bytes of a frame.
    pub const SIZE: usize = size_of::<NearFrame>();
    /// Offset of the program counter of the handler, 16 bits.
    pub const HANDLER: usize = offset_of!(NearFrame, handler);
    /// Offset of the program counter of the call, 16 bits.
    pub const CALL: usize = offset_of!(NearFrame, call);
    /// Offset of the caller's stack pointer, 16 bits.
    pub const SP: usize = offset_of!(NearFrame, sp);
    /// Offset of the ergs that the caller kept, 32 bits.
    pub const ERGS: usize = offset_of!(NearFrame, ergs);
    /// Offset of the length of the undo log, 32 bits.
    pub const UNDO_MARK: usize = offset_of!(NearFrame, undo_mark);
}

impl View {
    /// The flags in the status: bit `lt + 2·eq + 4·gt` of the lowest eight is set, and no other of these.
    pub const FLAGS: u32 = crate::vm::status::FLAGS;
    /// The frame is in user space.
    pub const USER: u32 = crate::vm::status::USER;
    /// Words on the stack may be tagged as pointers.
    pub const STACK_TAGGED: u32 = crate::vm::status::STACK_TAGGED;
    /// Instructions without a second result clear `dst1`.
    pub const CLEARS_DST1: u32 = crate::vm::status::CLEARS_DST1;

    /// The bits of the status that say that a predicate does not hold.
    pub const fn refusing(predicate: Predicate) -> u32 {
        REFUSING_FLAGS[predicate as usize]
    }

    /// The bit of the status that says that a register is a pointer; none for r0.
    pub const fn tag(register: u8) -> u32 {
        crate::vm::status::tag(register)
    }
}

/// Functions that compiled code calls. They return 1 (or the flags) when it is done, and 0 with nothing done when the interpreter
/// must do it.
#[repr(C)]
#[derive(Debug)]
pub struct Runtime {
    /// Both halves of a product; returns the flags.
    pub mul: unsafe extern "C" fn(*const Word, *const Word, *mut Word, *mut Word) -> u32,
    /// The low half of a product.
    pub mul_low: unsafe extern "C" fn(*const Word, *const Word, *mut Word),
    /// Quotient and remainder; returns the flags.
    pub div: unsafe extern "C" fn(*const Word, *const Word, *mut Word, *mut Word) -> u32,
    /// Reads the heap at a byte address.
    pub heap_read: unsafe extern "C" fn(*mut View, u64, *mut Word) -> u32,
    /// Reads the auxiliary heap.
    pub aux_heap_read: unsafe extern "C" fn(*mut View, u64, *mut Word) -> u32,
    /// Writes the heap at a byte address.
    pub heap_write: unsafe extern "C" fn(*mut View, u64, *const Word) -> u32,
    /// Writes the auxiliary heap.
    pub aux_heap_write: unsafe extern "C" fn(*mut View, u64, *const Word) -> u32,
    /// Reads through a pointer.
    pub pointer_read: unsafe extern "C" fn(*mut View, *const Word, *mut Word) -> u32,
    /// What `context.*` reads: 0 for the contract, 1 for its caller, 2 for the address of the code.
    pub context: unsafe extern "C" fn(*mut View, u32, *mut Word),
}

/// Why compiled code stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Leave {
    /// It goes on at another place of the program, of which it does not know whether it is compiled.
    Elsewhere = 0,
    /// The instruction is not compiled.
    NotCompiled = 1,
    /// Ergs may not suffice.
    Ergs = 2,
    /// A pointer is where a number is expected, or the other way round.
    Tags = 3,
    /// A word of the stack is not there yet.
    Stack = 4,
    /// An access to memory is not an ordinary one.
    Memory = 5,
    /// A near frame has no room, or what ends is not an ordinary one.
    Frame = 6,
    /// A test wants it.
    Forced = 7,
    /// A far call, which begins elsewhere.
    Call = 8,
    /// The frame returns to another one.
    Return = 9,
    /// An instruction [was done](View::step) and has led elsewhere.
    Stepped = 10,
    /// An instruction was done, or not, and whoever runs the machine must look at it.
    Attention = 11,
}

impl Leave {
    /// How many there are.
    pub const COUNT: usize = 12;

    /// All, in the order of their numbers.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Elsewhere,
        Self::NotCompiled,
        Self::Ergs,
        Self::Tags,
        Self::Stack,
        Self::Memory,
        Self::Frame,
        Self::Forced,
        Self::Call,
        Self::Return,
        Self::Stepped,
        Self::Attention,
    ];

    /// What a compiled function returns for it.
    pub const fn at(self, pc: u16) -> u32 {
        pc as u32 | (self as u32) << 16
    }
}

// SAFETY: the addresses are used by compiled code only, which is entered after they were made anew, and not kept by it.
unsafe impl Send for View {}
// SAFETY: as above; nothing is done through a shared reference.
unsafe impl Sync for View {}

impl View {
    /// Offset of a register from the view, in bytes; of four limbs each, written in place, but for r0. Numbers count modulo 16.
    pub const fn register(number: u8) -> i32 {
        const END: usize = offset_of!(Hot, registers) + size_of::<Registers>();
        END as i32 - offset_of!(Hot, view) as i32 + Registers::offset(number)
    }

    /// What [`step`](Self::step) returns where no compiled function ends.
    pub const GO_ON: u32 = u32::MAX;

    /// Of no machine.
    pub(crate) const fn nothing() -> Self {
        Self {
            ergs: 0,
            instructions: 0,
            status: 0,
            sp: 0,
            stack: null_mut(),
            stack_words: 0,
            hook: u64::MAX,
            pointed: HeapView::NONE,
            pointed_page: u64::MAX,
            heaps: [HeapView::NONE; 2],
            stack_tags: null_mut(),
            stack_tag_limbs: 0,
            near_frames: null_mut(),
            near_len: 0,
            near_room: 0,
            near_base: 0,
            undo_len: 0,
            code: null(),
            code_words: 0,
            context_value: [0; 2],
            scratch: [Word::ZERO; 4],
            runtime: &super::runtime::RUNTIME,
            step: super::lent::step_alone,
            lent: null_mut(),
            vm: null_mut(),
            countdown: 0,
        }
    }

    /// Brings the view of a machine up to date; returns its address.
    pub(super) fn refresh(vm: &mut Vm) -> *mut Self {
        let hook = match vm.settings.hook_address {
            Some(address) if vm.callers.is_empty() => address.into(),
            _ => u64::MAX,
        };
        vm.hot.view.hook = hook;
        vm.hot.view.near_base = vm.frame.near_base as u64;
        let code = vm.frame.program.words();
        vm.hot.view.code = code.as_ptr();
        vm.hot.view.code_words = code.len() as u64;
        let value = vm.frame.context_u128;
        vm.hot.view.context_value = [value as u64, (value >> 64) as u64];
        vm.hot.view.countdown = vm.forced_exits;
        Self::refresh_memory(vm);
        Self::refresh_counters(vm);
        Self::of(vm)
    }

    /// The view of a machine, which it leads back to.
    pub(super) fn of(vm: &mut Vm) -> *mut Self {
        let machine: *mut Vm = vm;
        vm.hot.view.vm = machine;
        &raw mut vm.hot.view
    }

    /// Brings up to date where memory is.
    #[inline(always)]
    pub(super) fn refresh_memory(vm: &mut Vm) {
        let view = &mut vm.hot.view;
        let stack = vm.frame.stack.parts();
        view.stack = stack.words.cast();
        view.stack_words = stack.len as u64;
        view.stack_tags = stack.tags;
        view.stack_tag_limbs = stack.tag_limbs as u64;
        // PERF: these are seen when they are first used; see the runtime.
        view.heaps[1] = HeapView::NONE;
        view.pointed = HeapView::NONE;
        view.pointed_page = u64::MAX;
        let (frames, _, room) = vm.near_frames.parts();
        view.near_frames = frames.cast();
        view.near_room = room as u64;
        vm.hot.view.heaps[0] = heap_view::<false>(vm);
    }

    /// Brings up to date what every instruction may change.
    #[inline(always)]
    pub(super) fn refresh_counters(vm: &mut Vm) {
        let view = &mut vm.hot.view;
        view.ergs = vm.ergs.into();
        view.instructions = 0;
        view.status = vm.status;
        view.sp = vm.sp.into();
        view.near_len = vm.near_frames.len() as u64;
        view.undo_len = vm.undo.len() as u64;
    }

    /// Parks a machine where compiled code has come to.
    #[inline(always)]
    pub(super) fn park(vm: &mut Vm, pc: u16) {
        let view = &mut vm.hot.view;
        vm.pc = pc;
        vm.sp = view.sp as u16;
        vm.ergs = view.ergs as u32;
        vm.status = view.status;
        vm.instructions += view.instructions;
        view.instructions = 0;
        vm.near_frames.set_len(view.near_len as usize);
    }
}

/// One past the last address of a whole word below a bound.
pub(super) const fn word_end(bytes: u64) -> u64 {
    bytes.saturating_sub(31)
}

/// A heap of the current frame.
pub(super) fn heap_view<const AUX: bool>(vm: &mut Vm) -> HeapView {
    let (place, bound) = vm.heap_of::<AUX>();
    let Some(page) = vm.pages.at_mut(place) else { return HeapView::NONE };
    let (base, len, is_watched) = page.dense_parts();
    let read_end = word_end((len as u64).min(bound.into()));
    HeapView { base, read_end, write_end: if is_watched { 0 } else { read_end } }
}
