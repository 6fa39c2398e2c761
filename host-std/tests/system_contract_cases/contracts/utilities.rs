//! Hashes of transactions.

use super::*;
use crate::abi::args;
use crate::case::{Call, Case};
use crate::suite::Suite;
use crate::transaction::{Transaction, transaction_type};

#[test]
fn bootloader_utilities_are_as_compiled() {
    suite().check();
}

const HASHES: &str = concat!("getTransactionHashes(", transaction_type!(), ")");

pub(super) fn suite() -> Suite {
    let at = system_address(0x800c);
    let hashes = |transaction: &Transaction| {
        Call::new(at, HASHES, args![transaction.to_value()]).from(BOOTLOADER)
    };
    let mut cases = Vec::new();
    let mut add = |name: &str, transaction: &Transaction| {
        cases.push(Case::new(name, hashes(transaction)));
    };
    let signature = |v: u8| [&[0x11; 32][..], &[0x22; 32], &[v]].concat();
    for kind in [0, 1, 2, 0x71, 3, 0x70, 0xfe, 0xff] {
        let plain = Transaction { signature: signature(28), ..Transaction::new(kind) };
        add("plain", &plain);
        for v in [0, 26, 27, 28, 29, 0xff] {
            add("v", &Transaction { signature: signature(v), ..plain.clone() });
        }
        for length in [0, 31, 32, 63, 64, 66, 100] {
            let mut signature = signature(27);
            signature.resize(length, 27);
            add("length of the signature", &Transaction { signature, ..plain.clone() });
        }
        let mut small = signature(27);
        small[..31].fill(0);
        small[32..64].fill(0);
        add("small numbers", &Transaction { signature: small, ..plain.clone() });
        for chain in [0, 1, 2] {
            for deploys in [0, 1, 2] {
                let reserved = [number(chain), number(deploys), number(5), number(6)];
                add("reserved", &Transaction { reserved, ..plain.clone() });
            }
        }
        let data = [
            vec![],
            vec![0],
            vec![0x7f],
            vec![0x80],
            vec![0xff],
            vec![1, 2],
            vec![9; 55],
            vec![9; 56],
            vec![9; 255],
            vec![9; 256],
            vec![9; 1500],
        ];
        for data in data {
            add("data", &Transaction { data, ..plain.clone() });
        }
        for word in [
            Word::ZERO,
            number(1),
            number(127),
            number(128),
            number(255),
            number(256),
            bit(64),
            bit(159),
            bit(160),
            Word::MAX,
        ] {
            add("nonce", &Transaction { nonce: word, ..plain.clone() });
            add("to", &Transaction { to: word, ..plain.clone() });
            add(
                "value",
                &Transaction { value: word, gas_limit: word, max_fee: word, ..plain.clone() },
            );
            add("paymaster", &Transaction { paymaster: word, ..plain.clone() });
        }
        for count in [1, 2, 5] {
            let factory_deps = (0..count).map(number).collect();
            let paymaster_input = vec![7; count as usize * 20];
            add("dependencies", &Transaction { factory_deps, paymaster_input, ..plain.clone() });
        }
        // Lists around the lengths where their own length needs more bytes.
        for length in (0..12).chain(190..200) {
            add("length of the list", &Transaction { data: vec![7; length], ..plain.clone() });
        }
    }
    for kind in [bit(8), bit(64), Word::MAX] {
        add("types", &Transaction { kind, ..Transaction::new(0) });
    }
    let long = Transaction { data: vec![3; 70_000], ..Transaction::new(2) };
    add("long", &long);
    let chain = Transaction::new(0x71);
    for id in [Word::ZERO, number(1), bit(63), bit(254), bit(255), Word::MAX] {
        for kind in [0, 1, 2, 0x71] {
            let reserved = [Word::ONE, Word::ZERO, Word::ZERO, Word::ZERO];
            let transaction = Transaction { reserved, ..Transaction::new(kind) };
            let case = Case::new("numbers of chains", hashes(&transaction));
            cases.push(case.slot(SYSTEM_CONTEXT, Word::ZERO, id));
        }
    }
    // Offsets of the structure and of what is in it.
    let call = hashes(&chain);
    for index in [0, 15, 16, 17, 18, 19] {
        for word in [
            number(0),
            number(0x20),
            number(0x260),
            number(0x261),
            number(0x400),
            bit(64),
            bit(255),
            Word::MAX,
        ] {
            cases.push(Case::new(format!("offset at {index}"), call.clone().word(index, word)));
        }
    }
    let mut suite = Suite::new("BootloaderUtilities", at, cases);
    suite.vary.callers.truncate(2);
    suite.vary.at_random = 3000;
    suite
}
