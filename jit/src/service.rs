//! Compiles what is hot, in the background.

use crate::aot::AotImage;
use crate::compiler::Compiler;
use crate::error::CompileError;
use crate::events;
use crate::options::{CompileStats, Options};
use eravm_core::Program;
use eravm_core::compiled::{CompiledCode, Watcher};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// What is compiled when, and at what cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// How often the instructions of a program must have been executed, on average, before it is compiled: so many instructions
    /// for each that it has, because what is long takes longer to compile. 0 compiles whatever is executed.
    ///
    /// To compile an instruction takes some 70 µs, to interpret it 2.5 ns; with the default, compiling takes up to a fourteenth
    /// of the time that was spent in what is compiled. It is that much because a compiling thread slows others down which share
    /// its processor core, and code that is known to be hot can be compiled [ahead of time](crate::AotWriter).
    ///
    /// Instructions and not ergs, because those of an access to storage say nothing about what compiling can save.
    pub threshold: u64,
    /// Threads that compile. Without any, nothing is compiled but what is [asked for](Jit::compile).
    pub workers: usize,
    /// Programs that may wait for them. What is hot when there is no room is told again when it is hot once more.
    pub queue: usize,
    /// Bytes of native code that may be in use, over all programs. Code is freed with its program, so what limits a host's
    /// decoded programs limits this, too; what would go beyond is not compiled.
    pub cache_bytes: usize,
    /// Instructions that a program may have to be compiled.
    pub max_instructions: usize,
    /// How.
    pub options: Options,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            threshold: 400_000,
            workers: 1,
            queue: 64,
            cache_bytes: 256 << 20,
            max_instructions: 1 << 16,
            options: Options::default(),
        }
    }
}

/// What a [`Jit`] has done so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct JitStats {
    /// Programs that were hot and had no native code.
    pub hot: u64,
    /// Programs that were given code of a file when machines first met them.
    pub aot_loaded: u64,
    /// Bytes of native code of these.
    pub aot_bytes: u64,
    /// Programs that were compiled.
    pub compiled: u64,
    /// Programs that were not, because the compiler gave up.
    pub failed: u64,
    /// Programs that were too long, or for which there was no memory in the budget.
    pub refused: u64,
    /// Times that the queue was full.
    pub queue_full: u64,
    /// Instructions that were compiled, copies included.
    pub instructions: u64,
    /// Bytes of native code that were made.
    pub code_bytes: u64,
    /// Bytes of native code in use, without that of files.
    pub live_bytes: u64,
    /// Time that it took.
    pub time: Duration,
}

/// A compiler with threads of its own, for any number of machines.
///
/// Give [`watcher`](Self::watcher) to machines; programs that get hot are compiled and used by all machines that share them.
/// Handles are cheap to clone. The threads end with the last one.
#[derive(Clone, Debug)]
pub struct Jit(Arc<Handle>);

#[derive(Debug)]
struct Handle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    policy: Policy,
    compiler: Compiler,
    images: Vec<AotImage>,
    queue: Mutex<Queue>,
    changed: Condvar,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Program>,
    busy: usize,
    is_closed: bool,
}

macro_rules! counts {
    ($($name:ident)*) => {
        #[derive(Debug, Default)]
        struct Counts { $($name: AtomicU64,)* }
    };
}

counts! { hot aot_loaded aot_bytes compiled failed refused queue_full instructions code_bytes nanoseconds }

fn add(count: &AtomicU64, by: u64) {
    count.fetch_add(by, Ordering::Relaxed);
}

impl Jit {
    /// A compiler for this machine, with its threads.
    ///
    /// # Errors
    /// If there is no compiler for this machine, or the system gives no threads.
    pub fn new(policy: Policy) -> Result<Self, CompileError> {
        Self::with_images(policy, Vec::new())
    }

