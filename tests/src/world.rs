//! What a test runs: code, accounts, storage and the first frame, from which both machines are made.

use crate::random::Random;
use alloc::rc::Rc;
use core::convert::Infallible;
use core::fmt;
use eravm_core::precompiles::{CallFault, Precompiles};
use eravm_core::{
    ACCOUNT_CODE_STORAGE, Address, CodeDigest, CodeStore, Entry, HostTypes, Program, Semantics,
    Settings, SetupError, Storage, StorageSlot, VersionedHash, Vm, Word, system_address,
};
use std::collections::HashMap;

/// Which rules the machines follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rules {
    /// Those of the newest protocol.
    Newest,
    /// Those with the heap growth of protocols before 27: a bound moves even if the ergs run out.
    BeforeGrowthRule,
}

/// Code that can be called or decommitted.
#[derive(Clone, Debug)]
pub struct Code {
    /// Its name. The digest need not be a digest, and the length need not be the length: neither machine looks.
    pub hash: VersionedHash,
    /// The code page.
    pub words: Vec<Word>,
}

/// The first frame.
#[derive(Clone, Debug)]
pub struct First {
    /// The contract.
    pub address: Address,
    /// Who calls it.
    pub caller: Address,
    /// Its code.
    pub code: Vec<Word>,
    /// What it is called with.
    pub calldata: Vec<u8>,
    /// Ergs.
    pub ergs: u32,
    /// The 128-bit context value.
    pub context_u128: u128,
    /// Whether it may write.
    pub is_static: bool,
    /// Bytes of each heap that are free of charge.
    pub heap_stipend: u32,
}

/// Everything that determines a run.
#[derive(Clone, Debug)]
pub struct World {
    /// Rules.
    pub rules: Rules,
    /// The first frame.
    pub entry: First,
    /// r1 to r15 where they are not what the machine sets: number, value, tag.
    pub registers: Vec<(u8, Word, bool)>,
    /// Known code. Digests differ.
    pub codes: Vec<Code>,
    /// Code hashes of accounts, well-formed or not.
    pub accounts: Vec<(Address, VersionedHash)>,
    /// Slots that are not empty before the run.
    pub slots: Vec<(Address, Word, Word)>,
    /// Code of accounts that have none.
    pub default_account: VersionedHash,
    /// Code that runs blobs.
    pub evm_emulator: VersionedHash,
}

impl World {
    /// The state before the run.
    pub fn storage(&self) -> HashMap<(Address, Word), Word> {
        let accounts = self.accounts.iter().map(|(address, hash)| {
            let key = (system_address(ACCOUNT_CODE_STORAGE), Word::from_address(address));
            (key, hash.to_word())
        });
        let slots = self.slots.iter().map(|&(address, key, value)| ((address, key), value));
        accounts.chain(slots).collect()
    }

    /// Settings of our machine. Everything that can be recorded is.
    pub fn settings(&self) -> Settings {
        let mut semantics = Semantics::newest();
        if self.rules == Rules::BeforeGrowthRule {
            semantics.unpaid_growth_keeps_bound = false;
        }
        Settings {
            memory_ceiling: 64 << 20,
            record_storage_log: true,
            record_refunds: true,
            ..Settings::new(semantics, self.default_account, self.evm_emulator)
        }
    }

    /// Decodes all code, once for any number of runs.
    pub fn prepare(&self) -> Prepared<'_> {
        self.prepare_with(|_| {})
    }

    /// The same, and does something to each program.
    pub fn prepare_with(&self, with: impl Fn(&Program)) -> Prepared<'_> {
        let decode = |words: &[Word]| {
            let program = Program::from_words(words.to_vec());
            let program = program.expect("worlds have code of at most 2¹⁶ − 1 words");
            with(&program);
            program
        };
        let codes = self.codes.iter().map(|code| (code.hash.digest(), decode(&code.words)));
        Prepared {
            world: self,
            entry: decode(&self.entry.code),
            host: Host { codes: Rc::new(codes.collect()), storage: Rc::new(self.storage()) },
        }
    }
}

/// A world with its code decoded.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    /// The world.
    pub world: &'a World,
    entry: Program,
    host: Host,
}

