//! Estimates: the gas limit and the prices with which a transaction succeeds.
//!
//! The algorithm is that of the network's API, step by step, so that both give the same answer for the same state.

use super::breakdown::Breakdown;
use super::error::EstimateError;
use super::options::{EstimateOptions, Funding, SearchKind};
use super::run::{Alone, OneShot, run_alone, with_signature};
use super::search::Bounds;
use super::state::OverriddenState;
use crate::batch::{
    BatchEnvironment, BatchError, BatchState, ExecutionMode, ExecutionResult, SystemEnvironment,
    TransactionOutcome,
};
use crate::fees::{MAX_COMPUTE_GAS, overhead_gas};
use crate::transaction::{L1Transaction, L2Kind, L2Transaction, Transaction};
use eravm_core::{NoTracer, Word};
use primitive_types::U256;

/// Most gas that a transaction may have (`BATCH_GAS_LIMIT`).
pub const MAX_GAS_LIMIT: u64 = 1 << 50;

/// What a transaction should offer. Gas in gas, prices in wei of the base token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fee {
    /// Most gas.
    pub gas_limit: u64,
    /// Most per gas: the base fee.
    pub max_fee_per_gas: u64,
    /// Most per gas beyond the base fee.
    pub max_priority_fee_per_gas: u64,
    /// Most gas per byte of pubdata.
    pub gas_per_pubdata_limit: u64,
}

/// A run of a transaction with some gas limit.
#[derive(Clone, Debug)]
pub struct Run {
    /// The gas limit.
    pub gas_limit: u64,
    /// What it did.
    pub outcome: TransactionOutcome,
    /// What its gas went into; `None` if it was not charged because it halted.
    pub breakdown: Option<Breakdown>,
}

impl Run {
    /// Whether it failed.
    pub const fn failed(&self) -> bool {
        !matches!(self.outcome.outcome.result, ExecutionResult::Success { .. })
    }
}

/// A step of the search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Gas, without overhead.
    pub gas: u64,
    /// The gas limit with which the transaction was run.
    pub gas_limit: u64,
    /// Whether it failed.
    pub failed: bool,
}

/// An estimate, and how it was come by.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// The answer.
    pub fee: Fee,
    /// The run with that gas limit.
    pub run: Run,
    /// The run with [`MAX_GAS_LIMIT`]; transactions from L1 have none.
    pub first_run: Option<Run>,
    /// Gas for the transaction's place in the batch.
    pub overhead: u64,
    /// Between what the least gas was searched.
    pub bounds: Bounds,
    /// The steps of the search, and last the run that checks the answer.
    pub steps: Vec<Step>,
    /// The least gas that was found, without overhead.
    pub unscaled_gas_limit: u64,
    /// The same, multiplied for safety.
    pub suggested_gas_limit: u64,
}

impl OneShot {
    /// Estimates what a transaction needs (`eth_estimateGas`, `zks_estimateFee`, `zks_estimateGasL1ToL2`). The bootloader must be
    /// `fee_estimate`.
    ///
    /// The transaction need not be signed; its gas limit and its prices do not matter, but for its limit per byte of pubdata. Its
    /// nonce is taken for the right one.
    ///
    /// # Errors
    /// If it fails with all gas or with the estimate, its account has less than it is to transfer, or it cannot be run.
    pub fn estimate<S: BatchState>(
        &self,
        state: &mut S,
        transaction: &Transaction,
        options: &EstimateOptions,
    ) -> Result<Estimate, EstimateError<S::Fault>> {
        let mut estimator = self.estimator(state, transaction, options)?;
        estimator.check_balance()?;
        estimator.estimate()
    }

    /// What runs a transaction with one gas limit after the other.
    ///
    /// # Errors
    /// If overrides cannot be applied.
    pub fn estimator<'a, S: BatchState>(
        &self,
        state: &'a mut S,
        transaction: &Transaction,
        options: &EstimateOptions,
    ) -> Result<Estimator<'a, S>, EstimateError<S::Fault>> {
        let mut batch = self.batch();
        let scaled = batch.fee_input.scale_l2_gas_price(options.gas_price_factor);
        batch.fee_input = scaled.adjusted_for(&transaction.gas_per_pubdata_limit(), None);
        let base_fee = batch.fee_input.base_fee();
        batch.enforced_base_fee = Some(base_fee);
        let mut transaction = with_signature(transaction.clone());
        set_price(&mut transaction, Word::from_u64(base_fee));
        Ok(Estimator {
            system: self.system(ExecutionMode::EstimateFee),
            overhead: overhead_gas(transaction.encoded_words()),
            base_fee,
            gas_per_pubdata: batch.gas_per_pubdata(),
            batch,
            state: self.state(state)?,
            transaction,
            options: *options,
        })
    }
}

