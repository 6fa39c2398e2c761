//! Transactions: what they are made of, and why they are refused.

use super::super::fork::Fork;
use super::super::rules::Rules;
use super::block::Block;
use super::format::{AccessListEntry, Indexes, Template};
use super::state::State;
use crate::{parse_address, parse_word};
use eravm_core::{Address, Word};
use primitive_types::{U256, U512};

/// Gas of a blob.
const BLOB_GAS: u64 = 1 << 17;
/// Blobs that a block may have at most, in Cancun.
const MOST_BLOBS: usize = 6;
/// First byte of a blob's hash.
const BLOB_VERSION: u8 = 1;

/// Why a transaction is refused, by the names that state tests have for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    Malformed,
    GasLimitBelowIntrinsic,
    InsufficientFunds,
    SenderIsContract,
    InitCodeTooLong,
    WrongNonce,
    NonceIsMax,
    FeeBelowBase,
    PriorityAboveFee,
    GasLimitAboveBlock,
    TypeTooNew,
    BlobTypeTooNew,
    NoBlobs,
    TooManyBlobs,
    WrongBlobVersion,
    BlobsCreate,
    BlobFeeBelowBase,
}

impl Refusal {
    /// Its name after `TransactionException.`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "RLP_INVALID_VALUE",
            Self::GasLimitBelowIntrinsic => "INTRINSIC_GAS_TOO_LOW",
            Self::InsufficientFunds => "INSUFFICIENT_ACCOUNT_FUNDS",
            Self::SenderIsContract => "SENDER_NOT_EOA",
            Self::InitCodeTooLong => "INITCODE_SIZE_EXCEEDED",
            Self::WrongNonce => "NONCE_MISMATCH",
            Self::NonceIsMax => "NONCE_IS_MAX",
            Self::FeeBelowBase => "INSUFFICIENT_MAX_FEE_PER_GAS",
            Self::PriorityAboveFee => "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS",
            Self::GasLimitAboveBlock => "GAS_ALLOWANCE_EXCEEDED",
            Self::TypeTooNew => "TYPE_NOT_SUPPORTED",
            Self::BlobTypeTooNew => "TYPE_3_TX_PRE_FORK",
            Self::NoBlobs => "TYPE_3_TX_ZERO_BLOBS",
            Self::TooManyBlobs => "TYPE_3_TX_BLOB_COUNT_EXCEEDED",
            Self::WrongBlobVersion => "TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH",
            Self::BlobsCreate => "TYPE_3_TX_CONTRACT_CREATION",
            Self::BlobFeeBelowBase => "INSUFFICIENT_MAX_FEE_PER_BLOB_GAS",
        }
    }
}

/// What a transaction pays for gas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Price {
    Fixed(U256),
    Market { most: U256, priority: U256 },
}

/// The blobs of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Blobs {
    pub(super) hashes: Vec<Word>,
    max_fee: U256,
}

/// A transaction.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) sender: Address,
    /// None for creations.
    pub(super) to: Option<Address>,
    pub(super) value: Word,
    pub(super) data: Vec<u8>,
    pub(super) gas_limit: u64,
    nonce: Word,
    price: Price,
    pub(super) access_list: Option<Vec<AccessListEntry>>,
    pub(super) blobs: Option<Blobs>,
}

impl Transaction {
    /// One of a template's transactions. `None` if the template has not so many.
    pub(super) fn new(template: &Template, indexes: Indexes) -> Option<Result<Self, Refusal>> {
        let data = &template.data.get(indexes.data)?.0;
        let gas_limit = template.gas_limit.get(indexes.gas)?;
        let value = template.value.get(indexes.value)?;
        let lists = template.access_lists.as_ref();
        let access_list = lists.and_then(|lists| lists.get(indexes.data)).cloned().flatten();
        Some(Self::read(template, data, gas_limit, value, access_list))
    }

    fn read(
        template: &Template,
        data: &[u8],
        gas_limit: &str,
        value: &str,
        access_list: Option<Vec<AccessListEntry>>,
    ) -> Result<Self, Refusal> {
        let number = |text: &str| parse_word(text).map_err(|_| Refusal::Malformed);
        let amount = |text: &String| number(text).map(U256::from);
        let price = match (&template.gas_price, &template.max_fee_per_gas) {
            (Some(price), _) => Price::Fixed(amount(price)?),
            (None, Some(most)) => Price::Market {
                most: amount(most)?,
                priority: template
                    .max_priority_fee_per_gas
                    .as_ref()
                    .map_or(Ok(U256::zero()), amount)?,
            },
            (None, None) => return Err(Refusal::Malformed),
        };
        let blobs = match &template.blob_versioned_hashes {
            None => None,
            Some(hashes) => Some(Blobs {
                hashes: hashes.iter().map(|hash| hash.0).collect(),
                max_fee: template.max_fee_per_blob_gas.as_ref().map_or(Ok(U256::zero()), amount)?,
            }),
        };
        Ok(Self {
            sender: template.sender.0,
            to: match &template.to[..] {
                "" => None,
                to => Some(parse_address(to).map_err(|_| Refusal::Malformed)?),
            },
            value: number(value)?,
            data: data.to_vec(),
            gas_limit: number(gas_limit)?.to_u64().ok_or(Refusal::Malformed)?,
            nonce: number(&template.nonce)?,
            price,
            access_list,
            blobs,
        })
    }

