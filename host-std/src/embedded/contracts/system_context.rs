//! `SystemContext`: what contracts can know of chain, batch, block and transaction.

use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::system_contracts::addresses::SYSTEM_CONTEXT;
use eravm_core::Word;

/// Slot of the number of the transaction in the batch.
const TX_NUMBER: Word = Word::from_u64(270);

/// The number of the transaction in the batch.
pub(crate) fn tx_number(cx: &mut Context<'_>) -> Result<u16, Failure> {
    Ok(cx.load_of(&SYSTEM_CONTEXT, &TX_NUMBER)?.low_u16())
}
