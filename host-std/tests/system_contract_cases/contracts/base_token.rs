//! The base token, and calls with value.

use super::*;
use crate::abi::args;
use crate::actors::{CALLER, DELEGATOR, MIRROR, Mode, NOBODY, mirrored, relayed};
use crate::case::{Call, Case, USER};
use crate::suite::Suite;

pub(super) fn suites() -> Vec<Suite> {
    vec![base_token(), value_simulator()]
}

#[test]
fn l2_base_token_is_as_compiled() {
    base_token().check();
}

#[test]
fn msg_value_simulator_is_as_compiled() {
    value_simulator().check();
}

/// The slot with an account's balance.
fn balance(account: Address, amount: Word) -> (Address, Word, Word) {
    (BASE_TOKEN, of_account(&account, 0), amount)
}

fn supply(amount: Word) -> (Address, Word, Word) {
    (BASE_TOKEN, Word::ONE, amount)
}

fn base_token() -> Suite {
    let at = BASE_TOKEN;
    let mut cases = Vec::new();
    let transfer = |from: Address, to: Address, amount: Word| {
        let signature = "transferFromTo(address,address,uint256)";
        Call::new(at, signature, args![from, to, amount]).from(VALUE_SIMULATOR)
    };
    let rich = [balance(USER, number(100)), balance(MIRROR, number(7))];
    for amount in [0, 1, 99, 100, 101] {
        let case = Case::new("transfer", transfer(USER, MIRROR, number(amount)));
        cases.push(case.slots(&rich));
        cases.push(Case::new("to oneself", transfer(USER, USER, number(amount))).slots(&rich));
    }
    let overflowing = Case::new("overflow of a balance", transfer(USER, MIRROR, number(100)));
    cases.push(overflowing.slots(&[balance(USER, number(100)), balance(MIRROR, Word::MAX)]));
    for caller in [BOOTLOADER, DEPLOYER, USER] {
        cases
            .push(Case::new("caller", transfer(USER, MIRROR, number(1)).from(caller)).slots(&rich));
    }
    let all = transfer(USER, NOBODY, number(100));
    cases.push(Case::new("there and back", all).slots(&rich).then(transfer(
        NOBODY,
        USER,
        number(100),
    )));

    for account in [Word::from_address(&USER), Word([0, 0, 1 << 32, 0]), Word::MAX] {
        let call = Call::new(at, "balanceOf(uint256)", args![account]);
        cases.push(Case::new("balance", call).slots(&rich).slot(
            at,
            of_account(&Address::zero(), 0),
            number(9),
        ));
    }
    let mut high = Word::from_address(&USER);
    high.0[3] = 77;
    cases.push(Case::new("balance", Call::new(at, "balanceOf(uint256)", args![high])).slots(&rich));
    cases
        .push(Case::new("supply", Call::new(at, "totalSupply()", &[])).slots(&[supply(Word::MAX)]));

    let mint =
        |amount: Word| Call::new(at, "mint(address,uint256)", args![USER, amount]).from(BOOTLOADER);
    for (amount, total, before) in [
        (number(5), number(0), number(0)),
        (number(5), number(10), number(10)),
        (number(5), Word::MAX, number(0)),
        (number(5), number(0), Word::MAX),
        (Word::MAX, number(0), number(0)),
        (number(0), number(0), number(0)),
    ] {
        let case = Case::new("mint", mint(amount));
        cases.push(case.slots(&[supply(total), balance(USER, before)]));
    }
    cases.push(Case::new("mint by a user", mint(number(1)).from(USER)));

    let funds = [balance(at, number(1000)), supply(number(1000))];
    for value in [0, 1, 1000, 1001, u128::MAX] {
        let call = Call::new(at, "withdraw(address)", args![NOBODY]).value(value);
        cases.push(Case::new("withdraw", call.clone()).slots(&funds));
        cases.push(Case::new("withdraw twice", call.clone()).then(call).slots(&funds));
        for text in ["", "note", "a note that is longer than the thirty-two bytes of a word"] {
            let signature = "withdrawWithMessage(address,bytes)";
            let call = Call::new(at, signature, args![NOBODY, text]).value(value);
            cases.push(Case::new("withdraw with message", call).slots(&funds));
        }
    }
    let long = vec![0x5a; 1000];
    let call = Call::new(at, "withdrawWithMessage(address,bytes)", args![NOBODY, long]).value(5);
    cases.push(Case::new("withdraw with a long message", call).slots(&funds));
    Suite::new("L2BaseToken", at, cases)
}

