//! A frame: code that runs until it ends or asks for another frame.

use super::bridge::{Bridge, Parts, Running};
use super::code::Code;
use super::cursor::Cursor;
use super::differences::Difference;
use super::host::{EvmHost, HostFailed};
use super::instructions::{self, Pending};
use super::memory::Memory;
use super::outcome::{CreateRequest, Ended, Outcome, SubOutcome, Suspended};
use super::rules::Rules;
use super::word;
use eravm_core::{Address, Word};
use revm_interpreter::bytecode::opcode;
use revm_interpreter::interpreter::{InputsImpl, ReturnDataImpl, RuntimeFlags};
use revm_interpreter::interpreter_types::{Jumps, LoopControl};
use revm_interpreter::primitives::{Bytes, U256};
use revm_interpreter::{
    CallInput, CreateScheme, FrameInput, Gas, InstructionResult, InstructionTable,
    InterpreterAction, Stack,
};
use std::fmt;
use std::ops::Range;

/// What a frame is called with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrameInputs {
    /// The contract whose storage it has.
    pub this: Address,
    /// Who calls it.
    pub caller: Address,
    /// The value that it sees.
    pub value: Word,
    /// The calldata.
    pub calldata: Vec<u8>,
    /// Its gas.
    pub gas: u64,
    /// Whether it may not write.
    pub is_static: bool,
}

/// A frame between two [steps](Self::step). It holds no borrow and calls nothing, so that frames that wait for each other are a list, not
/// a recursion.
///
/// It is also fit to be sent to another thread, which what the interpreter runs on is not: that is made of it for each step.
pub struct Frame {
    rules: Rules,
    code: Code,
    pc: usize,
    gas: Gas,
    stack: Stack,
    memory: Vec<u8>,
    returndata: Bytes,
    inputs: InputsImpl,
    is_static: bool,
    waiting: Waiting,
}

/// Room for a frame: what an ended one [leaves](Frame::into_room), or new.
#[derive(Clone, Debug, Default)]
pub struct Room {
    stack: Option<Stack>,
    memory: Vec<u8>,
}

/// Bytes of memory in the room of an ended frame that are kept at most.
const MOST_KEPT_BYTES: usize = 1 << 16;

/// What a frame does with the outcome that it waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Waiting {
    /// It waits for nothing.
    Nothing,
    /// Puts what a call returns here.
    Call(Range<usize>),
    /// Takes the address of a contract.
    Create,
}

impl Frame {
    /// A frame before its first instruction.
    pub fn new(rules: Rules, code: Code, inputs: FrameInputs) -> Self {
        Self::in_room(Room::default(), rules, code, inputs)
    }

    /// The same in the room of one that has ended.
    pub fn in_room(room: Room, rules: Rules, code: Code, inputs: FrameInputs) -> Self {
        let mut stack = room.stack.unwrap_or_default();
        stack.data_mut().clear();
        let mut memory = room.memory;
        memory.clear();
        Self {
            rules,
            code,
            pc: 0,
            gas: Gas::new(inputs.gas),
            stack,
            memory,
            returndata: Bytes::new(),
            inputs: InputsImpl {
                target_address: word::address_into(&inputs.this),
                bytecode_address: None,
                caller_address: word::address_into(&inputs.caller),
                input: CallInput::Bytes(inputs.calldata.into()),
                call_value: word::into(inputs.value),
                depth: 0,
            },
            is_static: inputs.is_static,
            waiting: Waiting::Nothing,
        }
    }

    /// What can be used for another frame.
    pub fn into_room(self) -> Room {
        let keeps = self.memory.capacity() <= MOST_KEPT_BYTES;
        Room { stack: Some(self.stack), memory: if keeps { self.memory } else { Vec::new() } }
    }

    /// The frame's own contract.
    pub fn this(&self) -> Address {
        word::address_from(self.inputs.target_address)
    }

    /// Whether it may not write.
    pub fn is_static(&self) -> bool {
        self.is_static
    }

    /// Gas that is left.
    pub fn gas(&self) -> u64 {
        self.gas.remaining()
    }

    /// A part of its memory; nothing if that is not there.
    pub fn memory(&self, range: Range<usize>) -> &[u8] {
        self.memory.get(range).unwrap_or_default()
    }

    /// Runs until the frame suspends or ends, or has less gas than `floor`.
    ///
    /// # Errors
    /// If the host fails. The frame is of no use then.
    pub fn step(&mut self, host: &mut dyn EvmHost, floor: u64) -> Result<Suspended, HostFailed> {
        let mut running = self.begin();
        let mut bridge = Bridge { host, rules: &self.rules, pending: None };
        let result = run(&mut running, &mut bridge, floor);
        let pending = bridge.pending.take();
        let action = running.bytecode.action().take();
        self.end(running);
        match result {
            None => Ok(Suspended::BelowFloor),
            Some(InstructionResult::FatalExternalError) => Err(HostFailed),
            Some(InstructionResult::Suspend) => self.suspend(pending, action),
            Some(result) => Ok(Suspended::Ended(self.ended(result, action))),
        }
    }

