//! Contracts that the host executes itself, in frames of the machine.

use eravm_core::asm::assemble;
use eravm_core::semantics::FatPointer;
use eravm_core::{
    Address, Ending, Entry, Exit, InMemory, Limits, NativeCall, NativeCaller, NativeData,
    NativePoint, NativeWarmth, Program, RunError, Semantics, Settings, Step, Stop, Tracer, Verdict,
    VersionedHash, Vm, Word, system_address,
};

const FIRST: Address = Address::repeat_byte(0x11);
const KERNEL: Address = system_address(0x7777);
const USER: Address = Address::repeat_byte(0x22);
const ERGS: u32 = 1_000_000;

/// Calls the address in the first word of its calldata with the rest of it, and returns or reverts as the callee does.
const CALLER: &str = ".text
    entry:
        ld      r1, r2
        add     32, r0, r3
        ptr.add r1, r3, r1
        add     @abi[0], r0, r3
        ptr.pack r1, r3, r1
        far_call r1, r2, @failed
        add     @forward[0], r0, r3
        ptr.pack r1, r3, r1
        ret     r1
    failed:
        add     @forward[0], r0, r3
        ptr.pack r1, r3, r1
        ret.revert r1
    .rodata
    abi:
        .cell 53919893328024177853947349410203471924066622428978789517743185985536
    forward:
        .cell 26959946667150639794667015087019630673637144422540572481103610249216";

fn settings() -> Settings {
    let mut base = VersionedHash::default();
    base.0[0] = VersionedHash::ERAVM;
    Settings::new(Semantics::newest(), base, base)
}

fn native() -> Program {
    Program::native(vec![Word::from_u64(7)]).expect("a word is code")
}

fn hash(number: u8) -> VersionedHash {
    let mut hash = VersionedHash::default();
    hash.0[0] = VersionedHash::ERAVM;
    (hash.0[3], hash.0[31]) = (1, number);
    hash
}

fn host() -> InMemory {
    let mut host = InMemory::new();
    host.deploy(KERNEL, hash(1), native());
    host.deploy(USER, hash(2), native());
    host
}

/// A machine whose first frame is native.
fn machine() -> Vm {
    Vm::new(settings(), Entry::new(FIRST, Address::zero(), native(), &[], ERGS)).expect("it fits")
}

/// A machine whose first frame calls a contract.
fn calling(callee: Address, calldata: &[u8]) -> Vm {
    let code = assemble(CALLER).unwrap_or_else(|error| panic!("{error}")).bytecode;
    let program = Program::new(&code).expect("it is code");
    let calldata = [&Word::from_address(&callee).to_be_bytes(), calldata].concat();
    let entry = Entry::new(FIRST, Address::zero(), program, &calldata, ERGS);
    Vm::new(settings(), entry).expect("it fits")
}

fn pointed(vm: &Vm) -> Vec<u8> {
    vm.read_pointer(FatPointer::from_word(&vm.register(1).0))
}

/// Runs to where a native frame waits.
fn wait(vm: &mut Vm, host: &mut InMemory) -> NativePoint {
    assert_eq!(vm.run(host), Ok(Exit::Native));
    vm.native_point().expect("it waits")
}

#[test]
fn a_native_callee_gets_calldata_and_gives_returndata() {
    for callee in [KERNEL, USER] {
        let (mut vm, mut host) = (calling(callee, b"calldata"), host());
        assert_eq!(wait(&mut vm, &mut host), NativePoint::Entered);
        let frame = vm.current_frame();
        assert_eq!((*frame.this_address, *frame.caller), (callee, FIRST));
        assert_eq!(pointed(&vm), b"calldata");
        // Running again without doing anything only suspends again.
        assert_eq!(wait(&mut vm, &mut host), NativePoint::Entered);
        assert_eq!(vm.native_end(Ending::Returns, NativeData::Bytes(b"returndata")), None);
        let exit = vm.run(&mut host).expect("it runs");
        let Exit::Returned(pointer) = exit else { panic!("{exit:?}") };
        assert_eq!(vm.read_pointer(pointer), b"returndata");
    }
}

