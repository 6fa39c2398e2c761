//! Transactions as accounts get them: the functions, the tuple in their calldata, and its hashes.

mod hashes;
mod transaction;

pub(crate) use hashes::{INVALID_SIGNATURE, WRONG_V, hashes, signed_hash};
pub(crate) use transaction::Transaction;

use super::solidity::{Selector, selector};

macro_rules! tuple {
    () => {
        "(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,\
         uint256[4],bytes,bytes,bytes32[],bytes,bytes)"
    };
}

macro_rules! method {
    ($name:literal) => {
        selector(concat!($name, "(bytes32,bytes32,", tuple!(), ")"))
    };
}

/// Functions of accounts: the hash by which the transaction is known, the one that is signed, and the tuple.
pub(crate) const VALIDATE: Selector = method!("validateTransaction");
pub(crate) const EXECUTE: Selector = method!("executeTransaction");
pub(crate) const PAY: Selector = method!("payForTransaction");
pub(crate) const PREPARE: Selector = method!("prepareForPaymaster");
/// A function of accounts for everybody.
pub(crate) const EXECUTE_FROM_OUTSIDE: Selector =
    selector(concat!("executeTransactionFromOutside(", tuple!(), ")"));
/// A function of paymasters with the same arguments.
pub(crate) const VALIDATE_AND_PAY: Selector = method!("validateAndPayForPaymasterTransaction");
/// A function of paymasters that is called behind the transaction.
pub(crate) const POST: Selector =
    selector(concat!("postTransaction(bytes,", tuple!(), ",bytes32,bytes32,uint8,uint256)"));
/// The function of `BootloaderUtilities`.
pub(crate) const HASHES: Selector = selector(concat!("getTransactionHashes(", tuple!(), ")"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_those_of_the_interfaces() {
        let known = [
            (VALIDATE, 0x202b_cce7u32),
            (EXECUTE, 0xdf9c_1589),
            (PAY, 0xe2f3_18e3),
            (PREPARE, 0xa28c_1aee),
            (VALIDATE_AND_PAY, 0x038a_24bc),
            (POST, 0x817b_17f0),
            (HASHES, 0xebe4_a3d7),
        ];
        for (selector, number) in known {
            assert_eq!(selector.0, number.to_be_bytes());
        }
    }
}
