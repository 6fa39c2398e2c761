//! The prices of a batch, and what follows from them.

use super::amounts::MAX_GAS_PER_PUBDATA;
use super::factor::Factor;
use eravm_core::Word;

/// Highest price of L2 gas that the network's API makes by scaling: 10,000 gwei.
const MAX_SCALED_L2_GAS_PRICE: u64 = 10_000_000_000_000;
/// Highest price of a byte of pubdata that the network's API makes by scaling: 1,000,000 gwei.
const MAX_SCALED_PUBDATA_PRICE: u64 = 1_000_000_000_000_000;

/// What resources cost on the network, in wei of the base token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeeInput {
    /// L2 gas.
    pub fair_l2_gas_price: u64,
    /// A byte of pubdata.
    pub fair_pubdata_price: u64,
    /// L1 gas. Nothing in the batch depends on it.
    pub l1_gas_price: u64,
}

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

    /// Prices with L2 gas dearer or cheaper by a factor, as the network's API scales those of an open batch for estimates.
    #[must_use]
    pub fn scale_l2_gas_price(self, factor: Factor) -> Self {
        if factor == Factor::ONE {
            return self;
        }
        Self {
            fair_l2_gas_price: factor.times(self.fair_l2_gas_price).min(MAX_SCALED_L2_GAS_PRICE),
            fair_pubdata_price: self.fair_pubdata_price.min(MAX_SCALED_PUBDATA_PRICE),
            ..self
        }
    }

    /// Prices that a transaction accepts: those of the batch, unless a byte of pubdata would cost more gas than its limit, or gas more than
    /// a base fee that is enforced.
    ///
    /// Calls and estimates are to tell what a transaction does, not that its limits are too low for the prices of the moment.
    #[must_use]
    pub fn adjusted_for(self, gas_per_pubdata_limit: &Word, max_base_fee: Option<u64>) -> Self {
        let limit = gas_per_pubdata_limit.to_u64().unwrap_or(u64::MAX).min(MAX_GAS_PER_PUBDATA);
        let max_base_fee = max_base_fee.unwrap_or(u64::MAX);
        let gas_per_pubdata = self.gas_per_pubdata(self.base_fee());
        if gas_per_pubdata <= limit && self.base_fee() <= max_base_fee {
            return self;
        }
        let fair_l2_gas_price = self.fair_l2_gas_price.min(max_base_fee);
        // gas per pubdata = ceil(pubdata price / gas price) must be at most the limit, so one less is on the safe side.
        let at_most = limit.min(gas_per_pubdata).saturating_sub(1);
        let fair_pubdata_price = fair_l2_gas_price.saturating_mul(at_most);
        Self { fair_l2_gas_price, fair_pubdata_price, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fees(fair_l2_gas_price: u64, fair_pubdata_price: u64) -> FeeInput {
        FeeInput { fair_l2_gas_price, fair_pubdata_price, l1_gas_price: 7 }
    }

    #[test]
    fn prices_that_are_accepted_stay() {
        let prices = fees(45_250_000, 5_000_000_000);
        let adjusted = |limit, fee| prices.adjusted_for(&Word::from_u64(limit), fee);
        assert_eq!(adjusted(111, None), prices);
        assert_eq!(adjusted(50_000, Some(45_250_000)), prices);
        assert_eq!(prices.adjusted_for(&Word([0, 0, 0, 1]), None), prices);
    }

    #[test]
    fn pubdata_becomes_so_cheap_that_its_limit_is_kept() {
        let prices = fees(45_250_000, 5_000_000_000);
        for limit in [0, 1, 2, 50, 110] {
            let adjusted = prices.adjusted_for(&Word::from_u64(limit), None);
            assert_eq!(adjusted, fees(45_250_000, 45_250_000 * limit.saturating_sub(1)));
            assert!(adjusted.gas_per_pubdata(adjusted.base_fee()) <= limit);
        }
    }

    #[test]
    fn an_enforced_base_fee_lowers_both_prices() {
        let prices = fees(1000, 100_000);
        assert_eq!(prices.adjusted_for(&Word::from_u64(50_000), Some(10)), fees(10, 990));
        assert_eq!(prices.adjusted_for(&Word::from_u64(50_000), Some(0)), fees(0, 0));
        let absurd = fees(u64::MAX, u64::MAX).adjusted_for(&Word::ZERO, None);
        assert_eq!(absurd, fees(u64::MAX, 0));
        assert_eq!(fees(0, u64::MAX).adjusted_for(&Word::from_u64(1), Some(0)), fees(0, 0));
    }

    #[test]
    fn scaled_prices_have_a_ceiling() {
        let factor = Factor::new(1.3).unwrap();
        assert_eq!(fees(100, 5).scale_l2_gas_price(factor), fees(130, 5));
        let capped = fees(u64::MAX, u64::MAX).scale_l2_gas_price(factor);
        assert_eq!(capped, fees(MAX_SCALED_L2_GAS_PRICE, MAX_SCALED_PUBDATA_PRICE));
    }

    #[test]
    fn pubdata_raises_the_base_fee_when_it_is_dear() {
        let usual = fees(45_250_000, 5_000_000_000);
        assert_eq!((usual.base_fee(), usual.gas_per_pubdata(45_250_000)), (45_250_000, 111));
        let dear = fees(1000, 1_000_000_001);
        assert_eq!(dear.base_fee(), 20_001);
        assert!(dear.gas_per_pubdata(dear.base_fee()) <= MAX_GAS_PER_PUBDATA);
        assert_eq!(fees(7, 0).gas_per_pubdata(7), 0);
        assert_eq!(fees(0, 0).gas_per_pubdata(0), 0);
    }
}