    /// The same with native code from files. Programs that are in one of them are given their code when a machine first meets them, and
    /// are not compiled. What is in files is not in the budget for code: the system can take the memory back.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_images(policy: Policy, images: Vec<AotImage>) -> Result<Self, CompileError> {
        let shared = Arc::new(Shared {
            policy,
            compiler: Compiler::new(policy.options)?,
            images,
            queue: Mutex::default(),
            changed: Condvar::new(),
            counts: Counts::default(),
        });
        let jit = Self(Arc::new(Handle(shared.clone())));
        for number in 0..policy.workers {
            let shared = shared.clone();
            thread::Builder::new()
                .name(format!("eravm-jit-{number}"))
                .spawn(move || shared.work())
                .map_err(CompileError::Thread)?;
        }
        Ok(jit)
    }

    /// What to give to machines.
    pub fn watcher(&self) -> Arc<dyn Watcher> {
        self.0.0.clone()
    }

    /// Compiles a program here and now, for instance one that is known to be used all the time.
    ///
    /// # Errors
    /// If it is not compiled.
    pub fn compile(&self, program: &Program) -> Result<CompileStats, CompileError> {
        self.0.0.compile(program)
    }

    /// Waits until nothing is left to be compiled.
    pub fn wait(&self) {
        let shared = &self.0.0;
        let mut queue = shared.lock();
        while shared.policy.workers > 0 && (queue.busy > 0 || !queue.waiting.is_empty()) {
            queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What was done so far.
    pub fn stats(&self) -> JitStats {
        self.0.0.stats()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.is_closed = true;
        queue.waiting.clear();
        self.0.changed.notify_all();
        drop(queue);
        events::stopped(&self.0.stats());
    }
}

impl Shared {
    fn stats(&self) -> JitStats {
        let Self { counts, compiler, .. } = self;
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        JitStats {
            hot: of(&counts.hot),
            aot_loaded: of(&counts.aot_loaded),
            aot_bytes: of(&counts.aot_bytes),
            compiled: of(&counts.compiled),
            failed: of(&counts.failed),
            refused: of(&counts.refused),
            queue_full: of(&counts.queue_full),
            instructions: of(&counts.instructions),
            code_bytes: of(&counts.code_bytes),
            live_bytes: compiler.live_bytes() as u64,
            time: Duration::from_nanos(of(&counts.nanoseconds)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No panic leaves the queue other than whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a thread does.
    fn work(&self) {
        let mut queue = self.lock();
        while !queue.is_closed {
            let Some(program) = queue.waiting.pop_front() else {
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            queue.busy += 1;
            drop(queue);
            // What comes of it is in the counts.
            let _ = self.compile(&program);
            drop(program);
            queue = self.lock();
            queue.busy -= 1;
            self.changed.notify_all();
        }
    }

    fn compile(&self, program: &Program) -> Result<CompileStats, CompileError> {
        let Self { policy, compiler, counts, .. } = self;
        if program.len() > policy.max_instructions || compiler.live_bytes() >= policy.cache_bytes {
            add(&counts.refused, 1);
            events::refused(program, compiler.live_bytes());
            return Err(CompileError::OverBudget);
        }
        let compiled = compiler.compile(program);
        match &compiled {
            Ok(stats) => {
                add(&counts.compiled, 1);
                add(&counts.instructions, stats.instructions as u64);
                add(&counts.code_bytes, stats.code_bytes as u64);
                add(&counts.nanoseconds, stats.time.as_nanos() as u64);
                events::compiled(program, stats);
            }
            Err(CompileError::NotCompilable) => {}
            Err(error) => {
                add(&counts.failed, 1);
                events::failed(program, error);
            }
        }
        compiled
    }
}

impl Watcher for Shared {
    fn threshold(&self, program: &Program) -> u64 {
        self.policy.threshold.saturating_mul(program.len() as u64)
    }

    fn met(&self, program: &Program) -> bool {
        if self.images.iter().any(|image| image.install(program)) {
            let bytes = program.compiled().map_or(0, CompiledCode::bytes);
            add(&self.counts.aot_loaded, 1);
            add(&self.counts.aot_bytes, bytes as u64);
            events::loaded(program, bytes);
        }
        !self.images.is_empty()
    }

    fn hot(&self, program: &Program) {
        if program.compiled().is_some() {
            return;
        }
        add(&self.counts.hot, 1);
        let mut queue = self.lock();
        if queue.is_closed || self.policy.workers == 0 {
            return;
        }
        if queue.waiting.len() >= self.policy.queue {
            add(&self.counts.queue_full, 1);
            program.cool();
            drop(queue);
            events::queue_full(program, self.policy.queue);
            return;
        }
        queue.waiting.push_back(program.clone());
        self.changed.notify_one();
    }
}
