//! What can be wrong with a batch file.

use super::format::TypeName;
use crate::artifact::ArtifactError;
use crate::hex::HexError;
use crate::input::ReadError;
use crate::pubdata::{FormatError, InvalidBytecode};
use crate::system_contracts::Flavour;
use crate::transaction::{DecodeError, SignatureError};
use core::fmt;
use eravm_core::{Address, CodeError, ProtocolTooOld, VersionedHash};

/// A batch file that cannot be used.
#[derive(Debug)]
pub struct BatchFileError {
    /// Where in the file, as `transactions[3].key`; empty for the file as a whole.
    pub place: String,
    /// What is wrong there. Boxed to keep results small.
    pub kind: Box<BatchFileErrorKind>,
}

/// Kinds of [`BatchFileError`].
#[derive(Debug)]
pub enum BatchFileErrorKind {
    /// It cannot be read.
    Read(ReadError),
    /// It is not JSON of this shape; the parser's message with line and column.
    Json(String),
    /// It has neither transactions nor blocks.
    NoTransactions,
    /// It has both transactions and blocks.
    TransactionsAndBlocks,
    /// It has more transactions than a batch.
    TooManyTransactions(usize),
    /// The bundle's protocol version is not known, and the file does not say it.
    UnknownProtocol,
    /// The protocol version is too old.
    Protocol(ProtocolTooOld),
    /// The bundle lacks a bootloader.
    NoBootloader(Flavour),
    /// Code cannot be loaded.
    Artifact(ArtifactError),
    /// Code in the file is not hexadecimal.
    Hex(HexError),
    /// Code cannot be deployed.
    Bytecode(InvalidBytecode),
    /// Code cannot be run.
    Code(CodeError),
    /// An account is there twice, perhaps once by name and once by address.
    AccountTwice(Address),
    /// A slot is there twice.
    SlotTwice,
    /// The balances together do not fit 256 bits.
    TotalSupply,
    /// What the transaction pays for and transfers does not fit 256 bits.
    Cost,
    /// The form of pubdata does not go with the protocol version.
    Format(FormatError),
    /// The field does not go with the type of transaction.
    NotOfType(TypeField),
    /// The transaction does not say where it goes.
    NoTarget,
    /// The transaction says both what to deploy and where it goes or with what data.
    DeployAndTarget,
    /// The transaction does not say who sends it.
    NoSender,
    /// Nobody can sign for this account.
    NoKey(Address),
    /// The private key has another number of bytes.
    KeyLength(usize),
    /// Signing failed.
    Signature(SignatureError),
    /// The key belongs to another account, and this type has no other way to say who sends it.
    OtherSender {
        /// Who the key belongs to.
        signer: Address,
        /// Who should send it.
        from: Address,
    },
    /// The raw transaction cannot be read.
    Raw(DecodeError),
    /// More code comes with the transaction than may.
    TooManyFactoryDeps {
        /// How much.
        count: usize,
        /// How much may.
        limit: usize,
    },
    /// Code that the deployed contract deploys itself is in none of the files.
    MissingDependency {
        /// Its hash.
        hash: VersionedHash,
        /// The compiler's name for it.
        name: String,
    },
}

/// A field that is not of a type of transaction. Opaque, as it only is for the message.
#[derive(Clone, Copy, Debug)]
pub struct TypeField {
    pub(super) kind: TypeName,
    pub(super) takes: &'static str,
}

impl BatchFileErrorKind {
    /// At a place of the file.
    pub(super) fn at(self, place: impl Into<String>) -> BatchFileError {
        BatchFileError { place: place.into(), kind: Box::new(self) }
    }
}

impl fmt::Display for BatchFileErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => fmt::Display::fmt(error, f),
            Self::Json(message) => f.write_str(message),
            Self::NoTransactions => f.write_str(
                "there are neither `transactions` nor `blocks`: write \"transactions\": [] for a batch without any",
            ),
            Self::TransactionsAndBlocks => f.write_str(
                "there are both `transactions` and `blocks`: put the transactions into the blocks",
            ),
            Self::TooManyTransactions(count) => write!(
                f,
                "there are {count} transactions, more than the {} of a batch: make several batches of them",
                crate::batch::MAX_TRANSACTIONS
            ),
            Self::UnknownProtocol => f.write_str(
                "the system contracts are of no known protocol version: say it in environment.protocol",
            ),
            Self::Protocol(error) => fmt::Display::fmt(error, f),
            Self::NoBootloader(flavour) => {
                write!(f, "the system contracts have no bootloader of the kind {flavour:?}")
            }
            Self::Artifact(error) => fmt::Display::fmt(error, f),
            Self::Hex(error) => fmt::Display::fmt(error, f),
            Self::Bytecode(error) => {
                write!(f, "{error}: give the bytecode of zksolc exactly as it wrote it")
            }
            Self::Code(error) => fmt::Display::fmt(error, f),
            Self::AccountTwice(address) => {
                write!(f, "the account {address:?} is there twice: put everything into one object")
            }
            Self::SlotTwice => f.write_str("the slot is there twice: leave one of them out"),
            Self::TotalSupply => {
                f.write_str("all balances together do not fit 256 bits: make them smaller")
            }
            Self::Cost => f.write_str(
                "what it transfers and pays for gas does not fit 256 bits: lower the value, the gas or its price",
            ),
            Self::Format(error) => fmt::Display::fmt(error, f),
            Self::NotOfType(field) => write!(
                f,
                "a transaction of type `{}` does not have this field: leave it out, or take {}",
                field.kind.name(),
                field.takes
            ),
            Self::NoTarget => f.write_str(
                "the transaction does not go anywhere: add `to`; or `deploy`; or, to deploy EVM code, `data`",
            ),
            Self::DeployAndTarget => f.write_str(
                "`deploy` says what the transaction does, so that there is no place for this field: leave it out",
            ),
            Self::NoSender => f.write_str(
                "nobody sends the transaction: add `from` with the name of a test account, or `key` with a private key",
            ),
            Self::NoKey(address) => write!(
                f,
                "there is no key to sign for {address:?}: add `key`, or name a test account instead of an address"
            ),
            Self::KeyLength(bytes) => {
                write!(f, "the private key has {bytes} bytes where 32 are expected")
            }
            Self::Signature(error) => fmt::Display::fmt(error, f),
            Self::OtherSender { signer, from } => write!(
                f,
                "the key belongs to {signer:?}, not to {from:?}: only type `eip712` may be signed by somebody else"
            ),
            Self::Raw(error) => fmt::Display::fmt(error, f),
            Self::TooManyFactoryDeps { count, limit } => {
                write!(f, "{count} pieces of code come with the transaction, more than the {limit} allowed")
            }
            Self::MissingDependency { hash, name } => write!(
                f,
                "the contract deploys {name} ({hash}), whose code is not in the file: add its file to `factory_deps`"
            ),
        }
    }
}

impl fmt::Display for BatchFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&*self.kind, self.place.as_str()) {
            // Reads as one sentence behind the file's name.
            (BatchFileErrorKind::Read(error), "") => fmt::Display::fmt(error, f),
            (kind, "") => write!(f, "cannot be used: {kind}"),
            (kind, place) => write!(f, "at {place}: {kind}"),
        }
    }
}

impl core::error::Error for BatchFileErrorKind {}

impl core::error::Error for BatchFileError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.kind)
    }
}
