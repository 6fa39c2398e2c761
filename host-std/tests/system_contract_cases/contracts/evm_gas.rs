//! What EVM frames know of each other: gas, static mode, and which accounts and slots are warm.

use super::*;
use crate::actors::{EVM_ACCOUNT, EVM_CONSTRUCTING, EVM_CONTRACT, MIRROR, NOBODY};
use crate::case::{Call, Case, USER};
use crate::suite::Suite;

#[test]
fn evm_gas_manager_is_as_compiled() {
    suite().check();
}

/// Functions have one byte for a selector.
#[derive(Clone, Copy, Debug)]
enum Function {
    WarmAccount = 0,
    IsSlotWarm = 1,
    WarmSlot = 2,
    PushFrame = 3,
    ConsumeFrame = 4,
    ResetFrame = 5,
}

const AT: Address = system_address(0x8013);

/// A system call of an EVM account.
fn call(data: Vec<u8>) -> Call {
    Call::raw(AT, data).from(EVM_ACCOUNT).with_system_flag()
}

/// A selector that shares a word with an argument.
fn packed(function: Function, word: Word) -> Vec<u8> {
    let mut bytes = word.to_be_bytes().to_vec();
    bytes[0] = function as u8;
    bytes
}

/// A selector, and words behind it.
fn behind(function: Function, words: &[Word]) -> Vec<u8> {
    let words = words.iter().flat_map(Word::to_be_bytes);
    core::iter::once(function as u8).chain(words).collect()
}

fn warm(account: Word) -> Call {
    call(packed(Function::WarmAccount, account))
}

fn is_warm(slot: Word) -> Call {
    call(behind(Function::IsSlotWarm, &[slot]))
}

fn warm_slot(slot: Word, value: Word) -> Call {
    call(behind(Function::WarmSlot, &[slot, value]))
}

fn push(is_static: bool, gas: Word) -> Call {
    let mut data = packed(Function::PushFrame, number(is_static.into()));
    data.extend_from_slice(&gas.to_be_bytes());
    call(data)
}

fn consume(sender: Address) -> Call {
    call(packed(Function::ConsumeFrame, Word::from_address(&sender)))
}

fn reset() -> Call {
    call(vec![Function::ResetFrame as u8])
}

pub(super) fn suite() -> Suite {
    let mut cases = Vec::new();
    for account in [0, 1, 9, 10, 11, 0x100] {
        let case = Case::new("warm", warm(number(account)));
        cases.push(case.then(warm(number(account))));
    }
    let (user, mirror) = (Word::from_address(&USER), Word::from_address(&MIRROR));
    let mut dirty = user;
    (dirty.0[2], dirty.0[3]) = (dirty.0[2] | 1 << 40, 0x00ff_ffff_ffff_ffff);
    cases.push(Case::new("warm", warm(user)).then(warm(mirror)).then(warm(dirty)).then(warm(user)));
    let edges = [
        number(0),
        number(1),
        below(88),
        bit(88),
        bit(96),
        bit(253),
        bit(254),
        bit(255),
        Word::MAX,
    ];
    for slot in edges {
        cases.push(
            Case::new("slot", is_warm(slot))
                .then(warm_slot(slot, number(77)))
                .then(is_warm(slot))
                .then(warm_slot(slot, number(78)))
                .then(is_warm(slot).from(EVM_CONTRACT))
                .then(warm_slot(slot, number(79)).from(EVM_CONTRACT)),
        );
    }
    // Slots that lie side by side in transient storage.
    for (one, other) in [(number(1), number(2)), (below(88), bit(88)), (number(0), bit(253))] {
        let case = Case::new("neighbours", warm_slot(one, number(5)));
        cases.push(case.then(warm_slot(other, number(6))).then(warm_slot(one, number(7))));
    }
    for is_static in [false, true] {
        for gas in [Word::ZERO, number(1000), Word::MAX] {
            cases.push(
                Case::new("frame", push(is_static, gas)).then(consume(USER)).then(consume(USER)),
            );
            cases.push(Case::new("reset", push(is_static, gas)).then(reset()).then(consume(USER)));
        }
    }
    cases.push(
        Case::new("pushed twice", push(true, number(1)))
            .then(push(false, number(2)))
            .then(consume(USER)),
    );
    let origin = |address: Address| (SYSTEM_CONTEXT, number(1), Word::from_address(&address));
    for address in [USER, NOBODY, Address::zero(), EVM_ACCOUNT] {
        let case = Case::new("no frame", consume(USER)).slots(&[origin(address)]);
        let accounts = [USER, NOBODY, EVM_ACCOUNT, BOOTLOADER, Address::zero(), MIRROR];
        let asked = accounts.iter().map(|account| warm(Word::from_address(account)));
        cases.push(asked.fold(case, Case::then));
    }
    let coinbase = Case::new("coinbase", consume(USER)).slot(SYSTEM_CONTEXT, number(4), mirror);
    cases.push(coinbase.then(warm(mirror)).then(warm(Word::from_address(&BOOTLOADER))));
    for caller in [USER, MIRROR, EVM_CONTRACT, EVM_CONSTRUCTING, BOOTLOADER, AT] {
        let functions = [
            warm(user),
            is_warm(number(3)),
            warm_slot(number(3), number(4)),
            push(true, number(5)),
            consume(USER),
            reset(),
        ];
        for function in functions {
            cases.push(Case::new("caller", function.clone().from(caller)));
            let without = Call { is_system: false, ..function };
            cases.push(Case::new("without the flag", without.from(caller)));
        }
    }
    // Who was found to be EVM code stays it in this transaction.
    cases.push(Case::new("remembered", warm(user)).then(warm(user)).then(reset()));
    cases.push(
        Case::new("constructing", warm(user).from(EVM_CONSTRUCTING))
            .then(warm(user).from(EVM_CONSTRUCTING)),
    );
    for selector in [6, 7, 0x80, 0xff] {
        cases.push(Case::new("unknown", call(vec![selector; 33])));
    }
    cases.push(Case::new("nothing", call(vec![])));
    cases.push(Case::new("short", call(vec![2, 5])));
    cases.push(Case::new("value", warm(user).value(4)));
    let mut suite = Suite::new("EvmGasManager", AT, cases);
    suite.vary.at_random = 1500;
    suite
}
