//! The shape of a batch file. `BATCH_FILE.md` describes every field.

use super::account::Account;
use super::value::{Amount, Bytes, Number};
use crate::batch::MAX_TRANSACTIONS;
use core::fmt;
use core::marker::PhantomData;
use eravm_core::Address;
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor,
};
use std::collections::BTreeMap;

/// The whole file.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Root {
    pub(super) environment: Environment,
    pub(super) state: State,
    pub(super) pubdata: Pubdata,
    pub(super) transactions: Option<Vec<Entry>>,
    pub(super) blocks: Option<Vec<Block>>,
}

/// What the batch is run with.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Environment {
    pub(super) protocol: Option<Number<u16>>,
    pub(super) chain_id: Option<Number<u64>>,
    pub(super) number: Option<Number<u32>>,
    pub(super) timestamp: Option<Number<u64>>,
    pub(super) previous_hash: Option<Amount>,
    pub(super) operator: Option<Account>,
    pub(super) fee_input: FeeInput,
    pub(super) validation_ergs: Option<Number<u32>>,
    pub(super) first_block: FirstBlock,
}

/// What resources cost.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FeeInput {
    pub(super) fair_l2_gas_price: Option<Number<u64>>,
    pub(super) fair_pubdata_price: Option<Number<u64>>,
    pub(super) l1_gas_price: Option<Number<u64>>,
}

/// Where the chain of blocks goes on.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FirstBlock {
    pub(super) number: Option<Number<u32>>,
    pub(super) previous_hash: Option<Amount>,
}

/// The state before the batch.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct State {
    pub(super) genesis: Option<bool>,
    pub(super) allow_evm: Option<bool>,
    pub(super) default_balance: Option<Amount>,
    pub(super) accounts: Pairs<Account, AccountState>,
    pub(super) code: Vec<String>,
    pub(super) slots: Vec<Slot>,
}

/// An account before the batch.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AccountState {
    pub(super) balance: Option<Amount>,
    pub(super) nonce: Option<Number<u64>>,
    pub(super) code: Option<String>,
    pub(super) is_account: bool,
    pub(super) storage: Pairs<Amount, Amount>,
}

/// A slot: contract, key, value, and the number of its leaf, if that matters.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) contract: Account,
    pub(super) key: Amount,
    pub(super) value: Amount,
    pub(super) index: Option<Number<u64>>,
}

/// How the batch is published.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Pubdata {
    pub(super) content: Option<ContentName>,
    pub(super) validator: Option<Account>,
    pub(super) scheme: Option<SchemeName>,
}

#[derive(Clone, Copy, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ContentName {
    Full,
    Hash,
}

#[derive(Clone, Copy, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SchemeName {
    None,
    EmptyNoDa,
    PubdataKeccak256,
    BlobsAndPubdataKeccak256,
}

/// An L2 block.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Block {
    pub(super) timestamp: Option<Number<u64>>,
    pub(super) interop_roots: Vec<InteropRoot>,
    pub(super) transactions: Vec<Entry>,
}

/// A root of another chain's messages.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InteropRoot {
    pub(super) chain_id: Number<u64>,
    pub(super) block_number: Number<u64>,
    pub(super) root: Amount,
}

/// A transaction: signed and raw, or a request.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Raw(Bytes),
    Request(Box<Request>),
}

/// What a transaction is to do.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Request {
    #[serde(rename = "type")]
    pub(super) kind: Option<TypeName>,
    pub(super) from: Option<Account>,
    pub(super) key: Option<Key>,
    pub(super) signature: Option<Bytes>,
    pub(super) to: Option<Account>,
    pub(super) value: Option<Amount>,
    pub(super) data: Option<Bytes>,
    pub(super) nonce: Option<Amount>,
    pub(super) gas: Option<Amount>,
    pub(super) gas_per_pubdata: Option<Amount>,
    pub(super) max_fee_per_gas: Option<Amount>,
    pub(super) max_priority_fee_per_gas: Option<Amount>,
    pub(super) deploy: Option<Deployment>,
    pub(super) factory_deps: Vec<String>,
    pub(super) paymaster: Option<PaymasterRequest>,
    pub(super) to_mint: Option<Amount>,
    pub(super) refund_recipient: Option<Account>,
}

/// The type of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TypeName {
    Legacy,
    Eip2930,
    Eip1559,
    Eip712,
    Priority,
    Upgrade,
}

