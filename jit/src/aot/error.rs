//! What can be wrong with a file of native code.

use super::EXTENSION;
use super::format::VERSION;
use crate::fingerprint::Fingerprint;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file or folder of native code cannot be used, or not be written.
#[derive(Debug)]
pub struct AotError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub kind: AotErrorKind,
}

/// Why a file or folder of native code cannot be used, or not be written.
#[derive(Debug)]
pub enum AotErrorKind {
    /// The system does not let it be read.
    Read(io::Error),
    /// The system does not let it be written.
    Write(io::Error),
    /// The system does not map it to executable memory.
    Map(io::Error),
    /// Others than the owner may write it; the permissions, as unix has them.
    WritableByOthers(u32),
    /// The folder has no file with native code.
    Empty,
    /// There is no program to be written.
    NoPrograms,
    /// It has fewer bytes than it must have.
    Truncated {
        /// How many it has.
        bytes: u64,
        /// How many it must have at least.
        needed: u64,
    },
    /// It has more bytes than it says.
    TooLong {
        /// How many it has.
        bytes: u64,
        /// How many it says.
        needed: u64,
    },
    /// The table or the code has more bytes than there may be: how many.
    TooLarge(u64),
    /// It is no file of native code.
    NotNativeCode,
    /// It is written in another version of the format: in which.
    OtherFormat(u32),
    /// It was made by another build, for another kind of processor, or with other options.
    OtherFingerprint {
        /// Of the file.
        found: Fingerprint,
        /// Of the compiler.
        own: Fingerprint,
    },
    /// Its hash is not that of its contents.
    Damaged,
    /// Its contents contradict themselves, although the hash is right: how.
    Malformed(&'static str),
}

/// What to do about a file that cannot be used.
const ANEW: &str = "make it anew with `eravm jit-aot`";

impl fmt::Display for AotErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot be read: {error}"),
            Self::Write(error) => write!(f, "cannot be written: {error}"),
            Self::Map(error) => write!(
                f,
                "cannot be mapped to executable memory: {error}; it must be on a file system that is not mounted with `noexec`"
            ),
            Self::WritableByOthers(mode) => write!(
                f,
                "can be written by others than its owner (permissions {:03o}), who could have any code executed: take that right away with `chmod go-w`",
                mode & 0o777
            ),
            Self::Empty => {
                write!(
                    f,
                    "has no file *.{EXTENSION} with native code: make one with `eravm jit-aot`"
                )
            }
            Self::NoPrograms => {
                f.write_str("would have no native code: there is no program for it")
            }
            Self::Truncated { bytes, needed } => {
                write!(f, "has {bytes} bytes where it must have {needed}: {ANEW}")
            }
            Self::TooLong { bytes, needed } => {
                write!(f, "has {bytes} bytes where it says that it has {needed}: {ANEW}")
            }
            Self::TooLarge(bytes) => write!(
                f,
                "has {bytes} bytes of table or code, which is more than there may be: {ANEW}, with fewer programs"
            ),
            Self::NotNativeCode => write!(f, "is no file of native code: {ANEW}"),
            Self::OtherFormat(found) => write!(
                f,
                "has version {found} of the format, and this is version {VERSION}: {ANEW}"
            ),
            Self::OtherFingerprint { found, own } => write!(
                f,
                "was made by another build, for another processor or with other options (its fingerprint is {}, that of this compiler {}): {ANEW}",
                found.short(),
                own.short()
            ),
            Self::Damaged => write!(f, "is damaged: its contents do not have its hash: {ANEW}"),
            Self::Malformed(what) => write!(f, "is malformed: {what}: {ANEW}"),
        }
    }
}

impl AotErrorKind {
    /// The error of a file or folder.
    pub(super) fn of(self, path: &Path) -> AotError {
        AotError { path: path.to_owned(), kind: self }
    }
}

impl fmt::Display for AotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path.display(), self.kind)
    }
}

impl std::error::Error for AotError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            AotErrorKind::Read(error) | AotErrorKind::Write(error) | AotErrorKind::Map(error) => {
                Some(error)
            }
            _ => None,
        }
    }
}
