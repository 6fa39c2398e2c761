//! Deployments by force: of protocol upgrades, and of EVM code that is at the same address on every chain.

use super::super::force_deployment::{ForceDeployment, VALUE, WORDS};
use super::super::rights::only_from;
use super::super::{code_hash, nonce_holder};
use super::accounts;
use super::construct::{Answer, Construction, ensure_is_known};
use super::create::count;
use crate::embedded::call::{Call, Data, Step};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Encoder, Selector, Structure, error, overflow, selector};
use crate::system_contracts::addresses::{
    COMPLEX_UPGRADER, CONTRACT_DEPLOYER, EVM_PREDEPLOYS_MANAGER, FORCE_DEPLOYER,
};
use eravm_core::{Address, Word};
use primitive_types::U256;

/// The function for one deployment. The deployer calls it itself.
pub(super) const FORCE_DEPLOY: Selector =
    selector("forceDeployOnAddress((bytes32,address,bool,uint256,bytes),address)");

/// Does one deployment; the sender calls the constructor.
pub(super) fn deploy(
    cx: &mut Context<'_>,
    fields: &Structure<'_>,
    sender: Address,
) -> Result<Step, Failure> {
    let this = cx.this();
    only_from(cx, &[this])?;
    let hash = fields.word(0);
    // SPEC: fields are checked when they are used.
    if code_hash::is_evm(&hash) {
        let address = fields.address(1)?;
        let nonces = nonce_holder::raw(cx, &address).map_err(Failure::of_call)?;
        if nonce_holder::upper_half(&nonces).is_zero() {
            count(cx, &address)?;
        }
        let calls_constructor = fields.boolean(2)?;
        if !calls_constructor {
            ensure_is_known(cx, &hash)?;
        }
        let construction = construction(cx, fields, sender)?;
        if calls_constructor { construction.construct_evm(cx) } else { construction.place_evm(cx) }
    } else {
        ensure_is_known(cx, &hash)?;
        accounts::store(cx, &fields.address(1)?, accounts::NO_ACCOUNT)?;
        let construction = construction(cx, fields, sender)?;
        if fields.boolean(2)? { construction.construct(cx) } else { construction.place(cx) }
    }
}

fn construction(
    cx: &Context<'_>,
    fields: &Structure<'_>,
    sender: Address,
) -> Result<Construction, Failure> {
    let (hash, address) = (fields.word(0), fields.address(1)?);
    let input = cx.part_of_calldata(&fields.bytes(4)?);
    Ok(Construction { sender, address, hash, input, answer: Answer::Nothing })
}

/// Many deployments, some of which are done.
struct Deployments {
    calldata: Vec<u8>,
    /// Whoever calls the constructors.
    sender: Address,
    count: usize,
    done: usize,
}

/// Does many deployments. The value of the call is exactly what they need together.
pub(super) fn deploy_all(cx: &mut Context<'_>, calldata: Vec<u8>) -> Result<Step, Failure> {
    const MISMATCH: Selector = selector("ValueMismatch(uint256,uint256)");
    let (items, count) = Structure::argument_array(&calldata, 0)?;
    only_from(cx, &[FORCE_DEPLOYER, COMPLEX_UPGRADER, EVM_PREDEPLOYS_MANAGER])?;
    let mut sum = U256::zero();
    for index in 0..count {
        let value = items.inner(index, WORDS)?.word(VALUE);
        sum = sum.checked_add(value.into()).ok_or_else(overflow)?;
    }
    let value = cx.value();
    if sum != value.into() {
        return Err(error(MISMATCH, &[sum.into(), Word::from_u128(value)]));
    }
    let sender = cx.caller();
    Deployments { calldata, sender, count, done: 0 }.go_on(cx)
}

impl Deployments {
    /// Has the next one done in a frame of its own.
    fn go_on(mut self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        if self.done == self.count {
            return Ok(Step::done());
        }
        let (items, _) = Structure::argument_array(&self.calldata, 0)?;
        let deployment = ForceDeployment::read(cx, &items.inner(self.done, WORDS)?)?;
        self.done += 1;
        let calldata = Encoder::call(FORCE_DEPLOY)
            .structure(deployment.encoder())
            .address(&self.sender)
            .finish();
        // No more than the sum of all, which was the value of a call.
        let value = deployment.value.low_u128();
        let call = Call::with_value(CONTRACT_DEPLOYER, Data::Bytes(calldata), value);
        Ok(Step::call_through(call, move |cx, _| self.go_on(cx)))
    }
}
