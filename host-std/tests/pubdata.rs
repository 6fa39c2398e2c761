//! Pubdata of recorded batches: what a batch publishes is computed from its events and changed slots, and compared with
//! what the network's host wrote and published.

mod common;

use common::goldens;
use eravm_core::{Address, VersionedHash, Word, system_address};
use eravm_host::events::Event;
use eravm_host::golden::format::{self, Batch, L1Log, Op, Outcome};
use eravm_host::golden::{Code, Golden};
use eravm_host::pubdata::{
    self, BLOB_BYTES, Content, DaValidator, L2ToL1Log, LogTree, PubdataFormat, PubdataInput,
    Published, StateDiff, StateDiffs, compress_unknown, compressed_bytecode_words,
    decompress_bytecode, message_root, split_into_blobs,
};
use std::collections::{HashMap, HashSet};

/// `MessageRoot.SHARED_ROOT_TREE_EMPTY_HASH` (era-contracts): the root for a chain on which no other settles.
const NO_CHAINS: &str = "46700b4d40ac5c35af2c22dda2787a91eb567b06c924a8fb8ae9a05b20c08c21";

fn code_bytes(code: &Code, hash: &VersionedHash) -> Option<Vec<u8>> {
    let words = code.get(hash)?.words();
    Some(words.iter().flat_map(Word::to_be_bytes).collect())
}

fn events(batch: &Batch) -> Vec<Event> {
    let events = batch.results.events.iter();
    let event = |(tx_number, address, topics, data): &format::Event| Event {
        address: address.0,
        topics: topics.iter().map(|topic| topic.0).collect(),
        data: data.0.clone(),
        tx_number: *tx_number,
    };
    events.map(event).collect()
}

fn state_diffs(batch: &Batch) -> Vec<StateDiff> {
    let diffs = batch.results.state_diffs.iter();
    let diff = |(address, key, derived, index, before, after): &format::StateDiff| {
        let diff = StateDiff::new(address.0, key.0, *index, before.0, after.0);
        assert_eq!(diff.derived_key, derived.0.0);
        diff
    };
    diffs.map(diff).collect()
}

fn input(batch: &Batch, code: &Code) -> PubdataInput {
    let diffs = StateDiffs::new(state_diffs(batch)).expect("they are sound");
    PubdataInput::collect(&events(batch), |hash| code_bytes(code, hash), diffs)
        .expect("the events are sound")
}

fn rollup(batch: &Batch) -> PubdataFormat {
    let validator = DaValidator::Contract(Address::zero());
    PubdataFormat::new(batch.protocol_version, Content::Full, validator).expect("it exists")
}

/// The words that the host wrote for a reason, at each time.
fn written<'a>(batch: &'a Batch, wanted: &'a str) -> impl Iterator<Item = Vec<(u32, Word)>> + 'a {
    batch.host_script.iter().filter_map(move |op| match op {
        Op::HeapWrite { reason, words } if reason == wanted => {
            Some(words.iter().map(|(index, word)| (*index, word.0)).collect())
        }
        _ => None,
    })
}

fn log(log: &L1Log) -> L2ToL1Log {
    let L1Log { shard_id, is_service, tx_number, .. } = *log;
    let (sender, key, value) = (log.sender.0, log.key.0, log.value.0);
    L2ToL1Log { shard_id, is_service, tx_number, sender, key, value }
}

#[test]
fn pubdata_and_the_bootloader_s_words_are_those_of_the_network() {
    // Batches, logs, messages, published code, slots.
    let mut seen = [0; 5];
    goldens(|name, Golden { batch, .. }, code| {
        let Some(expected) = &batch.results.pubdata else { return };
        let input = input(batch, code);
        let logs: Vec<_> = batch.results.user_l2_to_l1_logs.iter().map(log).collect();
        assert_eq!(input.user_logs, logs, "{name}");
        let rollup = rollup(batch);
        let pubdata = rollup.settlement_pubdata(&input).expect("it can be published");
        assert_eq!(pubdata, expected.0, "{name}");

        let heap = rollup.heap_words(&input).expect("they fit");
        let words: Vec<_> = (heap.first..).zip(heap.words).collect();
        let writes: Vec<_> = written(batch, "pubdata").collect();
        assert!(writes == [words], "{name}: the words for L1Messenger differ");
        let diffs = input.state_diffs.as_slice().len();
        let lists = [&input.messages, &input.bytecodes].map(Vec::len);
        let counts = [1, input.user_logs.len(), lists[0], lists[1], diffs];
        seen.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
    });
    // Nothing of it may get lost without notice; all is zero where there is no corpus.
    assert!(seen == [0; 5] || seen == [33, 101, 72, 7, 981], "{seen:?}");
}

