//! Rules on which implementations of this machine have differed, each as a small program.
//!
//! Every program also runs side by side with the reference and in all other ways, compiled ones included. The comments name what
//! is easily got wrong, not who did.

mod calls;
mod decommit;
mod engines;
mod frames;
mod limits;
mod memory;
mod precompiles;
mod registers;
mod storage;

use eravm_core::semantics::FatPointer;
use eravm_core::{Limits, Vm, Word};
use eravm_tests::world::World;
use eravm_tests::{case, check, compare, oracle};

/// Address of the contract that programs call, in user space.
const USER: &str = "0x10001";
/// Address of the contract that programs call, in kernel space.
const KERNEL: &str = "0x8005";

/// A world from a case, which must agree with the reference, interpreted and compiled. Other than in a case, labels may stand before an
/// instruction and cells may be hexadecimal.
fn world(text: &str) -> World {
    let lines = text.lines().map(|line| match line.split_once(".cell 0x") {
        Some((before, digits)) => format!("{before}.cell {}\n", decimal(digits.trim())),
        None => format!("{line}\n"),
    });
    let text = &lines.collect::<String>().replace(": ", ":\n");
    let world = case::read(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    if let Err(failure) = check::all_ways(&world, 20_000, 0) {
        panic!("{failure}\n{world}");
    }
    engines::agree(&world);
    world
}

fn decimal(hexadecimal: &str) -> String {
    let digit = |digit: char| u64::from(digit.to_digit(16).expect("a hexadecimal digit"));
    let mut limbs = [0; 4];
    for (place, at) in hexadecimal.chars().rev().zip(0..) {
        limbs[at / 16] |= digit(place) << (at % 16 * 4);
    }
    oracle::convert::u256(Word(limbs)).to_string()
}

/// Our machine at the end of a world.
fn end(text: &str) -> Vm {
    let world = world(text);
    let (_, vm) = compare::lockstep_prepared(&world.prepare(), 20_000).expect("compared before");
    vm
}

/// Our machine after so many instructions.
fn after(text: &str, instructions: u64) -> Vm {
    let world = world(text);
    engines::agree_after(&world, instructions);
    let (mut vm, mut host) = world.prepare().vm();
    let limits = Limits { instructions: Some(instructions), ergs: None };
    vm.run_limited(&mut host, limits).expect("the program gets that far");
    vm
}

/// A register just before the last instruction of the first frame.
fn register(vm: &Vm, number: usize) -> Word {
    vm.final_registers()[number - 1].0
}

fn number(vm: &Vm, number: usize) -> u64 {
    register(vm, number).to_u64().expect("a small number")
}

/// A pointer in a register now.
fn pointer(vm: &Vm, number: u8) -> FatPointer {
    let (word, is_pointer) = vm.register(number);
    assert!(is_pointer, "r{number} is a pointer");
    FatPointer::from_word(&word)
}

/// A code hash of that kind and construction marker, 1 word long.
fn hash(kind: u8, constructing: u8, name: u8) -> String {
    let name = format!("{name:02x}").repeat(28);
    format!("0x{kind:02x}{constructing:02x}0001{name}")
}

/// The first source of a far call or return, as a cell: forwarding (0 heap, 1 pointer, 2 auxiliary heap), slice
/// and ergs.
fn abi(forwarding: u8, start: u32, length: u32, ergs: u32) -> String {
    flagged_abi([0, 0, 0, forwarding], start, length, ergs)
}

/// Like [`abi`], with the bytes for system call, construction and shard before the one for forwarding.
fn flagged_abi(flags: [u8; 4], start: u32, length: u32, ergs: u32) -> String {
    let [system, constructor, shard, forwarding] = flags;
    format!(
        ".cell 0x{system:02x}{constructor:02x}{shard:02x}{forwarding:02x}{ergs:08x}{:016x}{length:08x}{start:08x}{:016x}",
        0, 0
    )
}

/// All ergs.
const ALL: u32 = u32::MAX;

/// A case whose first frame, at `address`, has `code`, followed by the cells `abi` and `callee`, and which
/// may call the contract at address `callee` with the given code.
fn calling(address: &str, code: &str, abi: &str, callee: &str, callee_code: &str) -> String {
    let hash = hash(1, 0, 0x10);
    format!(
        ";; ergs 200000
        ;; account {callee} {hash}
        ;; entry {address}
        .text
        entry:
        {code}
        .rodata
        abi:
        {abi}
        callee:
        .cell {callee}
        ;; code {hash}
        .text
        entry:
        {callee_code}
        "
    )
}
