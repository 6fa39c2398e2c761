//! Compiled code beside interpreted code.

use crate::shrink::shrink;
use crate::ways::{self, Finish, State};
use crate::world::{Prepared, World};
use core::ops::Range;
use eravm_core::{Program, Vm};
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
        Self { forced_exits: segments, ..Self::new(limits) }
    }

    /// The interpreter does again what compiled code does, piece by piece.
    #[must_use]
    pub fn shadowed(self) -> Self {
        Self { is_shadowed: true, ..self }
    }

    /// Decodes and compiles all code of a world.
    ///
    /// # Panics
    /// If code cannot be compiled.
    pub fn prepare<'a>(&self, world: &'a World) -> Prepared<'a> {
        world.prepare_with(|program: &Program| match self.compiler.compile(program) {
            Ok(_) | Err(CompileError::NotCompilable) => {}
            Err(error) => panic!("{error}"),
        })
    }

    fn run(&self, prepared: &Prepared<'_>, ergs: u32) -> (Vm, Finish) {
        let (mut vm, mut host) = prepared.vm_with_ergs(ergs);
        vm.force_exits(self.forced_exits);
        vm.set_shadow(self.is_shadowed);
        let finish = ways::run(&mut vm, &mut host);
        (vm, finish)
    }

    /// Runs a world with interpreted and with compiled code; returns how often compiled code was entered.
    ///
    /// # Errors
    /// What differs, as text.
    pub fn compare(&self, world: &World) -> Result<u64, String> {
        self.compare_with(&world.prepare(), &self.prepare(world), world.entry.ergs)
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
        let (mut expected, mut host) = interpreted.vm_with_ergs(ergs);
        let finish = ways::run(&mut expected, &mut host);
        let (vm, other) = self.run(compiled, ergs);
        if other != finish {
            return Err(format!("compiled: {other:?}, interpreted: {finish:?}"));
        }
        let (expected, state) = (State::of(&expected), State::of(&vm));
        if finish.is_ok() && state != expected {
            return Err(format!("compiled and interpreted: {}", state.differences(&expected)));
        }
        Ok(vm.compiled_stats().entries)
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
        let world = shrink(world, &|world| self.compare(world).is_err());
        let failure = self.compare(&world).err().unwrap_or_default();
        format!("made small: {failure}\n{world}")
    }
}
