//! Worlds of few contracts, in which the first frame is chosen first: what a fuzzer changes is then in code that is executed.

use super::builder::words_of;
use super::gadgets::Writer;
use super::places::{GENEROUS, KERNELS, Places, hash, user};
use super::{any_instructions, first, generous, single};
use crate::random::Random;
use crate::world::{Code, Rules, World};
use eravm_core::{Word, system_address};

/// Bytes of code that are taken as they are, at most.
const MOST_BYTES: usize = 1 << 15;

/// A world of structured programs, of instructions with sane operands, of bits, of one instruction, or of code that is given as it is.
pub fn world(random: &mut Random) -> World {
    match random.below(5) {
        0 | 1 => around(random, |random, places, is_kernel| {
            let pieces = 1 + random.below(24);
            Writer::new(random, places, is_kernel).contract(pieces)
        }),
        2 => {
            let sane = random.below(11);
            around(random, |random, _, _| any_instructions(random, sane))
        }
        3 => single::any_of(random),
        _ => {
            let registers = (1..16).map(|register| {
                let (word, tag) = single::value(random);
                (register, word, tag)
            });
            let registers = registers.collect();
            World { registers, ..around(random, |random, _, _| given(random)) }
        }
    }
}

/// All bytes that are left; then code that returns.
fn given(random: &mut Random) -> Vec<Word> {
    let mut bytes = random.rest();
    if bytes.is_empty() {
        return generous();
    }
    bytes.truncate(MOST_BYTES);
    let bits: Vec<u64> = bytes
        .chunks(8)
        .map(|bytes| bytes.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
        .collect();
    words_of(&bits)
}

fn around(
    random: &mut Random,
    mut write: impl FnMut(&mut Random, &Places, bool) -> Vec<Word>,
) -> World {
    let accounts = [user(0), system_address(KERNELS[0]), user(GENEROUS)];
    let hashes = [10, 11, 9].map(|name| hash(1, 0, 3, name));
    let mut places = Places::default();
    places.addresses.extend(accounts);
    places.addresses.extend([user(20), user(11), system_address(0x8010)]);
    places.hashes.extend(hashes);
    let rules = if random.one_in(4) { Rules::BeforeGrowthRule } else { Rules::Newest };
    let mut entry = first(random, &places, &mut write);
    // Enough for loops, and not for long ones.
    entry.ergs = entry.ergs.min(200_000);
    let codes = [write(random, &places, false), write(random, &places, true), generous()];
    let [of_user, ..] = &codes;
    let base = [1, 2].map(|name| Code { hash: hash(1, 0, 5, name), words: of_user.clone() });
    let blob = Code { hash: hash(2, 0, 40, 60), words: of_user.clone() };
    let others = [(user(11), blob.hash), (system_address(0x8010), hashes[1])];
    let (default_account, evm_emulator) = (base[0].hash, base[1].hash);
    World {
        rules,
        entry,
        registers: Vec::new(),
        accounts: accounts.into_iter().zip(hashes).chain(others).collect(),
        codes: hashes
            .into_iter()
            .zip(codes)
            .map(|(hash, words)| Code { hash, words })
            .chain(base)
            .chain([blob])
            .collect(),
        slots: vec![(user(0), Word::ONE, Word::from_u64(77))],
        default_account,
        evm_emulator,
    }
}
