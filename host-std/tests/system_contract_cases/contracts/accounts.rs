//! What accounts have: code and nonces.

use super::*;
use crate::abi::args;
use crate::actors::{
    CONSTRUCTING, EVM_ACCOUNT, EVM_CONSTRUCTING, EVM_HASH, MIRROR, NOBODY, mirror_hash,
};
use crate::case::{Call, Case, USER};
use crate::suite::Suite;

pub(super) fn suites() -> Vec<Suite> {
    vec![account_code_storage(), nonce_holder()]
}

#[test]
fn account_code_storage_is_as_compiled() {
    account_code_storage().check();
}

#[test]
fn nonce_holder_is_as_compiled() {
    nonce_holder().check();
}

fn account_code_storage() -> Suite {
    let at = ACCOUNT_CODES;
    let hashes = system_address(0x8015);
    let mut cases = Vec::new();
    let store = |constructing: bool, account: Address, hash: Word| {
        let signature = match constructing {
            true => "storeAccountConstructingCodeHash(address,bytes32)",
            false => "storeAccountConstructedCodeHash(address,bytes32)",
        };
        Call::new(at, signature, args![account, hash]).from(DEPLOYER)
    };
    let mut being_constructed = mirror_hash();
    being_constructed.0[3] |= 1 << 48;
    let mut neither = mirror_hash();
    neither.0[3] |= 2 << 48;
    for (name, hash) in [
        ("constructed", mirror_hash()),
        ("constructing", being_constructed),
        ("neither", neither),
        ("zero", Word::ZERO),
    ] {
        cases.push(Case::new(format!("store {name} as constructed"), store(false, NOBODY, hash)));
        cases.push(Case::new(format!("store {name} as constructing"), store(true, NOBODY, hash)));
    }
    let mark = |account: Address| {
        Call::new(at, "markAccountCodeHashAsConstructed(address)", args![account]).from(DEPLOYER)
    };
    cases.push(Case::new("mark what is constructing", mark(CONSTRUCTING)));
    cases.push(Case::new("mark EVM code that is constructing", mark(EVM_CONSTRUCTING)));
    cases.push(Case::new("mark what is constructed", mark(MIRROR)));
    cases.push(Case::new("mark nobody", mark(NOBODY)));
    let raw = |account: Address| Call::new(at, "getRawCodeHash(address)", args![account]);
    cases.push(
        Case::new("construct", store(true, NOBODY, being_constructed))
            .then(mark(NOBODY))
            .then(raw(NOBODY)),
    );
    let accounts = [MIRROR, NOBODY, CONSTRUCTING, EVM_ACCOUNT, EVM_CONSTRUCTING];
    for account in accounts {
        cases.push(Case::new("raw hash", raw(account)));
        let evm = Call::new(at, "isAccountEVM(address)", args![account]);
        cases.push(Case::new("is EVM", evm));
    }
    let numbers = accounts.iter().map(Word::from_address).chain([
        Word::ZERO,
        number(1),
        number(0xff),
        number(0x100),
        number(0x8007),
        Word::MAX,
    ]);
    for account in numbers {
        let high = Word([account.0[0], account.0[1], account.0[2] | 1 << 33, 1 << 60]);
        for account in [account, high] {
            let hash = Call::new(at, "getCodeHash(uint256)", args![account]);
            // The precompile at 0x100 has code.
            if account.0[0] != 0x100 {
                cases.push(Case::new("hash", hash));
                cases
                    .push(Case::new("size", Call::new(at, "getCodeSize(uint256)", args![account])));
            }
        }
    }
    let hash = |account: Address| {
        Call::new(at, "getCodeHash(uint256)", args![Word::from_address(&account)])
    };
    let used = Case::new("hash of an account that was used", hash(NOBODY));
    cases.push(used.clone().slot(NONCE_HOLDER, of_account(&NOBODY, 0), number(1)));
    cases.push(used.slot(NONCE_HOLDER, of_account(&NOBODY, 0), bit(128)));
    let evm = Case::new("hash of EVM code", hash(EVM_ACCOUNT));
    cases.push(evm.slot(hashes, EVM_HASH, number(77)));
    let odd = Case::new("size of EVM code", Call::new(at, "getCodeSize(uint256)", args![NOBODY]));
    let mut long = EVM_HASH;
    long.0[3] |= 0xffff << 32;
    cases.push(odd.clone().slot(at, Word::from_address(&NOBODY), long));
    cases.push(odd.slot(at, Word::from_address(&NOBODY), neither));
    let mut suite = Suite::new("AccountCodeStorage", at, cases);
    // Hashes of the system's own code are not the same.
    suite.vary.is_fair = |case| {
        let is_fair = |call: &Call| {
            let behind = if call.to == ACCOUNT_CODES { 4 } else { 36 };
            let account =
                call.calldata.get(behind..behind + 32).and_then(|word| word.first_chunk());
            let account = account.map_or(Word::ZERO, Word::from_be_bytes).to_address();
            account.0[..17].iter().any(|byte| *byte != 0) || account == system_address(0x8007)
        };
        case.calls.iter().all(is_fair)
    };
    suite
}

