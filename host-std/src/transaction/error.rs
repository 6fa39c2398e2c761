//! Why bytes are not a raw transaction.

use super::factory_dep::FactoryDepError;
use super::signature::SignatureError;
use core::fmt;
use eravm_core::Word;

/// A part of a raw transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// All of it.
    Transaction,
    /// Number of the chain.
    ChainId,
    /// The nonce.
    Nonce,
    /// The one price per gas of types 0 and 1.
    GasPrice,
    /// What the operator may get beyond the base fee.
    MaxPriorityFeePerGas,
    /// Most that is paid per gas.
    MaxFeePerGas,
    /// The gas limit.
    GasLimit,
    /// The contract.
    To,
    /// The value.
    Value,
    /// The calldata.
    Data,
    /// Addresses and slots in advance.
    AccessList,
    /// The parity of y, in legacy transactions with the number of the chain.
    V,
    /// First half of the signature.
    R,
    /// Second half of the signature.
    S,
    /// The account.
    From,
    /// Most gas that is paid per byte of pubdata.
    GasPerPubdataLimit,
    /// The list of code.
    FactoryDeps,
    /// Code; the place in the list.
    FactoryDep(usize),
    /// Bytes for the account to judge.
    CustomSignature,
    /// The paymaster with its input.
    PaymasterParams,
    /// The paymaster.
    Paymaster,
    /// What the paymaster gets.
    PaymasterInput,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transaction => "the transaction",
            Self::ChainId => "chainId",
            Self::Nonce => "nonce",
            Self::GasPrice => "gasPrice",
            Self::MaxPriorityFeePerGas => "maxPriorityFeePerGas",
            Self::MaxFeePerGas => "maxFeePerGas",
            Self::GasLimit => "gasLimit",
            Self::To => "to",
            Self::Value => "value",
            Self::Data => "data",
            Self::AccessList => "accessList",
            Self::V => "v",
            Self::R => "r",
            Self::S => "s",
            Self::From => "from",
            Self::GasPerPubdataLimit => "gasPerPubdata",
            Self::FactoryDeps => "factoryDeps",
            Self::FactoryDep(at) => return write!(f, "factoryDeps[{at}]"),
            Self::CustomSignature => "customSignature",
            Self::PaymasterParams => "paymasterParams",
            Self::Paymaster => "paymaster",
            Self::PaymasterInput => "paymasterInput",
        })
    }
}

/// What is wrong with the RLP of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RlpError {
    /// It ends in the middle of an item.
    TooShort,
    /// Its length could be written shorter, or needs none.
    NotCanonical,
    /// It is a list where bytes are expected.
    UnexpectedList,
    /// It is bytes where a list is expected.
    UnexpectedBytes,
}

impl fmt::Display for RlpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "ends in the middle of an item: it was cut off, or a length is wrong",
            Self::NotCanonical => {
                "has a length that is not written in the shortest way: use a conforming RLP encoder"
            }
            Self::UnexpectedList => "is a list where bytes are expected",
            Self::UnexpectedBytes => "is bytes where a list is expected",
        })
    }
}

impl core::error::Error for RlpError {}

/// Why bytes are not a raw transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecodeError {
    /// There are none.
    Empty,
    /// There are more than are read.
    TooLong {
        /// How many.
        bytes: usize,
        /// How many are read.
        limit: usize,
    },
    /// The first byte is no known type.
    UnknownType(u8),
    /// Transactions of this type come from L1.
    OnlyFromL1(u8),
    /// A field is not RLP.
    Rlp {
        /// Which.
        field: Field,
        /// What is wrong.
        error: RlpError,
    },
    /// A list has another number of items than it must have.
    ItemCount {
        /// The list.
        field: Field,
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// There is more behind the transaction; how many bytes.
    TrailingBytes(usize),
    /// A number begins with a zero.
    LeadingZero(Field),
    /// A number has more bits than there may be.
    TooLarge {
        /// Which.
        field: Field,
        /// How many there may be.
        bits: u16,
    },
    /// An address does not have 20 bytes.
    AddressLength {
        /// Which.
        field: Field,
        /// How many it has.
        found: usize,
    },
    /// The transaction is for another chain.
    WrongChain {
        /// Which.
        found: u64,
        /// This one.
        expected: u64,
    },
    /// The access list is not empty.
    AccessList,
    /// v is neither of the values for an even or odd y.
    Parity(Word),
    /// Nobody has signed.
    Signature(SignatureError),
    /// There is more code than may come with a transaction.
    TooManyFactoryDeps {
        /// How many there may be.
        limit: usize,
    },
    /// A piece of code is none.
    FactoryDep {
        /// Its place.
        index: usize,
        /// What is wrong.
        error: FactoryDepError,
    },
    /// A transaction of type 0x71 has no contract to go to.
    NoTarget,
    /// The transaction deploys EVM code, which the chain does not run.
    NoEvm,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the raw transaction is empty"),
            Self::TooLong { bytes, limit } => {
                write!(f, "the raw transaction has {bytes} bytes, more than the {limit} that are read")
            }
            Self::UnknownType(byte) => write!(
                f,
                "{byte:#04x} is no known type of transaction: send type 0 (RLP alone), 0x01, 0x02 or 0x71"
            ),
            Self::OnlyFromL1(byte) => {
                write!(f, "transactions of type {byte:#04x} come from L1 and cannot be sent raw")
            }
            Self::Rlp { field, error } => write!(f, "{field} {error}"),
            Self::ItemCount { field, found, expected } => {
                write!(f, "{field} has {found} items where {expected} are expected")
            }
            Self::TrailingBytes(count) => write!(f, "{count} bytes follow the transaction"),
            Self::LeadingZero(field) => {
                write!(f, "{field} begins with a zero byte: RLP numbers have none (and zero has no byte)")
            }
            Self::TooLarge { field, bits } => write!(f, "{field} does not fit {bits} bits"),
            Self::AddressLength { field, found } => {
                write!(f, "{field} has {found} bytes where the 20 of an address are expected")
            }
            Self::WrongChain { found, expected } => {
                write!(f, "the transaction is for chain {found}, not for {expected}")
            }
            Self::AccessList => f.write_str("accessList must be empty: ZKsync has no access lists"),
            Self::Parity(v) => {
                write!(f, "v is {v}, which stands neither for an even nor for an odd y of the signature")
            }
            Self::Signature(error) => fmt::Display::fmt(error, f),
            Self::TooManyFactoryDeps { limit } => {
                write!(f, "factoryDeps has more than the {limit} items that are allowed")
            }
            Self::FactoryDep { index, error } => write!(f, "factoryDeps[{index}]: {error}"),
            Self::NoTarget => f.write_str(
                "to is empty, but type 0x71 has no deployments: call the deployer (0x8006) instead",
            ),
            Self::NoEvm => f.write_str(
                "to is empty, which would deploy EVM code, and this protocol version does not run any",
            ),
        }
    }
}

impl core::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Rlp { error, .. } => Some(error),
            Self::Signature(error) => Some(error),
            Self::FactoryDep { error, .. } => Some(error),
            _ => None,
        }
    }
}
