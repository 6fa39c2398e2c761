//! Contracts that a compiler made.

use super::generated::driver;
use super::world::{Call, World, run};
use eravm_core::{Address, Ending, Word};
use eravm_tests::solidity::Contracts;

#[test]
fn compiled_contracts_do_the_same_on_both_emulators() {
    let Some(world) = World::load() else { return };
    let (scenario, caller) = (Address::repeat_byte(0xc0), Address::repeat_byte(0xd0));
    let contracts = Contracts::load();
    let contract = contracts.get("Scenario");
    for (what, calldata, gas) in contract.calls() {
        let mut world = world.clone();
        world.each(|side| {
            side.deploy(scenario, &contract.runtime);
            side.deploy(caller, &driver(&scenario, gas, 0));
        });
        let call = Call {
            from: Address::repeat_byte(0xee),
            to: caller,
            ergs: 4_000_000_000,
            calldata,
            is_static: false,
            is_system: false,
        };
        let (left, right) = (run(&world.compiled, &call), run(&world.native, &call));
        assert_eq!(left.ending, Ending::Returns, "{what}");
        assert_eq!(left.word(0), Word::ONE, "{what}");
        assert_eq!(left.word(1), right.word(1), "gas of {what}");
        assert_eq!(left.effects(), right.effects(), "{what}");
        // Gas is the same, but there is less to it.
        assert!(right.ergs < left.ergs, "{what}: {} and {} ergs", left.ergs, right.ergs);
    }
}