#[test]
fn published_pubdata_gives_the_batch_back() {
    goldens(|name, Golden { batch, .. }, code| {
        let Some(bytes) = &batch.results.pubdata else { return };
        let published =
            Published::parse(&bytes.0).unwrap_or_else(|error| panic!("{name}: {error}"));
        let input = input(batch, code);
        assert_eq!(published.user_logs, input.user_logs, "{name}");
        assert_eq!(published.messages, input.messages, "{name}");
        assert_eq!(published.bytecodes, input.bytecodes, "{name}");

        let diffs = state_diffs(batch);
        let (initial, repeated): (Vec<&StateDiff>, Vec<_>) =
            diffs.iter().partition(|diff| diff.is_initial());
        assert_eq!(published.initial_writes.len(), initial.len(), "{name}");
        for (write, diff) in published.initial_writes.iter().zip(initial) {
            assert_eq!(write.derived_key, diff.derived_key, "{name}");
            assert_eq!(write.change.apply(&Word::ZERO), diff.final_value, "{name}");
        }
        assert_eq!(published.repeated_writes.len(), repeated.len(), "{name}");
        for (write, diff) in published.repeated_writes.iter().zip(repeated) {
            assert_eq!(write.enumeration_index, diff.enumeration_index, "{name}");
            assert_eq!(write.change.apply(&diff.initial_value), diff.final_value, "{name}");
        }

        let blobs = split_into_blobs(&bytes.0).expect("it fits");
        assert_eq!(blobs.len(), bytes.0.len().div_ceil(BLOB_BYTES), "{name}");
        let padded: Vec<u8> = blobs.iter().flat_map(|blob| blob.bytes()).copied().collect();
        assert_eq!(Published::parse_blobs(&padded), Ok(published), "{name}");
    });
}

/// The words of the region for compressed code that a `push_tx` wrote.
fn compressed_words(protocol: u16, words: &[(u32, Word)]) -> Vec<(u32, Word)> {
    let region = pubdata::compressed_bytecodes(protocol);
    let inside = |index: u32| index.checked_sub(region.first).is_some_and(|at| at < region.words);
    words.iter().copied().filter(|(index, _)| inside(*index)).collect()
}

/// Code that is known: before the batch, and what its transactions have published.
fn known(batch: &Batch) -> HashSet<VersionedHash> {
    let storage = batch.initial_storage.iter();
    let marked = storage.filter(|(address, _, value, _)| {
        address.0 == system_address(0x8004) && value.0 == Word::ONE
    });
    marked.map(|(_, key, _, _)| VersionedHash::from(key.0)).collect()
}

#[test]
fn compressed_code_is_that_of_the_network() {
    let mut compressed_count = 0;
    goldens(|name, Golden { batch, .. }, code| {
        let protocol = batch.protocol_version;
        let mut known = known(batch);
        let mut next = pubdata::compressed_bytecodes(protocol).first;
        let mut transactions = batch.transactions.iter();
        let mut current = None;
        let mut before = Vec::new();
        for op in &batch.host_script {
            match op {
                Op::HeapWrite { reason, words } if reason == "push_tx" => {
                    let words: Vec<_> = words.iter().map(|(at, word)| (*at, word.0)).collect();
                    let transaction = transactions.next().expect("one for each push");
                    current = Some(transaction);
                    let dependencies = transaction.tx.execute.factory_deps.iter();
                    let dependencies: Vec<_> =
                        dependencies.filter_map(|hash| code_bytes(code, &hash.0)).collect();
                    let from_l1 = is_from_l1(&words, protocol);
                    let dependencies: &[Vec<u8>] = if from_l1 { &[] } else { &dependencies };
                    let dependencies = dependencies.iter().map(Vec::as_slice);
                    let compressed = compress_unknown(dependencies, |hash| known.contains(hash));
                    for bytecode in &compressed {
                        let restored = decompress_bytecode(bytecode.compressed());
                        assert_eq!(restored.as_deref(), Ok(bytecode.original()));
                    }
                    compressed_count += compressed.len();
                    let expected = compressed_words(protocol, &words);
                    let actual: Vec<_> =
                        (next..).zip(compressed_bytecode_words(&compressed)).collect();
                    assert!(actual == expected, "{name}: {} words differ", expected.len());
                    next += u32::try_from(actual.len()).expect("they fit");
                }
                Op::MakeSnapshot => before.push(next),
                Op::PopSnapshot => drop(before.pop()),
                Op::RollbackToSnapshot => next = before.pop().expect("there is a snapshot"),
                Op::TxEnd { .. } => {
                    let outcome = &current.expect("it was pushed").outcome;
                    known.extend(published_by(outcome));
                }
                _ => {}
            }
        }
    });
    assert!([0, 72].contains(&compressed_count), "{compressed_count}");
}

