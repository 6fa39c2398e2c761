//! Transactions of ZKsync: from and to their raw form, their hashes, and what the bootloader gets of them.
//!
//! | type | who sends it | raw form | hash |
//! |---|---|---|---|
//! | 0, legacy | anybody | RLP, signed with the chain (EIP-155) or without | Keccak of the raw form |
//! | 1 (EIP-2930), 2 (EIP-1559) | anybody | type and RLP; the access list must be empty | Keccak of the raw form |
//! | 0x71 | anybody | type and RLP with 16 items; signed as typed data (EIP-712) | Keccak of the signed hash and of the Keccak of the signature |
//! | 0xfe, protocol upgrade | L1 | – | Keccak of the [ABI encoding](Transaction::encode) |
//! | 0xff, priority operation | L1 | – | the same |
//!
//! ```
//! use eravm_host::transaction::{L2Kind, L2Transaction, Rules, Transaction};
//! use eravm_core::{Address, Word};
//!
//! let kind = L2Kind::Eip1559 {
//!     chain_id: 270,
//!     max_fee_per_gas: Word::from_u64(100_000_000),
//!     max_priority_fee_per_gas: Word::ZERO,
//!     signature: Default::default(),
//! };
//! let request = L2Transaction {
//!     to: Some(Address::repeat_byte(7)),
//!     gas_limit: Word::from_u64(1_000_000),
//!     ..L2Transaction::new(kind)
//! };
//! let signed = request.sign(&[1; 32])?;
//! let raw = signed.to_raw();
//! assert_eq!(L2Transaction::from_raw(&raw, &Rules::new(270, 29))?, signed);
//! let transaction = Transaction::from(signed);
//! assert_eq!(transaction.encode().len(), transaction.encoded_words());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod abi;
mod error;
mod factory_dep;
mod keccak;
mod l1;
mod l2;
mod prepared;
mod raw;
mod recovered_signer;
mod rlp;
mod signature;
mod typed_data;

pub use error::{DecodeError, Field, RlpError};
pub use factory_dep::{FactoryDep, FactoryDepError, MAX_FACTORY_DEPS, max_factory_deps};
pub use l1::L1Transaction;
pub use l2::{Eip712, L2Kind, L2Transaction, Paymaster};
pub use prepared::PreparedTransaction;
pub(crate) use raw::parse as parse_raw;
pub use raw::{MAX_RAW_BYTES, Rules};
pub use recovered_signer::RecoveredSigner;
pub(crate) use rlp::ListWriter;
pub use signature::{CustomSignature, Ecdsa, Signature, SignatureError, address_of_key};
pub(crate) use typed_data::TypedData;

use eravm_core::{Address, VersionedHash, Word};

/// The hash of a transaction, or the hash that is signed. It is of the type of all 32-byte hashes here, not the hash of code.
pub type TransactionHash = VersionedHash;

/// Type of legacy transactions.
pub const LEGACY: u8 = 0;
/// Type of transactions with an access list.
pub const EIP_2930: u8 = 1;
/// Type of transactions with two prices.
pub const EIP_1559: u8 = 2;
/// Type of transactions that are signed as typed data.
pub const EIP_712: u8 = 0x71;
/// Type of protocol upgrades.
pub const UPGRADE: u8 = 0xfe;
/// Type of priority operations.
pub const PRIORITY: u8 = 0xff;

/// What transactions of types 0, 1 and 2 pay at most per byte of pubdata, in gas: they have no field for it, and the
/// bootloader wants the highest limit that it allows.
pub const DEFAULT_GAS_PER_PUBDATA_LIMIT: u64 = 50_000;

/// A transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Transaction {
    /// Sent to L2.
    L2(L2Transaction),
    /// A priority operation from L1.
    Priority(L1Transaction),
    /// A protocol upgrade from L1.
    Upgrade(L1Transaction),
}

impl From<L2Transaction> for Transaction {
    fn from(transaction: L2Transaction) -> Self {
        Self::L2(transaction)
    }
}

impl Transaction {
    /// Its type, as a number.
    pub const fn tx_type(&self) -> u8 {
        match self {
            Self::L2(transaction) => transaction.kind.tx_type(),
            Self::Priority(_) => PRIORITY,
            Self::Upgrade(_) => UPGRADE,
        }
    }

