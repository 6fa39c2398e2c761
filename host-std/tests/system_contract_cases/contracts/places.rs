//! What stands where there is no contract: the code of accounts without code, and that of places where nothing is to be called.

use super::*;
use crate::actors::{CALLER, DELEGATOR, relayed};
use crate::case::{Call, Case};
use crate::suite::Suite;

pub(super) fn suites() -> Vec<Suite> {
    vec![empty_contract()]
}

#[test]
fn empty_contract_is_as_compiled() {
    empty_contract().check();
}

fn empty_contract() -> Suite {
    let mut cases = Vec::new();
    for at in [Address::zero(), BOOTLOADER] {
        for data in [&b""[..], b"abc", b"abcdefgh"] {
            cases.push(Case::new("call", Call::raw(at, data)));
            cases.push(Case::new("call with value", Call::raw(at, data).value(u128::MAX)));
            cases.push(Case::new("constructor", Call::raw(at, data).with_constructor_flag()));
            for relay in [CALLER, DELEGATOR] {
                cases.push(Case::new("from a contract", Call::raw(relay, relayed(at, data))));
            }
        }
    }
    let mut suite = Suite::new("EmptyContract", Address::zero(), cases);
    suite.addresses.push(BOOTLOADER);
    // Native contracts of kernel space do not run for others.
    suite.vary.is_fair = |case| {
        let is_fair = |call: &Call| {
            let callee = call.calldata.first_chunk().map(Word::from_be_bytes).unwrap_or_default();
            call.to != DELEGATOR || [Address::zero(), BOOTLOADER].contains(&callee.to_address())
        };
        case.calls.iter().all(is_fair)
    };
    suite
}
