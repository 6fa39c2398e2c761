//! `Create2Factory`: `create2` of the deployer, for everybody's use with one sender.

use super::default_account::execution::move_value;
use crate::embedded::call::{Call, Data, Step};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Arguments, Selector, selector, split_selector};
use crate::system_contracts::addresses::CONTRACT_DEPLOYER;

/// Most that the last argument of `create2Account` may be: the version of account abstraction.
const LAST_VERSION: u64 = 1;

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const CREATE2: Selector = selector("create2(bytes32,bytes32,bytes)");
    const CREATE2_ACCOUNT: Selector = selector("create2Account(bytes32,bytes32,bytes,uint8)");
    let calldata = cx.calldata()?;
    let Some((function, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    match function {
        CREATE2 => Arguments::new(data, 3)?.bytes(2)?,
        CREATE2_ACCOUNT => {
            let arguments = Arguments::new(data, 4)?;
            let input = arguments.bytes(2)?;
            if arguments.word(3)?.to_u64().is_none_or(|version| version > LAST_VERSION) {
                return Err(Failure::EMPTY);
            }
            input
        }
        _ => return Err(Failure::EMPTY),
    };
    let value = cx.value();
    if value != 0 {
        move_value(cx, &CONTRACT_DEPLOYER, value).map_err(|failure| match failure {
            Failure::Revert(_) | Failure::Panic => Failure::EMPTY,
            other => other,
        })?;
    }
    let pointer = Data::Pointer(cx.calldata_pointer());
    let call = Call { value, is_system: true, ..Call::new(CONTRACT_DEPLOYER, pointer) };
    Ok(Step::call(call, |cx, outcome| {
        if outcome.succeeded {
            Ok(Step::returns(cx.read_bytes(outcome.data)?))
        } else {
            Step::reverts_with(cx, outcome.data)
        }
    }))
}
