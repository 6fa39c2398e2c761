//! Decoded code, kept for later batches.

use eravm_core::{Program, VersionedHash};
use hashbrown::HashMap;
use std::sync::{Mutex, PoisonError};

/// Bytes of decoded code that are kept, roughly.
const MOST_BYTES: usize = 128 << 20;
/// Bytes of a word of code: itself and four prepared instructions.
const BYTES_PER_WORD: usize = 128;

/// Decoded code. What was not used for longest is forgotten.
#[derive(Debug, Default)]
pub(super) struct Programs(Mutex<Generations>);

/// What was used lately, and what was before.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<VersionedHash, Program>,
    young_bytes: usize,
    old: HashMap<VersionedHash, Program>,
}

impl Generations {
    fn insert(&mut self, hash: VersionedHash, program: Program, most_bytes: usize) {
        let bytes = program.words().len().saturating_mul(BYTES_PER_WORD);
        if self.young_bytes.saturating_add(bytes) > most_bytes / 2 {
            self.old = core::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        if self.young.insert(hash, program).is_none() {
            self.young_bytes = self.young_bytes.saturating_add(bytes);
        }
    }

    fn get(&mut self, hash: &VersionedHash, most_bytes: usize) -> Option<Program> {
        if let Some(program) = self.young.get(hash) {
            return Some(program.clone());
        }
        let program = self.old.remove(hash)?;
        self.insert(*hash, program.clone(), most_bytes);
        Some(program)
    }
}

impl Programs {
    /// The code with a hash, or else what `decode` makes.
    pub(super) fn get_or<E>(
        &self,
        hash: &VersionedHash,
        decode: impl FnOnce() -> Result<Program, E>,
    ) -> Result<Program, E> {
        // No panic leaves the maps other than whole.
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = lock().get(hash, MOST_BYTES) {
            return Ok(program);
        }
        let program = decode()?;
        lock().insert(*hash, program.clone(), MOST_BYTES);
        Ok(program)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eravm_core::Word;

    #[test]
    fn what_was_not_used_for_longest_is_forgotten_and_memory_is_bounded() {
        let hash = |number| VersionedHash([number; 32]);
        let program = Program::from_words(vec![Word::ZERO; 10]).unwrap();
        let most = 8 * 10 * BYTES_PER_WORD;
        let mut kept = Generations::default();
        for number in 0..100 {
            kept.insert(hash(number), program.clone(), most);
            assert!(kept.get(&hash(0), most).is_some(), "{number}: it is used all the time");
            assert!(kept.young.len() + kept.old.len() <= 8, "{number}");
        }
        assert!(kept.get(&hash(99), most).is_some());
        assert!(kept.get(&hash(50), most).is_none());
    }
}
