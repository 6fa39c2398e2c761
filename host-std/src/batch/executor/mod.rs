//! Running a batch: the executor, and what can be known and pushed between runs.

mod attendance;
mod embedded;
mod filling;
mod running;
mod snapshots;

use super::blocks::Blocks;
use super::circuits::CircuitUse;
use super::environment::{BatchEnvironment, BlockEnvironment, ExecutionMode, SystemEnvironment};
use super::error::BatchError;
use super::layout::{Layout, MAX_TRANSACTIONS};
use super::memory::HostMemory;
use super::observer::{Observer, WriteReason};
use super::signals::Signals;
use super::state::BatchState;
use super::world::World;
use crate::embedded::NativeContract;
use crate::embedded::bootloader::Submission;
use crate::pubdata::compressed_bytecode_words;
use crate::system_contracts::addresses::KNOWN_CODES_STORAGE;
use crate::transaction::{PreparedTransaction, RecoveredSigner, Transaction, TransactionHash};
use embedded::Embedded;
use eravm_core::compiled::CompiledStats;
use eravm_core::{Address, Entry, Semantics, Settings, VersionedHash, Vm, Word};
use filling::{Filled, Words};
use snapshots::Saved;

/// A transaction in the bootloader's heap.
#[derive(Clone, Debug)]
struct Pushed {
    hash: TransactionHash,
    gas_limit: Word,
    factory_deps: Vec<VersionedHash>,
    /// For the embedded system, until it is run.
    submission: Option<Box<Submission>>,
}

/// Runs a batch: the real bootloader on a state.
///
/// Transactions are pushed into the bootloader's heap and run one by one; [`execute`](Self::execute) does both and leaves no trace
/// of a transaction that halts. [`finish`](Self::finish) ends the batch. Executors share nothing: any number can run in parallel.
///
/// `S` is the state before the batch, `O` somebody who watches.
#[derive(Debug)]
pub struct BatchExecutor<S, O = ()> {
    system: SystemEnvironment,
    batch: BatchEnvironment,
    layout: Layout,
    vm: Vm,
    world: World<S>,
    /// For the embedded system.
    embedded: Option<Embedded>,
    memory: HostMemory,
    blocks: Blocks,
    pushed: Vec<Pushed>,
    /// How many of them were run.
    run: usize,
    filled: Filled,
    snapshots: Vec<Saved>,
    counts_circuits: bool,
    /// Of what is in the batch.
    circuits: CircuitUse,
    observer: O,
}

impl<S: BatchState> BatchExecutor<S> {
    /// Begins a batch.
    ///
    /// # Errors
    /// If the protocol version is too old, or a base contract's hash is malformed.
    pub fn new(
        system: SystemEnvironment,
        batch: BatchEnvironment,
        state: S,
    ) -> Result<Self, BatchError<S::Fault>> {
        Self::observed(system, batch, state, ())
    }
}

impl<S: BatchState, O: Observer> BatchExecutor<S, O> {
    /// Begins a batch that somebody watches.
    ///
    /// # Errors
    /// If the protocol version is too old, or a base contract's hash is malformed.
    pub fn observed(
        system: SystemEnvironment,
        batch: BatchEnvironment,
        state: S,
        observer: O,
    ) -> Result<Self, BatchError<S::Fault>> {
        let (semantics, _) = Semantics::of_protocol(system.protocol)?;
        Self::with_semantics(semantics, system, batch, state, observer, |_| {})
    }

