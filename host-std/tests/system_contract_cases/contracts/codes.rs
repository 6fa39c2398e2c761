//! Code: what is known of it, and what it is.

use super::*;
use crate::abi::{Value, args};
use crate::actors::{
    EVM_HASH, MIRROR, NOBODY, evm_code_hash, mirror_code, mirror_hash, padded_evm_code,
};
use crate::case::{Call, Case, USER};
use crate::suite::Suite;

pub(super) fn suites() -> Vec<Suite> {
    vec![known_codes(), evm_hashes(), immutables(), code_oracle(), compressor()]
}

#[test]
fn known_codes_storage_is_as_compiled() {
    known_codes().check();
}

#[test]
fn evm_hashes_storage_is_as_compiled() {
    evm_hashes().check();
}

#[test]
fn immutable_simulator_is_as_compiled() {
    immutables().check();
}

#[test]
fn code_oracle_is_as_compiled() {
    code_oracle().check();
}

#[test]
fn compressor_is_as_compiled() {
    compressor().check();
}

const COMPRESSOR: Address = system_address(0x800e);

/// A hash of EraVM code with so many words, which nobody knows.
fn unknown(words: u16) -> Word {
    Word([7, 7, 7, 7 | u64::from(words) << 32 | 1 << 56])
}

/// A hash with another byte at a place.
fn with_byte(hash: Word, at: usize, byte: u8) -> Word {
    let mut bytes = hash.to_be_bytes();
    bytes[at] = byte;
    Word::from_be_bytes(&bytes)
}

fn known_codes() -> Suite {
    let at = KNOWN_CODES;
    let mut cases = Vec::new();
    let mark = |send: bool, hashes: Vec<Word>| {
        Call::new(at, "markFactoryDeps(bool,bytes32[])", args![send, hashes]).from(BOOTLOADER)
    };
    let mark_one = |hash: Word| {
        Call::new(at, "markBytecodeAsPublished(bytes32)", args![hash]).from(COMPRESSOR)
    };
    let good = unknown(5);
    let hashes = [
        good,
        unknown(1),
        unknown(0xffff),
        unknown(0),
        unknown(4),
        mirror_hash(),
        with_byte(good, 0, 0),
        with_byte(good, 0, 2),
        with_byte(good, 1, 1),
        with_byte(good, 1, 2),
        Word::ZERO,
        EVM_HASH,
    ];
    for hash in hashes {
        cases.push(Case::new("mark one", mark_one(hash)));
        for send in [false, true] {
            cases.push(Case::new("mark", mark(send, vec![hash])));
            cases.push(Case::new("mark two", mark(send, vec![unknown(3), hash])));
        }
    }
    for send in [false, true] {
        cases.push(Case::new("mark none", mark(send, vec![])));
        cases.push(Case::new("the same twice", mark(send, vec![good, good])));
        cases.push(Case::new("again", mark(send, vec![good])).then(mark(send, vec![good])));
    }
    cases.push(Case::new("marked otherwise", mark_one(good)).slot(at, good, number(2)));
    let marker = |hash: Word| Call::new(at, "getMarker(bytes32)", args![hash]);
    cases.push(Case::new("marker", marker(mirror_hash())));
    cases.push(Case::new("no marker", marker(good)));
    cases.push(Case::new("marker that is no 1", marker(good)).slot(at, good, Word::MAX));
    cases.push(Case::new("marker afterwards", mark_one(good)).then(marker(good)));
    let publish = |length: Word, code: Vec<u8>| {
        Call::new(at, "publishEVMBytecode(uint256,bytes)", args![length, code]).from(DEPLOYER)
    };
    let lengths = [
        (0, 32),
        (1, 32),
        (32, 32),
        (33, 32),
        (5, 0),
        (0, 0),
        (5, 31),
        (5, 33),
        (5, 64),
        (64, 64),
        (96, 96),
        (5, 96),
    ];
    for (length, padded) in lengths {
        cases.push(Case::new("publish", publish(number(length), vec![0x5a; padded])));
    }
    for length in [bit(16), bit(64), Word::MAX] {
        cases.push(Case::new("too long", publish(length, vec![0; 32])));
    }
    cases.push(Case::new("long", publish(number(0xffff), vec![1; 65536 + 32])));
    cases.push(Case::new("longer", publish(number(0x10000), vec![1; 65536 + 32])));
    let known = publish(number(5), padded_evm_code());
    cases.push(Case::new("known", known.clone()));
    cases.push(Case::new("value", known.clone().value(3)));
    cases.push(
        Case::new("twice", publish(number(6), padded_evm_code()))
            .then(publish(number(6), padded_evm_code())),
    );
    cases.push(Case::new("a user", known.from(USER)));
    Suite::new("KnownCodesStorage", at, cases)
}

