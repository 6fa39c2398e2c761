//! Deployments that accounts ask for.

use super::super::{account_code_storage, code_hash, nonce_holder};
use super::construct::{Answer, Construction, ensure_is_known};
use super::{accounts, addresses};
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Selector, Tail, error, selector};
use eravm_core::{Address, Word, is_kernel};

/// What an account asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub(super) hash: Word,
    pub(super) salt: Word,
    /// Calldata of the constructor.
    pub(super) input: Tail<'a>,
    /// Version of account abstraction.
    pub(super) version: u8,
}

/// Deploys to an address that depends on how many contracts the caller has deployed.
pub(super) fn create(cx: &mut Context<'_>, request: &Request<'_>) -> Result<Step, Failure> {
    let sender = cx.caller();
    let nonce = count(cx, &sender)?;
    let address = addresses::create(cx, &sender, &nonce)?;
    deploy(cx, request, address)
}

/// Deploys to an address that depends on the code and its input.
pub(super) fn create2(cx: &mut Context<'_>, request: &Request<'_>) -> Result<Step, Failure> {
    let sender = cx.caller();
    count(cx, &sender)?;
    let Request { hash, salt, input, .. } = request;
    let address = addresses::create2(cx, &sender, hash, salt, input.bytes)?;
    deploy(cx, request, address)
}

/// Counts a deployment of an account; returns how many there were.
pub(super) fn count(cx: &mut Context<'_>, account: &Address) -> Result<Word, Failure> {
    nonce_holder::increment_deployment(cx, account).map_err(Failure::of_call)
}

fn deploy(cx: &mut Context<'_>, request: &Request<'_>, address: Address) -> Result<Step, Failure> {
    let Request { hash, input, version, .. } = request;
    check(cx, hash, &address)?;
    ensure_is_known(cx, hash)?;
    accounts::store(cx, &address, *version)?;
    let construction = Construction {
        sender: cx.caller(),
        address,
        hash: *hash,
        input: cx.part_of_calldata(input),
        answer: Answer::Address,
    };
    construction.construct(cx)
}

/// Whether code may be deployed to an address: where there is no account yet.
fn check(cx: &mut Context<'_>, hash: &Word, address: &Address) -> Result<(), Failure> {
    const EMPTY_HASH: Selector = selector("EmptyBytes32()");
    const EVM_HASH: Selector = selector("EVMBytecodeHash()");
    const IN_KERNEL: Selector = selector("NotAllowedToDeployInKernelSpace()");
    const HAS_CODE: Selector = selector("HashIsNonZero(bytes32)");
    const HAS_NONCE: Selector = selector("NonEmptyAccount()");
    if hash.is_zero() {
        return Err(error(EMPTY_HASH, &[]));
    }
    if code_hash::is_evm(hash) {
        return Err(error(EVM_HASH, &[]));
    }
    if is_kernel(address) {
        return Err(error(IN_KERNEL, &[]));
    }
    let present = account_code_storage::code_hash(cx, address).map_err(Failure::of_call)?;
    if !present.is_zero() {
        return Err(error(HAS_CODE, &[present]));
    }
    if !nonce_holder::raw(cx, address).map_err(Failure::of_call)?.is_zero() {
        return Err(error(HAS_NONCE, &[]));
    }
    Ok(())
}
