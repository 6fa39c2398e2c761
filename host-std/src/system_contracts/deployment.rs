//! Deployments of EraVM code, as users ask `ContractDeployer` for them.

use crate::embedded::solidity::{Encoder, Selector, selector};
use crate::keccak::keccak_word;
use eravm_core::{Address, VersionedHash, Word};

/// The only version of account abstraction.
const ACCOUNT_VERSION: u64 = 1;

/// What the address of a contract with a salt is a hash of, beside what it says: keccak256 of the function's name.
const CREATE2_PREFIX: &[u8] = b"zksyncCreate2";

/// Calldata of `create` or, with a salt, `create2`, or the same for a contract that is an account.
pub fn deployment_calldata(
    hash: &VersionedHash,
    salt: Option<&Word>,
    constructor_input: &[u8],
    is_account: bool,
) -> Vec<u8> {
    const CREATE: Selector = selector("create(bytes32,bytes32,bytes)");
    const CREATE2: Selector = selector("create2(bytes32,bytes32,bytes)");
    const CREATE_ACCOUNT: Selector = selector("createAccount(bytes32,bytes32,bytes,uint8)");
    const CREATE2_ACCOUNT: Selector = selector("create2Account(bytes32,bytes32,bytes,uint8)");
    let function = match (salt.is_some(), is_account) {
        (false, false) => CREATE,
        (true, false) => CREATE2,
        (false, true) => CREATE_ACCOUNT,
        (true, true) => CREATE2_ACCOUNT,
    };
    let salt = salt.copied().unwrap_or_default();
    let call = Encoder::call(function).words(&[salt, hash.to_word()]).bytes(constructor_input);
    let call = if is_account { call.number(ACCOUNT_VERSION) } else { call };
    call.finish()
}

/// The address of a contract that `create2` deploys.
pub fn create2_address(
    sender: &Address,
    salt: &Word,
    hash: &VersionedHash,
    constructor_input: &[u8],
) -> Address {
    let words = [
        keccak_word([CREATE2_PREFIX]),
        Word::from_address(sender),
        *salt,
        hash.to_word(),
        keccak_word([constructor_input]),
    ];
    let bytes = words.map(|word| word.to_be_bytes());
    keccak_word(bytes.iter().map(<[u8; 32]>::as_slice)).to_address()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_fill_whole_words() {
        let (hash, salt) = (VersionedHash([1; 32]), Word::from_u64(5));
        let data = deployment_calldata(&hash, Some(&salt), &[7; 33], true);
        assert_eq!(data[..4], [0x5d, 0x38, 0x27, 0x00]);
        assert_eq!(data.len(), 4 + 5 * 32 + 64);
        assert_eq!((data[4 + 31], data[4 + 2 * 32 + 31], data[4 + 4 * 32 + 31]), (5, 128, 33));
        let data = deployment_calldata(&hash, None, &[], false);
        assert_eq!((&data[..4], data.len()), (&[0x9c, 0x4d, 0x53, 0x5b][..], 4 + 4 * 32));
    }
}
