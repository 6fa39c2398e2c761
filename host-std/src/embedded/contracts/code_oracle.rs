//! `CodeOracle`: returns code by its hash.

use super::known_codes;
use crate::embedded::call::{Data, Step};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use eravm_core::semantics::FatPointer;
use eravm_core::{Ending, VersionedHash};

/// Calldata: the hash. Code that is not published is reverted.
pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let calldata = cx.calldata()?;
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(&calldata).for_each(|(place, byte)| *place = *byte);
    let hash = VersionedHash(bytes);
    if !known_codes::is_known(cx, &hash).map_err(Failure::of_call)? {
        return Err(Failure::EMPTY);
    }
    let [version, _, high, low, ..] = hash.0;
    let length = u16::from_be_bytes([high, low]);
    let words = match version {
        VersionedHash::ERAVM => length,
        // Padded to words, of which there is an odd number.
        VersionedHash::BLOB => length.div_ceil(32) | 1,
        _ => return Err(Failure::EMPTY),
    };
    // At most 16 bits of words.
    let ergs = prices::DECOMMITTED_WORD * u32::from(words);
    let Some(code) = cx.decommit(&hash, ergs)? else { return Err(Failure::EMPTY) };
    let length = u32::from(words) * 32;
    if code.length < length {
        return Err(Failure::EMPTY);
    }
    Ok(Step::End(Ending::Returns, Data::Pointer(FatPointer { length, ..code })))
}
