//! Who paid what for what in a batch, and what the operator keeps of it.

use super::amounts::{intrinsic_gas, overhead_gas};
use super::model::FeeModel;
use crate::batch::{BatchEnvironment, ExecutionResult, Outcome};
use crate::transaction::Transaction;
use eravm_core::{Address, Word};
use primitive_types::U256;

/// What the gas went into that a transaction was charged. The sum is all of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GasParts {
    /// For its place in the batch, by the size of its encoding.
    pub overhead: u64,
    /// For what the bootloader does for every transaction of its kind.
    pub intrinsic: u64,
    /// For validation and execution. What the operator refunds beyond the bootloader's own refund comes off this.
    pub computation: u64,
    /// For its pubdata.
    pub pubdata: u64,
}

impl GasParts {
    /// Of gas that was charged. If not all parts fit in, the bootloader has refunded more than their rest, and the last ones are less.
    fn of(charged: u64, overhead: u64, intrinsic: u64, pubdata: u64) -> Self {
        let mut left = charged;
        let mut take = |wanted: u64| {
            let taken = wanted.min(left);
            left -= taken;
            taken
        };
        let (overhead, intrinsic, pubdata) = (take(overhead), take(intrinsic), take(pubdata));
        Self { overhead, intrinsic, computation: left, pubdata }
    }

    /// All of it.
    pub const fn total(&self) -> u64 {
        self.overhead
            .saturating_add(self.intrinsic)
            .saturating_add(self.computation)
            .saturating_add(self.pubdata)
    }
}

/// What resources cost the operator, in wei.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OperatorCosts {
    /// What L1 takes for pubdata.
    pub l1_data: U256,
    /// What L1 takes for the batch, whatever is in it: committing, proving, executing.
    pub l1_batch: U256,
    /// The prover's work.
    pub proving: U256,
    /// The sequencer's work.
    pub sequencing: U256,
}

impl OperatorCosts {
    /// All of them.
    pub fn total(&self) -> U256 {
        let costs = [self.l1_data, self.l1_batch, self.proving, self.sequencing];
        costs.iter().fold(U256::zero(), |sum, cost| sum.saturating_add(*cost))
    }
}

/// What a transaction paid, and what it cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransactionFees {
    /// Who paid: its paymaster or its sender.
    pub payer: Address,
    /// Wei for gas that it paid.
    pub gas_price: Word,
    /// What gas it was charged went into.
    pub gas: GasParts,
    /// Wei that it paid, after the refund.
    pub fee: U256,
    /// Wei that went back to who paid or, for transactions from L1, to whom they name.
    pub refund: U256,
    /// Bytes of pubdata that it was charged for.
    pub pubdata: u32,
    /// What it cost the operator. Its share of the batch's L1 gas is that of its gas.
    pub costs: OperatorCosts,
}

/// The fees of a batch.
#[derive(Clone, Debug)]
pub struct BatchFees {
    model: FeeModel,
    batch: BatchEnvironment,
    transactions: Vec<Option<TransactionFees>>,
}

/// What the operator has of a batch, in wei.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Balance {
    /// What transactions paid.
    pub earned: U256,
    /// What the batch cost.
    pub costs: OperatorCosts,
}

impl Balance {
    /// What is kept, if it is not a loss.
    pub fn profit(&self) -> Option<U256> {
        self.earned.checked_sub(self.costs.total())
    }

    /// What is lost, if anything is.
    pub fn loss(&self) -> Option<U256> {
        self.costs.total().checked_sub(self.earned).filter(|loss| !loss.is_zero())
    }
}

impl BatchFees {
    /// Of a batch that begins.
    pub fn new(model: FeeModel, batch: &BatchEnvironment) -> Self {
        Self { model, batch: batch.clone(), transactions: Vec::new() }
    }

    /// What the transactions paid that were run, in their order; nothing for those that halted.
    pub fn transactions(&self) -> &[Option<TransactionFees>] {
        &self.transactions
    }

    /// Adds a transaction that was run.
    pub fn add(&mut self, transaction: &Transaction, outcome: &Outcome) {
        let fees = self.of_transaction(transaction, outcome);
        self.transactions.push(fees);
        self.share_batch();
    }

