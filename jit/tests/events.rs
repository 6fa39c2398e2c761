//! What those see who subscribe to events. All of it in one test, as a process has one subscriber.

#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "tests need the standard library"
)]

use eravm_core::compiled::Watcher;
use eravm_core::{Program, asm};
use eravm_jit::{AotImage, AotWriter, CompileError, Compiler, Jit, Options, Policy};
use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

/// An event: level, target and fields, the message among them.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Seen {
    level: Level,
    target: String,
    fields: BTreeMap<&'static str, String>,
}

impl Seen {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> u64 {
        self.field(name).parse().unwrap_or_else(|_| panic!("{name} of {self:?} is no number"))
    }
}

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = self.0.entry(field.name()).or_default();
        write!(text, "{value:?}").expect("texts can be written to");
    }
}

/// Keeps all events of a target.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<Seen>>>);

impl Log {
    /// What was seen since the last time.
    fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }

    /// The one event that was seen since the last time.
    fn only(&self, level: Level, message: &str) -> Seen {
        let all = self.take();
        let [one] = &all[..] else { panic!("{message}: {all:?}") };
        assert_eq!((one.level, one.field("message")), (level, message), "{one:?}");
        assert_eq!(one.target, "eravm_jit");
        one.clone()
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "eravm_jit"
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = BTreeMap::new();
        event.record(&mut Fields(&mut fields));
        let (level, target) = (*event.metadata().level(), event.metadata().target().to_owned());
        self.0.lock().expect("no panic").push(Seen { level, target, fields });
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn code() -> Vec<u8> {
    let source = ".text\nentry:\n add 40, r0, r1\n add 2, r1, r1\n st.1 0, r1\n ret r0";
    asm::assemble(source).expect("a program").bytecode
}

fn program() -> Program {
    Program::new(&code()).expect("code")
}

#[test]
fn everything_that_a_compiler_does_is_seen() {
    let log = Log::default();
    tracing::subscriber::set_global_default(log.clone()).expect("there is no other");
    let mut policy = Policy::default();
    policy.options.limits.piece = 0;

    let jit = Jit::new(policy).expect("a machine that is supported");
    let stats = jit.compile(&program()).expect("it compiles");
    let seen = log.only(Level::DEBUG, "program compiled");
    assert_eq!(seen.number("instructions"), stats.instructions as u64);
    assert_eq!(seen.number("regions"), stats.regions as u64);
    assert_eq!(seen.number("code_bytes"), stats.code_bytes as u64);
    assert_eq!(seen.number("microseconds"), stats.time.as_micros() as u64);
    let hash = format!("0x01000{:03x}", code().len() / 32);
    assert!(seen.field("code_hash").starts_with(&hash), "{seen:?}");

    // In the background, by a thread of its own.
    jit.watcher().hot(&program());
    jit.wait();
    assert_eq!(log.only(Level::DEBUG, "program compiled").fields.len(), seen.fields.len());
    drop(jit);
    let seen = log.only(Level::INFO, "compiler stopped");
    assert_eq!((seen.number("compiled"), seen.number("hot")), (2, 1));
    assert_eq!((seen.number("failed"), seen.number("aot_loaded")), (0, 0));

    let short = Jit::new(Policy { max_instructions: 1, ..policy }).expect("a compiler");
    assert!(matches!(short.compile(&program()), Err(CompileError::OverBudget)));
    let message = "program refused: it is too long, or there is no room for code";
    let seen = log.only(Level::DEBUG, message);
    let instructions = program().len() as u64;
    assert_eq!((seen.number("instructions"), seen.number("live_bytes")), (instructions, 0));

    let full = Jit::new(Policy { queue: 0, ..policy }).expect("a compiler");
    full.watcher().hot(&program());
    assert_eq!(log.only(Level::DEBUG, "queue full").number("waiting"), 0);

    let options = Options { verify: false, ..policy.options };
    let compiler = Compiler::new(options).expect("a machine that is supported");
    let folder = tempfile::tempdir().expect("a folder");
    let mut writer = AotWriter::new(&compiler);
    assert!(writer.add(&program(), compiler.generate(&program()).expect("it compiles")));
    writer.write(folder.path()).expect("it is written");
    let images = AotImage::open_folder(folder.path(), &compiler).expect("it is opened");
    assert_eq!(log.take(), [], "who compiles by hand sees what comes of it");
    let loading = Jit::with_images(policy, images).expect("a machine that is supported");
    assert!(Watcher::met(&*loading.watcher(), &program()));
    let seen = log.only(Level::DEBUG, "code loaded from a file");
    assert_eq!(seen.number("code_bytes"), loading.stats().aot_bytes);
    assert!(seen.field("code_hash").starts_with(&hash), "{seen:?}");
    drop(loading);
    assert_eq!(log.only(Level::INFO, "compiler stopped").number("aot_loaded"), 1);
}
