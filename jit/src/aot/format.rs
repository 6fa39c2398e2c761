//! The format of files with native code, written and read.
//!
//! All numbers have their least significant byte first. The file is
//!
//! | bytes | what |
//! |--:|---|
//! | 8 | `ERAVMAOT` |
//! | 4 | version of the format |
//! | 4 | number of programs |
//! | 32 | fingerprint of the compiler |
//! | 32 | SHA-256 of all other bytes of the file |
//! | 8 | bytes of the table |
//! | 8 | bytes of code |
//! | | the table |
//! | | zeros up to a multiple of [`PAGE_BYTES`] |
//! | | the code |
//!
//! and the table has for each program, in the order of their hashes,
//!
//! | bytes | what |
//! |--:|---|
//! | 32 | its versioned hash |
//! | 8 | where its code begins, from the beginning of all code |
//! | 8 | bytes of its code |
//! | 4 | number of entries |
//! | 8 each | program counter (2), what to pass to the function (2), where the function begins from the beginning of the program's code (4) |
//!
//! Code of one program begins where that of the one before ends, or behind filling bytes.

use super::error::AotErrorKind;
use super::reader::Reader;
use crate::fingerprint::Fingerprint;
use crate::native_code::{ALIGNMENT, CodeEntry};
use eravm_core::VersionedHash;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;

/// Version of the format.
pub(super) const VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"ERAVMAOT";
/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = 96;
/// Where the hash is.
const HASH: Range<usize> = 48..80;
/// What the beginning of code is a multiple of: the largest page that processors have whose code we make.
pub(super) const PAGE_BYTES: usize = 1 << 16;
/// Most bytes of a table, which is read to memory.
const MAX_TABLE_BYTES: u64 = 1 << 28;
/// Most bytes of code.
const MAX_CODE_BYTES: u64 = 1 << 32;

/// The beginning of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Header {
    pub(super) programs: u32,
    pub(super) fingerprint: Fingerprint,
    /// Of all other bytes of the file.
    pub(super) hash: [u8; 32],
    pub(super) table_bytes: usize,
    pub(super) code_bytes: usize,
}

impl Header {
    pub(super) fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(self.programs.to_le_bytes());
        bytes.extend(self.fingerprint.0);
        bytes.extend(self.hash);
        bytes.extend((self.table_bytes as u64).to_le_bytes());
        bytes.extend((self.code_bytes as u64).to_le_bytes());
        let mut header = [0; HEADER_BYTES];
        header.copy_from_slice(&bytes);
        header
    }

    /// Reads the beginning of a file with `length` bytes. Whether the hash is right is to be seen.
    pub(super) fn read(bytes: &[u8], length: u64, own: &Fingerprint) -> Result<Self, AotErrorKind> {
        let magic = bytes.get(..MAGIC.len().min(bytes.len())).unwrap_or_default();
        if !MAGIC.starts_with(magic) {
            return Err(AotErrorKind::NotNativeCode);
        }
        let needed = HEADER_BYTES as u64;
        let truncated = |_| AotErrorKind::Truncated { bytes: length, needed };
        let mut reader = Reader::new(bytes);
        reader.bytes::<8>().map_err(truncated)?;
        let version = reader.u32().map_err(truncated)?;
        if version != VERSION {
            return Err(AotErrorKind::OtherFormat(version));
        }
        let programs = reader.u32().map_err(truncated)?;
        let fingerprint = Fingerprint(reader.bytes().map_err(truncated)?);
        if fingerprint != *own {
            return Err(AotErrorKind::OtherFingerprint { found: fingerprint, own: *own });
        }
        let hash = reader.bytes().map_err(truncated)?;
        let table_bytes = limited(reader.u64().map_err(truncated)?, MAX_TABLE_BYTES)?;
        let code_bytes = limited(reader.u64().map_err(truncated)?, MAX_CODE_BYTES)?;
        let header = Self { programs, fingerprint, hash, table_bytes, code_bytes };
        let needed = header.code_offset() as u64 + code_bytes as u64;
        match length {
            bytes if bytes < needed => Err(AotErrorKind::Truncated { bytes, needed }),
            bytes if bytes > needed => Err(AotErrorKind::TooLong { bytes, needed }),
            _ => Ok(header),
        }
    }

    /// Whether what is to be written can be read again.
    pub(super) fn check(&self) -> Result<(), AotErrorKind> {
        limited(self.table_bytes as u64, MAX_TABLE_BYTES)?;
        limited(self.code_bytes as u64, MAX_CODE_BYTES).map(drop)
    }

    /// Where code begins.
    pub(super) const fn code_offset(&self) -> usize {
        (HEADER_BYTES + self.table_bytes).next_multiple_of(PAGE_BYTES)
    }
}

