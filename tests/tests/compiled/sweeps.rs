//! Generated programs.

use super::everywhere;
use eravm_jit::{Limits, Options};
use eravm_tests::compiled::Compiling;
use eravm_tests::generate;
use eravm_tests::{case, corpus, ways};

#[test]
fn structured_programs() {
    let entries = Compiling::new(everywhere()).sweep("structured", 0..300, generate::structured);
    assert!(entries > 1500, "{entries}");
}

#[test]
fn code_that_is_entered_where_it_pays() {
    let compiling = Compiling::new(Limits::default());
    let entries = compiling.sweep("structured", 4000..4500, generate::structured);
    assert!(entries > 200, "{entries}");
}

#[test]
fn random_code() {
    let entries = Compiling::new(everywhere()).sweep("bytes", 0..400, generate::bytes);
    assert!(entries > 200, "{entries}");
}

#[test]
fn every_piece_of_structured_programs() {
    let compiling = Compiling::new(everywhere()).shadowed();
    let entries = compiling.sweep("structured", 20_000..20_150, generate::structured);
    assert!(entries > 700, "{entries}");
}

#[test]
fn regions_of_one_instruction() {
    let limits = Limits { region: 1, segment: 1, ..everywhere() };
    let entries = Compiling::new(limits).sweep("structured", 1000..1060, generate::structured);
    assert!(entries > 900, "{entries}");
}

#[test]
fn without_calls_compiled_into_their_callers() {
    let limits = Limits { inlined: 0, ..everywhere() };
    let entries = Compiling::new(limits).sweep("structured", 2000..2060, generate::structured);
    assert!(entries > 300, "{entries}");
}

#[test]
fn registers_assigned_in_one_pass() {
    let options = Options { limits: everywhere(), verify: true, single_pass: true };
    let entries = Compiling::with(options).sweep("structured", 3000..3060, generate::structured);
    assert!(entries > 300, "{entries}");
}

#[test]
fn exits_forced_after_every_number_of_segments() {
    for segments in 1..6 {
        let compiling = Compiling::forced(everywhere(), segments);
        let seeds = segments * 10_000..segments * 10_000 + 40;
        let entries = compiling.sweep("structured", seeds, generate::structured);
        assert!(entries > 200, "{segments}: {entries}");
    }
}

#[test]
fn every_border_of_ergs() {
    let compiling = Compiling::new(everywhere());
    let mut runs = 0;
    for seed in 7000..7080 {
        let mut world = generate::structured(seed);
        world.entry.ergs = 400_000;
        let (interpreted, compiled) = (world.prepare(), compiling.prepare(&world));
        for ergs in ways::borders(&world, 120) {
            runs += 1;
            if let Err(failure) = compiling.compare_with(&interpreted, &compiled, ergs) {
                world.entry.ergs = ergs;
                panic!("seed {seed}, {ergs} ergs: {failure}\n{}", compiling.small(&world));
            }
        }
    }
    assert!(runs > 3000, "{runs}");
}

#[test]
fn cases_of_the_repository() {
    let compiling = Compiling::new(everywhere()).shadowed();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
    let paths = corpus::files(folder.as_ref(), ".asm");
    assert!(!paths.is_empty(), "cases in {folder}");
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a readable case");
        let world = case::read(&text).expect("a case");
        if let Err(failure) = compiling.compare(&world) {
            panic!("{}: {failure}", path.display());
        }
    }
}
