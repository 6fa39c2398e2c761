//! What goes to L1: logs, messages, code, and at the end of a batch all of it.

use super::*;
use crate::abi::{args, calldata};
use crate::actors::{MIRROR, Mode, NOBODY, mirrored};
use crate::case::{Call, Case, USER};
use crate::common::chain::keccak;
use crate::suite::Suite;
use eravm_host::pubdata::{L2ToL1Log, LogTree};

pub(super) fn suites() -> Vec<Suite> {
    vec![l1_messenger(), chunk_publisher(), interop_roots()]
}

#[test]
fn l1_messenger_is_as_compiled() {
    l1_messenger().check();
}

#[test]
fn pubdata_chunk_publisher_is_as_compiled() {
    chunk_publisher().check();
}

#[test]
fn l2_interop_root_storage_is_as_compiled() {
    interop_roots().check();
}

const MESSENGER: Address = system_address(0x8008);

fn l1_messenger() -> Suite {
    let at = MESSENGER;
    let log = |is_service: bool, key: Word, value: Word| {
        let signature = "sendL2ToL1Log(bool,bytes32,bytes32)";
        Call::new(at, signature, args![is_service, key, value]).from(BOOTLOADER)
    };
    let send = |message: &[u8]| Call::new(at, "sendToL1(bytes)", args![message]);
    let request = |hash: Word| {
        Call::new(at, "requestBytecodeL1Publication(bytes32)", args![hash]).from(KNOWN_CODES)
    };
    let state = [
        (at, number(0), number(5)),
        (at, number(1), number(6)),
        (at, number(2), number(7)),
        (at, number(3), number(8)),
        (SYSTEM_CONTEXT, number(270), number(0x1_ffff)),
    ];
    let mut cases = Vec::new();
    for is_service in [false, true] {
        let call = log(is_service, number(3), Word::MAX);
        cases.push(Case::new("log", call.clone()));
        cases.push(Case::new("log", call.clone()).slots(&state));
        cases.push(Case::new("two logs", call.clone()).then(log(false, number(4), number(5))));
        cases.push(Case::new("log of a user", call.from(USER)));
    }
    let full = log(true, number(3), number(4));
    cases.push(Case::new("too many logs", full).slot(at, number(1), Word::MAX));
    for length in [0, 1, 31, 32, 33, 100, 135, 136, 1000] {
        let message = vec![0x5a; length];
        cases.push(Case::new("message", send(&message)));
        cases.push(Case::new("message", send(&message)).slots(&state));
    }
    cases.push(Case::new("two messages", send(b"one")).then(send(b"two").from(MIRROR)));
    cases.push(Case::new("a long message", send(&vec![1; 50_000])));
    cases.push(Case::new("many messages", send(b"x")).slot(at, number(1), Word::MAX));
    for head in [0x0100_0005u64, 0x0100_ffff, 0x0200_0005, 0x0200_ffff, 0, 0xffff_ffff] {
        let hash = Word([1, 2, 3, head << 32 | 9]);
        cases.push(Case::new("code", request(hash)));
        cases.push(Case::new("code", request(hash)).slots(&state));
    }
    cases.push(Case::new("code of a user", request(number(1)).from(USER)));
    cases.push(
        Case::new("all", send(b"one"))
            .then(log(true, number(1), number(2)))
            .then(request(Word([0, 0, 0, 0x0100_0005 << 32])))
            .then(send(b"two")),
    );
    cases.extend(publishing());
    let mut suite = Suite::new("L1Messenger", at, cases);
    suite.vary.at_random = 1000;
    suite
}

/// What the operator says of a batch.
#[derive(Clone, Debug)]
struct Batch {
    logs: Vec<[u8; 88]>,
    logs_hash: Word,
    root: Word,
    messages_hash: Word,
    codes_hash: Word,
    rest: Vec<u8>,
}

impl Batch {
    fn new(count: u64) -> Self {
        let log = |number: u64| L2ToL1Log {
            shard_id: 0,
            is_service: true,
            tx_number: number as u16,
            sender: MESSENGER,
            key: Word::from_u64(number),
            value: Word::MAX,
        };
        let logs: Vec<_> = (0..count).map(log).collect();
        let root = LogTree::of(&logs).expect("they are few").root();
        let root = Word::from_be_bytes(&root);
        let logs: Vec<_> = logs.iter().map(L2ToL1Log::encode).collect();
        let chain = |hash: Word, log: &[u8; 88]| {
            keccak(&[hash.to_be_bytes(), keccak(log).to_be_bytes()].concat())
        };
        let logs_hash = logs.iter().fold(Word::ZERO, chain);
        let (messages_hash, codes_hash) = (number(70), number(80));
        Self { logs, logs_hash, root, messages_hash, codes_hash, rest: b"the rest".to_vec() }
    }

    fn pubdata(&self) -> Vec<u8> {
        let count = (self.logs.len() as u32).to_be_bytes();
        [&count[..], &self.logs.concat(), &self.rest].concat()
    }

    fn operator_input(&self) -> Vec<u8> {
        let signature = "validatePubdata(bytes32,bytes32,bytes32,bytes32,bytes)";
        let Self { logs_hash, root, messages_hash, codes_hash, .. } = self;
        let arguments = args![*logs_hash, *root, *messages_hash, *codes_hash, self.pubdata()];
        calldata(signature, arguments)
    }

