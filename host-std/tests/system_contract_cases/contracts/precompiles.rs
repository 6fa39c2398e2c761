//! Hashes, signatures and curves.

use super::*;
use crate::actors::{CALLER, DELEGATOR, relayed};
use crate::case::{Call, Case, USER};
use crate::suite::Suite;
use crate::transaction::signature;
use crate::vary::Vary;
use eravm_host::decode_hex;

pub(super) fn suites() -> Vec<Suite> {
    vec![
        hash("Keccak256", 0x8010, 136),
        hash("SHA256", 2, 64),
        hash("Identity", 4, 32),
        ecrecover(),
        p256_verify(),
        modexp(),
        ec_add(),
        ec_mul(),
        ec_pairing(),
    ]
}

#[test]
fn precompiles_are_as_compiled() {
    suites().iter().for_each(Suite::check);
}

/// A suite whose callers do not matter.
fn suite(name: &'static str, at: Address, cases: Vec<Case>) -> Suite {
    let callers = vec![BOOTLOADER, USER];
    let vary = Vary { callers, at_random: 150, ..Vary::default() };
    Suite { vary, ..Suite::new(name, at, cases) }
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + 1) as u8).collect()
}

/// Concatenated words in hexadecimal digits.
fn words(digits: &[&str]) -> Vec<u8> {
    let word = |digits: &&str| decode_hex(&format!("{digits:0>64}")).expect("they are digits");
    digits.iter().flat_map(word).collect()
}

fn hash(name: &'static str, at: u16, block: usize) -> Suite {
    let at = system_address(at);
    let mut cases = Vec::new();
    let around = |length: usize| [length - 9, length - 8, length - 1, length, length + 1];
    let lengths = [0, 1, 2, 31, 32, 33, 64, 1000, 20_000].into_iter();
    for length in lengths.chain([block, 2 * block, 3 * block].into_iter().flat_map(around)) {
        cases.push(Case::new(format!("{length} bytes"), Call::raw(at, bytes(length))));
    }
    cases.push(Case::new("value", Call::raw(at, bytes(5)).value(5)));
    cases.push(Case::new("static", Call::raw(at, bytes(5)).statically()));
    cases.push(Case::new("constructor", Call::raw(at, bytes(5)).with_constructor_flag()));
    cases.push(Case::new("system", Call::raw(at, bytes(5)).with_system_flag()));
    // A part of what the caller was called with.
    cases.push(Case::new("from a contract", Call::raw(CALLER, relayed(at, &bytes(70)))));
    if name == "Identity" {
        cases.push(Case::new("delegated", Call::raw(DELEGATOR, relayed(at, &bytes(70)))));
    }
    suite(name, at, cases)
}

fn ecrecover() -> Suite {
    let at = system_address(1);
    let digest = number(0xabcd);
    let packed = signature(&digest);
    let v = number(packed[64].into());
    let input =
        |v: &Word, r: &[u8], s: &[u8]| [&digest.to_be_bytes()[..], &v.to_be_bytes(), r, s].concat();
    let (r, s) = packed[..64].split_at(32);
    let order = words(&["FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141"]);
    let mut below_order = order.clone();
    below_order[31] -= 1;
    let mut cases = Vec::new();
    let mut add = |name: &str, input: Vec<u8>| cases.push(Case::new(name, Call::raw(at, input)));
    add("valid", input(&v, r, s));
    add("with more", [input(&v, r, s), bytes(40)].concat());
    for v in [
        number(0),
        number(1),
        number(26),
        number(27),
        number(28),
        number(29),
        bit(64),
        Word([27, 1, 0, 0]),
    ] {
        add("v", input(&v, r, s));
    }
    let zero = [0; 32];
    for (r, s) in [
        (r, &zero[..]),
        (&zero, s),
        (r, &order),
        (&order, s),
        (r, &below_order),
        (&below_order, s),
        (&[0xff; 32], s),
        (r, &[0xff; 32]),
        (s, r),
    ] {
        add("scalars", input(&v, r, s));
    }
    for length in [0, 31, 64, 96, 127] {
        add("short", input(&v, r, s)[..length].to_vec());
    }
    for x in 1..12 {
        add("no point or one", input(&v, &number(x).to_be_bytes(), s));
    }
    suite("Ecrecover", at, cases)
}

fn p256_verify() -> Suite {
    let at = system_address(0x100);
    // RFC 6979, A.2.5: "sample" with SHA-256.
    let valid = words(&[
        "AF2BDBE1AA9B6EC1E2ADE1D694F41FC71A831D0268E9891562113D8A62ADD1BF",
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
        "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
    ]);
    let mut cases = vec![Case::new("valid", Call::raw(at, valid.clone()))];
    for at_byte in [0, 33, 65, 97, 159] {
        let mut wrong = valid.clone();
        wrong[at_byte] ^= 1;
        cases.push(Case::new("wrong", Call::raw(at, wrong)));
    }
    for length in [0, 159, 161, 192] {
        let mut other = valid.clone();
        other.resize(length, 0);
        cases.push(Case::new("length", Call::raw(at, other)));
    }
    cases.push(Case::new("zeros", Call::raw(at, vec![0; 160])));
    cases.push(Case::new("ones", Call::raw(at, vec![0xff; 160])));
    suite("P256Verify", at, cases)
}

