//! The code of accounts that have none.

use super::*;
use crate::abi::{args, calldata};
use crate::actors::{DELEGATOR, MIRROR, Mode, NOBODY, TOKEN, mirrored, relayed};
use crate::case::{Call, Case, USER};
use crate::suite::Suite;
use crate::transaction::{Transaction, signature, signer, transaction_type};
use crate::vary::Vary;

#[test]
fn default_account_is_as_compiled() {
    suite().check();
}

const VALIDATE: &str = concat!("validateTransaction(bytes32,bytes32,", transaction_type!(), ")");
const EXECUTE: &str = concat!("executeTransaction(bytes32,bytes32,", transaction_type!(), ")");
const PAY: &str = concat!("payForTransaction(bytes32,bytes32,", transaction_type!(), ")");
const PREPARE: &str = concat!("prepareForPaymaster(bytes32,bytes32,", transaction_type!(), ")");
const OUTSIDE: &str = concat!("executeTransactionFromOutside(", transaction_type!(), ")");
const APPROVAL_BASED: &str = "approvalBased(address,uint256,bytes)";

fn call(signature: &str, signed_hash: Word, transaction: &Transaction) -> Call {
    let arguments = args![number(0xabc), signed_hash, transaction.to_value()];
    Call::new(signer(), signature, arguments).from(BOOTLOADER)
}

/// The account's balance.
fn funds(amount: Word) -> (Address, Word, Word) {
    (BASE_TOKEN, of_account(&signer(), 0), amount)
}

pub(super) fn suite() -> Suite {
    let mut cases = Vec::new();
    cases.extend(validation());
    cases.extend(execution());
    cases.extend(payment());
    cases.extend(paymasters());
    cases.extend(others());
    let mut suite = Suite::new("DefaultAccount", signer(), cases);
    suite.vary = Vary {
        callers: vec![BOOTLOADER, USER, NONCE_HOLDER, signer()],
        at_random: 2000,
        // Who returns most of its ergs' worth of bytes leaves too few for the compiled contract.
        is_fair: |case| {
            let bytes = case.slots.iter().filter(|(at, key, _)| (*at, *key) == (TOKEN, number(1)));
            bytes.into_iter().all(|(.., bytes)| bytes.to_u64().is_some_and(|bytes| bytes < 10_000))
        },
        ..Vary::default()
    };
    suite
}

fn validation() -> Vec<Case> {
    let hash = number(0x1234_5678);
    let fee = number(2_000_000);
    let mut cases = Vec::new();
    let signed = |kind: u64| Transaction { signature: signature(&hash), ..Transaction::new(kind) };
    let validate = |transaction: &Transaction| call(VALIDATE, hash, transaction);
    for balance in [fee, number(1_999_999), Word::ZERO, Word::MAX] {
        let case = Case::new("validate", validate(&signed(2)));
        cases.push(case.slots(&[funds(balance)]));
    }
    for nonce in [number(0), number(5), number(6), below(64), bit(64), Word::MAX] {
        let case = Case::new("nonce", validate(&Transaction { nonce, ..signed(2) }));
        cases.push(case.slots(&[funds(fee), (NONCE_HOLDER, of_account(&signer(), 0), number(5))]));
    }
    for (gas_limit, max_fee, value) in [
        (number(1), number(1), number(1)),
        (Word::MAX, number(2), number(0)),
        (Word::MAX, number(1), number(1)),
        (Word::MAX, Word::MAX, number(0)),
        (Word::ZERO, Word::MAX, number(7)),
        (bit(200), bit(55), bit(255)),
        (bit(128), bit(127), bit(255)),
        (bit(128), bit(128), number(0)),
    ] {
        for paymaster in [Word::ZERO, number(9), bit(200)] {
            let transaction = Transaction { gas_limit, max_fee, value, paymaster, ..signed(2) };
            for balance in [number(2), Word::MAX] {
                let case = Case::new("balance that is required", validate(&transaction));
                cases.push(case.slots(&[funds(balance)]));
            }
        }
    }
    let good = signature(&hash);
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut signature = good.clone();
        change(&mut signature);
        validate(&Transaction { signature, ..Transaction::new(2) })
    };
    type Change<'a> = &'a dyn Fn(&mut Vec<u8>);
    let changes: [Change<'_>; 14] = [
        &|bytes| bytes.truncate(64),
        &|bytes| bytes.push(0),
        &|bytes| bytes.clear(),
        &|bytes| bytes.truncate(32),
        &|bytes| bytes[64] ^= 27 ^ 28,
        &|bytes| bytes[64] = 0,
        &|bytes| bytes[64] = 26,
        &|bytes| bytes[64] = 29,
        &|bytes| bytes[64] = 0xff,
        &|bytes| bytes[0] ^= 1,
        &|bytes| bytes[32] |= 0x80,
        &|bytes| bytes[..32].fill(0),
        &|bytes| bytes[32..64].fill(0),
        &|bytes| bytes[..32].fill(0xff),
    ];
    for change in changes {
        cases.push(Case::new("signature", with(change)).slots(&[funds(fee)]));
    }
    // The highest s that is accepted, and the next one.
    let half = [
        0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b,
        0x20, 0xa0,
    ];
    cases.push(
        Case::new("high s", with(&|bytes| bytes[32..64].copy_from_slice(&half)))
            .slots(&[funds(fee)]),
    );
    let above = |bytes: &mut Vec<u8>| {
        bytes[32..64].copy_from_slice(&half);
        bytes[63] += 1;
    };
    cases.push(Case::new("higher s", with(&above)).slots(&[funds(fee)]));
    // Without a hash the account computes it.
    for kind in [0, 1, 2, 0x71, 3, 0xff, 0xfe] {
        for (chain, deploys) in [(0, 0), (1, 0), (1, 1), (0, 2)] {
            let reserved = [number(chain), number(deploys), Word::ZERO, Word::ZERO];
            let mut transaction = Transaction { reserved, ..signed(kind) };
            for data in [&b""[..], &b"\x7f"[..], &b"\x80"[..], &[0x33; 60][..]] {
                transaction.data = data.to_vec();
                let case = Case::new("own hash", call(VALIDATE, Word::ZERO, &transaction));
                cases.push(case.slots(&[funds(fee)]));
            }
        }
    }
    cases
}

