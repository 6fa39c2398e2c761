//! The state tree compared with the network's: roots and proofs.
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]

mod common;
#[path = "common/naive_tree.rs"]
mod naive_tree;

use common::goldens;
use eravm_core::{Address, Word};
use eravm_host::batch::Leaf;
use eravm_host::parse_word;
use eravm_host::state_tree::{LeafKey, Proof, ProofError, StateTree, TREE_DEPTH, TreeError};
use naive_tree::naive_root;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

fn hash(text: &str) -> [u8; 32] {
    number(text).to_be_bytes()
}

fn number(text: &str) -> Word {
    parse_word(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn slot(address: &str, key: &str) -> LeafKey {
    LeafKey::of_slot(&number(address).to_address(), &number(key))
}

/// The slots of the network's own tests.
fn storage_logs() -> Vec<(LeafKey, Word)> {
    let addresses = [
        "0x4b3af74f66ab1f0da3f2e4ec7a3cb99baf1af7b2",
        "0xef4bb7b21c5fe7432a7d63876cc59ecc23b46636",
        "0x89b8988a018f5348f52eeac77155a793adf03ecc",
        "0x782806db027c08d36b2bed376b4271d1237626b3",
        "0xb2b57b76717ee02ae1327cc3cf1f40e76f692311",
    ];
    let slots = addresses.iter().flat_map(|address| {
        let address = number(address).to_address();
        (0..20).map(move |key| LeafKey::of_slot(&address, &Word::from_u64(key)))
    });
    slots.zip((0..).map(Word::from_u64)).collect()
}

#[test]
fn roots_of_the_networks_own_tests_are_met_whatever_the_batches() {
    let expected = hash("0x7d196babb69b20468a6cee968ccdc1275a5c7ae976eef8c9a0373acef4d8bc0a");
    for size in [1, 9, 100] {
        let mut tree = StateTree::new();
        for batch in storage_logs().chunks(size) {
            tree.apply(batch).unwrap();
        }
        assert_eq!((tree.root(), tree.leaf_count()), (expected, 100), "{size}");
    }
}

#[test]
fn the_root_of_the_networks_test_of_compatibility_is_met() {
    let mut tree = StateTree::new();
    let empty = "0x98a48e4ed1736188384ae8a79dd21c4d6687e5fd22ca18148906d78736c0d86a";
    assert_eq!(tree.root(), hash(empty));
    let code_storage = Word::from_u64(0x8002).to_address();
    let mut writes =
        vec![(LeafKey::of_slot(&code_storage, &Word::ZERO), Word::from_be_bytes(&[1; 32]))];
    for (nth, key) in (0..5).zip((250..=254).rev()) {
        let address = Word::from_u64((1 << 63) + nth).to_address();
        let mut value = [255; 32];
        value[31] -= nth as u8 + 1;
        let slot = LeafKey::of_slot(&address, &Word::from_be_bytes(&[key; 32]));
        writes.push((slot, Word::from_be_bytes(&value)));
    }
    let expected = "0x23bfeb3211df8fa0f0268b6fdd9c2a1d485ac4c6480ddb583bfa5e70dd032cab";
    assert_eq!(tree.apply(&writes).unwrap(), hash(expected));
}

#[derive(Deserialize)]
struct Scenario {
    name: String,
    batches: Vec<Batch>,
    proofs: Vec<Expected>,
}

#[derive(Deserialize)]
struct Batch {
    root: String,
    leaf_count: u64,
    writes: Vec<(String, String, String)>,
}

#[derive(Deserialize)]
struct Expected {
    address: String,
    key: String,
    index: u64,
    value: String,
    path: Vec<String>,
}

#[test]
fn roots_and_proofs_are_those_of_the_networks_tree() {
    let file = include_str!("data/state_tree/scenarios.json");
    let scenarios: Vec<Scenario> = serde_json::from_str(file).unwrap();
    for Scenario { name, batches, proofs } in scenarios {
        let mut tree = StateTree::new();
        for (nth, Batch { root, leaf_count, writes }) in batches.iter().enumerate() {
            let writes =
                writes.iter().map(|(address, key, value)| (slot(address, key), number(value)));
            let actual = tree.apply(&writes.collect::<Vec<_>>()).unwrap();
            assert_eq!(actual, hash(root), "{name}, batch {nth}");
            assert_eq!(
                (tree.root(), tree.leaf_count()),
                (actual, *leaf_count),
                "{name}, batch {nth}"
            );
        }
        assert!(!proofs.is_empty(), "{name}");
        for Expected { address, key, index, value, path } in proofs {
            let slot = slot(&address, &key);
            let path = path.iter().map(|sibling| hash(sibling)).collect();
            let expected = Proof::from_parts(index, number(&value), path).unwrap();
            assert_eq!(tree.prove(&slot).unwrap(), expected, "{name}, {address} {key}");
            assert_eq!(expected.verify(&tree.root(), &slot), Ok(tree.leaf(&slot)));
            assert_eq!(expected.all_siblings().count(), TREE_DEPTH);
        }
    }
}

#[test]
fn golden_batches_lead_to_the_roots_of_the_networks_tree() {
    type Row = (String, String, String, u64, String, u64);
    let rows: Vec<Row> =
        serde_json::from_str(include_str!("data/state_tree/golden_roots.json")).unwrap();
    let mut rows: HashMap<_, _> = rows
        .into_iter()
        .map(|(name, machine, before, count, after, count_after)| {
            ((name, machine), [(hash(&before), count), (hash(&after), count_after)])
        })
        .collect();
    let mut seen = 0;
    goldens(|name, golden, code| {
        let batch = &golden.batch;
        if batch.results.state_diffs.is_empty() {
            return;
        }
        let key = (name.to_owned(), batch.zk_evm.clone());
        let [before, after] = rows.remove(&key).unwrap_or_else(|| panic!("{key:?} has no roots"));
        let state = batch.initial_state(code).unwrap();
        let leaves =
            state.leaves().map(|(address, key, leaf)| (LeafKey::of_slot(&address, &key), leaf));
        let mut tree = StateTree::new();
        tree.insert(leaves).unwrap();
        assert_eq!((tree.root(), tree.leaf_count()), before, "{name}");
        let diffs = batch.results.state_diffs.iter();
        let writes: Vec<_> = diffs
            .map(|(address, key, _, _, _, value)| (LeafKey::of_slot(&address.0, &key.0), value.0))
            .collect();
        tree.apply(&writes).unwrap();
        assert_eq!((tree.root(), tree.leaf_count()), after, "{name}");
        seen += 1;
    });
    assert!(seen == 0 || rows.is_empty(), "not seen: {:?}", rows.keys());
}

/// Numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A derived key that often shares a long way with others.
    fn derived(&mut self) -> [u8; 32] {
        let mut derived = [0; 32];
        if self.below(3) == 0 {
            derived
                .chunks_mut(8)
                .for_each(|chunk| chunk.copy_from_slice(&self.next().to_be_bytes()));
        }
        let bit = self.below(256) as usize;
        derived[bit / 8] ^= 1 << (bit % 8);
        derived
    }
}

#[test]
fn any_writes_lead_to_the_root_by_definition_and_to_proofs_that_hold() {
    for seed in 0..40 {
        let mut numbers = Numbers(seed);
        let mut tree = StateTree::new();
        let mut model: BTreeMap<[u8; 32], Leaf> = BTreeMap::new();
        for _ in 0..1 + numbers.below(6) {
            let mut writes = Vec::new();
            for _ in 0..numbers.below(20) {
                let derived = numbers.derived();
                let value = Word::from_u64(numbers.below(4));
                let next = model.len() as u64 + 1;
                model.entry(derived).or_insert(Leaf { value, index: next }).value = value;
                writes.push((LeafKey::from_derived(derived), value));
            }
            tree.apply(&writes).unwrap();
            let leaves: Vec<_> =
                model.iter().map(|(key, leaf)| (*key, leaf.index, leaf.value)).collect();
            assert_eq!(tree.root(), naive_root(&leaves), "seed {seed}");
            assert_eq!(tree.leaf_count(), model.len() as u64);
        }
        for derived in model.keys().copied().chain((0..20).map(|_| numbers.derived())) {
            let key = LeafKey::from_derived(derived);
            let proof = tree.prove(&key).unwrap();
            assert_eq!(
                proof.verify(&tree.root(), &key),
                Ok(model.get(&derived).copied()),
                "seed {seed}"
            );
        }
    }
}

#[test]
fn a_proof_with_anything_changed_does_not_hold() {
    let mut tree = StateTree::new();
    let root = tree.apply(&storage_logs()).unwrap();
    let (key, value) = storage_logs()[7];
    let proof = tree.prove(&key).unwrap();
    let (index, siblings) = (proof.leaf().unwrap().index, proof.siblings().to_vec());
    let holds = |index, value, siblings: &[[u8; 32]]| {
        let proof = Proof::from_parts(index, value, siblings.to_vec());
        proof.is_ok_and(|proof| proof.verify(&root, &key).is_ok())
    };
    assert!(holds(index, value, &siblings));
    assert!(!holds(index + 1, value, &siblings));
    assert!(!holds(index, Word::MAX, &siblings));
    assert!(!holds(0, Word::ZERO, &siblings));
    assert!(!holds(index, value, &siblings[1..]));
    for nth in 0..siblings.len() {
        let mut others = siblings.clone();
        others[nth][nth] ^= 1;
        assert!(!holds(index, value, &others), "{nth}");
    }
    let (other, _) = storage_logs()[8];
    assert!(matches!(proof.verify(&root, &other), Err(ProofError::OtherRoot(_))));
    // With the hashes that were left out, it is the same proof.
    assert!(holds(index, value, &proof.all_siblings().collect::<Vec<_>>()));
}

#[test]
fn what_cannot_be_a_proof_is_refused_before_anything_is_hashed() {
    let siblings = vec![[1; 32]; TREE_DEPTH + 1];
    assert_eq!(Proof::from_parts(1, Word::ONE, siblings), Err(ProofError::TooLong(257)));
    let value = Word::from_u64(5);
    assert_eq!(Proof::from_parts(0, value, Vec::new()), Err(ProofError::ValueOfNoLeaf(value)));
    let full = Proof::from_parts(1, Word::ONE, vec![[1; 32]; TREE_DEPTH]).unwrap();
    let key = LeafKey::of_slot(&Address::zero(), &Word::ZERO);
    assert!(matches!(full.verify(&[0; 32], &key), Err(ProofError::OtherRoot(_))));
}

#[test]
fn leaves_keep_their_numbers_and_zero_is_a_value() {
    let key = |number| LeafKey::of_slot(&Address::zero(), &Word::from_u64(number));
    let mut tree = StateTree::new();
    tree.apply(&[(key(5), Word::ONE), (key(3), Word::ONE), (key(5), Word::MAX)]).unwrap();
    assert_eq!(tree.leaf(&key(5)), Some(Leaf { value: Word::MAX, index: 1 }));
    let before = tree.root();
    assert_eq!(tree.apply(&[(key(3), Word::ONE)]), Ok(before));
    assert_eq!(tree.apply(&[]), Ok(before));
    let after = tree.apply(&[(key(3), Word::ZERO), (key(1), Word::ZERO)]).unwrap();
    assert_ne!(after, before);
    assert_eq!(tree.leaf(&key(3)), Some(Leaf { value: Word::ZERO, index: 2 }));
    assert_eq!(tree.leaf(&key(1)), Some(Leaf { value: Word::ZERO, index: 3 }));
    assert_eq!(tree.leaf_count(), 3);
}

#[test]
fn leaves_with_numbers_that_cannot_be_are_refused_and_nothing_is_written() {
    let key = |number| LeafKey::of_slot(&Address::zero(), &Word::from_u64(number));
    let leaf = |index| Leaf { value: Word::ONE, index };
    let mut tree = StateTree::new();
    tree.insert([(key(1), leaf(7))]).unwrap();
    let before = tree.root();
    let refused = tree.insert([(key(2), leaf(8)), (key(3), leaf(0))]);
    assert_eq!(refused, Err(TreeError::NoNumber(key(3))));
    let refused = tree.insert([(key(2), leaf(8)), (key(1), leaf(9))]);
    assert_eq!(refused, Err(TreeError::OtherNumber { key: key(1), actual: 7, wanted: 9 }));
    assert_eq!((tree.root(), tree.leaf_count(), tree.leaf(&key(2))), (before, 1, None));
    tree.insert([(key(2), leaf(u64::MAX))]).unwrap();
    assert_eq!(tree.apply(&[(key(3), Word::ONE)]), Err(TreeError::NoMoreNumbers));
    assert!(tree.apply(&[(key(2), Word::ZERO)]).is_ok());
}

/// Not a test of speed, which depends on the machine: it says what the speed is. `cargo test --release -- --ignored --nocapture`
#[test]
#[ignore = "measures"]
fn measure_batches_of_a_thousand_slots() {
    let mut numbers = Numbers(1);
    let mut random = || {
        let mut derived = [0; 32];
        derived
            .chunks_mut(8)
            .for_each(|chunk| chunk.copy_from_slice(&numbers.next().to_be_bytes()));
        (LeafKey::from_derived(derived), Word::from_u64(numbers.next()))
    };
    let mut tree = StateTree::new();
    for size in [200_000, 1000, 1000, 1000, 100, 100, 10, 1] {
        let writes: Vec<_> = (0..size).map(|_| random()).collect();
        let start = std::time::Instant::now();
        tree.apply(&writes).unwrap();
        println!("{size} new slots among {}: {:?}", tree.leaf_count(), start.elapsed());
    }
}
