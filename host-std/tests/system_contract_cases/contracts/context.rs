//! Chain, batch, block and transaction.

use super::*;
use crate::abi::{Value, args};
use crate::case::{Call, Case, USER};
use crate::common::chain::keccak;
use crate::suite::Suite;

#[test]
fn system_context_is_as_compiled() {
    suite().check();
}

const AT: Address = SYSTEM_CONTEXT;
const UPGRADER: Address = system_address(0x800f);
/// Slots: batch, hashes of batches, block, hash of its transactions, hashes of blocks, virtual block, when these began and ended.
const BATCH: u64 = 7;
const BATCH_HASHES: u64 = 8;
const BLOCK: u64 = 9;
const TXS_HASH: u64 = 10;
const BLOCK_HASHES: u64 = 11;
const VIRTUAL_BLOCK: u64 = 268;
const VIRTUAL_BLOCKS: u64 = 269;
const TX_NUMBER: u64 = 270;

/// Two halves of a slot: a timestamp and a number.
const fn info(time: u64, number: u64) -> Word {
    Word([time, 0, number, 0])
}

fn call(signature: &str, arguments: &[Value]) -> Call {
    Call::new(AT, signature, arguments).from(BOOTLOADER)
}

fn with(call: Call, slots: &[(u64, Word)]) -> Case {
    let slots: Vec<_> = slots.iter().map(|(slot, value)| (AT, number(*slot), *value)).collect();
    Case::new("", call).slots(&slots)
}

fn named(name: &str, case: Case) -> Case {
    Case { name: name.into(), ..case }
}

pub(super) fn suite() -> Suite {
    let mut cases = Vec::new();
    cases.extend(getters());
    cases.extend(block_hashes());
    cases.extend(setters());
    cases.extend(batches());
    cases.extend(blocks());
    let mut suite = Suite::new("SystemContext", AT, cases);
    suite.vary.at_random = 3000;
    suite.vary.callers = vec![BOOTLOADER, USER, UPGRADER, NONCE_HOLDER];
    suite
}

fn getters() -> Vec<Case> {
    let mut cases = Vec::new();
    let slots: Vec<_> = (0..7)
        .chain([BATCH, BLOCK, VIRTUAL_BLOCK, VIRTUAL_BLOCKS, TX_NUMBER, 271, 272])
        .map(|slot| (slot, Word([slot + 1, slot + 2, slot + 3, slot + 4])))
        .collect();
    for getter in [
        "chainId",
        "origin",
        "gasPrice",
        "blockGasLimit",
        "coinbase",
        "difficulty",
        "baseFee",
        "txNumberInBlock",
        "gasPerPubdataByte",
        "getCurrentPubdataSpent",
        "getCurrentPubdataCost",
        "getL2BlockNumberAndTimestamp",
        "getBlockNumber",
        "getBlockTimestamp",
        "getBatchNumberAndTimestamp",
        "currentBlockInfo",
        "getBlockNumberAndTimestamp",
    ] {
        let call = call(&format!("{getter}()"), &[]).from(USER);
        cases.push(Case::new(getter, call.clone()));
        cases.push(named(getter, with(call.clone(), &slots)));
        cases.push(Case::new(getter, call.value(1)));
    }
    // Some pubdata first.
    let spend = call("setGasPrice(uint256)", args![Word::MAX]);
    for (price, before) in [(0, 0), (5, 0), (5, 10), (u64::MAX, 0), (5, 1 << 40)] {
        for getter in ["getCurrentPubdataSpent()", "getCurrentPubdataCost()"] {
            let case = with(spend.clone(), &[(271, number(price)), (272, number(before))]);
            cases.push(named("pubdata", case.then(call(getter, &[]))));
        }
    }
    let dear = with(spend, &[(271, Word::MAX)]).then(call("getCurrentPubdataCost()", &[]));
    cases.push(named("pubdata that costs too much", dear));
    for getter in ["getBatchHash(uint256)", "blockHash(uint256)"] {
        for batch in [number(3), Word::MAX] {
            let slot = mapping_slot(&batch, &number(BATCH_HASHES));
            let call = call(getter, args![batch]).from(USER);
            cases.push(Case::new(getter, call.clone()));
            cases.push(Case::new(getter, call).slot(AT, slot, Word::MAX));
        }
    }
    cases
}

