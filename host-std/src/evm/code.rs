//! Code that is ready to run.

use super::differences::Difference;
use super::rules::Rules;
use eravm_core::VersionedHash;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Zeros behind the code: the operand of a `PUSH32` in its last byte, and the `STOP` behind that.
const PADDING: usize = 33;
/// `JUMPDEST`.
const JUMP_DESTINATION: u8 = 0x5b;
/// `PUSH1`, the first of 32.
const PUSH1: u8 = 0x60;
/// Zeros for an operand that is not there.
const ZEROS: [u8; 32] = [0; 32];

/// Code that is ready to run. Clones share it.
#[derive(Clone)]
pub struct Code(Arc<Inner>);

struct Inner {
    /// The code and what is behind it.
    padded: Box<[u8]>,
    length: usize,
    /// Where it can be jumped to, a bit for each byte. `None` where every `JUMPDEST` is one.
    destinations: Option<Box<[u64]>>,
}

impl Code {
    /// Prepares code to be run under some rules. Takes time in its length.
    pub fn new(bytes: &[u8], rules: &Rules) -> Self {
        let mut padded = Vec::with_capacity(bytes.len() + PADDING);
        padded.extend_from_slice(bytes);
        padded.resize(bytes.len() + PADDING, 0);
        let analyses = !rules.has(Difference::JumpsIntoOperands);
        Self(Arc::new(Inner {
            padded: padded.into(),
            length: bytes.len(),
            destinations: analyses.then(|| destinations(bytes)),
        }))
    }

    /// The code.
    pub fn bytes(&self) -> &[u8] {
        self.0.padded.get(..self.0.length).unwrap_or_default()
    }

    /// The byte at a place; zero behind the end.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.0.padded.get(at).copied().unwrap_or(0)
    }

    /// Some bytes at a place, 32 at most; zeros behind the end.
    pub(super) fn operand(&self, at: usize, length: usize) -> &[u8] {
        let end = at.saturating_add(length);
        self.0.padded.get(at..end).or(ZEROS.get(..length)).unwrap_or_default()
    }

    /// Whether a place can be jumped to.
    pub(super) fn is_destination(&self, at: usize) -> bool {
        match &self.0.destinations {
            None => self.bytes().get(at) == Some(&JUMP_DESTINATION),
            Some(bits) => bits.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 != 0),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("length", &self.0.length).finish_non_exhaustive()
    }
}

/// The places of `JUMPDEST`s that are no operands.
fn destinations(code: &[u8]) -> Box<[u64]> {
    let mut bits = vec![0; code.len().div_ceil(64)];
    let mut at = 0;
    while let Some(&byte) = code.get(at) {
        if byte == JUMP_DESTINATION
            && let Some(bits) = bits.get_mut(at / 64)
        {
            *bits |= 1 << (at % 64);
        }
        let operand = byte.wrapping_sub(PUSH1);
        at += if operand < 32 { usize::from(operand) + 2 } else { 1 };
    }
    bits.into()
}

/// Code that was prepared before, by hash, for one set of rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct CodeCache {
    codes: HashMap<VersionedHash, Code>,
    bytes: usize,
}

/// Bytes of code that are kept at most.
const MOST_BYTES: usize = 32 << 20;

impl CodeCache {
    /// The code with a hash, if it is kept.
    pub(crate) fn get(&self, hash: &VersionedHash) -> Option<Code> {
        self.codes.get(hash).cloned()
    }

    /// Keeps code. When there is too much of it, all is forgotten: what a batch runs often is soon there again.
    pub(crate) fn insert(&mut self, hash: VersionedHash, code: &Code) {
        self.bytes += code.0.length;
        if self.bytes > MOST_BYTES {
            self.codes.clear();
            self.bytes = code.0.length;
        }
        self.codes.insert(hash, code.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::super::differences::Differences;
    use super::super::fork::Fork;
    use super::*;

    fn code(bytes: &[u8], differences: Differences) -> Code {
        Code::new(bytes, &Rules::new(Fork::Cancun, differences))
    }

    #[test]
    fn operands_are_destinations_only_where_code_is_not_analysed() {
        let bytes = [0x5b, 0x60, 0x5b, 0x5b, 0x61, 0x5b];
        let places = |code: &Code| (0..8).filter(|at| code.is_destination(*at)).collect::<Vec<_>>();
        assert_eq!(places(&code(&bytes, Differences::NONE)), [0, 3]);
        assert_eq!(places(&code(&bytes, Differences::ZKSYNC)), [0, 2, 3, 5]);
        let long = [0x5b; 130];
        assert_eq!(
            (0..200).filter(|at| code(&long, Differences::NONE).is_destination(*at)).count(),
            130
        );
    }

    #[test]
    fn there_are_zeros_behind_code() {
        let code = code(&[0x7f, 1], Differences::NONE);
        assert_eq!(code.operand(1, 32), [&[1][..], &[0; 31]].concat());
        assert_eq!(code.operand(usize::MAX, 32), [0; 32]);
        assert_eq!((code.byte(0), code.byte(34), code.byte(usize::MAX)), (0x7f, 0, 0));
        assert_eq!(code.bytes(), [0x7f, 1]);
    }

    #[test]
    fn the_cache_is_bounded() {
        let mut cache = CodeCache::default();
        let code = code(&[0; 1 << 16], Differences::ZKSYNC);
        for number in 0..=(MOST_BYTES >> 16) as u16 {
            let mut hash = VersionedHash([0; 32]);
            hash.0[30..].copy_from_slice(&number.to_be_bytes());
            cache.insert(hash, &code);
            assert!(cache.get(&hash).is_some());
            assert!(cache.codes.len() <= MOST_BYTES >> 16);
        }
        assert_eq!(cache.codes.len(), 1);
    }
}
