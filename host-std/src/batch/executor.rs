//! Running a batch.

use super::blocks::{Blocks, SavedBlocks};
use super::circuits::{CircuitUse, RamCounter};
use super::environment::{BatchEnvironment, BlockEnvironment, SystemEnvironment};
use super::error::BatchError;
use super::fees::{RefundRequest, operator_refund, overhead_gas, trusted_gas};
use super::hook::Hook;
use super::layout::{
    BLOCK_WORDS, DESCRIPTION_WORDS, INTEROP_ROOT_WORDS, Layout, MAX_INTEROP_ROOTS, MAX_TRANSACTIONS,
};
use super::memory::HostMemory;
use super::observer::{Observer, WriteReason};
use super::outcome::{FinishedBatch, Heard, Outcome, Start, TransactionOutcome};
use super::result::{ExecutionResult, Halt, RevertReason};
use super::signals::Signals;
use super::state::BatchState;
use super::tracer::HostTracer;
use super::world::World;
use crate::events::group;
use crate::pubdata::{
    L2ToL1Log, PubdataFormat, PubdataInput, StateDiff, StateDiffs, compress_unknown,
    compressed_bytecode_words, published_blobs, user_logs,
};
use crate::system_contracts::addresses::{KNOWN_CODES_STORAGE, L1_MESSENGER};
use crate::transaction::{Transaction, TransactionHash};
use eravm_core::semantics::FatPointer;
use eravm_core::{
    Address, Entry, Exit, Limits, NoTracer, Semantics, Settings, Verdict, VersionedHash, Vm, Word,
};

/// How far the machine runs.
#[derive(Clone, Copy, Debug)]
enum Until<'a> {
    /// To the end of the current transaction.
    TransactionEnds,
    /// To where the current transaction is valid, or not.
    IsValid,
    /// To the end of the batch, whose pubdata has this form.
    BatchEnds(&'a PubdataFormat),
}

/// Words for the bootloader's heap, by index.
type Words = Vec<(u32, Word)>;

/// A transaction in the bootloader's heap.
#[derive(Clone, Debug)]
struct Pushed {
    hash: TransactionHash,
    gas_limit: Word,
    factory_deps: Vec<VersionedHash>,
}

/// How far the regions of the bootloader's heap are filled.
#[derive(Clone, Copy, Debug, Default)]
struct Filled {
    /// Words of encodings.
    encodings: u32,
    /// Words of compressed code.
    compressed: u32,
    interop_roots: u32,
}

/// What a snapshot needs beside the machine's own.
#[derive(Clone, Debug)]
struct Saved {
    blocks: SavedBlocks,
    pushed: usize,
    run: usize,
    filled: Filled,
    circuits: CircuitUse,
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
        settings.hook_address = Some(layout.hook * 32);
        if system.evm_emulator.is_some() {
            settings.watched_contract = Some(KNOWN_CODES_STORAGE);
        }
        adjust(&mut settings);
        let vm = Vm::new(settings, Entry::bootloader(system.bootloader.program.clone()))?;
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

    /// The batch's environment.
    pub const fn environment(&self) -> &BatchEnvironment {
        &self.batch
    }