fn write(vm: &mut Vm, host: &mut InMemory, address: &Address, key: &Word, value: &Word) {
    let slot = vm.native_slot(host, address, key).expect("it finds it");
    vm.native_write(host, slot, value).expect("it writes");
}

#[test]
fn calldata_can_be_forwarded() {
    let (mut vm, mut host) = (calling(USER, b"there and back"), host());
    wait(&mut vm, &mut host);
    let calldata = FatPointer::from_word(&vm.register(1).0);
    let call = NativeCall::new(KERNEL, NativeData::Pointer(calldata));
    vm.native_call(&mut host, &call).expect("it calls");
    assert_eq!(wait(&mut vm, &mut host), NativePoint::Entered);
    assert_eq!(pointed(&vm), b"there and back");
    vm.native_end(Ending::Reverts, NativeData::Bytes(b"no"));
    assert_eq!(wait(&mut vm, &mut host), NativePoint::Failed);
    let returned = FatPointer::from_word(&vm.register(1).0);
    vm.native_end(Ending::Reverts, NativeData::Pointer(returned));
    let exit = vm.run(&mut host).expect("it runs");
    let Exit::Reverted(pointer) = exit else { panic!("{exit:?}") };
    assert_eq!(vm.read_pointer(pointer), b"no");
}

#[test]
fn what_a_failing_frame_did_is_taken_back() {
    let (key, value) = (Word::from_u64(5), Word::from_u64(6));
    for ending in [Ending::Returns, Ending::Reverts, Ending::Panics] {
        let (mut vm, mut host) = (calling(KERNEL, &[]), host());
        wait(&mut vm, &mut host);
        write(&mut vm, &mut host, &USER, &key, &value);
        vm.native_transient_write(&key, &value);
        vm.native_event(&KERNEL, key, value, true);
        vm.native_message(&KERNEL, key, value, true);
        vm.native_pubdata(100).expect("it counts");
        let slot = vm.native_slot(&mut host, &USER, &key).expect("it finds it");
        assert_eq!(vm.native_read(slot), value);
        let warmth = NativeWarmth { is_free: false, was_read: true, was_written: true };
        assert_eq!(vm.native_warmth(slot), warmth);
        assert_eq!(vm.native_note(slot), None);
        vm.native_set_note(slot, value);
        assert_eq!(vm.native_note(slot), Some(value));
        let before = vm.ergs();
        vm.native_end(ending, NativeData::Bytes(&[]));
        let stays = ending == Ending::Returns;
        let expected = if stays { value } else { Word::ZERO };
        assert_eq!(vm.storage_value(&USER, &key), Some(expected), "{ending:?}");
        assert_eq!(vm.transient_value(&KERNEL, &key), expected);
        assert_eq!(vm.native_note(slot), stays.then_some(value));
        assert_eq!((vm.events().len(), vm.l1_messages().len()), (stays.into(), stays.into()));
        assert_eq!(vm.pubdata() > 0, stays);
        assert!(vm.ergs() >= before, "ergs go back: {ending:?}");
    }
}