impl Prepared<'_> {
    /// The same code for a world that differs in other things.
    pub fn of<'a>(&self, world: &'a World) -> Prepared<'a> {
        Prepared { world, entry: self.entry.clone(), host: self.host.clone() }
    }

    /// The code of the first frame.
    pub const fn entry(&self) -> &Program {
        &self.entry
    }

    /// All code.
    pub fn programs(&self) -> Vec<Program> {
        // In an order that is always the same.
        let codes = &self.host.codes;
        let called = self.world.codes.iter().filter_map(|code| codes.get(&code.hash.digest()));
        called.chain([&self.entry]).cloned().collect()
    }

    /// Our machine before its first instruction, with other settings than [`World::settings`].
    pub fn vm_with(&self, settings: Settings) -> (Vm, Host) {
        self.made(|entry| Vm::new(settings, entry))
    }

    /// The same as [`vm`](Self::vm), in the memory of a machine that ran something else.
    pub fn recycled(&self, old: Vm) -> (Vm, Host) {
        self.made(|entry| Vm::recycled(old, self.world.settings(), entry))
    }

    /// The same as [`vm`](Self::vm) with another amount of ergs.
    pub fn vm_with_ergs(&self, ergs: u32) -> (Vm, Host) {
        self.made(|entry| Vm::new(self.world.settings(), Entry { ergs, ..entry }))
    }

    fn made(&self, make: impl FnOnce(Entry<'_>) -> Result<Vm, SetupError>) -> (Vm, Host) {
        let first = &self.world.entry;
        let entry = Entry {
            context_u128: first.context_u128,
            is_static: first.is_static,
            heap_stipend: first.heap_stipend,
            ..Entry::new(
                first.address,
                first.caller,
                self.entry.clone(),
                &first.calldata,
                first.ergs,
            )
        };
        let mut vm = make(entry).expect("worlds have well-formed base contracts");
        for &(register, word, is_pointer) in &self.world.registers {
            vm.set_register(register, word, is_pointer);
        }
        (vm, self.host.clone())
    }

    /// Our machine before its first instruction.
    pub fn vm(&self) -> (Vm, Host) {
        self.vm_with(self.world.settings())
    }
}

/// Our machine's host: storage and code of a world. Code is found by its digest alone, as the reference finds it.
#[derive(Clone, Debug)]
pub struct Host {
    codes: Rc<HashMap<CodeDigest, Program>>,
    storage: Rc<HashMap<(Address, Word), Word>>,
}

impl HostTypes for Host {
    type Fault = Infallible;
}

impl Storage for Host {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, Infallible> {
        let value = self.storage.get(&(*address, *key));
        Ok(value.map_or(StorageSlot::EMPTY, |&value| StorageSlot { value, is_initial: false }))
    }
}

impl CodeStore for Host {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, Infallible> {
        Ok(self.codes.get(&hash.digest()).cloned())
    }
}

impl Precompiles for Host {}

/// A host that fails every now and then. It has the answer when it is asked again.
#[derive(Debug)]
pub struct Unreliable<'a> {
    /// The host that knows.
    pub host: Host,
    /// When to fail.
    pub random: &'a mut Random,
    /// How often it failed.
    pub faults: u64,
}

/// What an [`Unreliable`] host says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Busy;

impl Unreliable<'_> {
    fn fail_sometimes(&mut self) -> Result<(), Busy> {
        if self.random.one_in(2) {
            self.faults += 1;
            return Err(Busy);
        }
        Ok(())
    }
}

impl HostTypes for Unreliable<'_> {
    type Fault = Busy;
}

impl Storage for Unreliable<'_> {
    fn slot(&mut self, address: &Address, key: &Word) -> Result<StorageSlot, Busy> {
        self.fail_sometimes()?;
        let Ok(slot) = self.host.slot(address, key);
        Ok(slot)
    }
}

impl CodeStore for Unreliable<'_> {
    fn program(&mut self, hash: &VersionedHash) -> Result<Option<Program>, Busy> {
        self.fail_sometimes()?;
        let Ok(program) = self.host.program(hash);
        Ok(program)
    }
}

impl Precompiles for Unreliable<'_> {
    fn keccak256(
        &mut self,
        input: &mut dyn Iterator<Item = &[u8]>,
    ) -> Result<[u8; 32], CallFault<Busy>> {
        self.fail_sometimes().map_err(CallFault::Host)?;
        let digest = self.host.keccak256(input);
        Ok(digest.unwrap_or_default())
    }
}

impl fmt::Display for World {
    /// The world as a case file; see [`crate::case`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::case::write(self, f)
    }
}