    /// Ends here, without the batch being finished.
    pub fn into_parts(self) -> (S, O) {
        (self.world.state, self.observer)
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

    /// Writes a transaction into the bootloader's heap. Without compression, new code that comes with it is published as it is.
    ///
    /// # Errors
    /// As [`push_transaction`](Self::push_transaction).
    pub fn push(
        &mut self,
        transaction: &Transaction,
        with_compression: bool,
    ) -> Result<(), BatchError<S::Fault>> {
        if self.vm.ended().is_some() {
            return Err(BatchError::Ended);
        }
        let compressed = if with_compression && !transaction.is_from_l1() {
            self.compressed_words(transaction)?
        } else {
            Vec::new()
        };
        let encoded = transaction.encode();
        let (words, filled) = self.words_of(transaction, &encoded, &compressed)?;
        for dep in transaction.factory_deps() {
            let added = self.world.add_factory_dep(dep);
            added.map_err(|error| BatchError::Code(dep.hash(), error))?;
        }
        let hash = transaction.hash();
        self.filled = filled;
        self.blocks.add_transaction(&hash);
        self.pushed.push(Pushed {
            hash,
            gas_limit: transaction.gas_limit(),
            factory_deps: transaction.factory_deps().iter().map(|dep| dep.hash()).collect(),
        });
        self.write(WriteReason::Transaction, words);
        Ok(())
    }

    /// The words for code that comes with a transaction and is not known yet.
    fn compressed_words(
        &mut self,
        transaction: &Transaction,
    ) -> Result<Vec<Word>, BatchError<S::Fault>> {
        let mut fault = None;
        let deps = transaction.factory_deps().iter().map(|dep| dep.code());
        let compressed = compress_unknown(deps, |hash| match self.is_known(hash) {
            Ok(is_known) => is_known,
            Err(error) => {
                fault = Some(error);
                false
            }
        });
        match fault {
            Some(error) => Err(error),
            None => Ok(compressed_bytecode_words(&compressed)),
        }
    }

    /// Whether code is known to the contracts now.
    fn is_known(&mut self, hash: &VersionedHash) -> Result<bool, BatchError<S::Fault>> {
        Ok(!self.slot_value(&KNOWN_CODES_STORAGE, &hash.to_word())?.is_zero())
    }

    /// The words that describe a transaction, and what is filled with them.
    fn words_of(
        &self,
        transaction: &Transaction,
        encoded: &[Word],
        compressed: &[Word],
    ) -> Result<(Words, Filled), BatchError<S::Fault>> {
        let (layout, mut filled) = (&self.layout, self.filled);
        let index = u32::try_from(self.pushed.len()).unwrap_or(u32::MAX);
        if index >= MAX_TRANSACTIONS {
            return Err(BatchError::TooManyTransactions(index));
        }
        let place = |what, words: &[Word], filled: u32, room: u32| {
            let (needed, left) = (words.len(), room - filled);
            let fits = u32::try_from(needed).ok().filter(|needed| *needed <= left);
            fits.ok_or(BatchError::NoRoom { what, needed, left })
        };
        let room = layout.encoding_words();
        let encoding = layout.encodings + filled.encodings;
        filled.encodings +=
            place("the encoding of the transaction", encoded, filled.encodings, room)?;
        // The first word is the bootloader's.
        let room = layout.compressed_words();
        let code = layout.compressed_bytecodes + 1 + filled.compressed;
        filled.compressed +=
            place("the code of the transaction", compressed, filled.compressed, room)?;
        let description = layout.descriptions + index * DESCRIPTION_WORDS;
        let mut words = vec![
            (description, self.system.mode.meta_word()),
            (description + 1, Word::from_u64(u64::from(encoding) * 32)),
            (layout.refunds + index, Word::ZERO),
            (layout.overheads + index, Word::from_u64(overhead_gas(encoded.len()))),
            (layout.trusted_ergs + index, trusted_gas(&transaction.gas_limit())),
        ];
        words.extend((encoding..).zip(encoded.iter().copied()));
        filled.interop_roots = self.add_block(index, filled.interop_roots, &mut words)?;
        words.extend((code..).zip(compressed.iter().copied()));
        Ok((words, filled))
    }

    /// Adds the description of the last block for the transaction with an index; returns how many interop roots there are.
    fn add_block(
        &self,
        index: u32,
        roots_before: u32,
        words: &mut Words,
    ) -> Result<u32, BatchError<S::Fault>> {
        let Some(block) = self.blocks.last() else { return Ok(roots_before) };
        let environment = &block.environment;
        let is_new = block.transactions == 0;
        let virtual_blocks = if is_new { environment.max_virtual_blocks } else { 0 };
        let first = self.layout.blocks + index * BLOCK_WORDS;
        let description = [
            Word::from_u64(u64::from(environment.number)),
            Word::from_u64(environment.timestamp),
            environment.previous_hash,
            Word::from_u64(u64::from(virtual_blocks)),
        ];
        words.extend((first..).zip(description));
        let Some(interop) = self.layout.interop.filter(|_| is_new) else {
            return Ok(roots_before);
        };
        let mut count = roots_before;
        for root in &environment.interop_roots {
            let left = MAX_INTEROP_ROOTS - count;
            let needed = root.sides.len();
            if left == 0 || needed + 4 > INTEROP_ROOT_WORDS as usize {
                return Err(BatchError::NoRoom { what: "an interop root", needed, left });
            }
            let head = [
                Word::from_u64(u64::from(environment.number)),
                Word::from_u64(root.chain_id),
                Word::from_u64(root.block_number),
                Word::from_u64(needed as u64),
            ];
            let place = interop.roots + count * INTEROP_ROOT_WORDS;
            words.extend((place..).zip(head.into_iter().chain(root.sides.iter().copied())));
            count += 1;
        }
        let blocks = u32::try_from(self.blocks.count()).unwrap_or(u32::MAX);
        let roots = Word::from_u64(environment.interop_roots.len() as u64 + 1);
        words.push((interop.counts + blocks.saturating_sub(1), roots));
        Ok(count)
    }

    /// Runs the next transaction that was pushed.
    ///
    /// If it [halts](ExecutionResult::Halt), nothing can be done with the batch any more but to go back to a snapshot.
    ///
    /// # Errors
    /// If there is none, or the machine cannot go on. Then, too, a snapshot can be gone back to.
    pub fn run_transaction(&mut self) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        self.run_next(Until::TransactionEnds, &mut NoTracer)
    }

