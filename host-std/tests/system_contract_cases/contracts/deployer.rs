//! Deployment, and who asks for it.

use super::*;
use crate::abi::{Value, args, calldata, encode};
use crate::actors::{
    EVM_ACCOUNT, EVM_CONTRACT, EVM_HASH, MIRROR, Mode, NOBODY, evm_code_hash, mirror_hash, mirrored,
};
use crate::case::{Call, Case, USER};
use crate::common::chain::keccak;
use crate::suite::Suite;

pub(super) fn suites() -> Vec<Suite> {
    vec![deployer(), create2_factory(), upgrader(), predeploys()]
}

#[test]
fn contract_deployer_is_as_compiled() {
    deployer().check();
}

#[test]
fn create2_factory_is_as_compiled() {
    create2_factory().check();
}

#[test]
fn complex_upgrader_is_as_compiled() {
    upgrader().check();
}

#[test]
fn evm_predeploys_manager_is_as_compiled() {
    predeploys().check();
}

const FACTORY: Address = primitive_types::H160(*b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0");
const UPGRADER: Address = system_address(0x800f);
const PREDEPLOYS: Address = system_address(0x8014);
const FORCE_DEPLOYER: Address = system_address(0x8007);
const EVM_HASHES: Address = system_address(0x8015);
const SALT: Word = Word([9, 8, 7, 6]);

/// Immutables as a constructor returns them.
fn immutables(values: &[(u64, u64)]) -> Vec<u8> {
    let pair = |(index, value): &(u64, u64)| Value::Tuple(args![*index, *value].to_vec());
    encode(args![values.iter().map(pair).collect::<Vec<_>>()])
}

/// What the constructor is told to do, and whether that is all right.
fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let good = immutables(&[(0, 5), (7, 6)]);
    let mut outside = good.clone();
    outside[31] = 0x21;
    let mut long = good.clone();
    long[63] = 3;
    let mut endless = good.clone();
    endless[32..64].fill(0xff);
    let mut far = good.clone();
    far[..32].fill(0xff);
    let mut sixty_four_bits = good.clone();
    sixty_four_bits[23] = 1;
    vec![
        ("immutables", mirrored(Mode::Returns, &good)),
        ("recording", mirrored(Mode::Records, &good)),
        ("no immutables", mirrored(Mode::Returns, &immutables(&[]))),
        ("more behind them", mirrored(Mode::Returns, &[&good[..], &[1; 40]].concat())),
        ("the same one twice", mirrored(Mode::Returns, &immutables(&[(1, 2), (1, 3)]))),
        ("nothing", mirrored(Mode::Returns, &[])),
        ("a byte", mirrored(Mode::Returns, &[1])),
        ("a word", mirrored(Mode::Returns, &number(0x20).to_be_bytes())),
        ("cut", mirrored(Mode::Returns, &good[..good.len() - 1])),
        ("offset", mirrored(Mode::Returns, &outside)),
        ("length", mirrored(Mode::Returns, &long)),
        ("endless", mirrored(Mode::Returns, &endless)),
        ("far", mirrored(Mode::Returns, &far)),
        ("offset of 65 bits", mirrored(Mode::Returns, &sixty_four_bits)),
        ("revert", mirrored(Mode::Reverts, b"not today")),
        ("revert without data", mirrored(Mode::Reverts, &[])),
        ("panic", mirrored(Mode::Panics, &[])),
        ("no input", vec![]),
    ]
}

/// The address of a contract that was created with a nonce.
fn created(creator: &Address, nonce: u64) -> Address {
    let prefix = keccak(b"zksyncCreate");
    let words = [prefix, Word::from_address(creator), number(nonce)];
    keccak(&words.map(|word| word.to_be_bytes()).concat()).to_address()
}

/// The address that a salt leads to.
fn created_with_salt(creator: &Address, salt: Word, hash: Word, input: &[u8]) -> Address {
    let prefix = keccak(b"zksyncCreate2");
    let words = [prefix, Word::from_address(creator), salt, hash, keccak(input)];
    keccak(&words.map(|word| word.to_be_bytes()).concat()).to_address()
}

