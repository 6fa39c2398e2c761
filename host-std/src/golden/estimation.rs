//! What goldens say of the network's estimates of gas.

use super::format::TxResult;
use serde::Deserialize;

/// What a golden has beside the batch.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Extra {
    /// The estimate with the optimised search.
    #[serde(default)]
    pub estimation_optimized: Option<Estimation>,
    /// The estimate with the full search.
    #[serde(default)]
    pub estimation_full: Option<Estimation>,
}

/// An estimate of gas. Prices are in wei of the base token.
#[derive(Clone, Debug, Deserialize)]
pub struct Estimation {
    /// What the price of L2 gas was multiplied with.
    pub gas_price_scale_factor: f64,
    /// What the answer of the search was multiplied with.
    pub estimate_gas_scale_factor: f64,
    /// How much the answer of the search might be too high.
    pub acceptable_overestimation: u64,
    /// The price of gas.
    pub base_fee: u64,
    /// Gas that a byte of pubdata cost.
    pub gas_per_pubdata: u64,
    /// The gas limit of the first run.
    pub max_gas_limit: u64,
    /// Words of the transaction's encoding.
    pub encoding_len: usize,
    /// The first run; transactions from L1 have none.
    #[serde(default)]
    pub initial: Option<InitialRun>,
    /// Between what the least gas was searched.
    #[serde(default)]
    pub bounds: Option<(u64, u64)>,
    /// Gas without overhead, gas limit of the run, and whether it failed.
    #[serde(default)]
    pub steps: Vec<(u64, u64, bool)>,
    /// The least gas that was found, without overhead.
    #[serde(default)]
    pub unscaled_gas_limit: Option<u64>,
    /// The same, multiplied.
    #[serde(default)]
    pub suggested_gas_limit: Option<u64>,
    /// Gas for the transaction's place in the batch.
    #[serde(default)]
    pub overhead: Option<u64>,
    /// The answer.
    #[serde(default)]
    pub fee: Option<EstimatedFee>,
    /// Why there is none.
    #[serde(default)]
    pub error: Option<String>,
}

/// The first run of an estimate.
#[derive(Clone, Debug, Deserialize)]
pub struct InitialRun {
    /// Ergs of the bootloader's frame that it took.
    pub computational_gas_used: u64,
    /// Gas that was refunded.
    pub gas_refunded: u64,
    /// Bytes of pubdata.
    pub pubdata_published: u32,
    /// What came of it.
    pub result: TxResult,
}

/// What a transaction should offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub struct EstimatedFee {
    /// Most gas.
    pub gas_limit: u64,
    /// Most gas per byte of pubdata.
    pub gas_per_pubdata_limit: u64,
    /// Most per gas.
    pub max_fee_per_gas: u64,
    /// Most per gas beyond the base fee.
    pub max_priority_fee_per_gas: u64,
}
