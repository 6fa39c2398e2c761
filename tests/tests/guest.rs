//! The machine on a bare rv32im processor: it computes the same there, and in how many cycles.
//!
//! `tests/guest` is built by `.ci/build-guest.sh` and run under an emulator that counts instructions. A cycle is one
//! instruction of the processor, as zero-knowledge machines count them; paging is not modelled.
//! `cargo test -p eravm-tests --test guest -- --nocapture` shows the figures.

#![allow(clippy::std_instead_of_alloc, reason = "a program for the host")]

use eravm_core::asm::assemble;
use eravm_core::{Exit, InMemory, Program};
use rrs_lib::instruction_executor::InstructionExecutor;
use rrs_lib::memories::VecMemory;
use rrs_lib::{HartState, MemAccessSize, Memory};
use std::collections::VecDeque;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, io};

#[path = "../guest/src/workloads.rs"]
#[allow(unreachable_pub, reason = "a module of the guest, too")]
mod workloads;
use workloads::{ALL, COUNTS, Workload};

/// Most cycles per VM instruction, by name of the workload.
const LIMITS: [(&str, f64); 3] =
    [("arithmetic", 95.0), ("multiplication", 250.0), ("near calls", 120.0)];

/// Exit code of `build-guest.sh` where no compiler for the target is installed.
const NO_COMPILER: i32 = 77;

/// The guest's memory; see `link.x`.
const RAM: u32 = 0x0010_0000;
const RAM_BYTES: u32 = 64 << 20;

/// The guest's ports and what it says; see `port.rs`.
const PUT: u32 = 0xffff_0000;
const HALT: u32 = 0xffff_0004;
const START: u32 = 0x5354_4152;

/// Bytes of stack that may be in use at most. A handler that called the next one instead of jumping there would need some for
/// every VM instruction.
const STACK_BYTES: u32 = 16 << 10;

/// Instructions of the processor after which the guest must have halted.
const PATIENCE: u64 = 1 << 30;

/// The register with the stack pointer.
const SP: usize = 2;

/// Memory, and the ports beyond it.
struct Board {
    ram: VecMemory,
    /// Instructions begun so far.
    cycles: u64,
    said: VecDeque<(u32, u64)>,
    exit_code: Option<u32>,
}

impl Memory for Board {
    fn read_mem(&mut self, address: u32, size: MemAccessSize) -> Option<u32> {
        self.ram.read_mem(address.checked_sub(RAM)?, size)
    }

    fn write_mem(&mut self, address: u32, size: MemAccessSize, value: u32) -> bool {
        match address {
            PUT => self.said.push_back((value, self.cycles)),
            HALT => self.exit_code = Some(value),
            _ => {
                return address
                    .checked_sub(RAM)
                    .is_some_and(|at| self.ram.write_mem(at, size, value));
            }
        }
        true
    }
}

/// The little of an ELF file that a loader needs: entry point, and where which bytes go.
fn segments(elf: &[u8]) -> (u32, Vec<(u32, &[u8])>) {
    let u32_at = |at: usize| u32::from_le_bytes(elf[at..at + 4].try_into().unwrap());
    let u16_at = |at: usize| u16::from_le_bytes(elf[at..at + 2].try_into().unwrap()) as usize;
    assert_eq!(elf[..6], *b"\x7fELF\x01\x01", "not a 32-bit little-endian ELF file");
    let (table, size, count) = (u32_at(28) as usize, u16_at(42), u16_at(44));
    let loaded = (0..count).map(|index| table + index * size).filter(|&at| u32_at(at) == 1);
    let parts = loaded.map(|at| {
        let (offset, address, length) = (u32_at(at + 4), u32_at(at + 8), u32_at(at + 16));
        (address, &elf[offset as usize..(offset + length) as usize])
    });
    (u32_at(24), parts.collect())
}

