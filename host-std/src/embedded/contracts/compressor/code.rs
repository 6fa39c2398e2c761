//! Compressed code: the number of entries of a dictionary, the entries of 8 bytes, and for each 8 bytes of the code the index of an entry.

use super::super::{code_hash, known_codes, l1_messenger};
use super::input::Input;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use crate::embedded::solidity::{Selector, error, selector};
use crate::system_contracts::addresses::COMPRESSOR;
use eravm_core::{VersionedHash, Word};

/// Bytes of an entry.
const ENTRY: usize = 8;
/// Bytes of an index, and of the number of entries.
const INDEX: usize = 2;

/// Publishes code in its compressed form, and makes it known. Who may ask for it is not asked here.
pub(crate) fn publish_compressed_bytecode(
    cx: &mut Context<'_>,
    code: &[u8],
    compressed: &[u8],
) -> Result<VersionedHash, Failure> {
    publish(cx, &Input::new(code), &Input::new(compressed))
}

pub(super) fn publish(
    cx: &mut Context<'_>,
    code: &Input<'_>,
    compressed: &Input<'_>,
) -> Result<VersionedHash, Failure> {
    check(cx, code, compressed)?;
    let hash = code_hash::of_code(cx, code.bytes())?;
    l1_messenger::send_to_l1(cx, &COMPRESSOR, compressed.bytes()).map_err(Failure::of_call)?;
    known_codes::mark_published(cx, &hash, false).map_err(Failure::of_call)?;
    Ok(hash)
}

/// Reverts unless the code is what its compressed form says.
fn check(cx: &mut Context<'_>, code: &Input<'_>, compressed: &Input<'_>) -> Result<(), Failure> {
    const WRONG_LENGTH: Selector = selector("EncodedLengthNotFourTimesSmallerThanOriginal()");
    const LARGE_DICTIONARY: Selector =
        selector("DictionaryDividedByEightNotGreaterThanEncodedDividedByTwo()");
    const UNKNOWN_INDEX: Selector = selector("IndexOutOfBounds()");
    const WRONG_CHUNK: Selector = selector("EncodedAndRealBytecodeChunkNotEqual(uint64,uint64)");
    let entries = usize::from(u16::from_be_bytes(compressed.array(0)));
    let dictionary = compressed.part(INDEX, entries * ENTRY)?;
    let indices = compressed.from(INDEX + entries * ENTRY)?;
    if indices.len() * (ENTRY / INDEX) != code.len() {
        return Err(error(WRONG_LENGTH, &[]));
    }
    if entries > indices.len() / INDEX {
        return Err(error(LARGE_DICTIONARY, &[]));
    }
    cx.charge_times(prices::COMPRESSED_BYTE, code.len() as u64)?;
    for at in (0..indices.len()).step_by(INDEX) {
        let place = usize::from(u16::from_be_bytes(indices.array(at))) * ENTRY;
        // SPEC: the last place of a dictionary without entries wraps, and all places are before it.
        if place > dictionary.len().wrapping_sub(1) {
            return Err(error(UNKNOWN_INDEX, &[]));
        }
        let entry = u64::from_be_bytes(dictionary.array(place));
        let chunk = u64::from_be_bytes(code.array(at * (ENTRY / INDEX)));
        if entry != chunk {
            return Err(error(WRONG_CHUNK, &[Word::from_u64(chunk), Word::from_u64(entry)]));
        }
    }
    Ok(())
}
