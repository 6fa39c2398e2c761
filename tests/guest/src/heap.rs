//! A heap that only grows, except that the last block can be given back or resized in place.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::ptr;

unsafe extern "C" {
    static mut _heap_start: u8;
    static mut _heap_end: u8;
}

struct Bump {
    /// Address of the next free byte; 0 before the first allocation.
    next: Cell<usize>,
}

// SAFETY: the machine has one hart and no interrupts, so nothing ever runs at the same time.
unsafe impl Sync for Bump {}

#[global_allocator]
static HEAP: Bump = Bump { next: Cell::new(0) };

// SAFETY: blocks are disjoint, aligned, and lie between the two symbols of the linker script, which nothing else uses.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (first, end) = (&raw mut _heap_start, &raw mut _heap_end);
        let free = if self.next.get() == 0 { first as usize } else { self.next.get() };
        let start = free.next_multiple_of(layout.align());
        match start.checked_add(layout.size()) {
            Some(next) if next <= end as usize => {
                self.next.set(next);
                first.with_addr(start)
            }
            _ => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if block as usize + layout.size() == self.next.get() {
            self.next.set(block as usize);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let is_last = block as usize + layout.size() == self.next.get();
        let fits =
            (block as usize).checked_add(size).filter(|&end| end <= &raw mut _heap_end as usize);
        if let (true, Some(end)) = (is_last, fits) {
            self.next.set(end);
            return block;
        }
        // SAFETY: the alignment is that of an existing layout, and sizes are at most that of the heap.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the layout is not empty, as the caller promises for `size`.
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            // SAFETY: both blocks are at least that long and do not overlap: one was in use, the other was not.
            unsafe { ptr::copy_nonoverlapping(block, moved, layout.size().min(size)) };
            // SAFETY: the caller gives up the old block.
            unsafe { self.dealloc(block, layout) };
        }
        moved
    }
}