/// Whether the transaction is from L1 or an upgrade, by the first word of its encoding.
fn is_from_l1(words: &[(u32, Word)], protocol: u16) -> bool {
    let first_encoding = match protocol {
        26..=28 => 1_657_307 - 10_510,
        _ => 1_657_307,
    };
    let encoding = words.iter().find(|(index, _)| *index >= first_encoding);
    // The offset of the transaction is followed by its type.
    let kind = encoding.and_then(|(first, _)| words.iter().find(|(at, _)| *at == first + 1));
    kind.is_some_and(|(_, kind)| [0xfe, 0xff].contains(&kind.low_u16()))
}

/// Code that a transaction made known, by the changes of `KnownCodesStorage`.
fn published_by(outcome: &Outcome) -> Vec<VersionedHash> {
    let changes = outcome.storage_changes.iter();
    let marks = changes.filter(|(address, ..)| address.0 == system_address(0x8004));
    marks.map(|(_, key, ..)| VersionedHash::from(key.0)).collect()
}

#[test]
fn the_root_of_the_logs_is_the_one_sent_to_l1() {
    let bytes: Vec<u8> = eravm_host::decode_hex(NO_CHAINS).expect("it is a constant");
    let no_chains = bytes.try_into().expect("32 bytes");
    goldens(|name, Golden { batch, .. }, _| {
        if batch.results.block_tip.is_none() {
            return;
        }
        let system_logs = batch.results.system_logs.iter();
        let sent: Vec<_> = system_logs
            .filter(|log| log.sender.0 == system_address(0x8008) && log.key.0.is_zero())
            .map(|log| log.value.0)
            .collect();
        let logs: Vec<_> = batch.results.user_l2_to_l1_logs.iter().map(log).collect();
        let tree = LogTree::of(&logs).expect("they are few");
        let root = message_root(&tree.root(), &no_chains);
        assert_eq!(sent, [Word::from_be_bytes(&root)], "{name}");
        for (index, log) in logs.iter().enumerate() {
            let proof = tree.proof(index).expect("there is such a log");
            assert!(proof.verifies(log, &tree.root()), "{name}: log {index}");
        }
    });
}

/// Numbers that look random and are the same every time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// The bytes with a few bits flipped, cut off or lengthened.
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut damaged = bytes.to_vec();
        for _ in 0..1 + self.below(3) {
            let at = self.below(damaged.len());
            match self.below(4) {
                0 => damaged.truncate(at),
                1 => damaged.push(self.next() as u8),
                _ => {
                    let bit = 1 << self.below(8);
                    damaged.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= bit);
                }
            }
        }
        damaged
    }
}

#[test]
fn damaged_pubdata_never_does_more_than_fail() {
    let mut noise = Noise(1);
    let mut kinds: HashMap<String, u32> = HashMap::new();
    goldens(|name, Golden { batch, .. }, _| {
        let Some(bytes) = &batch.results.pubdata else { return };
        if !["l1_and_messages", "transfer_20", "v26_basic"].contains(&name) {
            return;
        }
        for _ in 0..4000 {
            let damaged = noise.damage(&bytes.0);
            let kind = match Published::parse(&damaged) {
                Ok(_) => "read".to_owned(),
                Err(error) => {
                    assert!(error.at <= damaged.len() && error.to_string().len() < 200);
                    format!("{:?}", error.kind).split(['(', ' ']).next().unwrap_or_default().into()
                }
            };
            *kinds.entry(kind).or_default() += 1;
        }
        for length in 0..bytes.0.len() {
            assert!(Published::parse(&bytes.0[..length]).is_err(), "{name}: {length} bytes");
        }
    });
    if !kinds.is_empty() {
        for kind in ["read", "CutOff", "Trailing", "UnknownOperation", "StateDiffsLength"] {
            assert!(kinds.contains_key(kind), "{kind} is not among {kinds:?}");
        }
    }
}

#[test]
fn damaged_compressed_code_never_does_more_than_fail() {
    let mut noise = Noise(2);
    let mut results: HashMap<bool, u32> = HashMap::new();
    goldens(|name, Golden { batch, .. }, code| {
        if name != "sdk_setup" {
            return;
        }
        let dependencies =
            batch.transactions.iter().flat_map(|transaction| &transaction.tx.execute.factory_deps);
        for hash in dependencies.take(8) {
            let original = code_bytes(code, &hash.0).expect("it is known");
            let compressed = pubdata::compress_bytecode(&original).expect("it is code");
            for _ in 0..300 {
                let restored = decompress_bytecode(&noise.damage(&compressed));
                *results.entry(restored.is_ok()).or_default() += 1;
            }
        }
    });
    assert!(results.is_empty() || results.len() == 2, "{results:?}");
}