impl TypeName {
    /// As the file writes it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Eip2930 => "eip2930",
            Self::Eip1559 => "eip1559",
            Self::Eip712 => "eip712",
            Self::Priority => "priority",
            Self::Upgrade => "upgrade",
        }
    }
}

/// Code to be deployed by a transaction.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deployment {
    pub(super) code: String,
    #[serde(default)]
    pub(super) constructor: Bytes,
    pub(super) salt: Option<Amount>,
    #[serde(default)]
    pub(super) is_account: bool,
}

/// Who pays for a transaction.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaymasterRequest {
    pub(super) address: Account,
    #[serde(default)]
    pub(super) input: Bytes,
}

/// A private key: 32 bytes, or the name of the test account to which it belongs.
#[derive(Clone, Debug)]
pub(super) enum Key {
    Bytes(Vec<u8>),
    Test(Account),
}

/// The pairs of an object, in the file's order. What is there twice is found when it is used, as there are several ways to write
/// a key.
#[derive(Clone, Debug)]
pub(crate) struct Pairs<K, V>(pub(crate) Vec<(K, V)>);

impl<K, V> Default for Pairs<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, K: DeserializeOwned, V: DeserializeOwned> Deserialize<'de> for Pairs<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor(PhantomData))
    }
}

struct PairsVisitor<K, V>(PhantomData<(K, V)>);

impl<'de, K: DeserializeOwned, V: DeserializeOwned> Visitor<'de> for PairsVisitor<K, V> {
    type Value = Pairs<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

impl<'de> Deserialize<'de> for Slot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(SlotVisitor)
    }
}

struct SlotVisitor;

impl<'de> Visitor<'de> for SlotVisitor {
    type Value = Slot;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[contract, key, value] or [contract, key, value, index]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Slot, A::Error> {
        let missing = |place| A::Error::invalid_length(place, &Self);
        let slot = Slot {
            contract: seq.next_element()?.ok_or_else(|| missing(0))?,
            key: seq.next_element()?.ok_or_else(|| missing(1))?,
            value: seq.next_element()?.ok_or_else(|| missing(2))?,
            index: seq.next_element()?,
        };
        match seq.next_element::<serde::de::IgnoredAny>()? {
            Some(_) => Err(missing(5)),
            None => Ok(slot),
        }
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a raw transaction as text, or an object that describes one")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Entry, E> {
        Bytes::deserialize(serde::de::value::StrDeserializer::new(text)).map(Entry::Raw)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        let request = Request::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Entry::Request(Box::new(request)))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.starts_with("0x") {
            // An error must not show a key, not even a wrong one.
            let bytes = crate::hex::decode(&text).map_err(|_| {
                D::Error::custom(
                    "the key is not hexadecimal: 64 digits with 0x in front are expected",
                )
            })?;
            return Ok(Self::Bytes(bytes));
        }
        text.parse().map(Self::Test).map_err(D::Error::custom)
    }
}

impl Root {
    /// The names of the test accounts in the file.
    pub(super) fn names(&self) -> BTreeMap<Address, String> {
        let blocks = self.blocks.iter().flatten().map(|block| &block.transactions);
        let entries = self.transactions.iter().chain(blocks).flatten();
        let requests = entries.filter_map(|entry| match entry {
            Entry::Raw(_) => None,
            Entry::Request(request) => Some(request),
        });
        let in_requests = requests.flat_map(|request| {
            let paymaster = request.paymaster.as_ref().map(|paymaster| &paymaster.address);
            let key = match &request.key {
                Some(Key::Test(account)) => Some(account),
                _ => None,
            };
            let accounts = [request.from.as_ref(), request.to.as_ref(), key, paymaster];
            accounts.into_iter().chain([request.refund_recipient.as_ref()]).flatten()
        });
        let in_state = self.state.accounts.0.iter().map(|(account, _)| account);
        let all = in_requests.chain(in_state).chain(&self.environment.operator);
        let named = all.filter_map(|account| match account {
            Account::Test(account) => Some((account.address, account.name.clone())),
            Account::Address(_) => None,
        });
        named.collect()
    }

    /// How many transactions there are, and whether that is too many for a batch.
    pub(super) fn too_many_transactions(&self) -> Option<usize> {
        let flat = self.transactions.iter().map(Vec::len);
        let blocks = self.blocks.iter().flatten().map(|block| block.transactions.len());
        let count: usize = flat.chain(blocks).sum();
        let limit = usize::try_from(MAX_TRANSACTIONS).unwrap_or(usize::MAX);
        (count > limit).then_some(count)
    }
}
