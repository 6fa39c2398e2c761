//! The precompiles against the reference: the same call on the same memory must leave the same memory.

#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

use std::collections::BTreeMap;

use eravm_core::precompiles::{
    CallFault, PageMemory, Precompile, PrecompileAbi, Precompiles, at_address, call,
};
use eravm_core::{HostTypes, Word};
use zk_evm_abstractions::aux::Timestamp;
use zk_evm_abstractions::precompiles::{DefaultPrecompilesProcessor, PrecompileAddress};
use zk_evm_abstractions::queries::{LogQuery, MemoryQuery};
use zk_evm_abstractions::vm::{Memory, PrecompilesProcessor};
use zk_evm_abstractions::zkevm_opcode_defs::bn254::bn256::{Fq, Fq2, FqRepr, G1Affine, G2Affine};
use zk_evm_abstractions::zkevm_opcode_defs::bn254::ff::PrimeField;
use zk_evm_abstractions::zkevm_opcode_defs::bn254::{CurveAffine, CurveProjective};
use zk_evm_abstractions::zkevm_opcode_defs::ethereum_types::{H160, U256};
use zk_evm_abstractions::zkevm_opcode_defs::{PrecompileCallABI, k256, p256};

/// Words by page and index, as big-endian bytes. A written zero is an entry, so that comparing two of these
/// also compares where was written.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
struct Pages(BTreeMap<(u32, u32), [u8; 32]>);

impl Pages {
    fn bytes(&self, page: u32, index: u32) -> &[u8; 32] {
        self.0.get(&(page, index)).unwrap_or(&[0; 32])
    }

    fn store(&mut self, page: u32, offset: u32, words: &[Word]) {
        for (index, word) in (offset..).zip(words) {
            self.0.insert((page, index), word.to_be_bytes());
        }
    }
}

impl PageMemory for Pages {
    fn word(&self, page: u32, index: u32) -> Word {
        Word::from_be_bytes(self.bytes(page, index))
    }

    fn set_word(&mut self, page: u32, index: u32, value: Word) {
        self.0.insert((page, index), value.to_be_bytes());
    }

    fn chunks(&self, page: u32, offset: u32, length: u32) -> impl Iterator<Item = &[u8]> {
        let end = u64::from(offset) + u64::from(length);
        let mut at = u64::from(offset);
        core::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let start = (at % 32) as usize;
            let take = (32 - start).min((end - at) as usize);
            let bytes = self.bytes(page, (at / 32) as u32);
            at += take as u64;
            Some(&bytes[start..start + take])
        })
    }
}

impl Memory for Pages {
    fn execute_partial_query(&mut self, _: u32, mut query: MemoryQuery) -> MemoryQuery {
        let (page, index) = (query.location.page.0, query.location.index.0);
        if query.rw_flag {
            self.set_word(page, index, Word(query.value.0));
        } else {
            query.value = U256(self.word(page, index).0);
        }
        query
    }

    fn specialized_code_query(&mut self, _: u32, _: MemoryQuery) -> MemoryQuery {
        unreachable!("precompiles read no code")
    }

    fn read_code_query(&self, _: u32, _: MemoryQuery) -> MemoryQuery {
        unreachable!("precompiles read no code")
    }
}

/// A host with the defaults.
struct PureRust;

impl HostTypes for PureRust {
    type Fault = core::convert::Infallible;
}

