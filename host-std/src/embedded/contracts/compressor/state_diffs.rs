//! Compressed state diffs: the number of slots that are new, then these with their keys, then others with their enumeration indices.

use super::input::Input;
use super::value;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use crate::embedded::solidity::{Selector, error, out_of_bounds, overflow, selector};
use eravm_core::Word;
use primitive_types::U256;

/// Bytes of a state diff.
const DIFF: usize = 272;
/// Places of its fields.
const KEY: usize = 52;
const INDEX: usize = 84;
const BEFORE: usize = 92;
const AFTER: usize = 124;

/// Bytes that an enumeration index has at most.
const MOST_INDEX_BYTES: u64 = 8;
/// Bytes of the number of new slots.
const COUNT_BYTES: usize = 2;

/// Reverts unless state diffs are what their compressed form says; returns the hash of them.
pub(super) fn verify(
    cx: &mut Context<'_>,
    count: &Word,
    index_bytes: &Word,
    diffs: &Input<'_>,
    compressed: &Input<'_>,
) -> Result<Word, Failure> {
    const WRONG_INDEX_BYTES: Selector = selector("IndexSizeError()");
    const WRONG_COUNT: Selector =
        selector("CompressorInitialWritesProcessedNotEqual(uint256,uint256)");
    const WRONG_LENGTH: Selector = selector("StateDiffLengthMismatch()");
    let index_bytes = index_bytes.to_u64().filter(|bytes| *bytes <= MOST_INDEX_BYTES);
    let index_bytes = index_bytes.ok_or_else(|| error(WRONG_INDEX_BYTES, &[]))? as usize;
    let total = U256::from(*count).checked_mul(DIFF.into()).ok_or_else(overflow)?;
    let work = total.min(diffs.len().into()).low_u64();
    cx.charge_times(prices::COMPRESSED_BYTE, work)?;
    let expected = u16::from_be_bytes(compressed.array(0));
    let mut form = Form { compressed: *compressed, at: COUNT_BYTES };
    let mut new = 0;
    each(diffs, total, |diff| {
        if diff.index == 0 {
            new += 1;
            form.read_new(diff)?;
        }
        Ok(())
    })?;
    if new != u64::from(expected) {
        return Err(error(WRONG_COUNT, &[Word::from_u64(expected.into()), Word::from_u64(new)]));
    }
    each(
        diffs,
        total,
        |diff| {
            if diff.index == 0 { Ok(()) } else { form.read_known(diff, index_bytes) }
        },
    )?;
    if form.at != compressed.len() {
        return Err(error(WRONG_LENGTH, &[]));
    }
    cx.keccak(&[diffs.bytes()])
}

/// What of a state diff is compressed.
struct Diff {
    key: Word,
    index: u64,
    before: Word,
    after: Word,
}

/// Does something with each state diff. There may be fewer than are said to be.
fn each(
    diffs: &Input<'_>,
    total: U256,
    mut work: impl FnMut(&Diff) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut at = 0;
    while U256::from(at) < total {
        let diff = diffs.part(at, DIFF)?;
        let word = |at| Word::from_be_bytes(&diff.array(at));
        work(&Diff {
            key: word(KEY),
            index: u64::from_be_bytes(diff.array(INDEX)),
            before: word(BEFORE),
            after: word(AFTER),
        })?;
        at += DIFF;
    }
    Ok(())
}

/// The compressed form, which is read from its beginning.
struct Form<'a> {
    compressed: Input<'a>,
    at: usize,
}

impl<'a> Form<'a> {
    /// A slot that is new.
    fn read_new(&mut self, diff: &Diff) -> Result<(), Failure> {
        const WRONG_KEY: Selector =
            selector("DerivedKeyNotEqualToCompressedValue(bytes32,bytes32)");
        // SPEC: nobody looks whether the key is in the string.
        let key = Word::from_be_bytes(&self.compressed.array(self.at));
        if key != diff.key {
            return Err(error(WRONG_KEY, &[diff.key, key]));
        }
        self.at += 32;
        self.read_value(diff)
    }

    /// A slot that is not.
    fn read_known(&mut self, diff: &Diff, index_bytes: usize) -> Result<(), Failure> {
        const WRONG_INDEX: Selector = selector("CompressorEnumIndexNotEqual(uint256,uint256)");
        let index = value::number(self.take(index_bytes)?);
        let expected = Word::from_u64(diff.index);
        if index != expected {
            return Err(error(WRONG_INDEX, &[expected, index]));
        }
        self.read_value(diff)
    }

    /// How the value changed.
    fn read_value(&mut self, diff: &Diff) -> Result<(), Failure> {
        let metadata = self.compressed.bytes().get(self.at).copied().ok_or_else(out_of_bounds)?;
        self.at += 1;
        let (operation, length) = value::parse(metadata);
        let number = value::number(self.take(length)?);
        value::verify(&diff.before, &diff.after, operation, &number)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Failure> {
        let part = self.compressed.part(self.at, length)?;
        self.at += length;
        Ok(part.bytes())
    }
}