/// Makes a transaction pay a price per gas.
fn set_price(transaction: &mut Transaction, price: Word) {
    match transaction {
        Transaction::L2(l2) => match &mut l2.kind {
            L2Kind::Legacy { gas_price, .. } | L2Kind::Eip2930 { gas_price, .. } => {
                *gas_price = price;
            }
            L2Kind::Eip1559 { max_fee_per_gas, max_priority_fee_per_gas, .. } => {
                (*max_fee_per_gas, *max_priority_fee_per_gas) = (price, price);
            }
            L2Kind::Eip712(own) => {
                (own.max_fee_per_gas, own.max_priority_fee_per_gas) = (price, price);
            }
        },
        Transaction::Priority(l1) | Transaction::Upgrade(l1) => l1.max_fee_per_gas = price,
    }
}

/// Runs a transaction with one gas limit after the other, always on the same state.
#[derive(Debug)]
pub struct Estimator<'a, S> {
    system: SystemEnvironment,
    batch: BatchEnvironment,
    state: OverriddenState<'a, S>,
    transaction: Transaction,
    options: EstimateOptions,
    overhead: u64,
    base_fee: u64,
    gas_per_pubdata: u64,
}

impl<S: BatchState> Estimator<'_, S> {
    /// The price of gas, in wei of the base token.
    pub const fn base_fee(&self) -> u64 {
        self.base_fee
    }

    /// Gas that a byte of pubdata costs.
    pub const fn gas_per_pubdata(&self) -> u64 {
        self.gas_per_pubdata
    }

    /// Gas for the transaction's place in the batch.
    pub const fn overhead(&self) -> u64 {
        self.overhead
    }

    /// Checks that an account without code of its own can transfer what the transaction is to transfer. If it cannot, no fee helps.
    ///
    /// # Errors
    /// If it cannot, or the state cannot answer.
    pub fn check_balance(&mut self) -> Result<(), EstimateError<S::Fault>> {
        let Transaction::L2(l2) = &self.transaction else { return Ok(()) };
        if self.state.has_code(&l2.from).map_err(BatchError::State)? {
            return Ok(());
        }
        let balance = self.state.balance(&l2.from).map_err(BatchError::State)?;
        let value = l2.value;
        if value > balance { Err(EstimateError::Balance { balance, value }) } else { Ok(()) }
    }

    /// Runs the transaction with a gas limit. Nothing of it is left.
    ///
    /// # Errors
    /// If it cannot be run. One that fails is no error.
    pub fn run(&mut self, gas_limit: u64) -> Result<Run, EstimateError<S::Fault>> {
        let mut transaction = self.transaction.clone();
        let mut state = OverriddenState::over(&mut self.state);
        let cost = U256::from(gas_limit) * U256::from(self.base_fee);
        match &mut transaction {
            Transaction::L2(l2) => {
                l2.gas_limit = Word::from_u64(gas_limit);
                prepare(&mut state, l2, self.options.funding, cost).map_err(BatchError::State)?;
            }
            Transaction::Priority(l1) | Transaction::Upgrade(l1) => {
                l1.gas_limit = Word::from_u64(gas_limit);
                l1.to_mint = to_mint(l1, cost).ok_or(EstimateError::Mint)?;
            }
        }
        let Alone { outcome, meter } =
            run_alone::<_, NoTracer>(&self.system, &self.batch, &mut state, &transaction, None)?;
        let breakdown = Breakdown::of(&transaction, &outcome.outcome, &meter);
        Ok(Run { gas_limit, outcome, breakdown })
    }

    /// Runs the transaction with some gas beyond the overhead.
    fn step(&mut self, gas: u64) -> Result<(Step, Run), EstimateError<S::Fault>> {
        let gas_limit = gas.saturating_add(self.overhead).min(MAX_GAS_LIMIT);
        let run = self.run(gas_limit)?;
        Ok((Step { gas, gas_limit, failed: run.failed() }, run))
    }

    /// Makes the estimate, whether the account could transfer the value or not.
    ///
    /// # Errors
    /// If the transaction fails with all gas or with the estimate, or cannot be run.
    pub fn estimate(mut self) -> Result<Estimate, EstimateError<S::Fault>> {
        // Pubdata of transactions from L1 is so cheap that the gas for computation is enough for it.
        let first_run = match self.transaction.is_from_l1() {
            true => None,
            false => Some(self.run(MAX_GAS_LIMIT)?),
        };
        if let Some(run) = first_run.as_ref().filter(|run| run.failed()) {
            return Err(EstimateError::FirstRun(Box::new(run.clone())));
        }
        let (bounds, pivot) = self.bounds(first_run.as_ref());
        let mut steps = Vec::new();
        let acceptable = self.options.acceptable_overestimation;
        let unscaled_gas_limit = bounds.search(pivot, acceptable, |gas| {
            let (step, _) = self.step(gas)?;
            steps.push(step);
            Ok::<_, EstimateError<S::Fault>>(step.failed)
        })?;
        let suggested_gas_limit = self.options.gas_limit_factor.times(unscaled_gas_limit);
        let (step, run) = self.step(suggested_gas_limit)?;
        steps.push(step);
        if step.failed {
            return Err(EstimateError::FinalRun(Box::new(run)));
        }
        let gas_limit = suggested_gas_limit.saturating_add(self.overhead);
        if gas_limit > MAX_GAS_LIMIT {
            return Err(EstimateError::AboveLimit { gas_limit, limit: MAX_GAS_LIMIT });
        }
        Ok(Estimate {
            fee: self.fee(gas_limit),
            run,
            first_run,
            overhead: self.overhead,
            bounds,
            steps,
            unscaled_gas_limit,
            suggested_gas_limit,
        })
    }

    fn fee(&self, gas_limit: u64) -> Fee {
        let scaled = self.options.gas_limit_factor.times(self.gas_per_pubdata);
        let limit = self.transaction.gas_per_pubdata_limit().to_u64();
        Fee {
            gas_limit,
            max_fee_per_gas: self.base_fee,
            max_priority_fee_per_gas: 0,
            gas_per_pubdata_limit: limit.map_or(scaled, |limit| scaled.min(limit)),
        }
    }

    /// Between what the least gas is, and where the search begins.
    fn bounds(&self, first_run: Option<&Run>) -> (Bounds, Option<u64>) {
        let Some(outcome) = first_run.map(|run| &run.outcome.outcome) else {
            return (Bounds { lower: 0, upper: MAX_COMPUTE_GAS }, None);
        };
        let for_pubdata = u64::from(outcome.pubdata).saturating_mul(self.gas_per_pubdata);
        let upper = MAX_COMPUTE_GAS.saturating_add(for_pubdata);
        let full = Bounds { lower: for_pubdata, upper };
        if self.options.search == SearchKind::Full {
            return (full, None);
        }
        let charged = MAX_GAS_LIMIT.checked_sub(outcome.refunded);
        let computed = u64::from(outcome.ergs_used).saturating_add(for_pubdata);
        // SPEC: what is charged may be very close to the least gas, so a sixty-fourth of it is left out of account.
        let least = charged.map_or(computed, |charged| {
            computed.min(charged.saturating_sub((charged / 64).max(1000)))
        });
        let lower = least.checked_sub(self.overhead).unwrap_or(for_pubdata);
        // A twentieth more than was charged is enough for most transactions: a far call leaves a sixty-fourth to its caller.
        let pivot = charged.and_then(|charged| charged.checked_sub(self.overhead));
        let pivot = pivot.map(|gas| gas.saturating_mul(21) / 20);
        (Bounds { lower, upper }, pivot)
    }
}

/// What is minted for a transaction from L1: its cost and its value. `None` if that is too much.
fn to_mint(l1: &L1Transaction, cost: U256) -> Option<Word> {
    cost.checked_add(l1.value.into()).map(Word::from)
}

/// Makes the nonce the right one, and adds the cost to a balance.
fn prepare<S: BatchState>(
    state: &mut OverriddenState<'_, S>,
    l2: &L2Transaction,
    funding: Funding,
    cost: U256,
) -> Result<(), S::Fault> {
    // Nonces above have a key, and each key has a word of its own.
    if let Some(nonce) = l2.nonce.to_u64() {
        state.set_nonce(&l2.from, nonce.into())?;
    }
    let paymaster = l2.kind.paymaster().filter(|_| funding == Funding::Payer);
    let funded = paymaster.map_or(l2.from, |paymaster| paymaster.address);
    let balance = U256::from(state.balance(&funded)?).saturating_add(cost);
    state.set_balance(&funded, balance.into());
    Ok(())
}
