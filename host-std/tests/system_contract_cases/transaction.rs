//! Transactions as accounts get them.

use crate::abi::Value;
use eravm_core::{Address, Word};
use eravm_host::transaction::{Ecdsa, address_of_key};

/// The type of the structure in signatures of functions.
macro_rules! transaction_type {
    () => {
        "(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256[4],bytes,bytes,bytes32[],bytes,bytes)"
    };
}
pub(crate) use transaction_type;

/// A key, whose account has no code.
const KEY: [u8; 32] = [0x4b; 32];

/// The account of the key.
pub(crate) fn signer() -> Address {
    address_of_key(&KEY).expect("it is a key")
}

/// The key's signature of a hash.
pub(crate) fn signature(hash: &Word) -> Vec<u8> {
    Ecdsa::sign(&KEY, &hash.to_be_bytes()).expect("it is a key").packed().to_vec()
}

/// The structure, with the fields that matter.
#[derive(Clone, Debug)]
pub(crate) struct Transaction {
    pub(crate) kind: Word,
    pub(crate) to: Word,
    pub(crate) gas_limit: Word,
    pub(crate) max_fee: Word,
    pub(crate) paymaster: Word,
    pub(crate) nonce: Word,
    pub(crate) value: Word,
    pub(crate) reserved: [Word; 4],
    pub(crate) data: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) factory_deps: Vec<Word>,
    pub(crate) paymaster_input: Vec<u8>,
}

impl Transaction {
    pub(crate) fn new(kind: u64) -> Self {
        Self {
            kind: Word::from_u64(kind),
            to: Word::from_address(&Address::repeat_byte(0x77)),
            gas_limit: Word::from_u64(100_000),
            max_fee: Word::from_u64(20),
            paymaster: Word::ZERO,
            nonce: Word::ZERO,
            value: Word::ZERO,
            reserved: [Word::ZERO; 4],
            data: Vec::new(),
            signature: vec![27; 65],
            factory_deps: Vec::new(),
            paymaster_input: Vec::new(),
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        let word = Value::Word;
        Value::Tuple(vec![
            word(self.kind),
            word(Word::from_address(&signer())),
            word(self.to),
            word(self.gas_limit),
            word(Word::from_u64(50_000)),
            word(self.max_fee),
            word(Word::from_u64(3)),
            word(self.paymaster),
            word(self.nonce),
            word(self.value),
            Value::Tuple(self.reserved.iter().copied().map(word).collect()),
            Value::Bytes(self.data.clone()),
            Value::Bytes(self.signature.clone()),
            Value::Array(self.factory_deps.iter().copied().map(word).collect()),
            Value::Bytes(self.paymaster_input.clone()),
            Value::Bytes(Vec::new()),
        ])
    }
}
