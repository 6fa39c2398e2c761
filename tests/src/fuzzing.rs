//! What the bytes of a fuzzer mean: how to compile, how to run, and a world, in this order.
//!
//! Any bytes mean something, and what a byte means depends little on those behind it, so that a fuzzer's changes are small ones.

use crate::compiled::{Compiling, small};
use crate::generate::few;
use crate::random::Random;
use crate::world::World;
use eravm_jit::{Limits, Options};

/// A comparison of compiled code with the interpreter.
#[derive(Debug)]
pub struct Case {
    /// How it is compiled, and how that is run.
    compiling: Compiling,
    /// When.
    moment: Moment,
    /// What is run.
    pub world: World,
}

/// When code is compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Moment {
    /// When it is first called.
    Call,
    /// At random instants of the run.
    AnyTime(u64),
    /// After that many instructions.
    After(u64),
}

impl Case {
    /// What some bytes mean.
    ///
    /// # Panics
    /// If there is no compiler for this machine.
    pub fn decode(bytes: &[u8]) -> Self {
        let random = &mut Random::of_bytes(bytes);
        let compiling = compiling(random);
        let moment = match random.below(4) {
            0 => Moment::AnyTime(random.below(1 << 16)),
            1 => Moment::After(random.below(100)),
            _ => Moment::Call,
        };
        Self { compiling, moment, world: few::world(random) }
    }

    /// Runs the world with interpreted and with compiled code; returns how often compiled code was entered.
    ///
    /// # Errors
    /// What differs, as text.
    pub fn compare(&self) -> Result<u64, String> {
        self.compare_in(&self.world)
    }

    fn compare_in(&self, world: &World) -> Result<u64, String> {
        match self.moment {
            Moment::Call => self.compiling.compare(world),
            Moment::AnyTime(seed) => {
                self.compiling.compare_switching(world, &mut Random::new(seed))
            }
            Moment::After(instructions) => self.compiling.compare_resumed(world, instructions),
        }
    }

    /// The failing world made small, with what then differs and how that is found.
    pub fn small(&self) -> String {
        let found = small(&self.world, |world| self.compare_in(world));
        format!("{:?}, {:?}\n{found}", self.compiling, self.moment)
    }
}

fn compiling(random: &mut Random) -> Compiling {
    let segments = if random.one_in(3) { 1 + random.below(7) } else { 0 };
    let limits = Limits {
        region: random.pick(&[256, 1, 3, 16]),
        segment: random.pick(&[64, 1, 3]),
        inlined: random.pick(&[24, 0, 5]),
        piece: random.pick(&[0, 0, 8]),
        forced_exits: segments > 0,
        ..Limits::default()
    };
    let options = Options { limits, verify: random.one_in(8), single_pass: !random.one_in(4) };
    let compiling = Compiling::with(options).leaving(segments);
    if random.one_in(3) { compiling.shadowed() } else { compiling }
}
