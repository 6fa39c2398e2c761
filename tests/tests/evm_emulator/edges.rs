//! Where the EVM meets the rest of the system, case by case.

use super::generated::driver;
use super::world::{Call, Observed, Side, World, run};
use eravm_core::asm::assemble;
use eravm_core::{Address, Ending, Word, system_address};
use eravm_host::system_contracts::addresses::{
    CONTRACT_DEPLOYER, EVM_GAS_MANAGER, MSG_VALUE_SIMULATOR, NONCE_HOLDER,
};
use eravm_tests::evm_program::{EvmCode, op};

const SUBJECT: Address = Address::repeat_byte(0xc0);
const OTHER: Address = Address::repeat_byte(0xc1);
const ERAVM: Address = Address::repeat_byte(0xe0);
const PERSON: Address = Address::repeat_byte(0xa0);
const NOBODY: Address = Address::repeat_byte(0xa1);
const DRIVER: Address = Address::repeat_byte(0xd0);

/// Selector of `createEVM(bytes)`.
const CREATE_EVM: [u8; 4] = [0xff, 0x31, 0x16, 0x01];

/// EraVM code: writes its calldata's first word to slot 0 and returns it, if there is one.
const ECHO: &str = ".text
    entry:
        shr.s   96, r1, r2
        and     @mask[0], r2, r2
        sub!    r2, r0, r3
        jump.eq @empty
        ld      r1, r3
        log.swrite r0, r3, r0
        st.1    0, r3
        add     @word[0], r0, r1
        ret     r1
    empty:
        ret     r0
    .rodata
    mask:
        .cell 4294967295
    word:
        .cell 2535301200456458802993406410752";

/// EraVM code: calls or delegates to the address in the first word of its calldata, without calldata, and returns whether that
/// succeeded.
fn forwarder(kind: &str) -> String {
    format!(
        ".text
    entry:
        ld      r1, r2
        add     @abi[0], r0, r3
        {kind}  r3, r2, @failed
        add     1, r0, r1
        jump    @done
    failed:
        add     0, r0, r1
    done:
        st.1    0, r1
        add     @word[0], r0, r1
        ret     r1
    .rodata
    abi:
        .cell 26959946660873538059280334323183841250429478006438217036639575736320
    word:
        .cell 2535301200456458802993406410752"
    )
}

fn assembled(source: &str) -> Vec<u8> {
    assemble(source).unwrap_or_else(|error| panic!("{error}\n{source}")).bytecode
}

/// Code that makes one call after some other code, and returns whether it succeeded and what came back.
fn probe(before: &[u8], kind: u8, to: &Address, gas: u64, value: u64, input: u64) -> Vec<u8> {
    let mut code = EvmCode(before.to_vec());
    code.ops(&[op::PUSH0, op::PUSH0]).number(input).ops(&[op::PUSH0]);
    if kind == op::CALL {
        code.number(value);
    }
    code.address(to).number(gas).ops(&[kind, op::PUSH0, op::MSTORE]);
    code.ops(&[op::RETURNDATASIZE, op::PUSH0]).number(32).ops(&[op::RETURNDATACOPY]);
    code.ops(&[op::RETURNDATASIZE]).number(32).ops(&[op::ADD, op::PUSH0, op::RETURN]);
    code.0
}

/// Code that puts bytes, 32 at most, at the beginning of memory.
fn memory(bytes: &[u8]) -> Vec<u8> {
    let mut word = [0; 32];
    word[..bytes.len()].copy_from_slice(bytes);
    let mut code = EvmCode::default();
    code.push(&Word::from_be_bytes(&word)).ops(&[op::PUSH0, op::MSTORE]);
    code.0
}

fn call(to: Address) -> Call {
    Call {
        from: PERSON,
        to,
        ergs: 1_000_000_000,
        calldata: Vec::new(),
        is_static: false,
        is_system: false,
    }
}

fn prepare(side: &mut Side) {
    side.deploy_eravm(ERAVM, &assembled(ECHO));
    side.fund(&PERSON, 1000);
    side.fund(&SUBJECT, 100);
}

/// Makes a call on both systems, which must do the same.
fn both(call: &Call, change: impl FnMut(&mut Side)) -> Option<Observed> {
    let mut world = World::load()?;
    world.each(prepare);
    world.each(change);
    let (left, right) = (run(&world.compiled, call), run(&world.native, call));
    assert_eq!(left.effects(), right.effects());
    Some(right)
}

