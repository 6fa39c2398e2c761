//! Code of the EVM: programs by hand and at random, whose gas must be the same to the last unit where all of it is the EVM's.

mod programs;
mod random;

use super::*;
use crate::actors::{EVM_CONTRACT, NOBODY};
use crate::case::{Call, Case, USER};
use crate::common::chain::keccak;
use crate::suite::Suite;
use eravm_core::{Program, VersionedHash};
use eravm_host::evm::published;
use random::Writer;

#[test]
fn evm_emulator_is_as_compiled() {
    suite().check();
}

/// Contracts of cases.
const FIRST: Address = Address::repeat_byte(0x71);
const SECOND: Address = Address::repeat_byte(0x72);
const THIRD: Address = Address::repeat_byte(0x73);
const GAS_MANAGER: Address = system_address(0x8013);
const EVM_HASHES: Address = system_address(0x8015);

/// Ergs for the dearest programs at random.
const MOST_ERGS: u32 = 200_000_000;
/// Gas for which they suffice.
const MOST_GAS: u64 = 2_000_000;
/// Ergs of calls from outside, where they are gas.
const SOME_ERGS: u32 = 5_000_000;
/// Programs at random.
const PROGRAMS: u64 = 1500;

pub(super) fn suite() -> Suite {
    let mut cases = programs::cases();
    cases.extend((0..PROGRAMS).map(at_random));
    let mut suite = Suite::new("EvmEmulator", FIRST, cases);
    suite.addresses.clear();
    suite.vary.callers = vec![USER, EVM_CONTRACT, BOOTLOADER, FIRST];
    (suite.vary.systematically, suite.vary.at_random) = (500, 1500);
    suite.vary.is_fair = is_fair;
    suite
}

/// Whether gas is passed, for which ergs suffice, and code is what it is said to be.
fn is_fair(case: &Case) -> bool {
    case.calls.iter().all(passes_gas) && case.slots.iter().all(|slot| is_code(case, slot))
}

/// Whether a call of the gas manager passes gas. Without, gas is ergs.
fn passes_gas(call: &Call) -> bool {
    let is_relayed = call.calldata.get(12..32) == Some(&GAS_MANAGER.0[..]);
    if call.to != GAS_MANAGER {
        return !is_relayed;
    }
    let gas = call.calldata.get(32..64).and_then(|gas| gas.first_chunk());
    let gas = gas.and_then(|gas| Word::from_be_bytes(gas).to_u64());
    let is_push = call.calldata.first() == Some(&3) && gas.is_some_and(|gas| gas <= MOST_GAS);
    is_push
        && call.is_system
        && !call.is_static
        && !call.is_constructor
        && call.from == EVM_CONTRACT
}

/// Whether a slot says of code only what is true.
fn is_code(case: &Case, (at, key, value): &(Address, Word, Word)) -> bool {
    let is_there = |hash: &Word| case.codes.iter().any(|(code, _)| code.to_word() == *hash);
    let is_known = |hash: &Word| case.slots.contains(&(KNOWN_CODES, *hash, Word::ONE));
    if *at == ACCOUNT_CODES {
        is_there(value) && is_known(value)
    } else {
        ![KNOWN_CODES, EVM_HASHES].contains(at) || is_there(key)
    }
}

/// With code of the EVM at an address.
fn with_code(mut case: Case, address: Address, code: &[u8]) -> Case {
    let padded = published(code.to_vec());
    let hash = VersionedHash::of_blob(code.len() as u16, &padded);
    case.codes.push((hash, Program::new(&padded).expect("it is code")));
    let hash = hash.to_word();
    case.slots(&[
        (ACCOUNT_CODES, Word::from_address(&address), hash),
        (KNOWN_CODES, hash, Word::ONE),
        (EVM_HASHES, hash, keccak(code)),
        (NONCE_HOLDER, of_account(&address, 0), bit(128)),
        (BASE_TOKEN, of_account(&address, 0), number(1000)),
    ])
}

/// A call of the first contract by EVM code with so much gas.
fn with_gas(name: &str, gas: u64, is_static: bool, call: Call) -> Case {
    let mut push = number(is_static.into()).to_be_bytes();
    push[0] = 3;
    let push = [push, number(gas).to_be_bytes()].concat();
    let case = Case::new(name, Call::raw(GAS_MANAGER, push).from(EVM_CONTRACT).with_system_flag());
    let allows = (DEPLOYER, number(1), number(1));
    case.then(call.from(EVM_CONTRACT).ergs(MOST_ERGS)).slots(&[allows])
}

/// Three contracts at random that call each other and others.
fn at_random(seed: u64) -> Case {
    // Where EraVM code is called, and from outside, ergs are gas.
    let is_inside = !seed.is_multiple_of(5);
    let is_pure = is_inside && !seed.is_multiple_of(4);
    let mut writer = Writer::new(seed, is_pure);
    let gas = writer.one(&[30_000, 100_000, 1_000_000, MOST_GAS]);
    let calldata = writer.bytes(70);
    let value = writer.one(&[0, 0, 5]);
    let call = Call::raw(FIRST, calldata).value(value);
    let name = format!("program {seed}");
    let mut case = if is_inside {
        with_gas(&name, gas, writer.one(&[false, false, false, true]), call)
    } else {
        Case::new(name, call.ergs(SOME_ERGS)).slot(DEPLOYER, number(1), number(1))
    };
    case.gas_may_differ = !is_pure;
    for (address, length) in [(FIRST, 40), (SECOND, 20), (THIRD, 10)] {
        // Calls in calls can take more ergs from compiled code than the gas was bought for.
        if is_inside || address == FIRST {
            case = with_code(case, address, &writer.program(length));
        }
    }
    case.slots(&[
        (BASE_TOKEN, of_account(&EVM_CONTRACT, 0), number(1000)),
        (BASE_TOKEN, of_account(&NOBODY, 0), number(7)),
        (SYSTEM_CONTEXT, number(1), Word::from_address(&USER)),
        (SYSTEM_CONTEXT, number(2), number(55)),
        (SYSTEM_CONTEXT, number(268), Word([1_700_000_000, 0, 777, 0])),
        (SYSTEM_CONTEXT, number(269), Word([0, 0, 100, 0])),
        (SYSTEM_CONTEXT, number(11 + 776 % 257), number(0xb10c)),
    ])
}
