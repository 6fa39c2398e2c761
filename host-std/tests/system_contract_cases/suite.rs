//! All cases of a contract.

use crate::case::Case;
use crate::compare::difference;
use crate::known::functions;
use crate::run::run;
use crate::vary::{Vary, variants};
use crate::world::World;
use eravm_core::{Address, Ending};
use eravm_host::embedded::NativeContract;
use std::collections::BTreeSet;
use std::time::Instant;

/// Differences that are shown.
const SHOWN: usize = 5;

/// Differences that are named.
const MOST_NAMED: usize = 50;

/// The cases of a contract, and how they are varied.
#[derive(Debug)]
pub(crate) struct Suite {
    /// The contract's name.
    pub(crate) name: &'static str,
    /// Where it stands; none for the code of accounts.
    pub(crate) addresses: Vec<Address>,
    pub(crate) cases: Vec<Case>,
    pub(crate) vary: Vary,
    /// Functions that always fail.
    pub(crate) never_succeed: &'static [&'static str],
    /// Functions that the native contract does not have.
    pub(crate) left_out: &'static [&'static str],
}

impl Suite {
    pub(crate) fn new(name: &'static str, address: Address, cases: Vec<Case>) -> Self {
        let (addresses, vary) = (vec![address], Vary::default());
        Self { name, addresses, cases, vary, never_succeed: &[], left_out: &[] }
    }

    /// The native contract, if there is one already.
    fn native(&self) -> Option<NativeContract> {
        NativeContract::ALL.iter().copied().find(|contract| contract.name() == self.name)
    }

    /// Runs everything; panics if a case ends differently in the two systems, or a function has no cases.
    pub(crate) fn check(&self) {
        let Some(world) = World::get() else { return };
        let (is_native, begin) = (self.native().is_some(), Instant::now());
        let mut seen = [BTreeSet::new(), BTreeSet::new()];
        let (mut differences, mut count) = (Vec::new(), 0);
        let mut check = |case: &Case| {
            count += 1;
            let compiled = run(&world.compiled, case);
            if is_native {
                differences.extend(difference(case, &compiled, &run(&world.native, case)));
            }
            for (call, outcome) in case.calls.iter().zip(&compiled.outcomes) {
                // Constructors of what is in user space are those of accounts without code.
                if self.addresses.contains(&call.to) && !call.is_constructor {
                    let succeeds = outcome.ending == Ending::Returns;
                    let selector: Option<[u8; 4]> = call.calldata.first_chunk().copied();
                    seen[usize::from(succeeds)].extend(selector);
                }
            }
        };
        self.cases.iter().for_each(&mut check);
        variants(&self.cases, &self.vary).for_each(|variant| check(&variant));
        let mut shown: Vec<_> = differences.iter().take(SHOWN).map(String::as_str).collect();
        let others = differences.iter().skip(SHOWN).take(MOST_NAMED);
        shown.extend(others.filter_map(|difference| difference.lines().next()));
        assert!(
            differences.is_empty(),
            "{}: {} of {count} cases differ\n{}",
            self.name,
            differences.len(),
            shown.join("\n")
        );
        self.check_functions(&seen);
        let compared = if is_native { "compared" } else { "NOT COMPARED: there is no native one" };
        eprintln!("{}: {count} cases in {:?}, {compared}", self.name, begin.elapsed());
    }

    /// Every function must be seen to succeed and to fail.
    fn check_functions(&self, [failing, succeeding]: &[BTreeSet<[u8; 4]>; 2]) {
        for function in functions(self.name) {
            let signature = function.signature.as_str();
            if self.left_out.contains(&signature) {
                continue;
            }
            let fails = failing.contains(&function.selector);
            assert!(fails, "{}: no case where {signature} fails", self.name);
            let succeeds = succeeding.contains(&function.selector);
            let may_succeed = !self.never_succeed.contains(&signature);
            assert_eq!(succeeds, may_succeed, "{}: whether {signature} succeeds", self.name);
        }
    }
}