    /// Whether it comes from L1.
    pub const fn is_from_l1(&self) -> bool {
        !matches!(self, Self::L2(_))
    }

    /// The account it is from.
    pub const fn sender(&self) -> Address {
        match self {
            Self::L2(transaction) => transaction.from,
            Self::Priority(transaction) | Self::Upgrade(transaction) => transaction.from,
        }
    }

    /// The contract it goes to; `None` if it deploys EVM code.
    pub const fn to(&self) -> Option<Address> {
        match self {
            Self::L2(transaction) => transaction.to,
            Self::Priority(transaction) | Self::Upgrade(transaction) => Some(transaction.to),
        }
    }

    /// Most gas that it may use.
    pub const fn gas_limit(&self) -> Word {
        match self {
            Self::L2(transaction) => transaction.gas_limit,
            Self::Priority(transaction) | Self::Upgrade(transaction) => transaction.gas_limit,
        }
    }

    /// Most gas that it pays per byte of pubdata.
    pub const fn gas_per_pubdata_limit(&self) -> Word {
        match self {
            Self::L2(transaction) => transaction.kind.gas_per_pubdata_limit(),
            Self::Priority(transaction) | Self::Upgrade(transaction) => {
                transaction.gas_per_pubdata_limit
            }
        }
    }

    /// Most that it pays per gas, in wei of the base token.
    pub const fn max_fee_per_gas(&self) -> Word {
        match self {
            Self::L2(transaction) => transaction.kind.max_fee_per_gas(),
            Self::Priority(transaction) | Self::Upgrade(transaction) => transaction.max_fee_per_gas,
        }
    }

    /// Most that it pays per gas beyond the base fee, in wei of the base token.
    pub const fn max_priority_fee_per_gas(&self) -> Word {
        match self {
            Self::L2(transaction) => transaction.kind.max_priority_fee_per_gas(),
            Self::Priority(_) | Self::Upgrade(_) => Word::ZERO,
        }
    }

    /// Its nonce; the number of a priority operation; the protocol version of an upgrade.
    pub const fn nonce(&self) -> Word {
        match self {
            Self::L2(transaction) => transaction.nonce,
            Self::Priority(transaction) | Self::Upgrade(transaction) => transaction.nonce,
        }
    }

    /// What it transfers, in wei of the base token.
    pub const fn value(&self) -> Word {
        match self {
            Self::L2(transaction) => transaction.value,
            Self::Priority(transaction) | Self::Upgrade(transaction) => transaction.value,
        }
    }

    /// Its calldata.
    pub fn calldata(&self) -> &[u8] {
        match self {
            Self::L2(transaction) => &transaction.calldata,
            Self::Priority(transaction) | Self::Upgrade(transaction) => &transaction.calldata,
        }
    }

    /// The code that comes with it.
    pub fn factory_deps(&self) -> &[FactoryDep] {
        match self {
            Self::L2(transaction) => transaction.kind.factory_deps(),
            Self::Priority(transaction) | Self::Upgrade(transaction) => &transaction.factory_deps,
        }
    }

    /// The paymaster; `None` if the account pays itself.
    pub fn paymaster(&self) -> Option<&Paymaster> {
        match self {
            Self::L2(transaction) => transaction.kind.paymaster(),
            Self::Priority(_) | Self::Upgrade(_) => None,
        }
    }

    /// Its hash, as in the table above.
    pub fn hash(&self) -> TransactionHash {
        match self {
            Self::L2(transaction) => transaction.hash(),
            Self::Priority(_) | Self::Upgrade(_) => {
                let bytes: Vec<u8> = self.encode().iter().flat_map(Word::to_be_bytes).collect();
                keccak::hash(&bytes)
            }
        }
    }

    /// The hash by which it is known, and the one that is signed: for those from L1, which nobody signs, the same.
    pub fn hashes(&self) -> [TransactionHash; 2] {
        match self {
            Self::L2(transaction) => transaction.hashes().into(),
            Self::Priority(_) | Self::Upgrade(_) => [self.hash(); 2],
        }
    }

    /// The hash that its sender signed; `None` if it comes from L1.
    pub fn signed_hash(&self) -> Option<TransactionHash> {
        match self {
            Self::L2(transaction) => Some(transaction.signed_hash()),
            Self::Priority(_) | Self::Upgrade(_) => None,
        }
    }
}