/// Runs code as the subject, called from outside.
fn subject(code: &[u8]) -> Option<Observed> {
    both(&call(SUBJECT), |side| side.deploy(SUBJECT, code))
}

/// Runs code as the subject, called by EVM code with some gas; what comes back has the gas that it took.
fn metered(code: &[u8], gas: u64) -> Option<Observed> {
    both(&call(DRIVER), |side| {
        side.deploy(SUBJECT, code);
        side.deploy(DRIVER, &driver(&SUBJECT, gas, 0));
    })
}

#[test]
fn eravm_code_is_called_with_gas_for_ergs() {
    let before = memory(&[7; 32]);
    let Some(seen) = subject(&probe(&before, op::CALL, &ERAVM, 100_000, 0, 32)) else { return };
    assert_eq!(seen.data, [&Word::ONE.to_be_bytes()[..], &[7; 32]].concat());
    assert_eq!(seen.written(&ERAVM, 0), Some(Word::from_be_bytes(&[7; 32])));
    // With value, and where there is not so much.
    for (value, succeeds) in [(100, 1), (101, 0)] {
        let code = probe(&before, op::CALL, &ERAVM, 100_000, value, 32);
        assert_eq!(subject(&code).unwrap().word(0), Word::from_u64(succeeds), "{value}");
    }
    // It has no right to write in a static call, or for another account.
    let seen = subject(&probe(&before, op::STATICCALL, &ERAVM, 100_000, 0, 32)).unwrap();
    assert_eq!((seen.word(0), seen.data.len()), (Word::ZERO, 32));
    let seen = subject(&probe(&before, op::STATICCALL, &ERAVM, 100_000, 0, 0)).unwrap();
    assert_eq!(seen.word(0), Word::ONE);
    // Without gas it has no ergs.
    assert_eq!(subject(&probe(&before, op::CALL, &ERAVM, 0, 0, 32)).unwrap().word(0), Word::ZERO);
}

#[test]
fn delegate_calls_of_eravm_code_are_refused_and_give_the_gas_back() {
    let Some(seen) = metered(&probe(&[], op::DELEGATECALL, &ERAVM, 50_000, 0, 0), 100_000) else {
        return;
    };
    let (succeeded, gas, inner) = (seen.word(0), seen.word(1).low_u32(), seen.word(3));
    assert_eq!((succeeded, inner), (Word::ONE, Word::ZERO));
    assert!(gas < 7000, "{gas}");
}

#[test]
fn accounts_without_code_take_every_call() {
    for kind in [op::CALL, op::STATICCALL, op::DELEGATECALL] {
        for to in [NOBODY, PERSON, Address::zero()] {
            let Some(seen) = metered(&probe(&[], kind, &to, 50_000, 0, 32), 100_000) else {
                return;
            };
            assert_eq!((seen.word(0), seen.word(3)), (Word::ONE, Word::ONE), "{kind:#x} {to:?}");
        }
    }
}

#[test]
fn transfers_cost_what_they_do_in_ethereum() {
    // A new account, one that is there, and more than there is.
    for (to, value) in [(NOBODY, 1), (PERSON, 1), (PERSON, 101), (OTHER, 100), (OTHER, 101)] {
        let code = probe(&[], op::CALL, &to, 0, value, 0);
        let call = call(SUBJECT);
        let Some(seen) = both(&call, |side| {
            side.deploy(OTHER, &[op::STOP]);
            side.deploy(SUBJECT, &code);
        }) else {
            return;
        };
        assert_eq!(seen.word(0), Word::from_u64((value <= 100).into()), "{value} to {to:?}");
    }
    // EVM code gets 2300 of gas for a transfer: enough to emit an event, and not to write.
    let event = [0x5f, 0x5f, 0xa0];
    let write = [0x5f, 0x5f, 0x55];
    for (code, succeeds) in [(event, 1), (write, 0)] {
        let seen = both(&call(DRIVER), |side| {
            side.deploy(OTHER, &code);
            side.deploy(SUBJECT, &probe(&[], op::CALL, &OTHER, 0, 5, 0));
            side.deploy(DRIVER, &driver(&SUBJECT, 200_000, 0));
        });
        assert_eq!(seen.unwrap().word(3), Word::from_u64(succeeds));
    }
}

