//! Transactions that come from L1.

use super::factory_dep::FactoryDep;
use eravm_core::{Address, Word};

/// A priority operation or a protocol upgrade.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct L1Transaction {
    /// The account it is from: on L1, with contracts under their alias.
    pub from: Address,
    /// The contract it goes to.
    pub to: Address,
    /// Most gas that it may use.
    pub gas_limit: Word,
    /// Most gas that it pays per byte of pubdata.
    pub gas_per_pubdata_limit: Word,
    /// What it pays per gas, in wei of the base token.
    pub max_fee_per_gas: Word,
    /// The number of the priority operation, or the protocol version of the upgrade.
    pub nonce: Word,
    /// What it transfers, in wei of the base token.
    pub value: Word,
    /// What is minted for it, in wei of the base token (`reserved0`).
    pub to_mint: Word,
    /// Who gets what is left of that (`reserved1`).
    pub refund_recipient: Address,
    /// Its calldata.
    pub calldata: Vec<u8>,
    /// The code that comes with it.
    pub factory_deps: Vec<FactoryDep>,
}
