//! Transactions that are sent to L2.

use super::factory_dep::FactoryDep;
use super::keccak::{hash, keccak};
use super::recovered_signer::RecoveredSigner;
use super::signature::{Ecdsa, Signature, SignatureError, address_of_key};
use super::{
    DEFAULT_GAS_PER_PUBDATA_LIMIT, EIP_712, EIP_1559, EIP_2930, LEGACY, TransactionHash, raw,
    typed_data,
};
use eravm_core::{Address, Word};
use std::borrow::Cow;

/// A transaction that is sent to L2.
///
/// It is made without a valid signature ([`new`](Self::new)) and then [signed](Self::sign), or read from its raw form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct L2Transaction {
    /// The account it is from. Types 0, 1 and 2 do not say it: there it is the signer.
    pub from: Address,
    /// The contract it goes to; `None` if it deploys EVM code, which type 0x71 cannot.
    pub to: Option<Address>,
    /// The nonce: 64 bits of sequence, above them the key of the sequence.
    pub nonce: Word,
    /// Most gas that it may use.
    pub gas_limit: Word,
    /// What it transfers, in wei of the base token.
    pub value: Word,
    /// Its calldata.
    pub calldata: Vec<u8>,
    /// What depends on its type.
    pub kind: L2Kind,
}

/// What depends on the type of a transaction. Prices are in wei of the base token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum L2Kind {
    /// Type 0.
    Legacy {
        /// The chain, if it is signed (EIP-155).
        chain_id: Option<u64>,
        /// What it pays per gas at most.
        gas_price: Word,
        /// The signature.
        signature: Ecdsa,
    },
    /// Type 1. Its access list is empty.
    Eip2930 {
        /// The chain.
        chain_id: u64,
        /// What it pays per gas at most.
        gas_price: Word,
        /// The signature.
        signature: Ecdsa,
    },
    /// Type 2. Its access list is empty.
    Eip1559 {
        /// The chain.
        chain_id: u64,
        /// What it pays per gas at most.
        max_fee_per_gas: Word,
        /// What it pays per gas at most beyond the base fee.
        max_priority_fee_per_gas: Word,
        /// The signature.
        signature: Ecdsa,
    },
    /// Type 0x71.
    Eip712(Box<Eip712>),
}

/// What only transactions of type 0x71 have, with their prices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Eip712 {
    /// The chain.
    pub chain_id: u64,
    /// What it pays per gas at most, in wei of the base token.
    pub max_fee_per_gas: Word,
    /// What it pays per gas at most beyond the base fee, in wei of the base token.
    pub max_priority_fee_per_gas: Word,
    /// Most gas that it pays per byte of pubdata.
    pub gas_per_pubdata_limit: Word,
    /// The code that comes with it.
    pub factory_deps: Vec<FactoryDep>,
    /// Who pays; `None` for the account itself, which is also what a paymaster with address zero stands for.
    pub paymaster: Option<Paymaster>,
    /// The signature.
    pub signature: Signature,
}

/// Who pays for a transaction.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Paymaster {
    /// The contract.
    pub address: Address,
    /// What it gets.
    pub input: Vec<u8>,
}

impl L2Kind {
    /// The type as a number.
    pub const fn tx_type(&self) -> u8 {
        match self {
            Self::Legacy { .. } => LEGACY,
            Self::Eip2930 { .. } => EIP_2930,
            Self::Eip1559 { .. } => EIP_1559,
            Self::Eip712(_) => EIP_712,
        }
    }

    /// The chain; `None` for legacy transactions that are valid on every chain.
    pub const fn chain_id(&self) -> Option<u64> {
        match self {
            Self::Legacy { chain_id, .. } => *chain_id,
            Self::Eip2930 { chain_id, .. } | Self::Eip1559 { chain_id, .. } => Some(*chain_id),
            Self::Eip712(own) => Some(own.chain_id),
        }
    }

    /// What it pays per gas at most, in wei of the base token.
    pub const fn max_fee_per_gas(&self) -> Word {
        match self {
            Self::Legacy { gas_price, .. } | Self::Eip2930 { gas_price, .. } => *gas_price,
            Self::Eip1559 { max_fee_per_gas, .. } => *max_fee_per_gas,
            Self::Eip712(own) => own.max_fee_per_gas,
        }
    }

    /// What it pays per gas at most beyond the base fee, in wei of the base token. Types 0 and 1 have but one price, and the
    /// bootloader insists that this is the same.
    pub const fn max_priority_fee_per_gas(&self) -> Word {
        match self {
            Self::Legacy { gas_price, .. } | Self::Eip2930 { gas_price, .. } => *gas_price,
            Self::Eip1559 { max_priority_fee_per_gas, .. } => *max_priority_fee_per_gas,
            Self::Eip712(own) => own.max_priority_fee_per_gas,
        }
    }

    /// Most gas that it pays per byte of pubdata.
    pub const fn gas_per_pubdata_limit(&self) -> Word {
        match self {
            Self::Eip712(own) => own.gas_per_pubdata_limit,
            _ => Word::from_u64(DEFAULT_GAS_PER_PUBDATA_LIMIT),
        }
    }

