//! Native code that went through a file.

use crate::entries;
use core::cell::RefCell;
use eravm_core::{Exit, InMemory, Program, VersionedHash, Word};
use eravm_host::Engine;
use eravm_host::golden::{Code, Golden, replay};
use eravm_jit::{AotImage, AotWriter, CompileError, Compiler, Jit, Limits, Options, Policy};
use eravm_tests::compiled::Compiling;
use eravm_tests::corpus::{self, corpus};
use eravm_tests::generate;
use eravm_tests::world::{Prepared, World};
use std::path::Path;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

/// Compiles programs of a world, and decodes it again with what is read from a file.
fn through_a_file<'a>(world: &'a World, compiler: &Compiler, folder: &Path) -> Prepared<'a> {
    let writer = RefCell::new(AotWriter::new(compiler));
    world.prepare_with(|program| match compiler.generate(program) {
        Ok(code) => drop(writer.borrow_mut().add(program, code)),
        Err(CompileError::NotCompilable) => {}
        Err(error) => panic!("{error}"),
    });
    match writer.into_inner().write(folder) {
        Ok(path) => {
            let image = AotImage::open(&path, compiler).unwrap_or_else(|error| panic!("{error}"));
            world.prepare_with(|program| {
                image.install(program);
            })
        }
        Err(error) => {
            assert!(matches!(error.kind, eravm_jit::AotErrorKind::NoPrograms), "{error}");
            world.prepare()
        }
    }
}

/// Runs generated worlds with code from files and interpreted; returns how often code was entered.
fn sweep(
    options: Options,
    forced: u64,
    seeds: core::ops::Range<u64>,
    kind: fn(u64) -> World,
) -> u64 {
    let compiler = Compiler::new(options).expect("a machine that is supported");
    let compiling = match forced {
        0 => Compiling::with(options),
        segments => Compiling::forced(options.limits, segments),
    };
    let folder = folder();
    let mut entries = 0;
    for seed in seeds {
        let world = kind(seed);
        let compiled = through_a_file(&world, &compiler, folder.path());
        match compiling.compare_with(&world.prepare(), &compiled, world.entry.ergs) {
            Ok(count) => entries += count,
            Err(failure) => panic!("seed {seed}: {failure}"),
        }
    }
    entries
}

fn everywhere() -> Options {
    let limits = Limits { piece: 0, ..Limits::default() };
    Options { limits, verify: false, single_pass: false }
}

#[test]
fn structured_programs() {
    let entries = sweep(everywhere(), 0, 30_000..30_100, generate::structured);
    assert!(entries > 500, "{entries}");
}

#[test]
fn random_code() {
    let entries = sweep(everywhere(), 0, 30_000..30_300, generate::bytes);
    assert!(entries > 50, "{entries}");
}

#[test]
fn exits_forced_after_two_segments() {
    let mut options = everywhere();
    options.limits.forced_exits = true;
    let entries = sweep(options, 2, 31_000..31_040, generate::structured);
    assert!(entries > 200, "{entries}");
}

/// Code in a file is that which is made without one, whatever else is in the file.
#[test]
fn code_is_entered_at_the_same_places() {
    let (compiler, folder) = (Compiler::new(everywhere()).expect("a machine"), folder());
    let programs = |seed| {
        let programs = RefCell::new(Vec::new());
        generate::structured(seed).prepare_with(|it| programs.borrow_mut().push(it.clone()));
        programs.into_inner()
    };
    let mut writer = AotWriter::new(&compiler);
    for program in (0..20).flat_map(programs) {
        writer.add(&program, compiler.generate(&program).expect("it compiles"));
    }
    let image = AotImage::open(&writer.write(folder.path()).expect("it is written"), &compiler);
    let image = image.expect("it is opened");
    let mut count = 0;
    for (installed, compiled) in (0..20).flat_map(programs).zip((0..20).flat_map(programs)) {
        compiler.compile(&compiled).expect("it compiles");
        assert_eq!(image.install(&installed), !entries(&compiled).is_empty());
        assert_eq!(entries(&installed), entries(&compiled));
        assert!(!image.install(&installed), "it has code already");
        count += usize::from(installed.compiled().is_some());
    }
    assert!(count >= 20 && count >= image.programs(), "{count}");
    // Not of programs that are not in the file, and not of those that the host executes.
    let other = Program::from_words(vec![Word::ZERO; 7]).expect("short enough");
    let native =
        Program::native(programs(0).swap_remove(0).words().to_vec()).expect("short enough");
    assert!(!image.install(&other) && !image.install(&native));
}

