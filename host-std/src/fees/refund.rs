//! The refund that the operator proposes. The bootloader takes it if it is more than its own.

use super::amounts::MAX_COMPUTE_GAS;
use crate::batch::BatchEnvironment;
use eravm_core::Word;
use primitive_types::U256;

/// Gas that the host trusts a transaction to spend on computation; what it has beyond can pay for pubdata only.
pub fn trusted_gas(gas_limit: &Word) -> Word {
    match gas_limit.to_u64() {
        Some(gas_limit) => Word::from_u64(gas_limit.min(MAX_COMPUTE_GAS)),
        None => Word::from_u64(MAX_COMPUTE_GAS),
    }
}

/// What the bootloader says when it asks for a refund.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RefundRequest {
    /// The gas limit of the transaction.
    pub gas_limit: Word,
    /// The refund that the bootloader proposes.
    pub proposed: Word,
    /// Gas spent on pubdata.
    pub spent_on_pubdata: Word,
    /// Gas that a byte of pubdata costs the transaction.
    pub gas_per_pubdata: u32,
    /// Bytes of pubdata that the transaction published.
    pub pubdata: u32,
}

/// The refund that the operator proposes, in gas: so much that what the transaction pays is what it costs at the fair prices.
///
/// Transactions from L1 may pay less for pubdata than is fair; they are not charged the rest. The bootloader takes this or its
/// own proposal, whichever is more.
pub fn operator_refund(batch: &BatchEnvironment, request: &RefundRequest) -> u64 {
    let base_fee = U256::from(batch.base_fee());
    if base_fee.is_zero() {
        return 0;
    }
    let gas_limit = U256::from(request.gas_limit);
    let spent = gas_limit.saturating_sub(request.proposed.into());
    let computation = spent.saturating_sub(request.spent_on_pubdata.into());
    let paid_per_byte = base_fee * U256::from(request.gas_per_pubdata);
    let price_per_byte = paid_per_byte.min(batch.fee_input.fair_pubdata_price.into());
    let fair = computation
        .saturating_mul(batch.fee_input.fair_l2_gas_price.into())
        .saturating_add(U256::from(request.pubdata) * price_per_byte);
    let prepaid = gas_limit.saturating_mul(base_fee);
    let (refund, rest) = prepaid.saturating_sub(fair).div_mod(base_fee);
    u64::try_from(refund).unwrap_or(u64::MAX).saturating_add(u64::from(!rest.is_zero()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::BlockEnvironment;
    use crate::fees::{FeeInput, overhead_gas};
    use eravm_core::Address;

    fn batch(fair_l2_gas_price: u64, fair_pubdata_price: u64) -> BatchEnvironment {
        BatchEnvironment {
            number: 1,
            timestamp: 1,
            previous_hash: None,
            operator: Address::zero(),
            fee_input: FeeInput { fair_l2_gas_price, fair_pubdata_price, l1_gas_price: 0 },
            enforced_base_fee: None,
            first_block: BlockEnvironment::default(),
        }
    }

    #[test]
    fn a_refund_is_what_was_not_spent_rounded_up() {
        let batch = batch(100, 1000);
        let request = RefundRequest {
            gas_limit: Word::from_u64(1_000_000),
            proposed: Word::from_u64(600_000),
            spent_on_pubdata: Word::from_u64(1000),
            gas_per_pubdata: 10,
            pubdata: 100,
        };
        // 399,000 gas of computation and 100 bytes at 1000 wei: 1000 gas.
        assert_eq!(operator_refund(&batch, &request), 600_000);
        let cheaper = RefundRequest { gas_per_pubdata: 3, pubdata: 33, ..request };
        // 33 bytes at 300 wei: 99 gas.
        assert_eq!(operator_refund(&batch, &cheaper), 600_901);
    }

    #[test]
    fn absurd_requests_are_answered() {
        let all = Word([u64::MAX; 4]);
        let request = RefundRequest {
            gas_limit: all,
            proposed: Word::ZERO,
            spent_on_pubdata: all,
            gas_per_pubdata: u32::MAX,
            pubdata: u32::MAX,
        };
        assert_eq!(operator_refund(&batch(u64::MAX, u64::MAX), &request), u64::MAX);
        assert_eq!(operator_refund(&batch(0, 0), &request), 0);
        assert_eq!(trusted_gas(&all), Word::from_u64(MAX_COMPUTE_GAS));
        assert_eq!(overhead_gas(usize::MAX), u64::MAX);
    }
}
