//! Between the types of the two machines.

use eravm_core::{Address, Word};
use zk_evm::ethereum_types::{H160, U256};

/// A word of the reference as ours.
pub const fn word(value: U256) -> Word {
    Word(value.0)
}

/// Our word as the reference's.
pub const fn u256(word: Word) -> U256 {
    U256(word.0)
}

/// An address of the reference as ours.
pub const fn address(address: H160) -> Address {
    let mut ours = eravm_core::system_address(0);
    ours.0 = address.0;
    ours
}

/// Our address as the reference's.
pub const fn h160(address: Address) -> H160 {
    H160(address.0)
}