fn evm_hashes() -> Suite {
    let at = system_address(0x8015);
    let store = |hash: Word, evm: Word| {
        Call::new(at, "storeEvmCodeHash(bytes32,bytes32)", args![hash, evm]).from(DEPLOYER)
    };
    let get = |hash: Word| Call::new(at, "getEvmCodeHash(bytes32)", args![hash]);
    let mut cases = vec![
        Case::new("store", store(EVM_HASH, number(5))).then(get(EVM_HASH)),
        Case::new("store zero", store(EVM_HASH, Word::ZERO)).slot(at, EVM_HASH, number(3)),
        Case::new("store for zero", store(Word::ZERO, Word::MAX)).then(get(Word::ZERO)),
        Case::new("get", get(EVM_HASH)),
        Case::new("get", get(EVM_HASH)).slot(at, EVM_HASH, Word::MAX),
    ];
    for caller in [USER, BOOTLOADER, KNOWN_CODES] {
        cases.push(Case::new("caller", store(EVM_HASH, number(5)).from(caller)));
    }
    Suite::new("EvmHashesStorage", at, cases)
}

fn immutables() -> Suite {
    let at = system_address(0x8005);
    let set = |account: Address, values: &[(Word, Word)]| {
        let pair = |(index, value): &(Word, Word)| Value::Tuple(args![*index, *value].to_vec());
        let values: Vec<Value> = values.iter().map(pair).collect();
        Call::new(at, "setImmutables(address,(uint256,bytes32)[])", args![account, values])
            .from(DEPLOYER)
    };
    let get = |account: Address, index: Word| {
        Call::new(at, "getImmutable(address,uint256)", args![account, index])
    };
    let slot = mapping_slot(&number(4), &of_account(&MIRROR, 0));
    let mut cases = vec![
        Case::new("none", set(MIRROR, &[])),
        Case::new("one", set(MIRROR, &[(number(4), number(5))])).then(get(MIRROR, number(4))),
        Case::new("get", get(MIRROR, number(4))),
        Case::new("get", get(MIRROR, number(4))).slot(at, slot, number(6)),
        Case::new("overwrite", set(MIRROR, &[(number(4), Word::ZERO)])).slot(at, slot, number(6)),
    ];
    let many: Vec<_> = (0..9).map(|at| (number(at * at), Word([at, 0, 0, at]))).collect();
    cases.push(Case::new("many", set(NOBODY, &many)).then(get(NOBODY, number(64))));
    let same = [(number(1), number(2)), (number(1), number(3)), (Word::MAX, Word::MAX)];
    cases.push(Case::new("the same index", set(MIRROR, &same)).then(get(MIRROR, number(1))));
    for caller in [USER, BOOTLOADER] {
        cases.push(Case::new("caller", set(MIRROR, &[(number(4), number(5))]).from(caller)));
    }
    let set = set(MIRROR, &[(number(4), number(5))]);
    for word in [number(0), number(0x20), number(0x60), number(0x80), bit(64), Word::MAX] {
        cases.push(Case::new("offset", set.clone().word(1, word)));
    }
    for word in [number(0), number(2), bit(59), bit(64), Word::MAX] {
        cases.push(Case::new("length", set.clone().word(2, word)));
    }
    Suite::new("ImmutableSimulator", at, cases)
}

fn code_oracle() -> Suite {
    let at = system_address(0x8012);
    let code = |hash: Word| Call::raw(at, hash.to_be_bytes());
    let (mirror, evm) = (mirror_hash(), evm_code_hash().to_word());
    let mut cases = vec![
        Case::new("EraVM code", code(mirror)),
        Case::new("EVM code", code(evm)),
        Case::new("the same twice", code(mirror)).then(code(mirror)),
        Case::new("after a call", Call::raw(MIRROR, [])).then(code(mirror)),
        Case::new("unknown", code(unknown(3))),
        Case::new("zero", code(Word::ZERO)),
        Case::new("nothing", Call::raw(at, [])),
        Case::new("short", code(mirror).cut(31)),
        Case::new("more", code(mirror).with(&[1; 40])),
        Case::new("value", code(mirror).value(9)),
        Case::new("static", code(mirror).statically()),
    ];
    // Neither EraVM nor EVM code.
    for version in [0, 3, 0xff] {
        let hash = with_byte(mirror, 0, version);
        cases.push(Case::new("version", code(hash)).slot(KNOWN_CODES, hash, Word::ONE));
    }
    cases.push(Case::new("marker", code(mirror)).slot(KNOWN_CODES, mirror, Word::MAX));
    cases.push(Case::new("not known", code(mirror)).slot(KNOWN_CODES, mirror, Word::ZERO));
    let mut suite = Suite::new("CodeOracle", at, cases);
    // A hash that is marked although nobody has the code stops the machine.
    suite.vary.words.truncate(3);
    suite
}

