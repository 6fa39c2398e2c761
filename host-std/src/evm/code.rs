//! Code that is ready to run.

use super::differences::Difference;
use super::rules::Rules;
use eravm_core::VersionedHash;
use hashbrown::HashMap;
use revm_interpreter::bytecode::{Bytecode, JumpTable, opcode};
use std::fmt;

/// Zeros behind the code: the operand of a `PUSH32` in its last byte, and the `STOP` behind that. The crate's own analysis adds fewer, as
/// it knows where instructions begin; where `JUMPDEST`s in operands can be jumped to, they can begin anywhere.
const PADDING: usize = 33;

/// Code as it is published and stored: with zeros behind it, an odd number of words.
pub fn published(mut code: Vec<u8>) -> Vec<u8> {
    code.resize((code.len().div_ceil(32) | 1) * 32, 0);
    code
}

/// Code that is ready to run. Clones share it.
#[derive(Clone)]
pub struct Code {
    /// The code and what is behind it, with its analysis.
    padded: Bytecode,
    length: usize,
    /// Whether `JUMPDEST`s in operands are none.
    minds_operands: bool,
}

impl Code {
    /// Prepares code to be run under some rules. Takes time in its length.
    pub fn new(bytes: &[u8], rules: &Rules) -> Self {
        let mut padded = Vec::with_capacity(bytes.len() + PADDING);
        padded.extend_from_slice(bytes);
        padded.resize(bytes.len() + PADDING, opcode::STOP);
        Self {
            padded: Bytecode::new_legacy(padded.into()),
            length: bytes.len(),
            minds_operands: !rules.has(Difference::JumpsIntoOperands),
        }
    }

    /// The code.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        self.padded.original_byte_slice().get(..self.length).unwrap_or_default()
    }

    /// The code and zeros behind it.
    pub(super) const fn padded(&self) -> &Bytecode {
        &self.padded
    }

    /// Whether a place can be jumped to.
    #[inline]
    pub(super) fn is_destination(&self, at: usize) -> bool {
        if self.minds_operands {
            self.padded.legacy_jump_table().is_some_and(|table: &JumpTable| table.is_valid(at))
        } else {
            self.padded.original_byte_slice().get(at) == Some(&opcode::JUMPDEST)
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("length", &self.length).finish_non_exhaustive()
    }
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
        self.bytes += code.length;
        if self.bytes > MOST_BYTES {
            self.codes.clear();
            self.bytes = code.length;
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
        for differences in [Differences::NONE, Differences::ZKSYNC] {
            // A `PUSH32` in the operand of another, behind what can be jumped to.
            for bytes in [&[][..], &[0x7f, 1], &[0x60, 0x5b, 0x7f], &[0x61, 0x5b, 0x7f]] {
                let code = code(bytes, differences);
                let padded = code.padded().bytes_slice();
                assert_eq!(code.bytes(), bytes);
                assert_eq!(&padded[..bytes.len()], bytes);
                assert!(padded.len() >= bytes.len() + PADDING);
                assert!(padded[bytes.len()..].iter().all(|byte| *byte == 0));
            }
        }
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
