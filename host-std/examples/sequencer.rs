//! The loop of a sequencer: transactions in, batches out.
//!
//! ```sh
//! cargo run -p eravm-host --example sequencer -- v29.tar.gz
//! ```
//!
//! It has what a real one has: halted transactions leave no trace, blocks and batches are closed by policy, code falls back from
//! compressed to as it is, and the next batch begins with the state that the last one left. Where transactions come from is one test
//! account that pays another.
#![allow(clippy::std_instead_of_alloc, reason = "a host has the standard library")]

use core::error::Error;
use eravm_core::{Address, Program, Word};
use eravm_host::batch::{
    BaseContract, BatchEnvironment, BatchError, BatchExecutor, BatchState, BlockEnvironment,
    ExecutionMode, ExecutionResult, FinishedBatch, MemoryState, SystemEnvironment,
    TransactionOutcome,
};
use eravm_host::batch_file::TestAccount;
use eravm_host::fees::FeeInput;
use eravm_host::pubdata::{Content, DaValidator, PubdataFormat};
use eravm_host::system_contracts::{
    Bytecode, Flavour, GenesisOptions, SystemContracts, balance_slot,
};
use eravm_host::transaction::{L2Kind, L2Transaction, Transaction};
use std::collections::VecDeque;
use std::path::Path;

/// Transactions of a block, and of a batch.
const BLOCK: u32 = 2;
const BATCH: usize = 5;
/// Ergs that are kept for the end of a batch.
const ERGS_FOR_THE_TIP: u32 = 400_000_000;

/// Where the chain is: what the next batch follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// Number of the last batch.
    pub(crate) batch: u32,
    /// Its hash.
    pub(crate) batch_hash: Word,
    /// Number of the last block.
    pub(crate) block: u32,
    /// Its time, in seconds.
    pub(crate) timestamp: u64,
    /// Its hash.
    pub(crate) block_hash: Word,
}

/// A batch that was closed, and what was done with its transactions.
#[derive(Debug)]
pub(crate) struct Closed {
    /// The batch.
    pub(crate) finished: FinishedBatch,
    /// Its transactions.
    pub(crate) outcomes: Vec<TransactionOutcome>,
    /// Transactions that halted, with the reason.
    pub(crate) rejected: Vec<(Transaction, String)>,
    /// Where the chain is now.
    pub(crate) head: Head,
}

/// What a chain has from a bundle of system contracts.
///
/// # Errors
/// If the bundle is not known, or lacks a contract.
pub(crate) fn system(
    contracts: &SystemContracts,
    chain_id: u64,
) -> Result<SystemEnvironment, Box<dyn Error>> {
    let base = |code: &Bytecode| -> Result<BaseContract, Box<dyn Error>> {
        Ok(BaseContract { hash: code.hash(), program: Program::new(code.bytes())? })
    };
    let bootloader = contracts.bootloader(Flavour::ProvedBatch).ok_or("no bootloader")?;
    Ok(SystemEnvironment {
        protocol: contracts.protocol_version().ok_or("an unknown bundle")?,
        chain_id,
        bootloader: base(bootloader)?,
        default_account: base(contracts.default_account())?,
        evm_emulator: contracts.evm_emulator().map(base).transpose()?,
        mode: ExecutionMode::VerifyExecute,
        engine: eravm_host::Engine::default(),
        validation_ergs: 300_000,
    })
}

/// What the batch behind the last one is run with.
pub(crate) fn environment(head: &Head) -> BatchEnvironment {
    let timestamp = head.timestamp + 1;
    BatchEnvironment {
        number: head.batch + 1,
        timestamp,
        previous_hash: Some(head.batch_hash),
        operator: Address::repeat_byte(0x0f),
        fee_input: FeeInput {
            fair_l2_gas_price: 45_250_000,
            fair_pubdata_price: 5_000_000_000,
            l1_gas_price: 25_000_000_000,
        },
        enforced_base_fee: None,
        first_block: BlockEnvironment {
            number: head.block + 1,
            timestamp,
            previous_hash: head.block_hash,
            max_virtual_blocks: 1,
            interop_roots: Vec::new(),
        },
    }
}

