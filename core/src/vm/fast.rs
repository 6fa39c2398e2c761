//! The fast path: one handler per kind of instruction, each ending in a jump to the next.
//!
//! A handler does an instruction in its common case or does not touch anything and hands over to [`refuse`]. The
//! careful path ([`Vm::step_carefully`]) can do every instruction in every case, so what is handled here is a
//! matter of speed only; both compute with [`crate::semantics`].
//!
//! The ergs of the frame and the [`status`] word travel from handler to handler, as does `done`, the number of
//! instructions since the state was last parked in [`Vm`]. With `THREADED`, a handler ends by calling the next one, which the
//! optimiser turns into a jump; without, it parks the state and returns after one instruction.

use super::ip::Ip;
use super::{Signal, Vm, status};
use crate::isa::{
    AVERAGE_ERGS, DstMode, EVENT_ERGS, Instruction, MEMORY_READ_ERGS, MEMORY_WRITE_ERGS, Modifier,
    NEAR_CALL_ERGS, Opcode, RICH_ADDRESSING_ERGS, SrcMode, TRANSIENT_READ_ERGS,
    TRANSIENT_WRITE_ERGS, Variant,
};
use crate::program::Op;
use crate::semantics::{self, Binary, FatPointer, Flags, MAX_HEAP_ADDRESS, PointerOp};
use crate::state::frame::NearFrame;
use crate::state::registers::Register;
use crate::word::Word;

/// Executes one instruction and, on the threaded path, all that follow until something stops it.
pub(crate) type Handler = fn(&mut Vm, Ip, u32, u32, u32) -> Signal;

/// Whether handlers call each other. Needs an optimiser that makes those calls jumps; the build script knows. Debug
/// assertions put references to local variables into handlers, which can keep it from that.
const CHAINED: bool = cfg!(eravm_threaded) && !cfg!(debug_assertions);

#[inline(always)]
fn next<const THREADED: bool>(vm: &mut Vm, ip: Ip, ergs: u32, status: u32, done: u32) -> Signal {
    if THREADED && CHAINED {
        (ip.op().run)(vm, ip, ergs, status, done)
    } else {
        park(vm, ip, ergs, status, done);
        Signal::Next
    }
}

#[inline(always)]
fn park(vm: &mut Vm, ip: Ip, ergs: u32, status: u32, done: u32) {
    vm.pc = ip.op().pc;
    vm.ergs = ergs;
    vm.status = status;
    vm.instructions += u64::from(done);
}

/// Runs from the parked state until something needs attention.
#[inline]
pub(crate) fn run(vm: &mut Vm) -> Signal {
    loop {
        let signal = resume::<true>(vm);
        if CHAINED || signal != Signal::Next {
            return signal;
        }
    }
}

/// Executes one instruction from the parked state.
#[inline]
pub(crate) fn step(vm: &mut Vm) -> Signal {
    if vm.pending_panic {
        return vm.step_carefully();
    }
    match Ip::at(&vm.frame.program, usize::from(vm.pc)) {
        Some(ip) => {
            let kind = vm.frame.program.kind(vm.pc);
            let (ergs, status) = (vm.ergs, vm.status);
            STEPPED[usize::from(kind) % KINDS](vm, ip, ergs, status, 0)
        }
        None => vm.step_carefully(),
    }
}

#[inline(always)]
fn resume<const THREADED: bool>(vm: &mut Vm) -> Signal {
    let at = if vm.pending_panic { None } else { Ip::at(&vm.frame.program, usize::from(vm.pc)) };
    match at {
        Some(ip) => {
            let (ergs, status) = (vm.ergs, vm.status);
            (ip.op().run)(vm, ip, ergs, status, 0)
        }
        None => careful::<THREADED>(vm),
    }
}

/// Executes the parked instruction on the careful path and goes on.
#[cold]
#[inline(never)]
fn careful<const THREADED: bool>(vm: &mut Vm) -> Signal {
    match vm.step_carefully() {
        Signal::Next if THREADED && CHAINED => resume::<THREADED>(vm),
        signal => signal,
    }
}

/// Takes over an instruction that a handler did not want: skips it if all that is wrong is its predicate.
#[cold]
#[inline(never)]
fn refuse<const THREADED: bool>(vm: &mut Vm, ip: Ip, ergs: u32, status: u32, done: u32) -> Signal {
    let op = ip.op();
    let wrong = status & op.mask;
    if wrong != 0 && wrong & !status::FLAGS == 0 {
        let price = crate::isa::variant(op.slot()).row.ergs;
        if let Some(charged) = ergs.checked_sub(price) {
            return next::<THREADED>(vm, ip.next(), charged, status, done + 1);
        }
    }
    park(vm, ip, ergs, status, done);
    careful::<THREADED>(vm)
}

