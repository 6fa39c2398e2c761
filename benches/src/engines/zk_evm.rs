//! `zk_evm`.

use super::vm2::{to_h160, to_u256};
use super::zk_evm_storage::Slots;
use crate::call::Call;
use crate::case::Work;
use crate::end_state::{EndState, Ended, HEAP_WORDS, LogEntry, comparable};
use eravm_core::{Word, is_kernel, isa, system_address};
use std::collections::HashMap;
use std::time::Duration;
use zk_evm::GenericNoopTracer;
use zk_evm::aux_structures::MemoryPage;
use zk_evm::block_properties::BlockProperties;
use zk_evm::ethereum_types::{H160, U256};
use zk_evm::reference_impls::decommitter::SimpleDecommitter;
use zk_evm::reference_impls::event_sink::{EventMessage, InMemoryEventSink};
use zk_evm::reference_impls::memory::SimpleMemory;
use zk_evm::vm_state::{CallStackEntry, PrimitiveValue, Version, VmState};
use zk_evm::witness_trace::DummyTracer;
use zk_evm::zk_evm_abstractions::precompiles::DefaultPrecompilesProcessor;
use zk_evm::zkevm_opcode_defs::{FatPointer, RET_IMPLICIT_RETURNDATA_PARAMS_REGISTER};

/// The machine.
pub(super) type Machine = VmState<
    Slots,
    SimpleMemory,
    InMemoryEventSink,
    DefaultPrecompilesProcessor<false>,
    SimpleDecommitter<false>,
    DummyTracer,
>;

/// First page of the first frame, which is its code page.
const BASE_PAGE: u32 = 8;
const HEAP_PAGE: u32 = BASE_PAGE + 2;
/// Page of the first frame's calldata.
const CALLDATA_PAGE: u32 = 7;
/// Where the empty frame below the first one goes on if that fails.
const FAILED: u16 = u16::MAX;
/// The contract whose events count.
const EVENT_WRITER: u16 = 0x800d;

/// A call with its state loaded.
#[derive(Debug)]
pub struct CallWork {
    call: Call,
    code: Vec<U256>,
    calldata: Vec<U256>,
    storage: HashMap<(H160, U256), U256>,
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

impl CallWork {
    /// Loads the state.
    pub fn new(call: &Call) -> Self {
        let slots = call.storage.iter();
        let codes = call.codes.iter();
        Self {
            call: call.clone(),
            code: words(&call.code),
            calldata: words(&call.calldata),
            storage: slots
                .map(|(address, key, value)| ((to_h160(address), to_u256(key)), to_u256(value)))
                .collect(),
            codes: codes
                .map(|code| (to_u256(&code.hash.to_word()), words(&code.bytes)))
                .collect(),
        }
    }

    fn machine(&self) -> Machine {
        let mut memory = SimpleMemory::new();
        memory.populate_page(vec![
            (BASE_PAGE, self.code.clone()),
            (CALLDATA_PAGE, self.calldata.clone()),
        ]);
        let mut decommitter = SimpleDecommitter::new();
        decommitter.populate(self.codes.clone());
        let [default_account, evm_emulator] = self.call.base_contracts;
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
            Version::latest(),
        );
        let address = to_h160(&self.call.address);
        let stipend = if is_kernel(&self.call.address) {
            isa::KERNEL_STIPEND_BYTES
        } else {
            isa::USER_STIPEND_BYTES
        };
        let frame = CallStackEntry {
            this_address: address,
            code_address: address,
            base_memory_page: MemoryPage(BASE_PAGE),
            code_page: MemoryPage(BASE_PAGE),
            ergs_remaining: self.call.ergs,
            heap_bound: stipend,
            aux_heap_bound: stipend,
            exception_handler_location: FAILED,
            ..CallStackEntry::empty_context()
        };
        vm.push_bootloader_context(0, frame);
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

fn step(vm: &mut Machine, tracer: &mut GenericNoopTracer<SimpleMemory>) {
    if let Err(error) = vm.cycle(tracer) {
        panic!("zk_evm stopped: {error}");
    }
}

impl Work for CallWork {
    fn time(&mut self) -> Duration {
        let mut tracer = GenericNoopTracer::new();
        super::time(self.call.span, || self.machine(), |vm| {
            while !vm.execution_has_ended() {
                step(vm, &mut tracer);
            }
        })
    }

    fn end_state(&mut self) -> Option<EndState> {
        let mut vm = self.machine();
        let mut tracer = GenericNoopTracer::new();
        let mut registers = vm.local_state.registers;
        while !vm.execution_has_ended() {
            registers = vm.local_state.registers;
            step(&mut vm, &mut tracer);
        }
        let registers = registers.map(|it| comparable(Word(it.value.0), it.is_pointer));
        Some(end_state(vm, registers.to_vec(), u32::MAX - self.call.ergs))
    }
}

/// What came out of a run that is over, given the ergs that the first frame did not get.
fn end_state(vm: Machine, registers: Vec<(Word, bool)>, kept_ergs: u32) -> EndState {
    let state = &vm.local_state;
    let returned = state.registers[usize::from(RET_IMPLICIT_RETURNDATA_PARAMS_REGISTER)];
    let data = returndata(&vm.memory, &FatPointer::from_u256(returned.value));
    let ended = if state.flags.overflow_or_less_than_flag {
        Ended::Panicked
    } else if state.callstack.current.pc == FAILED {
        Ended::Reverted(data)
    } else {
        Ended::Returned(data)
    };
    let heap = vm.memory.dump_page_content_as_u256_words(HEAP_PAGE, 0..HEAP_WORDS);
    let (_, events, l1_messages) = vm.event_sink.flatten();
    let event_writer = to_h160(&system_address(EVENT_WRITER));
    let entry = |it: &EventMessage| -> LogEntry { (Word(it.key.0), Word(it.value.0), it.is_first) };
    EndState {
        ended,
        ergs: state.callstack.current.ergs_remaining - kept_ergs,
        pubdata: state.pubdata_revert_counter.0,
        registers,
        heap: heap.iter().map(|word| Word(word.0)).collect(),
        storage: vm.storage.changes(),
        events: events.iter().filter(|it| it.address == event_writer).map(entry).collect(),
        l1_messages: l1_messages.iter().map(entry).collect(),
        instructions: Some(state.monotonic_cycle_counter.into()),
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
