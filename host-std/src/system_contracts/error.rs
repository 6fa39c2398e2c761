//! What can be wrong with a bundle, and what is worth a warning.

use crate::artifact::ArtifactErrorKind;
use crate::input::{MAX_FILE_BYTES, ReadError};
use crate::number::quote;
use crate::pubdata::InvalidBytecode;
use core::fmt;
use eravm_core::{Address, VersionedHash};

/// A bundle that cannot be used.
#[derive(Debug)]
pub struct BundleError {
    /// The file, folder or member of an archive that is to blame.
    pub entry: String,
    /// What is wrong with it. Boxed to keep results small.
    pub kind: Box<BundleErrorKind>,
}

/// Kinds of [`BundleError`].
#[derive(Debug)]
pub enum BundleErrorKind {
    /// It cannot be read.
    Read(ReadError),
    /// It is a damaged archive or artifact.
    Artifact(ArtifactErrorKind),
    /// It is neither a folder nor a tar archive, packed or not.
    NotABundle,
    /// An artifact's code cannot be deployed.
    Bytecode(InvalidBytecode),
    /// The bundle has another artifact of the same name with other code.
    Conflict {
        /// Where the other one is.
        other: String,
    },
    /// The folder has more files and folders than this.
    TooManyEntries(usize),
    /// The folder has folders in folders deeper than this.
    TooDeep(usize),
    /// The artifacts in it have more bytes than are read.
    TooLarge,
    /// There is no bootloader in it.
    NoBootloader,
    /// There is no default account in it.
    NoDefaultAccount,
}

impl fmt::Display for BundleErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => fmt::Display::fmt(error, f),
            Self::Artifact(error) => fmt::Display::fmt(error, f),
            Self::NotABundle => f.write_str(
                "is no bundle of system contracts: give a folder of artifacts, or a tar archive of one",
            ),
            Self::Bytecode(error) => write!(f, "has {error}"),
            Self::Conflict { other } => write!(
                f,
                "has other code than {}, which has the same name: give a bundle of one build only",
                quote(other)
            ),
            Self::TooManyEntries(most) => {
                write!(f, "has more than {most} files: give the folder of the artifacts alone")
            }
            Self::TooDeep(most) => write!(f, "is more than {most} folders deep"),
            Self::TooLarge => {
                write!(f, "has artifacts of more than {} MiB", MAX_FILE_BYTES >> 20)
            }
            Self::NoBootloader => f.write_str("has no bootloader in it (proved_batch.json)"),
            Self::NoDefaultAccount => {
                f.write_str("has no default account in it (DefaultAccount.json)")
            }
        }
    }
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.entry, self.kind)
    }
}

impl core::error::Error for BundleError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &*self.kind {
            BundleErrorKind::Read(error) => Some(error),
            BundleErrorKind::Bytecode(error) => Some(error),
            _ => None,
        }
    }
}

/// Something about a bundle that its user should know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Warning {
    /// Base contracts that are not known: the protocol version is not known either.
    UnknownBundle {
        /// The bootloader for batches that are proved.
        bootloader: Option<VersionedHash>,
        /// The default account.
        default_account: VersionedHash,
        /// What runs EVM code.
        evm_emulator: Option<VersionedHash>,
    },
    /// A contract of this protocol version is missing.
    Missing {
        /// Its name.
        name: &'static str,
        /// Its address.
        address: Address,
        /// The protocol version.
        protocol: u16,
    },
    /// An artifact is there twice, with the same code.
    Repeated {
        /// The one that is used.
        first: String,
        /// The one that is not.
        second: String,
    },
    /// An artifact has no code and is passed over.
    WithoutCode(String),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownBundle { bootloader, default_account, evm_emulator } => {
                let shown = |hash: &Option<VersionedHash>| match hash {
                    Some(hash) => hash.to_string(),
                    None => "none".to_owned(),
                };
                write!(
                    f,
                    "these system contracts are of no known protocol version (bootloader {}, default account \
                     {default_account}, EVM emulator {}): say which version they are for",
                    shown(bootloader),
                    shown(evm_emulator)
                )
            }
            Self::Missing { name, address, protocol } => write!(
                f,
                "{name}, which protocol version {protocol} has at {address:?}, is not in the bundle"
            ),
            Self::Repeated { first, second } => {
                write!(f, "{} has the same code as {}", quote(second), quote(first))
            }
            Self::WithoutCode(entry) => write!(f, "{} has no code", quote(entry)),
        }
    }
}
