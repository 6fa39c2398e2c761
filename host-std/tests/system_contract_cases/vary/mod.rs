//! Variants of cases: one change after the other to each call, and changes at random.

mod at_random;
mod once;

use crate::actors::{EVM_ACCOUNT, EVM_CONSTRUCTING, MIRROR, NOBODY};
use crate::case::{Case, USER};
use at_random::changed_at_random;
use eravm_core::{Address, Word, system_address};
use once::changed_once;

/// How cases are varied.
#[derive(Clone, Debug)]
pub(crate) struct Vary {
    /// Who else calls.
    pub(crate) callers: Vec<Address>,
    /// Variants with one change at most, out of all changes to all calls.
    pub(crate) systematically: usize,
    /// Variants at random.
    pub(crate) at_random: usize,
    /// Words that arguments are replaced by.
    pub(crate) words: Vec<Word>,
    /// Cases whose calldata is longer are left as they are.
    pub(crate) longest: usize,
    /// Whether the two systems can agree in a variant.
    pub(crate) is_fair: fn(&Case) -> bool,
}

impl Default for Vary {
    fn default() -> Self {
        let kernel = [0x1, 0x8001, 0x8002, 0x8004, 0x8006, 0x8007, 0x8008, 0x8009, 0x800e, 0x800f];
        let mut callers: Vec<_> = kernel.iter().copied().map(system_address).collect();
        callers.extend([USER, MIRROR, EVM_ACCOUNT, EVM_CONSTRUCTING, Address::zero()]);
        callers.push(Address::repeat_byte(0xff));
        Self {
            callers,
            systematically: 3000,
            at_random: 300,
            words: words().to_vec(),
            longest: 2000,
            is_fair: |_| true,
        }
    }
}

/// Words at the edges of types, and addresses.
fn words() -> [Word; 20] {
    let bit = |bit: usize| {
        let mut word = Word::ZERO;
        word.0[bit / 64] |= 1 << (bit % 64);
        word
    };
    let below = |bits: usize| {
        let mut word = Word::ZERO;
        (0..bits).for_each(|at| word.0[at / 64] |= 1 << (at % 64));
        word
    };
    [
        Word::ZERO,
        Word::ONE,
        Word::from_u64(2),
        Word::from_u64(31),
        Word::from_u64(0x20),
        Word::from_u64(0x40),
        Word::from_u64(0xff),
        Word::from_u64(0x10000),
        below(32),
        bit(32),
        below(64),
        bit(64),
        below(128),
        bit(128),
        below(160),
        bit(160),
        bit(255),
        Word::MAX,
        Word::from_address(&MIRROR),
        Word::from_address(&NOBODY),
    ]
}

/// A generator of numbers: the same ones every time.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below a limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) as usize % limit.max(1)
    }

    pub(crate) fn one<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }
}

/// How many times as many variants as usual are run, and other ones: the environment variable `ERAVM_CASE_FACTOR`.
fn factor() -> usize {
    let factor = std::env::var("ERAVM_CASE_FACTOR");
    factor.map_or(1, |factor| factor.parse().expect("ERAVM_CASE_FACTOR is a number"))
}

/// All variants.
pub(crate) fn variants<'a>(cases: &'a [Case], vary: &'a Vary) -> impl Iterator<Item = Case> + 'a {
    let fit = |case: &&'a Case| {
        case.varies && case.calls.iter().all(|call| call.calldata.len() <= vary.longest)
    };
    let varied: Vec<_> = cases.iter().filter(fit).collect();
    let factor = factor();
    let systematic: Vec<_> = varied.iter().flat_map(|case| changed_once(case, vary)).collect();
    let (total, mut choice) = (systematic.len(), Random::new(2));
    let systematic =
        systematic.into_iter().filter(move |_| choice.below(total) < factor * vary.systematically);
    let count = if varied.is_empty() { 0 } else { factor * vary.at_random };
    let mut random = Random::new(factor as u64);
    let at_random = (0..count).map(move |number| {
        let case = varied[random.below(varied.len())];
        changed_at_random(case, cases, vary, &mut random, number)
    });
    systematic.chain(at_random).filter(|case| (vary.is_fair)(case))
}

/// Writes as much of a word as there is place for.
fn put(calldata: &mut [u8], at: usize, word: &Word) {
    calldata[at..].iter_mut().zip(word.to_be_bytes()).for_each(|(place, byte)| *place = byte);
}
