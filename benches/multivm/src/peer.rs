//! The network's own machines, `vm_fast` and `vm_latest` of `zksync_multivm`, as their VM benchmark uses them.

use crate::engine::{End, Engine, Form};
use eravm_batches::{CHAIN_ID, Scenario};
use eravm_core::{VersionedHash, Word};
use eravm_host::batch::BaseContract;
use eravm_host::transaction::Transaction as Ours;
use std::error::Error;
use std::rc::Rc;
use std::time::{Duration, Instant};
use zksync_contracts::{BaseSystemContracts, SystemContractCode};
use zksync_multivm::interface::storage::{InMemoryStorage, StorageView};
use zksync_multivm::interface::{
    ExecutionResult, FinishedL1Batch, InspectExecutionMode, L1BatchEnv, L2BlockEnv, SystemEnv,
    TxExecutionMode, VmExecutionResultAndLogs, VmFactory, VmInterfaceExt,
    VmInterfaceHistoryEnabled,
};
use zksync_multivm::pubdata_builders::FullPubdataBuilder;
use zksync_multivm::vm_latest::HistoryEnabled;
use zksync_multivm::vm_latest::constants::BATCH_COMPUTATIONAL_GAS_LIMIT;
use zksync_multivm::{vm_fast, vm_latest};
use zksync_types::fee_model::BatchFeeInput;
use zksync_types::l2::L2Tx;
use zksync_types::transaction_request::TransactionRequest;
use zksync_types::{
    AccountTreeId, Address, H256, L1BatchNumber, L2ChainId, ProtocolVersionId, StorageKey,
    Transaction,
};

/// More than any transaction here is long, in bytes.
const MAX_TX_SIZE: usize = 1_000_000;

/// One of the machines.
pub(crate) trait Machine: VmInterfaceHistoryEnabled + Sized {
    const NAME: &'static str;
    fn make(batch: L1BatchEnv, system: SystemEnv, storage: &'static InMemoryStorage) -> Self;
}

type Fast = vm_fast::Vm<&'static InMemoryStorage>;
type Latest = vm_latest::Vm<StorageView<&'static InMemoryStorage>, HistoryEnabled>;

impl Machine for Fast {
    const NAME: &'static str = "vm_fast";

    fn make(batch: L1BatchEnv, system: SystemEnv, storage: &'static InMemoryStorage) -> Self {
        Self::custom(batch, system, storage)
    }
}

impl Machine for Latest {
    const NAME: &'static str = "vm_latest";

