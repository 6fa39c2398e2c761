//! `EvmHashesStorage`: the hashes of EVM code that the EVM knows, under those that the machine knows.

use super::rights::only_from;
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Arguments, Selector, selector, split_selector};
use crate::system_contracts::addresses::{CONTRACT_DEPLOYER, EVM_HASHES_STORAGE};
use eravm_core::Word;

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const STORE: Selector = selector("storeEvmCodeHash(bytes32,bytes32)");
    const GET: Selector = selector("getEvmCodeHash(bytes32)");
    let calldata = cx.calldata()?;
    let Some((function, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    cx.not_payable()?;
    match function {
        STORE => {
            let arguments = Arguments::new(data, 2)?;
            let (hash, evm_hash) = (arguments.word(0)?, arguments.word(1)?);
            only_from(cx, &[CONTRACT_DEPLOYER])?;
            store_evm_code_hash(cx, &hash, &evm_hash)?;
            Ok(Step::done())
        }
        GET => {
            let hash = Arguments::new(data, 1)?.word(0)?;
            Ok(Step::returns_word(evm_code_hash(cx, &hash)?))
        }
        _ => Err(Failure::EMPTY),
    }
}

/// The hash that the EVM knows code by; zero if it was never deployed.
pub(super) fn evm_code_hash(cx: &mut Context<'_>, hash: &Word) -> Result<Word, Failure> {
    cx.load_of(&EVM_HASHES_STORAGE, hash)
}

/// Stores it. Who may ask for it is not asked here.
pub(super) fn store_evm_code_hash(
    cx: &mut Context<'_>,
    hash: &Word,
    evm_hash: &Word,
) -> Result<(), Failure> {
    cx.store_of(&EVM_HASHES_STORAGE, hash, evm_hash)
}
