//! The machine against the reference, instruction by instruction.
//!
//! More of the same for as long as one likes:
//! `cargo run --release -p eravm-tests --bin differential -- [first seed] [programs] [keep going]`.

use eravm_tests::check;
use eravm_tests::generate;

/// Instructions that a program may have.
const LIMIT: u64 = 3000;

#[test]
fn structured_programs_agree() {
    let tally = check::sweep("structured", 0..16_000, LIMIT, generate::structured);
    println!("{tally}");
    assert!(tally.instructions > 1_500_000, "{tally}");
}

#[test]
fn random_code_agrees() {
    let tally = check::sweep("bytes", 0..6000, LIMIT, generate::bytes);
    println!("{tally}");
}
