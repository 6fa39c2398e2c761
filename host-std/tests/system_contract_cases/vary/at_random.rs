//! Variants at random.

use super::{Random, Vary, put};
use crate::actors::{CALLER, DELEGATOR, NOBODY, UNDOER, relayed};
use crate::case::{Call, Case, USER};
use eravm_core::Word;

/// Calls of a case that get no more.
const MOST_CALLS: usize = 6;

/// A variant with some changes.
pub(super) fn changed_at_random(
    case: &Case,
    cases: &[Case],
    vary: &Vary,
    random: &mut Random,
    number: usize,
) -> Case {
    let mut variant = case.clone();
    variant.name = format!("{}, random variant {number}", case.name);
    for _ in 0..1 + random.below(3) {
        let index = random.below(variant.calls.len());
        match random.below(14) {
            0 => change_slot(&mut variant, vary, random),
            1 => append(&mut variant, cases, random),
            _ => change(&mut variant.calls[index], cases, vary, random),
        }
    }
    variant
}

/// Does what another case does, too.
fn append(case: &mut Case, cases: &[Case], random: &mut Random) {
    let other = &cases[random.below(cases.len())];
    if case.calls.len() < MOST_CALLS && other.varies {
        case.calls.extend_from_slice(&other.calls);
        case.slots.extend_from_slice(&other.slots);
        case.codes.extend_from_slice(&other.codes);
    }
}

fn change_slot(case: &mut Case, vary: &Vary, random: &mut Random) {
    if case.slots.is_empty() {
        return;
    }
    let index = random.below(case.slots.len());
    match random.below(3) {
        0 => drop(case.slots.remove(index)),
        1 => case.slots[index].2 = random.one(&vary.words),
        _ => case.slots[index].2.0[random.below(4)] ^= 1 << random.below(64),
    }
}

fn change(call: &mut Call, cases: &[Case], vary: &Vary, random: &mut Random) {
    let length = call.calldata.len();
    let word_at = 4 + 32 * random.below(length.saturating_sub(4).div_ceil(32));
    match random.below(18) {
        0 => call.calldata.truncate(random.below(length)),
        1 => {
            let count = 1 + random.below(70);
            call.calldata.extend(random.bytes(count));
        }
        2 | 3 if length > 0 => call.calldata[random.below(length)] ^= 1 << random.below(8),
        4 | 5 if length > 4 => put(&mut call.calldata, word_at, &random.one(&vary.words)),
        6 if length > 4 => {
            let small = Word::from_u64(random.below(2 * length) as u64);
            put(&mut call.calldata, word_at, &small);
        }
        7 => {
            // The function of another case with these arguments.
            let other = &cases[random.below(cases.len())].calls[0].calldata;
            call.calldata
                .iter_mut()
                .zip(other.iter().take(4))
                .for_each(|(place, byte)| *place = *byte);
        }
        8 => call.from = random.one(&vary.callers),
        9 => call.value = random.one(&[0, 1, 1 << 64, u128::MAX]),
        10 => call.is_static = !call.is_static,
        11 => call.is_system = !call.is_system,
        12 if !call.extra.is_empty() => {
            let index = random.below(call.extra.len());
            call.extra[index] = random.one(&vary.words);
        }
        13 if length > 36 => {
            let from = 4 + 32 * random.below((length - 4) / 32);
            let word = call.calldata[from..].first_chunk().map(Word::from_be_bytes);
            put(&mut call.calldata, word_at, &word.unwrap_or_default());
        }
        14 => call.inset = random.below(100),
        15 => {
            let relay = random.one(&[CALLER, UNDOER]);
            call.calldata = relayed(call.to, &call.calldata);
            call.to = relay;
        }
        _ => call.from = random.one(&[CALLER, DELEGATOR, USER, NOBODY]),
    }
}