/// The ergs after a price, or off to where that is too high.
///
/// PERF: to another place than where a wrong status leads, so that the optimiser does not make one slower test of the two.
macro_rules! charge {
    ($vm:ident, $ip:ident, $ergs:ident, $status:ident, $done:ident, $price:expr) => {{
        let (charged, short) = $ergs.overflowing_sub($price);
        if short {
            return too_dear::<THREADED>($vm, $ip, $ergs, $status, $done);
        }
        charged
    }};
}

/// Checks the status, then [`charge!`].
macro_rules! admit {
    ($vm:ident, $ip:ident, $ergs:ident, $status:ident, $done:ident, $price:expr) => {{
        if $status & $ip.op().mask != 0 {
            return refuse::<THREADED>($vm, $ip, $ergs, $status, $done);
        }
        charge!($vm, $ip, $ergs, $status, $done, $price)
    }};
}

/// Takes over an instruction that the frame cannot pay.
#[cold]
#[inline(never)]
fn too_dear<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    park(vm, ip, ergs, status, done);
    careful::<THREADED>(vm)
}

const STACK_ABSOLUTE_SRC: u16 = SrcMode::StackAbsolute as u16;
const STACK_RELATIVE_SRC: u16 = SrcMode::StackRelative as u16;
const STACK_ABSOLUTE_DST: u16 = DstMode::StackAbsolute as u16;
const STACK_RELATIVE_DST: u16 = DstMode::StackRelative as u16;

/// Where a first source comes from. Locating may move the stack pointer; reading has no effect. What was never
/// written to on the stack is refused.
trait Source {
    /// Whether it is on the stack, where a word may be tagged.
    const ON_STACK: bool = false;

    fn locate(vm: &Vm, op: &Op, sp: u16) -> Option<(u16, u16)>;
    fn read(vm: &Vm, op: &Op, index: u16) -> Word;
}

#[derive(Debug)]
struct InRegister;
#[derive(Debug)]
struct Immediate;
#[derive(Debug)]
struct CodePage;
#[derive(Debug)]
struct OnStack;

impl Source for InRegister {
    #[inline(always)]
    fn locate(_: &Vm, _: &Op, sp: u16) -> Option<(u16, u16)> {
        Some((0, sp))
    }

    #[inline(always)]
    fn read(vm: &Vm, op: &Op, _: u16) -> Word {
        *vm.source(op.src0)
    }
}

impl Source for Immediate {
    #[inline(always)]
    fn locate(_: &Vm, _: &Op, sp: u16) -> Option<(u16, u16)> {
        Some((0, sp))
    }

    #[inline(always)]
    fn read(_: &Vm, op: &Op, _: u16) -> Word {
        Word::from_u64(u64::from(op.imm0))
    }
}

impl Source for CodePage {
    #[inline(always)]
    fn locate(_: &Vm, _: &Op, sp: u16) -> Option<(u16, u16)> {
        Some((0, sp))
    }

    #[inline(always)]
    fn read(vm: &Vm, op: &Op, _: u16) -> Word {
        vm.frame.program.word(vm.source(op.src0).low_u16().wrapping_add(op.imm0))
    }
}

impl Source for OnStack {
    const ON_STACK: bool = true;

    #[inline(always)]
    fn locate(vm: &Vm, op: &Op, sp: u16) -> Option<(u16, u16)> {
        let address = vm.source(op.src0).low_u16().wrapping_add(op.imm0);
        let (index, sp) = match op.src_mode() {
            STACK_ABSOLUTE_SRC => (address, sp),
            STACK_RELATIVE_SRC => (sp.wrapping_sub(address), sp),
            _ => (sp.wrapping_sub(address), sp.wrapping_sub(address)),
        };
        vm.frame.stack.has_room_for(index).then_some((index, sp))
    }

    #[inline(always)]
    fn read(vm: &Vm, _: &Op, index: u16) -> Word {
        vm.frame.stack.near(index)
    }
}

/// Where a first result goes to. The stack has room or the instruction is refused.
trait Destination {
    /// Whether it is on the stack, where a word may be tagged.
    const ON_STACK: bool = false;

    fn locate(vm: &Vm, op: &Op, sp: u16) -> Option<(u16, u16)>;
    fn write(vm: &mut Vm, op: &Op, index: u16, value: &Word);
}

impl Destination for InRegister {
    #[inline(always)]
    fn locate(_: &Vm, _: &Op, sp: u16) -> Option<(u16, u16)> {
        Some((0, sp))
    }

    #[inline(always)]
    fn write(vm: &mut Vm, op: &Op, _: u16, value: &Word) {
        vm.set_destination(op.dst0, value);
    }
}

