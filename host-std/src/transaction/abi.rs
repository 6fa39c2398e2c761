//! What the bootloader gets of a transaction: its ABI encoding, in words.
//!
//! The encoding is that of `abi.encode` with the one argument `Transaction` (a tuple), tightly packed in the order of its fields;
//! the bootloader checks that it is. It lies in the bootloader's memory behind that of the transaction before.

use super::{FactoryDep, L1Transaction, L2Kind, L2Transaction, Transaction};
use eravm_core::{Address, Word};
use std::borrow::Cow;

/// Bytes in a word.
const WORD_BYTES: usize = 32;
/// Words of the tuple before its dynamic fields.
const HEAD_WORDS: usize = 19;
/// Dynamic fields: data, signature, hashes of code, input of the paymaster, and one that is reserved.
const DYNAMIC_FIELDS: usize = 5;

/// What is encoded.
struct Fields<'a> {
    /// The static fields before the reserved ones.
    fixed: [Word; 10],
    reserved: [Word; 4],
    data: &'a [u8],
    signature: Cow<'a, [u8]>,
    factory_deps: &'a [FactoryDep],
    paymaster_input: &'a [u8],
}

impl Transaction {
    /// The words that the bootloader gets, beginning with the offset of the tuple (0x20).
    pub fn encode(&self) -> Vec<Word> {
        self.fields().encode()
    }

    /// The number of words of [`encode`](Self::encode), by which the transaction pays for its place in the bootloader's memory.
    pub fn encoded_words(&self) -> usize {
        self.fields().words()
    }

    fn fields(&self) -> Fields<'_> {
        let (reserved, signature, paymaster) = match self {
            Self::L2(transaction) => {
                let paymaster = match &transaction.kind {
                    L2Kind::Eip712(own) => own.paymaster.as_ref(),
                    _ => None,
                };
                (reserved(transaction), transaction.kind.signature(), paymaster)
            }
            Self::Priority(transaction) | Self::Upgrade(transaction) => {
                (reserved_l1(transaction), Cow::Borrowed(&[][..]), None)
            }
        };
        let address = |address: Address| Word::from_address(&address);
        Fields {
            fixed: [
                Word::from_u64(u64::from(self.tx_type())),
                address(self.sender()),
                address(self.to().unwrap_or_default()),
                self.gas_limit(),
                self.gas_per_pubdata_limit(),
                self.max_fee_per_gas(),
                self.max_priority_fee_per_gas(),
                address(paymaster.map(|paymaster| paymaster.address).unwrap_or_default()),
                self.nonce(),
                self.value(),
            ],
            reserved,
            data: self.calldata(),
            signature,
            factory_deps: self.factory_deps(),
            paymaster_input: paymaster.map_or(&[], |paymaster| &paymaster.input),
        }
    }
}

/// Whether the number of the chain is part of what a legacy transaction signs, and whether the transaction deploys EVM code.
fn reserved(transaction: &L2Transaction) -> [Word; 4] {
    let flag = |is_set: bool| Word::from_u64(u64::from(is_set));
    let has_chain = matches!(transaction.kind, L2Kind::Legacy { chain_id: Some(_), .. });
    [flag(has_chain), flag(transaction.to.is_none()), Word::ZERO, Word::ZERO]
}

/// What is minted, and who gets what is left of it.
fn reserved_l1(transaction: &L1Transaction) -> [Word; 4] {
    let recipient = Word::from_address(&transaction.refund_recipient);
    [transaction.to_mint, recipient, Word::ZERO, Word::ZERO]
}

/// A number of bytes or items as a word.
const fn word(number: usize) -> Word {
    // No target has wider addresses.
    Word::from_u64(number as u64)
}

/// Words of a byte string with its length.
const fn words_of_bytes(bytes: &[u8]) -> usize {
    1 + bytes.len().div_ceil(WORD_BYTES)
}

impl Fields<'_> {
    /// Words of the dynamic fields.
    fn dynamic_words(&self) -> [usize; DYNAMIC_FIELDS] {
        [
            words_of_bytes(self.data),
            words_of_bytes(&self.signature),
            1 + self.factory_deps.len(),
            words_of_bytes(self.paymaster_input),
            words_of_bytes(&[]),
        ]
    }

    fn words(&self) -> usize {
        1 + HEAD_WORDS + self.dynamic_words().iter().sum::<usize>()
    }

    fn encode(&self) -> Vec<Word> {
        let mut words = Vec::with_capacity(self.words());
        words.push(word(WORD_BYTES));
        words.extend(self.fixed);
        words.extend(self.reserved);
        let mut offset = HEAD_WORDS;
        for length in self.dynamic_words() {
            words.push(word(offset * WORD_BYTES));
            offset += length;
        }
        append_bytes(&mut words, self.data);
        append_bytes(&mut words, &self.signature);
        words.push(word(self.factory_deps.len()));
        words.extend(self.factory_deps.iter().map(|dep| dep.hash().to_word()));
        append_bytes(&mut words, self.paymaster_input);
        append_bytes(&mut words, &[]);
        words
    }
}

/// Appends a byte string: its length, then its bytes with zeros behind them.
fn append_bytes(words: &mut Vec<Word>, bytes: &[u8]) {
    words.push(word(bytes.len()));
    let (whole, rest) = bytes.as_chunks::<WORD_BYTES>();
    words.extend(whole.iter().map(Word::from_be_bytes));
    if !rest.is_empty() {
        let mut last = [0; WORD_BYTES];
        last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        words.push(Word::from_be_bytes(&last));
    }
}
