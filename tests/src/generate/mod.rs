//! Random worlds.
//!
//! [`structured`] writes programs the way compilers do: loops, near calls with handlers, far calls among
//! user and system contracts in all their variants, pointers passed on and taken apart, heaps grown to their
//! borders, little ergs, and everything that writes a log. [`bytes`] is random code. [`single`] is one
//! instruction in a random state, [`matrix`] one with all predicates.

pub mod builder;
mod calls;
pub mod few;
mod gadgets;
mod idioms;
pub mod matrix;
mod places;
pub mod single;

use crate::random::Random;
use crate::world::{Code, First, Rules, World};
use builder::{Builder, Dst, Src, words_of};
use eravm_core::isa::{KERNEL_STIPEND_BYTES, Opcode, SLOTS, USER_STIPEND_BYTES};
use eravm_core::{Address, VersionedHash, Word, system_address};
use gadgets::Writer;
use places::{GENEROUS, KERNELS, PRECOMPILES, Places, USERS, hash, user};

/// A world of structured programs.
pub fn structured(seed: u64) -> World {
    let random = &mut Random::new(seed);
    let size = random.pick(&[4, 10, 25, 60]);
    world(random, |random, places, kernel| {
        let pieces = 1 + random.below(size);
        Writer::new(random, places, kernel).contract(pieces)
    })
}

/// A world of random bits: whole instructions with valid slots and small immediates, or anything.
pub fn bytes(seed: u64) -> World {
    let random = &mut Random::new(seed);
    let sane = random.below(10);
    world(random, |random, _, _| any_instructions(random, sane))
}

/// Random bits, of which `sane` tenths are whole instructions with valid slots and small immediates; and constants.
fn any_instructions(random: &mut Random, sane: u64) -> Vec<Word> {
    let count = 4 + random.below(60);
    let bits: Vec<u64> = (0..count)
        .map(|_| {
            let bits = random.bits();
            if random.below(10) >= sane {
                return bits;
            }
            let slot = 1 + random.below(SLOTS as u64 - 945);
            let predicate = if random.one_in(3) { bits & 7 << 13 } else { 0 };
            let immediates = random.below(24) << 32 | random.below(24) << 48;
            slot | predicate | bits & 0xffff << 16 | immediates
        })
        .collect();
    let constants = (0..random.below(4)).map(|_| random.word()).collect::<Vec<_>>();
    words_of(&bits).into_iter().chain(constants).collect()
}

fn world(
    random: &mut Random,
    mut write: impl FnMut(&mut Random, &Places, bool) -> Vec<Word>,
) -> World {
    let mut accounts: Vec<(Address, bool, u8)> = Vec::new();
    let mut name = 10;
    let mut add = |accounts: &mut Vec<_>, address, kernel| {
        accounts.push((address, kernel, name));
        name += 1;
    };
    for number in 0..USERS {
        add(&mut accounts, user(number), false);
    }
    for _ in 0..3 {
        let address = system_address(random.pick(&KERNELS));
        add(&mut accounts, address, true);
    }
    for _ in 0..2 {
        let address = system_address(random.pick(&PRECOMPILES));
        add(&mut accounts, address, true);
    }
    let odd = [
        (user(10), hash(1, 1, 3, 10)),
        (user(11), hash(2, 0, 40, 60)),
        (user(12), hash(2, 1, 40, 61)),
        (user(13), hash(3, 0, 1, 62)),
        (user(14), hash(1, 2, 1, 63)),
        (system_address(0x8100), hash(1, 1, 3, 11)),
        (system_address(0x8101), hash(2, 0, 40, 60)),
        (system_address(0x8102), hash(2, 1, 40, 60)),
        (system_address(0x8103), hash(9, 0, 1, 64)),
    ];
    let without_code = [user(20), system_address(0x8200)];
    let mut places = Places::default();
    places.addresses.push(user(GENEROUS));
    places.addresses.extend(accounts.iter().map(|(address, ..)| *address));
    // Twice: calls should arrive more often than not.
    places.addresses.extend(accounts.iter().map(|(address, ..)| *address));
    places.addresses.extend(odd.iter().map(|(address, _)| *address).chain(without_code));
    places.hashes = (10..name).map(|name| hash(1, 0, 3, name)).collect();
    places.hashes.extend(odd.iter().map(|(_, hash)| *hash));

    let mut codes = Vec::new();
    let mut deployed: Vec<(Address, VersionedHash)> = odd.to_vec();
    for &(address, kernel, name) in &accounts {
        let words = write(random, &places, kernel);
        let length = if random.one_in(10) { random.below(2000) as usize } else { words.len() };
        let hash = hash(1, 0, length, name);
        codes.push(Code { hash, words });
        if !deployed.iter().any(|(known, _)| *known == address) {
            deployed.push((address, hash));
        }
    }
    let (default_account, evm_emulator) = (hash(1, 0, 5, 1), hash(1, 0, 7, 2));
    for hash in [default_account, evm_emulator, hash(2, 0, 40, 60)] {
        let words = write(random, &places, false);
        codes.push(Code { hash, words });
    }
    let words = generous();
    deployed.push((user(GENEROUS), hash(1, 0, words.len(), 9)));
    codes.push(Code { hash: hash(1, 0, words.len(), 9), words });
    let entry = first(random, &places, &mut write);
    let slots = (0..4)
        .map(|key| (random.pick(&places.addresses), Word::from_u64(key), random.word()))
        .filter(|(address, ..)| *address != system_address(0x8002))
        .collect();
    World {
        rules: if random.one_in(4) { Rules::BeforeGrowthRule } else { Rules::Newest },
        entry,
        registers: Vec::new(),
        codes,
        accounts: deployed,
        slots,
        default_account,
        evm_emulator,
    }
}

/// A contract that returns memory with something in it.
fn generous() -> Vec<Word> {
    let mut code = Builder::default();
    code.load(2, Word([0, 32 << 32, 0, 0]));
    code.op(Opcode::HeapWrite, &[], (Src::Imm(0), 2), (Dst::Reg(0), 0));
    code.op(Opcode::RetOk, &[], (Src::Reg(2), 0), (Dst::Reg(0), 0));
    code.finish()
}

fn first(
    random: &mut Random,
    places: &Places,
    write: &mut impl FnMut(&mut Random, &Places, bool) -> Vec<Word>,
) -> First {
    let kernel = random.one_in(2);
    let address = if kernel { system_address(0x8001) } else { user(100) };
    let heap_stipend = match (kernel, random.one_in(3)) {
        (true, true) => u32::MAX,
        (true, false) => KERNEL_STIPEND_BYTES,
        (false, _) => USER_STIPEND_BYTES,
    };
    let calldata = (0..random.below(150)).map(|_| random.bits() as u8).collect();
    let ergs = match random.below(8) {
        0 => random.below(10_000),
        1 | 2 => 1_000_000 + random.below(5_000_000),
        _ => 50_000 + random.below(600_000),
    };
    First {
        address,
        caller: random.pick(&places.addresses),
        code: write(random, places, kernel),
        calldata,
        ergs: ergs as u32,
        context_u128: if random.one_in(2) { u128::from(random.bits()) << 40 } else { 0 },
        is_static: random.one_in(12),
        heap_stipend,
    }
}