impl Destination for OnStack {
    const ON_STACK: bool = true;

    #[inline(always)]
    fn locate(vm: &Vm, op: &Op, sp: u16) -> Option<(u16, u16)> {
        let address = vm.source(op.dst0).low_u16().wrapping_add(op.imm1);
        let (index, sp) = match op.dst_mode() {
            STACK_ABSOLUTE_DST => (address, sp),
            STACK_RELATIVE_DST => (sp.wrapping_sub(address), sp),
            _ => (sp, sp.wrapping_add(address)),
        };
        vm.frame.stack.has_room_for(index).then_some((index, sp))
    }

    #[inline(always)]
    fn write(vm: &mut Vm, _: &Op, index: u16, value: &Word) {
        vm.frame.stack.try_set(index, *value);
    }
}

#[inline(always)]
fn compute<O: Binary, S: Source, D: Destination, const SWAP: bool>(
    vm: &mut Vm,
    op: &Op,
    source: u16,
    target: u16,
) -> Flags {
    let first = S::read(vm, op, source);
    let second = vm.source(op.src1);
    let (result, result1, flags) =
        if SWAP { O::apply(second, &first) } else { O::apply(&first, second) };
    D::write(vm, op, target, &result);
    if O::HAS_SECOND {
        vm.set_destination(op.dst1, &result1);
    }
    flags
}

/// [`compute`] as a call of its own: what lets the address of a local variable escape must not be in a handler, or
/// its last call is no jump.
#[inline(never)]
fn compute_apart<O: Binary, S: Source, D: Destination, const SWAP: bool>(
    vm: &mut Vm,
    op: &Op,
    source: u16,
    target: u16,
) -> Flags {
    compute::<O, S, D, SWAP>(vm, op, source, target)
}

fn binary<
    O: Binary,
    S: Source,
    D: Destination,
    const FLAGS: bool,
    const SWAP: bool,
    const THREADED: bool,
>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    let op = ip.op();
    let wrong = status & op.mask;
    if wrong & !status::STACK_TAGGED != 0 {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    }
    let charged = charge!(vm, ip, ergs, status, done, RICH_ADDRESSING_ERGS);
    let Some((source, sp)) = S::locate(vm, op, vm.sp) else {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    };
    let Some((target, sp)) = D::locate(vm, op, sp) else {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    };
    if (S::ON_STACK || D::ON_STACK) && wrong != 0 {
        // Some words on this stack are pointers: not these, most of the time.
        let stack = &vm.frame.stack;
        if S::ON_STACK && stack.tag(source) || D::ON_STACK && stack.tag(target) {
            return refuse::<THREADED>(vm, ip, ergs, status, done);
        }
    }
    vm.sp = sp;
    let flags = if O::IS_LONG {
        compute_apart::<O, S, D, SWAP>(vm, op, source, target)
    } else {
        compute::<O, S, D, SWAP>(vm, op, source, target)
    };
    let status = if FLAGS { status::with_flags(status, flags) } else { status };
    next::<THREADED>(vm, ip.next(), charged, status, done + 1)
}

/// One of the operations on pointers.
trait Pointer {
    const OP: PointerOp;
}

macro_rules! pointer_ops {
    ($($name:ident)*) => {$(
        struct $name;

        impl Pointer for $name {
            const OP: PointerOp = PointerOp::$name;
        }
    )*};
}

pointer_ops!(Add Sub Pack Shrink);

/// Pointer operations. The tag of the second source is in the mask; those of the first and of the destination are
/// looked at here.
fn pointer<P: Pointer, S: Source, D: Destination, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, ergs, status, done, RICH_ADDRESSING_ERGS);
    let Some((source, sp)) = S::locate(vm, op, vm.sp) else {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    };
    let Some((target, sp)) = D::locate(vm, op, sp) else {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    };
    let is_pointer = if S::ON_STACK {
        vm.frame.stack.tag(source)
    } else {
        status & status::tag(op.src0 as u8) != 0
    };
    if !is_pointer {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    }
    let first = S::read(vm, op, source);
    match semantics::pointer_op(P::OP, &first, vm.source(op.src1)) {
        Some(result) => {
            vm.sp = sp;
            D::write(vm, op, target, &result);
            let tag = if D::ON_STACK {
                vm.frame.stack.set_tag(target, true);
                status::STACK_TAGGED
            } else {
                status::tag(op.dst0 as u8)
            };
            next::<THREADED>(vm, ip.next(), charged, status | tag, done + 1)
        }
        None => refuse::<THREADED>(vm, ip, ergs, status, done),
    }
}

