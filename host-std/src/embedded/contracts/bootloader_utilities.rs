//! `BootloaderUtilities`: the hashes of a transaction.

use crate::embedded::account::{self, HASHES, Transaction};
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Encoder, split_selector};

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let calldata = cx.calldata()?;
    match split_selector(&calldata) {
        Some((HASHES, _)) => {
            cx.not_payable()?;
            let transaction = Transaction::argument(&calldata, 0)?;
            let hashes = account::hashes(cx, &transaction)?;
            Ok(Step::returns(Encoder::new().words(&hashes).finish()))
        }
        _ => Err(Failure::EMPTY),
    }
}
