//! Call frames.

use super::stack::Stack;
use crate::program::Program;
use crate::word::Address;
use alloc::vec::Vec;

/// Pages that every far call takes; only the first four are used.
pub(crate) const PAGES_PER_CALL: u32 = 8;
/// Page that is never mapped: the code of a frame whose call failed.
pub(crate) const UNMAPPED_PAGE: u32 = 0;
/// Page of static memory.
pub(crate) const STATIC_PAGE: u32 = 1;
/// Page of the first frame's calldata.
pub(crate) const FIRST_CALLDATA_PAGE: u32 = 7;
/// First page of the first frame.
pub(crate) const FIRST_BASE_PAGE: u32 = 8;
/// First page of the first far call.
pub(crate) const FIRST_CALL_BASE_PAGE: u32 = 2048;

/// A far frame: a contract being executed.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) this_address: Address,
    /// Its hash, for its storage slots.
    pub(crate) address_hash: u64,
    pub(crate) caller: Address,
    pub(crate) code_address: Address,
    pub(crate) is_kernel: bool,
    pub(crate) is_static: bool,
    /// Shards of this contract, of its caller and of its code.
    pub(crate) shards: [u8; 3],
    pub(crate) context_u128: u128,
    pub(crate) program: Program,
    pub(crate) code_page: u32,
    /// First of the frame's pages: code, stack, heap, auxiliary heap.
    pub(crate) base_page: u32,
    /// Places of the two heaps.
    pub(crate) heap: u32,
    pub(crate) aux_heap: u32,
    /// Bytes of the two heaps that are paid for.
    pub(crate) heap_bound: u32,
    pub(crate) aux_heap_bound: u32,
    pub(crate) stack: Stack,
    pub(crate) handler: u16,
    /// Number of near frames below this frame.
    pub(crate) near_base: usize,
    /// Length of the undo log when the frame began.
    pub(crate) undo_mark: usize,
    /// Where this frame's part of the list of retained pages begins, and at what length that is next looked through.
    pub(crate) retained_base: usize,
    pub(crate) retained_limit: usize,
    /// What the hot state goes back to when this frame is the current one again.
    pub(crate) pc: u16,
    pub(crate) sp: u16,
    pub(crate) ergs: u32,
}

impl Frame {
    pub(crate) const fn heap_page(&self) -> u32 {
        self.base_page + 2
    }

    pub(crate) const fn aux_heap_page(&self) -> u32 {
        self.base_page + 3
    }

    /// Takes everything from another frame: the code and the stack in exchange for its own, the rest as a copy.
    #[inline(always)]
    fn take(&mut self, from: &mut Self) {
        let Self {
            this_address,
            address_hash,
            caller,
            code_address,
            is_kernel,
            is_static,
            shards,
            context_u128,
            program,
            code_page,
            base_page,
            heap,
            aux_heap,
            heap_bound,
            aux_heap_bound,
            stack,
            handler,
            near_base,
            undo_mark,
            retained_base,
            retained_limit,
            pc,
            sp,
            ergs,
        } = from;
        core::mem::swap(&mut self.program, program);
        self.stack.exchange(stack);
        self.this_address = *this_address;
        self.address_hash = *address_hash;
        self.caller = *caller;
        self.code_address = *code_address;
        self.is_kernel = *is_kernel;
        self.is_static = *is_static;
        self.shards = *shards;
        self.context_u128 = *context_u128;
        self.code_page = *code_page;
        self.base_page = *base_page;
        self.heap = *heap;
        self.aux_heap = *aux_heap;
        self.heap_bound = *heap_bound;
        self.aux_heap_bound = *aux_heap_bound;
        self.handler = *handler;
        self.near_base = *near_base;
        self.undo_mark = *undo_mark;
        self.retained_base = *retained_base;
        self.retained_limit = *retained_limit;
        self.pc = *pc;
        self.sp = *sp;
        self.ergs = *ergs;
    }
}

/// The far frames below the current one.
///
/// PERF: frames are copied to places that stay. A frame is large, and loads of what was just stored in smaller pieces have to
/// wait. What comes back from a place is the stack of the frame that was there last, which still has its first words, and its code, which
/// may be called again.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    places: Vec<Frame>,
    len: usize,
}