fn jump<S: Source, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    let op = ip.op();
    let wrong = status & op.mask;
    let charged = charge!(vm, ip, ergs, status, done, RICH_ADDRESSING_ERGS);
    if wrong != 0 {
        // Not taken, most of the time.
        return if wrong & !status::FLAGS == 0 {
            next::<THREADED>(vm, ip.next(), charged, status, done + 1)
        } else {
            refuse::<THREADED>(vm, ip, ergs, status, done)
        };
    }
    let target = S::read(vm, op, 0).low_u16();
    match Ip::at(&vm.frame.program, usize::from(target)) {
        Some(to) => {
            if op.dst0 != Register::Sink {
                let after = op.pc.wrapping_add(1);
                vm.set_destination(op.dst0, &Word::from_u64(after.into()));
            }
            next::<THREADED>(vm, to, charged, status, done + 1)
        }
        None => refuse::<THREADED>(vm, ip, ergs, status, done),
    }
}

fn near_call<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, ergs, status, done, NEAR_CALL_ERGS);
    let Some(to) = Ip::at(&vm.frame.program, usize::from(op.imm0)) else {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    };
    let asked = vm.source(op.src0).low_u32();
    let kept = if asked == 0 { 0 } else { charged.saturating_sub(asked) };
    let frame = NearFrame::new(op.pc.wrapping_add(1), vm.sp, op.imm1, kept, vm.undo.len() as u32);
    let pushed = vm.near_frames.push_in_place(frame);
    if !pushed {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    }
    let status = status::with_flags(status, Flags::NONE);
    next::<THREADED>(vm, to, charged - kept, status, done + 1)
}

/// How a near frame ends.
trait NearEnding {
    /// Whether the frame's effects are undone and its exception handler goes on.
    const FAILS: bool;
    /// The flags that its caller finds.
    const FLAGS: Flags = Flags::NONE;
}

struct Returning;
struct Reverting;
struct Panicking;

impl NearEnding for Returning {
    const FAILS: bool = false;
}

impl NearEnding for Reverting {
    const FAILS: bool = true;
}

impl NearEnding for Panicking {
    const FAILS: bool = true;
    const FLAGS: Flags = Flags { lt: true, ..Flags::NONE };
}

/// A return from a near call that has nothing to undo; anything else about returns is done carefully.
fn ret_near<E: NearEnding, const TO_LABEL: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    let charged = admit!(vm, ip, ergs, status, done, AVERAGE_ERGS);
    if vm.near_frames.len() <= vm.frame.near_base {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    }
    let Some(frame) = vm.near_frames.last() else {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    };
    if E::FAILS && vm.undo.len() != frame.undo_mark() {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    }
    let pc = if TO_LABEL {
        ip.op().imm0
    } else if E::FAILS {
        frame.handler()
    } else {
        frame.caller_pc()
    };
    let Some(to) = Ip::at(&vm.frame.program, usize::from(pc)) else {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    };
    vm.near_frames.pop();
    vm.sp = frame.caller_sp();
    let status = status::with_flags(status, E::FLAGS);
    next::<THREADED>(vm, to, charged.wrapping_add(frame.caller_ergs()), status, done + 1)
}

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
fn heap_read<
    S: Source,
    const AUX: bool,
    const INCREMENT: bool,
    const FAR: bool,
    const THREADED: bool,
>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, ergs, status, done, MEMORY_READ_ERGS);
    let pointer = S::read(vm, op, 0);
    let (place, bound) = vm.heap_of::<AUX>();
    let Some(address) = heap_address(&pointer, bound) else {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    };
    let value = vm
        .pages
        .near(place)
        .and_then(|page| if FAR { page.read_chunked(address) } else { page.read_dense(address) });
    let Some(value) = value else {
        return if FAR {
            refuse::<THREADED>(vm, ip, ergs, status, done)
        } else {
            far_heap_read::<S, AUX, INCREMENT, THREADED>(vm, ip, ergs, status, done)
        };
    };
    vm.set_destination(op.dst0, &value);
    if INCREMENT {
        vm.set_destination(op.dst1, &incremented(&pointer, address));
    }
    next::<THREADED>(vm, ip.next(), charged, status, done + 1)
}

/// [`heap_read`] kept apart, so that the common case needs no more registers than a call may change.
#[inline(never)]
fn far_heap_read<S: Source, const AUX: bool, const INCREMENT: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    heap_read::<S, AUX, INCREMENT, true, THREADED>(vm, ip, ergs, status, done)
}

/// Writes a heap. With `FAR`, also where the page is not in one piece or a snapshot watches it.
fn heap_write<
    S: Source,
    const AUX: bool,
    const INCREMENT: bool,
    const FAR: bool,
    const THREADED: bool,
