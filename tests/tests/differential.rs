//! The machine against the reference, instruction by instruction.

use eravm_tests::check;
use eravm_tests::generate;

/// Instructions that a program may have.
const LIMIT: u64 = 3000;

#[test]
fn structured_programs_agree() {
    let tally = check::sweep("structured", 0..6000, LIMIT, generate::structured);
    println!("{tally}");
    assert!(tally.instructions > 1_000_000, "{tally}");
}

#[test]
fn random_code_agrees() {
    let tally = check::sweep("bytes", 0..6000, LIMIT, generate::bytes);
    println!("{tally}");
}
