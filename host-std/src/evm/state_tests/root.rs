//! The root of a state, and the hash of its events.

use super::state::{Account, Log, State};
use crate::evm::word;
use crate::keccak::keccak_word;
use alloy_rlp::{Encodable, Header};
use alloy_trie::TrieAccount;
use alloy_trie::root::{state_root_unhashed, storage_root_unhashed};
use eravm_core::Word;
use revm_interpreter::primitives::B256;

/// The root of the Merkle Patricia trie of all accounts.
pub(super) fn state_root(state: &State) -> Word {
    let accounts = state.accounts().iter();
    let leaves = accounts.map(|(address, account)| (word::address_into(address), leaf(account)));
    word_of(state_root_unhashed(leaves))
}

fn leaf(account: &Account) -> TrieAccount {
    let slots = account.storage.iter().filter(|(_, value)| !value.is_zero());
    let slots = slots.map(|(key, value)| (hash_of(key), word::into(*value)));
    TrieAccount {
        nonce: account.nonce,
        balance: word::into(account.balance.into()),
        storage_root: storage_root_unhashed(slots),
        code_hash: hash_of(&account.code_hash),
    }
}

fn hash_of(word: &Word) -> B256 {
    B256::new(word.to_be_bytes())
}

fn word_of(hash: B256) -> Word {
    Word::from_be_bytes(&hash.0)
}

/// The hash of the list of all events.
pub(super) fn logs_hash(logs: &[Log]) -> Word {
    let items: Vec<u8> = logs.iter().flat_map(encode_log).collect();
    keccak_word([&list(items)[..]])
}

fn encode_log(log: &Log) -> Vec<u8> {
    let mut topics = Vec::new();
    for topic in &log.topics {
        topic.to_be_bytes().encode(&mut topics);
    }
    let mut items = Vec::new();
    log.address.0.encode(&mut items);
    items.extend(list(topics));
    log.data[..].encode(&mut items);
    list(items)
}

fn list(items: Vec<u8>) -> Vec<u8> {
    let mut list = Vec::with_capacity(items.len() + 9);
    Header { list: true, payload_length: items.len() }.encode(&mut list);
    list.extend(items);
    list
}