fn value_simulator() -> Suite {
    let at = VALUE_SIMULATOR;
    let words = |value: Word, to: Address, mask: Word| [value, Word::from_address(&to), mask];
    let rich = [balance(USER, number(100)), balance(MIRROR, number(7)), supply(number(107))];
    let data = mirrored(Mode::Records, b"data for the callee, which comes back");
    let mut cases = Vec::new();
    for value in [0, 1, 100, 101] {
        for mask in [0, 1, 2, 3] {
            let extra = words(number(value), MIRROR, number(mask));
            let call = Call::raw(at, data.clone()).extra(&extra);
            cases.push(Case::new("call", call).slots(&rich));
        }
    }
    for value in [bit(128), Word::MAX, below(128)] {
        let call = Call::raw(at, data.clone()).extra(&words(value, MIRROR, Word::ZERO));
        cases.push(Case::new("too much", call.clone()).slots(&rich));
        cases.push(Case::new("much", call).slots(&[balance(USER, Word::MAX)]));
    }
    for mode in [Mode::Returns, Mode::Reverts, Mode::Panics] {
        for value in [0, 5] {
            let call = Call::raw(at, mirrored(mode, b"what the callee says")).extra(&words(
                number(value),
                MIRROR,
                Word::ZERO,
            ));
            cases.push(Case::new(format!("{mode:?}"), call).slots(&rich));
        }
    }
    for to in [NOBODY, at, BOOTLOADER, BASE_TOKEN, NONCE_HOLDER, Address::zero()] {
        for value in [0, 5] {
            for mask in [0, 1] {
                let extra = words(number(value), to, number(mask));
                cases.push(Case::new("to others", Call::raw(at, []).extra(&extra)).slots(&rich));
            }
        }
    }
    let mut dirty = words(number(5), MIRROR, Word::MAX);
    dirty[1].0[3] = u64::MAX;
    cases.push(Case::new("dirty address", Call::raw(at, data.clone()).extra(&dirty)).slots(&rich));
    let mut oneself = words(number(0), at, Word::MAX);
    oneself[1].0[3] = u64::MAX;
    cases.push(Case::new("dirty self", Call::raw(at, data.clone()).extra(&oneself)).slots(&rich));
    let plain = words(number(5), MIRROR, Word::ZERO);
    let no_flag = Call { is_system: false, ..Call::raw(at, data.clone()).extra(&plain) };
    cases.push(Case::new("without the flag", no_flag).slots(&rich));
    let increase = crate::abi::calldata("increaseMinNonce(uint256)", args![3u64]);
    for mask in [0, 1] {
        let extra = words(number(0), NONCE_HOLDER, number(mask));
        let call = Call::raw(at, increase.clone()).extra(&extra);
        cases.push(Case::new("a system call for the caller", call));
    }
    let withdraw = crate::abi::calldata("withdraw(address)", args![NOBODY]);
    let call = Call::raw(at, withdraw).extra(&words(number(30), BASE_TOKEN, Word::ZERO));
    cases.push(Case::new("withdraw", call).slots(&rich));
    for relay in [CALLER, DELEGATOR] {
        let call =
            Call::raw(at, relayed(MIRROR, &data)).extra(&words(number(5), relay, Word::ZERO));
        cases.push(Case::new("and on", call).slots(&rich));
    }
    let same = words(number(5), USER, Word::ZERO);
    cases.push(Case::new("to oneself", Call::raw(at, []).extra(&same)).slots(&rich));
    Suite::new("MsgValueSimulator", at, cases)
}
