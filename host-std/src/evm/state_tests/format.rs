//! The JSON of state tests.

use crate::{decode_hex, parse_address, parse_word};
use eravm_core::{Address, Word};
use serde::de::{self, Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A file: tests by name.
pub(super) type TestFile = BTreeMap<String, Test>;

/// A number, hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Number(pub(super) Word);

/// Bytes, hexadecimal.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Bytes(pub(super) Vec<u8>);

/// An address, hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Account(pub(super) Address);

macro_rules! from_text {
    ($($type:ident $parse:expr;)*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <Cow<'de, str>>::deserialize(from)?;
                $parse(&text).map(Self).map_err(de::Error::custom)
            }
        }
    )*};
}

from_text! {
    Number parse_word;
    Bytes decode_hex;
    Account parse_address;
}

/// A test: a state, transactions from a template, and what comes of them.
#[derive(serde::Deserialize, Debug)]
pub(super) struct Test {
    pub(super) env: Env,
    pub(super) pre: BTreeMap<Account, PreAccount>,
    pub(super) transaction: Template,
    pub(super) post: BTreeMap<String, Vec<Post>>,
}

/// The block.
#[derive(serde::Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct Env {
    pub(super) current_coinbase: Account,
    pub(super) current_difficulty: Option<Number>,
    pub(super) current_gas_limit: Number,
    pub(super) current_number: Number,
    pub(super) current_timestamp: Number,
    pub(super) current_base_fee: Option<Number>,
    pub(super) current_random: Option<Number>,
    pub(super) current_excess_blob_gas: Option<Number>,
}

/// An account before the transaction.
#[derive(serde::Deserialize, Debug)]
pub(super) struct PreAccount {
    pub(super) balance: Number,
    pub(super) code: Bytes,
    pub(super) nonce: Number,
    pub(super) storage: BTreeMap<Text, Number>,
}

/// A key of a slot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Deserialize)]
pub(super) struct Text(pub(super) String);

/// Transactions with several of some things. What may be no number in a transaction that is refused is text.
#[derive(serde::Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct Template {
    pub(super) data: Vec<Bytes>,
    pub(super) gas_limit: Vec<String>,
    pub(super) value: Vec<String>,
    pub(super) nonce: String,
    pub(super) sender: Account,
    /// Empty for creations.
    pub(super) to: String,
    pub(super) gas_price: Option<String>,
    pub(super) max_fee_per_gas: Option<String>,
    pub(super) max_priority_fee_per_gas: Option<String>,
    pub(super) max_fee_per_blob_gas: Option<String>,
    /// One for each of [`data`](Self::data).
    pub(super) access_lists: Option<Vec<Option<Vec<AccessListEntry>>>>,
    pub(super) blob_versioned_hashes: Option<Vec<Number>>,
    /// Of a fork that is not claimed.
    pub(super) authorization_list: Option<serde_json::Value>,
}

/// An account of an access list.
#[derive(Clone, serde::Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessListEntry {
    pub(super) address: Account,
    pub(super) storage_keys: Vec<Number>,
}

/// What comes of a transaction.
#[derive(serde::Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct Post {
    /// Root of the state.
    pub(super) hash: Number,
    /// Hash of the list of events.
    pub(super) logs: Number,
    pub(super) indexes: Indexes,
    /// Why the transaction is refused, if it is; several reasons are separated by `|`.
    pub(super) expect_exception: Option<String>,
}

/// Which of the template's things the transaction has.
#[derive(Clone, Copy, serde::Deserialize, Debug)]
pub(super) struct Indexes {
    pub(super) data: usize,
    pub(super) gas: usize,
    pub(super) value: usize,
}
