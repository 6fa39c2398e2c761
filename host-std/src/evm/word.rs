//! Words and addresses of the machine and of the crate of the instructions: the same bits under two names.

use eravm_core::{Address, Word};
use revm_interpreter::primitives::{Address as EvmAddress, U256};

pub(super) const fn from(value: U256) -> Word {
    Word(*value.as_limbs())
}

pub(super) const fn into(word: Word) -> U256 {
    U256::from_limbs(word.0)
}

pub(super) fn address_from(address: EvmAddress) -> Address {
    address.0.0.into()
}

pub(super) const fn address_into(address: &Address) -> EvmAddress {
    EvmAddress::new(address.0)
}

/// The address in the lower bits of a word.
pub(super) fn to_address(value: U256) -> Address {
    from(value).to_address()
}
