//! What can be wrong with an artifact.

use super::Format;
use crate::hex::HexError;
use crate::input::{MAX_FILE_BYTES, ReadError};
use core::fmt;
use eravm_core::VersionedHash;
use eravm_core::asm::AsmError;

/// An artifact that cannot be used.
#[derive(Debug)]
pub struct ArtifactError {
    /// The file, as the user named it.
    pub file: String,
    /// What is wrong with it. Boxed to keep results small.
    pub kind: Box<ArtifactErrorKind>,
}

/// Kinds of [`ArtifactError`].
#[derive(Debug)]
pub enum ArtifactErrorKind {
    /// The file cannot be read.
    Read(ReadError),
    /// It is packed with gzip, and the packed data is damaged.
    Gzip(String),
    /// It is a tar archive, and the archive is damaged.
    Tar(String),
    /// It is a tar archive with more members than this.
    TooManyMembers(usize),
    /// It is empty.
    Empty,
    /// It is text, but nothing that is known; how it begins.
    UnknownText(String),
    /// It begins like hexadecimal digits, but is not.
    Hex(HexError),
    /// It begins like JSON, but is not; the parser's message with line and column.
    Json(String),
    /// It is JSON, but no known artifact; the keys at the top.
    UnknownJson(Vec<String>),
    /// A value of an artifact is not of the type that it must have.
    WrongType {
        /// What kind of artifact it is.
        format: Format,
        /// The value's place.
        path: String,
        /// The type that it must have.
        expected: &'static str,
        /// The type that it has.
        found: &'static str,
    },
    /// A string of an artifact should be hexadecimal digits.
    BadHex {
        /// What kind of artifact it is.
        format: Format,
        /// The string's place.
        path: String,
        /// What is wrong.
        error: HexError,
    },
    /// A string of an artifact should be a versioned hash: 32 bytes.
    BadHash {
        /// What kind of artifact it is.
        format: Format,
        /// The string's place.
        path: String,
        /// The string.
        found: String,
    },
    /// The compiler reported errors; the first of them.
    CompilerErrors(String),
    /// It is a source text of the assembler, and wrong.
    Assembly(AsmError),
    /// There is no contract in it.
    NoContract,
    /// There are several contracts, and none was chosen; their names.
    SeveralContracts(Vec<String>),
    /// There is no contract of that name; the names that there are.
    UnknownContract {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The contract has no code: it is abstract, an interface, or was not compiled.
    NoCode(String),
    /// The contract refers to libraries whose addresses are not filled in.
    Unlinked {
        /// The contract.
        contract: String,
        /// A library or placeholder.
        library: String,
    },
    /// The code has a number of bytes that is not a multiple of 32.
    PartialWord {
        /// The number of bytes.
        bytes: usize,
    },
    /// The code has more words than 16 bits can count.
    TooLong {
        /// The number of 32-byte words.
        words: usize,
    },
    /// The artifact states another hash than its code has.
    HashMismatch {
        /// The contract.
        contract: String,
        /// The hash in the artifact.
        stated: VersionedHash,
        /// The hash of the code.
        actual: VersionedHash,
    },
}

/// Most names that a message lists.
const LISTED: usize = 60;

fn list(f: &mut fmt::Formatter<'_>, names: &[String]) -> fmt::Result {
    for (index, name) in names.iter().take(LISTED).enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        write!(f, "{separator}{}", crate::number::quote(name))?;
    }
    match names.len().checked_sub(LISTED) {
        Some(more) if more > 0 => write!(f, " and {more} more"),
        _ => Ok(()),
    }
}

/// What a message says about files in no known format.
const KNOWN_FORMATS: &str = "give bytecode (raw or in hexadecimal), EraVM assembly, an artifact of \
     foundry-zksync or hardhat-zksync, the JSON output of zksolc, or a tar archive of artifacts";

impl fmt::Display for ArtifactErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => fmt::Display::fmt(error, f),
            Self::Gzip(message) => {
                write!(f, "is packed with gzip and damaged ({message}): fetch it again")
            }
            Self::Tar(message) => {
                write!(f, "is a tar archive and damaged ({message}): fetch it again")
            }
            Self::TooManyMembers(most) => write!(
                f,
                "is a tar archive with more than {most} members: pack only the artifacts that are needed"
            ),
            Self::Empty => write!(f, "is empty: {KNOWN_FORMATS}"),
            Self::UnknownText(start) => {
                write!(f, "is text in no known format, beginning with {start:?}: {KNOWN_FORMATS}")
            }
            Self::Hex(error) => write!(f, "is not bytecode in hexadecimal: {error}"),
            Self::Json(message) => write!(
                f,
                "is not valid JSON ({message}): if the file was cut off, compile or fetch it again"
            ),
            Self::UnknownJson(keys) => {
                f.write_str("is JSON, but no known artifact (keys at the top: ")?;
                list(f, keys)?;
                write!(f, "): {KNOWN_FORMATS}")
            }
            Self::WrongType { format, path, expected, found } => write!(
                f,
                "looks like {format}, but {path} is {found} where {expected} is expected: compile it again"
            ),
            Self::BadHex { format, path, error } => {
                write!(f, "looks like {format}, but {path} is not hexadecimal: {error}")
            }
            Self::BadHash { format, path, found } => write!(
                f,
                "looks like {format}, but {path} is `{found}` where a hash of 64 hexadecimal digits \
                 is expected"
            ),
            Self::CompilerErrors(first) => {
                write!(f, "is the output of a compilation that failed: {first}")
            }
            Self::Assembly(error) => write!(f, "is EraVM assembly with a mistake: {error}"),
            Self::NoContract => f.write_str("has no contract in it: choose another file"),
            Self::SeveralContracts(names) => {
                f.write_str("has several contracts; choose one with FILE:NAME (for PROGRAM also --contract-name): ")?;
                list(f, names)
            }
            Self::UnknownContract { name, known } => {
                write!(f, "has no contract `{}`; it has: ", crate::number::quote(name))?;
                list(f, known)
            }
            Self::NoCode(contract) => write!(
                f,
                "has no code for {contract}: it is abstract, an interface, or was compiled without \
                 asking for bytecode"
            ),
            Self::Unlinked { contract, library } => write!(
                f,
                "has code for {contract} that is not linked: the address of {library} is missing; \
                 link it (for instance with `zksolc --link`) first"
            ),
            Self::PartialWord { bytes } => {
                write!(
                    f,
                    "has code of {bytes} bytes, which is not a multiple of 32: it is cut off, or code \
                     for another machine (compile it with zksolc, not solc)"
                )
            }
            Self::TooLong { words } => write!(
                f,
                "has code of {words} words of 32 bytes, more than the {} that there may be",
                eravm_core::MAX_CODE_WORDS
            ),
            Self::HashMismatch { contract, stated, actual } => write!(
                f,
                "states the hash {stated} for {contract}, but its code has the hash {actual}: the \
                 file was changed by hand or damaged; compile it again"
            ),
        }
    }
}

impl fmt::Display for ArtifactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file.as_str() {
            crate::input::STDIN => f.write_str("standard input")?,
            file => f.write_str(file)?,
        }
        write!(f, " {}", self.kind)
    }
}

impl core::error::Error for ArtifactError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &*self.kind {
            ArtifactErrorKind::Read(error) => Some(error),
            ArtifactErrorKind::Assembly(error) => Some(error),
            ArtifactErrorKind::Hex(error) | ArtifactErrorKind::BadHex { error, .. } => Some(error),
            _ => None,
        }
    }
}

const _: () = assert!(MAX_FILE_BYTES < u32::MAX as u64, "places in files fit 32 bits");