fn compressor() -> Suite {
    let mut cases = Vec::new();
    cases.extend(bytecodes());
    cases.extend(state_diffs());
    let mut suite = Suite::new("Compressor", COMPRESSOR, cases);
    suite.vary.at_random = 1500;
    suite
}

/// The dictionary of code, and what of it is where.
fn compressed(code: &[u8]) -> Vec<u8> {
    let (chunks, _) = code.as_chunks::<8>();
    let (mut dictionary, mut indices) = (Vec::new(), Vec::new());
    for chunk in chunks {
        let index = dictionary.iter().position(|known| known == chunk).unwrap_or_else(|| {
            dictionary.push(*chunk);
            dictionary.len() - 1
        });
        indices.extend_from_slice(&(index as u16).to_be_bytes());
    }
    [&(dictionary.len() as u16).to_be_bytes(), dictionary.as_flattened(), &indices].concat()
}

fn bytecodes() -> Vec<Case> {
    let publish = |code: &[u8], compressed: &[u8]| {
        let signature = "publishCompressedBytecode(bytes,bytes)";
        Call::new(COMPRESSOR, signature, args![code, compressed]).from(BOOTLOADER)
    };
    let code = |words: usize| {
        let mut code: Vec<u8> = (0..32 * words).map(|at| (at / 8 % 5) as u8).collect();
        code[0] = 0x77;
        code
    };
    let mut cases = Vec::new();
    for words in [1, 2, 3, 4, 9] {
        let code = code(words);
        cases.push(Case::new(
            format!("{words} words"),
            publish(&code, &compressed(&code[..32 * words])),
        ));
    }
    let mirror = mirror_code();
    cases.push(Case::new("known", publish(&mirror, &compressed(&mirror))));
    let three = code(3);
    let good = compressed(&three);
    cases.push(Case::new("twice", publish(&three, &good)).then(publish(&three, &good)));
    cases.push(Case::new("a user", publish(&three, &good).from(USER)));
    for length in [0, 1, 2, 3, good.len() - 2, good.len() - 1] {
        cases.push(Case::new("cut", publish(&three, &good[..length])));
    }
    cases.push(Case::new("more", publish(&three, &[&good[..], &[0, 0]].concat())));
    cases.push(Case::new("nothing", publish(&[], &[])));
    cases.push(Case::new("no code", publish(&[], &[0, 0])));
    cases.push(Case::new("no dictionary", publish(&[0; 32], &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0])));
    for at in 0..good.len() {
        let mut other = good.clone();
        other[at] ^= if at == 0 { 0x80 } else { 1 };
        cases.push(Case::new(format!("other byte at {at}"), publish(&three, &other)));
    }
    let mut other = three.clone();
    other[50] ^= 1;
    cases.push(Case::new("other code", publish(&other, &good)));
    // A dictionary that is longer than what it is used for.
    let mut long = vec![0, 5];
    long.extend_from_slice(&[0; 40]);
    long.extend_from_slice(&[0; 8]);
    cases.push(Case::new("a long dictionary", publish(&[0; 32], &long)));
    let mut exact = vec![0, 4];
    exact.extend_from_slice(&[0; 32]);
    exact.extend_from_slice(&[0, 3, 0, 2, 0, 1, 0, 0]);
    cases.push(Case::new("as long as it may be", publish(&[0; 32], &exact)));
    let part: Vec<u8> = [&[0, 1][..], &[0; 8], &[0; 2]].concat();
    cases.push(Case::new("a part of a word", publish(&[0; 8], &part)));
    cases
}

/// A state diff.
fn diff(index: u64, before: Word, after: Word) -> Vec<u8> {
    let mut bytes = vec![0x11; 20];
    bytes.extend_from_slice(&[0x22; 32]);
    bytes.extend_from_slice(&[0x33; 32]);
    bytes.extend_from_slice(&index.to_be_bytes());
    bytes.extend_from_slice(&before.to_be_bytes());
    bytes.extend_from_slice(&after.to_be_bytes());
    bytes.resize(272, 0);
    bytes
}

