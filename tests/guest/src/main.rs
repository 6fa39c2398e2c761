//! Runs a few programs in an EraVM on a bare rv32im machine.
//!
//! What it says through the [`port`] is a sequence of numbers; `tests/tests/guest.rs` reads it. For each of the
//! [`workloads::ALL`] and each of its [`workloads::COUNTS`]: [`port::START`] right before the run, then the number of
//! instructions done, whether the program returned, and the registers at its end.

#![no_std]
#![no_main]

extern crate alloc;

mod heap;
mod port;
mod start;
#[allow(dead_code, reason = "the names are for the test that includes the file")]
mod workloads;

use eravm_core::asm::assemble;
use eravm_core::{Exit, InMemory, Program};
use workloads::{ALL, COUNTS, Workload};

/// Called by the start-up code.
fn main() {
    for workload in &ALL {
        let Ok(code) = assemble(workload.source) else { port::halt(port::BAD_PROGRAM) };
        let Ok(program) = Program::new(&code.bytecode) else { port::halt(port::BAD_PROGRAM) };
        for count in COUNTS {
            run(workload, &program, count);
        }
    }
}

fn run(workload: &Workload, program: &Program, count: u32) {
    let calldata = workloads::calldata(count);
    let Some(mut vm) = workload.machine(program, &calldata) else { port::halt(port::BAD_PROGRAM) };
    let mut host = InMemory::new();
    port::put(port::START);
    let exit = vm.run(&mut host);
    port::put(vm.instructions() as u32);
    port::put(u32::from(matches!(exit, Ok(Exit::Returned(_)))));
    for (word, _) in vm.final_registers() {
        for limb in word.0 {
            port::put(limb as u32);
            port::put((limb >> 32) as u32);
        }
    }
}
