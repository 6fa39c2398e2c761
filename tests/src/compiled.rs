//! Compiled code beside interpreted code.

use crate::shrink::shrink;
use crate::ways::{self, Finish, State};
use crate::world::{Host, Prepared, World};
use core::convert::Infallible;
use core::ops::Range;
use eravm_core::compiled::CompiledStats;
use eravm_core::precompiles::Precompiles;
use eravm_core::{
    Address, CodeStore, HostTypes, Program, Settings, Storage, StorageSlot, VersionedHash, Vm, Word,
};
use eravm_jit::{CompileError, Compiler, Limits, Options};

/// A way to compile and to run what was compiled.
#[derive(Debug)]
pub struct Compiling {
    compiler: Compiler,
    /// Segments after which the code is left; 0 for never.
    forced_exits: u64,
    /// Whether the interpreter does every piece again.
    is_shadowed: bool,
}

impl Compiling {
    /// With these options. Cranelift checks what it is given and how it assigns registers.
    ///
    /// # Panics
    /// If there is no compiler for this machine.
    pub fn new(limits: Limits) -> Self {
        Self::with(Options { limits, verify: true, single_pass: false })
    }

    /// With these options.
    ///
    /// # Panics
    /// If there is no compiler for this machine.
    pub fn with(options: Options) -> Self {
        let compiler = Compiler::new(options).expect("a machine that is supported");
        Self { compiler, forced_exits: 0, is_shadowed: false }
    }

    /// The code is left after as many segments.
    #[must_use]
    pub fn forced(limits: Limits, segments: u64) -> Self {
        let limits = Limits { forced_exits: true, ..limits };
        Self::new(limits).leaving(segments)
    }

    /// Code that was compiled for that is left after as many segments; never for 0.
    #[must_use]
    pub fn leaving(self, segments: u64) -> Self {
        Self { forced_exits: segments, ..self }
    }

    /// The interpreter does again what compiled code does, piece by piece.
    #[must_use]
    pub fn shadowed(self) -> Self {
        Self { is_shadowed: true, ..self }
    }

    /// Compiles a program, if it is not compiled yet.
    ///
    /// # Panics
    /// If it cannot be compiled.
    pub fn compile(&self, program: &Program) {
        match self.compiler.compile(program) {
            Ok(_) | Err(CompileError::NotCompilable) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// Decodes and compiles all code of a world.
    ///
    /// # Panics
    /// If code cannot be compiled.
    pub fn prepare<'a>(&self, world: &'a World) -> Prepared<'a> {
        world.prepare_with(|program| self.compile(program))
    }

    /// Decodes a world's code. That of the first frame is compiled now, other code when it is first called.
    fn prepare_lazily<'a>(&self, world: &'a World) -> Prepared<'a> {
        let prepared = world.prepare();
        self.compile(prepared.entry());
        prepared
    }

    /// Runs a world with interpreted and with compiled code; returns how often compiled code was entered.
    ///
    /// # Errors
    /// What differs, as text.
    pub fn compare(&self, world: &World) -> Result<u64, String> {
        self.compare_with(&world.prepare(), &self.prepare_lazily(world), world.entry.ergs)
    }

    /// The same with other settings than the world's.
    ///
    /// # Errors
    /// What differs, as text.
    pub fn compare_settings(&self, world: &World, settings: Settings) -> Result<u64, String> {
        let compiled = self.prepare_lazily(world);
        self.compare_machines(world.prepare().vm_with(settings), compiled.vm_with(settings))
            .map(|stats| stats.entries)
    }

    /// The same with code that is prepared, and with another amount of ergs.
    ///
    /// # Errors
    /// What differs, as text.
    pub fn compare_with(
        &self,
        interpreted: &Prepared<'_>,
        compiled: &Prepared<'_>,
        ergs: u32,
    ) -> Result<u64, String> {
        self.compare_machines(interpreted.vm_with_ergs(ergs), compiled.vm_with_ergs(ergs))
            .map(|stats| stats.entries)
    }

    /// Runs two machines that differ only in that the second one's code is compiled, or will be.
    ///
    /// # Errors
    /// What differs, as text.
    pub fn compare_machines(
        &self,
        (mut expected, mut host): (Vm, Host),
        (mut vm, compiled_host): (Vm, Host),
    ) -> Result<CompiledStats, String> {
        let finish = ways::run(&mut expected, &mut host);
        let other = self.finish(&mut vm, compiled_host);
        same((&vm, other), (&expected, finish))?;
        Ok(*vm.compiled_stats())
    }

    /// Runs a machine to its end. Code that is not compiled yet is when it is called.
    pub(crate) fn finish(&self, vm: &mut Vm, host: Host) -> Finish {
        vm.force_exits(self.forced_exits);
        vm.set_shadow(self.is_shadowed);
        ways::run(vm, &mut AtFirstCall { host, compiling: self })
    }

    /// Compares the worlds of a range of seeds; returns how often compiled code was entered.
    ///
    /// # Panics
    /// At the first difference, with its seed and the world made small.
    pub fn sweep(&self, name: &str, seeds: Range<u64>, generate: impl Fn(u64) -> World) -> u64 {
        let mut entries = 0;
        for seed in seeds {
            let world = generate(seed);
            match self.compare(&world) {
                Ok(count) => entries += count,
                Err(failure) => panic!("{name} seed {seed}: {failure}\n{}", self.small(&world)),
            }
        }
        entries
    }

    /// A failing world made small, with what then differs, as a case file.
    pub fn small(&self, world: &World) -> String {
        small(world, |world| self.compare(world))
    }
}

/// Whether compiled code came to what the interpreter came to.
///
/// # Errors
/// What differs, as text.
pub(crate) fn same(compiled: (&Vm, Finish), interpreted: (&Vm, Finish)) -> Result<(), String> {
    let ((vm, finish), (expected, expected_finish)) = (compiled, interpreted);
    if finish != expected_finish {
        return Err(format!("compiled: {finish:?}, interpreted: {expected_finish:?}"));
    }
    let (expected, state) = (State::of(expected), State::of(vm));
    if finish.is_ok() && state != expected {
        return Err(format!("compiled and interpreted: {}", state.differences(&expected)));
    }
    Ok(())
}

/// A failing world made small, with what then differs, as a case file.
pub(crate) fn small(world: &World, compare: impl Fn(&World) -> Result<u64, String>) -> String {
    let world = shrink(world, &|world| compare(world).is_err());
    let failure = compare(&world).err().unwrap_or_default();
    format!("made small: {failure}\n{world}")
}

/// A host that compiles code when it is first called.
struct AtFirstCall<'a> {
    host: Host,
    compiling: &'a Compiling,
}

impl HostTypes for AtFirstCall<'_> {
    type Fault = Infallible;
}

impl Storage for AtFirstCall<'_> {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, Infallible> {
        self.host.slot(address, key)
    }
}

impl CodeStore for AtFirstCall<'_> {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, Infallible> {
        let found = self.host.program(hash)?;
        if let Some(program) = &found {
            self.compiling.compile(program);
        }
        Ok(found)
    }
}

impl Precompiles for AtFirstCall<'_> {}
