//! The tuple of a transaction in calldata.

use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Structure, Tail};
use eravm_core::{Address, Word};

/// Words of the tuple, with the offsets of its dynamic fields.
const WORDS: usize = 19;

/// Places of the fields.
mod field {
    pub(super) const TYPE: usize = 0;
    pub(super) const TO: usize = 2;
    pub(super) const GAS_LIMIT: usize = 3;
    pub(super) const MAX_FEE: usize = 5;
    pub(super) const MAX_PRIORITY_FEE: usize = 6;
    pub(super) const PAYMASTER: usize = 7;
    pub(super) const NONCE: usize = 8;
    pub(super) const VALUE: usize = 9;
    pub(super) const RESERVED: usize = 10;
    pub(super) const DATA: usize = 14;
    pub(super) const SIGNATURE: usize = 15;
    pub(super) const FACTORY_DEPS: usize = 16;
    pub(super) const PAYMASTER_INPUT: usize = 17;
}

/// The tuple of a transaction in calldata. Nothing is copied, and no field is read before it is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transaction<'a>(Structure<'a>);

impl<'a> Transaction<'a> {
    /// The tuple that is the last argument of a function. The calldata begins with the selector.
    pub(crate) fn argument(calldata: &'a [u8], index: usize) -> Result<Self, Failure> {
        Structure::argument(calldata, index, WORDS).map(Self)
    }

    pub(crate) fn tx_type(&self) -> Word {
        self.0.word(field::TYPE)
    }

    /// The contract that it goes to. What is beyond the 160 bits of an address is not looked at.
    pub(crate) fn to(&self) -> Address {
        self.0.word(field::TO).to_address()
    }

    pub(crate) fn gas_limit(&self) -> Word {
        self.0.word(field::GAS_LIMIT)
    }

    pub(crate) fn max_fee_per_gas(&self) -> Word {
        self.0.word(field::MAX_FEE)
    }

    pub(crate) fn max_priority_fee_per_gas(&self) -> Word {
        self.0.word(field::MAX_PRIORITY_FEE)
    }

    /// Who pays; zero for the account itself.
    pub(crate) fn paymaster(&self) -> Address {
        self.0.word(field::PAYMASTER).to_address()
    }

    pub(crate) fn nonce(&self) -> Word {
        self.0.word(field::NONCE)
    }

    pub(crate) fn value(&self) -> Word {
        self.0.word(field::VALUE)
    }

    /// Whether the number of the chain is part of what a legacy transaction signs.
    pub(crate) fn signs_chain(&self) -> bool {
        !self.0.word(field::RESERVED).is_zero()
    }

    /// Whether it deploys EVM code.
    pub(crate) fn deploys_evm_code(&self) -> bool {
        self.0.word(field::RESERVED + 1) == Word::ONE
    }

    /// The fields of one word before the reserved ones.
    pub(crate) fn words(&self) -> [Word; 10] {
        core::array::from_fn(|index| self.0.word(index))
    }

    pub(crate) fn data(&self) -> Result<Tail<'a>, Failure> {
        self.0.bytes(field::DATA)
    }

    pub(crate) fn signature(&self) -> Result<&'a [u8], Failure> {
        Ok(self.0.bytes(field::SIGNATURE)?.bytes)
    }

    /// Hashes of code, one behind the other.
    pub(crate) fn factory_deps(&self) -> Result<&'a [u8], Failure> {
        Ok(self.0.words(field::FACTORY_DEPS)?.bytes)
    }

    pub(crate) fn paymaster_input(&self) -> Result<&'a [u8], Failure> {
        Ok(self.0.bytes(field::PAYMASTER_INPUT)?.bytes)
    }
}