fn deployer() -> Suite {
    let mut cases = Vec::new();
    cases.extend(views());
    cases.extend(accounts());
    cases.extend(creations());
    cases.extend(evm_creations());
    cases.extend(forced());
    let mut suite = Suite::new("ContractDeployer", DEPLOYER, cases);
    suite.never_succeed = &["updateNonceOrdering(uint8)"];
    suite.vary.callers = vec![USER, BOOTLOADER, DEPLOYER, EVM_ACCOUNT, FORCE_DEPLOYER, MIRROR];
    suite.vary.at_random = 4000;
    suite
}

fn views() -> Vec<Case> {
    let at = DEPLOYER;
    let info = |account: &Address| of_account(account, 0);
    let mut cases = Vec::new();
    for account in [USER, MIRROR, NOBODY, EVM_ACCOUNT, BOOTLOADER, system_address(0x7777)] {
        for function in ["getAccountInfo(address)", "extendedAccountVersion(address)"] {
            let call = Call::new(at, function, args![account]);
            cases.push(Case::new(function, call.clone()));
            for word in [
                number(1),
                number(0x100),
                number(0x101),
                number(0x1_0000),
                number(2),
                number(0x200),
                Word::MAX,
            ] {
                cases.push(Case::new(function, call.clone()).slot(at, info(&account), word));
            }
        }
    }
    let kinds = Call::new(at, "allowedBytecodeTypesToDeploy()", &[]);
    for word in [number(0), number(1), number(0x101), number(2), Word::MAX] {
        cases.push(Case::new("kinds of code", kinds.clone()).slot(at, number(1), word));
    }
    for nonce in [number(0), number(1), Word::MAX] {
        let call = Call::new(at, "getNewAddressCreate(address,uint256)", args![USER, nonce]);
        cases.push(Case::new("new address", call));
    }
    for length in [0, 1, 32, 200] {
        let signature = "getNewAddressCreate2(address,bytes32,bytes32,bytes)";
        let arguments = args![USER, mirror_hash(), SALT, vec![0x5a; length]];
        cases.push(Case::new("new address with salt", Call::new(at, signature, arguments)));
    }
    cases
}

fn accounts() -> Vec<Case> {
    let at = DEPLOYER;
    let mut cases = Vec::new();
    for version in [number(0), number(1), number(2), number(0x101), Word::MAX] {
        let update =
            Call::new(at, "updateAccountVersion(uint8)", args![version]).with_system_flag();
        let get = Call::new(at, "getAccountInfo(address)", args![USER]);
        let case = Case::new("version", update).then(get);
        cases.push(case.clone());
        cases.push(case.slot(at, of_account(&USER, 0), Word([0x0101, 1, 2, 3])));
        let ordering =
            Call::new(at, "updateNonceOrdering(uint8)", args![version]).with_system_flag();
        cases.push(Case::new("ordering", ordering));
        let signature = "setAllowedBytecodeTypesToDeploy(uint8)";
        let allow = Call::new(at, signature, args![version]);
        for caller in [FORCE_DEPLOYER, UPGRADER, Address::repeat_byte(0xff), USER, BOOTLOADER] {
            let case = Case::new("allow", allow.clone().from(caller));
            let case = case.then(Call::new(at, "allowedBytecodeTypesToDeploy()", &[]));
            cases.push(case.clone());
            cases.push(case.slot(at, number(1), Word([0, 1, 2, 3])));
        }
    }
    cases
}

/// A call of one of the functions that create contracts of EraVM.
fn create(function: &str, hash: Word, input: &[u8], version: Option<u64>) -> Call {
    match version {
        Some(version) => {
            let signature = format!("{function}(bytes32,bytes32,bytes,uint8)");
            Call::new(DEPLOYER, &signature, args![SALT, hash, input, version]).with_system_flag()
        }
        None => {
            let signature = format!("{function}(bytes32,bytes32,bytes)");
            Call::new(DEPLOYER, &signature, args![SALT, hash, input]).with_system_flag()
        }
    }
}

