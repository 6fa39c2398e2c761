//! What failed once, for ever.

use eravm_tests::{case, check};

#[test]
fn cases_agree() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of cases") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a readable case");
        let world = case::read(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if let Err(failure) = check::all_ways(&world, 100_000, 1) {
            panic!("{}: {failure}", path.display());
        }
        count += 1;
    }
    assert!(count > 0, "cases in {folder}");
}
