//! Fees in reports. All amounts are in wei, as texts: `0x` and hexadecimal digits without leading zeros.

use super::report::hex_address;
use crate::fees::{Balance, OperatorCosts, TransactionFees};
use eravm_core::Word;
use primitive_types::U256;
use serde::Serialize;

/// What a transaction paid for, and what it cost.
#[derive(Clone, Debug, Serialize)]
pub(in crate::cli) struct FeesReport {
    /// Its sender or its paymaster.
    pub(in crate::cli) payer: String,
    pub(in crate::cli) gas: GasReport,
    pub(in crate::cli) refund: String,
    pub(in crate::cli) costs: CostsReport,
}

/// What gas went into.
#[derive(Clone, Copy, Debug, Serialize)]
pub(in crate::cli) struct GasReport {
    pub(in crate::cli) overhead: u64,
    pub(in crate::cli) intrinsic: u64,
    pub(in crate::cli) computation: u64,
    pub(in crate::cli) pubdata: u64,
}

/// What resources cost the operator.
#[derive(Clone, Debug, Serialize)]
pub(in crate::cli) struct CostsReport {
    pub(in crate::cli) l1_data: String,
    pub(in crate::cli) l1_batch: String,
    pub(in crate::cli) proving: String,
    pub(in crate::cli) sequencing: String,
    pub(in crate::cli) total: String,
}

/// What the operator has of a batch.
#[derive(Clone, Debug, Serialize)]
pub(in crate::cli) struct BalanceReport {
    pub(in crate::cli) earned: String,
    pub(in crate::cli) costs: CostsReport,
    /// None if it is a loss.
    pub(in crate::cli) profit: Option<String>,
    /// None if it is none.
    pub(in crate::cli) loss: Option<String>,
}

/// An amount of wei.
pub(in crate::cli) fn wei(amount: U256) -> String {
    Word::from(amount).to_string()
}

impl FeesReport {
    pub(super) fn new(fees: &TransactionFees) -> Self {
        let gas = fees.gas;
        Self {
            payer: hex_address(&fees.payer),
            gas: GasReport {
                overhead: gas.overhead,
                intrinsic: gas.intrinsic,
                computation: gas.computation,
                pubdata: gas.pubdata,
            },
            refund: wei(fees.refund),
            costs: CostsReport::new(&fees.costs),
        }
    }
}

impl CostsReport {
    fn new(costs: &OperatorCosts) -> Self {
        Self {
            l1_data: wei(costs.l1_data),
            l1_batch: wei(costs.l1_batch),
            proving: wei(costs.proving),
            sequencing: wei(costs.sequencing),
            total: wei(costs.total()),
        }
    }
}

impl BalanceReport {
    pub(super) fn new(balance: &Balance) -> Self {
        Self {
            earned: wei(balance.earned),
            costs: CostsReport::new(&balance.costs),
            profit: balance.profit().map(wei),
            loss: balance.loss().map(wei),
        }
    }
}