fn creations() -> Vec<Case> {
    let functions = [
        ("create", None),
        ("create2", None),
        ("createAccount", Some(1)),
        ("create2Account", Some(1)),
    ];
    let hash = mirror_hash();
    let with_byte = |at: usize, byte: u8| {
        let mut bytes = hash.to_be_bytes();
        bytes[at] = byte;
        Word::from_be_bytes(&bytes)
    };
    let funds = (BASE_TOKEN, of_account(&DEPLOYER, 0), number(10));
    let mut cases = Vec::new();
    for (function, version) in functions {
        for (name, input) in inputs() {
            for value in [0, 7] {
                let call = create(function, hash, &input, version).value(value);
                let case = Case::new(format!("{function}: {name}"), call);
                cases.push(case.slots(&[funds]));
            }
        }
        let input = mirrored(Mode::Records, &immutables(&[(0, 5)]));
        let good = create(function, hash, &input, version);
        let name = |what: &str| format!("{function}: {what}");
        cases.push(Case::new(name("too much value"), good.clone().value(11)).slots(&[funds]));
        cases.push(Case::new(name("twice"), good.clone()).then(good.clone()));
        let from = good.clone().from(MIRROR);
        cases.push(Case::new(name("a contract"), from));
        let hashes = [
            Word::ZERO,
            with_byte(0, 2),
            with_byte(0, 0),
            with_byte(1, 1),
            with_byte(1, 2),
            with_byte(9, 0x99),
            evm_code_hash().to_word(),
            EVM_HASH,
        ];
        for hash in hashes {
            let call = create(function, hash, &input, version);
            cases.push(Case::new(name("other code"), call.clone()));
            let known = Case::new(name("other known code"), call);
            cases.push(known.slot(KNOWN_CODES, hash, number(1)));
        }
        for version in [0, 1, 2, 0x100].into_iter().filter(|_| version.is_some()) {
            cases.push(Case::new(name("version"), create(function, hash, &input, Some(version))));
        }
        // What is at the address already.
        let new = match function {
            "create" | "createAccount" => created(&USER, 0),
            _ => created_with_salt(&USER, SALT, hash, &input),
        };
        let code = Word::from_address(&new);
        for (slot, value) in [
            ((ACCOUNT_CODES, code), hash),
            ((ACCOUNT_CODES, code), with_byte(1, 1)),
            ((ACCOUNT_CODES, code), EVM_HASH),
            ((ACCOUNT_CODES, code), evm_code_hash().to_word()),
            ((NONCE_HOLDER, of_account(&new, 0)), number(1)),
            ((NONCE_HOLDER, of_account(&new, 0)), bit(128)),
            ((NONCE_HOLDER, of_account(&USER, 0)), bit(128)),
            ((NONCE_HOLDER, of_account(&USER, 0)), Word::MAX),
            ((BASE_TOKEN, of_account(&new, 0)), number(3)),
            ((DEPLOYER, of_account(&new, 0)), Word::MAX),
        ] {
            let case = Case::new(name("not empty"), good.clone().value(2)).slots(&[funds]);
            cases.push(case.slot(slot.0, slot.1, value));
        }
    }
    cases
}

/// Code of the EVM whose run returns the first bytes of what is behind it.
fn init_code(runtime: &[u8]) -> Vec<u8> {
    let length = runtime.len() as u8;
    [&[0x60, length, 0x60, 0x0c, 0x60, 0, 0x39, 0x60, length, 0x60, 0, 0xf3][..], runtime].concat()
}