#[test]
fn a_native_frame_calls_with_the_rights_and_flags_that_it_says() {
    let (mut vm, mut host) = (machine(), host());
    assert_eq!(wait(&mut vm, &mut host), NativePoint::Entered);
    let extra = [Word::from_u64(3), Word::MAX];
    let call = NativeCall {
        caller: NativeCaller::Mimicked(USER),
        ergs: 1000,
        context_u128: 77,
        is_static: true,
        is_system: true,
        extra: &extra,
        ..NativeCall::new(KERNEL, NativeData::Bytes(b"x"))
    };
    vm.native_call(&mut host, &call).expect("it calls");
    wait(&mut vm, &mut host);
    let frame = vm.current_frame();
    assert_eq!((*frame.this_address, *frame.caller), (KERNEL, USER));
    assert_eq!((frame.context_u128, frame.is_static, vm.ergs()), (77, true, 1000));
    assert_eq!(vm.register(2).0, Word::from_u64(2), "the flag of system calls");
    assert_eq!((vm.register(3).0, vm.register(4).0), (extra[0], extra[1]));
    // Only so much is left to charge.
    assert!(vm.charge(400));
    assert!(!vm.charge(601));
    assert_eq!(vm.ergs(), 0);
    vm.native_end(Ending::Returns, NativeData::Bytes(&[]));
    assert_eq!(wait(&mut vm, &mut host), NativePoint::Returned);
    let delegating =
        NativeCall { caller: NativeCaller::Delegating, ..NativeCall::new(USER, call.calldata) };
    vm.native_call(&mut host, &delegating).expect("it calls");
    wait(&mut vm, &mut host);
    let frame = vm.current_frame();
    assert_eq!((*frame.this_address, *frame.code_address), (FIRST, USER));
}

#[test]
fn code_without_a_native_program_runs_by_itself() {
    let (mut vm, mut host) = (machine(), host());
    let code = assemble(
        ".text\nentry:\n add 42, r0, r1\n st.1 0, r1\n add @abi[0], r0, r1\n ret r1\n.rodata\nabi:\n .cell 2535301200456458802993406410752",
    );
    let code = code.unwrap_or_else(|error| panic!("{error}")).bytecode;
    host.deploy(Address::repeat_byte(0x33), hash(3), Program::new(&code).expect("it is code"));
    wait(&mut vm, &mut host);
    let call = NativeCall::new(Address::repeat_byte(0x33), NativeData::Bytes(&[]));
    vm.native_call(&mut host, &call).expect("it calls");
    assert_eq!(wait(&mut vm, &mut host), NativePoint::Returned);
    assert_eq!(pointed(&vm), Word::from_u64(42).to_be_bytes());
    let exit = vm.native_end(Ending::Returns, NativeData::Bytes(b"end"));
    assert!(matches!(exit, Some(Exit::Returned(_))), "{exit:?}");
    assert_eq!(vm.native_point(), None);
    assert_eq!(vm.run(&mut host), Ok(exit.unwrap_or(Exit::Panicked)));
}

#[test]
fn near_frames_are_taken_back_alone() {
    let (mut vm, mut host) = (machine(), host());
    wait(&mut vm, &mut host);
    assert!(!vm.native_end_near(Ending::Returns), "there is none");
    let (key, one) = (Word::from_u64(1), Word::ONE);
    write(&mut vm, &mut host, &FIRST, &key, &one);
    for ending in [Ending::Panics, Ending::Reverts, Ending::Returns] {
        let before = vm.ergs();
        vm.native_begin(1000);
        assert_eq!(vm.ergs(), 1000);
        write(&mut vm, &mut host, &FIRST, &key, &Word::MAX);
        // Calls come back to it.
        let call = NativeCall::new(KERNEL, NativeData::Bytes(&[]));
        vm.native_call(&mut host, &call).expect("it calls");
        wait(&mut vm, &mut host);
        vm.native_end(Ending::Returns, NativeData::Bytes(&[]));
        assert_eq!(wait(&mut vm, &mut host), NativePoint::Returned);
        assert!(vm.native_end_near(ending));
        let stays = ending == Ending::Returns;
        let value = vm.storage_value(&FIRST, &key);
        assert_eq!(value, Some(if stays { Word::MAX } else { one }), "{ending:?}");
        let spent = before - vm.ergs();
        assert!(spent < 1000, "ergs go back: {ending:?}, {spent}");
    }
}