fn block_hashes() -> Vec<Case> {
    let mut cases = Vec::new();
    let numbers = [0, 1, 99, 100, 743, 744, 745, 899, 900, 998, 999, 1000, 1001, u64::MAX];
    let others = [bit(128), Word::MAX];
    for block in numbers.into_iter().map(number).chain(others) {
        for (start, finish) in [(0, 0), (800, 0), (800, 900), (0, 900), (2000, 0), (0, 2000)] {
            let slots = [
                (VIRTUAL_BLOCK, info(5, 1000)),
                (VIRTUAL_BLOCKS, info(start, finish)),
                (BLOCK_HASHES + 900 % 257, number(900)),
                (BLOCK_HASHES + 999 % 257, number(999)),
            ];
            let call = call("getBlockHashEVM(uint256)", args![block]).from(USER);
            let case = with(call, &slots);
            let batch = mapping_slot(&block, &number(BATCH_HASHES));
            cases.push(named("block hash", case.slot(AT, batch, number(77))));
        }
    }
    cases
}

fn setters() -> Vec<Case> {
    let mut cases = Vec::new();
    let origin = |word: Word| call("setTxOrigin(address)", args![word]);
    let crowded = Word([1, 2, 3, 4]);
    cases.push(with(origin(Word::from_address(&USER)), &[]));
    cases.push(with(origin(Word::from_address(&USER)), &[(1, crowded)]));
    cases.push(with(origin(bit(160)), &[]));
    cases.push(with(origin(Word::ZERO), &[(1, crowded)]));
    for price in [Word::ZERO, number(5), Word::MAX] {
        cases.push(with(call("setGasPrice(uint256)", args![price]), &[(2, crowded)]));
        let info = call("setPubdataInfo(uint256,uint256)", args![price, number(6)]);
        cases.push(with(info, &[(271, crowded)]));
        let chain = call("setChainId(uint256)", args![price]);
        cases.push(with(chain.clone().from(UPGRADER), &[]));
        cases.push(with(chain, &[]));
        let append = call("appendTransactionToCurrentL2Block(bytes32)", args![price]);
        cases.push(with(append.clone(), &[(TXS_HASH, crowded)]).then(append));
    }
    for number_now in [0, 5, 0xfffe, 0xffff, 0x1_0000, 0xffff_ffff] {
        for function in ["incrementTxNumberInBatch()", "resetTxNumberInBatch()"] {
            let now = Word([number_now, 0, 0, 7]);
            let case = with(call(function, &[]), &[(TX_NUMBER, now)]);
            cases.push(named(function, case.then(call("txNumberInBlock()", &[]))));
        }
    }
    for case in &mut cases {
        if case.name.is_empty() {
            case.name = "set".into();
        }
    }
    cases
}

fn batches() -> Vec<Case> {
    let mut cases = Vec::new();
    let set = |time: Word, batch: Word| {
        let signature = "setNewBatch(bytes32,uint128,uint128,uint256)";
        call(signature, args![number(0xbeef), time, batch, number(250)])
    };
    for (time, batch) in [(11, 6), (10, 6), (9, 6), (11, 5), (11, 7), (12, 6), (11, 0)] {
        for block_time in [0, 11, 12] {
            let slots = [(BATCH, info(10, 5)), (BLOCK, info(block_time, 3))];
            let case = with(set(number(time), number(batch)), &slots);
            cases.push(named("new batch", case.then(call("currentBlockInfo()", &[]))));
        }
    }
    cases.push(named("the first batch", with(set(number(1), number(1)), &[])));
    cases.push(named("at time 0", with(set(number(0), number(1)), &[])));
    let last = [(BATCH, Word([1, 0, u64::MAX, u64::MAX]))];
    cases.push(named("behind the last batch", with(set(number(2), Word::ZERO), &last)));
    cases.push(named("the last batch", with(set(below(128), number(1)), &[])));
    cases.push(named("late", with(set(bit(128), number(1)), &[])));
    for word in [Word::ZERO, number(5), below(128), bit(128), Word::MAX] {
        let signature = "unsafeOverrideBatch(uint256,uint256,uint256)";
        let call = call(signature, args![word, number(7), word]);
        cases.push(named("override", with(call, &[(BATCH, Word::MAX)])));
        let call = self::call(signature, args![number(7), word, word]);
        cases.push(named("override", with(call, &[])));
    }
    for batch in [info(10, 0), info(10, 5), Word::MAX, Word([0, 0, 0, 1])] {
        for block in [info(0, 0), info(12, 3), Word::MAX] {
            let call = call("publishTimestampDataToL1()", &[]);
            cases.push(named("timestamps", with(call, &[(BATCH, batch), (BLOCK, block)])));
        }
    }
    cases
}

