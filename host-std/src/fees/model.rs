//! How an operator makes prices of those of L1.

use super::factor::Factor;
use super::input::FeeInput;

/// Bytes of L1 calldata's gas for a byte of pubdata in the first fee model.
const PEGGED_GAS_PER_PUBDATA: u64 = 17;

/// What L1 asks at the moment, in wei of its own token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct L1Prices {
    /// L1 gas.
    pub gas: u64,
    /// A byte of pubdata: in calldata, or in a blob.
    pub pubdata_byte: u64,
}

/// What the base token is worth: so many of it for so many of L1's token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ratio {
    /// Of the base token.
    pub numerator: u64,
    /// Of L1's token; 0 is taken for 1.
    pub denominator: u64,
}

impl Ratio {
    /// Of chains whose base token is that of L1.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// A price in the base token, rounded down.
    fn convert(self, price: u64) -> u64 {
        let price = u128::from(price) * u128::from(self.numerator);
        u64::try_from(price / u128::from(self.denominator.max(1))).unwrap_or(u64::MAX)
    }
}

/// An operator's fee model, the second version: what it asks beside what L1 asks.
///
/// A batch costs L1 gas whatever is in it: committing, proving, executing. How much of that is paid with L2 gas, and how much with
/// pubdata, depends on which of the two fills batches.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FeeModel {
    /// Wei for L2 gas: the work of sequencer and prover.
    pub minimal_l2_gas_price: u64,
    /// How much of a batch's overhead L2 gas pays, if gas fills batches.
    pub compute_overhead_part: Factor,
    /// How much of a batch's overhead pubdata pays, if pubdata fills batches.
    pub pubdata_overhead_part: Factor,
    /// L1 gas that a batch takes.
    pub batch_overhead_l1_gas: u64,
    /// L2 gas that fills a batch.
    pub max_gas_per_batch: u64,
    /// Bytes of pubdata that fill a batch.
    pub max_pubdata_per_batch: u64,
    /// How much of the price of L2 gas is the prover's. No price depends on it: it is for reports of costs only.
    pub proving_part: Factor,
}

impl Default for FeeModel {
    /// As the operator of ZKsync Era configures it. How much of the price of gas the prover takes is not known; half of it is assumed.
    fn default() -> Self {
        Self {
            minimal_l2_gas_price: 45_250_000,
            compute_overhead_part: Factor::ZERO,
            pubdata_overhead_part: Factor::ONE,
            batch_overhead_l1_gas: 800_000,
            max_gas_per_batch: 200_000_000,
            max_pubdata_per_batch: 500_000,
            proving_part: Factor::HALF,
        }
    }
}

impl FeeModel {
    /// What a batch is run with. Prices that are too high for 64 bits are the highest there are.
    pub fn fee_input(&self, l1: L1Prices, base_token: Ratio) -> FeeInput {
        let part =
            |most: u64, part: Factor| part.times(self.overhead(l1.gas).div_ceil(most.max(1)));
        let gas = part(self.max_gas_per_batch, self.compute_overhead_part);
        let pubdata = part(self.max_pubdata_per_batch, self.pubdata_overhead_part);
        FeeInput {
            fair_l2_gas_price: base_token.convert(self.minimal_l2_gas_price.saturating_add(gas)),
            fair_pubdata_price: base_token.convert(l1.pubdata_byte.saturating_add(pubdata)),
            l1_gas_price: base_token.convert(l1.gas),
        }
    }

    /// What a batch is run with by the first fee model, where everything depends on the price of L1 gas.
    pub const fn pegged(fair_l2_gas_price: u64, l1_gas_price: u64) -> FeeInput {
        let fair_pubdata_price = l1_gas_price.saturating_mul(PEGGED_GAS_PER_PUBDATA);
        FeeInput { fair_l2_gas_price, fair_pubdata_price, l1_gas_price }
    }

    /// Wei that a batch costs on L1 beside its data.
    pub const fn overhead(&self, l1_gas_price: u64) -> u64 {
        l1_gas_price.saturating_mul(self.batch_overhead_l1_gas)
    }

    /// What L1 asks for a byte of pubdata, of the prices that a batch was run with: the fair price without the overhead's part.
    pub fn l1_pubdata_price(&self, prices: &FeeInput) -> u64 {
        let overhead =
            self.overhead(prices.l1_gas_price).div_ceil(self.max_pubdata_per_batch.max(1));
        prices.fair_pubdata_price.saturating_sub(self.pubdata_overhead_part.times(overhead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const L1: L1Prices = L1Prices { gas: 20_000_000_000, pubdata_byte: 300_000_000_000 };

    #[test]
    fn a_batch_s_overhead_is_divided_between_gas_and_pubdata() {
        // 800,000 gas at 20 gwei is 0.016 ether: 32 gwei for each of 500,000 bytes, 80,000,000 wei for each of 200,000,000 gas.
        let model = FeeModel::default();
        let prices = model.fee_input(L1, Ratio::ONE);
        assert_eq!(prices.fair_l2_gas_price, 45_250_000);
        assert_eq!(prices.fair_pubdata_price, 332_000_000_000);
        assert_eq!(prices.l1_gas_price, L1.gas);
        assert_eq!(model.l1_pubdata_price(&prices), L1.pubdata_byte);
        let half = Factor::HALF;
        let model = FeeModel { compute_overhead_part: half, pubdata_overhead_part: half, ..model };
        let prices = model.fee_input(L1, Ratio::ONE);
        assert_eq!(prices.fair_l2_gas_price, 85_250_000);
        assert_eq!(prices.fair_pubdata_price, 316_000_000_000);
    }

    #[test]
    fn parts_of_the_overhead_are_rounded_up_and_then_down() {
        let l1 = L1Prices { gas: 1, pubdata_byte: 0 };
        let third = Factor::new(0.34).unwrap();
        let model = FeeModel {
            minimal_l2_gas_price: 0,
            compute_overhead_part: third,
            pubdata_overhead_part: Factor::ONE,
            batch_overhead_l1_gas: 10,
            max_gas_per_batch: 4,
            max_pubdata_per_batch: 7,
            proving_part: Factor::ZERO,
        };
        let prices = model.fee_input(l1, Ratio::ONE);
        assert_eq!((prices.fair_l2_gas_price, prices.fair_pubdata_price), (1, 2));
    }

    #[test]
    fn prices_are_in_the_base_token() {
        let prices = FeeModel::default().fee_input(L1, Ratio { numerator: 3, denominator: 2 });
        assert_eq!(prices.fair_l2_gas_price, 67_875_000);
        assert_eq!(prices.l1_gas_price, 30_000_000_000);
        let absurd = L1Prices { gas: u64::MAX, pubdata_byte: u64::MAX };
        let ratio = Ratio { numerator: u64::MAX, denominator: 0 };
        let prices = FeeModel::default().fee_input(absurd, ratio);
        assert_eq!(prices.fair_pubdata_price, u64::MAX);
        assert_eq!(FeeModel::pegged(1, u64::MAX).fair_pubdata_price, u64::MAX);
        assert_eq!(FeeModel::pegged(1, 2).fair_pubdata_price, 34);
    }
}