fn state_diffs() -> Vec<Case> {
    let verify = |count: Word, index_size: Word, diffs: &[u8], compressed: &[u8]| {
        let signature = "verifyCompressedStateDiffs(uint256,uint256,bytes,bytes)";
        Call::new(COMPRESSOR, signature, args![count, index_size, diffs, compressed])
    };
    let initial = |change: &[u8]| [&[0, 1][..], &[0x33; 32], change].concat();
    let repeated = |index: &[u8], change: &[u8]| [&[0, 0][..], index, change].concat();
    let whole = |word: Word| [&[0][..], &word.to_be_bytes()].concat();
    let (ten, twelve) = (number(10), number(12));
    let mut cases = Vec::new();
    let mut add = |name: &str, count: u64, size: u64, diffs: &[u8], compressed: &[u8]| {
        cases.push(Case::new(name, verify(number(count), number(size), diffs, compressed)));
    };
    add("none", 0, 4, &[], &[0, 0]);
    add("none and a count", 0, 4, &[], &[0, 1]);
    add("none and nothing", 0, 4, &[], &[]);
    add("none and a byte", 0, 4, &[], &[0]);
    add("none and more", 0, 4, &[1, 2, 3], &[0, 0]);
    add("none and more compressed", 0, 4, &[], &[0, 0, 0]);
    let change = diff(0, ten, twelve);
    // Length and kind of a change in one byte: add 2, subtract −2, the value itself.
    for change_of in [
        vec![1 << 3 | 1, 2],
        vec![2 << 3 | 1, 0, 2],
        vec![1 << 3 | 1, 3],
        [vec![0xf8 | 1], vec![0; 30], vec![2]].concat(),
        vec![1 << 3 | 3, 12],
        vec![1 << 3 | 3, 13],
        vec![1 << 3 | 2, 2],
        vec![0xff],
        vec![3],
        vec![1],
        vec![2],
        vec![1 << 3 | 4, 12],
        vec![1 << 3 | 7, 12],
        whole(twelve),
        whole(ten),
        [vec![0x58], twelve.to_be_bytes().to_vec()].concat(),
        vec![1 << 3 | 1],
        vec![],
    ] {
        add("initial", 1, 4, &change, &initial(&change_of));
        for index in [5, 6] {
            let compressed = repeated(&[0, 0, 0, index], &change_of);
            add("repeated", 1, 4, &diff(5, ten, twelve), &compressed);
        }
    }
    add("less", 1, 4, &diff(0, twelve, ten), &initial(&[1 << 3 | 2, 2]));
    add("below zero", 1, 4, &diff(0, ten, Word::MAX), &initial(&[1 << 3 | 2, 11]));
    add("beyond", 1, 4, &diff(0, Word::MAX, ten), &initial(&[1 << 3 | 1, 11]));
    let one = [1 << 3 | 1, 2];
    for size in [0, 1, 7, 8, 9] {
        let index = vec![0; (size as usize).saturating_sub(1)];
        let index = if size == 0 { vec![] } else { [&index[..], &[5]].concat() };
        add("sizes of indices", 1, size, &diff(5, ten, twelve), &repeated(&index, &one));
    }
    add("index that is longer", 1, 1, &diff(0x105, ten, twelve), &repeated(&[5], &one));
    add(
        "both",
        2,
        2,
        &[diff(5, ten, twelve), diff(0, ten, twelve)].concat(),
        &[initial(&one), vec![0, 5], one.to_vec()].concat(),
    );
    add(
        "order",
        2,
        2,
        &[diff(5, ten, twelve), diff(0, ten, twelve)].concat(),
        &[vec![0, 1], vec![0, 5], one.to_vec(), vec![0x33; 32], one.to_vec()].concat(),
    );
    add("count", 2, 2, &diff(0, ten, twelve), &initial(&one));
    add("fewer", 0, 2, &diff(0, ten, twelve), &[0, 0]);
    add("key", 1, 2, &change, &[&[0, 1][..], &[0x34; 32], &one].concat());
    add("counted wrongly", 1, 2, &change, &[&[0, 2][..], &[0x33; 32], &one].concat());
    add("padding", 1, 2, &[diff(0, ten, twelve), vec![9; 5]].concat(), &initial(&one));
    let more = [initial(&one), vec![0]].concat();
    add("more", 1, 2, &change, &more);
    for count in [bit(64), bit(247), bit(248), bit(252), Word::MAX] {
        cases.push(Case::new("many", verify(count, number(4), &change, &initial(&one))));
    }
    for size in [bit(64), Word::MAX] {
        cases.push(Case::new("size", verify(number(1), size, &change, &initial(&one))));
    }
    cases
}