#[test]
fn evm_code_called_statically_by_eravm_code_does_not_write() {
    let answers = [0x60, 42, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3];
    let writes = [0x60, 1, 0x5f, 0x55];
    // SLOAD, which is a note of the slot as well, and returns.
    let reads = [0x5f, 0x54, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3];
    let asks = memory(&[]);
    let calls = probe(&asks, op::CALL, &OTHER, 100_000, 0, 0);
    for (code, ending) in [
        (&answers[..], Ending::Returns),
        (&writes, Ending::Reverts),
        (&reads, Ending::Returns),
        (&calls, Ending::Returns),
    ] {
        let call = Call { is_static: true, ..call(SUBJECT) };
        let seen = both(&call, |side| {
            side.deploy(SUBJECT, code);
            side.deploy(OTHER, &writes);
        });
        let Some(seen) = seen else { return };
        assert_eq!(seen.ending, ending);
        if code == calls {
            assert_eq!(seen.word(0), Word::ZERO, "the call within may not write, either");
        }
    }
}

#[test]
fn eravm_code_cannot_delegate_to_evm_code() {
    for (kind, succeeds) in [("far_call", 1), ("far_call.delegate", 0)] {
        let call =
            Call { calldata: Word::from_address(&SUBJECT).to_be_bytes().to_vec(), ..call(OTHER) };
        let source = forwarder(kind);
        let seen = both(&call, |side| {
            side.deploy(SUBJECT, &[op::STOP]);
            side.deploy_eravm(OTHER, &assembled(&source));
        });
        let Some(seen) = seen else { return };
        assert_eq!(seen.word(0), Word::from_u64(succeeds), "{kind}");
    }
}

#[test]
fn reverts_and_failures_reach_callers_without_gas() {
    // REVERT(0..5), INVALID, and a loop without an end.
    let revert = [0x60, 5, 0x5f, 0xfd];
    let endless = [0x5b, 0x5f, 0x56];
    let Some(mut world) = World::load() else { return };
    world.each(prepare);
    for (code, length) in [(&revert[..], 5), (&[op::INVALID], 0), (&endless, 0)] {
        let call = Call { ergs: 30_000_000, ..call(SUBJECT) };
        world.each(|side| side.deploy(SUBJECT, code));
        let (left, right) = (run(&world.compiled, &call), run(&world.native, &call));
        assert_eq!((right.ending, right.data.len()), (Ending::Reverts, length));
        // A jump takes the emulator of the network more ergs than its gas is worth: it panics before the gas is gone.
        if code == endless {
            assert_eq!((left.ending, left.data.len()), (Ending::Panics, 0));
        } else {
            assert_eq!(left.effects(), right.effects());
        }
        // The same, called by EVM code.
        let seen = metered(code, 3000).unwrap();
        assert_eq!(
            (seen.ending, seen.word(0), seen.word(2)),
            (Ending::Returns, Word::ZERO, Word::from_u64(length as u64))
        );
    }
}

#[test]
fn code_of_eravm_contracts_can_be_looked_at() {
    // EXTCODESIZE, EXTCODEHASH, and EXTCODECOPY from byte 5 to beyond the end.
    let mut code = EvmCode::default();
    code.address(&ERAVM).ops(&[op::EXTCODESIZE, op::PUSH0, op::MSTORE]);
    code.address(&ERAVM).ops(&[op::EXTCODEHASH]).number(32).ops(&[op::MSTORE]);
    code.number(1000).number(5).number(64).address(&ERAVM).ops(&[op::EXTCODECOPY]);
    code.number(1064).ops(&[op::PUSH0, op::RETURN]);
    let Some(seen) = subject(&code.0) else { return };
    let expected = assembled(ECHO);
    assert_eq!(seen.word(0), Word::from_u64(expected.len() as u64));
    assert_eq!(seen.word(1).to_be_bytes()[0], 1, "its versioned hash");
    let copied = &seen.data[64..];
    assert_eq!(copied[..expected.len() - 5], expected[5..]);
    assert!(copied[expected.len() - 5..].iter().all(|byte| *byte == 0));
    // Of precompiles, and of accounts that are there or are not, there is none.
    for address in [system_address(1), NOBODY, PERSON] {
        let mut code = EvmCode::default();
        code.address(&address).ops(&[op::EXTCODEHASH, op::PUSH0, op::MSTORE]);
        code.address(&address).ops(&[op::EXTCODESIZE]).number(32).ops(&[op::MSTORE]);
        code.number(64).ops(&[op::PUSH0, op::RETURN]);
        assert_eq!(subject(&code.0).unwrap().word(1), Word::ZERO, "{address:?}");
    }
}

