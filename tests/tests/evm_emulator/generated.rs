//! Generated programs that call each other.

use super::world::{Call, Side, World, run};
use eravm_core::{Address, Ending, Word};
use eravm_tests::evm_program::{EvmCode, Surroundings, op, program};
use eravm_tests::random::Random;

/// Groups of programs.
const GROUPS: u64 = 150;
/// Gas of the first program.
const GAS: u64 = 400_000;

/// Who calls the first program, with gas that does not depend on ergs.
const DRIVER: Address = Address::repeat_byte(0xd0);

/// Calls a contract with its own calldata and some gas. Returns whether it succeeded, the gas that it took, the length of the
/// returndata, and the returndata.
pub(crate) fn driver(callee: &Address, gas: u64, value: u64) -> Vec<u8> {
    let mut code = EvmCode::default();
    code.ops(&[op::CALLDATASIZE, op::PUSH0, op::PUSH0, op::CALLDATACOPY, op::GAS]);
    code.ops(&[op::PUSH0, op::PUSH0, op::CALLDATASIZE, op::PUSH0]).number(value);
    code.address(callee).number(gas).ops(&[op::CALL, op::PUSH0, op::MSTORE]);
    code.ops(&[op::GAS, op::SWAP1, op::SUB]).number(32).ops(&[op::MSTORE]);
    code.ops(&[op::RETURNDATASIZE]).number(64).ops(&[op::MSTORE]);
    code.ops(&[op::RETURNDATASIZE, op::PUSH0]).number(96).ops(&[op::RETURNDATACOPY]);
    code.ops(&[op::RETURNDATASIZE]).number(96).ops(&[op::ADD, op::PUSH0, op::RETURN]);
    code.0
}

fn surroundings() -> Surroundings {
    let number = |number: u64| Word::from_u64(number).to_address();
    Surroundings {
        contracts: (0..4).map(|index| Address::repeat_byte(0xc0 + index)).collect(),
        // One with a balance, one that is not there, and an address that is none of a contract.
        accounts: vec![Address::repeat_byte(0xa0), Address::repeat_byte(0xa1), number(0)],
        last_precompile: 10,
    }
}

fn prepare(side: &mut Side, around: &Surroundings, programs: &[Vec<u8>]) {
    for (address, code) in around.contracts.iter().zip(programs) {
        side.deploy(*address, code);
        side.fund(address, 1000);
        side.write(*address, Word::ONE, Word::ONE);
        side.write(*address, Word::from_u64(2), Word::from_u64(2));
    }
    side.deploy(DRIVER, &driver(&around.contracts[0], GAS, 7));
    side.fund(&DRIVER, 1_000_000);
    side.fund(&around.accounts[0], 5);
}

#[test]
fn generated_programs_do_the_same_on_both_emulators() {
    let Some(world) = World::load() else { return };
    let around = surroundings();
    let (mut succeeded, mut gas_taken) = (0, 0);
    for seed in 0..GROUPS {
        let mut random = Random::new(seed);
        let programs: Vec<_> =
            around.contracts.iter().map(|_| program(&mut random, &around)).collect();
        let mut world = world.clone();
        world.each(|side| prepare(side, &around, &programs));
        let calldata = (0..random.below(100)).map(|_| random.bits() as u8).collect();
        let call = Call {
            from: Address::repeat_byte(0xee),
            to: DRIVER,
            ergs: 2_000_000_000,
            calldata,
            is_static: false,
            is_system: false,
        };
        let (left, right) = (run(&world.compiled, &call), run(&world.native, &call));
        assert_eq!(left.ending, Ending::Returns, "seed {seed}");
        assert_eq!(
            left.effects(),
            right.effects(),
            "seed {seed}: gas {:?} and {:?}\n{:02x?}",
            left.word(1),
            right.word(1),
            programs
        );
        succeeded += u64::from(left.word(0) == Word::ONE);
        gas_taken += left.word(1).low_u32() as u64;
    }
    // Generated programs that all fail show little.
    assert!(succeeded > GROUPS / 4, "{succeeded} of {GROUPS} succeeded");
    assert!(gas_taken / GROUPS > 20_000, "{} gas each", gas_taken / GROUPS);
}