/// The hash of a block.
fn block_hash(block: u64, time: u64, previous: Word, transactions: Word) -> Word {
    let words = [number(block), number(time), previous, transactions];
    keccak(&words.map(|word| word.to_be_bytes()).concat())
}

fn blocks() -> Vec<Case> {
    let mut cases = Vec::new();
    let set = |block: Word, time: Word, previous: Word, first: bool, virtual_blocks: Word| {
        let signature = "setL2Block(uint128,uint128,bytes32,bool,uint128)";
        let set = call(signature, args![block, time, previous, first, virtual_blocks]);
        (set, call("getBlockNumber()", &[]))
    };
    let mut add = |name: &str, (set, get): (Call, Call), slots: &[(u64, Word)]| {
        cases.push(named(name, with(set, slots).then(get)));
    };
    // The first block: its predecessor's hash is that of its number in 32 bits.
    let legacy = |block: u32| keccak(&block.to_be_bytes());
    for (block, previous) in [
        (number(1), legacy(0)),
        (number(1), legacy(1)),
        (number(0), legacy(u32::MAX)),
        (number(9), legacy(8)),
        (number(1 << 32), legacy(u32::MAX)),
        (below(128), legacy(u32::MAX - 1)),
    ] {
        for first in [false, true] {
            for virtual_blocks in [number(0), number(1), number(9), number(20), below(128)] {
                let batch = [(BATCH, info(10, 4))];
                add("first block", set(block, number(10), previous, first, virtual_blocks), &batch);
                let begun = [(BATCH, info(10, 4)), (VIRTUAL_BLOCK, info(1, 2))];
                add("first block", set(block, number(11), previous, first, virtual_blocks), &begun);
            }
        }
    }
    let early = set(number(1), number(9), legacy(0), true, number(1));
    add("before the batch", early, &[(BATCH, info(10, 4))]);

    // Another block.
    let (before, transactions) = (number(0xaaaa), number(0xbbbb));
    let slots = [
        (BATCH, info(10, 4)),
        (BLOCK, info(12, 300)),
        (TXS_HASH, transactions),
        (BLOCK_HASHES + 299 % 257, before),
        (VIRTUAL_BLOCK, info(11, 290)),
        (VIRTUAL_BLOCKS, info(100, 0)),
    ];
    let pending = block_hash(300, 12, before, transactions);
    let caught_up = [&slots[..5], &[(VIRTUAL_BLOCKS, info(100, 250))]].concat();
    let fresh =
        [&slots[..4], &[(VIRTUAL_BLOCK, Word::ZERO), (VIRTUAL_BLOCKS, Word::ZERO)]].concat();
    for slots in [&slots[..], &caught_up, &fresh] {
        for first in [false, true] {
            for virtual_blocks in
                [number(0), number(1), number(5), number(10), number(50), below(128)]
            {
                for (block, time, previous) in [
                    (301, 12, pending),
                    (301, 13, pending),
                    (301, 11, pending),
                    (301, 9, pending),
                    (301, 13, before),
                    (300, 12, before),
                    (300, 13, before),
                    (300, 12, pending),
                    (299, 12, before),
                    (302, 13, pending),
                    (0, 13, pending),
                ] {
                    let call = set(number(block), number(time), previous, first, virtual_blocks);
                    add("block", call, slots);
                }
            }
        }
    }
    // At the end of numbers.
    let last = [(BLOCK, Word([12, 0, u64::MAX, u64::MAX])), (BLOCK_HASHES, before)];
    for block in [below(128), Word::ZERO, number(1)] {
        for virtual_blocks in [0, 1] {
            let call = set(block, number(12), before, false, number(virtual_blocks));
            add("the last block", call, &last);
        }
    }
    // A block 0 that has a time.
    for block in [0, 1] {
        let zero = [(BLOCK, info(12, 0))];
        add("block 0", set(number(block), number(12), before, false, number(0)), &zero);
        add("block 0", set(number(block), number(12), before, true, number(1)), &zero);
    }
    let many = [&slots[..4], &[(VIRTUAL_BLOCK, Word([1, 0, u64::MAX, u64::MAX]))]].concat();
    add("virtual blocks overflow", set(number(301), number(13), pending, false, number(1)), &many);
    cases
}