    /// The code that comes with it.
    pub fn factory_deps(&self) -> &[FactoryDep] {
        match self {
            Self::Eip712(own) => &own.factory_deps,
            _ => &[],
        }
    }

    /// The paymaster; `None` if the account pays itself.
    pub fn paymaster(&self) -> Option<&Paymaster> {
        match self {
            Self::Eip712(own) => {
                own.paymaster.as_ref().filter(|paymaster| !paymaster.address.is_zero())
            }
            _ => None,
        }
    }

    /// The signature as the account gets it.
    pub fn signature(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Legacy { signature, .. }
            | Self::Eip2930 { signature, .. }
            | Self::Eip1559 { signature, .. } => Cow::Owned(signature.packed().to_vec()),
            Self::Eip712(own) => own.signature.to_bytes(),
        }
    }

    /// The signature in r, s and parity: from its own fields, or from as many bytes.
    pub(super) fn ecdsa(&self) -> Option<Ecdsa> {
        match self {
            Self::Legacy { signature, .. }
            | Self::Eip2930 { signature, .. }
            | Self::Eip1559 { signature, .. } => Some(*signature),
            Self::Eip712(own) => match &own.signature {
                Signature::Ecdsa(signature) => Some(*signature),
                Signature::Custom(signature) => Ecdsa::from_packed(&signature.bytes),
            },
        }
    }
}

impl L2Transaction {
    /// A transaction of this kind in which everything else is zero.
    pub fn new(kind: L2Kind) -> Self {
        Self {
            from: Address::zero(),
            to: None,
            nonce: Word::ZERO,
            gas_limit: Word::ZERO,
            value: Word::ZERO,
            calldata: Vec::new(),
            kind,
        }
    }

    /// The hash that is signed: of the RLP without signature, for type 0x71 of typed data.
    pub fn signed_hash(&self) -> TransactionHash {
        match &self.kind {
            L2Kind::Eip712(own) => typed_data::signed_hash(self, own),
            _ => raw::signed_hash(self),
        }
    }

    /// The hash by which it is known.
    pub fn hash(&self) -> TransactionHash {
        match &self.kind {
            L2Kind::Eip712(_) => self.hashes().0,
            _ => hash(&self.to_raw()),
        }
    }

    /// The hash by which it is known, and the one that is signed: for type 0x71, the former is made of the latter.
    pub fn hashes(&self) -> (TransactionHash, TransactionHash) {
        let signed = self.signed_hash();
        let L2Kind::Eip712(own) = &self.kind else { return (hash(&self.to_raw()), signed) };
        let signature = keccak([&*own.signature.to_bytes()]);
        let known = keccak([&signed.0[..], &signature[..]]);
        (TransactionHash::from(Word::from_be_bytes(&known)), signed)
    }

    /// Signs it with a private key. Types 0, 1 and 2 are then from the account of that key; type 0x71 stays from whom it is
    /// from, because keys of others may sign for a contract.
    ///
    /// # Errors
    /// If the key is zero or not below the order of the group.
    pub fn sign(mut self, key: &[u8; 32]) -> Result<Self, SignatureError> {
        let signed = Ecdsa::sign(key, &self.signed_hash().0)?;
        match &mut self.kind {
            L2Kind::Legacy { signature, .. }
            | L2Kind::Eip2930 { signature, .. }
            | L2Kind::Eip1559 { signature, .. } => {
                *signature = signed;
                self.from = address_of_key(key)?;
            }
            L2Kind::Eip712(own) => own.signature = Signature::Ecdsa(signed),
        }
        Ok(self)
    }

    /// The same transaction made for another chain. Legacy ones that are valid on every chain stay so.
    #[must_use]
    pub fn on_chain(&self, chain: u64) -> Self {
        let mut transaction = self.clone();
        match &mut transaction.kind {
            L2Kind::Legacy { chain_id, .. } => *chain_id = chain_id.map(|_| chain),
            L2Kind::Eip2930 { chain_id, .. } | L2Kind::Eip1559 { chain_id, .. } => {
                *chain_id = chain;
            }
            L2Kind::Eip712(own) => own.chain_id = chain,
        }
        transaction
    }

    /// Who signed it.
    ///
    /// # Errors
    /// If the signature is not r, s and 27 or 28, or nobody can have signed like that.
    pub fn recover_signer(&self) -> Result<RecoveredSigner, SignatureError> {
        let signature = self.kind.ecdsa();
        let bytes = || self.kind.signature().len();
        let signature = signature.ok_or_else(|| SignatureError::NotEcdsa(bytes()))?;
        RecoveredSigner::new(self.signed_hash(), signature)
    }

    /// Whether the account signed it itself, as accounts without code of their own demand. Returns its signature, checked.
    ///
    /// # Errors
    /// If it did not.
    pub fn check_signer(&self) -> Result<RecoveredSigner, SignatureError> {
        let signer = self.recover_signer()?;
        if signer.address() == self.from {
            Ok(signer)
        } else {
            Err(SignatureError::WrongSigner { recovered: signer.address(), from: self.from })
        }
    }
}