>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    let op = ip.op();
    let wrong = status & op.mask;
    let charged = charge!(vm, ip, ergs, status, done, MEMORY_WRITE_ERGS);
    if wrong & !status::STORES_OBSERVED != 0 {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    }
    let pointer = S::read(vm, op, 0);
    let (place, bound) = vm.heap_of::<AUX>();
    let Some(address) = heap_address(&pointer, bound) else {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    };
    if wrong != 0 && vm.is_hook::<AUX>(address) {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    }
    let value = *vm.source(op.src1);
    let bytes = vm
        .pages
        .at_mut(place)
        .and_then(|page| if FAR { page.chunked_mut(address) } else { page.dense_mut(address) });
    let Some(bytes) = bytes else {
        return if FAR {
            refuse::<THREADED>(vm, ip, ergs, status, done)
        } else {
            far_heap_write::<S, AUX, INCREMENT, THREADED>(vm, ip, ergs, status, done)
        };
    };
    value.write_be_bytes(bytes);
    if INCREMENT {
        vm.set_destination(op.dst0, &incremented(&pointer, address));
    }
    next::<THREADED>(vm, ip.next(), charged, status, done + 1)
}

/// [`heap_write`] kept apart, like [`far_heap_read`].
#[inline(never)]
fn far_heap_write<S: Source, const AUX: bool, const INCREMENT: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    heap_write::<S, AUX, INCREMENT, true, THREADED>(vm, ip, ergs, status, done)
}

fn pointer_read<const INCREMENT: bool, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, ergs, status, done, MEMORY_READ_ERGS);
    let word = *vm.source(op.src0);
    let pointer = FatPointer::from_word(&word);
    // All 32 bytes in the slice: the offset cannot overflow and nothing is cut off.
    let inside = u64::from(pointer.offset) + 32 <= u64::from(pointer.length);
    if status & status::tag(op.src0 as u8) == 0 || !inside {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    }
    let address = pointer.start.wrapping_add(pointer.offset);
    let Some(value) = vm.pointed_page(pointer.page).and_then(|page| page.read_dense(address))
    else {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    };
    vm.set_destination(op.dst0, &value);
    let mut status = status;
    if INCREMENT {
        vm.set_destination(op.dst1, &incremented(&word, pointer.offset));
        status |= status::tag(op.dst1 as u8);
    }
    next::<THREADED>(vm, ip.next(), charged, status, done + 1)
}

/// `nop` with stack operands moves `sp`.
fn nop<const THREADED: bool>(vm: &mut Vm, ip: Ip, ergs: u32, status: u32, done: u32) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, ergs, status, done, RICH_ADDRESSING_ERGS);
    if op.src_mode() == SrcMode::StackPop as u16 {
        let by = vm.source(op.src0).low_u16().wrapping_add(op.imm0);
        vm.sp = vm.sp.wrapping_sub(by);
    }
    if op.dst_mode() == DstMode::StackPush as u16 {
        let by = vm.source(op.dst0).low_u16().wrapping_add(op.imm1);
        vm.sp = vm.sp.wrapping_add(by);
    }
    next::<THREADED>(vm, ip.next(), charged, status, done + 1)
}

/// Something that `context.*` reads.
trait Context {
    fn read(vm: &Vm, ergs: u32) -> Word;
}

macro_rules! contexts {
    ($($name:ident = |$vm:ident, $ergs:ident| $value:expr;)*) => {$(
        struct $name;

        impl Context for $name {
            #[inline(always)]
            fn read($vm: &Vm, $ergs: u32) -> Word {
                $value
            }
        }
    )*};
}

contexts! {
    This = |vm, _ergs| Word::from_address(&vm.frame.this_address);
    Caller = |vm, _ergs| Word::from_address(&vm.frame.caller);
    CodeAddress = |vm, _ergs| Word::from_address(&vm.frame.code_address);
    ErgsLeft = |_vm, ergs| Word::from_u64(ergs.into());
    Sp = |vm, _ergs| Word::from_u64(vm.sp.into());
    ContextU128 = |vm, _ergs| Word::from_u128(vm.frame.context_u128);
}

/// `context.*` that only reads.
fn context<C: Context, const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, ergs, status, done, AVERAGE_ERGS);
    let value = C::read(vm, charged);
    vm.set_destination(op.dst0, &value);
    next::<THREADED>(vm, ip.next(), charged, status, done + 1)
}

