//! `KnownCodesStorage`: a 1 under the hash of all code that is published.

use super::code_hash::{self, Malformed, malformed};
use super::l1_messenger;
use super::rights::{only_from, only_from_bootloader};
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Arguments, Selector, selector, split_selector, topic};
use crate::system_contracts::addresses::{COMPRESSOR, CONTRACT_DEPLOYER, KNOWN_CODES_STORAGE};
use eravm_core::{Program, VersionedHash, Word};

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const MARK_FACTORY_DEPS: Selector = selector("markFactoryDeps(bool,bytes32[])");
    const MARK_PUBLISHED: Selector = selector("markBytecodeAsPublished(bytes32)");
    const MARKER: Selector = selector("getMarker(bytes32)");
    const PUBLISH_EVM: Selector = selector("publishEVMBytecode(uint256,bytes)");
    let calldata = cx.calldata()?;
    let Some((function, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    if function != PUBLISH_EVM {
        cx.not_payable()?;
    }
    match function {
        MARK_FACTORY_DEPS => {
            let arguments = Arguments::new(data, 2)?;
            let (should_send, hashes) = (arguments.boolean(0)?, arguments.words(1)?);
            only_from_bootloader(cx)?;
            let hashes: Vec<_> = hashes.into_iter().map(VersionedHash::from).collect();
            mark_factory_deps(cx, should_send, &hashes)?;
            Ok(Step::done())
        }
        MARK_PUBLISHED => {
            let hash = Arguments::new(data, 1)?.word(0)?;
            only_from(cx, &[COMPRESSOR])?;
            mark_published(cx, &hash.into(), false)?;
            Ok(Step::done())
        }
        MARKER => {
            let hash = Arguments::new(data, 1)?.word(0)?;
            Ok(Step::returns_word(marker(cx, &hash)?))
        }
        PUBLISH_EVM => {
            let arguments = Arguments::new(data, 2)?;
            let (length, padded) = (arguments.word(0)?, arguments.bytes(1)?);
            only_from(cx, &[CONTRACT_DEPLOYER])?;
            let hash = publish_evm_code(cx, &length, padded)?;
            Ok(Step::returns_word(hash.to_word()))
        }
        _ => Err(Failure::EMPTY),
    }
}

/// What is stored under a hash.
fn marker(cx: &mut Context<'_>, hash: &Word) -> Result<Word, Failure> {
    cx.load_of(&KNOWN_CODES_STORAGE, hash)
}

/// Whether code is known.
pub(crate) fn is_known(cx: &mut Context<'_>, hash: &VersionedHash) -> Result<bool, Failure> {
    Ok(!marker(cx, &hash.to_word())?.is_zero())
}

/// Makes code known that comes with a transaction. Who may ask for it is not asked here, nor below.
pub(crate) fn mark_factory_deps(
    cx: &mut Context<'_>,
    should_send_to_l1: bool,
    hashes: &[VersionedHash],
) -> Result<(), Failure> {
    hashes.iter().try_for_each(|hash| mark_published(cx, hash, should_send_to_l1))
}

/// Makes code known if it is not. If it is published nowhere else, it is to be published as it is.
pub(super) fn mark_published(
    cx: &mut Context<'_>,
    hash: &VersionedHash,
    should_send_to_l1: bool,
) -> Result<(), Failure> {
    if is_known(cx, hash)? {
        return Ok(());
    }
    let word = hash.to_word();
    if code_hash::kind(&word) != VersionedHash::ERAVM || !code_hash::is_constructed(&word) {
        return Err(malformed(Malformed::Version));
    }
    if code_hash::length(&word).is_multiple_of(2) {
        return Err(malformed(Malformed::NumberOfWords));
    }
    if should_send_to_l1 {
        l1_messenger::request_publication(cx, hash).map_err(Failure::of_call)?;
    }
    set_known(cx, &word, should_send_to_l1)
}

fn set_known(cx: &mut Context<'_>, hash: &Word, is_sent: bool) -> Result<(), Failure> {
    const MARKED: Word = topic("MarkedAsKnown(bytes32,bool)");
    cx.store_of(&KNOWN_CODES_STORAGE, hash, &Word::ONE)?;
    let topics = [MARKED, *hash, Word::from_u64(is_sent.into())];
    cx.emit(&KNOWN_CODES_STORAGE, &topics, &[])
}

/// Publishes EVM code that is padded, and makes it known to the machine, too. Its length is what it is without the padding.
pub(super) fn publish_evm_code(
    cx: &mut Context<'_>,
    length: &Word,
    padded: &[u8],
) -> Result<VersionedHash, Failure> {
    let hash = code_hash::of_evm_code(cx, length, padded)?;
    if !is_known(cx, &hash)? {
        l1_messenger::send_to_l1(cx, &KNOWN_CODES_STORAGE, padded).map_err(Failure::of_call)?;
        set_known(cx, &hash.to_word(), false)?;
        cx.charge_words(padded.len() as u64)?;
        // Too long for the machine is only what the emulator did not pad: it adds a word or two at most.
        let program = Program::new(padded).map_err(|_| Failure::Panic)?;
        cx.world.store().publish(hash, program);
    }
    Ok(hash)
}
