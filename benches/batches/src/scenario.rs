//! Batches that are ready to be run.

use crate::abi;
use crate::chain::{Chain, Code};
use crate::sender::{Request, Sender};
use crate::token::Token;
use eravm_core::{Address, Word};
use eravm_host::batch::{
    BatchEnvironment, BatchError, BatchExecutor, ExecutionResult, FinishedBatch, MemoryState,
    Observer, Outcome, SystemEnvironment, TransactionOutcome,
};
use eravm_host::pubdata::PubdataFormat;
use eravm_host::system_contracts::addresses::CONTRACT_DEPLOYER;
use eravm_host::transaction::{PreparedTransaction, RecoveredSigner, SignatureError, Transaction};
use std::convert::Infallible;
use std::error::Error;
use std::path::Path;

/// Gas limits as in zksync-era's VM benchmark.
const TRANSFER_GAS: u64 = 1_000_000;
const DEPLOYMENT_GAS: u64 = 30_000_000;
/// What a transfer transfers, in wei.
const TRANSFER_VALUE: u64 = 1_000_000_000;

/// A batch that is ready to be run.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it is run with.
    pub system: SystemEnvironment,
    /// What it is run with.
    pub batch: BatchEnvironment,
    /// How it is published.
    pub format: PubdataFormat,
    /// The state before it.
    pub state: MemoryState,
    /// All code of that state.
    pub codes: Vec<Code>,
    /// Its transactions, none of which halts.
    pub transactions: Vec<Transaction>,
}

/// An executor of a scenario's batch.
pub type Executor<'a, O> = BatchExecutor<&'a MemoryState, O>;

impl Scenario {
    /// Begins the batch.
    ///
    /// # Errors
    /// If the machine cannot be made.
    pub fn begin<O: Observer>(
        &self,
        observer: O,
    ) -> Result<Executor<'_, O>, BatchError<Infallible>> {
        BatchExecutor::observed(self.system.clone(), self.batch.clone(), &self.state, observer)
    }

    /// Runs the transactions, each with a snapshot before it, as the network does. Returns how many succeeded.
    ///
    /// # Errors
    /// If the machine cannot go on.
    pub fn execute<O: Observer>(
        &self,
        executor: &mut Executor<'_, O>,
    ) -> Result<usize, BatchError<Infallible>> {
        count_successes(self.transactions.iter().map(|transaction| executor.execute(transaction)))
    }

    /// Does the same with transactions that a node has prepared.
    ///
    /// # Errors
    /// If the machine cannot go on.
    pub fn execute_prepared<O: Observer>(
        &self,
        executor: &mut Executor<'_, O>,
        prepared: &[PreparedTransaction],
    ) -> Result<usize, BatchError<Infallible>> {
        count_successes(prepared.iter().map(|transaction| executor.execute_prepared(transaction)))
    }

    /// Ends the batch.
    ///
    /// # Errors
    /// If the machine cannot go on.
    pub fn finish<O: Observer>(
        &self,
        executor: &mut Executor<'_, O>,
    ) -> Result<FinishedBatch, BatchError<Infallible>> {
        executor.finish(&self.format)
    }

    /// Its transactions, as a node has them that has accepted them.
    pub fn prepared(&self) -> Vec<PreparedTransaction> {
        self.transactions.iter().cloned().map(PreparedTransaction::new).collect()
    }

    /// The signers of its transactions, which a node has recovered before it executes them.
    ///
    /// # Errors
    /// If somebody else signed one of them.
    pub fn signers(&self) -> Result<Vec<RecoveredSigner>, SignatureError> {
        let sent = self.transactions.iter().filter_map(|transaction| match transaction {
            Transaction::L2(sent) => Some(sent.check_signer()),
            Transaction::Priority(_) | Transaction::Upgrade(_) => None,
        });
        sent.collect()
    }

    /// Slots of the state before it, in the order of their numbers.
    pub fn slots(&self) -> Vec<(Address, Word, Word)> {
        let mut leaves: Vec<_> = self.state.leaves().collect();
        leaves.sort_unstable_by_key(|(_, _, leaf)| leaf.index);
        leaves.into_iter().map(|(address, key, leaf)| (address, key, leaf.value)).collect()
    }
}

/// How many transactions succeeded. The first error ends it.
fn count_successes(
    outcomes: impl Iterator<Item = Result<TransactionOutcome, BatchError<Infallible>>>,
) -> Result<usize, BatchError<Infallible>> {
    let mut succeeded = 0;
    for done in outcomes {
        let succeeds = matches!(done?.outcome.result, ExecutionResult::Success { .. });
        succeeded += usize::from(succeeds);
    }
    Ok(succeeded)
}

/// Makes scenarios: a new chain with a rich account.
#[derive(Clone, Debug)]
pub struct Batches {
    chain: Chain,
    sender: Sender,
}