/// The first instruction that a machine does is native code already.
#[test]
fn programs_have_their_code_when_machines_first_meet_them() {
    let program =
        || crate::service::program(".text\nentry:\n add 5, r0, r2\n add 6, r2, r2\n ret r0");
    let policy = Policy { workers: 0, options: everywhere(), ..Policy::default() };
    let (compiler, folder) = (Compiler::new(policy.options).expect("a machine"), folder());
    let mut writer = AotWriter::new(&compiler);
    assert!(writer.add(&program(), compiler.generate(&program()).expect("it compiles")));
    assert!(writer.has(&program()));
    writer.write(folder.path()).expect("it is written");
    let images = AotImage::open_folder(folder.path(), &compiler).expect("they are opened");
    let jit = Jit::with_images(policy, images).expect("a machine that is supported");
    let decoded = program();
    for run in 1..3 {
        let mut vm = crate::service::vm(&decoded, 0);
        vm.set_watcher(jit.watcher());
        assert!(matches!(vm.run(&mut InMemory::new()), Ok(Exit::Returned(_))));
        assert_eq!(vm.compiled_stats().entries, 1, "run {run}");
        assert_eq!((jit.stats().aot_loaded, jit.stats().hot), (1, 0), "it is met once");
    }
    assert!(jit.stats().aot_bytes > 0 && jit.stats().live_bytes == 0, "{:?}", jit.stats());
    // Code outlives the file and who has opened it.
    drop((jit, folder));
    let mut vm = crate::service::vm(&decoded, 0);
    assert!(matches!(vm.run(&mut InMemory::new()), Ok(Exit::Returned(_))));
    assert_eq!(vm.compiled_stats().entries, 1);
}

/// Batches of the real bootloader, with nothing compiled but what was before.
#[test]
fn goldens_replay_exactly() {
    let Some(corpus) = corpus() else { return };
    let goldens = corpus.join("goldens");
    let options = Options { verify: false, ..Options::default() };
    let (compiler, folder) = (Compiler::new(options).expect("a machine"), folder());
    let file = goldens.join("bytecodes.json.gz");
    let codes = Code::load(&file).expect("valid code");
    let names = corpus::json(&file);
    let mut writer = AotWriter::new(&compiler);
    for name in names.as_object().expect("an object").keys() {
        let hash = corpus::unhex(name).expect("digits").try_into().expect("32 bytes");
        let program = codes.get(&VersionedHash(hash)).expect("it is there");
        writer.add(program, compiler.generate(program).expect("it compiles"));
    }
    writer.write(folder.path()).expect("it is written");
    let images = AotImage::open_folder(folder.path(), &compiler).expect("they are opened");
    let policy = Policy { workers: 0, options, ..Policy::default() };
    let jit = Jit::with_images(policy, images).expect("a machine that is supported");
    let code = Code::load(&file).expect("valid code").executed_by(Engine::Jit(jit.clone()));
    for name in ["transfer_20", "failures", "l1_and_messages", "counter_eravm"] {
        let golden = Golden::load(&goldens.join(format!("{name}.json.gz"))).expect("a golden");
        replay(&golden, &code).unwrap_or_else(|failure| panic!("{name}: {failure}"));
    }
    let stats = jit.stats();
    assert!(stats.aot_loaded > 10 && stats.aot_bytes > 100_000, "{stats:?}");
    assert_eq!((stats.compiled, stats.live_bytes), (0, 0), "{stats:?}");
}