/// `log.event`; only in kernel space, where pointers are numbers like others.
fn event<const THREADED: bool>(vm: &mut Vm, ip: Ip, ergs: u32, status: u32, done: u32) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, ergs, status, done, EVENT_ERGS);
    if vm.events.len() == vm.events.capacity() {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    }
    let is_first = crate::isa::variant(op.slot()).has(Modifier::First);
    vm.add_event(op.src0, op.src1, is_first);
    next::<THREADED>(vm, ip.next(), charged, status, done + 1)
}

fn transient_read<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, ergs, status, done, TRANSIENT_READ_ERGS);
    vm.transient_read_to(op.src0, op.dst0);
    next::<THREADED>(vm, ip.next(), charged, status, done + 1)
}

fn transient_write<const THREADED: bool>(
    vm: &mut Vm,
    ip: Ip,
    ergs: u32,
    status: u32,
    done: u32,
) -> Signal {
    let op = ip.op();
    let charged = admit!(vm, ip, ergs, status, done, TRANSIENT_WRITE_ERGS);
    if vm.undo.len() == vm.undo.capacity() {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    }
    vm.transient_write_from(op.src0, op.src1);
    next::<THREADED>(vm, ip.next(), charged, status, done + 1)
}

/// Instructions that are always done carefully.
fn rare<const THREADED: bool>(vm: &mut Vm, ip: Ip, ergs: u32, status: u32, done: u32) -> Signal {
    refuse::<THREADED>(vm, ip, ergs, status, done)
}

/// Instructions that need the host.
fn hosted<const THREADED: bool>(vm: &mut Vm, ip: Ip, ergs: u32, status: u32, done: u32) -> Signal {
    if status & ip.op().mask != 0 {
        return refuse::<THREADED>(vm, ip, ergs, status, done);
    }
    park(vm, ip, ergs, status, done);
    Signal::Host
}

/// Behind the last instruction: the program counter wraps at 2¹⁶; before that there is only invalid code.
fn end<const THREADED: bool>(vm: &mut Vm, ip: Ip, ergs: u32, status: u32, done: u32) -> Signal {
    match Ip::at(&vm.frame.program, 0) {
        Some(first) if vm.frame.program.len() > usize::from(u16::MAX) => {
            if THREADED {
                next::<THREADED>(vm, first, ergs, status, done)
            } else {
                STEPPED[usize::from(vm.frame.program.kind(0)) % KINDS](
                    vm, first, ergs, status, done,
                )
            }
        }
        _ => {
            park(vm, ip, ergs, status, done);
            careful::<THREADED>(vm)
        }
    }
}

/// Whether exchanging the sources is a handler of its own: not between registers, where it is a matter of names.
macro_rules! ordered {
    ($op:ident InRegister) => {
        false
    };
    ($op:ident $src:ident) => {
        !<semantics::$op as Binary>::COMMUTES
    };
}

/// Handlers of a binary operation by source (4), destination (2), `!` (2) and `.s` (2).
macro_rules! binary_handlers {
    ($($op:ident),*) => {
        &[$(
            binary_handlers!(@ $op InRegister), binary_handlers!(@ $op Immediate),
            binary_handlers!(@ $op CodePage), binary_handlers!(@ $op OnStack),
        )*]
    };
    (@ $op:ident $src:ident) => {[
        binary::<semantics::$op, $src, InRegister, false, false, T>,
        binary::<semantics::$op, $src, InRegister, false, { ordered!($op $src) }, T>,
        binary::<semantics::$op, $src, InRegister, true, false, T>,
        binary::<semantics::$op, $src, InRegister, true, { ordered!($op $src) }, T>,
        binary::<semantics::$op, $src, OnStack, false, false, T>,
        binary::<semantics::$op, $src, OnStack, false, { ordered!($op $src) }, T>,
        binary::<semantics::$op, $src, OnStack, true, false, T>,
        binary::<semantics::$op, $src, OnStack, true, { ordered!($op $src) }, T>,
    ]};
}

/// Opcodes with [`binary_handlers`], in their order.
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

/// Place of the multiplication in it.
const MUL: usize = 9;
const _: () = assert!(matches!(BINARY[MUL], Opcode::Mul));

/// Place of the multiplication whose high half nobody asks for, behind those.
const MUL_LOW: usize = BINARY.len();

const BINARY_KINDS: usize = (BINARY.len() + 1) * 32;

/// Room for all kinds; a power of two, so that an index is bounded by masking.
const KINDS: usize = 512;

macro_rules! other_handlers {
    ($($kind:ident = $handler:expr;)*) => {
        #[allow(dead_code, reason = "some are reached by counting from the first of their group")]
        #[derive(Clone, Copy)]
        #[repr(usize)]
        enum Other { $($kind,)* }

        struct Table<const T: bool>;

        impl<const T: bool> Table<T> {
            const OTHERS: &'static [Handler] = &[$($handler,)*];
        }
    };
}

