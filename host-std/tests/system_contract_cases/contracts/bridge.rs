//! What of the bridge the system has: the root over chains that settle here, and the upgrade that new chains begin with.

use super::*;
use crate::abi::{Value, args, calldata, encode};
use crate::actors::{
    BRIDGE, DELEGATOR, MIRROR, NOBODY, PROXY_HASH, bridge_hash, mirror_hash, relayed,
};
use crate::case::{Call, Case};
use crate::common::chain::keccak;
use crate::suite::Suite;

pub(super) fn suites() -> Vec<Suite> {
    vec![message_root(), genesis_upgrade(), sload_contract()]
}

#[test]
fn message_root_is_as_compiled() {
    message_root().check();
}

#[test]
fn l2_genesis_upgrade_is_as_compiled() {
    genesis_upgrade().check();
}

#[test]
fn sload_contract_is_as_compiled() {
    sload_contract().check();
}

const FORCE_DEPLOYER: Address = system_address(0x8007);
const UPGRADER: Address = system_address(0x800f);

fn message_root() -> Suite {
    let at = above_kernel(5);
    let root = Call::new(at, "getAggregatedRoot()", &[]);
    let first = |slot: Word| keccak(&slot.to_be_bytes());
    let mut cases = vec![Case::new("no chains", root.clone())];
    // One row with one root.
    let row = first(number(6));
    let tree = |count: u64, height: u64, rows: u64, roots: u64| {
        let next_row = Word([row.0[0].wrapping_add(height), row.0[1], row.0[2], row.0[3]]);
        Case::new("chains", root.clone()).slots(&[
            (at, number(1), number(count)),
            (at, number(4), number(height)),
            (at, number(6), number(rows)),
            (at, next_row, number(roots)),
            (at, first(next_row), number(77)),
        ])
    };
    for (count, height, rows, roots) in
        [(1, 0, 1, 1), (1, 2, 3, 1), (1, 2, 2, 1), (1, 0, 1, 0), (0, 0, 1, 1), (5, 1, 2, 9)]
    {
        cases.push(tree(count, height, rows, roots));
    }
    for function in ["chainCount()", "sharedTree()", "BRIDGE_HUB()"] {
        let call = Call::new(at, function, &[]);
        cases.push(Case::new(function, call.clone()));
        let slots = (0..10).map(|slot| (at, number(slot), number(slot + 100)));
        cases.push(Case::new(function, call).slots(&slots.collect::<Vec<_>>()));
    }
    for (function, slot) in [
        ("chainIndex(uint256)", 2),
        ("chainIndexToId(uint256)", 3),
        ("historicalRoot(uint256)", 9),
        ("chainRegistered(uint256)", 2),
        ("getChainRoot(uint256)", 2),
    ] {
        for key in [number(0), number(5), number(270), Word::MAX] {
            let call = Call::new(at, function, args![key]);
            cases.push(Case::new(function, call.clone()));
            for value in [number(0), number(1), Word::MAX] {
                let slot = mapping_slot(&key, &number(slot));
                cases.push(Case::new(function, call.clone()).slot(at, slot, value));
            }
        }
    }
    for (chain, registered) in [(270, 0), (5, 1), (5, 0)] {
        let tree = mapping_slot(&number(chain), &number(8));
        let levels = Word([tree.0[0].wrapping_add(1), tree.0[1], tree.0[2], tree.0[3]]);
        for count in [0, 1, 2] {
            let mut last = first(levels);
            last.0[0] = last.0[0].wrapping_add(count).wrapping_sub(1);
            let call = Call::new(at, "getChainRoot(uint256)", args![chain]);
            let case = Case::new("root of a chain", call).slots(&[
                (at, mapping_slot(&number(chain), &number(2)), number(registered)),
                (at, levels, number(count)),
                (at, last, number(88)),
            ]);
            cases.push(case);
        }
    }
    let hub = mapping_slot(&Word::ZERO, &of_account(&at, 0));
    for word in [number(7), Word::MAX] {
        let case = Case::new("bridgehub", Call::new(at, "BRIDGE_HUB()", &[]));
        cases.push(case.slot(system_address(0x8005), hub, word));
    }
    // The embedded system has no bridge: nobody may do these.
    let left_out = &[
        "addChainBatchRoot(uint256,uint256,bytes32)",
        "addNewChain(uint256)",
        "initialize()",
        "updateFullTree()",
    ];
    Suite { left_out, ..Suite::new("MessageRoot", at, cases) }
}

fn sload_contract() -> Suite {
    let at = above_kernel(6);
    let call = Call::new(at, "sload(bytes32)", args![5u64]);
    let cases = vec![
        Case::new("nothing there", call.clone()),
        Case::new("something", call.clone()).slot(at, number(5), Word::MAX),
        Case::new("for another", Call::raw(DELEGATOR, relayed(at, &call.calldata))).slot(
            DELEGATOR,
            number(5),
            number(9),
        ),
    ];
    Suite::new("SloadContract", at, cases)
}