#[test]
fn creations_collide_and_are_counted() {
    // CREATE2 with the same code and salt twice, the addresses at 0 and 32.
    let init = [0x5f, 0x5f, 0xf3];
    let mut code = EvmCode(memory(&init));
    for place in [64, 96] {
        code.number(1)
            .number(3)
            .ops(&[op::PUSH0, op::PUSH0, op::CREATE2])
            .number(place)
            .ops(&[op::MSTORE]);
    }
    code.number(64).number(64).ops(&[op::RETURN]);
    let Some(seen) = metered(&code.0, 500_000) else { return };
    assert_ne!(seen.word(3), Word::ZERO);
    assert_eq!(seen.word(4), Word::ZERO);
    assert!(seen.word(1).low_u32() > 400_000, "the second takes 63/64 of the gas");
}

#[test]
fn creations_need_the_chains_leave() {
    let init = [0x5f, 0x5f, 0xf3];
    let mut code = EvmCode(memory(&init));
    code.number(3).ops(&[op::PUSH0, op::PUSH0, op::CREATE]).ops(&[op::PUSH0, op::MSTORE]);
    code.number(32).ops(&[op::PUSH0, op::RETURN]);
    for allowed in [0, 1] {
        let seen = both(&call(DRIVER), |side| {
            side.deploy(SUBJECT, &code.0);
            side.deploy(DRIVER, &driver(&SUBJECT, 500_000, 0));
            side.write(CONTRACT_DEPLOYER, Word::ONE, Word::from_u64(allowed));
        });
        let Some(seen) = seen else { return };
        assert_eq!(seen.word(3).is_zero(), allowed == 0);
    }
}

#[test]
fn constructors_return_revert_and_fail() {
    let long_code = {
        let mut code = EvmCode::default();
        code.number(24_577).ops(&[op::PUSH0, op::RETURN]);
        code.0
    };
    let as_long_as_can_be = {
        let mut code = EvmCode::default();
        code.number(24_576).ops(&[op::PUSH0, op::RETURN]);
        code.0
    };
    let reverts = [0x60, 3, 0x5f, 0xfd].to_vec();
    let reserved = [0x60, 0xef, 0x5f, 0x53, 0x60, 1, 0x5f, 0xf3].to_vec();
    // Looks at itself: no code, no calldata.
    let looks = [0x36, 0x30, 0x3b, 0x01, 0x60, 0x80, 0x01, 0x5f, 0x55].to_vec();
    for init in [long_code, as_long_as_can_be, reverts, reserved, looks] {
        let length = init.len() as u64;
        let mut code = EvmCode(memory(&init));
        code.number(length).ops(&[op::PUSH0]).number(2).ops(&[op::CREATE, op::PUSH0, op::MSTORE]);
        code.ops(&[op::RETURNDATASIZE]).number(32).ops(&[op::MSTORE]);
        code.number(64).ops(&[op::PUSH0, op::RETURN]);
        let Some(seen) = metered(&code.0, 6_000_000) else { return };
        assert_eq!(seen.word(0), Word::ONE);
    }
}

#[test]
fn people_deploy_through_the_deployer() {
    // Returns a byte of code, and stores the caller.
    let init = [0x33, 0x5f, 0x55, 0x60, 0xfe, 0x5f, 0x53, 0x60, 1, 0x5f, 0xf3];
    let mut calldata = CREATE_EVM.to_vec();
    calldata.extend(Word::from_u64(32).to_be_bytes());
    calldata.extend(Word::from_u64(init.len() as u64).to_be_bytes());
    calldata.extend(init);
    calldata.resize(4 + 64 + 32, 0);
    let call = Call { calldata, is_system: true, ..call(CONTRACT_DEPLOYER) };
    let Some(mut world) = World::load() else { return };
    world.each(prepare);
    let (left, right) = (run(&world.compiled, &call), run(&world.native, &call));
    assert_eq!(left.ending, Ending::Returns);
    // The gas that is left depends on the ergs.
    assert_eq!(left.word(1), right.word(1));
    let address = right.word(1).to_address();
    assert_eq!(right.written(&address, 0), Some(Word::from_address(&PERSON)));
    assert_eq!(left.without_data().effects(), right.without_data().effects());
}