fn init_codes() -> Vec<Vec<u8>> {
    vec![
        vec![],
        init_code(&[]),
        init_code(&[0x60, 0, 0x60, 0, 0xf3]),
        init_code(&[0x5b; 32]),
        init_code(&[0x5b; 33]),
        init_code(&[0xef, 1]),
        // revert(0, 0), revert(0, 32), invalid, stop, self-destruct.
        vec![0x60, 0, 0x60, 0, 0xfd],
        vec![0x60, 32, 0x60, 0, 0xfd],
        vec![0xfe],
        vec![0x00],
        vec![0x60, 0, 0xff],
        // Stores the value that it got, and returns nothing.
        vec![0x34, 0x60, 0, 0x55],
    ]
}

fn evm_creations() -> Vec<Case> {
    let at = DEPLOYER;
    let kinds = |kind: u64| (at, number(1), number(kind));
    let origin = |address: Address| (SYSTEM_CONTEXT, number(1), Word::from_address(&address));
    let nonce = |nonce: Word| (NONCE_HOLDER, of_account(&USER, 0), nonce);
    let funds = (BASE_TOKEN, of_account(&at, 0), number(10));
    let mut cases = Vec::new();
    for code in init_codes() {
        let plain = Call::new(at, "createEVM(bytes)", args![code.clone()]).with_system_flag();
        let salted = Call::new(at, "create2EVM(bytes32,bytes)", args![SALT, code.clone()])
            .with_system_flag();
        for value in [0, 7, 11] {
            for origin in [origin(USER), origin(NOBODY)] {
                let state = [kinds(1), origin, nonce(number(5)), funds];
                cases.push(Case::new("createEVM", plain.clone().value(value)).slots(&state));
                cases.push(Case::new("create2EVM", salted.clone().value(value)).slots(&state));
            }
        }
        let precreate = |salt: Word, hash: Word| {
            let signature = "precreateEvmAccountFromEmulator(bytes32,bytes32)";
            Call::new(at, signature, args![salt, hash]).from(EVM_ACCOUNT).with_system_flag()
        };
        let from_emulator = |address: Address, code: &[u8]| {
            let signature = "createEvmFromEmulator(address,bytes)";
            Call::new(at, signature, args![address, code]).from(EVM_ACCOUNT).with_system_flag()
        };
        for value in [0, 7] {
            let call = from_emulator(NOBODY, &code).value(value);
            cases.push(Case::new("from the emulator", call).slots(&[kinds(1), funds]));
        }
        for hash in [Word::ZERO, keccak(&code)] {
            let case = Case::new("precreate", precreate(SALT, hash));
            cases.push(case.clone().slots(&[kinds(0)]));
            cases.push(case.slots(&[kinds(1)]));
        }
    }
    let code = init_code(&[0x60, 0, 0x60, 0, 0xf3]);
    let plain = Call::new(at, "createEVM(bytes)", args![code.clone()]).with_system_flag();
    let salted = Call::new(at, "create2EVM(bytes32,bytes)", args![SALT, code]).with_system_flag();
    for state in [
        vec![kinds(0)],
        vec![kinds(1), origin(USER), nonce(Word::ZERO)],
        vec![kinds(1), origin(USER), nonce(number(0x80))],
        vec![kinds(1), origin(USER), nonce(number(0x100))],
        vec![kinds(1), origin(USER), nonce(below(64))],
        vec![kinds(1), origin(USER), nonce(Word::MAX)],
        vec![kinds(1), origin(NOBODY), nonce(Word::MAX)],
        vec![kinds(1), origin(NOBODY), nonce(Word([1, 0, 0x7f, 0]))],
        vec![kinds(1), origin(NOBODY), nonce(Word([1, 0, 0x80, 0]))],
    ] {
        cases.push(Case::new("createEVM", plain.clone()).then(plain.clone()).slots(&state));
        cases.push(Case::new("create2EVM", salted.clone()).then(salted.clone()).slots(&state));
    }
    let endless = args![vec![0x5b, 0x60, 0, 0x56]];
    let endless = Call::new(at, "createEVM(bytes)", endless).with_system_flag().ergs(10_000_000);
    cases.push(Case::new("an endless loop", endless).slots(&[kinds(1)]).unvaried());
    let hash = evm_code_hash().to_word();
    let known = [kinds(1), (KNOWN_CODES, hash, number(1)), (EVM_HASHES, hash, number(4))];
    cases.push(Case::new("known EVM code", salted.clone()).slots(&known));
    cases.push(Case::new("not hashed", salted).slots(&known[..2]));
    cases.push(Case::new("a contract", plain.from(EVM_CONTRACT)).slots(&[kinds(1)]));
    cases
}