    fn of_transaction(
        &self,
        transaction: &Transaction,
        outcome: &Outcome,
    ) -> Option<TransactionFees> {
        let charged = charged_gas(transaction, outcome)?;
        let is_from_l1 = transaction.is_from_l1();
        // SPEC: the bootloader charges the base fee, whatever a transaction offers beyond it; what comes from L1 has paid its own price.
        let (gas_price, gas_per_pubdata) = if is_from_l1 {
            let limit = transaction.gas_per_pubdata_limit().to_u64().unwrap_or(u64::MAX);
            (transaction.max_fee_per_gas(), limit)
        } else {
            (Word::from_u64(self.batch.base_fee()), self.batch.gas_per_pubdata())
        };
        let gas = GasParts::of(
            charged,
            overhead_gas(transaction.encoded_words()),
            intrinsic_gas(is_from_l1, gas_per_pubdata),
            u64::from(outcome.pubdata).saturating_mul(gas_per_pubdata),
        );
        let wei = |gas: u64| U256::from(gas_price).saturating_mul(gas.into());
        let payer = match transaction.paymaster() {
            Some(paymaster) => paymaster.address,
            None => transaction.sender(),
        };
        Some(TransactionFees {
            payer,
            gas_price,
            gas,
            fee: wei(charged),
            refund: wei(outcome.refunded),
            pubdata: outcome.pubdata,
            costs: OperatorCosts {
                l1_data: self.l1_data(outcome.pubdata.into()),
                ..self.work(outcome.ergs_used.into())
            },
        })
    }

    /// Divides what L1 takes for a batch among the transactions, by their gas.
    fn share_batch(&mut self) {
        let cost = U256::from(self.model.overhead(self.batch.fee_input.l1_gas_price));
        let paid = self.transactions.iter().flatten();
        let all = paid.map(|fees| U256::from(fees.gas.total())).fold(U256::zero(), |a, b| a + b);
        for fees in self.transactions.iter_mut().flatten() {
            let share = cost.saturating_mul(fees.gas.total().into());
            fees.costs.l1_batch = share.checked_div(all).unwrap_or_default();
        }
    }

    /// What the operator has of the batch that published so many bytes and took so many ergs.
    pub fn balance(&self, pubdata: usize, ergs: u64) -> Balance {
        let fees = self.transactions.iter().flatten().map(|fees| fees.fee);
        let costs = OperatorCosts {
            l1_data: self.l1_data(u64::try_from(pubdata).unwrap_or(u64::MAX)),
            l1_batch: self.model.overhead(self.batch.fee_input.l1_gas_price).into(),
            ..self.work(ergs)
        };
        Balance { earned: fees.fold(U256::zero(), U256::saturating_add), costs }
    }

    fn l1_data(&self, bytes: u64) -> U256 {
        U256::from(self.model.l1_pubdata_price(&self.batch.fee_input)) * U256::from(bytes)
    }

    /// What the work of sequencer and prover costs. Gas is ergs: a transaction pays for those that it takes.
    fn work(&self, ergs: u64) -> OperatorCosts {
        let price = self.model.minimal_l2_gas_price;
        let provers = self.model.proving_part.times(price).min(price);
        let ergs = U256::from(ergs);
        OperatorCosts {
            proving: ergs * U256::from(provers),
            sequencing: ergs * U256::from(price - provers),
            ..OperatorCosts::default()
        }
    }
}

/// Gas that a transaction was charged; none if it halted, and pays nothing.
pub fn charged_gas(transaction: &Transaction, outcome: &Outcome) -> Option<u64> {
    if matches!(outcome.result, ExecutionResult::Halt(_)) {
        return None;
    }
    transaction.gas_limit().to_u64()?.checked_sub(outcome.refunded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::BlockEnvironment;
    use crate::fees::{FeeInput, L1Prices, Ratio};

    fn fees() -> BatchFees {
        let model = FeeModel { minimal_l2_gas_price: 1000, ..FeeModel::default() };
        let l1 = L1Prices { gas: 500_000, pubdata_byte: 70_000 };
        let fee_input: FeeInput = model.fee_input(l1, Ratio::ONE);
        BatchFees::new(
            model,
            &BatchEnvironment {
                number: 1,
                timestamp: 1,
                previous_hash: None,
                operator: Address::zero(),
                fee_input,
                enforced_base_fee: None,
                first_block: BlockEnvironment::default(),
            },
        )
    }

    #[test]
    fn parts_of_gas_sum_up_to_what_was_charged() {
        let parts = GasParts::of(100_000, 10_000, 14_070, 20_000);
        assert_eq!(
            parts,
            GasParts { overhead: 10_000, intrinsic: 14_070, computation: 55_930, pubdata: 20_000 }
        );
        for charged in [0, 9999, 10_001, 30_000, 44_070, u64::MAX] {
            assert_eq!(GasParts::of(charged, 10_000, 14_070, 20_000).total(), charged);
        }
    }

    #[test]
    fn costs_are_those_of_the_model() {
        let fees = fees();
        let balance = fees.balance(100, 2_000_000);
        assert_eq!(balance.costs.l1_data, 7_000_000.into());
        assert_eq!(balance.costs.l1_batch, 400_000_000_000_u64.into());
        assert_eq!(balance.costs.proving, 1_000_000_000.into());
        assert_eq!(balance.costs.sequencing, 1_000_000_000.into());
        assert_eq!(balance.earned, U256::zero());
        assert_eq!((balance.profit(), balance.loss()), (None, Some(402_007_000_000_u64.into())));
    }
}
