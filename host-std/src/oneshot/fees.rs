//! Prices of a single transaction that is not part of a batch. In wei of the base token.

use crate::batch::{FeeInput, MAX_GAS_PER_PUBDATA};
use core::fmt;
use eravm_core::Word;

/// Highest price of L2 gas that the network's API makes by scaling: 10,000 gwei.
const MAX_SCALED_L2_GAS_PRICE: u64 = 10_000_000_000_000;
/// Highest price of a byte of pubdata that the network's API makes by scaling: 1,000,000 gwei.
const MAX_SCALED_PUBDATA_PRICE: u64 = 1_000_000_000_000_000;

/// A factor for gas or prices: finite and not negative.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub struct Factor(f64);

/// Why a number is not a factor: it is negative, infinite or none at all.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FactorError(pub f64);

impl Factor {
    /// The factor that changes nothing.
    pub const ONE: Self = Self(1.0);

    /// Takes a number.
    ///
    /// # Errors
    /// If it is negative or not finite.
    pub const fn new(factor: f64) -> Result<Self, FactorError> {
        if factor.is_finite() && factor >= 0.0 {
            Ok(Self(factor))
        } else {
            Err(FactorError(factor))
        }
    }

    /// The product, rounded down; the highest number where it is too high.
    ///
    /// SPEC: the network's API computes it in floating point, so that numbers above 2⁵³ lose their last bits.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "that is how the network's API computes, and the cast back saturates"
    )]
    pub const fn times(self, number: u64) -> u64 {
        (number as f64 * self.0) as u64
    }
}

impl fmt::Display for FactorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a factor: it must be finite and not negative", self.0)
    }
}

impl core::error::Error for FactorError {}

impl FeeInput {
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
    fn factors_are_finite() {
        for wrong in [f64::NAN, f64::INFINITY, -0.5] {
            assert!(Factor::new(wrong).is_err());
        }
        let factor = Factor::new(1.3).unwrap();
        assert_eq!(factor.times(1_827_379), 2_375_592);
        assert_eq!(factor.times(u64::MAX), u64::MAX);
        assert_eq!(fees(100, 5).scale_l2_gas_price(factor), fees(130, 5));
        let capped = fees(u64::MAX, u64::MAX).scale_l2_gas_price(factor);
        assert_eq!(capped, fees(MAX_SCALED_L2_GAS_PRICE, MAX_SCALED_PUBDATA_PRICE));
    }
}
