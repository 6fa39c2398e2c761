//! Access to heaps and through fat pointers.

use super::binary::read;
use super::operands::Source;
use super::{Ip, Meter, SPARE, Signal, Spare, Vm, admit, charge, next, park, refuse, retract};
use crate::isa::{MEMORY_READ_ERGS, MEMORY_WRITE_ERGS};
use crate::semantics::{FatPointer, MAX_HEAP_ADDRESS};
use crate::state::registers::Register;
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

/// Reads a heap. With `FAR`, also where nothing was written to yet or the page is not in one piece, and in place of a pointer.
pub(super) fn heap_read<
    S: Source,
    const AUX: bool,
    const INCREMENT: bool,
    const FAR: bool,
    const THREADED: bool,
>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let wrong = status & op.mask;
    if wrong != 0 {
        if !FAR {
            return far_heap_read::<S, AUX, INCREMENT, THREADED>(vm, ip, SPARE, meter, status);
        }
        if wrong != status::tag_of(op.dst0) || op.src0 == op.dst0 {
            return refuse::<THREADED>(vm, ip, SPARE, meter, status);
        }
    }
    let charged = charge!(vm, ip, meter, status, MEMORY_READ_ERGS);
    let Some(pointer) = read::<S>(vm, op) else {
        return retract::<THREADED>(vm, ip, SPARE, charged, status);
    };
    let (place, bound) = vm.heap_of::<AUX>();
    let Some(address) = heap_address(&pointer, bound) else {
        return retract::<THREADED>(vm, ip, SPARE, charged, status);
    };
    if FAR {
        match vm.pages.near(place).and_then(|page| page.read_chunked(address)) {
            Some(value) => vm.set_destination(op.dst0, &value),
            None => read_apart::<AUX>(vm, address, op.dst0),
        }
    } else {
        let Some(value) = vm.pages.near(place).and_then(|page| page.read_dense(address)) else {
            let meter = charged.refund(MEMORY_READ_ERGS);
            return far_heap_read::<S, AUX, INCREMENT, THREADED>(vm, ip, SPARE, meter, status);
        };
        vm.set_destination(op.dst0, &value);
    }
    // The tag of what was replaced.
    let status = if FAR { status & !wrong } else { status };
    if INCREMENT {
        vm.set_destination(op.dst1, &incremented(&pointer, address));
    }
    next::<THREADED>(vm, ip.next(), SPARE, charged, status)
}

/// Apart from the handler, whose last call would be no jump otherwise.
#[inline(never)]
fn read_apart<const AUX: bool>(vm: &mut Vm, address: u32, result: Register) {
    let value = vm.read_heap::<AUX>(address);
    vm.set_destination(result, &value);
}

/// [`heap_read`] kept apart, so that the common case needs no more registers than a call may change.
#[inline(never)]
fn far_heap_read<S: Source, const AUX: bool, const INCREMENT: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    heap_read::<S, AUX, INCREMENT, true, THREADED>(vm, ip, SPARE, meter, status)
}

/// Writes a heap. With `FAR`, also where nothing was written to yet, the page is not in one piece, or a snapshot watches it.
pub(super) fn heap_write<
    S: Source,
    const AUX: bool,
    const INCREMENT: bool,
    const FAR: bool,
    const THREADED: bool,
>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let wrong = status & op.mask;
    if wrong & !status::STORES_OBSERVED != 0 {
        return refuse::<THREADED>(vm, ip, SPARE, meter, status);
    }
    let charged = charge!(vm, ip, meter, status, MEMORY_WRITE_ERGS);
    let Some(pointer) = read::<S>(vm, op) else {
        return retract::<THREADED>(vm, ip, SPARE, charged, status);
    };
    let (place, bound) = vm.heap_of::<AUX>();
    let Some(address) = heap_address(&pointer, bound) else {
        return retract::<THREADED>(vm, ip, SPARE, charged, status);
    };
    if wrong != 0 && vm.is_hook::<AUX>(address) {
        if INCREMENT {
            return retract::<THREADED>(vm, ip, SPARE, charged, status);
        }
        return write_hook(vm, ip, charged, status, address);
    }
    let page = vm.pages.at_mut(place);
    if FAR {
        let in_place = page.and_then(|page| page.chunked_mut(address));
        match in_place {
            Some(bytes) => vm.hot.registers.get(op.src1).write_be_bytes(bytes),
            None => {
                write_apart::<AUX>(vm, address, op.src1);
                if vm.stop.is_some() {
                    park(vm, ip.next(), charged, status);
                    return Signal::Stopped;
                }
            }
        }
    } else {
        let Some(bytes) = page.and_then(|page| page.dense_mut(address)) else {
            let meter = charged.refund(MEMORY_WRITE_ERGS);
            return far_heap_write::<S, AUX, INCREMENT, THREADED>(vm, ip, SPARE, meter, status);
        };
        vm.hot.registers.get(op.src1).write_be_bytes(bytes);
    }
    if INCREMENT {
        vm.set_destination(op.dst0, &incremented(&pointer, address));
    }
    next::<THREADED>(vm, ip.next(), SPARE, charged, status)
}

