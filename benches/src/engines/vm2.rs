//! `zksync_vm2`.

use crate::call::Call;
use crate::case::Work;
use crate::end_state::{EndState, Ended, HEAP_WORDS, comparable};
use eravm_core::{Address, Word, pubdata};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;
use zk_evm::ethereum_types::{H160, U256};
use zksync_vm2::interface::{CallframeInterface, Event, L2ToL1Log, StateInterface};
use zksync_vm2::{
    ExecutionEnd, Program, Settings, StorageInterface, StorageSlot, VirtualMachine, World,
};

/// A word in the peer's type.
pub const fn to_u256(word: &Word) -> U256 {
    U256(word.0)
}

/// An address in the peer's type.
pub const fn to_h160(address: &Address) -> H160 {
    H160(address.0)
}

const fn from_h160(address: &H160) -> Address {
    Address { 0: address.0 }
}


/// State and code in maps, as the interpreter's host has them.
#[derive(Debug, Default)]
pub struct Memory {
    storage: BTreeMap<(H160, U256), U256>,
    code: BTreeMap<U256, Program<(), Self>>,
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
        let program = self.decommit(hash);
        program.code_page().iter().flat_map(|word| Word(word.0).to_be_bytes()).collect()
    }
}

/// The machine.
pub type Machine = VirtualMachine<(), Memory>;

/// What a machine for a call is made of.
#[derive(Debug)]
struct Setup {
    call: Call,
    program: Program<(), Memory>,
    settings: Settings,
}

/// A call with its code decoded and its state loaded.
#[derive(Debug)]
pub struct CallWork {
    setup: Setup,
    world: Memory,
}

impl CallWork {
    /// Decodes and loads.
    pub fn new(call: &Call) -> Self {
        let mut world = Memory::default();
        for (address, key, value) in &call.storage {
            world.storage.insert((to_h160(address), to_u256(key)), to_u256(value));
        }
        for code in &call.codes {
            let hash = to_u256(&code.hash.to_word());
            world.code.insert(hash, Program::new(&code.bytes, false));
        }
        let [default_account, evm_emulator] = call.base_contracts;
        let settings = Settings {
            default_aa_code_hash: default_account.0,
            evm_interpreter_code_hash: evm_emulator.0,
            hook_address: u32::MAX,
        };
        let program = Program::new(&call.code, false);
        Self { setup: Setup { call: call.clone(), program, settings }, world }
    }
}

impl Setup {
    fn machine(&self) -> Machine {
        let mut vm = VirtualMachine::new(
            to_h160(&self.call.address),
            self.program.clone(),
            H160::zero(),
            &self.call.calldata,
            self.call.ergs,
            self.settings.clone(),
        );
        vm.set_register(2, self.call.flags.into(), false);
        vm
    }
}

impl Work for CallWork {
    fn time(&mut self) -> Duration {
        let Self { setup, world } = self;
        super::time(setup.call.span, || setup.machine(), |vm| {
            black_box(vm.run(world, &mut ()));
        })
    }

    fn end_state(&mut self) -> Option<EndState> {
        let mut vm = self.setup.machine();
        let end = vm.run(&mut self.world, &mut ());
        Some(end_state(&mut vm, end))
    }
}

/// What came out of a run that is over.
pub fn end_state(vm: &mut Machine, end: ExecutionEnd) -> EndState {
    let ended = match end {
        ExecutionEnd::ProgramFinished(data) => Ended::Returned(data),
        ExecutionEnd::Reverted(data) => Ended::Reverted(data),
        ExecutionEnd::SuspendedOnHook(hook) => Ended::AtHook(hook),
        ExecutionEnd::Panicked | ExecutionEnd::StoppedByTracer => Ended::Panicked,
    };
    let register = |index| {
        let (value, is_pointer) = vm.read_register(index);
        comparable(Word(value.0), is_pointer)
    };
    let registers = (1..16).map(register).collect();
    let ergs = vm.current_frame().gas();
    let heap = vm.current_frame().heap();
    let changes = vm.world_diff().get_storage_changes();
    EndState {
        ended,
        ergs,
        pubdata: vm.pubdata(),
        registers,
        heap: (0..HEAP_WORDS).map(|index| Word(vm.read_heap_u256(heap, index * 32).0)).collect(),
        storage: changes
            .map(|((address, key), change)| {
                (from_h160(&address), Word(key.0), Word(change.after.0))
            })
            .collect(),
        events: vm
            .events()
            .map(|Event { key, value, is_first, .. }| (Word(key.0), Word(value.0), is_first))
            .collect(),
        l1_messages: vm
            .l2_to_l1_logs()
            .map(|L2ToL1Log { key, value, is_service, .. }| (Word(key.0), Word(value.0), is_service))
            .collect(),
        instructions: None,
    }
}
