//! Published vectors, and what the comparison with the reference cannot reach.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::*;
use crate::host::HostTypes;
use crate::word::{Address, Word};
use primitive_types::U256;
use tiny_keccak::Hasher;

struct PureRust;

impl HostTypes for PureRust {
    type Fault = core::convert::Infallible;
}

impl Precompiles for PureRust {}

/// A host that computes nothing.
struct Broken;

impl HostTypes for Broken {
    type Fault = &'static str;
}

impl Precompiles for Broken {
    fn keccak256(
        &mut self,
        _: &mut dyn Iterator<Item = &[u8]>,
    ) -> Result<[u8; 32], CallFault<Self::Fault>> {
        Err(CallFault::Host("out of order"))
    }
}

/// Words of one page; the page number is ignored.
#[derive(Default, Clone, PartialEq, Debug)]
struct OnePage(BTreeMap<u32, Word>);

impl PageMemory for OnePage {
    fn word(&self, _: u32, index: u32) -> Word {
        self.0.get(&index).copied().unwrap_or_default()
    }

    fn set_word(&mut self, _: u32, index: u32, value: Word) {
        self.0.insert(index, value);
    }

    fn chunks(&self, _: u32, _: u32, _: u32) -> impl Iterator<Item = &[u8]> {
        core::iter::empty()
    }
}

fn hex(digits: &str) -> Word {
    U256::from_str_radix(digits, 16).unwrap().into()
}

fn keccak(parts: &[&[u8]]) -> Word {
    Word::from_be_bytes(&PureRust.keccak256(&mut parts.iter().copied()).unwrap())
}

#[test]
fn keccak256_vectors() {
    let empty = hex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    assert_eq!(keccak(&[]), empty);
    assert_eq!(keccak(&[b"", b""]), empty);
    assert_eq!(
        keccak(&[b"a", b"", b"bc"]),
        hex("4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")
    );
}

#[test]
fn keccak256_in_parts() {
    let bytes: Vec<u8> = (0..1000u32).map(|at| ((at * at) >> 3) as u8).collect();
    for length in 0..bytes.len() {
        let mut theirs = tiny_keccak::Keccak::v256();
        let mut digest = [0; 32];
        theirs.update(&bytes[..length]);
        theirs.finalize(&mut digest);
        let expected = Word::from_be_bytes(&digest);
        for part in [1, 7, 32, 135, 136, 137, 1000] {
            let parts: Vec<_> = bytes[..length].chunks(part).collect();
            assert_eq!(keccak(&parts), expected, "{length} in parts of {part}");
        }
    }
}

#[test]
fn sha256_of_abc() {
    let mut memory = OnePage::default();
    memory.set_word(0, 0, hex("6162638000000000000000000000000000000000000000000000000000000000"));
    memory.set_word(0, 1, Word::from_u64(24));
    let abi = PrecompileAbi::from_word(&Word([0, 9, 0, 1]));
    call(&mut PureRust, Precompile::Sha256, &abi, &mut memory).unwrap();
    let expected = hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(memory.word(0, 9), expected);
}

#[test]
fn sha256_without_rounds_writes_nothing() {
    let mut memory = OnePage::default();
    let abi = PrecompileAbi::from_word(&Word([0, 9, 0, 0]));
    call(&mut PureRust, Precompile::Sha256, &abi, &mut memory).unwrap();
    assert_eq!(memory, OnePage::default());
}

/// The vector of go-ethereum's and evm.codes' ecrecover.
#[test]
fn ecrecover_vector() {
    let [digest, r, s] = [
        "456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3",
        "9242685bf161793cc25603c231bc2f568eb630ea16aa137d2664ac8038825608",
        "4f8ae3bd7535248d0bd448298cc2e2071e56992d0774dc340c368ae950852ada",
    ]
    .map(|digits| hex(digits).to_be_bytes());
    let address = PureRust.ecrecover(&digest, &r, &s, true);
    let expected = hex("7156526fbd7a3c72969b54f64e42c10fbb768c8a").to_address();
    assert_eq!(address, Ok(Some(expected)));
    assert_eq!(PureRust.ecrecover(&digest, &[0; 32], &s, true), Ok(None));
}

