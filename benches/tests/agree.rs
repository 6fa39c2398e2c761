//! The engines end the workloads in the same state.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "benchmarks have the standard library"
)]

use eravm_benches::case::Case;
use eravm_benches::{engines, first_call, workloads};

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
fn empty_program() {
    assert_eq!(first_call::creation("create_empty").verify(), Ok(()));
}