    /// The price of gas in a block.
    pub(super) fn gas_price(&self, block: &Block) -> U256 {
        match self.price {
            Price::Fixed(price) => price,
            Price::Market { most, priority } => most.min(block.base_fee.saturating_add(priority)),
        }
    }

    /// The most that gas may cost.
    const fn max_price(&self) -> U256 {
        match self.price {
            Price::Fixed(price) | Price::Market { most: price, .. } => price,
        }
    }

    pub(super) fn blob_gas(&self) -> u64 {
        self.blobs.as_ref().map_or(0, |blobs| BLOB_GAS.saturating_mul(blobs.hashes.len() as u64))
    }

    /// Gas that is paid before anything is done.
    pub(super) fn intrinsic_gas(&self, rules: &Rules) -> u64 {
        let byte = if rules.since(Fork::Istanbul) { 16 } else { 68 };
        let zeros = self.data.iter().filter(|byte| **byte == 0).count() as u64;
        let others = self.data.len() as u64 - zeros;
        let mut gas = 21_000 + 4 * zeros + byte * others;
        if self.to.is_none() {
            gas += if rules.since(Fork::Homestead) { 32_000 } else { 0 };
            if rules.since(Fork::Shanghai) {
                gas += 2 * (self.data.len() as u64).div_ceil(32);
            }
        }
        for entry in self.access_list.iter().flatten() {
            gas += 2400 + 1900 * entry.storage_keys.len() as u64;
        }
        gas
    }

    /// Checks all that makes a transaction invalid.
    pub(super) fn check(&self, state: &State, block: &Block) -> Result<(), Refusal> {
        self.check_type(&state.rules, block)?;
        self.check_fees(block)?;
        if self.gas_limit > block.gas_limit.to_u64().unwrap_or(u64::MAX) {
            return Err(Refusal::GasLimitAboveBlock);
        }
        if self.intrinsic_gas(&state.rules) > self.gas_limit {
            return Err(Refusal::GasLimitBelowIntrinsic);
        }
        let too_long = |most| self.to.is_none() && self.data.len() > most;
        if state.rules.max_init_code_bytes().is_some_and(too_long) {
            return Err(Refusal::InitCodeTooLong);
        }
        self.check_sender(state)
    }

    fn check_type(&self, rules: &Rules, block: &Block) -> Result<(), Refusal> {
        let is_too_new = match self.price {
            Price::Market { .. } => !rules.since(Fork::London),
            Price::Fixed(_) => self.access_list.is_some() && !rules.since(Fork::Berlin),
        };
        if let Some(blobs) = &self.blobs {
            let wrong_version = |hash: &Word| hash.to_be_bytes().first() != Some(&BLOB_VERSION);
            return Err(if !rules.since(Fork::Cancun) {
                Refusal::BlobTypeTooNew
            } else if self.to.is_none() {
                Refusal::BlobsCreate
            } else if blobs.hashes.is_empty() {
                Refusal::NoBlobs
            } else if blobs.hashes.iter().any(wrong_version) {
                Refusal::WrongBlobVersion
            } else if blobs.hashes.len() > MOST_BLOBS {
                Refusal::TooManyBlobs
            } else if blobs.max_fee < block.blob_base_fee {
                Refusal::BlobFeeBelowBase
            } else {
                return Ok(());
            });
        }
        if is_too_new { Err(Refusal::TypeTooNew) } else { Ok(()) }
    }

    fn check_fees(&self, block: &Block) -> Result<(), Refusal> {
        if let Price::Market { most, priority } = self.price
            && priority > most
        {
            return Err(Refusal::PriorityAboveFee);
        }
        if self.max_price() < block.base_fee {
            return Err(Refusal::FeeBelowBase);
        }
        Ok(())
    }

    fn check_sender(&self, state: &State) -> Result<(), Refusal> {
        let nonce = state.nonce(&self.sender);
        if nonce == u64::MAX {
            return Err(Refusal::NonceIsMax);
        }
        if self.nonce != Word::from_u64(nonce) {
            return Err(Refusal::WrongNonce);
        }
        // EIP-3607, which holds for all forks.
        if state.get(&self.sender).is_some_and(|account| !account.code.bytes().is_empty()) {
            return Err(Refusal::SenderIsContract);
        }
        let blob_fee = self.blobs.as_ref().map_or(U256::zero(), |blobs| blobs.max_fee);
        // Each is a product of 256 and 64 bits.
        let most = self.max_price().full_mul(self.gas_limit.into())
            + blob_fee.full_mul(self.blob_gas().into())
            + U512::from(U256::from(self.value));
        if U512::from(state.balance(&self.sender)) < most {
            return Err(Refusal::InsufficientFunds);
        }
        Ok(())
    }
}
