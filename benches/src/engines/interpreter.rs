//! This project's interpreter.

use super::surroundings::Surroundings;
use super::{Engine, Machine};
use crate::call::Call;
use crate::end_state::{EVENT_WRITER, EndState, Ended, HEAP_WORDS, Hook, comparable};
use eravm_core::{Address, Entry, Exit, Program, Settings, Vm, Word, system_address};
use eravm_jit::{CompileError, Compiler, Options};

/// A call with its code decoded and its state loaded.
#[derive(Debug)]
pub struct Interpreter {
    call: Call,
    program: Program,
    settings: Settings,
    host: Surroundings,
    /// Code that is to be compiled before it is run.
    to_compile: Vec<Program>,
}

impl Interpreter {
    /// Decodes and loads.
    ///
    /// # Panics
    /// If the code is not code.
    pub fn new(call: &Call) -> Self {
        Self::with(call, |_| {})
    }

    /// The same with all code compiled before the first run.
    ///
    /// # Panics
    /// If the code is not code, or cannot be compiled.
    pub fn compiled(call: &Call) -> Self {
        let mut programs = Vec::new();
        let interpreter = Self::with(call, |program| programs.push(program.clone()));
        Self { to_compile: programs, ..interpreter }
    }

    fn with(call: &Call, mut with: impl FnMut(&Program)) -> Self {
        let mut decode = |bytes: &[u8]| {
            let program = Program::new(bytes).expect("code in words");
            with(&program);
            program
        };
        let mut host = Surroundings::default();
        for (address, key, value) in &call.storage {
            host.state.set_slot(*address, *key, *value);
        }
        for code in &call.codes {
            host.state.add_code(code.hash, decode(&code.bytes));
        }
        let [default_account, evm_emulator] = call.base_contracts;
        let mut settings = Settings::new(call.semantics(), default_account, evm_emulator);
        settings.hook_address = call.hook_address;
        // The network's hosts need them, and the peer cannot do without recording them.
        settings.record_refunds = true;
        Self {
            call: call.clone(),
            program: decode(&call.code),
            settings,
            host,
            to_compile: Vec::new(),
        }
    }

    /// Instructions in a run.
    pub fn instructions(&mut self) -> u64 {
        let mut machine = self.machine(false);
        machine.run();
        machine.vm.instructions()
    }
}

fn compile(programs: Vec<Program>) {
    if programs.is_empty() {
        return;
    }
    let options = Options { verify: false, ..Options::default() };
    let compiler = Compiler::new(options).expect("a supported machine");
    for program in programs {
        match compiler.compile(&program) {
            Ok(_) | Err(CompileError::NotCompilable) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// A machine with its host.
#[derive(Debug)]
pub struct Running<'a> {
    vm: Vm,
    host: &'a mut Surroundings,
    exit: Option<Exit>,
}

impl Engine for Interpreter {
    type Machine<'a> = Running<'a>;

    fn machine(&mut self, _: bool) -> Running<'_> {
        compile(std::mem::take(&mut self.to_compile));
        self.host.forget();
        let Call { address, calldata, ergs, .. } = &self.call;
        let program = self.program.clone();
        let entry = Entry {
            heap_stipend: self.call.heap_stipend(),
            ..Entry::new(*address, Address::zero(), program, calldata, *ergs)
        };
        let mut vm = Vm::new(self.settings, entry).expect("a call that can be made");
        vm.set_register(2, Word::from_u64(self.call.flags), false);
        Running { vm, host: &mut self.host, exit: None }
    }
}

impl Machine for Running<'_> {
    fn run(&mut self) {
        match self.vm.run(self.host) {
            Ok(exit) => self.exit = Some(exit),
            Err(error) => panic!("the interpreter stopped: {error}"),
        }
    }

    fn hook(&mut self) -> Hook {
        let id = match self.exit {
            Some(Exit::Hook(id)) => Some(id.low_u32()),
            _ => None,
        };
        Hook::new(id, self.vm.ergs(), self.vm.pubdata())
    }

    fn write_heap(&mut self, address: u32, word: &Word) {
        self.vm.write_heap_word(address, word);
    }

    fn set_ergs(&mut self, ergs: u32) {
        self.vm.set_ergs(ergs);
    }

    fn make_snapshot(&mut self) {
        self.vm.make_snapshot().expect("a machine in its first frame");
    }

    fn pop_snapshot(&mut self) {
        self.vm.pop_snapshot().expect("a snapshot");
    }

    fn rollback(&mut self) {
        self.vm.rollback().expect("a snapshot");
    }

    fn end_state(self) -> EndState {
        let vm = &self.vm;
        let ended = match self.exit {
            Some(Exit::Returned(pointer)) => Ended::Returned(vm.read_pointer(pointer)),
            Some(Exit::Reverted(pointer)) => Ended::Reverted(vm.read_pointer(pointer)),
            Some(Exit::Hook(id)) => Ended::AtHook(id.low_u32()),
            _ => Ended::Panicked,
        };
        end_state(vm, ended, Vec::new())
    }
}

/// What came out of a machine that ended like this.
pub(crate) fn end_state(vm: &Vm, ended: Ended, hooks: Vec<Hook>) -> EndState {
    let register = |index: u8| match vm.ended() {
        Some(_) => vm.final_registers()[usize::from(index) - 1],
        None => vm.register(index),
    };
    let event_writer = system_address(EVENT_WRITER);
    let events = vm.events().iter().filter(|event| event.address == event_writer);
    let messages = vm.l1_messages().iter();
    EndState {
        ended,
        ergs: vm.ergs(),
        pubdata: vm.pubdata(),
        registers: (1..16).map(register).map(|(word, tag)| comparable(word, tag)).collect(),
        heap: (0..HEAP_WORDS).map(|index| vm.heap_word(index * 32)).collect(),
        storage: vm
            .storage_changes()
            .iter()
            .map(|change| (change.address, change.key, change.after))
            .collect(),
        events: events.map(|it| (it.key, it.value, it.is_first)).collect(),
        l1_messages: messages.map(|it| (it.key, it.value, it.is_service)).collect(),
        hooks,
        instructions: Some(vm.instructions()),
    }
}
