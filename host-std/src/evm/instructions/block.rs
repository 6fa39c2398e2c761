//! Instructions that look at the block and the transaction.

use super::{Done, answer, pop, push, since};
use crate::evm::bridge::Cx;
use crate::evm::differences::{Difference, PREVRANDAO};
use crate::evm::fork::Fork;
use crate::evm::host::Environment;
use crate::evm::word;
use revm_interpreter::primitives::U256;

fn environment(cx: Cx<'_, '_>, what: Environment) -> Done {
    let value = answer(cx.host.host.environment(what))?;
    push(cx.interpreter, word::into(value))
}

/// `ORIGIN`
pub(super) fn origin(cx: Cx<'_, '_>) -> Done {
    environment(cx, Environment::Origin)
}

/// `GASPRICE`
pub(super) fn gas_price(cx: Cx<'_, '_>) -> Done {
    environment(cx, Environment::GasPrice)
}

/// `COINBASE`
pub(super) fn coinbase(cx: Cx<'_, '_>) -> Done {
    environment(cx, Environment::Coinbase)
}

/// `TIMESTAMP`
pub(super) fn timestamp(cx: Cx<'_, '_>) -> Done {
    environment(cx, Environment::Timestamp)
}

/// `NUMBER`
pub(super) fn number(cx: Cx<'_, '_>) -> Done {
    environment(cx, Environment::Number)
}

/// `PREVRANDAO`, or `DIFFICULTY`
pub(super) fn randomness(cx: Cx<'_, '_>) -> Done {
    if cx.host.rules.has(Difference::ConstantRandomness) {
        return push(cx.interpreter, U256::from(PREVRANDAO));
    }
    environment(cx, Environment::Randomness)
}

/// `GASLIMIT`
pub(super) fn gas_limit(cx: Cx<'_, '_>) -> Done {
    environment(cx, Environment::GasLimit)
}

/// `CHAINID`
pub(super) fn chain_id(cx: Cx<'_, '_>) -> Done {
    since(&cx, Fork::Istanbul)?;
    environment(cx, Environment::ChainId)
}

/// `BASEFEE`
pub(super) fn base_fee(cx: Cx<'_, '_>) -> Done {
    since(&cx, Fork::London)?;
    environment(cx, Environment::BaseFee)
}

/// `BLOBBASEFEE`
pub(super) fn blob_base_fee(cx: Cx<'_, '_>) -> Done {
    since(&cx, Fork::Cancun)?;
    if cx.host.rules.has(Difference::NoBlobs) {
        return push(cx.interpreter, U256::ONE);
    }
    environment(cx, Environment::BlobBaseFee)
}

/// `BLOBHASH`
pub(super) fn blob_hash(cx: Cx<'_, '_>) -> Done {
    since(&cx, Fork::Cancun)?;
    let [index] = pop(cx.interpreter)?;
    if cx.host.rules.has(Difference::NoBlobs) {
        return push(cx.interpreter, U256::ZERO);
    }
    let hash = answer(cx.host.host.blob_hash(&word::from(index)))?;
    push(cx.interpreter, word::into(hash))
}

/// `BLOCKHASH`
pub(super) fn block_hash(cx: Cx<'_, '_>) -> Done {
    let [number] = pop(cx.interpreter)?;
    let hash = answer(cx.host.host.block_hash(&word::from(number)))?;
    push(cx.interpreter, word::into(hash))
}
