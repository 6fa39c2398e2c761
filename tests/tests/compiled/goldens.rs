//! Real batches, in compiled code.

use eravm_host::Engine;
use eravm_host::golden::{Code, Golden, Way, execute, replay};
use eravm_jit::{Jit, Limits, Options, Policy};
use eravm_tests::corpus::{corpus, files};
use std::path::{Path, PathBuf};

/// Compiles whatever is executed at all, as soon as it is. Code is entered after at least that many instructions without the
/// interpreter.
fn eager(piece: usize) -> Jit {
    let limits = Limits { piece, ..Limits::default() };
    let options = Options { limits, verify: false, single_pass: false };
    let policy = Policy { threshold: 0, workers: 2, options, ..Policy::default() };
    Jit::new(policy).expect("a machine that is supported")
}

fn goldens(folder: &str) -> Option<Vec<PathBuf>> {
    let mut found = files(&corpus()?.join(folder), ".json.gz");
    found.retain(|path| !Code::is_code_file(path));
    Some(found)
}

fn load(path: &Path, engine: &Engine, read: &mut Option<Code>) -> (Golden, Code) {
    let code = read.get_or_insert_with(|| {
        let file = Code::file_for(path).expect("a code file");
        Code::load(&file).expect("valid code").executed_by(engine.clone())
    });
    (Golden::load(path).unwrap_or_else(|error| panic!("{error}")), code.clone())
}

/// Replays while the compiler works, which exchanges code in the middle of batches, and again with all code compiled.
fn replay_all(folder: &str, least: usize, piece: usize) {
    let Some(paths) = goldens(folder) else { return };
    assert!(paths.len() >= least, "{} goldens in {folder}", paths.len());
    let jit = eager(piece);
    let (engine, mut code) = (Engine::Jit(jit.clone()), None);
    for _ in 0..2 {
        for path in &paths {
            let (golden, code) = load(path, &engine, &mut code);
            replay(&golden, &code)
                .unwrap_or_else(|failure| panic!("{}: {failure}", path.display()));
        }
        jit.wait();
    }
    let stats = jit.stats();
    assert!(stats.compiled > 20 && stats.failed == 0 && stats.refused == 0, "{stats:?}");
}

#[test]
fn goldens_replay_exactly() {
    replay_all("goldens", 15, 0);
}

#[test]
fn goldens_of_the_sdk_replay_exactly() {
    replay_all("goldens-sdk", 41, 8);
}

#[test]
fn executors_share_compiled_code_in_parallel() {
    let Some(paths) = goldens("goldens") else { return };
    let jit = eager(0);
    let (engine, mut read) = (Engine::Jit(jit.clone()), None);
    let few = ["transfer_20", "failures", "evm.", "l1_and_messages"];
    let chosen = paths.iter().filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        few.iter().any(|few| name.starts_with(few))
    });
    let all: Vec<_> = chosen.map(|path| load(path, &engine, &mut read)).collect();
    assert_eq!(all.len(), few.len());
    // While it is compiled, and then in compiled code.
    for _ in 0..2 {
        std::thread::scope(|scope| {
            for way in [Way::Recorded, Way::Unbroken, Way::Disturbed] {
                let all = &all;
                scope.spawn(move || {
                    for (golden, code) in all {
                        execute(golden, code, way).unwrap_or_else(|failure| panic!("{failure}"));
                    }
                });
            }
        });
        jit.wait();
    }
    assert!(jit.stats().compiled > 10 && jit.stats().failed == 0, "{:?}", jit.stats());
}

/// A batch with every piece done twice.
#[test]
fn a_batch_in_shadow_mode() {
    let Some(corpus) = corpus() else { return };
    let jit = eager(0);
    let engine = Engine::Shadow(jit.clone());
    let mut code = None;
    let path = corpus.join("goldens-sdk/estimate_transfer.json.gz");
    for _ in 0..2 {
        let (golden, code) = load(&path, &engine, &mut code);
        replay(&golden, &code).unwrap_or_else(|failure| panic!("{failure}"));
        jit.wait();
    }
    assert!(jit.stats().compiled > 5, "{:?}", jit.stats());
}