/// What all chains have in common.
#[derive(Clone, Debug)]
struct Common(Vec<Word>);

impl Common {
    fn new() -> Self {
        let mut words: Vec<_> = (0..14).map(|at| number(0x1000 + at)).collect();
        words[6..11].fill(bridge_hash());
        words[13] = Word::ZERO;
        Self(words)
    }

    fn with(mut self, index: usize, word: Word) -> Self {
        self.0[index] = word;
        self
    }

    fn encoded(&self) -> Vec<u8> {
        self.0.iter().flat_map(Word::to_be_bytes).collect()
    }
}

/// What a chain has of its own: asset, older bridge, wrapped token, token on L1, name, symbol.
fn own(words: [Word; 4], name: &str, symbol: &str) -> Vec<u8> {
    let [asset, bridge, wrapped, on_l1] = words;
    encode(&[Value::Tuple(args![asset, bridge, wrapped, on_l1, name, symbol].to_vec())])
}

fn genesis_upgrade() -> Suite {
    let at = above_kernel(1);
    let signature = "genesisUpgrade(uint256,address,bytes,bytes)";
    let upgrade = |chain: Word, common: Vec<u8>, own: Vec<u8>| {
        calldata(signature, args![chain, NOBODY, common, own])
    };
    let run = |data: Vec<u8>| {
        Call::new(UPGRADER, "upgrade(address,bytes)", args![at, data]).from(FORCE_DEPLOYER)
    };
    let wrapped = Word::from_address(&MIRROR);
    let simple = own([number(1), Word::ZERO, wrapped, number(4)], "Ether", "ETH");
    let owner = (above_kernel(2), Word::ZERO, Word::from_address(&Address::repeat_byte(0x31)));
    let good = upgrade(number(555), Common::new().encoded(), simple.clone());
    let mut cases = vec![
        Case::new("upgrade", run(good.clone())).slots(&[owner]),
        Case::new("no owner", run(good.clone())),
        Case::new("no address", run(good.clone())).slot(owner.0, owner.1, bit(160)),
        Case::new("value", run(good.clone()).value(5)).slots(&[owner]),
        Case::new("directly", Call::raw(at, good.clone()).from(FORCE_DEPLOYER)),
        Case::new("directly by the upgrader", Call::raw(at, good.clone()).from(UPGRADER)),
        Case::new("no chain", run(upgrade(Word::ZERO, Common::new().encoded(), simple.clone()))),
        Case::new("no chain, directly", Call::raw(at, upgrade(Word::ZERO, vec![], vec![]))),
        Case::new("nothing", Call::raw(at, [])),
        Case::new("only code that nobody knows", run(good.clone())).slot(
            KNOWN_CODES,
            bridge_hash(),
            Word::ZERO,
        ),
    ];
    let mut add = |name: &str, common: Vec<u8>, own: Vec<u8>| {
        let case = Case::new(name, run(upgrade(number(555), common, own))).slots(&[owner]);
        cases.push(case.slot(KNOWN_CODES, PROXY_HASH, Word::ONE));
    };
    for (name, symbol) in
        [("Ether", "ETH"), ("", ""), ("a name that is longer than a word has bytes", "SYM")]
    {
        let own = own([number(1), Word::ZERO, Word::ZERO, number(4)], name, symbol);
        add("a new wrapped token", Common::new().encoded(), own);
    }
    for bridge in [BRIDGE, NOBODY, MIRROR] {
        for beacon in [Word::ZERO, number(0xbeac)] {
            let own = own([number(1), Word::from_address(&bridge), wrapped, number(4)], "E", "E");
            add("an older bridge", Common::new().with(13, beacon).encoded(), own);
        }
    }
    for index in 0..14 {
        add("high bits", Common::new().with(index, Word::MAX).encoded(), simple.clone());
        add("other words", Common::new().with(index, mirror_hash()).encoded(), simple.clone());
    }
    let common = Common::new().encoded();
    for end in [0, 32, common.len() - 1] {
        add("cut", common[..end].to_vec(), simple.clone());
    }
    add("more", [&common[..], &[1; 40]].concat(), simple.clone());
    for end in [0, 31, 32, 64, 223, 224, 255, 256, 287, 288, simple.len() - 1] {
        add("cut texts", common.clone(), simple[..end.min(simple.len())].to_vec());
    }
    for index in 0..simple.len() / 32 {
        for word in [
            number(0),
            number(1),
            number(0x20),
            number(0x100),
            bit(63),
            below(64),
            bit(64),
            Word::MAX,
        ] {
            let mut other = simple.clone();
            other[32 * index..32 * index + 32].copy_from_slice(&word.to_be_bytes());
            add("other texts", common.clone(), other);
        }
    }
    let mut suite = Suite::new("L2GenesisUpgrade", at, cases);
    // By itself it has no rights.
    suite.never_succeed = &["genesisUpgrade(uint256,address,bytes,bytes)"];
    suite.vary.callers = vec![FORCE_DEPLOYER, UPGRADER, NOBODY];
    suite.vary.at_random = 1500;
    suite
}
