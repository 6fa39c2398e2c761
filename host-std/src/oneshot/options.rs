//! How gas is estimated.

use crate::fees::Factor;

/// How the search begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SearchKind {
    /// From what the first run took, which is seldom far off.
    #[default]
    Optimized,
    /// In the middle of all that a transaction may have.
    Full,
}

/// How gas is estimated.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EstimateOptions {
    /// How the search begins.
    pub search: SearchKind,
    /// How much the answer of the search may be above the least gas.
    pub acceptable_overestimation: u64,
    /// What the answer is multiplied with for safety.
    pub gas_limit_factor: Factor,
    /// What the price of L2 gas is multiplied with, in case that it rises.
    pub gas_price_factor: Factor,
    /// Who gets what the transaction may cost before each run.
    pub funding: Funding,
}

/// Who gets what a transaction may cost, on top of the balance, before each run of an estimate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Funding {
    /// Who pays: the paymaster if there is one, as the network's API has it. An estimate then does not depend on whether the payer could
    /// pay.
    #[default]
    Payer,
    /// The account, whoever pays: an estimate fails if the paymaster could not pay.
    Sender,
}

impl Default for EstimateOptions {
    /// What the network's API is usually configured with, without scaling of prices.
    fn default() -> Self {
        Self {
            search: SearchKind::Optimized,
            acceptable_overestimation: 1000,
            gas_limit_factor: Factor::new(1.3).unwrap_or(Factor::ONE),
            gas_price_factor: Factor::ONE,
            funding: Funding::Payer,
        }
    }
}