    /// The state in which it is true.
    fn state(&self) -> [(Address, Word, Word); 4] {
        [
            (MESSENGER, number(0), self.logs_hash),
            (MESSENGER, number(1), number(self.logs.len() as u64)),
            (MESSENGER, number(2), self.messages_hash),
            (MESSENGER, number(3), self.codes_hash),
        ]
    }
}

fn publishing() -> Vec<Case> {
    let signature = "publishPubdataAndClearState(address,bytes)";
    let publish = |validator: Address, input: Vec<u8>| {
        Call::new(MESSENGER, signature, args![validator, input]).from(BOOTLOADER)
    };
    let mut cases = Vec::new();
    for count in [0, 1, 5] {
        let batch = Batch::new(count);
        let call = publish(Address::zero(), batch.operator_input());
        cases.push(Case::new(format!("{count} logs"), call).slots(&batch.state()).unvaried());
    }
    let batch = Batch::new(2);
    let input = batch.operator_input();
    let mut add = |name: &str, input: Vec<u8>| {
        cases.push(
            Case::new(name, publish(Address::zero(), input)).slots(&batch.state()).unvaried(),
        );
    };
    // Where the parts are: selector, four hashes, offset, length, number of logs, logs.
    for end in [
        0,
        3,
        4,
        35,
        36,
        68,
        100,
        131,
        132,
        163,
        164,
        195,
        196,
        199,
        200,
        287,
        375,
        input.len() - 1,
    ] {
        add("cut", input[..end.min(input.len())].to_vec());
    }
    for at in [0, 35, 67, 99, 131, 163, 164, 194, 195, 199, 201, 290] {
        let mut other = input.clone();
        other[at] ^= 1;
        add("other", other);
    }
    for count in [3u32, 16384, 16385, u32::MAX] {
        let mut other = input.clone();
        other[196..200].copy_from_slice(&count.to_be_bytes());
        add("number of logs", other);
    }
    for length in [0u64, 4, 179, 180, 181, u64::MAX] {
        let mut other = input.clone();
        other[164..196].copy_from_slice(&number(length).to_be_bytes());
        add("length", other);
    }
    let nothing = Batch { rest: Vec::new(), ..batch.clone() };
    add("nothing else", nothing.operator_input());
    // Someone who checks it. The first word of the call of the mirror is the selector with the first hash.
    for validator in [MIRROR, NOBODY, NONCE_HOLDER, VALUE_SIMULATOR, BOOTLOADER] {
        let case = Case::new("validator", publish(validator, input.clone()));
        cases.push(case.slots(&batch.state()).unvaried());
    }
    let root = crate::abi::selector("getAggregatedRoot()");
    cases.push(Case::new("aggregated root", Call::raw(above_kernel(5), root)).unvaried());
    let mirrored = mirrored(Mode::Returns, &number(9).to_be_bytes());
    cases.push(Case::new("no batch", publish(Address::zero(), mirrored)).slots(&batch.state()));
    cases
}

fn chunk_publisher() -> Suite {
    const BLOB: usize = 126_976;
    let at = system_address(0x8011);
    let mut cases = Vec::new();
    for length in [0, 1, 31, 100, BLOB - 1, BLOB, BLOB + 1, 2 * BLOB, 6 * BLOB, 6 * BLOB + 1] {
        let pubdata: Vec<u8> = (0..length).map(|at| (at * 3) as u8).collect();
        let call = Call::new(at, "chunkPubdataToBlobs(bytes)", args![pubdata]);
        cases.push(Case::new(format!("{length} bytes"), call));
    }
    Suite::new("PubdataChunkPublisher", at, cases)
}

fn interop_roots() -> Suite {
    let at = above_kernel(8);
    let add = |chain: Word, block: Word, sides: Vec<Word>| {
        Call::new(at, "addInteropRoot(uint256,uint256,bytes32[])", args![chain, block, sides])
            .from(BOOTLOADER)
    };
    let get = |chain: Word, block: Word| {
        Call::new(at, "interopRoots(uint256,uint256)", args![chain, block])
    };
    let slot = mapping_slot(&number(7), &mapping_slot(&number(3), &Word::ZERO));
    let good = add(number(3), number(7), vec![number(9)]);
    let mut cases = vec![
        Case::new("add", good.clone()).then(get(number(3), number(7))),
        Case::new("twice", good.clone()).then(good.clone()),
        Case::new("there", good.clone()).slot(at, slot, number(1)),
        Case::new("no side", add(number(3), number(7), vec![])),
        Case::new("two sides", add(number(3), number(7), vec![number(1), number(2)])),
        Case::new("zero", add(number(3), number(7), vec![Word::ZERO])),
        Case::new("any", add(Word::MAX, Word::MAX, vec![Word::MAX]))
            .then(get(Word::MAX, Word::MAX)),
        Case::new("get", get(number(3), number(7))),
        Case::new("get", get(number(3), number(7))).slot(at, slot, Word::MAX),
        Case::new("a user", good.clone().from(USER)),
    ];
    for word in [number(0), number(0x40), number(0x80), number(0x61), bit(64), Word::MAX] {
        cases.push(Case::new("offset", good.clone().word(2, word)));
    }
    for word in [number(0), number(2), bit(59), bit(64), Word::MAX] {
        cases.push(Case::new("length", good.clone().word(3, word)));
    }
    let far = calldata("addInteropRoot(uint256,uint256,bytes32[])", args![1u64, 2u64, 0u64]);
    cases.push(Case::new("everywhere the same", Call::raw(at, far).from(BOOTLOADER)));
    Suite::new("L2InteropRootStorage", at, cases)
}
