//! The engines end the workloads in the same state.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "benchmarks have the standard library"
)]

use eravm_batches::Batches;
use eravm_benches::batch::{self, Form, Peer};
use eravm_benches::case::Case;
use eravm_benches::{corpus, engines, evm, first_call, workloads};

/// Enough for a frame to look through the pages that its callees returned, several times.
const ITERATIONS: u64 = 100;

#[test]
fn workloads_in_assembly() {
    for workload in workloads::ALL {
        let call = workload.call_with(ITERATIONS);
        let mut case = Case {
            name: workload.name.to_owned(),
            unit: "run",
            units: 1,
            contestants: engines::contestants(&call, &engines::just_run()),
            absent: Vec::new(),
        };
        assert_eq!(case.verify(), Ok(()));
    }
}

#[test]
fn evm_code() {
    for workload in evm::ALL {
        let case = workload.case_with(4).expect("both run it, and do the same");
        assert_eq!(case.contestants.len(), 2);
    }
}

#[test]
fn empty_program() {
    assert_eq!(first_call::creation("create_empty").verify(), Ok(()));
}

#[test]
fn batches() {
    let Some(corpus) = corpus::folder() else {
        assert!(std::env::var_os("CI").is_none(), "there is no corpus (set ERAVM_CORPUS)");
        eprintln!("NOT RUN: batches: there is no corpus (set ERAVM_CORPUS)");
        return;
    };
    let batches = Batches::new(&corpus).expect("the contracts of the corpus");
    for form in [Form::Transactions, Form::Full] {
        let scenarios = [
            (batches.transfers(2), Some(Peer::Plain)),
            (batches.erc20_transfers(&corpus, 2), Some(Peer::Token)),
        ];
        for (scenario, peer) in scenarios {
            let scenario = scenario.expect("a batch that can be made");
            let mut case = batch::case("batch", scenario, None, peer, form, true)
                .expect("a batch that can be run");
            assert_eq!(case.verify(), Ok(()));
        }
    }
}