impl Precompiles for PureRust {}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn word(&mut self) -> Word {
        Word([(); 4].map(|()| self.next()))
    }

    /// Of a random width, so that small and large numbers are as frequent.
    fn word_of_any_width(&mut self) -> Word {
        let width = self.below(257);
        let word = U256(self.word().0);
        Word((word.checked_shr_or_zero(256 - width)).0)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

trait ShiftOrZero {
    fn checked_shr_or_zero(self, by: u64) -> Self;
}

impl ShiftOrZero for U256 {
    fn checked_shr_or_zero(self, by: u64) -> Self {
        if by >= 256 { Self::zero() } else { self >> by }
    }
}

fn hex(digits: &str) -> Word {
    Word(U256::from_str_radix(digits, 16).unwrap().0)
}

fn plus(word: Word, more: u64) -> Word {
    Word(U256(word.0).overflowing_add(more.into()).0.0)
}

fn minus(word: Word, less: Word) -> Word {
    Word(U256(word.0).overflowing_sub(U256(less.0)).0.0)
}

/// A bound and its surroundings, and the ends of the range.
fn around(bounds: &[Word]) -> Vec<Word> {
    let mut words = vec![Word::ZERO, Word::ONE, Word::from_u64(2), Word::from_u64(3), Word::MAX];
    for bound in bounds {
        words.extend([minus(*bound, Word::ONE), *bound, plus(*bound, 1)]);
    }
    words
}

/// Runs both on the same memory and compares what they leave.
fn compare(which: Precompile, abi: &PrecompileAbi, memory: &Pages) -> Pages {
    let mut ours = memory.clone();
    call(&mut PureRust, which, abi, &mut ours).unwrap();

    let mut theirs = memory.clone();
    let packed = PrecompileCallABI {
        input_memory_offset: abi.input_offset,
        input_memory_length: abi.input_length,
        output_memory_offset: abi.output_offset,
        output_memory_length: abi.output_length,
        memory_page_to_read: abi.input_page,
        memory_page_to_write: abi.output_page,
        precompile_interpreted_data: abi.rounds,
    }
    .to_u256();
    assert_eq!(PrecompileAbi::from_word(&Word(packed.0)), *abi);
    let query = LogQuery {
        timestamp: Timestamp(0),
        tx_number_in_block: 0,
        aux_byte: 0,
        shard_id: 0,
        address: H160::from_low_u64_be(u64::from(which.address())),
        key: packed,
        read_value: U256::zero(),
        written_value: U256::zero(),
        rw_flag: false,
        rollback: false,
        is_service: false,
    };
    DefaultPrecompilesProcessor::<false>.execute_precompile(0, query, &mut theirs);

    assert!(ours == theirs, "{which:?} {abi:?}\nours {ours:x?}\ntheirs {theirs:x?}");
    ours
}

/// Compares a call whose input is `words`, at random places that overlap now and then; gives the output words.
fn compare_words<const N: usize>(
    random: &mut Random,
    which: Precompile,
    rounds: u64,
    words: &[Word],
) -> [Word; N] {
    let input_page = 8 + random.below(2) as u32;
    // Not so high that the reference's index would overflow, which aborts it where overflow is checked.
    let input_offset = random.pick(&[0, 1, 1 << 27, 1 << 31]) + random.below(1000) as u32;
    let output_page = 8 + random.below(2) as u32;
    let output_offset = random.pick(&[0, input_offset, input_offset + 1, u32::MAX - 3]);
    let abi = PrecompileAbi {
        input_offset,
        input_length: random.next() as u32,
        output_offset,
        output_length: random.next() as u32,
        input_page,
        output_page,
        rounds,
    };
    let mut memory = Pages::default();
    memory.store(input_page, input_offset, words);
    let after = compare(which, &abi, &memory);
    let mut index = output_offset;
    [(); N].map(|()| {
        let word = after.word(output_page, index);
        index = index.wrapping_add(1);
        word
    })
}

#[test]
fn addresses() {
    for low in 0..=u16::MAX {
        let theirs = PrecompileAddress::try_from(low).is_ok();
        assert_eq!(at_address(low).is_some(), theirs, "{low:#x}");
    }
}

#[test]
fn keccak256() {
    let random = &mut Random(1);
    for case in 0..4000 {
        let length = if case < 700 { case } else { random.below(3000) as u32 };
        let input_offset = match random.below(4) {
            0 => 0,
            1 => random.below(64) as u32,
            2 => random.next() as u32,
            // Reaches beyond 2³² bytes.
            _ => u32::MAX - random.below(u64::from(length) + 40) as u32,
        };
        let first = input_offset / 32;
        let mut memory = Pages::default();
        for index in 0..=length / 32 + 1 {
            // Some words stay unwritten.
            if random.below(8) != 0 {
                memory.store(10, first + index, &[random.word()]);
            }
        }
        let abi = PrecompileAbi {
            input_offset,
            input_length: length,
            output_offset: random.pick(&[0, first, first + 1, u32::MAX]),
            output_length: random.next() as u32,
            input_page: 10,
            output_page: random.pick(&[10, 11]),
            rounds: random.next(),
        };
        compare(Precompile::Keccak256, &abi, &memory);
    }
}

#[test]
fn sha256() {
    let random = &mut Random(2);
    for case in 0..1500 {
        let rounds = if case < 100 { case } else { random.below(60) };
        let words: Vec<_> = (0..rounds * 2).map(|_| random.word()).collect();
        compare_words::<1>(random, Precompile::Sha256, rounds, &words);
    }
}

/// secp256k1's group order.
const K1_ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
/// secp256k1's field modulus.
const K1_FIELD: &str = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
/// x of secp256k1's generator. Its y is even.
const K1_X: &str = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

#[test]
fn ecrecover_of_signatures() {
    let random = &mut Random(3);
    let order = hex(K1_ORDER);
    let mut recovered = 0;
    for case in 0..1000 {
        let key = k256::ecdsa::SigningKey::from_slice(&random.word().to_be_bytes()).unwrap();
        let digest = random.word();
        let (signature, id) = key.sign_prehash_recoverable(&digest.to_be_bytes()).unwrap();
        let [r, s] = [signature.r().to_bytes(), signature.s().to_bytes()]
            .map(|bytes| Word::from_be_bytes(&bytes.into()));
        let v = u64::from(id.to_byte() & 1);
        let mut words = [digest, Word::from_u64(v), r, s];
        match case % 5 {
            0 | 1 => {}
            // The other signature of the same key: high s.
            2 => (words[1], words[3]) = (Word::from_u64(v ^ 1), minus(order, s)),
            // Bits above the lowest byte of v.
            3 => words[1] = Word([v | random.next() << 8, random.next(), random.next(), 7]),
            // Another key or none.
            _ => {
                words[random.pick(&[0, 2, 3])].0[random.below(4) as usize] ^= 1 << random.below(64);
            }
        }
        let [marker, _] = compare_words(random, Precompile::Ecrecover, 0, &words);
        recovered += marker.low_u32();
    }
    assert!(recovered > 850, "{recovered}");
}

#[test]
fn ecrecover_at_the_edges() {
    let random = &mut Random(4);
    let edges = around(&[hex(K1_ORDER), hex(K1_FIELD), hex(K1_X)]);
    for &r in &edges {
        for &s in &edges {
            for v in [0, 1] {
                let digest = random.pick(&edges);
                compare_words::<2>(
                    random,
                    Precompile::Ecrecover,
                    0,
                    &[digest, Word::from_u64(v), r, s],
                );
            }
        }
    }
    // With the generator as nonce point and digest = s, the key is the point at infinity.
    let s = random.word();
    for v in [0, 1] {
        let words = [s, Word::from_u64(v), hex(K1_X), s];
        let [marker, _] = compare_words(random, Precompile::Ecrecover, 0, &words);
        assert_eq!(marker, Word::from_u64(v));
    }
}

/// The reference asserts that the lowest byte of v is 0 or 1, so there is nothing to compare with.
#[test]
fn ecrecover_without_parity() {
    for v in [2, 27, 28, 255, 0x102] {
        let mut memory = Pages::default();
        let key = k256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
        let (signature, _) = key.sign_prehash_recoverable(&[9; 32]).unwrap();
        let [r, s] = [signature.r().to_bytes(), signature.s().to_bytes()]
            .map(|bytes| Word::from_be_bytes(&bytes.into()));
        memory.store(8, 0, &[Word::from_be_bytes(&[9; 32]), Word::from_u64(v), r, s]);
        let abi = PrecompileAbi::from_word(&Word([0, 0, 8 | 8 << 32, 0]));
        call(&mut PureRust, Precompile::Ecrecover, &abi, &mut memory).unwrap();
        assert_eq!([memory.word(8, 0), memory.word(8, 1)], [Word::ZERO; 2]);
    }
}

/// secp256r1's group order.
const R1_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
/// secp256r1's field modulus.
const R1_FIELD: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
/// secp256r1's generator.
const R1_GENERATOR: [&str; 2] = [
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
];

#[test]
fn secp256r1_of_signatures() {
    use p256::ecdsa::signature::hazmat::PrehashSigner;

    let random = &mut Random(5);
    let order = hex(R1_ORDER);
    let mut outcomes = [0; 3];
    for case in 0..800 {
        let key = p256::ecdsa::SigningKey::from_slice(&random.word().to_be_bytes()).unwrap();
        let digest = random.word();
        let signature: p256::ecdsa::Signature = key.sign_prehash(&digest.to_be_bytes()).unwrap();
        let point = key.verifying_key().to_encoded_point(false);
        let [r, s, x, y] = [
            signature.r().to_bytes(),
            signature.s().to_bytes(),
            *point.x().unwrap(),
            *point.y().unwrap(),
        ]
        .map(|bytes| Word::from_be_bytes(&bytes.into()));
        let mut words = [digest, r, s, x, y];
        match case % 4 {
            0 => {}
            1 => words[2] = minus(order, s),
            2 => words[random.below(3) as usize].0[0] ^= 1 << random.below(64),
            _ => words[random.below(5) as usize].0[0] ^= 1 << random.below(64),
        }
        let [valid, verifies] = compare_words(random, Precompile::Secp256r1Verify, 0, &words);
        outcomes[(valid.low_u32() + verifies.low_u32()) as usize] += 1;
    }
    let [invalid, wrong, right] = outcomes;
    assert!(invalid > 50 && wrong > 250 && right >= 400, "{outcomes:?}");
}

#[test]
fn secp256r1_at_the_edges() {
    let random = &mut Random(6);
    let [gx, gy] = R1_GENERATOR.map(hex);
    let edges = around(&[hex(R1_ORDER), hex(R1_FIELD), gx]);
    let field = hex(R1_FIELD);
    let points =
        [[gx, gy], [gx, minus(field, gy)], [Word::ZERO; 2], [gx, Word::ZERO], [gx, Word::MAX]];
    for &r in &edges {
        for &s in &edges {
            let digest = random.pick(&edges);
            let [x, y] = random.pick(&points);
            compare_words::<2>(random, Precompile::Secp256r1Verify, 0, &[digest, r, s, x, y]);
        }
    }
    for &x in &edges {
        for &y in &edges {
            let [digest, r, s] = [random.word(), Word::ONE, Word::ONE];
            compare_words::<2>(random, Precompile::Secp256r1Verify, 0, &[digest, r, s, x, y]);
        }
    }
    // The sum in the verification is the point at infinity: digest = r = s = 1 and the key is −G.
    let words = [Word::ONE, Word::ONE, Word::ONE, gx, minus(field, gy)];
    let output = compare_words(random, Precompile::Secp256r1Verify, 0, &words);
    assert_eq!(output, [Word::ONE, Word::ZERO]);
}

/// BN254's field modulus.
const BN_FIELD: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";
/// BN254's group order.
const BN_ORDER: &str = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";

fn element(element: &Fq) -> Word {
    Word(element.into_repr().0)
}

fn g1(point: G1Affine) -> [Word; 2] {
    if point.is_zero() {
        return [Word::ZERO; 2];
    }
    let (x, y) = point.into_xy_unchecked();
    [element(&x), element(&y)]
}

/// In EIP-197's order: imaginary parts first.
fn g2(point: G2Affine) -> [Word; 4] {
    if point.is_zero() {
        return [Word::ZERO; 4];
    }
    let (x, y) = point.into_xy_unchecked();
    [element(&x.c1), element(&x.c0), element(&y.c1), element(&y.c0)]
}

/// A multiple of the generator.
fn times<C: CurveAffine>(scalar: u64) -> C
where
    <C::Scalar as PrimeField>::Repr: From<u64>,
{
    C::one().mul(<C::Scalar as PrimeField>::Repr::from(scalar)).into_affine()
}

fn random_element(random: &mut Random) -> Fq {
    loop {
        let mut limbs = random.word().0;
        limbs[3] >>= 2;
        if let Ok(element) = Fq::from_repr(FqRepr(limbs)) {
            return element;
        }
    }
}

/// Points of G1 and pairs of words that are none.
fn g1_candidates(random: &mut Random) -> Vec<[Word; 2]> {
    let field = hex(BN_FIELD);
    let [one, two] = [Word::ONE, Word::from_u64(2)];
    let mut points = vec![
        [Word::ZERO; 2],
        [one, two],
        [one, minus(field, two)],
        // Not canonical.
        [plus(field, 1), two],
        [one, plus(field, 2)],
        [field, Word::ZERO],
        [Word::ZERO, field],
        // Not on the curve.
        [Word::ZERO, one],
        [one, Word::ZERO],
        [one, one],
        [Word::MAX, Word::MAX],
        [minus(field, one), minus(field, one)],
    ];
    for _ in 0..8 {
        let point = g1(times(random.next()));
        points.push(point);
        points.push([point[0], minus(field, point[1])]);
        points.push([point[0], plus(point[1], 1)]);
        points.push([random.word(), random.word()]);
    }
    points
}

#[test]
fn ec_add() {
    let random = &mut Random(7);
    let points = g1_candidates(random);
    for left in &points {
        for right in &points {
            let words = [left[0], left[1], right[0], right[1]];
            compare_words::<3>(random, Precompile::EcAdd, 0, &words);
        }
    }
}

#[test]
fn ec_mul() {
    let random = &mut Random(8);
    let points = g1_candidates(random);
    let order = U256(hex(BN_ORDER).0);
    let multiples = [1, 2, 3, 4, 5].map(|times| Word((order * U256::from(times)).0));
    let mut scalars = around(&multiples);
    scalars.extend((0..20).map(|_| random.word_of_any_width()));
    for [x, y] in points {
        for &scalar in &scalars {
            compare_words::<3>(random, Precompile::EcMul, 0, &[x, y, scalar]);
        }
    }
}

#[test]
fn ec_pairing_at_the_edges() {
    let random = &mut Random(9);
    let field = hex(BN_FIELD);
    let generator = g2(G2Affine::one());
    let mut points = vec![[Word::ZERO; 4], generator, g2(times(random.next()))];
    let real_first = [generator[1], generator[0], generator[3], generator[2]];
    points.push(real_first);
    for coordinate in 0..4 {
        for change in [field, Word::ONE, Word::MAX] {
            let mut point = generator;
            point[coordinate] = minus(point[coordinate], minus(Word::ZERO, change));
            points.push(point);
            let mut point = [Word::ZERO; 4];
            point[coordinate] = change;
            points.push(point);
        }
    }
    // On the curve, but hardly in the subgroup.
    while points.len() < 48 {
        let x = Fq2 { c0: random_element(random), c1: random_element(random) };
        points.extend(G2Affine::get_point_from_x(x, random.below(2) == 0).map(g2));
    }
    let mut valid = 0;
    for [x, y] in g1_candidates(random).into_iter().take(20) {
        for &[a, b, c, d] in &points {
            let words = [x, y, a, b, c, d];
            let [marker, _] = compare_words(random, Precompile::EcPairing, 1, &words);
            valid += marker.low_u32();
        }
    }
    assert!(valid > 10, "{valid}");
}

#[test]
fn ec_pairing_products() {
    let random = &mut Random(10);
    compare_words::<2>(random, Precompile::EcPairing, 0, &[]);
    let mut ones = 0;
    for case in 0..60 {
        let mut words = Vec::new();
        // e(aG, bH) · e(−abG, H) = 1, so all pairs together give one.
        let doubles = if case == 0 { 20 } else { 1 + random.below(4) };
        for _ in 0..doubles {
            let [a, b] = [random.below(1 << 32), random.below(1 << 32)];
            words.extend(g1(times(a)));
            words.extend(g2(times(b)));
            let mut negated: G1Affine = times(a * b);
            negated.negate();
            words.extend(g1(negated));
            words.extend(g2(G2Affine::one()));
        }
        let mut pairs = doubles * 2;
        match case % 4 {
            0 | 1 => {}
            // One pair is missing or another one.
            2 => pairs -= 1,
            _ => words[..2].copy_from_slice(&g1(times(random.next()))),
        }
        let [_, one] = compare_words(random, Precompile::EcPairing, pairs, &words);
        ones += one.low_u32();
        if case % 10 == 9 {
            // One coordinate somewhere is off.
            let at = random.below(pairs * 6) as usize;
            words[at] = plus(words[at], 1);
            let output = compare_words(random, Precompile::EcPairing, pairs, &words);
            assert_eq!(output, [Word::ZERO; 2]);
        }
    }
    assert_eq!(ones, 30);
}

#[test]
fn modexp() {
    let random = &mut Random(11);
    let mut edges = around(&[hex(BN_FIELD), Word([0, 1, 0, 0]), Word([0, 0, 0, 1 << 63])]);
    edges.extend([Word([1, 0, 0, 1 << 63]), Word::from_u64(1 << 20), minus(Word::MAX, Word::ONE)]);
    for &base in &edges {
        for &exponent in &edges {
            for &modulus in &edges {
                compare_words::<1>(random, Precompile::Modexp, 0, &[base, exponent, modulus]);
            }
        }
    }
    for _ in 0..3000 {
        let [base, exponent, mut modulus] = [(); 3].map(|()| random.word_of_any_width());
        if random.below(2) == 0 {
            // Even, with many factors of two.
            modulus = Word(U256(modulus.0).overflowing_mul(U256::one() << random.below(256)).0.0);
        }
        compare_words::<1>(random, Precompile::Modexp, 0, &[base, exponent, modulus]);
    }
}

/// The reference does not stop here.
#[test]
fn work_is_bounded() {
    let memory = &mut Pages::default();
    for (which, abi) in [
        (Precompile::Keccak256, Word([u64::MAX, 0, 0, 0])),
        (Precompile::Sha256, Word([0, 0, 0, u64::MAX])),
        (Precompile::EcPairing, Word([0, 0, 0, u64::MAX])),
    ] {
        let abi = PrecompileAbi::from_word(&abi);
        let result = call(&mut PureRust, which, &abi, memory);
        assert_eq!(result, Err(CallFault::TooMuchWork(which)));
    }
    assert_eq!(*memory, Pages::default());
}