    /// Begins a batch with other rules and settings of the machine than those of its protocol version.
    ///
    /// # Errors
    /// As [`observed`](Self::observed).
    pub fn with_semantics(
        semantics: Semantics,
        system: SystemEnvironment,
        batch: BatchEnvironment,
        state: S,
        observer: O,
        adjust: impl FnOnce(&mut Settings),
    ) -> Result<Self, BatchError<S::Fault>> {
        let layout = Layout::of_protocol(system.protocol);
        // Without an emulator, its place is taken by the default account.
        let emulator = system.evm_emulator.as_ref().unwrap_or(&system.default_account);
        let mut settings = Settings::new(semantics, system.default_account.hash, emulator.hash);
        let purpose = NativeContract::purpose_of(&system.bootloader.hash);
        if purpose.is_none() {
            settings.hook_address = Some(layout.hook * 32);
            if system.evm_emulator.is_some() {
                settings.watched_contract = Some(KNOWN_CODES_STORAGE);
            }
        }
        adjust(&mut settings);
        let bootloader = NativeContract::program_of(&system.bootloader.hash);
        let bootloader = bootloader.unwrap_or(&system.bootloader.program).clone();
        let mut vm = Vm::new(settings, Entry::bootloader(bootloader))?;
        system.engine.attach(&mut vm);
        let mut world = World::new(state);
        for contract in [&system.default_account, emulator] {
            world.add_program(contract.hash, contract.program.clone());
        }
        let blocks = Blocks::new(batch.first_block.clone(), system.protocol);
        let mut executor = Self {
            system,
            batch,
            layout,
            vm,
            world,
            embedded: purpose.map(Embedded::new),
            memory: HostMemory::default(),
            blocks,
            pushed: Vec::new(),
            run: 0,
            filled: Filled::default(),
            snapshots: Vec::new(),
            counts_circuits: false,
            circuits: CircuitUse::default(),
            observer,
        };
        executor.write_parameters();
        Ok(executor)
    }

    fn write_parameters(&mut self) {
        if self.embedded.is_some() {
            return;
        }
        let batch = &self.batch;
        let number = Word::from_u64;
        let parameters = [
            Word::from_address(&batch.operator),
            batch.previous_hash.unwrap_or(Word::ZERO),
            number(batch.timestamp),
            number(u64::from(batch.number)),
            number(batch.fee_input.fair_pubdata_price),
            number(batch.fee_input.fair_l2_gas_price),
            number(batch.base_fee()),
            number(u64::from(batch.previous_hash.is_some())),
        ];
        self.write(WriteReason::Initial, (0..).zip(parameters).collect());
    }

    fn write(&mut self, reason: WriteReason, words: Words) {
        words.iter().for_each(|(index, word)| self.memory.set(*index, *word));
        self.write_to_heap(reason, &words);
    }

    fn write_to_heap(&mut self, reason: WriteReason, words: &[(u32, Word)]) {
        words.iter().for_each(|(index, word)| self.vm.write_heap_word(index * 32, word));
        self.observer.heap_write(reason, words);
    }

    fn heap(&self, word: u32) -> Word {
        self.vm.heap_word(word * 32)
    }

    /// The machine.
    pub const fn vm(&self) -> &Vm {
        &self.vm
    }

    /// The state before the batch.
    pub const fn state(&self) -> &S {
        &self.world.state
    }

    /// Who watches, to be changed.
    pub const fn observer_mut(&mut self) -> &mut O {
        &mut self.observer
    }

    /// Who watches.
    pub const fn observer(&self) -> &O {
        &self.observer
    }

    /// The system's environment.
    pub const fn system(&self) -> &SystemEnvironment {
        &self.system
    }

    /// The batch's environment.
    pub const fn environment(&self) -> &BatchEnvironment {
        &self.batch
    }

    /// Ends here, without the batch being finished.
    pub fn into_parts(self) -> (S, O) {
        (self.world.state, self.observer)
    }

    /// How often native code was entered and left so far; see [`Engine`](crate::Engine).
    pub const fn compiled_stats(&self) -> &CompiledStats {
        self.vm.compiled_stats()
    }

    /// What is left of the batch's resources.
    pub fn signals(&self) -> Signals {
        let filled = &self.filled;
        Signals {
            ergs: self.vm.ergs(),
            pubdata: self.vm.pubdata(),
            transactions: MAX_TRANSACTIONS - u32::try_from(self.pushed.len()).unwrap_or(u32::MAX),
            encoding_words: self.layout.encoding_words() - filled.encodings,
            compressed_words: self.layout.compressed_words() - filled.compressed,
            instructions: self.vm.instructions(),
            memory: self.vm.memory_in_use(),
            circuits: self.circuits,
        }
    }

    /// Says whether to count from now on exactly how many circuits it takes to prove what is run. That makes runs two to five
    /// times as long: every instruction is looked at. Without it there is an [upper bound](CircuitUse::at_most), which takes none of that.
    pub const fn count_circuits(&mut self, whether: bool) {
        self.counts_circuits = whether;
    }

