//! Code of accounts.

use super::super::account_code_storage::raw_code_hash;
use super::super::{code_hash, evm_gas_manager, known_codes};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use crate::evm::{Code, Rules};
use eravm_core::{Address, Program, Stop, VersionedHash, Word};

/// Pays for code that is loaded for the first time in a transaction.
fn pay(cx: &mut Context<'_>, account: &Address, hash: &Word) -> Result<(), Failure> {
    if evm_gas_manager::note_loaded_code(cx, account)? {
        let words = code_hash::bytes(hash).div_ceil(32) | 1;
        cx.charge_times(prices::DECOMMITTED_WORD, words)?;
    }
    Ok(())
}

fn load(cx: &mut Context<'_>, hash: &VersionedHash) -> Result<Program, Failure> {
    Ok(cx.code(hash)?.ok_or(Stop::UnknownCode(*hash))?)
}

/// The EVM code of an account, ready to run.
pub(super) fn with_hash(
    cx: &mut Context<'_>,
    account: &Address,
    word: &Word,
    rules: &Rules,
) -> Result<Code, Failure> {
    pay(cx, account, word)?;
    let hash = VersionedHash::from(*word);
    if let Some(code) = cx.world.store().evm_codes.get(&hash) {
        return Ok(code);
    }
    let program = load(cx, &hash)?;
    let length = usize::from(code_hash::length(word));
    let bytes: Vec<u8> = program.words().iter().flat_map(Word::to_be_bytes).take(length).collect();
    let code = Code::new(&bytes, rules);
    cx.world.store().evm_codes.insert(hash, &code);
    Ok(code)
}

/// Writes what an account's code has from a place on over bytes that are zero.
pub(super) fn copy(
    cx: &mut Context<'_>,
    account: &Address,
    from: u64,
    to: &mut [u8],
) -> Result<(), Failure> {
    let word = raw_code_hash(cx, account)?;
    let hash = VersionedHash::from(word);
    if word.is_zero() || !known_codes::is_known(cx, &hash)? {
        return Ok(());
    }
    pay(cx, account, &word)?;
    let length = usize::try_from(code_hash::bytes(&word)).unwrap_or(usize::MAX);
    let Some(from) = usize::try_from(from).ok().filter(|from| *from < length) else {
        return Ok(());
    };
    let program = load(cx, &hash)?;
    let words = program.words().iter().skip(from / 32).flat_map(Word::to_be_bytes);
    let bytes = words.skip(from % 32).take(length - from);
    to.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    Ok(())
}