fn limited(bytes: u64, most: u64) -> Result<usize, AotErrorKind> {
    let fits = usize::try_from(bytes).ok().filter(|_| bytes <= most);
    fits.ok_or(AotErrorKind::TooLarge(bytes))
}

/// The hash that belongs in the header, of everything but the hash itself. `front` is all that precedes the code.
pub(super) fn hash_of(front: &[u8], code: &[u8]) -> [u8; 32] {
    let mut sha256 = Sha256::new();
    sha256.update(front.get(..HASH.start).unwrap_or_default());
    sha256.update(front.get(HASH.end..).unwrap_or_default());
    sha256.update(code);
    sha256.finalize().into()
}

/// Native code of a program in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Stored {
    /// Where its code is, from the beginning of all code.
    pub(super) code: Range<usize>,
    pub(super) entries: Vec<CodeEntry>,
}

/// The programs of a file, by their hashes.
pub(super) type Table = BTreeMap<VersionedHash, Stored>;

pub(super) fn write_table(table: &Table) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (hash, Stored { code, entries }) in table {
        bytes.extend(hash.0);
        bytes.extend((code.start as u64).to_le_bytes());
        bytes.extend((code.len() as u64).to_le_bytes());
        bytes.extend((entries.len() as u32).to_le_bytes());
        for entry in entries {
            bytes.extend(entry.pc.to_le_bytes());
            bytes.extend(entry.number.to_le_bytes());
            bytes.extend(entry.function.to_le_bytes());
        }
    }
    bytes
}

/// Reads the table of a file with so many bytes of code. `front` is all that precedes the code.
pub(super) fn read_table(front: &[u8], header: &Header) -> Result<Table, AotErrorKind> {
    let end = HEADER_BYTES + header.table_bytes;
    let (Some(table), Some(filling)) = (front.get(HEADER_BYTES..end), front.get(end..)) else {
        return Err(AotErrorKind::Malformed("it has no table"));
    };
    if filling.iter().any(|byte| *byte != 0) {
        return Err(AotErrorKind::Malformed("there is something between the table and the code"));
    }
    let (mut reader, mut programs, mut begin) = (Reader::new(table), Table::new(), 0);
    for _ in 0..header.programs {
        let (hash, stored) = read_program(&mut reader, begin..header.code_bytes)?;
        if programs.last_key_value().is_some_and(|(last, _)| *last >= hash) {
            return Err(AotErrorKind::Malformed("programs are not in the order of their hashes"));
        }
        begin = stored.code.end;
        programs.insert(hash, stored);
    }
    if !reader.is_at_end() || programs.is_empty() {
        return Err(AotErrorKind::Malformed("it has more or fewer programs than it says"));
    }
    Ok(programs)
}

/// Reads a program whose code must be within a range of all code.
fn read_program(
    reader: &mut Reader<'_>,
    room: Range<usize>,
) -> Result<(VersionedHash, Stored), AotErrorKind> {
    let hash = VersionedHash(reader.bytes()?);
    let (begin, length, count) = (reader.u64()?, reader.u64()?, reader.u32()?);
    let begin = usize::try_from(begin).ok().filter(|begin| *begin >= room.start);
    let end = begin.zip(usize::try_from(length).ok()).and_then(|(at, len)| at.checked_add(len));
    let (Some(begin), Some(end)) = (begin, end.filter(|end| *end <= room.end)) else {
        return Err(AotErrorKind::Malformed("code of a program is outside, or that of another"));
    };
    if !begin.is_multiple_of(ALIGNMENT) {
        return Err(AotErrorKind::Malformed("code of a program is not aligned"));
    }
    let mut entries = Vec::new();
    for _ in 0..count {
        // Not reserved beforehand: the number may be anything, and bytes run out.
        entries.push(read_entry(reader, &hash, end - begin)?);
    }
    Ok((hash, Stored { code: begin..end, entries }))
}

fn read_entry(
    reader: &mut Reader<'_>,
    hash: &VersionedHash,
    code_bytes: usize,
) -> Result<CodeEntry, AotErrorKind> {
    let (pc, number, function) = (reader.u16()?, reader.u16()?, reader.u32()?);
    let at = function as usize;
    if at >= code_bytes || !at.is_multiple_of(ALIGNMENT) {
        return Err(AotErrorKind::Malformed("an entry is outside of its program's code"));
    }
    if usize::from(pc) >= instructions_of(hash)? {
        return Err(AotErrorKind::Malformed("an entry is at no instruction"));
    }
    Ok(CodeEntry { pc, number, function })
}

/// Instructions of a program with this hash: four in a word.
fn instructions_of(hash: &VersionedHash) -> Result<usize, AotErrorKind> {
    let [VersionedHash::ERAVM, 0, high, low, ..] = hash.0 else {
        return Err(AotErrorKind::Malformed("a hash is not that of a program"));
    };
    Ok(usize::from(u16::from_be_bytes([high, low])) * 4)
}
