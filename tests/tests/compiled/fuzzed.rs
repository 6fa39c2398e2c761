//! What the fuzzer has found to lead somewhere new.
//!
//! `tests/fuzz` looks for more; CONTRIBUTING.md has the command.

use eravm_tests::corpus;
use eravm_tests::fuzzing::Case;

#[test]
fn the_corpus_of_the_fuzzer() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/compiled");
    let paths = corpus::files(folder.as_ref(), "");
    assert!(paths.len() >= 100, "{} inputs in {folder}", paths.len());
    let mut entries = 0;
    for path in paths {
        let case = Case::decode(&std::fs::read(&path).expect("a readable input"));
        match case.compare() {
            Ok(count) => entries += count,
            Err(failure) => panic!("{}: {failure}\n{}", path.display(), case.small()),
        }
    }
    assert!(entries > 500, "{entries}");
}