/// A forced deployment.
fn deployment(hash: Word, address: Address, constructs: bool, value: Word, input: &[u8]) -> Value {
    Value::Tuple(args![hash, address, constructs, value, input].to_vec())
}

const DEPLOYMENT: &str = "(bytes32,address,bool,uint256,bytes)";

fn forced() -> Vec<Case> {
    let at = DEPLOYER;
    let hash = mirror_hash();
    let evm = evm_code_hash().to_word();
    let many = |deployments: Vec<Value>| {
        Call::new(at, &format!("forceDeployOnAddresses({DEPLOYMENT}[])"), args![deployments])
            .from(FORCE_DEPLOYER)
    };
    let one = |deployment: Value| {
        Call::new(
            at,
            &format!("forceDeployOnAddress({DEPLOYMENT},address)"),
            &[deployment, Value::from(USER)],
        )
        .from(at)
    };
    let funds = [
        (BASE_TOKEN, of_account(&at, 0), number(10)),
        (at, of_account(&NOBODY, 0), Word::MAX),
        (at, number(1), number(1)),
    ];
    let mut cases = Vec::new();
    cases.push(Case::new("none", many(vec![])));
    cases.push(Case::new("none with value", many(vec![]).value(1)));
    for (name, input) in inputs() {
        for constructs in [false, true] {
            for value in [0, 7, 11] {
                let each = deployment(hash, NOBODY, constructs, number(value), &input);
                let value = value.into();
                let call = many(vec![each.clone()]).value(value);
                cases.push(Case::new(format!("forced: {name}"), call).slots(&funds));
                let call = one(each).value(value);
                cases.push(Case::new(format!("forced alone: {name}"), call).slots(&funds));
            }
        }
    }
    let input = mirrored(Mode::Records, &immutables(&[(0, 5)]));
    let unknown = Word([1, 2, 3, 0x0100_0003 << 32]);
    for hash in [Word::ZERO, unknown, EVM_HASH, evm] {
        for constructs in [false, true] {
            for code in [&input[..], &init_code(&[0x5b])] {
                let each = deployment(hash, NOBODY, constructs, Word::ZERO, code);
                let case = Case::new("forced: other code", many(vec![each]));
                cases.push(case.clone());
                cases.push(case.clone().slot(KNOWN_CODES, hash, number(1)));
                let hashed =
                    case.slot(KNOWN_CODES, hash, number(1)).slot(EVM_HASHES, hash, number(4));
                cases.push(hashed.clone());
                cases.push(hashed.slot(NONCE_HOLDER, of_account(&NOBODY, 0), bit(130)));
            }
        }
    }
    let simple = |address: Address, value: Word| {
        deployment(hash, address, true, value, &mirrored(Mode::Returns, &immutables(&[])))
    };
    for (values, value) in [
        ([number(2), number(3)], 5),
        ([number(2), number(3)], 4),
        ([number(5), number(0)], 5),
        ([Word::MAX, number(1)], 0),
        ([number(9), number(9)], 18),
    ] {
        let both = vec![simple(NOBODY, values[0]), simple(Address::repeat_byte(0x44), values[1])];
        cases.push(Case::new("two", many(both).value(value)).slots(&funds));
    }
    let both = vec![simple(NOBODY, Word::ZERO), deployment(unknown, USER, true, Word::ZERO, &[])];
    cases.push(Case::new("the second fails", many(both)));
    cases.push(Case::new("over code", many(vec![simple(MIRROR, Word::ZERO)])));
    for caller in [UPGRADER, PREDEPLOYS, USER, BOOTLOADER, DEPLOYER] {
        let call = many(vec![simple(NOBODY, Word::ZERO)]).from(caller);
        cases.push(Case::new("caller", call));
        cases.push(Case::new("caller", one(simple(NOBODY, Word::ZERO)).from(caller)));
    }
    cases
}

