//! `ComplexUpgrader`: does what a protocol upgrade says beyond deployments, with the rights of kernel space.

use super::account_code_storage::code_size;
use super::force_deployment;
use super::rights::only_from;
use crate::embedded::call::{Call, Data, Step};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Arguments, Selector, error, selector, split_selector};
use crate::system_contracts::addresses::{CONTRACT_DEPLOYER, FORCE_DEPLOYER};
use eravm_core::semantics::FatPointer;
use eravm_core::{Address, NativeCaller, Word};

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const UPGRADE: Selector = selector("upgrade(address,bytes)");
    const DEPLOY_AND_UPGRADE: Selector =
        selector("forceDeployAndUpgrade((bytes32,address,bool,uint256,bytes)[],address,bytes)");
    let calldata = cx.calldata()?;
    let Some((function, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    match function {
        UPGRADE => {
            let arguments = Arguments::new(data, 2)?;
            let (to, input) = (arguments.address(0)?, arguments.tail(1)?);
            only_from(cx, &[FORCE_DEPLOYER])?;
            let input = cx.part_of_calldata(&input);
            upgrade(cx, to, input)
        }
        DEPLOY_AND_UPGRADE => {
            let arguments = Arguments::new(data, 3)?;
            force_deployment::check_all(&calldata, 0)?;
            let (to, input) = (arguments.address(1)?, arguments.tail(2)?);
            only_from(cx, &[FORCE_DEPLOYER])?;
            let deployments = force_deployment::read_all(cx, &calldata, 0)?;
            let input = cx.part_of_calldata(&input);
            let calldata = Data::Bytes(force_deployment::calldata(&deployments));
            let call = Call::new(CONTRACT_DEPLOYER, calldata);
            Ok(Step::call_through(call, move |cx, _| upgrade(cx, to, input)))
        }
        _ => Err(Failure::EMPTY),
    }
}

/// Runs the code of a contract as this one's own.
fn upgrade(cx: &mut Context<'_>, to: Address, input: FatPointer) -> Result<Step, Failure> {
    const NO_CODE: Selector = selector("AddressHasNoCode(address)");
    if code_size(cx, &to).map_err(Failure::of_call)? == 0 {
        return Err(error(NO_CODE, &[Word::from_address(&to)]));
    }
    let call = Call { caller: NativeCaller::Delegating, ..Call::new(to, Data::Pointer(input)) };
    Ok(Step::call_through(call, |_, _| Ok(Step::done())))
}