    /// Takes the frame apart for the interpreter.
    fn begin(&mut self) -> Running {
        let memory = core::mem::take(&mut self.memory);
        Running {
            bytecode: Cursor::new(self.code.clone(), self.pc),
            gas: self.gas,
            stack: core::mem::replace(&mut self.stack, Stack::invalid()),
            return_data: ReturnDataImpl(core::mem::take(&mut self.returndata)),
            memory: Memory::new(memory, self.rules.memory_limit()),
            input: core::mem::take(&mut self.inputs),
            runtime_flag: RuntimeFlags { is_static: self.is_static, spec_id: self.rules.spec() },
            extend: (),
        }
    }

    /// Puts it together again.
    fn end(&mut self, running: Running) {
        self.pc = running.bytecode.pc();
        self.gas = running.gas;
        self.stack = running.stack;
        self.memory = running.memory.into_bytes();
        self.returndata = running.return_data.0;
        self.inputs = running.input;
    }

    fn suspend(
        &mut self,
        pending: Option<Pending>,
        action: Option<InterpreterAction>,
    ) -> Result<Suspended, HostFailed> {
        match (pending, action) {
            (Some(Pending { call, output }), _) => {
                self.waiting = Waiting::Call(output);
                Ok(Suspended::Call(call))
            }
            (None, Some(InterpreterAction::NewFrame(FrameInput::Create(inputs)))) => {
                self.waiting = Waiting::Create;
                Ok(Suspended::Create(CreateRequest {
                    value: word::from(inputs.value()),
                    init_code: inputs.init_code().to_vec(),
                    salt: match inputs.scheme() {
                        CreateScheme::Create2 { salt } => Some(word::from(salt)),
                        CreateScheme::Create | CreateScheme::Custom { .. } => None,
                    },
                    gas: inputs.gas_limit(),
                }))
            }
            // No instruction suspends for anything else.
            _ => Err(HostFailed),
        }
    }

    fn ended(&self, result: InstructionResult, action: Option<InterpreterAction>) -> Ended {
        let outcome = Outcome::of(result);
        let output = match action {
            Some(InterpreterAction::Return(result)) => result.output.to_vec(),
            _ => Vec::new(),
        };
        Ended {
            outcome,
            output,
            gas_left: match outcome {
                Outcome::Failed(_) => 0,
                _ => self.gas(),
            },
            refund: if outcome.is_success() { self.gas.refunded() } else { 0 },
        }
    }

    /// Goes on after a call.
    pub fn resume_call(&mut self, outcome: SubOutcome) {
        let Waiting::Call(range) = core::mem::replace(&mut self.waiting, Waiting::Nothing) else {
            return;
        };
        let succeeded = U256::from(u8::from(outcome.succeeded));
        if let Some(output) = self.memory.get_mut(range) {
            output.iter_mut().zip(&outcome.returndata).for_each(|(place, byte)| *place = *byte);
        }
        self.resume(outcome, succeeded);
    }

    /// Goes on after a creation, of this address if it succeeded.
    pub fn resume_create(&mut self, outcome: SubOutcome, address: &Address) {
        if core::mem::replace(&mut self.waiting, Waiting::Nothing) != Waiting::Create {
            return;
        }
        let address = if outcome.succeeded { Word::from_address(address) } else { Word::ZERO };
        self.resume(outcome, word::into(address));
    }

    fn resume(&mut self, outcome: SubOutcome, result: U256) {
        self.gas.erase_cost(outcome.gas_left);
        self.gas.record_refund(outcome.refund);
        self.returndata = outcome.returndata.into();
        // There is place: the operands were more than this.
        let _ = self.stack.push(result);
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("this", &self.this())
            .field("pc", &self.pc)
            .field("gas", &self.gas())
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

/// Runs until an instruction ends or suspends the frame. `None` if it has less gas than the floor before that.
///
/// PERF: a function of its own. Where it becomes a part of what calls it, the loop's registers are on the stack.
#[inline(never)]
fn run<'h>(
    running: &mut Running,
    bridge: &mut Bridge<'h>,
    floor: u64,
) -> Option<InstructionResult> {
    let rules = bridge.rules;
    let kept = !rules.has(Difference::NoSelfDestruct);
    let table: &InstructionTable<Parts, Bridge<'h>> = match rules.has(Difference::NoCallCode) {
        false if kept => &const { instructions::ethereum::<'h>() },
        true if kept => &const { without_call_code::<'h>() },
        false => {
            &const { instructions::without(instructions::ethereum::<'h>(), opcode::SELFDESTRUCT) }
        }
        true => &const { instructions::without(without_call_code::<'h>(), opcode::SELFDESTRUCT) },
    };
    let gas = rules.static_gas();
    if bridge.host.watches() {
        loop {
            bridge.host.instruction(running.bytecode.pc(), running.bytecode.opcode());
            if let Err(result) = running.step(table, gas, bridge) {
                return Some(result);
            }
            if running.gas.remaining() < floor {
                return None;
            }
        }
    }
    if floor == 0 {
        loop {
            if let Err(result) = running.step(table, gas, bridge) {
                return Some(result);
            }
        }
    }
    loop {
        if let Err(result) = running.step(table, gas, bridge) {
            return Some(result);
        }
        if running.gas.remaining() < floor {
            return None;
        }
    }
}

const fn without_call_code<'h>() -> InstructionTable<Parts, Bridge<'h>> {
    instructions::without(instructions::ethereum::<'h>(), opcode::CALLCODE)
}