#[test]
fn native_recursion_ends_where_every_recursion_does() {
    // By its ergs.
    let (mut vm, mut host) = (machine(), host());
    let mut depth = 0;
    while wait(&mut vm, &mut host) == NativePoint::Entered && vm.charge(1000) {
        let call = NativeCall::new(KERNEL, NativeData::Bytes(&[]));
        vm.native_call(&mut host, &call).expect("it calls");
        depth += 1;
    }
    assert!((100..2000).contains(&depth), "{depth}");
    // By the limit of depth.
    let settings = Settings { max_call_depth: 5, ..settings() };
    let entry = Entry::new(FIRST, Address::zero(), native(), &[], ERGS);
    let mut vm = Vm::new(settings, entry).expect("it fits");
    for _ in 0..4 {
        assert_eq!(wait(&mut vm, &mut host), NativePoint::Entered);
        let call = NativeCall::new(KERNEL, NativeData::Bytes(&[]));
        vm.native_call(&mut host, &call).expect("it calls");
    }
    assert_eq!(wait(&mut vm, &mut host), NativePoint::Failed);
}

#[test]
fn data_that_cannot_be_paid_for_fails_the_call_or_the_return() {
    let (mut vm, mut host) = (machine(), host());
    wait(&mut vm, &mut host);
    let large = vec![1; 2 * ERGS as usize];
    let call = NativeCall::new(KERNEL, NativeData::Bytes(&large));
    vm.native_call(&mut host, &call).expect("it calls");
    assert_eq!(wait(&mut vm, &mut host), NativePoint::Failed);
    let exit = vm.native_end(Ending::Returns, NativeData::Bytes(&large));
    assert_eq!(exit, Some(Exit::Panicked));
}

#[test]
fn the_memory_ceiling_holds_for_native_frames() {
    let settings = Settings { memory_ceiling: 1 << 20, ..settings() };
    let entry =
        Entry { heap_stipend: u32::MAX, ..Entry::new(FIRST, Address::zero(), native(), &[], ERGS) };
    let mut vm = Vm::new(settings, entry).expect("it fits");
    let mut host = host();
    wait(&mut vm, &mut host);
    let large = vec![1; 4 << 20];
    let call = NativeCall::new(KERNEL, NativeData::Bytes(&large));
    let stop = Stop::MemoryCeiling(1 << 20);
    assert_eq!(vm.native_call(&mut host, &call), Err(RunError::Stopped(stop)));
    assert!(!vm.charge(0), "nothing more is done");
    assert_eq!(vm.run(&mut host), Err(RunError::Stopped(stop)));
}

/// Counts instructions.
#[derive(Default)]
struct Counter(usize);

impl Tracer for Counter {
    const BEFORE: bool = true;

    fn before(&mut self, _: &Step<'_>) -> Verdict {
        self.0 += 1;
        Verdict::Continue
    }
}

#[test]
fn tracers_see_instructions_only() {
    let (mut vm, mut host, mut counter) = (calling(USER, &[]), host(), Counter::default());
    let limits = Limits::default();
    assert_eq!(vm.run_traced(&mut host, &mut counter, limits), Ok(Exit::Native));
    assert_eq!(counter.0, 6);
    vm.native_end(Ending::Returns, NativeData::Bytes(&[]));
    assert!(vm.run_traced(&mut host, &mut counter, limits).is_ok_and(|exit| exit.is_final()));
    assert_eq!(counter.0, 9);
}

#[test]
fn a_snapshot_takes_native_frames_back() {
    let (mut vm, mut host) = (machine(), host());
    wait(&mut vm, &mut host);
    let key = Word::from_u64(9);
    vm.make_snapshot().expect("it is the first frame");
    write(&mut vm, &mut host, &FIRST, &key, &Word::ONE);
    let call = NativeCall::new(KERNEL, NativeData::Bytes(b"x"));
    vm.native_call(&mut host, &call).expect("it calls");
    wait(&mut vm, &mut host);
    vm.rollback().expect("there is a snapshot");
    assert_eq!(vm.native_point(), Some(NativePoint::Entered));
    assert_eq!((vm.ergs(), vm.storage_value(&FIRST, &key)), (ERGS, Some(Word::ZERO)));
}
