//! The transactions of all goldens, on both systems.

use super::common;
use super::differences::{Compared, lacks_gas};
use super::systems::{Systems, environment, replace};
use eravm_core::Address;
use eravm_host::batch::{BatchExecutor, MemoryState, TransactionOutcome};
use eravm_host::golden::{BootloaderKind, Code, Golden};
use eravm_host::system_contracts::addresses::BOOTLOADER;
use eravm_host::system_contracts::{Flavour, SystemContracts};
use eravm_host::transaction::Transaction;

/// Transactions whose gas is not enough on the system of bytecode, and is, or lasts longer, on the embedded one.
const LACKING_GAS: &[&str] = &[
    "failures 8",
    "l1_and_messages 6",
    "random_mix_1 13",
    "random_mix_2 37",
    "random_mix_3 19",
    "random_mix_4 18",
    "random_mix_4 34",
    "random_mix_5 32",
    "sdk_paymaster 32",
];

/// A golden's batch on some system contracts.
pub(crate) fn executor(
    contracts: &SystemContracts,
    golden: &Golden,
    code: &Code,
) -> BatchExecutor<MemoryState> {
    let batch = &golden.batch;
    let original = batch.system_environment(code).expect("it is complete");
    let flavour = match batch.bootloader.kind {
        BootloaderKind::ProvedBatch => Flavour::ProvedBatch,
        BootloaderKind::PlaygroundBatch => Flavour::PlaygroundBatch,
        BootloaderKind::FeeEstimate => Flavour::FeeEstimate,
    };
    let system =
        environment(contracts, batch.chain_id, flavour, original.mode, original.validation_ergs);
    let mut state = batch.initial_state(code).expect("it is complete");
    replace(contracts, &mut state, batch.chain_id);
    BatchExecutor::new(system, batch.batch_environment(), state)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Adds who pays for a transaction, and who is paid.
fn add_paid(paid: &mut Vec<Address>, transaction: &Transaction) {
    paid.push(transaction.sender());
    paid.extend(transaction.paymaster().map(|paymaster| paymaster.address));
    if let Transaction::Priority(l1) | Transaction::Upgrade(l1) = transaction {
        paid.push(l1.refund_recipient);
    }
}

#[test]
fn transactions_of_goldens_do_the_same_on_both_systems() {
    let Some(systems) = Systems::load() else { return };
    let only = std::env::var("GOLDEN").ok();
    let (mut different, mut lacking, mut count) = (Vec::new(), Vec::new(), 0);
    common::goldens(|name, golden, code| {
        if only.as_ref().is_some_and(|only| only != name) {
            return;
        }
        let transactions = golden.batch.all_transactions(code).expect("they can be read");
        let operator = golden.batch.l1_batch_env.fee_account.0;
        let mut paid = vec![BOOTLOADER, operator];
        let mut bytecode = executor(&systems.bytecode, golden, code);
        let mut embedded = executor(&systems.embedded, golden, code);
        for (index, transaction) in transactions.iter().enumerate() {
            let run = |executor: &mut BatchExecutor<_>| -> Result<TransactionOutcome, String> {
                executor.execute(transaction).map_err(|error| error.to_string())
            };
            for executor in [&mut bytecode, &mut embedded] {
                executor.make_snapshot().expect("there is room for one");
            }
            let (left, right) = (run(&mut bytecode), run(&mut embedded));
            count += 1;
            let lacks_gas = match (&left, &right) {
                (Ok(left), Ok(right)) => {
                    let (left, right) = (&left.outcome.result, &right.outcome.result);
                    lacks_gas(left) && left != right
                }
                _ => false,
            };
            if lacks_gas {
                // Both go on as if it had not been there.
                lacking.push(format!("{name} {index}"));
                for executor in [&mut bytecode, &mut embedded] {
                    executor.rollback().expect("there is a snapshot");
                }
                continue;
            }
            for executor in [&mut bytecode, &mut embedded] {
                executor.pop_snapshot().expect("there is a snapshot");
            }
            let found = match (&left, &right) {
                (Ok(left), Ok(right)) => {
                    add_paid(&mut paid, transaction);
                    let compared = |done: &TransactionOutcome| Compared::new(&done.outcome, &paid);
                    let mut found = compared(left).against(&compared(right));
                    if left.code_is_known != right.code_is_known {
                        found.push("code_is_known".to_owned());
                    }
                    found
                }
                (Err(left), Err(right)) if left == right => Vec::new(),
                (left, right) => {
                    let error = |result: &Result<TransactionOutcome, String>| {
                        result.as_ref().err().cloned().unwrap_or_default()
                    };
                    vec![format!("errors: `{}`, `{}`", error(left), error(right))]
                }
            };
            if !found.is_empty() {
                different.push(format!("{name} {index}:\n  {}", found.join("\n  ")));
                break;
            }
        }
    });
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
    if only.is_none() {
        assert!(count > 500, "{count} transactions");
        assert_eq!(lacking, LACKING_GAS, "transactions whose gas suffices on one system only");
    }
}