/// The generator's multiple of EIP-196's tests.
#[test]
fn bn254_doubling() {
    let generator = [Word::ONE, Word::from_u64(2)];
    let expected = [
        hex("030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"),
        hex("15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4"),
    ];
    assert_eq!(PureRust.ec_add(&generator, &generator), Ok(Some(expected)));
    assert_eq!(PureRust.ec_mul(&generator, &Word::from_u64(2)), Ok(Some(expected)));
    assert_eq!(PureRust.ec_mul(&generator, &Word::ZERO), Ok(Some([Word::ZERO; 2])));
    assert_eq!(PureRust.ec_add(&generator, &[Word::ONE; 2]), Ok(None));
}

#[test]
fn pairing_of_nothing_is_one() {
    assert_eq!(PureRust.ec_pairing(&mut core::iter::empty()), Ok(Some(true)));
}

#[test]
fn modexp_vectors() {
    let modexp = |base: u64, exponent: u64, modulus: u64| {
        PureRust.modexp(&base.into(), &exponent.into(), &modulus.into()).unwrap()
    };
    assert_eq!(modexp(0, 0, 0), Word::ZERO);
    assert_eq!(modexp(0, 0, 1), Word::ZERO);
    assert_eq!(modexp(0, 0, 2), Word::ONE);
    assert_eq!(modexp(3, 5, 100), Word::from_u64(43));
    // EIP-198: Fermat's little theorem for secp256k1's field.
    let prime = hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
    let exponent = hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e");
    assert_eq!(PureRust.modexp(&Word::from_u64(3), &exponent, &prime), Ok(Word::ONE));
}

/// The reference overflows here (an abort, or wrapping around, depending on how it was built).
#[test]
fn word_indices_wrap_around() {
    let mut memory = OnePage::default();
    memory.set_word(0, u32::MAX, Word::from_u64(3));
    memory.set_word(0, 0, Word::from_u64(5));
    memory.set_word(0, 1, Word::from_u64(100));
    let abi = PrecompileAbi::from_word(&Word([u64::from(u32::MAX), 7, 0, 0]));
    call(&mut PureRust, Precompile::Modexp, &abi, &mut memory).unwrap();
    assert_eq!(memory.word(0, 7), Word::from_u64(43));

    let abi = PrecompileAbi::from_word(&Word([100, u64::from(u32::MAX - 1), 0, 0]));
    call(&mut PureRust, Precompile::EcAdd, &abi, &mut memory).unwrap();
    let written = [u32::MAX - 1, u32::MAX, 0].map(|index| memory.word(0, index));
    assert_eq!(written, [Word::ONE, Word::ZERO, Word::ZERO]);
}

#[test]
fn faults_leave_memory_alone() {
    let mut memory = OnePage::default();
    memory.set_word(0, 0, Word::MAX);
    let before = memory.clone();
    let abi = PrecompileAbi::from_word(&Word([0; 4]));
    let fault = call(&mut Broken, Precompile::Keccak256, &abi, &mut memory);
    assert_eq!(fault, Err(CallFault::Host("out of order")));

    let too_long = [
        (Precompile::Keccak256, Word([(MAX_INPUT_BYTES + 1) << 32, 0, 0, 0])),
        (Precompile::Sha256, Word([0, 0, 0, MAX_INPUT_BYTES / 64 + 1])),
        (Precompile::EcPairing, Word([0, 0, 0, MAX_PAIRS + 1])),
    ];
    for (which, word) in too_long {
        let abi = PrecompileAbi::from_word(&word);
        let fault = call(&mut PureRust, which, &abi, &mut memory);
        assert_eq!(fault, Err(CallFault::TooMuchWork(which)));
    }
    assert_eq!(memory, before);
}

/// The address is hashed by the host, so that a guest's accelerated keccak256 serves ecrecover too.
#[test]
fn ecrecover_hashes_with_the_host() {
    let one = Word::ONE.to_be_bytes();
    let x = hex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    let fault = Broken.ecrecover(&one, &x.to_be_bytes(), &one, true);
    assert_eq!(fault, Err(CallFault::Host("out of order")));
    let none: Result<Option<Address>, _> = Broken.ecrecover(&one, &one, &[0; 32], true);
    assert_eq!(none, Ok(None));
}

#[test]
fn addresses() {
    for precompile in Precompile::ALL {
        assert_eq!(at_address(precompile.address()), Some(precompile));
    }
    assert_eq!(at_address(0x04), None);
    let since_28 = Precompile::ALL.into_iter().filter(|precompile| precompile.since_protocol_28());
    assert!(since_28.map(Precompile::address).eq([5, 6, 7, 8]));
}