/// The contract that was deployed last: the deployer says which in the last topic.
pub(crate) fn deployed_by(outcomes: &[Outcome]) -> Option<Address> {
    let events = outcomes.iter().flat_map(|outcome| &outcome.events);
    let of_deployer = events.filter(|event| event.address == CONTRACT_DEPLOYER);
    of_deployer.filter_map(|event| event.topics.get(3)).next_back().map(Word::to_address)
}

/// Recipients that have nothing yet.
fn recipients(count: usize) -> impl Iterator<Item = Address> {
    (0..count as u64).map(|index| Word::from_u64(0x1_0000_0000 + index).to_address())
}

impl Batches {
    /// Loads the contracts.
    ///
    /// # Errors
    /// If they are not in the corpus.
    pub fn new(corpus: &Path) -> Result<Self, Box<dyn Error>> {
        let sender = Sender::new()?;
        Ok(Self { chain: Chain::new(corpus, &sender.address())?, sender })
    }

    /// The same on the embedded system.
    ///
    /// # Errors
    /// Never: it is complete.
    pub fn embedded() -> Result<Self, Box<dyn Error>> {
        let sender = Sender::new()?;
        Ok(Self { chain: Chain::embedded(&sender.address())?, sender })
    }

    /// Transfers of the base token, each to another account that has nothing.
    ///
    /// # Errors
    /// Never: signing cannot fail.
    pub fn transfers(&self, count: usize) -> Result<Scenario, Box<dyn Error>> {
        let mut sender = self.sender.clone();
        let transfers = recipients(count).map(|to| {
            sender.sign(Request {
                to,
                gas_limit: TRANSFER_GAS,
                value: TRANSFER_VALUE,
                calldata: Vec::new(),
                factory_deps: Vec::new(),
            })
        });
        Ok(self.chain.scenario(format!("transfers_{count}"), transfers.collect::<Result<_, _>>()?))
    }

    /// Transfers of an ERC-20 token, each to another account that has none. The token was deployed in a batch before.
    ///
    /// # Errors
    /// If the token is not in the corpus, or cannot be deployed.
    pub fn erc20_transfers(&self, corpus: &Path, count: usize) -> Result<Scenario, Box<dyn Error>> {
        let Self { mut chain, mut sender } = self.clone();
        let token = Token::deploy(&mut chain, &mut sender, corpus)?;
        let transfers = recipients(count).map(|to| token.transfer(&mut sender, &to));
        let transfers = transfers.collect::<Result<_, _>>()?;
        Ok(chain.scenario(format!("erc20_transfers_{count}"), transfers))
    }

    /// Calls of EVM code, in turns: a transfer of a token, a loop of additions, a chain of hashes. `token` and `workloads` are the code
    /// that creates the contracts (`Token` and `Workloads` of `tests/solidity`), which was run in a batch before.
    ///
    /// # Errors
    /// If the contracts cannot be created.
    pub fn evm_calls(
        &self,
        token: &[u8],
        workloads: &[u8],
        count: usize,
    ) -> Result<Scenario, Box<dyn Error>> {
        const DEPLOYMENT_GAS: u64 = 72_000_000;
        const CALL_GAS: u64 = 30_000_000;
        const STEPS: u64 = 200;
        const HASHES: u64 = 50;
        let Self { mut chain, mut sender } = self.clone();
        let mut deployed = Vec::new();
        for creation in [token, workloads] {
            let outcomes = chain.run(&[sender.deploy_evm(creation, DEPLOYMENT_GAS)?])?;
            deployed.push(
                deployed_by(&outcomes)
                    .ok_or_else(|| format!("EVM code was not deployed: {outcomes:?}"))?,
            );
        }
        let number = Word::from_u64;
        let calls = recipients(count).zip(0_usize..).map(|(recipient, index)| {
            let (to, calldata) = match index % 3 {
                0 => {
                    let arguments = [Word::from_address(&recipient), number(1000)];
                    (deployed[0], abi::call("transfer(address,uint256)", &arguments))
                }
                1 => (deployed[1], abi::call("fibonacci(uint256)", &[number(STEPS)])),
                _ => (deployed[1], abi::call("hashes(uint256)", &[number(HASHES)])),
            };
            let factory_deps = Vec::new();
            sender.sign(Request { to, gas_limit: CALL_GAS, value: 0, calldata, factory_deps })
        });
        let calls = calls.collect::<Result<_, _>>()?;
        Ok(chain.scenario(format!("evm_calls_{count}"), calls))
    }

    /// The deployment of a contract, whose constructor may do anything.
    ///
    /// # Errors
    /// If it cannot be deployed.
    pub fn deployment(&self, name: &str, code: &[u8]) -> Result<Scenario, Box<dyn Error>> {
        let deployment = self.sender.clone().deploy(code, &[], DEPLOYMENT_GAS)?;
        Ok(self.chain.scenario(format!("deploy_{name}"), vec![deployment]))
    }
}
