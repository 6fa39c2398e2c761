//! Versioned hashes: the names under which bytecode is known.
//!
//! Byte 0 is the kind (1 EraVM code, 2 blob of foreign code), byte 1 whether it is being constructed,
//! bytes 2..4 the length (EraVM: 32-byte words; blob: bytes), bytes 4..32 the tail of the SHA-256.

use crate::word::Word;
use core::fmt;

/// A versioned bytecode hash, as stored in `AccountCodeStorage`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VersionedHash(pub [u8; 32]);

/// The part of a versioned hash that names the code: without kind, marker and length.
pub type CodeDigest = [u8; 28];

/// What a well-formed versioned hash says about the code behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeKind {
    /// EraVM bytecode.
    EraVm,
    /// A blob in another format, run by the EVM emulator.
    Blob,
}

impl VersionedHash {
    /// Kind byte of EraVM code.
    pub const ERAVM: u8 = 1;
    /// Kind byte of a blob.
    pub const BLOB: u8 = 2;

    /// Kind and whether the code is still being constructed; `None` if malformed.
    pub const fn parse(&self) -> Option<(CodeKind, bool)> {
        Self::parse_head(self.0[0], self.0[1])
    }

    const fn parse_head(kind: u8, constructing: u8) -> Option<(CodeKind, bool)> {
        let constructing = match constructing {
            0 => false,
            1 => true,
            _ => return None,
        };
        match kind {
            Self::ERAVM => Some((CodeKind::EraVm, constructing)),
            Self::BLOB => Some((CodeKind::Blob, constructing)),
            _ => None,
        }
    }

    /// Bytes 2..4: length in words (EraVM) or bytes (blob).
    pub const fn length(&self) -> u16 {
        u16::from_be_bytes([self.0[2], self.0[3]])
    }

    /// The 28 bytes by which decommitment identifies code.
    pub fn digest(&self) -> CodeDigest {
        let mut digest = [0; 28];
        digest.copy_from_slice(&self.0[4..]);
        digest
    }

    /// This hash with the "being constructed" marker removed.
    #[must_use]
    pub const fn at_rest(mut self) -> Self {
        self.0[1] = 0;
        self
    }

    /// The hash of EraVM code at rest. `None` if the length is not a whole number of words or exceeds 16 bits.
    #[cfg(feature = "sha256")]
    pub fn of_code(code: &[u8]) -> Option<Self> {
        let words =
            u16::try_from(code.len() / 32).ok().filter(|_| code.len().is_multiple_of(32))?;
        Some(Self::of(Self::ERAVM, words, code))
    }

    /// The hash of foreign code at rest: of its length in bytes, and of the code as it is published, padded.
    #[cfg(feature = "sha256")]
    pub fn of_blob(length: u16, padded: &[u8]) -> Self {
        Self::of(Self::BLOB, length, padded)
    }

    #[cfg(feature = "sha256")]
    fn of(kind: u8, length: u16, code: &[u8]) -> Self {
        use sha2::Digest;
        let mut hash: [u8; 32] = sha2::Sha256::digest(code).into();
        hash[..2].copy_from_slice(&[kind, 0]);
        hash[2..4].copy_from_slice(&length.to_be_bytes());
        Self(hash)
    }

    /// As a machine word.
    pub fn to_word(&self) -> Word {
        Word::from_be_bytes(&self.0)
    }
}

/// A versioned hash in the machine, as the word that is in storage.
///
/// PERF: taken apart in limbs. A load of bytes that were stored in limbs has to wait for them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct HashWord(pub(crate) Word);

impl HashWord {
    /// No hash.
    pub(crate) const ZERO: Self = Self(Word::ZERO);

    const fn head(self) -> [u8; 4] {
        ((self.0.0[3] >> 32) as u32).to_be_bytes()
    }

    /// [`VersionedHash::parse`].
    pub(crate) const fn parse(self) -> Option<(CodeKind, bool)> {
        let [kind, constructing, ..] = self.head();
        VersionedHash::parse_head(kind, constructing)
    }

    /// Its first byte, whether or not the rest is well-formed.
    pub(crate) const fn kind(self) -> u8 {
        self.head()[0]
    }

    /// [`VersionedHash::length`].
    pub(crate) const fn length(self) -> u16 {
        let [.., high, low] = self.head();
        u16::from_be_bytes([high, low])
    }

    /// [`VersionedHash::digest`], in the low 28 bytes.
    pub(crate) const fn digest(self) -> Word {
        let Word([l0, l1, l2, l3]) = self.0;
        Word([l0, l1, l2, l3 & 0xffff_ffff])
    }

    /// Whether code with this digest is what it names.
    #[inline(always)]
    pub(crate) const fn has_digest(&self, digest: &Word) -> bool {
        let (Word([l0, l1, l2, l3]), Word([d0, d1, d2, d3])) = (&self.0, digest);
        *l0 == *d0 && *l1 == *d1 && *l2 == *d2 && *l3 & 0xffff_ffff == *d3
    }
}

impl From<VersionedHash> for HashWord {
    fn from(hash: VersionedHash) -> Self {
        Self(hash.to_word())
    }
}

impl From<Word> for VersionedHash {
    fn from(word: Word) -> Self {
        Self(word.to_be_bytes())
    }
}

impl fmt::Display for VersionedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for VersionedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
