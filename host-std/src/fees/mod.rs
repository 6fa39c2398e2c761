//! The fee model: what resources cost, what transactions pay for them, and what the operator has of it.
//!
//! 1. The operator's [`FeeModel`] makes the [`FeeInput`] of a batch of the [`L1Prices`] of the moment: the fair prices of L2 gas, which
//!    is the work of sequencer and prover, and of a byte of pubdata, which is what L1 takes for data. What a batch costs beside these on
//!    L1 is divided between the two.
//! 2. Of these follow the [base fee](FeeInput::base_fee), in wei for gas, and [gas per byte of pubdata](FeeInput::gas_per_pubdata).
//! 3. A transaction pays the base fee for its gas limit before it begins: for its [place](overhead_gas) in the batch, for what the
//!    bootloader does for each ([`intrinsic_gas`]), for what it computes, and for its pubdata. What it did not use is refunded; the
//!    operator proposes how much ([`operator_refund`]).
//! 4. [`BatchFees`] tells it all of a batch that was run: who paid what for what, and what the operator keeps.
//!
//! Both systems, that of bytecode and the embedded one, are run with the same numbers. Prices are in wei of the base token.

mod amounts;
mod factor;
mod input;
mod model;
mod refund;
mod report;

pub use amounts::{
    L1_INTRINSIC_GAS, L1_INTRINSIC_PUBDATA, L2_INTRINSIC_GAS, MAX_COMPUTE_GAS, MAX_GAS_PER_PUBDATA,
    MEMORY_OVERHEAD_GAS, SLOT_OVERHEAD_GAS, intrinsic_gas, overhead_gas,
};
pub use factor::{Factor, FactorError};
pub use input::FeeInput;
pub use model::{FeeModel, L1Prices, Ratio};
pub use refund::{RefundRequest, operator_refund, trusted_gas};
pub use report::{Balance, BatchFees, GasParts, OperatorCosts, TransactionFees, charged_gas};
