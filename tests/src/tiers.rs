//! Code that is compiled while it is executed.

use crate::compiled::{Compiling, same, small};
use crate::random::Random;
use crate::ways::{self, Finish};
use crate::world::{Busy, Host, Prepared, World};
use core::ops::Range;
use eravm_core::precompiles::{CallFault, Precompiles};
use eravm_core::{
    Address, CodeStore, HostTypes, Limits, Program, RunError, Settings, Storage, StorageSlot,
    VersionedHash, Vm, Word,
};

impl Compiling {
    /// Compares a run during which one program after the other is compiled, at random instants, with one that is interpreted. Returns
    /// how often compiled code was entered.
    ///
    /// # Errors
    /// What differs, as text.
    pub fn compare_switching(&self, world: &World, random: &mut Random) -> Result<u64, String> {
        let (expected, finish) = ways::in_one_go(&world.prepare());
        let (vm, other) = self.switching(&world.prepare(), random);
        same((&vm, other), (&expected, finish))?;
        Ok(vm.compiled_stats().entries)
    }

    /// Compares a run that goes on in compiled code after that many instructions.
    ///
    /// # Errors
    /// What differs, as text.
    pub fn compare_resumed(&self, world: &World, instructions: u64) -> Result<u64, String> {
        let (expected, finish) = ways::in_one_go(&world.prepare());
        let prepared = world.prepare();
        let (mut vm, mut host) = prepared.vm();
        let limits = Limits { instructions: Some(instructions), ergs: None };
        let other = match vm.run_limited(&mut host, limits) {
            Ok(exit) if !exit.is_final() => {
                self.compile(prepared.entry());
                for hash in vm.used_code() {
                    let Ok(program) = host.program(&hash);
                    program.iter().for_each(|program| self.compile(program));
                }
                self.finish(&mut vm, host)
            }
            Ok(exit) => Ok(exit),
            Err(RunError::Stopped(stop)) => Err(stop),
            Err(RunError::Host(never)) => match never {},
        };
        same((&vm, other), (&expected, finish))?;
        Ok(vm.compiled_stats().entries)
    }

    /// Compares the worlds of a range of seeds while they are compiled; returns how often compiled code was entered.
    ///
    /// # Panics
    /// At the first difference, with its seed and the world made small.
    pub fn sweep_switching(&self, seeds: Range<u64>, generate: impl Fn(u64) -> World) -> u64 {
        let mut entries = 0;
        for seed in seeds {
            let world = generate(seed);
            let compare = |world: &World| self.compare_switching(world, &mut Random::new(seed));
            match compare(&world) {
                Ok(count) => entries += count,
                Err(failure) => panic!("seed {seed}: {failure}\n{}", small(&world, compare)),
            }
        }
        entries
    }

    /// Runs a world whose code is not compiled yet. The run is interrupted by limits, by faults of the host and, in half of the runs, by
    /// a word of the heap that the host observes; each time the way in which compiled code is run may change.
    fn switching(&self, prepared: &Prepared<'_>, random: &mut Random) -> (Vm, Finish) {
        let hook_address = random.one_in(2).then(|| 32 * random.below(4) as u32);
        let settings = Settings { hook_address, ..prepared.world.settings() };
        let (mut vm, host) = prepared.vm_with(settings);
        let waiting = prepared.programs();
        let mut host = Switching { host, compiling: self, random, waiting };
        loop {
            let segments = if host.random.one_in(2) { 0 } else { 1 + host.random.below(4) };
            vm.force_exits(segments);
            vm.set_shadow(host.random.one_in(4));
            let result = if host.random.one_in(2) {
                let instructions = Some(host.random.below(40));
                vm.run_limited(&mut host, Limits { instructions, ergs: None })
            } else {
                host.compile_one();
                vm.run(&mut host)
            };
            match result {
                Ok(exit) if exit.is_final() => return (vm, Ok(exit)),
                Ok(_) | Err(RunError::Host(Busy)) => {}
                Err(RunError::Stopped(stop)) => return (vm, Err(stop)),
            }
        }
    }
}

/// A host that, when it is asked, sometimes compiles code that is perhaps being executed, and sometimes fails. It has the answer when it
/// is asked again.
struct Switching<'a> {
    host: Host,
    compiling: &'a Compiling,
    random: &'a mut Random,
    /// What is not compiled yet.
    waiting: Vec<Program>,
}

impl Switching<'_> {
    fn compile_one(&mut self) {
        if !self.waiting.is_empty() {
            let at = self.random.below(self.waiting.len() as u64) as usize;
            self.compiling.compile(&self.waiting.swap_remove(at));
        }
    }

    fn asked(&mut self) -> Result<(), Busy> {
        match self.random.below(8) {
            0 | 1 => self.compile_one(),
            2 => return Err(Busy),
            _ => {}
        }
        Ok(())
    }
}

impl HostTypes for Switching<'_> {
    type Fault = Busy;
}

impl Storage for Switching<'_> {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, Busy> {
        self.asked()?;
        let Ok(slot) = self.host.slot(address, key);
        Ok(slot)
    }
}

impl CodeStore for Switching<'_> {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, Busy> {
        self.asked()?;
        let Ok(program) = self.host.program(hash);
        Ok(program)
    }
}

impl Precompiles for Switching<'_> {
    fn keccak256(
        &mut self,
        input: &mut dyn Iterator<Item = &[u8]>,
    ) -> Result<[u8; 32], CallFault<Busy>> {
        self.asked().map_err(CallFault::Host)?;
        let digest = self.host.keccak256(input);
        Ok(digest.unwrap_or_default())
    }
}
