//! `zk_evm`, with its own memory, event queue, precompiles and decommitter.

use super::vm2::{to_h160, to_u256};
use super::zk_evm_storage::Slots;
use super::zk_evm_tracer::Watcher;
use super::{Engine, Machine};
use crate::call::Call;
use crate::end_state::{EVENT_WRITER, EndState, Ended, HEAP_WORDS, Hook, LogEntry, comparable};
use eravm_core::{Word, system_address};
use std::collections::HashMap;
use std::rc::Rc;
use zk_evm::GenericNoopTracer;
use zk_evm::abstractions::{EventSink, Memory, MemoryType};
use zk_evm::aux_structures::{MemoryIndex, MemoryLocation, MemoryPage, MemoryQuery, Timestamp};
use zk_evm::block_properties::BlockProperties;
use zk_evm::ethereum_types::{H160, U256};
use zk_evm::reference_impls::decommitter::SimpleDecommitter;
use zk_evm::reference_impls::event_sink::{EventMessage, InMemoryEventSink};
use zk_evm::reference_impls::memory::SimpleMemory;
use zk_evm::tracing::Tracer;
use zk_evm::vm_state::{CallStackEntry, PrimitiveValue, Version, VmState};
use zk_evm::witness_trace::DummyTracer;
use zk_evm::zk_evm_abstractions::precompiles::DefaultPrecompilesProcessor;
use zk_evm::zkevm_opcode_defs::{FatPointer, RET_IMPLICIT_RETURNDATA_PARAMS_REGISTER};

type Vm = VmState<
    Slots,
    SimpleMemory,
    InMemoryEventSink,
    DefaultPrecompilesProcessor<false>,
    SimpleDecommitter<false>,
    DummyTracer,
>;

/// First page of the first frame, which is its code page.
pub(super) const FIRST_BASE_PAGE: u32 = 8;
const HEAP_PAGE: u32 = FIRST_BASE_PAGE + 2;
/// Page of the first frame's calldata.
const CALLDATA_PAGE: u32 = 7;
/// Where the empty frame below the first one goes on if that fails.
const FAILED: u16 = u16::MAX;
/// First protocol with today's rule for the growth of heaps.
const HEAP_GROWTH_RULE: u16 = 27;

/// A call with its state loaded.
#[derive(Debug)]
pub struct ZkEvm {
    call: Call,
    code: Vec<U256>,
    calldata: Vec<U256>,
    storage: Rc<HashMap<(H160, U256), U256>>,
    codes: Vec<(U256, Vec<U256>)>,
}

fn words(bytes: &[u8]) -> Vec<U256> {
    let padded = |chunk: &[u8]| {
        let mut word = [0; 32];
        word[..chunk.len()].copy_from_slice(chunk);
        U256::from_big_endian(&word)
    };
    bytes.chunks(32).map(padded).collect()
}

impl ZkEvm {
    /// Loads the state.
    pub fn new(call: &Call) -> Self {
        let slots = call
            .storage
            .iter()
            .map(|(address, key, value)| ((to_h160(address), to_u256(key)), to_u256(value)));
        let codes = call.codes.iter();
        Self {
            call: call.clone(),
            code: words(&call.code),
            calldata: words(&call.calldata),
            storage: Rc::new(slots.collect()),
            codes: codes.map(|code| (to_u256(&code.hash.to_word()), words(&code.bytes))).collect(),
        }
    }

    fn frame(&self) -> CallStackEntry {
        let address = to_h160(&self.call.address);
        CallStackEntry {
            this_address: address,
            code_address: address,
            base_memory_page: MemoryPage(FIRST_BASE_PAGE),
            code_page: MemoryPage(FIRST_BASE_PAGE),
            ergs_remaining: self.call.ergs,
            heap_bound: self.call.heap_stipend(),
            aux_heap_bound: self.call.heap_stipend(),
            exception_handler_location: FAILED,
            ..CallStackEntry::empty_context()
        }
    }

    fn vm(&self) -> Vm {
        let mut memory = SimpleMemory::new();
        memory.populate_page(vec![
            (FIRST_BASE_PAGE, self.code.clone()),
            (CALLDATA_PAGE, self.calldata.clone()),
        ]);
        let mut decommitter = SimpleDecommitter::new();
        decommitter.populate(self.codes.clone());
        let [default_account, evm_emulator] = self.call.base_contracts;
        let is_old = self.call.protocol < HEAP_GROWTH_RULE;
        let mut vm = VmState::empty_state(
            Slots::new(self.storage.clone()),
            memory,
            InMemoryEventSink::new(),
            DefaultPrecompilesProcessor::<false>,
            decommitter,
            DummyTracer,
            BlockProperties {
                default_aa_code_hash: to_u256(&default_account.to_word()),
                evm_emulator_code_hash: to_u256(&evm_emulator.to_word()),
                zkporter_is_available: false,
            },
            if is_old { Version::Initial } else { Version::latest() },
        );
        vm.push_bootloader_context(0, self.frame());
        let calldata = FatPointer {
            offset: 0,
            memory_page: CALLDATA_PAGE,
            start: 0,
            length: self.call.calldata.len() as u32,
        };
        vm.local_state.registers[0] =
            PrimitiveValue { value: calldata.to_u256(), is_pointer: true };
        vm.local_state.registers[1] = PrimitiveValue::from_value(self.call.flags.into());
        vm
    }
}