fn execution() -> Vec<Case> {
    let mut cases = Vec::new();
    let execute = |transaction: &Transaction| call(EXECUTE, Word::ZERO, transaction);
    let to =
        |address: Address| Transaction { to: Word::from_address(&address), ..Transaction::new(2) };
    for mode in [Mode::Returns, Mode::Reverts, Mode::Panics, Mode::Records] {
        for value in [number(0), number(5), number(6), bit(127), bit(128), Word::MAX] {
            let data = mirrored(mode, b"what the account passes on");
            let transaction = Transaction { value, data, ..to(MIRROR) };
            cases.push(
                Case::new(format!("{mode:?}"), execute(&transaction)).slots(&[funds(number(5))]),
            );
        }
    }
    let dirty = Transaction { to: Word([1, 1, 1 << 40, 9]), ..to(MIRROR) };
    cases.push(Case::new("dirty address", execute(&dirty)));
    for address in [NOBODY, signer(), BOOTLOADER, VALUE_SIMULATOR, NONCE_HOLDER, BASE_TOKEN] {
        for value in [0, 3] {
            let transaction = Transaction { value: number(value), ..to(address) };
            cases.push(Case::new("to others", execute(&transaction)).slots(&[funds(number(5))]));
        }
    }
    let (salt, hash) = (number(7), crate::actors::mirror_hash());
    let input = mirrored(Mode::Returns, &crate::abi::encode(args![Vec::<Word>::new()]));
    let plain = args![salt, hash, input.clone()];
    let account = args![salt, hash, input, 1u64];
    for data in [
        calldata("create(bytes32,bytes32,bytes)", plain),
        calldata("create2(bytes32,bytes32,bytes)", plain),
        calldata("createAccount(bytes32,bytes32,bytes,uint8)", account),
        calldata("create2Account(bytes32,bytes32,bytes,uint8)", account),
        calldata("createEVM(bytes)", args![&[0u8][..]]),
        calldata("updateAccountVersion(uint8)", args![1u64]),
        vec![1, 2, 3],
    ] {
        for value in [0, 4] {
            let transaction =
                Transaction { data: data.clone(), value: number(value), ..to(DEPLOYER) };
            cases.push(Case::new("deploy", execute(&transaction)).slots(&[funds(number(5))]));
        }
    }
    for kind in [0, 1, 2, 0x71, 0xff] {
        for deploys in [0, 1, 2] {
            for value in [0, 4] {
                let reserved = [Word::ZERO, number(deploys), Word::ZERO, Word::ZERO];
                // Code that deploys nothing.
                let data = vec![0x60, 0, 0x60, 0, 0xf3];
                let value = number(value);
                let transaction =
                    Transaction { to: Word::ZERO, reserved, data, value, ..Transaction::new(kind) };
                let state = [funds(number(5)), (NONCE_HOLDER, of_account(&signer(), 0), number(1))];
                cases.push(Case::new("to nobody", execute(&transaction)).slots(&state));
            }
        }
    }
    cases
}

