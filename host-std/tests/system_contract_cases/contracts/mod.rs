//! The cases, by what the contracts are about.

mod accounts;
mod base_token;
mod bridge;
mod codes;
mod context;
mod default_account;
mod deployer;
mod event_writer;
mod evm;
mod evm_gas;
mod messenger;
mod places;
mod precompiles;
mod utilities;

use crate::common::chain::mapping_slot;
use crate::suite::Suite;
use eravm_core::{Address, Word, system_address};
use eravm_host::embedded::NativeContract;

/// Suites of all contracts.
pub(crate) fn suites() -> Vec<Suite> {
    let mut all = Vec::new();
    all.extend(accounts::suites());
    all.extend(base_token::suites());
    all.extend(places::suites());
    all.extend(precompiles::suites());
    all.extend(codes::suites());
    all.extend(messenger::suites());
    all.extend(deployer::suites());
    all.extend(bridge::suites());
    all.push(default_account::suite());
    all.push(event_writer::suite());
    all.push(context::suite());
    all.push(utilities::suite());
    all.push(evm::suite());
    all.push(evm_gas::suite());
    all
}

/// Contracts without cases, and why.
const WITHOUT_CASES: [(&str, &str); 5] = [
    ("Bootloader", "it is never called; batches are compared elsewhere"),
    ("BootloaderImpersonating", "as `Bootloader`"),
    ("BootloaderPlayground", "as `Bootloader`"),
    ("BootloaderFeeEstimate", "as `Bootloader`"),
    ("BootloaderFeeEstimateImpersonating", "as `Bootloader`"),
];

#[test]
fn every_native_contract_has_cases() {
    let suites = suites();
    for contract in NativeContract::ALL {
        let name = contract.name();
        let is_exempt = WITHOUT_CASES.iter().any(|(exempt, _)| *exempt == name);
        let suite = suites.iter().find(|suite| suite.name == name);
        assert!(is_exempt != suite.is_some(), "{name}");
        let Some(suite) = suite else { continue };
        for address in contract.addresses() {
            assert!(suite.addresses.contains(&address), "{name} at {address:?}");
        }
    }
}

/// A number as a word.
const fn number(number: u64) -> Word {
    Word::from_u64(number)
}

/// A number to the power of two.
fn bit(at: usize) -> Word {
    let mut word = Word::ZERO;
    word.0[at / 64] = 1 << (at % 64);
    word
}

/// All bits below.
fn below(bits: usize) -> Word {
    let mut word = Word::ZERO;
    (0..bits).for_each(|at| word.0[at / 64] |= 1 << (at % 64));
    word
}

/// The slot of an account in the mapping at a slot.
fn of_account(account: &Address, slot: u64) -> Word {
    mapping_slot(&Word::from_address(account), &number(slot))
}

/// An address behind kernel space.
fn above_kernel(at: u64) -> Address {
    number(0x10000 + at).to_address()
}

const BOOTLOADER: Address = system_address(0x8001);
const ACCOUNT_CODES: Address = system_address(0x8002);
const NONCE_HOLDER: Address = system_address(0x8003);
const DEPLOYER: Address = system_address(0x8006);
const KNOWN_CODES: Address = system_address(0x8004);
const SYSTEM_CONTEXT: Address = system_address(0x800b);
const BASE_TOKEN: Address = system_address(0x800a);
const VALUE_SIMULATOR: Address = system_address(0x8009);