/// Runs the guest and returns what it said, each number with the count of instructions before it.
fn run(elf: &[u8]) -> VecDeque<(u32, u64)> {
    let (entry, parts) = segments(elf);
    let mut board = Board {
        ram: VecMemory::new(vec![0; RAM_BYTES as usize / 4]),
        cycles: 0,
        said: VecDeque::new(),
        exit_code: None,
    };
    for (address, bytes) in parts {
        for (at, byte) in (address..).zip(bytes) {
            assert!(board.write_mem(at, MemAccessSize::Byte, u32::from(*byte)), "{at:#x}");
        }
    }
    let mut hart = HartState::new();
    hart.pc = entry;
    let stack_top = RAM + RAM_BYTES;
    let mut lowest = stack_top;
    while board.exit_code.is_none() {
        board.cycles += 1;
        assert!(board.cycles < PATIENCE, "the guest does not halt");
        let mut executor = InstructionExecutor { mem: &mut board, hart_state: &mut hart };
        if let Err(exception) = executor.step() {
            panic!("{exception:x?} at {:#x}", hart.pc);
        }
        if hart.registers[SP] != 0 {
            lowest = lowest.min(hart.registers[SP]);
        }
    }
    assert_eq!(board.exit_code, Some(0), "the guest failed; see port.rs for what the code means");
    assert!(stack_top - lowest <= STACK_BYTES, "{} bytes of stack used", stack_top - lowest);
    board.said
}

/// The guest as built by the script, or `None` where there is no compiler for it.
fn guest() -> Option<Vec<u8>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let output = Command::new("bash")
        .arg(root.join(".ci/build-guest.sh"))
        .arg(target.join("guest"))
        .output()
        .expect("bash can be started");
    let complaint = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => {
            let path = String::from_utf8(output.stdout).unwrap();
            Some(fs::read(path.trim()).unwrap())
        }
        Some(NO_COMPILER) if env::var_os("CI").is_none_or(|ci| ci != "true") => {
            // Past the capture of output, which would hide it in a test that passes.
            let _ = writeln!(io::stderr(), "\n*** NOT RUN: the rv32im guest: {complaint}");
            None
        }
        _ => panic!("the guest cannot be built:\n{complaint}"),
    }
}

/// Checks one run of the guest against the same run here. Returns cycles and VM instructions.
fn compare(said: &mut VecDeque<(u32, u64)>, workload: &Workload, count: u32) -> (u64, u64) {
    let name = workload.name;
    let program = Program::new(&assemble(workload.source).unwrap().bytecode).unwrap();
    let calldata = workloads::calldata(count);
    let mut vm = workload.machine(&program, &calldata).unwrap();
    assert!(matches!(vm.run(&mut InMemory::new()), Ok(Exit::Returned(_))), "{name}");

    let mut next = || said.pop_front().expect("the guest says everything");
    let (start, before) = next();
    assert_eq!(start, START);
    let (instructions, after) = next();
    assert_eq!(u64::from(instructions), vm.instructions(), "{name}: instructions");
    assert_eq!(next().0, 1, "{name}: returned");
    for (register, (word, _)) in (1..).zip(vm.final_registers()) {
        let theirs = word.0.map(|_| u64::from(next().0) | u64::from(next().0) << 32);
        assert_eq!(theirs, word.0, "{name}: r{register}");
    }
    (after - before, instructions.into())
}

#[test]
fn the_guest_computes_the_same_within_its_cycles() {
    let Some(elf) = guest() else { return };
    let mut said = run(&elf);
    let mut slow = Vec::new();
    println!("{:<16} {:>24} {:>8}", "guest, rv32im", "cycles per instruction", "at most");
    for workload in &ALL {
        let [once, twice] = COUNTS.map(|count| compare(&mut said, workload, count));
        let cycles = (twice.0 - once.0) as f64 / (twice.1 - once.1) as f64;
        let limit = LIMITS.iter().find(|(name, _)| *name == workload.name).map(|(_, limit)| *limit);
        let shown = limit.map(|limit| limit.to_string()).unwrap_or_default();
        println!("{:<16} {cycles:>24.1} {shown:>8}", workload.name);
        if limit.is_some_and(|limit| cycles > limit) {
            slow.push(workload.name);
        }
    }
    assert!(said.is_empty());
    assert!(slow.is_empty(), "too many cycles per VM instruction: {slow:?}");
}
