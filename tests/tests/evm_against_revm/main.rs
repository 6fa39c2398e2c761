//! Generated programs and compiled contracts, on our frames and on revm, which has frames, calls, state and gas of its own: what revm
//! makes of a transaction becomes a state test, which is then run.
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]

mod filler;

use eravm_core::{Address, Word};
use eravm_host::evm::Fork;
use eravm_host::evm::state_tests::{StateTestOptions, run_state_tests};
use eravm_tests::evm_program::{Surroundings, program};
use eravm_tests::random::Random;
use eravm_tests::solidity::Contracts;
use filler::{Account, Scene};

/// Groups of programs.
const GROUPS: u64 = 2000;

fn check(scene: &Scene, what: &str) -> filler::Filled {
    let filled = scene.fill();
    let options = StateTestOptions::default();
    let report = run_state_tests(filled.json.to_string().as_bytes(), &options);
    let report = report.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(report.failed.is_empty(), "{what}: {:?}\n{:02x?}", report.failed, scene);
    assert_eq!(report.passed, 1, "{what}");
    filled
}

#[test]
fn generated_programs_do_the_same_on_revm() {
    let number = |number: u64| Word::from_u64(number).to_address();
    let around = Surroundings {
        contracts: (0..4).map(|index| Address::repeat_byte(0xc0 + index)).collect(),
        accounts: vec![Address::repeat_byte(0xa0), Address::repeat_byte(0xa1), number(0)],
        last_precompile: 10,
    };
    let (mut succeeded, mut gas) = (0, 0);
    for seed in 0..GROUPS {
        let mut random = Random::new(seed ^ 0x0e7e);
        let contracts = around.contracts.iter().map(|address| Account {
            address: *address,
            balance: 1000,
            code: program(&mut random, &around),
            storage: vec![(1, 1), (2, 2)],
        });
        let mut accounts: Vec<_> = contracts.collect();
        let rich = Account { address: around.accounts[0], balance: 5, ..Account::default() };
        accounts.push(rich);
        let scene = Scene {
            accounts,
            fork: if random.one_in(8) { Fork::Shanghai } else { Fork::Cancun },
            to: around.contracts[0],
            value: random.below(20),
            data: (0..random.below(100)).map(|_| random.bits() as u8).collect(),
            gas_limit: 200_000 + random.below(600_000),
        };
        let filled = check(&scene, &format!("seed {seed}"));
        succeeded += u64::from(filled.succeeded);
        gas += filled.gas_used;
    }
    assert!(succeeded > GROUPS / 4, "{succeeded} of {GROUPS} succeeded");
    assert!(gas / GROUPS > 60_000, "{} gas each", gas / GROUPS);
}

#[test]
fn compiled_contracts_do_the_same_on_revm() {
    let contracts = Contracts::load();
    let scenario = contracts.get("Scenario");
    let address = Address::repeat_byte(0xc0);
    for (what, data, gas_limit) in scenario.calls() {
        let account = Account {
            address,
            balance: 1000,
            code: scenario.runtime.clone(),
            ..Account::default()
        };
        let scene = Scene {
            accounts: vec![account],
            fork: Fork::Cancun,
            to: address,
            value: 0,
            data,
            gas_limit,
        };
        assert!(check(&scene, what).succeeded, "{what}");
    }
}