    fn make(batch: L1BatchEnv, system: SystemEnv, storage: &'static InMemoryStorage) -> Self {
        Self::new(batch, system, StorageView::new(storage).to_rc_ptr())
    }
}

/// A batch in the peer's types.
pub(crate) struct Peer<M> {
    batch: L1BatchEnv,
    system: SystemEnv,
    storage: &'static InMemoryStorage,
    transactions: Rc<[Transaction]>,
    machine: std::marker::PhantomData<M>,
}

/// The batch for both of them.
pub(crate) fn both(scenario: &Scenario) -> Result<(Peer<Fast>, Peer<Latest>), Box<dyn Error>> {
    let fast = Peer::<Fast>::new(scenario)?;
    let Peer { batch, system, storage, transactions, .. } = &fast;
    let latest = Peer {
        batch: batch.clone(),
        system: system.clone(),
        storage,
        transactions: transactions.clone(),
        machine: std::marker::PhantomData,
    };
    Ok((fast, latest))
}

fn hash(word: &Word) -> H256 {
    H256(word.to_be_bytes())
}

fn code(scenario: &Scenario, hash: VersionedHash) -> Result<SystemContractCode, Box<dyn Error>> {
    let found = scenario.codes.iter().find(|(other, _)| *other == hash);
    let (_, code) = found.ok_or("a base contract is missing")?;
    Ok(SystemContractCode { code: code.clone(), hash: H256(hash.0) })
}

/// Transactions take the way through their raw form, so that both sides agree about that, too.
fn transaction(ours: &Ours) -> Result<Transaction, Box<dyn Error>> {
    let Ours::L2(ours) = ours else { return Err("only transactions to L2 are measured".into()) };
    let raw = ours.to_raw();
    let (request, hash) = TransactionRequest::from_bytes(&raw, L2ChainId::from(CHAIN_ID as u32))?;
    let mut transaction = L2Tx::from_request(request, MAX_TX_SIZE, false)?;
    if hash.0 != ours.hash().0 {
        return Err("the hash of a transaction is another one".into());
    }
    transaction.set_input(raw, hash);
    Ok(transaction.into())
}

impl<M> Peer<M> {
    pub(crate) fn new(scenario: &Scenario) -> Result<Self, Box<dyn Error>> {
        let (batch, system) = (&scenario.batch, &scenario.system);
        let block = &batch.first_block;
        let emulator = |contract: &BaseContract| code(scenario, contract.hash);
        let mut storage = InMemoryStorage::default();
        for (address, key, value) in scenario.slots() {
            let account = AccountTreeId::new(Address::from(address.0));
            storage.set_value(StorageKey::new(account, hash(&key)), hash(&value));
        }
        for (hash, code) in &scenario.codes {
            storage.store_factory_dep(H256(hash.0), code.clone());
        }
        Ok(Self {
            batch: L1BatchEnv {
                previous_batch_hash: batch.previous_hash.as_ref().map(hash),
                number: L1BatchNumber(batch.number),
                timestamp: batch.timestamp,
                fee_input: BatchFeeInput::pubdata_independent(
                    batch.fee_input.l1_gas_price,
                    batch.fee_input.fair_l2_gas_price,
                    batch.fee_input.fair_pubdata_price,
                ),
                fee_account: Address::from(batch.operator.0),
                enforced_base_fee: batch.enforced_base_fee,
                first_l2_block: L2BlockEnv {
                    number: block.number,
                    timestamp: block.timestamp,
                    prev_block_hash: hash(&block.previous_hash),
                    max_virtual_blocks_to_create: block.max_virtual_blocks,
                    interop_roots: Vec::new(),
                },
            },
            system: SystemEnv {
                zk_porter_available: false,
                version: ProtocolVersionId::try_from(system.protocol)?,
                base_system_smart_contracts: BaseSystemContracts {
                    bootloader: code(scenario, system.bootloader.hash)?,
                    default_aa: code(scenario, system.default_account.hash)?,
                    evm_emulator: system.evm_emulator.as_ref().map(emulator).transpose()?,
                },
                bootloader_gas_limit: BATCH_COMPUTATIONAL_GAS_LIMIT,
                execution_mode: TxExecutionMode::VerifyExecute,
                default_validation_computational_gas_limit: BATCH_COMPUTATIONAL_GAS_LIMIT,
                chain_id: L2ChainId::from(CHAIN_ID as u32),
            },
            // A few megabytes for each scenario, for the rest of the process.
            storage: Box::leak(Box::new(storage)),
            transactions: scenario
                .transactions
                .iter()
                .map(transaction)
                .collect::<Result<_, _>>()?,
            machine: std::marker::PhantomData,
        })
    }
}

fn execute<M: Machine>(vm: &mut M, transaction: &Transaction, form: Form) -> (bool, u64) {
    let result: VmExecutionResultAndLogs = match form {
        Form::Transactions => {
            vm.push_transaction(transaction.clone());
            vm.execute(InspectExecutionMode::OneTx)
        }
        Form::Full | Form::Finished => {
            vm.make_snapshot();
            let (compressed, result) =
                vm.execute_transaction_with_bytecode_compression(transaction.clone(), true);
            assert!(compressed.is_ok(), "code was not compressed");
            match result.result {
                ExecutionResult::Halt { .. } => vm.rollback_to_the_latest_snapshot(),
                _ => vm.pop_snapshot_no_rollback(),
            }
            result
        }
    };
    let is_success = matches!(result.result, ExecutionResult::Success { .. });
    (is_success, result.refunds.gas_refunded)
}

fn end(transactions: Vec<(bool, u64)>, finished: Option<FinishedL1Batch>) -> End {
    let Some(finished) = finished else { return End { transactions, ..End::default() } };
    let state = finished.final_execution_state;
    let changes = state.deduplicated_storage_logs.iter().filter(|log| log.is_write());
    let mut changes: Vec<_> =
        changes.map(|log| (log.key.address().0, log.key.key().0, log.value.0)).collect();
    changes.sort_unstable();
    let heap = finished.final_bootloader_memory.unwrap_or_default();
    let heap = heap.into_iter().map(|(index, word)| {
        let mut bytes = [0; 32];
        word.to_big_endian(&mut bytes);
        (index, bytes)
    });
    let mut heap: Vec<_> = heap.collect();
    // Words that are written several times are in it several times: the last one counts.
    heap.reverse();
    heap.sort_by_key(|(index, _)| *index);
    heap.dedup_by_key(|(index, _)| *index);
    End {
        transactions,
        pubdata: finished.pubdata_input.unwrap_or_default(),
        heap,
        changes,
        logs: (state.events.len(), state.system_logs.len()),
    }
}

impl<M: Machine> Engine for Peer<M> {
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn run(&mut self, form: Form) -> (Duration, End) {
        let begin = Instant::now();
        let mut vm = M::make(self.batch.clone(), self.system.clone(), self.storage);
        let made = Instant::now();
        let results = self.transactions.iter().map(|it| execute(&mut vm, it, form)).collect();
        let ended = Instant::now();
        let finished = match form {
            Form::Finished => {
                Some(vm.finish_batch(Rc::new(FullPubdataBuilder::new(Address::zero()))))
            }
            _ => None,
        };
        drop(vm);
        let time = match form {
            Form::Transactions => ended - made,
            Form::Full | Form::Finished => begin.elapsed(),
        };
        (time, end(results, finished))
    }
}