#[test]
fn system_contracts_answer_evm_code() {
    // getRawNonce(address) of the subject, whose deployment nonce is 1.
    let mut input = EvmCode(memory(&[0x5a, 0xa9, 0xb6, 0xb5]));
    input.address(&SUBJECT).number(4).ops(&[op::MSTORE]);
    let Some(seen) = subject(&probe(&input.0, op::STATICCALL, &NONCE_HOLDER, 100_000, 0, 36))
    else {
        return;
    };
    assert_eq!((seen.word(0), seen.word(1)), (Word::ONE, Word([0, 0, 1, 0])));
    // What is for system calls only is refused, and nobody is called by the simulator of value.
    let deploys = probe(&memory(&CREATE_EVM), op::CALL, &CONTRACT_DEPLOYER, 100_000, 0, 100);
    assert_eq!(subject(&deploys).unwrap().word(0), Word::ZERO);
    let moves = probe(&[], op::CALL, &MSG_VALUE_SIMULATOR, 100_000, 0, 0);
    assert_eq!(subject(&moves).unwrap().word(0), Word::ZERO);
}

#[test]
fn warm_slots_are_known_to_the_gas_manager() {
    // isSlotWarm, of slots that were read and were not.
    let long = Word([0, 0, 0, 1]);
    for slot in [Word::from_u64(3), long] {
        for reads in [true, false] {
            let mut before = EvmCode::default();
            if reads {
                before.push(&slot).ops(&[op::SLOAD, op::POP]);
            }
            before.number(1).ops(&[op::PUSH0, op::MSTORE8]);
            before.push(&slot).number(1).ops(&[op::MSTORE]);
            let code = probe(&before.0, op::STATICCALL, &EVM_GAS_MANAGER, 100_000, 0, 33);
            let Some(seen) = subject(&code) else { return };
            assert_eq!(seen.word(0), Word::ONE);
            assert_eq!(seen.data.len(), if reads { 64 } else { 32 }, "{slot:?}");
        }
    }
}

#[test]
fn gas_of_callers_outside_the_evm_is_a_fifth_of_their_ergs() {
    let code = [op::GAS, op::PUSH0, op::MSTORE, 0x60, 32, op::PUSH0, op::RETURN];
    let Some(mut world) = World::load() else { return };
    world.each(prepare);
    world.each(|side| side.deploy(SUBJECT, &code));
    for ergs in [50_000, 1_000_000, 900_000_000] {
        let call = Call { ergs, ..call(SUBJECT) };
        for side in [&world.compiled, &world.native] {
            let seen = run(side, &call);
            assert_eq!(seen.ending, Ending::Returns);
            let gas = u64::from(seen.word(0).low_u32());
            let most = u64::from(ergs - 2000) / 5;
            assert!(gas <= most && gas + 3000 > most, "{gas} of {most}");
        }
    }
}

#[test]
fn gas_ends_before_ergs_do() {
    // The native frame costs less than its gas is worth: whatever the code does, the caller gets ergs back.
    let endless = [0x5b, 0x5f, 0x56];
    let mut reads = EvmCode::default();
    reads.ops(&[op::JUMPDEST, op::GAS, op::SLOAD, op::POP, op::PUSH0, op::JUMP]);
    let mut deep = EvmCode::default();
    deep.ops(&[op::PUSH0; 5]).ops(&[op::ADDRESS, op::GAS, op::CALL]);
    let mut hashes = EvmCode::default();
    hashes.ops(&[op::JUMPDEST]).number(64).ops(&[
        op::PUSH0,
        op::KECCAK256,
        op::POP,
        op::PUSH0,
        op::JUMP,
    ]);
    let Some(mut world) = World::load() else { return };
    world.each(prepare);
    for code in [&endless[..], &reads.0, &deep.0, &hashes.0] {
        world.native.deploy(SUBJECT, code);
        let call = Call { ergs: 20_000_000, ..call(SUBJECT) };
        let seen = run(&world.native, &call);
        assert!(seen.ergs < 20_000_000, "{} ergs were taken", seen.ergs);
        if code != deep.0 {
            assert!(seen.ergs > 15_000_000, "the gas was used: {}", seen.ergs);
        }
    }
}
