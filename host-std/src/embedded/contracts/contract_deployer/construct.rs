//! Giving an account code of EraVM, and calling its constructor.

use super::super::{account_code_storage, base_token, code_hash, known_codes};
use super::immutables;
use crate::embedded::call::{Call, Data, Step};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Encoder, Selector, error, selector, topic};
use crate::system_contracts::addresses::CONTRACT_DEPLOYER;
use eravm_core::semantics::FatPointer;
use eravm_core::{Address, NativeCaller, Word};

/// A contract to be constructed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Construction {
    /// Who deploys, and calls the constructor.
    pub(super) sender: Address,
    pub(super) address: Address,
    pub(super) hash: Word,
    /// Calldata of the constructor.
    pub(super) input: FatPointer,
    pub(super) answer: Answer,
}

/// What the deployer answers once a contract stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    /// Nothing.
    Nothing,
    /// Its address.
    Address,
    /// The gas that EVM code left over, and the address.
    GasAndAddress,
}

impl Construction {
    /// Constructs code of EraVM. The constructor gets the value of the call.
    pub(super) fn construct(self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        self.take_place(cx, &code_hash::constructing(&self.hash))?;
        Ok(self.call_constructor(cx, move |cx, returned| {
            account_code_storage::mark_constructed(cx, &self.address).map_err(Failure::of_call)?;
            let returned = cx.read_bytes(returned)?;
            let immutables = immutables::decode(&returned)?;
            immutables::set(cx, &self.address, &immutables).map_err(Failure::of_call)?;
            self.announce(cx, &self.hash, Word::ZERO)
        }))
    }

    /// Gives the account its code without calling a constructor.
    pub(super) fn place(self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        no_value(cx)?;
        self.store_constructed(cx, &self.hash)?;
        self.announce(cx, &self.hash, Word::ZERO)
    }

    /// Moves the value of the call to the account, and gives it the hash of code that is being constructed.
    pub(super) fn take_place(&self, cx: &mut Context<'_>, hash: &Word) -> Result<(), Failure> {
        let value = cx.value();
        if value > 0 {
            base_token::transfer(cx, &CONTRACT_DEPLOYER, &self.address, &Word::from_u128(value))
                .map_err(Failure::of_call)?;
        }
        account_code_storage::store_constructing(cx, &self.address, hash).map_err(Failure::of_call)
    }

    /// Gives the account the hash of code that is constructed.
    pub(super) fn store_constructed(
        &self,
        cx: &mut Context<'_>,
        hash: &Word,
    ) -> Result<(), Failure> {
        account_code_storage::store_constructed(cx, &self.address, hash).map_err(Failure::of_call)
    }

    /// Calls the constructor, and goes on with what it returned. What it reverts with the deployer reverts with.
    pub(super) fn call_constructor(
        &self,
        cx: &Context<'_>,
        then: impl FnOnce(&mut Context<'_>, FatPointer) -> Result<Step, Failure> + Send + Sync + 'static,
    ) -> Step {
        let call = Call {
            caller: NativeCaller::Mimicked(self.sender),
            value: cx.value(),
            is_constructor: true,
            ..Call::new(self.address, Data::Pointer(self.input))
        };
        Step::call_through(call, then)
    }

    /// Says that the contract stands.
    pub(super) fn announce(
        &self,
        cx: &mut Context<'_>,
        hash: &Word,
        gas: Word,
    ) -> Result<Step, Failure> {
        const DEPLOYED: Word = topic("ContractDeployed(address,bytes32,address)");
        let address = Word::from_address(&self.address);
        let topics = [DEPLOYED, Word::from_address(&self.sender), *hash, address];
        cx.emit(&CONTRACT_DEPLOYER, &topics, &[])?;
        Ok(match self.answer {
            Answer::Nothing => Step::done(),
            Answer::Address => Step::returns_word(address),
            Answer::GasAndAddress => Step::returns(Encoder::new().words(&[gas, address]).finish()),
        })
    }
}

/// Refuses value where no constructor is called.
pub(super) fn no_value(cx: &Context<'_>) -> Result<(), Failure> {
    const NON_EMPTY_VALUE: Selector = selector("NonEmptyMsgValue()");
    if cx.value() == 0 { Ok(()) } else { Err(error(NON_EMPTY_VALUE, &[])) }
}

/// Only code that is published can be deployed.
pub(super) fn ensure_is_known(cx: &mut Context<'_>, hash: &Word) -> Result<(), Failure> {
    const UNKNOWN: Selector = selector("UnknownCodeHash(bytes32)");
    let is_known = known_codes::is_known(cx, &(*hash).into()).map_err(Failure::of_call)?;
    if is_known { Ok(()) } else { Err(error(UNKNOWN, &[*hash])) }
}
