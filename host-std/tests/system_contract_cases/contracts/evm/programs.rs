//! Programs by hand.

use super::*;
use crate::actors::{MIRROR, Mode, mirrored};

/// A name, gas, and code.
type Row = (&'static str, u64, &'static [u8]);

const ROWS: &[Row] = &[
    ("nothing", 100, &[]),
    ("stop", 100, &[0x00]),
    ("no gas", 0, &[0x00]),
    ("no gas for that", 2, &[0x58]),
    ("gas enough", 2, &[0x5a]),
    ("underflow", 100, &[0x01]),
    ("invalid", 100, &[0x0c]),
    ("push at the end", 100, &[0x7f, 1]),
    ("endless", 100_000, &[0x5b, 0x5f, 0x56]),
    ("jump into an operand", 1000, &[0x60, 0x04, 0x56, 0x62, 0x5b, 0x00, 0x00]),
    ("jump nowhere", 1000, &[0x60, 0x05, 0x56, 0x00, 0x00, 0x00]),
    ("returns the gas", 1000, &[0x5a, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]),
    ("reverts with the gas", 1000, &[0x5a, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xfd]),
    ("stores", 30_000, &[0x60, 7, 0x60, 1, 0x55, 0x60, 8, 0x60, 1, 0x55, 0x60, 0, 0x60, 1, 0x55]),
    ("stores with 2300", 2300, &[0x60, 7, 0x60, 1, 0x55]),
    ("reads a cold and a warm slot", 10_000, &[0x60, 1, 0x54, 0x60, 1, 0x54, 0x01, 0x60, 1, 0x54]),
    ("logs", 10_000, &[0x60, 9, 0x60, 33, 0x60, 5, 0xa1]),
    ("copies what was not returned", 10_000, &[0x60, 1, 0x5f, 0x5f, 0x3e]),
    ("much memory", 1 << 40, &[0x63, 0x00, 0xbf, 0xff, 0xe0, 0x51]),
    ("too much memory", 1 << 40, &[0x63, 0x00, 0xc0, 0x00, 0x00, 0x51]),
    ("self-destruct", 100_000, &[0x33, 0xff]),
    ("depth", 1_000_000, &[0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x30, 0x5a, 0xf1, 0x5f, 0x55]),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, gas, code) in ROWS {
        for is_static in [false, true] {
            for value in [0, 3] {
                let call = Call::raw(FIRST, [1, 2, 3]).value(value);
                let mut case = with_gas(name, *gas, is_static, call);
                // Memory costs more gas than ergs.
                case.calls[1].ergs = u32::MAX;
                let case = with_code(case, FIRST, code);
                cases.push(if *gas > MOST_GAS { case.unvaried() } else { case });
            }
        }
        let outside = Call::raw(FIRST, [1, 2, 3]).ergs(SOME_ERGS);
        // What the callee finds in ergs depends on what it took to get there, and what compiled code does takes more than gas.
        if !code.contains(&0x5a) && *name != "endless" {
            cases.push(with_code(Case::new(*name, outside.clone()), FIRST, code));
            cases.push(with_code(Case::new(*name, outside.statically()), FIRST, code));
        }
    }
    cases.extend(calls_of_eravm());
    cases
}

/// Passes its calldata on to EraVM code, and returns or reverts with what comes back.
fn calls_of_eravm() -> Vec<Case> {
    let mut cases = Vec::new();
    let relay = |call: u8, has_value: bool| {
        let mut code = vec![0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x36, 0x5f];
        if has_value {
            code.push(0x34);
        }
        code.push(0x73);
        code.extend_from_slice(&MIRROR.0);
        code.extend([0x5a, call, 0x3d, 0x5f, 0x5f, 0x3e, 0x5f, 0x55, 0x3d, 0x5f, 0xf3]);
        code
    };
    for (opcode, has_value) in [(0xf1, true), (0xf4, false), (0xfa, false)] {
        for mode in [Mode::Returns, Mode::Reverts, Mode::Panics, Mode::Records] {
            for value in [0, 3] {
                let data = mirrored(mode, b"from the EVM to EraVM and back");
                let call = Call::raw(FIRST, data).value(value);
                let mut case = with_gas("EraVM code", 5_000_000, false, call);
                case.gas_may_differ = true;
                cases.push(with_code(case, FIRST, &relay(opcode, has_value)));
            }
        }
    }
    cases
}