fn create2_factory() -> Suite {
    let input = mirrored(Mode::Records, &immutables(&[(0, 5)]));
    let plain = |hash: Word, input: &[u8]| {
        Call::new(FACTORY, "create2(bytes32,bytes32,bytes)", args![SALT, hash, input])
    };
    let account = |hash: Word, version: u64| {
        let signature = "create2Account(bytes32,bytes32,bytes,uint8)";
        Call::new(FACTORY, signature, args![SALT, hash, input.clone(), version])
    };
    let funds = (BASE_TOKEN, of_account(&FACTORY, 0), number(10));
    let mut cases = vec![
        Case::new("account", account(mirror_hash(), 1)),
        Case::new("no account", account(mirror_hash(), 0)),
        Case::new("no version", account(mirror_hash(), 2)),
        Case::new("no code", plain(Word::ZERO, &input)),
        Case::new("twice", plain(mirror_hash(), &input)).then(plain(mirror_hash(), &input)),
    ];
    for (name, input) in inputs() {
        for value in [0, 7, 11] {
            let call = plain(mirror_hash(), &input).value(value);
            cases.push(Case::new(name, call).slots(&[funds]));
        }
    }
    let call = plain(mirror_hash(), &input);
    cases.push(Case::new("more", call.clone().with(&[1; 33])));
    cases.push(Case::new("unknown", Call::raw(FACTORY, *b"abcd")));
    for other in ["create(bytes32,bytes32,bytes)", "createEVM(bytes)"] {
        cases.push(Case::new(
            "other function",
            Call::raw(FACTORY, calldata(other, args![0u64, 0u64])),
        ));
    }
    Suite::new("Create2Factory", FACTORY, cases)
}

fn upgrader() -> Suite {
    let at = UPGRADER;
    let input = mirrored(Mode::Returns, &immutables(&[]));
    let upgrade = |to: Address, data: &[u8]| {
        Call::new(at, "upgrade(address,bytes)", args![to, data]).from(FORCE_DEPLOYER)
    };
    let deploy_and_upgrade = |deployments: Vec<Value>, to: Address, data: &[u8]| {
        let signature = format!("forceDeployAndUpgrade({DEPLOYMENT}[],address,bytes)");
        Call::new(at, &signature, args![deployments, to, data]).from(FORCE_DEPLOYER)
    };
    let mut cases = Vec::new();
    for mode in [Mode::Returns, Mode::Reverts, Mode::Panics, Mode::Records] {
        for data in [&b""[..], b"what the upgrade says"] {
            let data = mirrored(mode, data);
            cases.push(Case::new(format!("{mode:?}"), upgrade(MIRROR, &data)));
            cases.push(Case::new(format!("{mode:?} with value"), upgrade(MIRROR, &data).value(5)));
        }
    }
    for to in [NOBODY, USER, EVM_CONTRACT, EVM_ACCOUNT, Address::zero(), system_address(1)] {
        cases.push(Case::new("to others", upgrade(to, &[])));
    }
    let one = |address: Address, value: u64| {
        deployment(mirror_hash(), address, true, number(value), &input)
    };
    let data = mirrored(Mode::Records, b"upgrade");
    cases.push(Case::new("deploy nothing", deploy_and_upgrade(vec![], MIRROR, &data)));
    let both = vec![one(NOBODY, 0), one(Address::repeat_byte(0x44), 0)];
    cases.push(Case::new("deploy and call it", deploy_and_upgrade(both, NOBODY, &data)));
    cases.push(Case::new("value", deploy_and_upgrade(vec![one(NOBODY, 3)], NOBODY, &data)));
    cases
        .push(Case::new("value", deploy_and_upgrade(vec![one(NOBODY, 3)], NOBODY, &data).value(3)));
    let unknown = deployment(number(5), NOBODY, true, Word::ZERO, &[]);
    cases.push(Case::new("what fails", deploy_and_upgrade(vec![unknown], MIRROR, &data)));
    let reverting = mirrored(Mode::Reverts, b"no");
    cases.push(Case::new(
        "upgrade fails",
        deploy_and_upgrade(vec![one(NOBODY, 0)], MIRROR, &reverting),
    ));
    for caller in [USER, BOOTLOADER, DEPLOYER, UPGRADER] {
        cases.push(Case::new("caller", upgrade(MIRROR, &data).from(caller)));
        let call = deploy_and_upgrade(vec![], MIRROR, &data).from(caller);
        cases.push(Case::new("caller", call));
    }
    Suite::new("ComplexUpgrader", at, cases)
}

