//! Access to heaps and through fat pointers.

use super::binary::read;
use super::operands::Source;
use super::{Ip, Meter, Signal, Vm, admit, charge, next, refuse, retract};
use crate::isa::{MEMORY_READ_ERGS, MEMORY_WRITE_ERGS};
use crate::semantics::{FatPointer, MAX_HEAP_ADDRESS};
use crate::vm::status;
use crate::word::Word;

/// The heap address in a word, if the 32 bytes there are paid for.
#[inline(always)]
fn heap_address(word: &Word, bound: u32) -> Option<u32> {
    let address = u32::try_from(word.to_u64()?).ok()?;
    (address <= MAX_HEAP_ADDRESS && address + 32 <= bound).then_some(address)
}

/// The address after the one accessed, in the low 32 bits of the word that gave it.
#[inline(always)]
fn incremented(word: &Word, address: u32) -> Word {
    Word([
        word.0[0] >> 32 << 32 | u64::from(address.wrapping_add(32)),
        word.0[1],
        word.0[2],
        word.0[3],
    ])
}

/// Reads a heap. With `FAR`, also where the page is not in one piece.
pub(super) fn heap_read<
    S: Source,
    const AUX: bool,
    const INCREMENT: bool,
    const FAR: bool,
    const THREADED: bool,
>(
    vm: &mut Vm,
    ip: Ip,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, meter, status, MEMORY_READ_ERGS);
    let Some(pointer) = read::<S>(vm, op) else {
        return retract::<THREADED>(vm, ip, charged, status);
    };
    let (place, bound) = vm.heap_of::<AUX>();
    let Some(address) = heap_address(&pointer, bound) else {
        return retract::<THREADED>(vm, ip, charged, status);
    };
    let value = vm
        .pages
        .near(place)
        .and_then(|page| if FAR { page.read_chunked(address) } else { page.read_dense(address) });
    let Some(value) = value else {
        return if FAR {
            retract::<THREADED>(vm, ip, charged, status)
        } else {
            let meter = charged.refund(MEMORY_READ_ERGS);
            far_heap_read::<S, AUX, INCREMENT, THREADED>(vm, ip, meter, status)
        };
    };
    vm.set_destination(op.dst0, &value);
    if INCREMENT {
        vm.set_destination(op.dst1, &incremented(&pointer, address));
    }
    next::<THREADED>(vm, ip.next(), charged, status)
}

/// [`heap_read`] kept apart, so that the common case needs no more registers than a call may change.
#[inline(never)]
fn far_heap_read<S: Source, const AUX: bool, const INCREMENT: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    meter: Meter,
    status: u32,
) -> Signal {
    heap_read::<S, AUX, INCREMENT, true, THREADED>(vm, ip, meter, status)
}

/// Writes a heap. With `FAR`, also where the page is not in one piece or a snapshot watches it.
pub(super) fn heap_write<
    S: Source,
    const AUX: bool,
    const INCREMENT: bool,
    const FAR: bool,
    const THREADED: bool,
>(
    vm: &mut Vm,
    ip: Ip,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let wrong = status & op.mask;
    if wrong & !status::STORES_OBSERVED != 0 {
        return refuse::<THREADED>(vm, ip, meter, status);
    }
    let charged = charge!(vm, ip, meter, status, MEMORY_WRITE_ERGS);
    let Some(pointer) = read::<S>(vm, op) else {
        return retract::<THREADED>(vm, ip, charged, status);
    };
    let (place, bound) = vm.heap_of::<AUX>();
    let Some(address) = heap_address(&pointer, bound) else {
        return retract::<THREADED>(vm, ip, charged, status);
    };
    if wrong != 0 && vm.is_hook::<AUX>(address) {
        return retract::<THREADED>(vm, ip, charged, status);
    }
    let value = vm.source(op.src1);
    let bytes = vm
        .pages
        .at_mut(place)
        .and_then(|page| if FAR { page.chunked_mut(address) } else { page.dense_mut(address) });
    let Some(bytes) = bytes else {
        return if FAR {
            retract::<THREADED>(vm, ip, charged, status)
        } else {
            let meter = charged.refund(MEMORY_WRITE_ERGS);
            far_heap_write::<S, AUX, INCREMENT, THREADED>(vm, ip, meter, status)
        };
    };
    value.write_be_bytes(bytes);
    if INCREMENT {
        vm.set_destination(op.dst0, &incremented(&pointer, address));
    }
    next::<THREADED>(vm, ip.next(), charged, status)
}

/// [`heap_write`] kept apart, like [`far_heap_read`].
#[inline(never)]
fn far_heap_write<S: Source, const AUX: bool, const INCREMENT: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    meter: Meter,
    status: u32,
) -> Signal {
    heap_write::<S, AUX, INCREMENT, true, THREADED>(vm, ip, meter, status)
}

/// Reads through a fat pointer. With `FAR`, also where the page is not in one piece.
pub(super) fn pointer_read<const INCREMENT: bool, const FAR: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, meter, status, MEMORY_READ_ERGS);
    let word = vm.source(op.src0);
    let pointer = FatPointer::from_word(&word);
    // All 32 bytes in the slice: the offset cannot overflow and nothing is cut off.
    let inside = u64::from(pointer.offset) + 32 <= u64::from(pointer.length);
    if status & status::tag_of(op.src0) == 0 || !inside {
        return retract::<THREADED>(vm, ip, charged, status);
    }
    let address = pointer.start.wrapping_add(pointer.offset);
    let value = vm
        .pointed_page(pointer.page)
        .and_then(|page| if FAR { page.read_chunked(address) } else { page.read_dense(address) });
    let Some(value) = value else {
        return if FAR {
            retract::<THREADED>(vm, ip, charged, status)
        } else {
            let meter = charged.refund(MEMORY_READ_ERGS);
            far_pointer_read::<INCREMENT, THREADED>(vm, ip, meter, status)
        };
    };
    vm.set_destination(op.dst0, &value);
    let mut status = status;
    if INCREMENT {
        vm.set_destination(op.dst1, &incremented(&word, pointer.offset));
        status |= status::tag_of(op.dst1);
    }
    next::<THREADED>(vm, ip.next(), charged, status)
}

/// [`pointer_read`] kept apart, like [`far_heap_read`].
#[inline(never)]
fn far_pointer_read<const INCREMENT: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    meter: Meter,
    status: u32,
) -> Signal {
    pointer_read::<INCREMENT, true, THREADED>(vm, ip, meter, status)
}
