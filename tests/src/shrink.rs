//! Makes failing worlds small.

use crate::world::World;
use eravm_core::Word;
use eravm_core::isa::Opcode;

/// Removes from a world whatever it fails without.
pub fn shrink(world: &World, fails: &dyn Fn(&World) -> bool) -> World {
    let mut best = world.clone();
    for _ in 0..4 {
        let before = format!("{best:?}");
        shrink_surroundings(&mut best, fails);
        for which in 0..=best.codes.len() {
            shrink_code(&mut best, which, fails);
        }
        if format!("{best:?}") == before {
            break;
        }
    }
    best
}

/// Applies a change if the world still fails.
fn attempt(
    best: &mut World,
    fails: &dyn Fn(&World) -> bool,
    change: impl FnOnce(&mut World),
) -> bool {
    let mut changed = best.clone();
    change(&mut changed);
    let better = fails(&changed);
    if better {
        *best = changed;
    }
    better
}

fn shrink_surroundings(best: &mut World, fails: &dyn Fn(&World) -> bool) {
    for at in (0..best.accounts.len()).rev() {
        attempt(best, fails, |world| {
            let _ = world.accounts.remove(at);
        });
    }
    for at in (0..best.codes.len()).rev() {
        attempt(best, fails, |world| {
            let _ = world.codes.remove(at);
        });
    }
    for at in (0..best.slots.len()).rev() {
        attempt(best, fails, |world| {
            let _ = world.slots.remove(at);
        });
    }
    for at in (0..best.registers.len()).rev() {
        attempt(best, fails, |world| {
            let _ = world.registers.remove(at);
        });
    }
    attempt(best, fails, |world| world.entry.calldata.clear());
    attempt(best, fails, |world| world.entry.context_u128 = 0);
    attempt(best, fails, |world| world.entry.is_static = false);
    attempt(best, fails, |world| world.entry.ergs = 100_000);
}

/// The code of the first frame (0) or one of the others.
fn code_of(world: &mut World, which: usize) -> &mut Vec<Word> {
    match which.checked_sub(1) {
        None => &mut world.entry.code,
        Some(at) => &mut world.codes[at].words,
    }
}

fn shrink_code(best: &mut World, which: usize, fails: &dyn Fn(&World) -> bool) {
    let nop = eravm_core::isa::TABLE
        .iter()
        .find(|row| row.opcode == Opcode::Nop)
        .map_or(0, |row| u64::from(row.first_slot));
    // Replace instructions by ones that do nothing, in ever smaller runs.
    let mut run = 4 * code_of(best, which).len();
    while run > 0 {
        let mut start = 0;
        while start < 4 * code_of(best, which).len() {
            attempt(best, fails, |world| {
                let words = code_of(world, which);
                for at in start..(start + run).min(4 * words.len()) {
                    words[at / 4].0[3 - at % 4] = nop;
                }
            });
            start += run;
        }
        run /= 2;
    }
    // Constants that need not be what they are.
    for at in 0..code_of(best, which).len() {
        attempt(best, fails, |world| code_of(world, which)[at] = Word::ZERO);
    }
    while code_of(best, which).len() > 1 {
        let shorter = attempt(best, fails, |world| {
            code_of(world, which).pop();
        });
        if !shorter {
            break;
        }
    }
}
