//! Where system contracts keep what they know of an account.

use super::addresses::{BASE_TOKEN, NONCE_HOLDER};
use crate::keccak::keccak_word;
use eravm_core::{Address, Word};

/// The slot of an account in a mapping from addresses that is the first variable of its contract, as balances, nonces and kinds
/// of accounts are.
pub(crate) fn in_first_mapping(account: &Address) -> Word {
    keccak_word([&Word::from_address(account).to_be_bytes()[..], &[0; 32]])
}

/// The slot with an account's balance in wei of the base token: contract and key.
pub fn balance_slot(account: &Address) -> (Address, Word) {
    (BASE_TOKEN, in_first_mapping(account))
}

/// The slot with an account's nonces, that of its transactions in the lower half: contract and key.
pub fn nonce_slot(account: &Address) -> (Address, Word) {
    (NONCE_HOLDER, in_first_mapping(account))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parse_address, parse_word};

    #[test]
    fn the_slot_of_a_balance_is_that_of_the_network() {
        // A sender of a golden.
        let account = parse_address("0xc3e6579c421d20340167a16dcc080e050f526adf").unwrap();
        let key = "0x865a1c5cbf073fcc07f080ffc0f3b432b6915c93c520797ab59a1b8a6447cc57";
        assert_eq!(balance_slot(&account), (BASE_TOKEN, parse_word(key).unwrap()));
        assert_eq!(nonce_slot(&account).1, balance_slot(&account).1);
    }
}
