//! Transactions as goldens have them: the JSON of `zksync_types::Transaction`, with hashes in place of code.

use super::value::{Bytes, Hex};
use eravm_core::{Address, VersionedHash, Word};
use serde::Deserialize;

/// A transaction.
#[derive(Clone, Debug, Deserialize)]
pub struct TransactionData {
    /// Who sent it and what it pays. A replay of what the host wrote does without.
    #[serde(default)]
    pub common_data: Option<CommonData>,
    /// What it does.
    pub execute: Execute,
}

/// What a transaction does.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Execute {
    /// The contract it goes to.
    #[serde(default)]
    pub contract_address: Option<Hex<Address>>,
    /// What it transfers.
    #[serde(default)]
    pub value: Hex<Word>,
    /// Its calldata.
    #[serde(default)]
    pub calldata: Bytes,
    /// Code that came with it.
    #[serde(default)]
    pub factory_deps: Vec<Hex<VersionedHash>>,
}

/// Who sent a transaction and what it pays.
#[derive(Clone, Debug, Deserialize)]
pub enum CommonData {
    /// It was sent to L2.
    L2(L2CommonData),
    /// It is a priority operation.
    L1(L1CommonData),
    /// It is a protocol upgrade.
    ProtocolUpgrade(UpgradeCommonData),
}

/// Who sent a transaction to L2 and what it pays.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L2CommonData {
    /// The nonce.
    pub nonce: u64,
    /// What it pays.
    pub fee: Fee,
    /// The account.
    pub initiator_address: Hex<Address>,
    /// What the account gets as the signature.
    pub signature: Vec<u8>,
    /// The type.
    pub transaction_type: TransactionKind,
    /// The raw transaction.
    #[serde(default)]
    pub input: Option<InputData>,
    /// Who pays.
    pub paymaster_params: PaymasterParams,
}

/// Types of transactions to L2.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub enum TransactionKind {
    /// 0.
    LegacyTransaction,
    /// 1.
    EIP2930Transaction,
    /// 2.
    EIP1559Transaction,
    /// 0x71.
    EIP712Transaction,
}

/// What a transaction to L2 pays.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Fee {
    /// Most gas.
    pub gas_limit: Hex<Word>,
    /// Most per gas.
    pub max_fee_per_gas: Hex<Word>,
    /// Most per gas beyond the base fee.
    pub max_priority_fee_per_gas: Hex<Word>,
    /// Most gas per byte of pubdata.
    pub gas_per_pubdata_limit: Hex<Word>,
}

/// The raw transaction.
#[derive(Clone, Debug, Deserialize)]
pub struct InputData {
    /// Its hash.
    pub hash: Hex<VersionedHash>,
    /// Its bytes; none if it was never sent (a call).
    pub data: Vec<u8>,
}

/// Who pays.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymasterParams {
    /// The paymaster; zero if there is none.
    pub paymaster: Hex<Address>,
    /// What it gets.
    pub paymaster_input: Vec<u8>,
}

/// Who sent a priority operation and what it pays.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L1CommonData {
    /// The account.
    pub sender: Hex<Address>,
    /// Its number.
    pub serial_id: u64,
    /// Most gas.
    pub gas_limit: Hex<Word>,
    /// What it pays per gas.
    pub max_fee_per_gas: Hex<Word>,
    /// Most gas per byte of pubdata.
    pub gas_per_pubdata_limit: Hex<Word>,
    /// What is minted for it.
    pub to_mint: Hex<Word>,
    /// Who gets what is left.
    pub refund_recipient: Hex<Address>,
}

/// Who sent a protocol upgrade and what it pays.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeCommonData {
    /// The account.
    pub sender: Hex<Address>,
    /// The protocol version, as in `Version29`.
    pub upgrade_id: String,
    /// Most gas.
    pub gas_limit: Hex<Word>,
    /// What it pays per gas.
    pub max_fee_per_gas: Hex<Word>,
    /// Most gas per byte of pubdata.
    pub gas_per_pubdata_limit: Hex<Word>,
    /// What is minted for it.
    pub to_mint: Hex<Word>,
    /// Who gets what is left.
    pub refund_recipient: Hex<Address>,
}