other_handlers! {
    Rare = rare::<T>;
    Hosted = hosted::<T>;
    End = end::<T>;
    Nop = nop::<T>;
    JumpRegister = jump::<InRegister, T>;
    JumpImmediate = jump::<Immediate, T>;
    JumpCode = jump::<CodePage, T>;
    NearCall = near_call::<T>;
    RetOk = ret_near::<Returning, false, T>;
    RetOkToLabel = ret_near::<Returning, true, T>;
    RetRevert = ret_near::<Reverting, false, T>;
    RetRevertToLabel = ret_near::<Reverting, true, T>;
    RetPanic = ret_near::<Panicking, false, T>;
    RetPanicToLabel = ret_near::<Panicking, true, T>;
    HeapReadRegister = heap_read::<InRegister, false, false, false, T>;
    HeapReadRegisterInc = heap_read::<InRegister, false, true, false, T>;
    HeapReadImmediate = heap_read::<Immediate, false, false, false, T>;
    HeapReadImmediateInc = heap_read::<Immediate, false, true, false, T>;
    HeapWriteRegister = heap_write::<InRegister, false, false, false, T>;
    HeapWriteRegisterInc = heap_write::<InRegister, false, true, false, T>;
    HeapWriteImmediate = heap_write::<Immediate, false, false, false, T>;
    HeapWriteImmediateInc = heap_write::<Immediate, false, true, false, T>;
    AuxReadRegister = heap_read::<InRegister, true, false, false, T>;
    AuxReadRegisterInc = heap_read::<InRegister, true, true, false, T>;
    AuxReadImmediate = heap_read::<Immediate, true, false, false, T>;
    AuxReadImmediateInc = heap_read::<Immediate, true, true, false, T>;
    AuxWriteRegister = heap_write::<InRegister, true, false, false, T>;
    AuxWriteRegisterInc = heap_write::<InRegister, true, true, false, T>;
    AuxWriteImmediate = heap_write::<Immediate, true, false, false, T>;
    AuxWriteImmediateInc = heap_write::<Immediate, true, true, false, T>;
    PointerRead = pointer_read::<false, T>;
    PointerReadInc = pointer_read::<true, T>;
    PointerAdd = pointer::<Add, InRegister, InRegister, T>;
    PointerAddFromStack = pointer::<Add, OnStack, InRegister, T>;
    PointerAddToStack = pointer::<Add, InRegister, OnStack, T>;
    PointerAddOnStack = pointer::<Add, OnStack, OnStack, T>;
    PointerSub = pointer::<Sub, InRegister, InRegister, T>;
    PointerPack = pointer::<Pack, InRegister, InRegister, T>;
    PointerShrink = pointer::<Shrink, InRegister, InRegister, T>;
    This = context::<This, T>;
    Caller = context::<Caller, T>;
    CodeAddress = context::<CodeAddress, T>;
    ErgsLeft = context::<ErgsLeft, T>;
    Sp = context::<Sp, T>;
    ContextU128 = context::<ContextU128, T>;
    Event = event::<T>;
    TransientRead = transient_read::<T>;
    TransientWrite = transient_write::<T>;
}

impl<const T: bool> Table<T> {
    const BINARY: &'static [[Handler; 8]] =
        binary_handlers!(Add, Sub, And, Or, Xor, Shl, Shr, Rol, Ror, Mul, Div, MulLow);

    const ALL: [Handler; KINDS] = {
        let mut all: [Handler; KINDS] = [rare::<T>; KINDS];
        let mut at = 0;
        while at < BINARY_KINDS {
            all[at] = Self::BINARY[at / 8][at % 8];
            at += 1;
        }
        let mut at = 0;
        while at < Self::OTHERS.len() {
            all[BINARY_KINDS + at] = Self::OTHERS[at];
            at += 1;
        }
        all
    };
}

static STEPPED: [Handler; KINDS] = Table::<false>::ALL;
static THREADED: [Handler; KINDS] = Table::<true>::ALL;

/// The kind of the end marker.
pub(crate) const END: u16 = (BINARY_KINDS + Other::End as usize) as u16;

/// The handler of a kind on the threaded path.
pub(crate) fn threaded(kind: u16) -> Handler {
    THREADED[usize::from(kind) % KINDS]
}

/// The kind of an instruction: which handler does it.
pub(crate) fn kind_of(instruction: &Instruction) -> u16 {
    let kind = KIND_OF_SLOT[usize::from(instruction.slot) % crate::isa::SLOTS];
    // Nobody asks for the high half of a product that goes to r0.
    if kind / 32 == MUL as u16 && kind & 2 == 0 && instruction.dst1 == 0 {
        return kind + (MUL_LOW - MUL) as u16 * 32;
    }
    kind
}

