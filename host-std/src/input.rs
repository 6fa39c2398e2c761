//! Reading what users name, with bounds.

use core::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Most bytes that are read of a file, packed or not. Build outputs of large projects stay below half of it.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// Name of the standard input.
pub const STDIN: &str = "-";

/// Why a file was not read.
#[derive(Debug)]
pub enum ReadError {
    /// The system said so.
    Io(io::Error),
    /// It is longer than [`MAX_FILE_BYTES`].
    TooLarge,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::TooLarge => write!(
                f,
                "is larger than {} MiB, the most that is read: give the contract's own artifact \
                 instead of the whole build",
                MAX_FILE_BYTES >> 20
            ),
        }
    }
}

impl core::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::TooLarge => None,
        }
    }
}

/// Reads a file, or the standard input if its name is `-`.
///
/// # Errors
/// If the system refuses or there is too much of it.
pub fn read(path: &str) -> Result<Vec<u8>, ReadError> {
    if path == STDIN {
        return bounded(io::stdin().lock());
    }
    read_file(Path::new(path))
}

/// Reads a file, whatever its name.
///
/// # Errors
/// If the system refuses or there is too much of it.
pub fn read_file(path: &Path) -> Result<Vec<u8>, ReadError> {
    let file = File::open(path).map_err(ReadError::Io)?;
    let metadata = file.metadata().map_err(ReadError::Io)?;
    if metadata.len() > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge);
    }
    bounded(file)
}

/// Reads to the end, but no more than is allowed.
pub(crate) fn bounded(reader: impl Read) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    reader.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(ReadError::Io)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge);
    }
    Ok(bytes)
}
