//! What compiled code calls: the semantics of the interpreter, and its ways to memory.

use super::view::{HeapView, Runtime, View, heap_view, word_end};
use crate::semantics::{self, Binary, FatPointer, FlagState, Flags, MAX_HEAP_ADDRESS};
use crate::word::Word;

pub(super) static RUNTIME: Runtime = Runtime {
    mul,
    mul_low,
    div,
    heap_read: heap_read::<false>,
    aux_heap_read: heap_read::<true>,
    heap_write: heap_write::<false>,
    aux_heap_write: heap_write::<true>,
    pointer_read,
    context,
};

fn state(flags: Flags) -> u32 {
    FlagState::from(flags).0
}

unsafe extern "C" fn mul(a: *const Word, b: *const Word, low: *mut Word, high: *mut Word) -> u32 {
    // SAFETY: compiled code passes places of words.
    let (a, b) = unsafe { (*a, *b) };
    let (first, second, flags) = semantics::Mul::apply(&a, &b);
    // SAFETY: as above.
    unsafe {
        *low = first;
        *high = second;
    }
    state(flags)
}

unsafe extern "C" fn mul_low(a: *const Word, b: *const Word, low: *mut Word) {
    // SAFETY: compiled code passes places of words.
    unsafe { *low = semantics::mul_low(&*a, &*b) };
}

unsafe extern "C" fn div(a: *const Word, b: *const Word, first: *mut Word, rest: *mut Word) -> u32 {
    // SAFETY: compiled code passes places of words.
    let (a, b) = unsafe { (*a, *b) };
    let (quotient, remainder, flags) = semantics::Div::apply(&a, &b);
    // SAFETY: as above.
    unsafe {
        *first = quotient;
        *rest = remainder;
    }
    state(flags)
}

unsafe extern "C" fn heap_read<const AUX: bool>(
    view: *mut View,
    address: u64,
    result: *mut Word,
) -> u32 {
    // SAFETY: compiled code passes its view, whose machine it alone uses.
    let vm = unsafe { &mut *(*view).vm };
    let (place, bound) = vm.heap_of::<AUX>();
    let address = match u32::try_from(address) {
        Ok(address) if address <= MAX_HEAP_ADDRESS && address + 32 <= bound => address,
        _ => return 0,
    };
    let page = vm.pages.near(place);
    let value = match page.and_then(|page| page.read_chunked(address)) {
        Some(value) => value,
        None => {
            let value = match page.and_then(|page| page.read_dense(address)) {
                Some(value) => value,
                None => vm.read_heap::<AUX>(address),
            };
            let seen = heap_view::<AUX>(vm);
            // SAFETY: compiled code passes its view.
            unsafe { (*view).heaps[usize::from(AUX)] = seen };
            value
        }
    };
    // SAFETY: compiled code passes the place of a word.
    unsafe { *result = value };
    1
}

/// Writes where nobody must be told.
unsafe extern "C" fn heap_write<const AUX: bool>(
    view: *mut View,
    address: u64,
    value: *const Word,
) -> u32 {
    // SAFETY: compiled code passes its view, whose machine it alone uses, and the place of a word.
    let (vm, value) = unsafe { (&mut *(*view).vm, &*value) };
    let (place, bound) = vm.heap_of::<AUX>();
    let address = match u32::try_from(address) {
        Ok(address) if address <= MAX_HEAP_ADDRESS && address + 32 <= bound => address,
        _ => return 0,
    };
    if vm.is_hook::<AUX>(address) {
        return 0;
    }
    match vm.pages.at_mut(place).and_then(|page| page.chunked_mut(address)) {
        Some(bytes) => value.write_be_bytes(bytes),
        None => {
            if !vm.has_memory_to_spare() {
                return 0;
            }
            vm.write_heap::<AUX>(address, value);
            // The page may be somewhere else now.
            // SAFETY: compiled code passes its view.
            unsafe { ((*view).pointed, (*view).pointed_page) = (HeapView::NONE, u64::MAX) };
        }
    }
    let seen = heap_view::<AUX>(vm);
    // SAFETY: compiled code passes its view.
    unsafe { (*view).heaps[usize::from(AUX)] = seen };
    1
}

unsafe extern "C" fn pointer_read(view: *mut View, pointer: *const Word, result: *mut Word) -> u32 {
    // SAFETY: compiled code passes its view, whose machine it alone uses, and the place of a word.
    let (vm, pointer) = unsafe { (&mut *(*view).vm, FatPointer::from_word(&*pointer)) };
    let Some(end) = pointer.offset.checked_add(32) else { return 0 };
    let address = pointer.start.wrapping_add(pointer.offset);
    // PERF: all 32 bytes in the slice, and none of the page's number in the table of code: as the interpreter does it.
    let page = if end <= pointer.length { vm.pointed_page(pointer.page) } else { None };
    let word =
        page.and_then(|page| page.read_dense(address).or_else(|| page.read_chunked(address)));
    let value = match word {
        Some(value) => value,
        None => vm.read_pointed(&pointer),
    };
    // SAFETY: compiled code passes the place of a word.
    unsafe { *result = value };
    // From now on in place, if that can be.
    let place = vm.pages.find(pointer.page);
    // What is there is read there, even if it is a copy of code: the interpreter does the same.
    let seen = match vm.pages.at_mut(place) {
        Some(page) => {
            let (base, len, _) = page.dense_parts();
            let read_end = word_end(len as u64);
            (HeapView { base, read_end, write_end: 0 }, u64::from(pointer.page))
        }
        _ => (HeapView::NONE, u64::MAX),
    };
    // SAFETY: compiled code passes its view.
    unsafe { ((*view).pointed, (*view).pointed_page) = seen };
    1
}

unsafe extern "C" fn context(view: *mut View, which: u32, result: *mut Word) {
    // SAFETY: compiled code passes its view, whose machine it alone uses.
    let frame = unsafe { &(*(*view).vm).frame };
    let value = match which {
        0 => Word::from_address(&frame.this_address),
        1 => Word::from_address(&frame.caller),
        _ => Word::from_address(&frame.code_address),
    };
    // SAFETY: compiled code passes the place of a word.
    unsafe { *result = value };
}
