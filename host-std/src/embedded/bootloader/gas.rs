//! Gas limits, and pubdata that must be paid for.

use super::interrupt::checked;
use super::{Bootloader, Interrupt, Submission};
use crate::fees::{MAX_COMPUTE_GAS, overhead_gas};

/// Gas that a transaction pays before anything is done for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Intrinsic {
    pub(super) gas: u64,
    pub(super) pubdata: u64,
}

impl Intrinsic {
    /// Of transactions of L2 (`L2_TX_INTRINSIC_GAS`, `L2_TX_INTRINSIC_PUBDATA`).
    pub(super) const L2: Self = Self { gas: 14_070, pubdata: 0 };
    /// Of transactions from L1 (`L1_TX_INTRINSIC_L2_GAS`, `L1_TX_INTRINSIC_PUBDATA`).
    pub(super) const L1: Self = Self { gas: 167_157, pubdata: 88 };
}

/// What of its gas limit a transaction may use for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct GasLimit {
    /// For computation and pubdata.
    pub(super) usable: u64,
    /// For pubdata only.
    pub(super) reserved: u64,
}

/// How pubdata of a transaction is paid for.
#[derive(Clone, Copy, Debug)]
pub(super) struct PubdataPrice {
    /// The counter when the transaction began.
    pub(super) base: u32,
    /// Gas per byte.
    pub(super) gas_per_byte: u64,
}

impl Bootloader<'_> {
    /// Splits the gas limit of a transaction.
    pub(super) fn gas_limit(
        &self,
        submission: &Submission,
        gas_per_pubdata: u64,
        intrinsic: Intrinsic,
    ) -> Result<GasLimit, Interrupt> {
        let total = submission.transaction.gas_limit().to_u64().unwrap_or(u64::MAX);
        let usable = total.min(submission.trusted_gas.max(MAX_COMPUTE_GAS));
        if submission.overhead > usable {
            return Err(Interrupt::assertion("Overhead higher than gasLimit"));
        }
        // SPEC: the operator may ask for as much per byte as it does per word. The offset before the tuple counts.
        if submission.overhead > overhead_gas(submission.encoded.len() + 32) {
            return Err(Interrupt::assertion("Operator's overhead too high"));
        }
        let pubdata = checked(intrinsic.pubdata.checked_mul(gas_per_pubdata), "qw")?;
        let intrinsic = checked(intrinsic.gas.checked_add(pubdata), "fj")?;
        let left = usable - submission.overhead;
        Ok(GasLimit { usable: left.saturating_sub(intrinsic), reserved: total - usable })
    }

    /// Gas that the pubdata of a transaction costs so far.
    pub(super) fn pubdata_gas(&self, price: &PubdataPrice) -> u64 {
        let bytes = u64::from(self.pubdata().saturating_sub(price.base));
        // Both have 32 bits.
        bytes.saturating_mul(price.gas_per_byte)
    }

    /// Whether gas does not suffice for the pubdata of a transaction so far.
    pub(super) fn lacks_gas_for_pubdata(
        &self,
        price: &PubdataPrice,
        gas: u64,
        reserved: u64,
    ) -> bool {
        gas.saturating_add(reserved) < self.pubdata_gas(price)
    }
}
