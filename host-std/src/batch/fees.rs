//! What the host computes of fees: what goes into the bootloader's heap, and the refund that it proposes.
//!
//! The bootloader checks all of it. Prices are in wei of the base token, amounts of gas in gas.

use super::environment::{BatchEnvironment, FeeInput};
use eravm_core::Word;
use primitive_types::U256;

/// Most gas per byte of pubdata that the bootloader allows (`MAX_L2_GAS_PER_PUBDATA`).
pub const MAX_GAS_PER_PUBDATA: u64 = 50_000;
/// Gas for a transaction's place in the batch (`TX_SLOT_OVERHEAD_GAS`).
pub const SLOT_OVERHEAD_GAS: u64 = 10_000;
/// Gas for a word of a transaction's encoding (`MEMORY_OVERHEAD_GAS`).
pub const MEMORY_OVERHEAD_GAS: u64 = 10;
/// Most gas that a transaction may spend on computation (`MAX_GAS_PER_TRANSACTION`).
pub const MAX_COMPUTE_GAS: u64 = 80_000_000;

impl FeeInput {
    /// The price of gas: that of L2 gas, but so high that a byte of pubdata costs no more than the bootloader allows.
    pub fn base_fee(&self) -> u64 {
        self.fair_l2_gas_price.max(self.fair_pubdata_price.div_ceil(MAX_GAS_PER_PUBDATA))
    }

    /// Gas that a byte of pubdata costs at a price of gas; 0 where gas is free.
    pub fn gas_per_pubdata(&self, base_fee: u64) -> u64 {
        match base_fee {
            0 => 0,
            base_fee => self.fair_pubdata_price.div_ceil(base_fee),
        }
    }
}

impl BatchEnvironment {
    /// The price of gas: the one that is enforced, or the one that [follows](FeeInput::base_fee).
    pub fn base_fee(&self) -> u64 {
        self.enforced_base_fee.unwrap_or_else(|| self.fee_input.base_fee())
    }

    /// Gas that a byte of pubdata costs; 0 where gas is free.
    pub fn gas_per_pubdata(&self) -> u64 {
        self.fee_input.gas_per_pubdata(self.base_fee())
    }
}

/// Gas that a transaction with an encoding of this many words pays for its place in the batch.
pub fn overhead_gas(encoded_words: usize) -> u64 {
    let words = u64::try_from(encoded_words).unwrap_or(u64::MAX);
    words.saturating_mul(MEMORY_OVERHEAD_GAS).max(SLOT_OVERHEAD_GAS)
}

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
    use super::super::environment::BlockEnvironment;
    use super::*;
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
    fn pubdata_raises_the_base_fee_when_it_is_dear() {
        assert_eq!(batch(45_250_000, 5_000_000_000).base_fee(), 45_250_000);
        assert_eq!(batch(45_250_000, 5_000_000_000).gas_per_pubdata(), 111);
        let dear = batch(1000, 1_000_000_001);
        assert_eq!(dear.base_fee(), 20_001);
        assert!(dear.gas_per_pubdata() <= MAX_GAS_PER_PUBDATA);
        assert_eq!(batch(7, 0).gas_per_pubdata(), 0);
        assert_eq!(batch(0, 0).gas_per_pubdata(), 0);
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
