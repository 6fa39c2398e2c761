//! What the gas of a transaction goes into.

use super::meter::Meter;
use crate::batch::{BatchEnvironment, Outcome};
use crate::fees::intrinsic_gas;
use crate::fees::overhead_gas;
use crate::transaction::Transaction;

/// What the gas of a transaction goes into.
///
/// `overhead + intrinsic + validation + execution + pubdata = charged + discount`, and `charged + refunded = gas_limit`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Breakdown {
    /// The gas limit of the transaction.
    pub gas_limit: u64,
    /// For the transaction's place in the batch, by the size of its encoding.
    pub overhead: u64,
    /// The same for every transaction of its kind: what the bootloader does beside it, and for those from L1 the log of their result.
    pub intrinsic: u64,
    /// For its validation: its hash, the account's check of it, payment, and the paymaster's part. Of transactions from L1, which
    /// are valid: for its hash and for the code that comes with it.
    pub validation: u64,
    /// For what it does, for the code that comes with it, and for the paymaster afterwards. If it runs out of gas: all that was left.
    pub execution: u64,
    /// For pubdata.
    pub pubdata: u64,
    /// What the operator refunds because resources cost less than the transaction was made to pay for them.
    pub discount: u64,
    /// What it is charged.
    pub charged: u64,
    /// What is refunded of its gas limit.
    pub refunded: u64,
    /// Bytes of pubdata.
    pub pubdata_bytes: u32,
    /// Gas that a byte of pubdata costs it.
    pub gas_per_pubdata: u64,
}

/// What a call takes. Nobody is charged for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CallGas {
    /// Gas of the bootloader before and after the call.
    pub bootloader: u64,
    /// Gas of the call itself.
    pub execution: u64,
    /// What pubdata would cost.
    pub pubdata: u64,
    /// Bytes of pubdata that would be published; none if it fails.
    pub pubdata_bytes: u32,
    /// Gas that a byte of pubdata costs.
    pub gas_per_pubdata: u64,
}

/// Takes up to `wanted` of what is left.
fn take(left: &mut u64, wanted: u64) -> u64 {
    let taken = wanted.min(*left);
    *left -= taken;
    taken
}

impl Breakdown {
    /// What the gas of a transaction went into that was run alone. `None` if it was not charged: it has halted.
    pub(super) fn of(transaction: &Transaction, outcome: &Outcome, meter: &Meter) -> Option<Self> {
        let asked = meter.asked?;
        let gas_limit = transaction.gas_limit().to_u64()?;
        let refunded = outcome.refunded.min(gas_limit);
        let proposed = asked.proposed.to_u64()?.min(refunded);
        let gas_per_pubdata = asked.gas_per_pubdata.to_u64()?;
        let intrinsic = intrinsic_gas(transaction.is_from_l1(), gas_per_pubdata);
        let number = |word: Option<eravm_core::Word>| {
            word.map_or(0, |word| word.to_u64().unwrap_or(u64::MAX))
        };
        // The bootloader refunds what is neither spent nor owed for pubdata, but not less than nothing, so parts may not be
        // there in full.
        let mut left = gas_limit - proposed;
        let overhead = take(&mut left, overhead_gas(transaction.encoded_words()));
        let intrinsic = take(&mut left, intrinsic);
        let validation = take(&mut left, number(meter.validation));
        let pubdata = take(&mut left, number(Some(asked.spent_on_pubdata)));
        Some(Self {
            gas_limit,
            overhead,
            intrinsic,
            validation,
            execution: left,
            pubdata,
            discount: refunded - proposed,
            charged: gas_limit - refunded,
            refunded,
            pubdata_bytes: outcome.pubdata,
            gas_per_pubdata,
        })
    }
}

impl CallGas {
    pub(super) fn of(batch: &BatchEnvironment, outcome: &Outcome, meter: &Meter) -> Self {
        let used = u64::from(outcome.ergs_used);
        // A call that is refused before it begins has only the bootloader's part.
        let execution =
            meter.ergs_at_begin.map_or(0, |ergs| u64::from(ergs.saturating_sub(outcome.ergs_left)));
        let execution = execution.min(used);
        // The counter is negative where slots would go back to what they were.
        let pubdata_bytes = u32::try_from(meter.pubdata_at_end.unwrap_or(0)).unwrap_or(0);
        let gas_per_pubdata = batch.gas_per_pubdata();
        Self {
            bootloader: used - execution,
            execution,
            pubdata: u64::from(pubdata_bytes).saturating_mul(gas_per_pubdata),
            pubdata_bytes,
            gas_per_pubdata,
        }
    }
}