impl Callers {
    #[inline(always)]
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// From the first frame upwards.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Frame> {
        self.places.iter().take(self.len)
    }

    /// The stacks of all frames, also of those to come.
    pub(crate) fn stacks(&self) -> impl Iterator<Item = &Stack> {
        self.places.iter().map(|frame| &frame.stack)
    }

    /// The caller of the current frame.
    pub(crate) fn last(&self) -> Option<&Frame> {
        self.places.get(self.len.checked_sub(1)?)
    }

    /// Whether the next call takes memory.
    #[inline]
    pub(crate) const fn next_call_takes_memory(&self) -> bool {
        self.len == self.places.len()
    }

    /// Puts the current frame below a new one, of which only the stack is ready: empty. All else is to be set.
    #[inline(always)]
    pub(crate) fn descend(&mut self, current: &mut Frame) -> Option<&mut Frame> {
        if self.len == self.places.len() {
            self.add_place(current);
        }
        let caller = self.places.get_mut(self.len)?;
        self.len += 1;
        caller.take(current);
        Some(caller)
    }

    #[cold]
    fn add_place(&mut self, current: &Frame) {
        let program = current.program.clone();
        self.places.push(Frame { program, stack: Stack::default(), ..*current });
    }

    /// Makes the caller the current frame again and returns the stack of the one that has ended; `None` if there is no caller.
    #[inline(always)]
    pub(crate) fn ascend(&mut self, current: &mut Frame) -> Option<&mut Stack> {
        let caller = self.places.get_mut(self.len.checked_sub(1)?)?;
        self.len -= 1;
        current.take(caller);
        Some(&mut caller.stack)
    }

    /// Makes the first frame the current one again; all others are gone.
    pub(crate) fn return_to_first(&mut self, current: &mut Frame) {
        if self.len > 0 {
            self.places.truncate(1);
            self.len = 1;
            self.ascend(current);
            self.places.clear();
        }
    }

    /// Bytes of memory in use.
    pub(crate) fn bytes(&self) -> usize {
        self.places.capacity() * size_of::<Frame>()
    }
}

/// What a near call saves of its caller, and its own exception handler.
///
/// PERF: the first two fields are beside each other here as in [`Op`](crate::program::Op), so that they are copied at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub(crate) struct NearFrame {
    /// Where execution goes on if this frame fails.
    pub(crate) handler: u16,
    /// Program counter of the near call.
    pub(crate) call: u16,
    /// Stack pointer of the caller.
    pub(crate) sp: u16,
    /// Ergs that the caller kept.
    pub(crate) ergs: u32,
    /// Length of the undo log when the frame began.
    pub(crate) undo_mark: u32,
}

impl NearFrame {
    /// Where the caller goes on.
    #[inline(always)]
    pub(crate) const fn caller_pc(&self) -> u16 {
        self.call.wrapping_add(1)
    }
}

/// The near frames of all far frames.
///
/// PERF: a list with its memory in place up to `room`, so that pushing is a store and a compare and never allocates; `Vec::push`
/// keeps six registers for the case that it must grow, in every near call.
#[derive(Clone, Debug, Default)]
pub(crate) struct NearFrames {
    room: Vec<NearFrame>,
    len: usize,
}

impl NearFrames {
    #[inline(always)]
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Pushes if there is room.
    #[inline(always)]
    pub(crate) fn push_in_place(&mut self, frame: NearFrame) -> bool {
        match self.room.get_mut(self.len) {
            Some(place) => {
                *place = frame;
                self.len += 1;
                true
            }
            None => false,
        }
    }

    /// Pushes; makes room if there is none.
    pub(crate) fn push(&mut self, frame: NearFrame) {
        if self.room.len() <= self.len {
            self.room.resize((self.len + 1).next_power_of_two().max(16), NearFrame::default());
        }
        self.push_in_place(frame);
    }

    #[inline(always)]
    pub(crate) fn last(&self) -> Option<NearFrame> {
        self.room.get(self.len.wrapping_sub(1)).copied()
    }

    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<NearFrame> {
        let last = self.last()?;
        self.len -= 1;
        Some(last)
    }

    /// The frames, their number and how many have room, for code that knows their layout.
    #[cfg(feature = "compiled")]
    pub(crate) const fn parts(&mut self) -> (*mut NearFrame, usize, usize) {
        (self.room.as_mut_ptr(), self.len, self.room.len())
    }

    /// After such code has pushed or popped some, within the room.
    #[cfg(feature = "compiled")]
    pub(crate) fn set_len(&mut self, len: usize) {
        self.len = len.min(self.room.len());
    }

    /// Gives up room beyond a number of frames.
    pub(crate) fn limit(&mut self, room: usize) {
        if self.room.len() > room {
            self.room.truncate(room.max(self.len));
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &NearFrame> {
        self.room.iter().take(self.len)
    }

    /// Bytes of memory in use.
    pub(crate) fn bytes(&self) -> usize {
        self.room.capacity() * size_of::<NearFrame>()
    }
}
