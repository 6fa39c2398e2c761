//! Compiled code against the interpreter, for as long as one likes.
//!
//! `compiled [first seed] [programs]`: each program is run as a whole, in shadow mode, in regions of one instruction, and with exits
//! forced after a number of segments that changes with the seed.

use eravm_jit::Limits;
use eravm_tests::compiled::Compiling;
use eravm_tests::generate;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse());
    let mut number = |default| arguments.next().unwrap_or(Ok(default));
    let (Ok(first), Ok(count)) = (number(0), number(10_000)) else {
        eprintln!("compiled [first seed] [programs]: two numbers");
        return ExitCode::from(2);
    };
    let everywhere = Limits { piece: 0, ..Limits::default() };
    let single = Limits { region: 1, segment: 1, ..everywhere };
    let mut entries = 0;
    for seed in first..first + count {
        let forced = Compiling::forced(everywhere, 1 + seed % 7);
        let ways = [Compiling::new(everywhere).shadowed(), Compiling::new(single), forced];
        for way in &ways {
            entries += way.sweep("structured", seed..seed + 1, generate::structured);
            entries += way.sweep("bytes", seed..seed + 1, generate::bytes);
        }
        if (seed - first) % 1000 == 999 {
            println!("{} programs, {entries} entries of compiled code: the same", seed - first + 1);
        }
    }
    println!("{count} programs, {entries} entries of compiled code: the same");
    ExitCode::SUCCESS
}