    /// Runs the next transaction that was pushed and shows every instruction to a tracer.
    ///
    /// # Errors
    /// As [`run_transaction`](Self::run_transaction). A pause that the tracer asks for is no error but a [halt](Halt::Tracer).
    pub fn trace_transaction<T: HostTracer>(
        &mut self,
        tracer: &mut T,
    ) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        self.run_next(Until::TransactionEnds, tracer)
    }

    /// Runs the next transaction that was pushed only so far as to know whether it is valid.
    ///
    /// # Errors
    /// As [`trace_transaction`](Self::trace_transaction).
    pub fn validate_transaction<T: HostTracer>(
        &mut self,
        tracer: &mut T,
    ) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        self.run_next(Until::IsValid, tracer)
    }

    fn run_next<T: HostTracer>(
        &mut self,
        until: Until<'_>,
        tracer: &mut T,
    ) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        if self.vm.ended().is_some() {
            return Err(BatchError::Ended);
        }
        let hash = self.pushed.get(self.run).ok_or(BatchError::NothingToRun)?.hash;
        self.run += 1;
        let start = Start::of(&self.vm);
        let (heard, _) = self.run_counted(until, tracer)?;
        let mut outcome = start.outcome(&self.vm, heard, false);
        self.circuits = self.circuits.plus(&outcome.circuits);
        self.add_evm_code(&mut outcome);
        let code_is_known = self.code_is_known()?;
        Ok(TransactionOutcome { hash, outcome, code_is_known })
    }

    fn add_evm_code(&self, outcome: &mut Outcome) {
        for hash in published_blobs(&outcome.events) {
            if let Some(code) = self.world.evm_code(&hash) {
                outcome.evm_code.insert(hash, code.to_vec());
            }
        }
    }

    /// Whether all code is known that came with the transaction that was run last.
    fn code_is_known(&mut self) -> Result<bool, BatchError<S::Fault>> {
        let Some(pushed) = self.run.checked_sub(1).and_then(|last| self.pushed.get(last)) else {
            return Ok(true);
        };
        for hash in pushed.factory_deps.clone() {
            if !self.is_known(&hash)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Pushes and runs a transaction. If it halts, or cannot be run, nothing of it is left in the batch.
    ///
    /// # Errors
    /// If there is no room for it, or the machine cannot go on.
    pub fn execute(
        &mut self,
        transaction: &Transaction,
    ) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        self.execute_traced(transaction, &mut NoTracer)
    }

    /// Does the same and shows every instruction to a tracer.
    ///
    /// # Errors
    /// As [`execute`](Self::execute) and [`trace_transaction`](Self::trace_transaction).
    pub fn execute_traced<T: HostTracer>(
        &mut self,
        transaction: &Transaction,
        tracer: &mut T,
    ) -> Result<TransactionOutcome, BatchError<S::Fault>> {
        self.make_snapshot()?;
        let outcome =
            self.push_transaction(transaction).and_then(|()| self.trace_transaction(tracer));
        match &outcome {
            Ok(done) if !matches!(done.outcome.result, ExecutionResult::Halt(_)) => {
                self.pop_snapshot()?;
            }
            _ => self.rollback()?,
        }
        outcome
    }

    /// Ends the batch: the operator gets the fees, the last block is set, and everything is published.
    ///
    /// # Errors
    /// If a transaction was pushed and not run, pubdata cannot have this form, or the machine cannot go on.
    pub fn finish(
        &mut self,
        format: &PubdataFormat,
    ) -> Result<FinishedBatch, BatchError<S::Fault>> {
        self.trace_finish(format, &mut NoTracer)
    }

    /// Ends the batch as [`finish`](Self::finish) does, and shows every instruction to a tracer.
    ///
    /// # Errors
    /// As [`finish`](Self::finish); a pause that the tracer asks for is a [halt](Halt::Tracer).
    pub fn trace_finish<T: HostTracer>(
        &mut self,
        format: &PubdataFormat,
        tracer: &mut T,
    ) -> Result<FinishedBatch, BatchError<S::Fault>> {
        if self.vm.ended().is_some() {
            return Err(BatchError::Ended);
        }
        let waiting = self.pushed.len().saturating_sub(self.run);
        if waiting > 0 {
            return Err(BatchError::NotRun(u32::try_from(waiting).unwrap_or(u32::MAX)));
        }
        let start = Start::of(&self.vm);
        let (heard, published) = self.run_counted(Until::BatchEnds(format), tracer)?;
        let mut tip = start.outcome(&self.vm, heard, true);
        self.circuits = self.circuits.plus(&tip.circuits);
        self.add_evm_code(&mut tip);
        let events = group(self.vm.events());
        let published = published.unwrap_or_default();
        Ok(FinishedBatch {
            tip,
            user_logs: user_logs(&events),
            events,
            system_logs: self.vm.l1_messages().iter().map(L2ToL1Log::of_system).collect(),
            storage_changes: self.vm.storage_changes(),
            used_code: self.vm.used_code(),
            bootloader_memory: self.memory.words().collect(),
            pubdata: format.settlement_pubdata(&published)?,
            state_diffs: published.state_diffs,
        })
    }

    /// Makes a snapshot of the whole batch. It is kept until [`pop_snapshot`](Self::pop_snapshot) or
    /// [`rollback`](Self::rollback).
    ///
    /// # Errors
    /// In the middle of a call, which is where the machine is after it could not go on.
    pub fn make_snapshot(&mut self) -> Result<(), BatchError<S::Fault>> {
        self.vm.make_snapshot()?;
        self.memory.make_snapshot();
        self.snapshots.push(Saved {
            blocks: self.blocks.save(),
            pushed: self.pushed.len(),
            run: self.run,
            filled: self.filled,
            circuits: self.circuits,
        });
        self.observer.snapshot_made();
        Ok(())
    }

    /// Forgets the newest snapshot: what happened since stays.
    ///
    /// # Errors
    /// Without a snapshot.
    pub fn pop_snapshot(&mut self) -> Result<(), BatchError<S::Fault>> {
        self.vm.pop_snapshot()?;
        self.memory.pop_snapshot();
        self.snapshots.pop();
        self.observer.snapshot_popped();
        Ok(())
    }

    /// Goes back to the newest snapshot and forgets it.
    ///
    /// # Errors
    /// Without a snapshot.
    pub fn rollback(&mut self) -> Result<(), BatchError<S::Fault>> {
        self.vm.rollback()?;
        self.memory.rollback();
        if let Some(saved) = self.snapshots.pop() {
            self.blocks.restore(saved.blocks);
            self.pushed.truncate(saved.pushed);
            self.run = saved.run;
            self.filled = saved.filled;
            self.circuits = saved.circuits;
        }
        self.observer.rolled_back();
        Ok(())
    }

    /// Runs the machine as [`run_until`](Self::run_until) does, and counts accesses of memory if that was asked for.
    fn run_counted<T: HostTracer>(
        &mut self,
        until: Until<'_>,
        tracer: &mut T,
    ) -> Result<(Heard, Option<PubdataInput>), BatchError<S::Fault>> {
        if !self.counts_circuits {
            return self.run_until(until, tracer);
        }
        let mut counter = RamCounter::new(tracer);
        let (mut heard, published) = self.run_until(until, &mut counter)?;
        heard.ram_cycles = Some(counter.cycles());
        Ok((heard, published))
    }

    /// Runs the machine and does what the bootloader asks for.
    fn run_until<T: HostTracer>(
        &mut self,
        until: Until<'_>,
        tracer: &mut T,
    ) -> Result<(Heard, Option<PubdataInput>), BatchError<S::Fault>> {
        let mut run = Run {
            validation_ergs: self.system.validation_ergs,
            hidden: None,
            posted: None,
            pubdata: self.vm.pubdata(),
            published: None,
            heard: Heard {
                result: ExecutionResult::Success { output: Vec::new() },
                ended: false,
                operator_refund: 0,
                refunded: 0,
                pubdata: 0,
                ram_cycles: None,
            },
        };
        loop {
            match self.vm.run_traced(&mut self.world, tracer, Limits::default())? {
                Exit::Hook(number) => {
                    let hook = Hook::from_word(&number).ok_or(BatchError::UnknownHook(number))?;
                    self.observer.hook(hook, &self.vm);
                    if tracer.hook(hook, &self.vm) == Verdict::Pause {
                        run.heard.result = self.stopped_by_tracer(&mut run);
                        break;
                    }
                    if hook == Hook::PaymasterValidationEntered && tracer.limits_paymaster() {
                        self.limit_validation(&mut run)?;
                    }
                    if let Some(result) = self.attend(hook, until, &mut run)? {
                        run.heard.result = result;
                        break;
                    }
                }
                Exit::Called => self.world.note_call(&self.vm),
                exit @ (Exit::Returned(_) | Exit::Reverted(_) | Exit::Panicked) => {
                    run.heard.result = self.ended(exit);
                    run.heard.ended = true;
                    break;
                }
                Exit::Paused => {
                    run.heard.result = self.stopped_by_tracer(&mut run);
                    break;
                }
                exit @ (Exit::InstructionLimit | Exit::ErgsLimit) => {
                    return Err(BatchError::UnexpectedExit(exit));
                }
            }
        }
        Ok((run.heard, run.published))
    }

    /// The machine stays where it is. Ergs that were hidden from an account are the bootloader's again.
    fn stopped_by_tracer(&mut self, run: &mut Run) -> ExecutionResult {
        self.unlimit_validation(run);
        ExecutionResult::Halt(Halt::Tracer)
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

    /// What the end of the bootloader's frame means.
    fn ended(&mut self, exit: Exit) -> ExecutionResult {
        let output = match exit {
            Exit::Returned(pointer) | Exit::Reverted(pointer) => self.vm.read_pointer(pointer),
            _ => Vec::new(),
        };
        self.observer.ended(exit, &output, &self.vm);
        match exit {
            Exit::Returned(_) => ExecutionResult::Success { output },
            Exit::Reverted(_) => match Halt::of_output(&output) {
                Ok(halt) => ExecutionResult::Halt(halt),
                Err(reason) => ExecutionResult::Revert(reason),
            },
            _ if self.vm.ergs() == 0 => ExecutionResult::Halt(Halt::OutOfErgs),
            _ => ExecutionResult::Halt(Halt::Panic),
        }
    }

    /// The words beside the hook.
    fn parameters(&self) -> [Word; 3] {
        let first = self.layout.hook_parameters;
        [self.heap(first), self.heap(first + 1), self.heap(first + 2)]
    }

    /// Does what the bootloader asks for. Some result if the run is over.
    fn attend(
        &mut self,
        hook: Hook,
        until: Until<'_>,
        run: &mut Run,
    ) -> Result<Option<ExecutionResult>, BatchError<S::Fault>> {
        match hook {
            Hook::AccountValidationEntered => self.limit_validation(run)?,
            Hook::ValidationExited => self.unlimit_validation(run),
            Hook::ValidationStepEnded if matches!(until, Until::IsValid) => {
                return Ok(Some(ExecutionResult::Success { output: Vec::new() }));
            }
            Hook::TxHasEnded if !matches!(until, Until::BatchEnds(_)) => {
                return Ok(Some(run.posted.take().unwrap_or_else(|| self.unposted_result())));
            }
            Hook::AskOperatorForRefund => self.answer_refund(run)?,
            Hook::NotifyAboutRefund => run.heard.refunded = self.parameters()[0].0[0],
            Hook::PostResult => run.posted = Some(self.posted_result()),
            Hook::FinalBatchInfo => self.write_last_block()?,
            Hook::PubdataRequested => match until {
                Until::BatchEnds(format) => run.published = Some(self.publish(format)?),
                _ => return Err(BatchError::UnexpectedHook(hook.name())),
            },
            Hook::ValidationStepEnded
            | Hook::TxHasEnded
            | Hook::PaymasterValidationEntered
            | Hook::DebugLog
            | Hook::DebugReturnData
            | Hook::NearCallCatch => {}
        }
        Ok(None)
    }

    /// Hides the ergs from an account that it may not use.
    fn limit_validation(&mut self, run: &mut Run) -> Result<(), BatchError<S::Fault>> {
        if run.hidden.is_some() {
            return Err(BatchError::NestedValidation);
        }
        let ergs = self.vm.ergs();
        let given = ergs.min(run.validation_ergs);
        run.hidden = Some(Hidden { given, hidden: ergs - given });
        self.set_ergs(given);
        Ok(())
    }

    fn unlimit_validation(&mut self, run: &mut Run) {
        if let Some(Hidden { given, hidden }) = run.hidden.take() {
            let left = self.vm.ergs();
            run.validation_ergs = run.validation_ergs.saturating_sub(given.saturating_sub(left));
            self.set_ergs(left.saturating_add(hidden));
        }
    }

    fn set_ergs(&mut self, ergs: u32) {
        self.vm.set_ergs(ergs);
        self.observer.set_ergs(ergs);
    }

    /// The result of a transaction that the bootloader says.
    fn posted_result(&mut self) -> ExecutionResult {
        let [succeeded, pointer, _] = self.parameters();
        let pointer = FatPointer::from_word(&pointer);
        let output = self.vm.read_pointer(pointer);
        self.observer.heap_read(pointer, &output);
        if succeeded.is_zero() {
            ExecutionResult::Revert(RevertReason::of_data(&output))
        } else {
            ExecutionResult::Success { output }
        }
    }

    /// The result of a transaction that ended without a word: one from L1 that ran out of gas, for instance.
    fn unposted_result(&self) -> ExecutionResult {
        let index = u32::try_from(self.run.saturating_sub(1)).unwrap_or(0);
        if self.heap(self.layout.results + index).is_zero() {
            ExecutionResult::Revert(RevertReason::Unreported)
        } else {
            ExecutionResult::Success { output: Vec::new() }
        }
    }

    fn answer_refund(&mut self, run: &mut Run) -> Result<(), BatchError<S::Fault>> {
        let unexpected = BatchError::UnexpectedHook(Hook::AskOperatorForRefund.name());
        let Some(index) = self.run.checked_sub(1) else { return Err(unexpected) };
        let Some(pushed) = self.pushed.get(index) else { return Err(unexpected) };
        let [proposed, spent_on_pubdata, gas_per_pubdata] = self.parameters();
        // SPEC: the counter is signed, and the network takes it for unsigned before it subtracts.
        let (before, now) = (run.pubdata.cast_unsigned(), self.vm.pubdata().cast_unsigned());
        run.heard.pubdata = now.saturating_sub(before);
        run.pubdata = self.vm.pubdata();
        let request = RefundRequest {
            gas_limit: pushed.gas_limit,
            proposed,
            spent_on_pubdata,
            gas_per_pubdata: gas_per_pubdata.low_u32(),
            pubdata: run.heard.pubdata,
        };
        let refund = operator_refund(&self.batch, &request);
        run.heard.operator_refund = refund;
        let place = self.layout.refunds + u32::try_from(index).unwrap_or(0);
        self.write(WriteReason::OperatorRefund, vec![(place, Word::from_u64(refund))]);
        Ok(())
    }

    /// Describes the last block, which has no transactions.
    ///
    /// SPEC: in the heap, its number of interop roots takes the place of that of the block before; in the memory with which the batch is
    /// proved it has its own.
    fn write_last_block(&mut self) -> Result<(), BatchError<S::Fault>> {
        let blocks_before = self.blocks.count();
        self.blocks.end_with_empty()?;
        let index = u32::try_from(self.pushed.len()).unwrap_or(u32::MAX);
        let mut words = Vec::new();
        self.add_block(index, self.filled.interop_roots, &mut words)?;
        words.iter().for_each(|(index, word)| self.memory.set(*index, *word));
        if let (Some(interop), Some((place, _))) = (self.layout.interop, words.last_mut()) {
            *place = interop.counts + u32::try_from(blocks_before).unwrap_or(1).saturating_sub(1);
        }
        self.write_to_heap(WriteReason::LastBlock, &words);
        Ok(())
    }

    /// Collects what the batch publishes and hands it to the bootloader.
    fn publish(&mut self, format: &PubdataFormat) -> Result<PubdataInput, BatchError<S::Fault>> {
        let state_diffs = self.state_diffs()?;
        let events = group(self.vm.events());
        let (world, mut fault) = (&mut self.world, None);
        let input = PubdataInput::collect(
            &events,
            |hash| match world.bytes_of(hash) {
                Ok(code) => code,
                Err(error) => {
                    fault = Some(error);
                    None
                }
            },
            state_diffs,
        );
        if let Some(error) = fault {
            return Err(BatchError::State(error));
        }
        let input = input?;
        let heap = format.heap_words(&input)?;
        self.write(WriteReason::Pubdata, (heap.first..).zip(heap.words).collect());
        Ok(input)
    }

    fn state_diffs(&mut self) -> Result<StateDiffs, BatchError<S::Fault>> {
        let mut diffs = Vec::new();
        for change in self.vm.storage_changes() {
            // The messenger's slots are not part of the state diffs.
            if change.address == L1_MESSENGER {
                continue;
            }
            let index = self.world.state.enumeration_index(&change.address, &change.key);
            let index = index.map_err(BatchError::State)?;
            let (before, after) = (change.before.value, change.after);
            diffs.push(StateDiff::new(change.address, change.key, index, before, after));
        }
        Ok(StateDiffs::new(diffs)?)
    }
}

/// Ergs that an account may use, and those that are kept from it.
#[derive(Clone, Copy, Debug)]
struct Hidden {
    given: u32,
    hidden: u32,
}

/// What is known in the course of a run.
#[derive(Clone, Debug)]
struct Run {
    /// What is left of the ergs for validation.
    validation_ergs: u32,
    hidden: Option<Hidden>,
    posted: Option<ExecutionResult>,
    /// The pubdata counter when the host was last asked for a refund, or at the beginning.
    pubdata: i32,
    published: Option<PubdataInput>,
    heard: Heard,
}