/// A machine.
#[derive(Debug)]
pub struct Running {
    vm: Vm,
    watcher: Watcher,
    watched: bool,
    /// Ergs that the first frame did not get.
    kept_ergs: u32,
}

impl Engine for ZkEvm {
    type Machine<'a> = Running;

    fn machine(&mut self, watched: bool) -> Running {
        let vm = self.vm();
        let hook_address = self.call.hook_address;
        let watcher = Watcher { hook_address, hook: None, registers: vm.local_state.registers };
        // Without the tracer it would not notice hooks.
        let watched = watched || hook_address.is_some();
        Running { vm, watcher, watched, kept_ergs: u32::MAX - self.call.ergs }
    }
}

fn step<T: Tracer<SupportedMemory = SimpleMemory>>(vm: &mut Vm, tracer: &mut T) {
    if let Err(error) = vm.cycle(tracer) {
        panic!("zk_evm stopped: {error}");
    }
}

impl Machine for Running {
    fn run(&mut self) {
        self.watcher.hook = None;
        if self.watched {
            while !self.vm.execution_has_ended() && self.watcher.hook.is_none() {
                step(&mut self.vm, &mut self.watcher);
            }
        } else {
            let mut tracer = GenericNoopTracer::new();
            while !self.vm.execution_has_ended() {
                step(&mut self.vm, &mut tracer);
            }
        }
    }

    fn hook(&mut self) -> Hook {
        Hook::new(self.watcher.hook, self.ergs(), self.pubdata())
    }

    fn write_heap(&mut self, address: u32, word: &Word) {
        let query = MemoryQuery {
            timestamp: Timestamp(self.vm.local_state.timestamp),
            location: MemoryLocation {
                memory_type: MemoryType::Heap,
                page: MemoryPage(HEAP_PAGE),
                index: MemoryIndex(address / 32),
            },
            value: to_u256(word),
            value_is_pointer: false,
            rw_flag: true,
        };
        self.vm.memory.execute_partial_query(0, query);
    }

    fn set_ergs(&mut self, ergs: u32) {
        self.vm.local_state.callstack.current.ergs_remaining = ergs;
    }

    fn make_snapshot(&mut self) {}

    fn pop_snapshot(&mut self) {}

    /// Batches that need it are not given to this engine, see [`crate::replay`].
    fn rollback(&mut self) {
        panic!("zk_evm has no snapshots");
    }

    fn end_state(mut self) -> EndState {
        let ended = self.ended();
        let has_ended = self.vm.execution_has_ended();
        let (ergs, pubdata) = (self.ergs(), self.pubdata());
        while self.vm.event_sink.frames_stack.len() > 1 {
            self.vm.event_sink.finish_frame(false, Timestamp(0));
        }
        let Self { vm, watcher, .. } = self;
        let state = &vm.local_state;
        let registers = if has_ended { watcher.registers } else { state.registers };
        let heap = vm.memory.dump_page_content_as_u256_words(HEAP_PAGE, 0..HEAP_WORDS);
        let (_, events, l1_messages) = vm.event_sink.flatten();
        let event_writer = to_h160(&system_address(EVENT_WRITER));
        let entry =
            |it: &EventMessage| -> LogEntry { (Word(it.key.0), Word(it.value.0), it.is_first) };
        EndState {
            ended,
            ergs,
            pubdata,
            registers: registers.map(|it| comparable(Word(it.value.0), it.is_pointer)).to_vec(),
            heap: heap.iter().map(|word| Word(word.0)).collect(),
            storage: vm.storage.changes(),
            events: events.iter().filter(|it| it.address == event_writer).map(entry).collect(),
            l1_messages: l1_messages.iter().map(entry).collect(),
            hooks: Vec::new(),
            instructions: Some(state.monotonic_cycle_counter.into()),
        }
    }
}

impl Running {
    fn ergs(&self) -> u32 {
        let ergs = self.vm.local_state.callstack.current.ergs_remaining;
        if self.vm.execution_has_ended() { ergs - self.kept_ergs } else { ergs }
    }

    const fn pubdata(&self) -> i32 {
        self.vm.local_state.pubdata_revert_counter.0
    }

    fn ended(&self) -> Ended {
        if let Some(hook) = self.watcher.hook {
            return Ended::AtHook(hook);
        }
        let state = &self.vm.local_state;
        let register = usize::from(RET_IMPLICIT_RETURNDATA_PARAMS_REGISTER);
        let pointer = FatPointer::from_u256(state.registers[register].value);
        let data = returndata(&self.vm.memory, &pointer);
        if state.flags.overflow_or_less_than_flag {
            Ended::Panicked
        } else if state.callstack.current.pc == FAILED {
            Ended::Reverted(data)
        } else {
            Ended::Returned(data)
        }
    }
}

fn returndata(memory: &SimpleMemory, pointer: &FatPointer) -> Vec<u8> {
    let byte = |at: u32| {
        let word = memory.read_slot(pointer.memory_page as usize, at as usize / 32).value;
        word.byte(31 - at as usize % 32)
    };
    let begin = pointer.start + pointer.offset;
    (begin..begin + pointer.length - pointer.offset).map(byte).collect()
}
