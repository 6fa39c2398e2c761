//! Following the EVM code that the emulator executes, since protocol version 28. The emulator of version 27 reads its code from memory.
//!
//! The emulator is a contract like any other, whose instructions say nothing about the EVM. But it has its code behind a fat pointer, and it
//! reads the opcodes of it one by one:
//!
//! * The code of a contract is what `CodeOracle` returns to it first. That of a constructor is its calldata.
//! * After an opcode it reads the next one, or the data of a `PUSH` before that, or, for a jump, the `JUMPDEST` at its target, which
//!   it has executed thereby.
//! * What `CODECOPY` reads is read with instructions that move the pointer, which opcodes never are.

use super::evm_opcode::{self, EvmOpcode};
use crate::batch::{HostTracer, NativeDeed};
use crate::system_contracts::addresses::CODE_ORACLE;
use eravm_core::isa::{Modifier, Opcode};
use eravm_core::semantics::FatPointer;
use eravm_core::{Address, Outcome, Program, Step, Tracer, Verdict, Vm};

/// An opcode that was executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EvmStep {
    /// The contract.
    pub address: Address,
    /// EVM frames, this one included.
    pub depth: u32,
    /// Where in the code.
    pub pc: u32,
    /// The opcode.
    pub opcode: EvmOpcode,
}

/// The opcodes that were executed, in their order.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct EvmTrace {
    /// The first ones.
    pub steps: Vec<EvmStep>,
    /// How many more there were.
    pub omitted: u64,
}

/// Follows the EVM code of a transaction, [since](EvmTracer::FIRST_PROTOCOL) protocol version 28. That of the embedded system says itself
/// what it executes.
///
/// An opcode for which gas does not suffice is shown, and what the EVM pays is not. If the target of a `JUMPI` is the next opcode and no
/// `JUMPDEST`, that opcode is shown, although the jump fails.
#[derive(Clone, Debug)]
pub struct EvmTracer {
    emulator: Program,
    limit: usize,
    trace: EvmTrace,
    /// The far calls that are open and were seen, the innermost one last.
    frames: Vec<Frame>,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    base_page: u32,
    /// Of frames of the emulator.
    evm: Option<EvmFrame>,
}

#[derive(Clone, Copy, Debug)]
struct EvmFrame {
    depth: u32,
    code: Source,
    last: Option<(u32, EvmOpcode)>,
}

/// Where a frame has its code from.
#[derive(Clone, Copy, Debug)]
enum Source {
    Unknown,
    /// `CodeOracle` is being called.
    Asked,
    /// Page and first byte.
    At(u32, u32),
}

impl Source {
    fn of_pointer(register: (eravm_core::Word, bool)) -> Self {
        let (word, is_pointer) = register;
        let pointer = FatPointer::from_word(&word);
        if is_pointer { Self::At(pointer.page, pointer.start) } else { Self::Unknown }
    }
}

impl EvmTracer {
    /// The first protocol version whose emulator it can follow.
    pub const FIRST_PROTOCOL: u16 = 28;

    /// For one transaction of a chain with this emulator; keeps so many opcodes.
    pub const fn new(emulator: Program, limit: usize) -> Self {
        let trace = EvmTrace { steps: Vec::new(), omitted: 0 };
        Self { emulator, limit, trace, frames: Vec::new() }
    }

    /// The opcodes.
    pub fn finish(self) -> EvmTrace {
        self.trace
    }

    /// The frame that goes on, if it is one of the emulator.
    fn frame(&mut self, vm: &Vm) -> Option<&mut EvmFrame> {
        let view = vm.current_frame();
        // Frames that were called later have higher pages.
        while self.frames.last().is_some_and(|frame| frame.base_page > view.base_page) {
            self.frames.pop();
        }
        if self.frames.last().is_none_or(|frame| frame.base_page < view.base_page) {
            let is_evm = view.program.words() == self.emulator.words();
            let evm = is_evm.then(|| {
                let depth = self.frames.iter().filter_map(|frame| frame.evm).count();
                let is_constructor = vm.register(2).0.0[0] & 1 != 0;
                EvmFrame {
                    depth: u32::try_from(depth).unwrap_or(u32::MAX).saturating_add(1),
                    code: if is_constructor {
                        Source::of_pointer(vm.register(1))
                    } else {
                        Source::Unknown
                    },
                    last: None,
                }
            });
            self.frames.push(Frame { base_page: view.base_page, evm });
        }
        let evm = &mut self.frames.last_mut()?.evm;
        if let Some(EvmFrame { code: code @ Source::Asked, .. }) = evm {
            *code = Source::of_pointer(vm.register(1));
        }
        evm.as_mut()
    }
}

impl EvmFrame {
    /// A byte of the code was read. Returns the opcode that is executed, if it is one.
    fn read(&mut self, at: u32, byte: u8) -> Option<EvmOpcode> {
        let is_opcode = match self.last {
            None => at == 0,
            Some((_, evm_opcode::JUMP)) => byte == evm_opcode::JUMPDEST.0,
            Some((pc, opcode)) => {
                let next = pc.checked_add(1 + u32::from(opcode.push_bytes()));
                let is_target = opcode == evm_opcode::JUMPI && byte == evm_opcode::JUMPDEST.0;
                next == Some(at) || is_target
            }
        };
        let opcode = EvmOpcode(byte);
        is_opcode.then(|| {
            self.last = Some((at, opcode));
            opcode
        })
    }
}

impl Tracer for EvmTracer {
    fn before(&mut self, step: &Step<'_>) -> Verdict {
        let vm = step.vm;
        let Some(frame) = self.frame(vm) else { return Verdict::Continue };
        if step.outcome != Outcome::Executes {
            return Verdict::Continue;
        }
        match (step.instruction.opcode(), frame.code) {
            (Opcode::FarCall, Source::Unknown) if step.src1.0.to_address() == CODE_ORACLE => {
                frame.code = Source::Asked;
            }
            (Opcode::FatPointerRead, Source::At(page, start))
                if !step.instruction.variant().has(Modifier::Increment) =>
            {
                let pointer = FatPointer::from_word(&step.src0.0);
                if (pointer.page, pointer.start) == (page, start) {
                    let end = pointer.offset.saturating_add(1);
                    let length = pointer.length.min(end);
                    let byte = vm.read_pointer(FatPointer { length, ..pointer });
                    // Behind the end of the code there are zeros.
                    let byte = byte.first().copied().unwrap_or(0);
                    if let Some(opcode) = frame.read(pointer.offset, byte) {
                        let (depth, pc) = (frame.depth, pointer.offset);
                        let address = *vm.current_frame().this_address;
                        self.add(EvmStep { address, depth, pc, opcode });
                    }
                }
            }
            _ => {}
        }
        Verdict::Continue
    }
}

impl EvmTracer {
    fn add(&mut self, step: EvmStep) {
        if self.trace.steps.len() < self.limit {
            self.trace.steps.push(step);
        } else {
            self.trace.omitted += 1;
        }
    }
}

impl HostTracer for EvmTracer {
    fn watches_natives(&self) -> bool {
        true
    }

    fn native(&mut self, deed: &NativeDeed, vm: &Vm) {
        let NativeDeed::Evm { pc, opcode } = *deed else { return };
        if let Some(EvmFrame { depth, .. }) = self.frame(vm) {
            let (depth, address) = (*depth, *vm.current_frame().this_address);
            self.add(EvmStep { address, depth, pc, opcode: EvmOpcode(opcode) });
        }
    }
}