fn modexp() -> Suite {
    let at = system_address(5);
    let mut cases = Vec::new();
    let lengths = [
        (0, 0, 0),
        (1, 1, 1),
        (32, 32, 32),
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
        (5, 7, 9),
        (31, 2, 32),
    ];
    for (base, exponent, modulus) in lengths {
        let sizes = [base, exponent, modulus].map(|size: u64| number(size).to_be_bytes()).concat();
        let total = (base + exponent + modulus) as usize;
        for numbers in [bytes(total), vec![0; total], vec![0xff; total], vec![1; total], vec![]] {
            cases.push(Case::new("sizes", Call::raw(at, [&sizes[..], &numbers].concat())));
        }
        let more = [&sizes[..], &bytes(total + 50)].concat();
        cases.push(Case::new("more", Call::raw(at, more)));
        let less = [&sizes[..], &bytes(total.saturating_sub(1))].concat();
        cases.push(Case::new("less", Call::raw(at, less)));
    }
    for place in 0..3 {
        for size in [number(33), bit(32), bit(64), Word::MAX] {
            let mut sizes = [number(1), number(1), number(1)];
            sizes[place] = size;
            let sizes: Vec<u8> = sizes.iter().flat_map(Word::to_be_bytes).collect();
            cases.push(Case::new("too long", Call::raw(at, [&sizes[..], &[3; 100]].concat())));
        }
    }
    cases.push(Case::new("nothing", Call::raw(at, [])));
    suite("Modexp", at, cases)
}

/// The order of the field.
const FIELD: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";
/// The order of the group.
const ORDER: &str = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
/// y of the inverse of the generator (1, 2).
const MINUS_TWO: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45";
const ONES: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

fn ec_add() -> Suite {
    let at = system_address(6);
    let inputs = [
        ["1", "2", "1", "2"],
        ["1", "2", "1", MINUS_TWO],
        ["1", "2", "0", "0"],
        ["0", "0", "1", "2"],
        ["0", "0", "0", "0"],
        ["1", "3", "1", "2"],
        ["1", "2", "0", "1"],
        [FIELD, "2", "0", "0"],
        [ONES, ONES, "1", "2"],
        ["1", "2", "1", ONES],
        [FIELD, FIELD, "1", "2"],
    ];
    let mut cases: Vec<_> =
        inputs.iter().map(|input| Case::new("add", Call::raw(at, words(input)))).collect();
    for length in [0, 31, 32, 63, 64, 127] {
        let short = words(&inputs[0])[..length].to_vec();
        cases.push(Case::new("short", Call::raw(at, short)));
    }
    let more = [words(&inputs[0]), bytes(40)].concat();
    cases.push(Case::new("more", Call::raw(at, more)));
    suite("EcAdd", at, cases)
}

fn ec_mul() -> Suite {
    let at = system_address(7);
    let mut cases = Vec::new();
    for scalar in ["0", "1", "2", "123456789abcdef", ORDER, FIELD, ONES] {
        for (x, y) in [("1", "2"), ("0", "0"), ("1", "3"), ("0", FIELD), (FIELD, "0"), (ONES, "2")]
        {
            cases.push(Case::new("multiply", Call::raw(at, words(&[x, y, scalar]))));
        }
    }
    for length in [0, 31, 64, 80, 95] {
        let short = words(&["1", "2", "3"])[..length].to_vec();
        cases.push(Case::new("short", Call::raw(at, short)));
    }
    let more = [words(&["1", "2", "3"]), bytes(40)].concat();
    cases.push(Case::new("more", Call::raw(at, more)));
    let mut suite = suite("EcMul", at, cases);
    suite.vary.systematically = 0;
    suite
}

fn ec_pairing() -> Suite {
    let at = system_address(8);
    // The generator of the second group, imaginary parts first.
    let g2 = [
        "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2",
        "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed",
        "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b",
        "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa",
    ];
    let pair = |x: &str, y: &str| words(&[x, y, g2[0], g2[1], g2[2], g2[3]]);
    let zeros = vec![0; 192];
    let mut outside = pair("1", "2");
    outside[191] ^= 1;
    let mut swapped = pair("1", "2");
    swapped[64..].rotate_left(32);
    let mut cases = Vec::new();
    for input in [
        vec![],
        zeros.clone(),
        [zeros.clone(), zeros.clone()].concat(),
        pair("1", "2"),
        pair("0", "0"),
        [pair("1", "2"), pair("1", MINUS_TWO)].concat(),
        [pair("1", "2"), pair("1", "2")].concat(),
        [pair("1", "2"), zeros.clone(), pair("1", MINUS_TWO)].concat(),
        [words(&["1", "2"]), vec![0; 128]].concat(),
        pair("1", "3"),
        pair(FIELD, "0"),
        outside,
        swapped,
        vec![0xff; 192],
        [pair("1", "2"), vec![0xff; 192]].concat(),
    ] {
        cases.push(Case::new("pairing", Call::raw(at, input)));
    }
    for length in [1, 32, 191, 193, 383] {
        cases.push(Case::new("length", Call::raw(at, vec![0; length])));
    }
    let mut suite = suite("EcPairing", at, cases);
    (suite.vary.systematically, suite.vary.at_random) = (0, 60);
    suite
}