    /// Begins the next L2 block. Transactions that are pushed from now on belong to it.
    ///
    /// # Errors
    /// If it cannot follow the last one.
    pub fn begin_block(&mut self, block: BlockEnvironment) -> Result<(), BatchError<S::Fault>> {
        self.blocks.begin(block)?;
        self.observer.block_begun();
        Ok(())
    }

    /// The environment that the next block has at least: number, hash of the last block, and the next second.
    ///
    /// # Errors
    /// If there is no number for it.
    pub fn next_block(&self) -> Result<BlockEnvironment, BatchError<S::Fault>> {
        Ok(self.blocks.next()?)
    }

    /// Spares the machine from recovering a signer that is known already, of a transaction that is about to be executed. Nothing else
    /// changes. It is kept until the batch ends.
    pub fn add_signer(&mut self, signer: RecoveredSigner) {
        self.world.add_signer(signer);
    }

    /// Writes a transaction into the bootloader's heap, with compressed code if it comes with new code.
    ///
    /// # Errors
    /// If there is no room for it (then nothing happened), or the state cannot answer.
    pub fn push_transaction(
        &mut self,
        transaction: &Transaction,
    ) -> Result<(), BatchError<S::Fault>> {
        self.push(transaction, true)
    }

    /// Writes a transaction into the bootloader's heap, as [`push_transaction`](Self::push_transaction), without computing what is known
    /// of it: its hashes now, and its signer when it is run.
    ///
    /// # Errors
    /// As [`push_transaction`](Self::push_transaction).
    pub fn push_prepared(
        &mut self,
        transaction: &PreparedTransaction,
    ) -> Result<(), BatchError<S::Fault>> {
        if let Some(signer) = transaction.signer() {
            self.add_signer(*signer);
        }
        self.push_hashed(transaction.transaction(), Some(transaction.hashes()), true)
    }

    /// Writes a transaction into the bootloader's heap. Without compression, new code that comes with it is published as it is.
    ///
    /// # Errors
    /// As [`push_transaction`](Self::push_transaction).
    pub fn push(
        &mut self,
        transaction: &Transaction,
        with_compression: bool,
    ) -> Result<(), BatchError<S::Fault>> {
        self.push_hashed(transaction, None, with_compression)
    }

    fn push_hashed(
        &mut self,
        transaction: &Transaction,
        hashes: Option<[TransactionHash; 2]>,
        with_compression: bool,
    ) -> Result<(), BatchError<S::Fault>> {
        if self.vm.ended().is_some() {
            return Err(BatchError::Ended);
        }
        let compressed = if with_compression && !transaction.is_from_l1() {
            self.compressed_code(transaction)?
        } else {
            Vec::new()
        };
        let encoded = transaction.encode();
        let (mut submission, mut words, mut filled) = (None, Words::new(), self.filled);
        let hash;
        if self.embedded.is_some() {
            let hashes = hashes.unwrap_or_else(|| transaction.hashes());
            hash = hashes[0];
            submission =
                Some(Box::new(self.submission(transaction, hashes, &encoded, compressed)?));
        } else {
            hash = hashes.map_or_else(|| transaction.hash(), |[hash, _]| hash);
            let compressed = compressed_bytecode_words(&compressed);
            (words, filled) = self.words_of(transaction, &encoded, &compressed)?;
        }
        for dep in transaction.factory_deps() {
            let added = self.world.add_factory_dep(dep);
            added.map_err(|error| BatchError::Code(dep.hash(), error))?;
        }
        self.filled = filled;
        self.blocks.add_transaction(&hash, &mut self.world.hashes);
        self.pushed.push(Pushed {
            hash,
            gas_limit: transaction.gas_limit(),
            factory_deps: transaction.factory_deps().iter().map(|dep| dep.hash()).collect(),
            submission,
        });
        if self.embedded.is_none() {
            self.write(WriteReason::Transaction, words);
        }
        Ok(())
    }

    /// The value of a slot now.
    ///
    /// # Errors
    /// If the state cannot answer.
    pub fn slot_value(
        &mut self,
        address: &Address,
        key: &Word,
    ) -> Result<Word, BatchError<S::Fault>> {
        match self.vm.storage_value(address, key) {
            Some(value) => Ok(value),
            None => Ok(self.world.state.slot(address, key).map_err(BatchError::State)?.value),
        }
    }
}