/// Runs transactions until the batch is full or there are none left, and closes it.
///
/// # Errors
/// If the batch cannot go on; then the state is as it was.
pub(crate) fn run_batch<S: BatchState>(
    system: &SystemEnvironment,
    head: &Head,
    state: S,
    mempool: &mut VecDeque<Transaction>,
) -> Result<Closed, Box<dyn Error>>
where
    BatchError<S::Fault>: Error + 'static,
{
    let mut executor = BatchExecutor::new(system.clone(), environment(head), state)?;
    let (mut outcomes, mut rejected, mut in_block) = (Vec::new(), Vec::new(), 0);
    while outcomes.len() < BATCH && executor.signals().ergs > ERGS_FOR_THE_TIP {
        let Some(transaction) = mempool.pop_front() else { break };
        // A block is begun with the transaction for which the last one has no place, as there are no empty ones.
        if in_block == BLOCK {
            let next = executor.next_block()?;
            executor.begin_block(next)?;
            in_block = 0;
        }
        match execute(&mut executor, &transaction) {
            Ok(done) => match &done.outcome.result {
                ExecutionResult::Halt(halt) => rejected.push((transaction, halt.to_string())),
                ExecutionResult::Success { .. } | ExecutionResult::Revert(_) => {
                    outcomes.push(done);
                    in_block += 1;
                }
            },
            // The batch is full: the transaction waits for the next one.
            Err(BatchError::NoRoom { .. } | BatchError::TooManyTransactions(_))
                if !outcomes.is_empty() =>
            {
                mempool.push_front(transaction);
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    // The batch ends with a block without transactions: the one after the last, unless that is empty itself.
    let last = match in_block {
        0 => executor.environment().first_block.clone(),
        _ => executor.next_block()?,
    };
    let format =
        PubdataFormat::new(system.protocol, Content::Full, DaValidator::Contract(Address::zero()))?;
    let finished = executor.finish(&format)?;
    if !matches!(finished.tip.result, ExecutionResult::Success { .. }) {
        return Err(format!("the batch cannot be closed: {:?}", finished.tip.result).into());
    }
    let block =
        BlockHash { number: last.number, timestamp: last.timestamp, previous: last.previous_hash };
    let head = Head {
        batch: head.batch + 1,
        // A real one takes the commitment that it sends to L1.
        batch_hash: Word::from_u64(u64::from(head.batch) + 1),
        block: last.number,
        timestamp: last.timestamp,
        block_hash: block.hash(),
    };
    Ok(Closed { finished, outcomes, rejected, head })
}

/// Executes a transaction: with compressed code; or, if that does not become known, with code as it is.
///
/// # Errors
/// If the machine cannot go on, or there is no room. Then, too, nothing of it is left.
pub(crate) fn execute<S: BatchState>(
    executor: &mut BatchExecutor<S>,
    transaction: &Transaction,
) -> Result<TransactionOutcome, BatchError<S::Fault>> {
    for with_compression in [true, false] {
        executor.make_snapshot()?;
        let pushed = executor.push(transaction, with_compression);
        let done = pushed.and_then(|()| executor.run_transaction());
        let keep = match &done {
            Ok(done) => {
                let halted = matches!(done.outcome.result, ExecutionResult::Halt(_));
                !halted && (done.code_is_known || !with_compression)
            }
            Err(_) => false,
        };
        if keep {
            executor.pop_snapshot()?;
            return done;
        }
        executor.rollback()?;
        let again = with_compression && matches!(&done, Ok(done) if !done.code_is_known);
        if !again {
            return done;
        }
    }
    Err(BatchError::NothingToRun)
}

/// A block without transactions.
struct BlockHash {
    number: u32,
    timestamp: u64,
    previous: Word,
}

impl BlockHash {
    /// keccak256 of number, time, hash of the block before, and the rolling hash of no transactions.
    fn hash(&self) -> Word {
        let words = [
            Word::from_u64(u64::from(self.number)),
            Word::from_u64(self.timestamp),
            self.previous,
            Word::ZERO,
        ];
        let bytes: Vec<u8> = words.iter().flat_map(Word::to_be_bytes).collect();
        let hash = eravm_core::precompiles::keccak256(&mut [&bytes[..]].into_iter());
        Word::from_be_bytes(&hash)
    }
}

/// A new chain on which an account has money.
///
/// # Errors
/// If code of the bundle cannot be run.
pub(crate) fn genesis(
    contracts: &SystemContracts,
    rich: &Address,
) -> Result<(MemoryState, Head), Box<dyn Error>> {
    let mut state = MemoryState::new();
    for (address, key, value) in contracts.genesis(&GenesisOptions::default()) {
        state.write(address, key, value);
    }
    for (hash, code) in contracts.codes() {
        state.add_program(hash, Program::new(code.bytes())?);
    }
    let (token, slot) = balance_slot(rich);
    let balance = Word::from_u128(1_000_000_000_000_000_000_000);
    state.write(token, slot, balance);
    // The total supply.
    state.write(token, Word::ONE, balance);
    // Before the first block, the hash of one is that of its number in four bytes.
    let hash = eravm_core::precompiles::keccak256(&mut [&[0; 4][..]].into_iter());
    let block_hash = Word::from_be_bytes(&hash);
    let timestamp = 1_700_000_000;
    Ok((state, Head { batch: 0, batch_hash: Word::ZERO, block: 0, timestamp, block_hash }))
}

/// A signed payment.
///
/// # Errors
/// If it cannot be signed.
pub(crate) fn payment(
    from: &TestAccount,
    to: &Address,
    nonce: u64,
) -> Result<Transaction, Box<dyn Error>> {
    let kind = L2Kind::Eip1559 {
        chain_id: 270,
        max_fee_per_gas: Word::from_u64(100_000_000),
        max_priority_fee_per_gas: Word::ZERO,
        signature: Default::default(),
    };
    let request = L2Transaction {
        to: Some(*to),
        nonce: Word::from_u64(nonce),
        value: Word::from_u64(1_000_000_000),
        gas_limit: Word::from_u64(1_000_000),
        ..L2Transaction::new(kind)
    };
    Ok(request.sign(&from.key)?.into())
}

/// Runs everything that waits, batch by batch.
///
/// # Errors
/// If the bundle cannot be used or a batch cannot go on.
pub(crate) fn run(
    bundle: &Path,
    nonces: &[u64],
) -> Result<(Vec<Closed>, MemoryState), Box<dyn Error>> {
    let (contracts, _) = SystemContracts::load(bundle)?;
    let system = system(&contracts, 270)?;
    let (alice, bob) = (TestAccount::new("alice")?, TestAccount::new("bob")?);
    let (mut state, mut head) = genesis(&contracts, &alice.address)?;
    let payments = nonces.iter().map(|&nonce| payment(&alice, &bob.address, nonce));
    let mut mempool = payments.collect::<Result<VecDeque<_>, _>>()?;
    let mut batches = Vec::new();
    while !mempool.is_empty() {
        let closed = run_batch(&system, &head, state.clone(), &mut mempool)?;
        head = closed.head;
        let changes = closed.finished.storage_changes.iter();
        state.apply(changes.map(|change| (change.address, change.key, change.after)));
        batches.push(closed);
    }
    Ok((batches, state))
}

#[allow(dead_code, reason = "the test that runs this file has its own")]
fn main() -> Result<(), Box<dyn Error>> {
    let bundle = std::env::args_os().nth(1).ok_or("usage: sequencer BUNDLE")?;
    // One has a nonce that is too high.
    let (batches, _) = run(Path::new(&bundle), &[0, 1, 99, 2, 3, 4, 5, 6])?;
    for (number, closed) in (1..).zip(&batches) {
        println!(
            "batch {number}: {} transactions, {} rejected, {} bytes of pubdata",
            closed.outcomes.len(),
            closed.rejected.len(),
            closed.finished.pubdata.len()
        );
    }
    Ok(())
}
