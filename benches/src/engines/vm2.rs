//! `zksync_vm2`.

use super::{Engine, Machine};
use crate::call::Call;
use crate::end_state::{EndState, Ended, HEAP_WORDS, Hook, comparable};
use eravm_core::{Address, CodeKind, Word, pubdata};
use std::collections::BTreeMap;
use zk_evm::ethereum_types::{H160, U256};
use zksync_vm2::interface::{CallframeInterface, StateInterface};
use zksync_vm2::{
    ExecutionEnd, Program, Settings, StorageInterface, StorageSlot, VirtualMachine, World,
};

/// A word in the peer's type.
pub(super) const fn to_u256(word: &Word) -> U256 {
    U256(word.0)
}

/// An address in the peer's type.
pub(super) const fn to_h160(address: &Address) -> H160 {
    H160(address.0)
}

/// An address in this project's type.
pub(super) const fn from_h160(address: &H160) -> Address {
    Address { 0: address.0 }
}

/// State and code in maps, as the interpreter's host has them.
#[derive(Debug, Default)]
pub struct Memory {
    storage: BTreeMap<(H160, U256), U256>,
    code: BTreeMap<U256, Program<(), Self>>,
    /// Foreign code, which is no program.
    blobs: BTreeMap<U256, Vec<u8>>,
}

impl StorageInterface for Memory {
    fn read_storage(&mut self, contract: H160, key: U256) -> StorageSlot {
        let value = self.storage.get(&(contract, key));
        value.map_or(StorageSlot::EMPTY, |&value| StorageSlot { value, is_write_initial: false })
    }

    fn cost_of_writing_storage(&mut self, initial: StorageSlot, new_value: U256) -> u32 {
        let slot = eravm_core::StorageSlot {
            value: Word(initial.value.0),
            is_initial: initial.is_write_initial,
        };
        pubdata::write_price(&slot, &Word(new_value.0))
    }

    fn is_free_storage_slot(&self, contract: &H160, key: &U256) -> bool {
        pubdata::is_free_slot(&from_h160(contract), &Word(key.0))
    }
}

impl World<()> for Memory {
    fn decommit(&mut self, hash: U256) -> Program<(), Self> {
        self.code.get(&hash).cloned().expect("code of the state")
    }

    fn decommit_code(&mut self, hash: U256) -> Vec<u8> {
        if let Some(blob) = self.blobs.get(&hash) {
            return blob.clone();
        }
        let program = self.decommit(hash);
        program.code_page().iter().flat_map(|word| Word(word.0).to_be_bytes()).collect()
    }
}

/// A call with its code decoded and its state loaded.
#[derive(Debug)]
pub struct Vm2 {
    call: Call,
    program: Program<(), Memory>,
    settings: Settings,
    world: Memory,
}

impl Vm2 {
    /// Decodes and loads.
    pub fn new(call: &Call) -> Self {
        let mut world = Memory::default();
        for (address, key, value) in &call.storage {
            world.storage.insert((to_h160(address), to_u256(key)), to_u256(value));
        }
        for code in &call.codes {
            let hash = to_u256(&code.hash.to_word());
            if matches!(code.hash.parse(), Some((CodeKind::Blob, _))) {
                world.blobs.insert(hash, code.bytes.clone());
            } else {
                world.code.insert(hash, Program::new(&code.bytes, false));
            }
        }
        let [default_account, evm_emulator] = call.base_contracts;
        let settings = Settings {
            default_aa_code_hash: default_account.0,
            evm_interpreter_code_hash: evm_emulator.0,
            hook_address: call.hook_address.unwrap_or(u32::MAX),
        };
        let program = Program::new(&call.code, call.hook_address.is_some());
        Self { call: call.clone(), program, settings, world }
    }
}

/// A machine with its world.
#[derive(Debug)]
pub struct Running<'a> {
    vm: VirtualMachine<(), Memory>,
    world: &'a mut Memory,
    end: Option<ExecutionEnd>,
}

impl Engine for Vm2 {
    type Machine<'a> = Running<'a>;

    fn machine(&mut self, _: bool) -> Running<'_> {
        let mut vm = VirtualMachine::new(
            to_h160(&self.call.address),
            self.program.clone(),
            H160::zero(),
            &self.call.calldata,
            self.call.ergs,
            self.settings.clone(),
        );
        vm.set_register(2, self.call.flags.into(), false);
        if self.call.hook_address.is_some() {
            let mut frame = vm.current_frame();
            frame.set_heap_bound(self.call.heap_stipend());
            frame.set_aux_heap_bound(self.call.heap_stipend());
        }
        Running { vm, world: &mut self.world, end: None }
    }
}

impl Machine for Running<'_> {
    fn run(&mut self) {
        self.end = Some(self.vm.run(self.world, &mut ()));
    }

    fn hook(&mut self) -> Hook {
        let id = match self.end {
            Some(ExecutionEnd::SuspendedOnHook(id)) => Some(id),
            _ => None,
        };
        let ergs = self.vm.current_frame().gas();
        Hook::new(id, ergs, self.vm.pubdata())
    }

    fn write_heap(&mut self, address: u32, word: &Word) {
        let heap = self.vm.current_frame().heap();
        self.vm.write_heap_u256(heap, address, to_u256(word));
    }

    fn set_ergs(&mut self, ergs: u32) {
        self.vm.current_frame().set_gas(ergs);
    }

    fn make_snapshot(&mut self) {
        self.vm.make_snapshot();
    }

    fn pop_snapshot(&mut self) {
        self.vm.pop_snapshot();
    }

    fn rollback(&mut self) {
        self.vm.rollback();
    }

    fn end_state(mut self) -> EndState {
        let ended = match self.end {
            Some(ExecutionEnd::ProgramFinished(data)) => Ended::Returned(data),
            Some(ExecutionEnd::Reverted(data)) => Ended::Reverted(data),
            Some(ExecutionEnd::SuspendedOnHook(hook)) => Ended::AtHook(hook),
            Some(ExecutionEnd::Panicked | ExecutionEnd::StoppedByTracer) | None => Ended::Panicked,
        };
        let ergs = self.vm.current_frame().gas();
        let heap = self.vm.current_frame().heap();
        let vm = &self.vm;
        let word = |word: U256| Word(word.0);
        let register = |index| {
            let (value, is_pointer) = vm.read_register(index);
            comparable(word(value), is_pointer)
        };
        let changes = vm.world_diff().get_storage_changes();
        EndState {
            ended,
            ergs,
            pubdata: vm.pubdata(),
            registers: (1..16).map(register).collect(),
            heap: (0..HEAP_WORDS).map(|index| word(vm.read_heap_u256(heap, index * 32))).collect(),
            storage: changes
                .map(|((address, key), change)| {
                    (from_h160(&address), word(key), word(change.after))
                })
                .collect(),
            events: vm.events().map(|it| (word(it.key), word(it.value), it.is_first)).collect(),
            l1_messages: vm
                .l2_to_l1_logs()
                .map(|it| (word(it.key), word(it.value), it.is_service))
                .collect(),
            hooks: Vec::new(),
            instructions: None,
        }
    }
}
