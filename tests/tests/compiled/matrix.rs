//! Every instruction in every mode, under every predicate, with every state of the flags, in kernel and in user space.

use super::everywhere;
use eravm_core::Limits;
use eravm_core::isa::Predicate;
use eravm_jit::Options;
use eravm_tests::compiled::Compiling;
use eravm_tests::generate::matrix::{FLAGS, Matrix, Run, Setter};
use eravm_tests::generate::single;
use eravm_tests::random::Random;

/// For a slot: all predicates and flags in both spaces, after what flags can come from: always from before the code was entered, and from
/// one of the others in turn.
fn runs(slot: u16) -> impl Iterator<Item = Run> {
    let mut turn = usize::from(slot);
    let mut all = Vec::new();
    for predicate in Predicate::ALL {
        for flags in FLAGS {
            for is_kernel in [false, true] {
                turn += 1;
                let possible: Vec<_> =
                    Setter::ALL[1..].iter().filter(|setter| setter.sets(flags)).collect();
                for setter in [Setter::Earlier, *possible[turn / 2 % possible.len()]] {
                    let is_near = turn / 5 % 2 == 0;
                    all.push(Run { predicate, setter, flags, is_kernel, is_near });
                }
            }
        }
    }
    all.into_iter()
}

#[test]
fn every_variant_with_every_predicate_and_flag_state() {
    let compiling =
        Compiling::with(Options { limits: everywhere(), verify: false, single_pass: true });
    let (mut compared, mut entries, mut steps) = (0, 0, 0);
    for slot in single::slots() {
        let random = &mut Random::new(slot.into());
        let matrix = Matrix::new(slot, random);
        let (interpreted, compiled) = (matrix.world.prepare(), compiling.prepare(&matrix.world));
        let mut world = matrix.world.clone();
        for run in runs(slot) {
            matrix.run_of(&mut world, &run, random);
            let machines = (interpreted.of(&world).vm(), compiled.of(&world).vm());
            match compiling.compare_machines(machines.0, machines.1) {
                Ok(stats) => {
                    compared += 1;
                    entries += stats.entries;
                    steps += stats.steps;
                }
                Err(failure) => {
                    panic!("slot {slot}, {run:?}: {failure}\n{}", compiling.small(&world))
                }
            }
        }
    }
    println!("{compared} runs, {entries} entries, {steps} instructions done by the interpreter");
    assert_eq!(compared, 1104 * 8 * 6 * 2 * 2);
    assert!(entries > compared, "{entries} entries");
    assert!(steps > 1104 * 8, "{steps} times the flags were the machine's");
}

/// The copies get the flags that they are to get.
#[test]
fn the_flags_are_what_they_should_be() {
    let random = &mut Random::new(1);
    let matrix = Matrix::new(1, random);
    let mut world = matrix.world.clone();
    for setter in Setter::ALL {
        for flags in FLAGS.into_iter().filter(|flags| setter.sets(*flags)) {
            for (predicate, is_near) in
                Predicate::ALL.into_iter().flat_map(|it| [(it, false), (it, true)])
            {
                let run = Run { predicate, setter, flags, is_kernel: true, is_near };
                matrix.run_of(&mut world, &run, random);
                world.entry.ergs = 50_000;
                let (mut vm, mut host) = world.prepare().vm();
                let pc = matrix.instruction_pc(predicate, setter);
                let one = Limits { instructions: Some(1), ergs: None };
                while vm.pc() != pc {
                    let exit = vm.run_limited(&mut host, one).expect("no fault");
                    assert!(!exit.is_final(), "{run:?}: it does not come to the copy");
                }
                assert_eq!((vm.flags(), vm.near_depth()), (flags, is_near.into()), "{run:?}");
            }
        }
    }
}