fn predeploys() -> Suite {
    let at = PREDEPLOYS;
    let proxy = address("4e59b44847b379578588920cA78FbF26c0B4956C");
    let safe = address("914d7Fec6aaC8cd542e72Bca78B30650d45643d7");
    let zoltu = address("7A0D94F55792C434d74a40883C6ed8545E406D12");
    let others = [
        "13b0D85CcB8bf860b6b79AF3029fCA081AE9beF2",
        "ce0042B868300000d44A59004Da54A005ffdcf9f",
        "cA11bde05977b3631167028862bE2a173976CA11",
        "1B926fBB24A9F78DCDd3272f2d86F5D0660E59c0",
        "ba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed",
        "12302fE9c02ff50939BaAaaf415fc226C078613C",
        "b6029EA3B2c51D09a50B53CA8012FeEB05bDa35A",
        "76E2cFc1F5Fa8F6a5b3fC4c8F4788F0116861F9B",
        "34CfAC646f301356fAa8B21e94227e3583Fe3F5F",
        "6851D6fDFAfD08c0295C392436245E5bc78B0185",
    ];
    let deploy = |to: Address, input: &[u8]| {
        Call::new(at, "deployPredeployedContract(address,bytes)", args![to, input])
    };
    let bytes = |digits: &str| eravm_host::decode_hex(digits).expect("they are digits");
    // The deterministic deployment proxy, which is the factory of Safe too, and Zoltu's.
    let arachnid = bytes(
        "604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3",
    );
    let zoltus = bytes(
        "601f80600e600039806000f350fe60003681823780368234f58015156014578182fd5b80825250506014600cf3",
    );
    let mut cases = Vec::new();
    for to in [proxy, safe] {
        let good = deploy(to, &arachnid);
        cases.push(Case::new("deploy", good.clone()));
        cases.push(Case::new("twice", good.clone()).then(good.clone()));
        cases.push(Case::new("with value", good.clone().value(1)));
        cases.push(Case::new("no EVM", good.clone()).slot(DEPLOYER, number(1), Word::ZERO));
        cases.push(Case::new("nonce", good.clone()).slot(
            NONCE_HOLDER,
            of_account(&to, 0),
            bit(128),
        ));
        let other = Case::new("other code", good);
        cases.push(other.slot(ACCOUNT_CODES, Word::from_address(&to), mirror_hash()));
    }
    cases.push(Case::new("zoltu", deploy(zoltu, &zoltus)));
    cases.push(Case::new("mixed up", deploy(zoltu, &arachnid)));
    cases.push(Case::new("nothing", deploy(proxy, &[])));
    cases.push(Case::new("nobody", deploy(NOBODY, &arachnid)));
    for other in others {
        cases.push(Case::new("others", deploy(address(other), &arachnid)));
    }
    Suite::new("EvmPredeploysManager", at, cases)
}

/// An address in hexadecimal digits.
fn address(digits: &str) -> Address {
    eravm_host::parse_address(&format!("0x{digits}")).expect("it is an address")
}
