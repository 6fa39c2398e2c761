//! The addresses that new contracts get.

use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::hash_of;
use eravm_core::{Address, Word};

/// The first word of what is hashed for `create2`. No deployment of the EVM begins with such bytes.
const CREATE2: Word = hash_of("zksyncCreate2");
/// The same for `create`.
const CREATE: Word = hash_of("zksyncCreate");

/// First byte of what the EVM hashes for `CREATE2`.
const EVM_CREATE2: u8 = 0xff;
/// What is added to the length of a short list in RLP.
const RLP_LIST: u8 = 0xc0;
/// What is added to the length of a short string in RLP.
const RLP_STRING: u8 = 0x80;

/// The address of what an account deploys with a salt.
pub(super) fn create2(
    cx: &mut Context<'_>,
    sender: &Address,
    hash: &Word,
    salt: &Word,
    input: &[u8],
) -> Result<Address, Failure> {
    let input_hash = cx.keccak(&[input])?;
    let words = [CREATE2, Word::from_address(sender), *salt, *hash, input_hash];
    of_words(cx, &words)
}

/// The address of what an account deploys as the contract with a number.
pub(super) fn create(
    cx: &mut Context<'_>,
    sender: &Address,
    nonce: &Word,
) -> Result<Address, Failure> {
    of_words(cx, &[CREATE, Word::from_address(sender), *nonce])
}

fn of_words(cx: &mut Context<'_>, words: &[Word]) -> Result<Address, Failure> {
    let bytes: Vec<u8> = words.iter().flat_map(Word::to_be_bytes).collect();
    Ok(cx.keccak(&[&bytes])?.to_address())
}

/// The address of EVM code that is deployed with a salt; the hash is that of the code that deploys it.
pub(super) fn evm_create2(
    cx: &mut Context<'_>,
    sender: &Address,
    salt: &Word,
    hash: &Word,
) -> Result<Address, Failure> {
    let parts: [&[u8]; 4] = [&[EVM_CREATE2], &sender.0, &salt.to_be_bytes(), &hash.to_be_bytes()];
    Ok(cx.keccak(&parts)?.to_address())
}

/// The address of EVM code that an account deploys with a nonce.
pub(super) fn evm_create(
    cx: &mut Context<'_>,
    sender: &Address,
    nonce: &Word,
) -> Result<Address, Failure> {
    Ok(cx.keccak(&[&sender_and_nonce(sender, nonce)])?.to_address())
}

/// Sender and nonce as a list in RLP. It is a short one: 21 bytes, and 33 at most.
fn sender_and_nonce(sender: &Address, nonce: &Word) -> Vec<u8> {
    let nonce = nonce.to_be_bytes();
    let zeros = nonce.iter().take_while(|byte| **byte == 0).count();
    let digits = nonce.get(zeros..).unwrap_or_default();
    let mut items = vec![RLP_STRING + sender.0.len() as u8];
    items.extend_from_slice(&sender.0);
    if !matches!(digits, [digit] if *digit < RLP_STRING) {
        items.push(RLP_STRING + digits.len() as u8);
    }
    items.extend_from_slice(digits);
    [&[RLP_LIST + items.len() as u8], &items[..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keccak::keccak_word;
    use crate::{parse_address, parse_word};

    #[test]
    fn prefixes_are_those_of_the_network() {
        let create2 = "0x2020dba91b30cc0006188af794c2fb30dd8520db7e2c088b7fc7c103c00ca494";
        let create = "0x63bae3a9951d38e8a3fbb7b70909afc1200610fc5bc55ade242f815974674f23";
        assert_eq!(CREATE2, parse_word(create2).unwrap());
        assert_eq!(CREATE, parse_word(create).unwrap());
    }

    #[test]
    fn evm_addresses_are_those_of_ethereum() {
        let sender = parse_address("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0").unwrap();
        let address = |nonce| {
            let list = sender_and_nonce(&sender, &Word::from_u64(nonce));
            keccak_word([&list[..]]).to_address()
        };
        let expected = [
            (0, "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"),
            (1, "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8"),
            (2, "0xf778b86fa74e846c4f0a1fbd1335fe81c00a0c91"),
        ];
        for (nonce, expected) in expected {
            assert_eq!(address(nonce), parse_address(expected).unwrap(), "{nonce}");
        }
    }

    #[test]
    fn nonces_are_strings_without_zeros_in_front() {
        let tail = |nonce: Word| sender_and_nonce(&Address::zero(), &nonce).split_off(22);
        assert_eq!(tail(Word::ZERO), [0x80]);
        assert_eq!(tail(Word::from_u64(0x7f)), [0x7f]);
        assert_eq!(tail(Word::from_u64(0x80)), [0x81, 0x80]);
        assert_eq!(tail(Word::from_u64(0x100)), [0x82, 1, 0]);
        assert_eq!(tail(Word::MAX).len(), 33);
        assert_eq!(sender_and_nonce(&Address::zero(), &Word::MAX)[0], 0xc0 + 54);
    }
}
