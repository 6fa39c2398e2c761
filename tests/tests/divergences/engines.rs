//! Compiled code on the programs of these tests.

use super::*;
use core::cell::OnceCell;
use eravm_core::Settings;
use eravm_jit::Limits as Cut;
use eravm_tests::compiled::Compiling;

thread_local! {
    static WAYS: OnceCell<[Compiling; 6]> = const { OnceCell::new() };
}

/// Everything compiled and entered wherever that is possible; the same where it pays; in regions of one instruction; left after one and
/// after two segments; and with every piece done again by the interpreter.
fn ways() -> [Compiling; 6] {
    let everywhere = Cut { piece: 0, ..Cut::default() };
    let single = Cut { region: 1, segment: 1, ..everywhere };
    [
        Compiling::new(everywhere),
        Compiling::new(Cut { piece: 3, ..Cut::default() }),
        Compiling::new(single),
        Compiling::forced(everywhere, 1),
        Compiling::forced(Cut { segment: 3, ..everywhere }, 2),
        Compiling::new(everywhere).shadowed(),
    ]
}

fn each(run: impl Fn(&Compiling) -> Result<u64, String>, world: &World) {
    WAYS.with(|cell| {
        for way in cell.get_or_init(ways) {
            if let Err(failure) = run(way) {
                panic!("{way:?}: {failure}\n{world}");
            }
        }
    });
}

/// A world comes to the same in compiled code.
pub(super) fn agree(world: &World) {
    each(|way| way.compare(world), world);
}

/// The same with other settings.
pub(super) fn agree_with(world: &World, settings: Settings) {
    each(|way| way.compare_settings(world, settings), world);
}

/// The same if it is compiled after that many instructions.
pub(super) fn agree_after(world: &World, instructions: u64) {
    each(|way| way.compare_resumed(world, instructions), world);
}

/// That these comparisons are of compiled code.
#[test]
fn compiled_code_is_entered() {
    let world = world(";; entry 0x10064\n.text\nentry: add 1, r0, r2\nadd 2, r2, r2\nnop\nret r0");
    let entered = |way: &Compiling| match way.compare(&world) {
        Ok(0) => Err("not entered".into()),
        result => result,
    };
    each(entered, &world);
}