fn nonce_holder() -> Suite {
    let at = NONCE_HOLDER;
    let raw = |nonce: Word| (at, of_account(&USER, 0), nonce);
    let key = |key: Word| mapping_slot(&key, &of_account(&USER, 2));
    let used = |nonce: Word| mapping_slot(&nonce, &of_account(&USER, 1));
    let mut both = number(7);
    both.0[2] = 3;
    let mut cases = Vec::new();
    for name in ["getMinNonce", "getRawNonce", "getDeploymentNonce"] {
        let call = Call::new(at, &format!("{name}(address)"), args![USER]);
        for nonce in [Word::ZERO, both, Word::MAX] {
            cases.push(Case::new(name, call.clone()).slots(&[raw(nonce)]));
        }
    }
    for (name, of) in [("none", 0u64), ("a key", 5)] {
        let call = Call::new(at, "getKeyedNonce(address,uint192)", args![USER, of]);
        let case = Case::new(format!("keyed nonce of {name}"), call);
        cases.push(case.clone());
        cases.push(case.slots(&[raw(both), (at, key(number(of)), number(9))]));
    }
    let widest = Call::new(at, "getKeyedNonce(address,uint192)", args![USER, below(192)]);
    cases.push(Case::new("keyed nonce of the highest key", widest.clone()));
    cases.push(Case::new("keyed nonce", widest).slot(at, key(below(192)), below(64)));

    let increase =
        |by: Word| Call::new(at, "increaseMinNonce(uint256)", args![by]).with_system_flag();
    for by in [number(0), number(1), number(1 << 32), number((1 << 32) + 1), Word::MAX] {
        for nonce in [Word::ZERO, both, below(64), below(63), bit(64), below(128), Word::MAX] {
            cases.push(Case::new("increase", increase(by)).slots(&[raw(nonce)]));
        }
    }
    let nearly = Word::from_u64(u64::MAX - 5);
    for by in [4, 5, 6] {
        cases.push(Case::new("increase to the end", increase(number(by))).slots(&[raw(nearly)]));
    }
    cases.push(Case::new("increase without the flag", increase(number(1)).from(MIRROR)));

    let if_equals = |nonce: Word| {
        Call::new(at, "incrementMinNonceIfEquals(uint256)", args![nonce]).with_system_flag()
    };
    for expected in [number(0), number(7), number(8), below(64), bit(64), Word::MAX] {
        for nonce in [Word::ZERO, both, below(64), bit(64), Word::MAX] {
            let case = Case::new("increment if equal", if_equals(expected));
            cases.push(case.slots(&[raw(nonce)]));
        }
    }
    cases.push(Case::new("twice", if_equals(number(0))).then(if_equals(number(0))));
    cases.push(Case::new("and again", if_equals(number(0))).then(if_equals(number(1))));

    let with_key = |key: u64, value: u64| {
        let nonce = Word([value, key, 0, 0]);
        Call::new(at, "incrementMinNonceIfEqualsKeyed(uint256)", args![nonce]).with_system_flag()
    };
    for (of, value, stored) in [
        (0, 0, 0),
        (1, 0, 0),
        (1, 1, 0),
        (1, 0, 1),
        (1, 5, 5),
        (1, u64::MAX, u64::MAX),
        (u64::MAX, 3, 3),
    ] {
        let case = Case::new("increment with key", with_key(of, value));
        cases.push(case.slot(at, key(number(of)), number(stored)));
    }
    let crowded = Word([5, 9, 9, 9]);
    cases.push(Case::new("a slot with more", with_key(1, 5)).slot(at, key(number(1)), crowded));
    cases.push(Case::new("one after the other", with_key(1, 0)).then(with_key(1, 1)));

    let deployment = |account: Address| {
        Call::new(at, "incrementDeploymentNonce(address)", args![account]).from(DEPLOYER)
    };
    for nonce in [Word::ZERO, both, Word::MAX, bit(128), below(128)] {
        cases.push(Case::new("deployment", deployment(USER)).slots(&[raw(nonce)]));
    }
    cases.push(Case::new("two deployments", deployment(USER)).then(deployment(USER)));
    cases.push(Case::new("deployment from a user", deployment(USER).from(USER)));

    let nonces =
        [number(0), number(6), number(7), below(64), Word([4, 1, 0, 0]), Word([5, 1, 0, 0])];
    for nonce in nonces {
        let state = [raw(both), (at, key(number(1)), number(5))];
        let is_used = Call::new(at, "isNonceUsed(address,uint256)", args![USER, nonce]);
        cases.push(Case::new("is used", is_used.clone()).slots(&state));
        cases.push(Case::new("was used alone", is_used).slots(&state).slot(
            at,
            used(nonce),
            number(1),
        ));
        for should in [false, true] {
            let signature = "validateNonceUsage(address,uint256,bool)";
            let call = Call::new(at, signature, args![USER, nonce, should]);
            cases.push(Case::new("validate", call).slots(&state));
        }
    }
    cases.push(Case::new("unknown function", Call::new(at, "nothing()", &[])));
    Suite::new("NonceHolder", at, cases)
}
