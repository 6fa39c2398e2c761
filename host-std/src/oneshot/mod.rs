//! Single transactions that do not become part of a batch: calls (`eth_call`) and estimates of gas (`eth_estimateGas`).
//!
//! A [`OneShot`] is made from what the next batch would be run with, and serves any number of [calls](OneShot::call) and
//! [estimates](OneShot::estimate) on any [`BatchState`](crate::batch::BatchState), which stays as it is. [`StateOverrides`] make it look different for them.
//!
//! ```no_run
//! use eravm_host::batch::{BatchEnvironment, MemoryState, SystemEnvironment};
//! use eravm_host::oneshot::{AccountOverride, EstimateOptions, OneShot, StateOverrides};
//! use eravm_host::transaction::Transaction;
//! use eravm_core::Word;
//!
//! # fn example(
//! #     system: SystemEnvironment,
//! #     batch: BatchEnvironment,
//! #     mut state: MemoryState,
//! #     transaction: Transaction,
//! # ) -> Result<(), Box<dyn core::error::Error>> {
//! let rich = AccountOverride { balance: Some(Word::from_u128(10_u128.pow(24))), ..Default::default() };
//! let overrides = StateOverrides { accounts: [(transaction.sender(), rich)].into() };
//! let one_shot = OneShot::new(system, batch).with_overrides(overrides);
//! let estimate = one_shot.estimate(&mut state, &transaction, &EstimateOptions::default())?;
//! println!("{} gas", estimate.fee.gas_limit);
//! if let Some(breakdown) = estimate.run.breakdown {
//!     println!("{} of it for {} bytes of pubdata", breakdown.pubdata, breakdown.pubdata_bytes);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What the network's API adds as policy of its own is left to the caller: limits of time and of storage accesses, and the check that a
//! transaction fits a batch.

mod breakdown;
mod call;
mod error;
mod estimate;
mod meter;
mod options;
mod overrides;
mod overrides_json;
mod run;
mod search;
mod state;

pub use breakdown::{Breakdown, CallGas};
pub use call::Call;
pub use error::{EstimateError, OneShotError};
pub use estimate::{Estimate, Estimator, Fee, MAX_GAS_LIMIT, Run, Step};
pub use options::{EstimateOptions, Funding, SearchKind};
pub use overrides::{
    AccountOverride, CodeOverride, CodeOverrideError, EvmCode, MAX_EVM_CODE_BYTES, StateOverrides,
    StorageOverride,
};
pub use overrides_json::OverridesJsonError;
pub use run::OneShot;
pub use search::Bounds;
pub use state::{OverriddenState, OverrideError};
