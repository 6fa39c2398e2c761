//! The workloads in assembly, one file each in `workloads/`.

use crate::call::{Call, Span};
use eravm_core::{Address, Word, asm};

/// What a workload's time is divided by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Per {
    /// The instructions that the machine executes.
    Instruction,
    /// The iterations, of which each does one thing with this name.
    Iteration(&'static str),
}

/// A loop in assembly.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name, which is also that of the file.
    pub name: &'static str,
    source: &'static str,
    /// The contract's address; kernel space where instructions need it.
    address: u32,
    /// How often the loop runs. Chosen so that a run takes some milliseconds.
    pub iterations: u64,
    /// Unit of the result.
    pub per: Per,
}

macro_rules! workload {
    ($name:literal, $address:expr, $iterations:expr, $per:expr) => {
        Workload {
            name: $name,
            source: include_str!(concat!("../workloads/", $name, ".asm")),
            address: $address,
            iterations: $iterations,
            per: $per,
        }
    };
}

/// An address in user space.
const USER: u32 = 0x10000;
/// The address that `far_call` calls.
const CALLEE: u32 = 0x20000;
const ECRECOVER: u32 = 1;
const EVENT_WRITER: u32 = 0x800d;
const KECCAK256: u32 = 0x8010;

/// All workloads.
pub const ALL: &[Workload] = &[
    workload!("arith", USER, 20_000, Per::Instruction),
    workload!("mul", USER, 30_000, Per::Instruction),
    workload!("div", USER, 8_000, Per::Instruction),
    workload!("stack", USER, 25_000, Per::Instruction),
    workload!("heap", USER, 15_000, Per::Instruction),
    workload!("aux_heap", USER, 15_000, Per::Instruction),
    workload!("near_call", USER, 20_000, Per::Instruction),
    workload!("far_call", USER, 5_000, Per::Iteration("far call")),
    workload!("sload_sstore_warm", USER, 20_000, Per::Instruction),
    workload!("sload_sstore_cold", USER, 4_000, Per::Instruction),
    workload!("transient", USER, 20_000, Per::Instruction),
    workload!("events", EVENT_WRITER, 3_000, Per::Instruction),
    workload!("keccak", KECCAK256, 3_000, Per::Iteration("keccak256 of 128 bytes")),
    workload!("ecrecover", ECRECOVER, 30, Per::Iteration("ecrecover")),
];

fn address(number: u32) -> Address {
    Word::from_u64(number.into()).to_address()
}

fn assemble(name: &str, source: &str) -> Vec<u8> {
    match asm::assemble(source) {
        Ok(program) => program.bytecode,
        Err(error) => panic!("{name}.asm: {error}"),
    }
}

impl Workload {
    /// The workload with its usual number of iterations.
    ///
    /// # Panics
    /// If the file is not a program.
    pub fn call(&self) -> Call {
        self.call_with(self.iterations)
    }

    /// The workload with another number of iterations.
    ///
    /// # Panics
    /// If the file is not a program.
    pub fn call_with(&self, iterations: u64) -> Call {
        let call = Call::new(address(self.address), assemble(self.name, self.source));
        let call = Call { calldata: Word::from_u64(iterations).to_be_bytes().to_vec(), ..call };
        if self.name == "far_call" {
            let callee = assemble("callee", include_str!("../workloads/callee.asm"));
            return call.with_contract(address(CALLEE), callee);
        }
        call
    }
}

/// A call of a program of one instruction.
///
/// # Panics
/// Never: the program is one.
pub fn empty() -> Call {
    let program = asm::assemble(" .text\nentry:\n ret r0\n").expect("a program");
    let call = Call::new(address(USER), program.bytecode);
    Call { span: Span::Whole, ..call }
}