static KIND_OF_SLOT: [u16; crate::isa::SLOTS] = {
    let mut kinds = [0; crate::isa::SLOTS];
    let mut slot = 0;
    while slot < kinds.len() {
        kinds[slot] = kind_of_variant(&crate::isa::VARIANTS[slot]);
        slot += 1;
    }
    kinds
};

const fn kind_of_variant(variant: &Variant) -> u16 {
    let opcode = variant.row.opcode;
    let mut index = 0;
    while index < BINARY.len() {
        if BINARY[index] as u8 == opcode as u8 {
            return (index * 32 + binary_kind(variant)) as u16;
        }
        index += 1;
    }
    let from_register = matches!(variant.src0, SrcMode::Reg);
    let to_register = matches!(variant.dst0, DstMode::Reg);
    let in_registers = from_register && to_register;
    // Exchanging sources of which one is on the stack is left to the careful path.
    let from_stack = is_on_stack(variant.src0) && !variant.has(Modifier::Swap);
    let other = match opcode {
        Opcode::Nop => Other::Nop as usize,
        Opcode::Jump => match variant.src0 {
            SrcMode::Reg => Other::JumpRegister as usize,
            SrcMode::Imm => Other::JumpImmediate as usize,
            SrcMode::Code => Other::JumpCode as usize,
            SrcMode::StackPop | SrcMode::StackRelative | SrcMode::StackAbsolute => {
                Other::Rare as usize
            }
        },
        Opcode::NearCall => Other::NearCall as usize,
        Opcode::RetOk => Other::RetOk as usize + variant.has(Modifier::ToLabel) as usize,
        Opcode::RetRevert => Other::RetRevert as usize + variant.has(Modifier::ToLabel) as usize,
        Opcode::RetPanic => Other::RetPanic as usize + variant.has(Modifier::ToLabel) as usize,
        Opcode::HeapRead => memory_kind(Other::HeapReadRegister, variant),
        Opcode::HeapWrite => memory_kind(Other::HeapWriteRegister, variant),
        Opcode::AuxHeapRead => memory_kind(Other::AuxReadRegister, variant),
        Opcode::AuxHeapWrite => memory_kind(Other::AuxWriteRegister, variant),
        Opcode::FatPointerRead => memory_kind(Other::PointerRead, variant),
        Opcode::PtrAdd if from_register || from_stack => {
            Other::PointerAdd as usize + from_stack as usize + 2 * !to_register as usize
        }
        Opcode::PtrSub if in_registers => Other::PointerSub as usize,
        Opcode::PtrPack if in_registers => Other::PointerPack as usize,
        Opcode::PtrShrink if in_registers => Other::PointerShrink as usize,
        Opcode::This => Other::This as usize,
        Opcode::Caller => Other::Caller as usize,
        Opcode::CodeAddress => Other::CodeAddress as usize,
        Opcode::ErgsLeft => Other::ErgsLeft as usize,
        Opcode::Sp => Other::Sp as usize,
        Opcode::GetContextU128 => Other::ContextU128 as usize,
        Opcode::Event => Other::Event as usize,
        Opcode::TransientRead => Other::TransientRead as usize,
        Opcode::TransientWrite => Other::TransientWrite as usize,
        opcode if super::needs_host(opcode) => Other::Hosted as usize,
        _ => Other::Rare as usize,
    };
    (BINARY_KINDS + other) as u16
}

/// The place among the 32 handlers of a binary operation.
const fn binary_kind(variant: &Variant) -> usize {
    let source = match variant.src0 {
        SrcMode::Reg => 0,
        SrcMode::Imm => 1,
        SrcMode::Code => 2,
        SrcMode::StackPop | SrcMode::StackRelative | SrcMode::StackAbsolute => 3,
    };
    // With both sources in registers, `.s` was resolved by exchanging their numbers.
    let swap = source != 0 && variant.has(Modifier::Swap);
    let on_stack = !matches!(variant.dst0, DstMode::Reg);
    source * 8
        + on_stack as usize * 4
        + variant.has(Modifier::SetFlags) as usize * 2
        + swap as usize
}

/// The place among the handlers of a memory access, by source and `.inc`.
const fn memory_kind(first: Other, variant: &Variant) -> usize {
    let immediate = matches!(variant.src0, SrcMode::Imm);
    first as usize + immediate as usize * 2 + variant.has(Modifier::Increment) as usize
}

/// Whether a first source is on the stack.
pub(crate) const fn is_on_stack(source: SrcMode) -> bool {
    matches!(source, SrcMode::StackPop | SrcMode::StackRelative | SrcMode::StackAbsolute)
}
