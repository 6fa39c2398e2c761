//! This project's interpreter.

use crate::call::Call;
use crate::case::Work;
use crate::end_state::{EndState, Ended, HEAP_WORDS, comparable};
use eravm_core::{
    Address, Entry, Event, Exit, InMemory, L1Message, Program, Semantics, Settings, Vm, Word,
    system_address,
};
use std::hint::black_box;
use std::time::Duration;

/// Protocol whose rules all workloads run under: `zksync_vm2` 0.5.0 knows no later ones.
pub const PROTOCOL: u16 = 30;
/// The contract whose events count.
const EVENT_WRITER: u16 = 0x800d;

/// The rules that all workloads run under.
///
/// # Panics
/// Never: the protocol is known.
pub fn semantics() -> Semantics {
    Semantics::of_protocol(PROTOCOL).expect("a known protocol").0
}

/// What a machine for a call is made of.
#[derive(Debug)]
struct Setup {
    call: Call,
    program: Program,
    settings: Settings,
}

/// A call with its code decoded and its state loaded.
#[derive(Debug)]
pub struct CallWork {
    setup: Setup,
    host: InMemory,
}

impl Setup {
    fn machine(&self) -> Vm {
        let Call { address, calldata, ergs, .. } = &self.call;
        let entry = Entry::new(*address, Address::zero(), self.program.clone(), calldata, *ergs);
        let mut vm = Vm::new(self.settings, entry).expect("a call that can be made");
        vm.set_register(2, Word::from_u64(self.call.flags), false);
        vm
    }
}

fn run(vm: &mut Vm, host: &mut InMemory) -> Exit {
    match vm.run(host) {
        Ok(exit) => exit,
        Err(error) => panic!("the interpreter stopped: {error}"),
    }
}

impl CallWork {
    /// Decodes and loads.
    ///
    /// # Panics
    /// If the code is not code.
    pub fn new(call: &Call) -> Self {
        let decode = |bytes: &[u8]| Program::new(bytes).expect("code in words");
        let mut host = InMemory::new();
        for (address, key, value) in &call.storage {
            host.set_slot(*address, *key, *value);
        }
        for code in &call.codes {
            host.add_code(code.hash, decode(&code.bytes));
        }
        let [default_account, evm_emulator] = call.base_contracts;
        let settings = Settings::new(semantics(), default_account, evm_emulator);
        let setup = Setup { call: call.clone(), program: decode(&call.code), settings };
        Self { setup, host }
    }

    /// A machine at the first instruction.
    ///
    /// # Panics
    /// If the call is not one that the machine takes.
    pub fn machine(&self) -> Vm {
        self.setup.machine()
    }

    /// Runs a machine to its end.
    ///
    /// # Panics
    /// If the machine stops.
    pub fn run(&mut self, vm: &mut Vm) -> Exit {
        run(vm, &mut self.host)
    }

    /// Instructions in a run.
    ///
    /// # Panics
    /// If the machine stops.
    pub fn instructions(&mut self) -> u64 {
        let mut vm = self.machine();
        self.run(&mut vm);
        vm.instructions()
    }
}

impl Work for CallWork {
    fn time(&mut self) -> Duration {
        let Self { setup, host } = self;
        super::time(setup.call.span, || setup.machine(), |vm| {
            black_box(run(vm, host));
        })
    }

    fn end_state(&mut self) -> Option<EndState> {
        let mut vm = self.machine();
        let exit = self.run(&mut vm);
        Some(end_state(&vm, exit))
    }
}

/// What came out of a run that is over.
pub fn end_state(vm: &Vm, exit: Exit) -> EndState {
    let data = |pointer: eravm_core::semantics::FatPointer| {
        let bytes = (0..pointer.length).map(|at| {
            let address = u64::from(pointer.start) + u64::from(pointer.offset) + u64::from(at);
            vm.page_word(pointer.page, address).to_be_bytes()[0]
        });
        bytes.collect()
    };
    let ended = match exit {
        Exit::Returned(pointer) => Ended::Returned(data(pointer)),
        Exit::Reverted(pointer) => Ended::Reverted(data(pointer)),
        Exit::Hook(id) => Ended::AtHook(id.low_u32()),
        _ => Ended::Panicked,
    };
    let event_writer = system_address(EVENT_WRITER);
    EndState {
        ended,
        ergs: vm.ergs(),
        pubdata: vm.pubdata(),
        registers: vm.final_registers().iter().map(|&(word, tag)| comparable(word, tag)).collect(),
        heap: (0..HEAP_WORDS).map(|index| vm.heap_word(index * 32)).collect(),
        storage: vm
            .storage_changes()
            .iter()
            .map(|change| (change.address, change.key, change.after))
            .collect(),
        events: vm
            .events()
            .iter()
            .filter(|event| event.address == event_writer)
            .map(|&Event { key, value, is_first, .. }| (key, value, is_first))
            .collect(),
        l1_messages: vm
            .l1_messages()
            .iter()
            .map(|&L1Message { key, value, is_service, .. }| (key, value, is_service))
            .collect(),
        instructions: Some(vm.instructions()),
    }
}
