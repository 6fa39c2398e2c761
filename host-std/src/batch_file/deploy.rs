//! Deployments of EraVM code: calls of `ContractDeployer`.

use super::account::Account;
use super::format::{Deployment, Request};
use super::value::Bytes;
use crate::system_contracts::addresses::CONTRACT_DEPLOYER;
use eravm_core::{VersionedHash, Word};

/// Selectors of `create(bytes32,bytes32,bytes)` and `create2(…)`, and of the same with a version of account abstraction
/// (`createAccount(bytes32,bytes32,bytes,uint8)`, `create2Account(…)`).
const CREATE: [u8; 4] = [0x9c, 0x4d, 0x53, 0x5b];
const CREATE2: [u8; 4] = [0x3c, 0xda, 0x33, 0x51];
const CREATE_ACCOUNT: [u8; 4] = [0xec, 0xf9, 0x5b, 0x8a];
const CREATE2_ACCOUNT: [u8; 4] = [0x5d, 0x38, 0x27, 0x00];
/// The only version of account abstraction.
const ACCOUNT_VERSION: u64 = 1;

/// Makes a request a call of the deployer: `create` without a salt, `create2` with one.
pub(super) fn fill_in(request: &mut Request, deployment: &Deployment, hash: VersionedHash) {
    request.to = Some(Account::Address(CONTRACT_DEPLOYER));
    request.data = Some(Bytes(calldata(deployment, hash)));
}

fn calldata(deployment: &Deployment, hash: VersionedHash) -> Vec<u8> {
    let selector = match (deployment.salt.is_some(), deployment.is_account) {
        (false, false) => CREATE,
        (true, false) => CREATE2,
        (false, true) => CREATE_ACCOUNT,
        (true, true) => CREATE2_ACCOUNT,
    };
    let input = &deployment.constructor.0;
    let head: u64 = if deployment.is_account { 4 } else { 3 };
    let mut words =
        vec![deployment.salt.unwrap_or_default().0, hash.to_word(), Word::from_u64(head * 32)];
    if deployment.is_account {
        words.push(Word::from_u64(ACCOUNT_VERSION));
    }
    words.push(Word::from_u64(input.len() as u64));
    let mut data = selector.to_vec();
    data.extend(words.iter().flat_map(Word::to_be_bytes));
    data.extend(input);
    // The byte string fills whole words.
    data.resize(data.len() + (input.len().next_multiple_of(32) - input.len()), 0);
    data
}

#[cfg(test)]
mod tests {
    use super::super::value::Amount;
    use super::*;
    use crate::pubdata::keccak;

    #[test]
    fn selectors_are_those_of_the_deployer() {
        let functions = [
            (CREATE, "create(bytes32,bytes32,bytes)"),
            (CREATE2, "create2(bytes32,bytes32,bytes)"),
            (CREATE_ACCOUNT, "createAccount(bytes32,bytes32,bytes,uint8)"),
            (CREATE2_ACCOUNT, "create2Account(bytes32,bytes32,bytes,uint8)"),
        ];
        for (selector, function) in functions {
            assert_eq!(keccak(&[function.as_bytes()])[..4], selector, "{function}");
        }
    }

    #[test]
    fn arguments_fill_whole_words() {
        let deployment = Deployment {
            code: String::new(),
            constructor: Bytes(vec![7; 33]),
            salt: Some(Amount(Word::from_u64(5))),
            is_account: true,
        };
        let data = calldata(&deployment, VersionedHash([1; 32]));
        assert_eq!(data[..4], CREATE2_ACCOUNT);
        assert_eq!(data.len(), 4 + 5 * 32 + 64);
        assert_eq!((data[4 + 31], data[4 + 2 * 32 + 31], data[4 + 4 * 32 + 31]), (5, 128, 33));
    }
}
