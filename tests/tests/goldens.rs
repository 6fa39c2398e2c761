//! Real batches, replayed: every value that a golden gives must agree.

extern crate alloc;

use alloc::collections::BTreeMap;
use eravm_host::golden::{Code, Golden, Player, Way, execute, replay};
use eravm_tests::corpus::{corpus, files};
use std::path::{Path, PathBuf};

/// The folders of the corpus with goldens, and how many each has at least.
const FOLDERS: [(&str, usize); 3] =
    [("goldens", 15), ("goldens/zk_evm_0.153.8", 1), ("goldens-sdk", 41)];

fn goldens(corpus: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for (folder, at_least) in FOLDERS {
        let mut found = files(&corpus.join(folder), ".json.gz");
        found.retain(|path| !Code::is_code_file(path));
        assert!(found.len() >= at_least, "{} goldens in {folder}", found.len());
        all.append(&mut found);
    }
    all
}

/// Calls `check` with each golden, its name and its code.
fn for_each_golden(check: impl Fn(&str, &Golden, &Code)) {
    let Some(corpus) = corpus() else { return };
    let mut read = BTreeMap::new();
    for path in goldens(&corpus) {
        let file = Code::file_for(&path).expect("a code file");
        let code =
            read.entry(file).or_insert_with_key(|file| Code::load(file).expect("valid code"));
        let golden = Golden::load(&path).unwrap_or_else(|error| panic!("{error}"));
        check(&path.display().to_string(), &golden, code);
    }
}

#[test]
fn all_goldens_replay_exactly() {
    for_each_golden(|name, golden, code| {
        let figures = replay(golden, code).unwrap_or_else(|failure| panic!("{name}: {failure}"));
        assert!(figures.instructions > 1000, "{name}: {figures:?}");
        assert_eq!(figures.trace_records == 0, golden.trace.is_none(), "{name}");
    });
}

#[test]
fn a_player_plays_a_golden_again_and_again() {
    let Some(corpus) = corpus() else { return };
    let path = corpus.join("goldens-sdk/estimate_transfer.json.gz");
    let golden = Golden::load(&path).expect("a golden");
    let code = Code::load(&Code::file_for(&path).expect("a code file")).expect("valid code");
    let mut player = Player::new(&golden, &code);
    for _ in 0..3 {
        let figures = player.play().expect("a complete run");
        assert_eq!(figures.instructions, golden.batch.results.total_instructions);
    }
}

/// Runs all goldens from their environment, their initial state and their transactions alone.
fn execute_all(way: Way) {
    for_each_golden(|name, golden, code| {
        execute(golden, code, way).unwrap_or_else(|failure| panic!("{name}: {failure}"));
    });
}

#[test]
fn an_executor_writes_what_the_recorded_host_wrote_and_comes_to_the_same() {
    execute_all(Way::Recorded);
}

#[test]
fn without_snapshots_batches_come_to_the_same() {
    execute_all(Way::Unbroken);
}

#[test]
fn rollbacks_and_nonsense_in_between_leave_no_trace() {
    execute_all(Way::Disturbed);
}

#[test]
fn executors_run_beside_each_other() {
    let Some(corpus) = corpus() else { return };
    let load = |name: &str| {
        let path = corpus.join(name);
        let code = Code::load(&Code::file_for(&path).expect("a code file")).expect("valid code");
        (Golden::load(&path).expect("a golden"), code)
    };
    let goldens =
        ["goldens/transfer_20.json.gz", "goldens/evm.json.gz", "goldens-sdk/sdk_multisig.json.gz"];
    let goldens = goldens.map(load);
    std::thread::scope(|scope| {
        for (golden, code) in goldens.iter().cycle().take(6) {
            scope.spawn(move || {
                for way in Way::ALL {
                    execute(golden, code, way).unwrap_or_else(|failure| panic!("{failure}"));
                }
            });
        }
    });
}