/// Does a write to the hook. The bootloader writes there some sixty times in a transaction.
#[inline(never)]
fn write_hook(vm: &mut Vm, ip: Ip, charged: Meter, status: u32, address: u32) -> Signal {
    park(vm, ip.next(), charged, status);
    let value = vm.source(ip.op().src1);
    vm.write_heap::<false>(address, &value);
    if vm.stop.is_some() {
        return Signal::Stopped;
    }
    vm.hook_value = value;
    Signal::Hook
}

/// Apart from the handler, like [`read_apart`].
#[inline(never)]
fn write_apart<const AUX: bool>(vm: &mut Vm, address: u32, value: Register) {
    let value = vm.source(value);
    vm.write_heap::<AUX>(address, &value);
}

/// [`heap_write`] kept apart, like [`far_heap_read`].
#[inline(never)]
fn far_heap_write<S: Source, const AUX: bool, const INCREMENT: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    heap_write::<S, AUX, INCREMENT, true, THREADED>(vm, ip, SPARE, meter, status)
}

/// Reads through a fat pointer. With `FAR`, also behind the end of the slice, from code pages, and where the page is not in one piece.
pub(super) fn pointer_read<const INCREMENT: bool, const FAR: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, meter, status, MEMORY_READ_ERGS);
    let word = vm.source(op.src0);
    let pointer = FatPointer::from_word(&word);
    if status & status::tag_of(op.src0) == 0 || pointer.offset.checked_add(32).is_none() {
        return retract::<THREADED>(vm, ip, SPARE, charged, status);
    }
    // All 32 bytes in the slice: nothing is cut off.
    let inside = u64::from(pointer.offset) + 32 <= u64::from(pointer.length);
    let address = pointer.start.wrapping_add(pointer.offset);
    let page = if inside { vm.pointed_page(pointer.page) } else { None };
    if FAR {
        match page.and_then(|page| page.read_chunked(address)) {
            Some(value) => vm.set_destination(op.dst0, &value),
            None => pointed_apart(vm, op.src0, op.dst0),
        }
    } else {
        let Some(value) = page.and_then(|page| page.read_dense(address)) else {
            let meter = charged.refund(MEMORY_READ_ERGS);
            return far_pointer_read::<INCREMENT, THREADED>(vm, ip, SPARE, meter, status);
        };
        vm.set_destination(op.dst0, &value);
    }
    let mut status = status & !status::tag_of(op.dst0);
    if INCREMENT {
        vm.set_destination(op.dst1, &incremented(&word, pointer.offset));
        status |= status::tag_of(op.dst1);
    }
    next::<THREADED>(vm, ip.next(), SPARE, charged, status)
}

/// Apart from the handler, like [`read_apart`].
#[inline(never)]
fn pointed_apart(vm: &mut Vm, pointer: Register, result: Register) {
    let pointer = FatPointer::from_word(&vm.source(pointer));
    let value = vm.read_pointed(&pointer);
    vm.set_destination(result, &value);
}

/// [`pointer_read`] kept apart, like [`far_heap_read`].
#[inline(never)]
fn far_pointer_read<const INCREMENT: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    _: Spare,
    meter: Meter,
    status: u32,
) -> Signal {
    pointer_read::<INCREMENT, true, THREADED>(vm, ip, SPARE, meter, status)
}