fn payment() -> Vec<Case> {
    let mut cases = Vec::new();
    for (gas_limit, max_fee) in [
        (number(100), number(20)),
        (number(0), number(20)),
        (number(100), number(21)),
        (Word::MAX, number(1)),
        (Word::MAX, number(2)),
        (bit(128), bit(127)),
        (bit(64), bit(64)),
    ] {
        let transaction = Transaction { gas_limit, max_fee, ..Transaction::new(2) };
        for balance in [number(2000), Word::MAX] {
            let case = Case::new("pay", call(PAY, Word::ZERO, &transaction));
            cases.push(case.slots(&[funds(balance)]));
        }
    }
    cases
}

fn paymasters() -> Vec<Case> {
    let mut cases = Vec::new();
    let paymaster = Word::from_address(&Address::repeat_byte(0x99));
    let prepare = |paymaster_input: Vec<u8>| {
        call(
            PREPARE,
            Word::ZERO,
            &Transaction { paymaster, paymaster_input, ..Transaction::new(2) },
        )
    };
    cases.push(Case::new("general", prepare(calldata("general(bytes)", args![&b"abc"[..]]))));
    cases.push(Case::new("general cut", prepare(calldata("general(bytes)", &[]))));
    for short in 0..4 {
        cases.push(Case::new("no flow", prepare(vec![7; short])));
    }
    cases.push(Case::new("unknown flow", prepare(vec![7; 100])));
    let based = |token: Word, allowance: u64| {
        calldata(APPROVAL_BASED, args![token, allowance, &b"for the paymaster"[..]])
    };
    let token = Word::from_address(&TOKEN);
    // What the token returns from `approve`: bytes, a word, whether it reverts, whether it remembers.
    let answers = [
        (32, 1, 0, 1),
        (0, 0, 0, 1),
        (32, 0, 0, 1),
        (32, 2, 0, 1),
        (31, 0, 0, 1),
        (32, 1, 1, 1),
        (64, 1, 0, 1),
        (32, 1, 0, 0),
        (0, 0, 1, 0),
    ];
    for (bytes, word, reverts, remembers) in answers {
        for current in [0, 9, 10, 11] {
            let state = [
                (TOKEN, number(0), number(current)),
                (TOKEN, number(1), number(bytes)),
                (TOKEN, number(2), number(word)),
                (TOKEN, number(3), number(reverts)),
                (TOKEN, number(4), number(remembers)),
            ];
            cases.push(Case::new("approve", prepare(based(token, 10))).slots(&state));
        }
    }
    for (name, input) in [
        ("nobody's token", based(Word::from_address(&NOBODY), 10)),
        ("a kernel token", based(Word::from_address(&BASE_TOKEN), 10)),
        ("a token that mirrors", based(Word::from_address(&MIRROR), 10)),
        ("nothing to approve", based(token, 0)),
        ("a dirty token", based(Word([token.0[0], token.0[1], token.0[2], 1]), 10)),
    ] {
        cases.push(
            Case::new(name, prepare(input))
                .slot(TOKEN, number(1), number(32))
                .slot(TOKEN, number(2), number(1))
                .slot(TOKEN, number(4), number(1)),
        );
    }
    for length in [67, 68, 69, 100] {
        let mut input = based(token, 10);
        input.truncate(length);
        cases.push(Case::new("cut", prepare(input)).slot(TOKEN, number(4), number(1)));
    }
    cases
}

fn others() -> Vec<Case> {
    let mut cases = Vec::new();
    let transaction = Transaction::new(2);
    let outside = Call::new(signer(), OUTSIDE, args![transaction.to_value()]);
    for caller in [USER, BOOTLOADER] {
        cases.push(Case::new("from outside", outside.clone().from(caller)));
        cases.push(Case::new("empty", Call::raw(signer(), []).from(caller).value(7)));
        cases.push(Case::new("unknown", Call::raw(signer(), *b"abcdef").from(caller)));
        cases.push(Case::new("short", Call::raw(signer(), *b"abc").from(caller)));
        cases.push(Case::new(
            "constructor",
            Call::raw(signer(), *b"abcdef").from(caller).with_constructor_flag(),
        ));
    }
    for signature in [VALIDATE, EXECUTE, PAY, PREPARE] {
        let direct = call(signature, number(1), &transaction);
        cases.push(Case::new("from a user", direct.clone().from(USER)));
        let data = relayed(NOBODY, &direct.calldata);
        let delegated = Call::raw(DELEGATOR, data).from(BOOTLOADER);
        cases.push(Case::new("delegated by the bootloader", delegated.clone()));
        cases.push(Case::new("delegated by a user", delegated.from(USER)));
    }
    for data in [&b""[..], b"abcdef"] {
        let delegated = Call::raw(DELEGATOR, relayed(NOBODY, data)).from(BOOTLOADER);
        cases.push(Case::new("delegated", delegated));
    }
    cases
}
