//! The example of a sequencer, run.

#[path = "../examples/sequencer.rs"]
mod sequencer;

mod common;

use common::corpus;
use eravm_core::Word;
use eravm_host::batch::{BatchExecutor, ExecutionResult};
use eravm_host::batch_file::TestAccount;
use eravm_host::system_contracts::{SystemContracts, balance_slot, nonce_slot};
use std::path::Path;

#[test]
fn the_example_closes_batches_that_follow_each_other() {
    for version in [26, 27, 28, 29] {
        let Some(bundle) = corpus(&format!("contracts/v{version}.tar.gz")) else { continue };
        let nonces = [0, 1, 99, 2, 3, 4, 5, 6];
        let (batches, state) = sequencer::run(Path::new(&bundle), &nonces).expect("it runs");
        let counts: Vec<_> =
            batches.iter().map(|batch| (batch.outcomes.len(), batch.rejected.len())).collect();
        assert_eq!(counts, [(5, 1), (2, 0)], "version {version}");
        let (rejected, reason) = &batches[0].rejected[0];
        assert_eq!(rejected.nonce(), Word::from_u64(99));
        assert!(reason.contains("AccountTxValidation"), "{reason}");
        let value = |(address, key)| state.value(&address, &key);
        let [alice, bob] =
            ["alice", "bob"].map(|name| TestAccount::new(name).expect("a name").address);
        assert_eq!(value(balance_slot(&bob)), Word::from_u64(7_000_000_000));
        assert_eq!(value(nonce_slot(&alice)), Word::from_u64(7));
    }
}

/// Executors run on any thread.
#[test]
fn executors_can_be_sent() {
    let Some(bundle) = corpus("contracts/v29.tar.gz") else { return };
    let thread = std::thread::spawn(move || {
        let (contracts, _) = SystemContracts::load(Path::new(&bundle)).expect("it is a bundle");
        let alice = TestAccount::new("alice").expect("a name");
        let (state, head) = sequencer::genesis(&contracts, &alice.address).expect("it has code");
        let system = sequencer::system(&contracts, 270).expect("it is known");
        BatchExecutor::new(system, sequencer::environment(&head), state).expect("it begins")
    });
    let mut executor = thread.join().expect("the thread ends");
    let alice = TestAccount::new("alice").expect("a name");
    let payment = sequencer::payment(&alice, &alice.address, 0).expect("it is signed");
    let done = sequencer::execute(&mut executor, &payment).expect("it runs");
    assert!(matches!(done.outcome.result, ExecutionResult::Success { .. }));
}
