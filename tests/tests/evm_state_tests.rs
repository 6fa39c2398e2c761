//! Ethereum's own state tests: without its differences, the interpreter of EVM code is Ethereum's.
//!
//! All of the corpus but a few folders whose tests take long. `eravm evm-tests` runs these, too.
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]

use eravm_host::evm::state_tests::{StateTestOptions, run_state_tests};
use eravm_host::evm::{Difference, Differences};
use eravm_tests::corpus::{corpus, untar};

/// Folders whose tests are long.
const LONG: [&str; 4] =
    ["stTimeConsuming", "vmPerformance", "stQuadraticComplexityTest", "stAttackTest"];

fn files() -> Option<Vec<(String, Vec<u8>)>> {
    let archive = corpus()?.join("ethereum-state-tests/GeneralStateTests.tar.gz");
    let files = untar(&archive).into_iter().map(|(path, json)| (path.display().to_string(), json));
    Some(files.filter(|(name, _)| name.ends_with(".json")).collect())
}

#[test]
fn all_state_tests_pass_that_are_not_long() {
    let Some(files) = files() else { return };
    let options = StateTestOptions::default();
    let (mut passed, mut failed) = (0, Vec::new());
    let is_long = |name: &str| LONG.iter().any(|folder| name.contains(folder));
    for (name, json) in files.iter().filter(|(name, _)| !is_long(name)) {
        let report =
            run_state_tests(json, &options).unwrap_or_else(|error| panic!("{name}: {error}"));
        passed += report.passed;
        failed.extend(report.failed.iter().map(|failure| format!("{name}: {failure}")));
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(passed > 12_000, "{passed} passed");
}

/// A difference, and a part of the path of tests that fail with it. No test of the corpus has the gas for more memory than there may be.
const BROKEN: [(Difference, &str); 9] = [
    (Difference::JumpsIntoOperands, "vmIOandFlowOperations/jumpi"),
    (Difference::NoCallCode, "stCallCodes/callcallcallcode_001_OOGE"),
    (Difference::NoSelfDestruct, "vmTests/suicide"),
    (Difference::NoBlobs, "stEIP4844-blobtransactions/opcodeBlobhBounds"),
    (Difference::ConstantRandomness, "vmTests/blockInfo"),
    (Difference::NoRefunds, "stRefundTest/refund50_1"),
    (Difference::NoDepthLimit, "stCallCreateCallCodeTest/Call1024BalanceTooLow"),
    (Difference::FewerPrecompiles, "stPreCompiledContracts2/CALLCODERipemd160_0"),
    (Difference::ShortModexp, "stPreCompiledContracts2/modexpRandomInput"),
];

#[test]
fn every_difference_breaks_a_test() {
    let Some(files) = files() else { return };
    for difference in Difference::ALL.iter().filter(|difference| difference.is_of_tests()) {
        let is_here = BROKEN.iter().any(|(here, _)| here == difference);
        assert!(is_here || *difference == Difference::MemoryLimit, "{difference:?}");
    }
    for (difference, part) in BROKEN {
        let failures = |differences| -> usize {
            let options = StateTestOptions { differences, ..StateTestOptions::default() };
            let files = files.iter().filter(|(name, _)| name.contains(part));
            files
                .map(|(_, json)| {
                    run_state_tests(json, &options).expect("they are tests").failed.len()
                })
                .sum()
        };
        assert_eq!(failures(Differences::NONE), 0, "{part}");
        let broken = failures(Differences::NONE.with(difference));
        assert!(broken > 0, "{difference:?} changes nothing in {part}");
    }
}
