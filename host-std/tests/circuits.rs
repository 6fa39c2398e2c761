//! Circuits of real batches: the network's statistic of every transaction and of the tip of every batch, to the bit.

mod common;

use common::{corpus, goldens};
use eravm_host::golden::{Code, Failure, Golden, Way, execute};
use std::path::Path;

/// Statistics in the goldens at least.
const AT_LEAST: usize = 700;

#[test]
fn goldens_take_the_circuits_that_the_network_counted() {
    if corpus("goldens").is_none() {
        return;
    }
    let mut compared = 0;
    goldens(|name, golden, code| {
        let batch = &golden.batch;
        let outcomes = batch.transactions.iter().map(|row| &row.outcome);
        let outcomes: Vec<_> = outcomes.chain(&batch.results.block_tip).collect();
        assert!(outcomes.iter().all(|it| it.circuit_statistic.is_some()), "{name}");
        // Only as recorded all is counted; otherwise a bound takes the place of accesses of memory.
        for way in Way::ALL {
            execute(golden, code, way).unwrap_or_else(|failure| panic!("{name}: {failure}"));
        }
        compared += outcomes.len();
    });
    assert!(compared >= AT_LEAST, "{compared} statistics");
}

fn precompiles() -> Option<(Golden, Code)> {
    let path = corpus("goldens/precompiles_eravm.json.gz")?;
    let path = Path::new(&path);
    let code = Code::load(&Code::file_for(path).expect("there is code")).expect("it is code");
    Some((Golden::load(path).expect("a golden"), code))
}

/// Executes the golden with another number of circuits of a kind.
fn with(golden: &Golden, code: &Code, kind: &str, change: i32, way: Way) -> Option<Failure> {
    let mut golden = golden.clone();
    let tip = golden.batch.results.block_tip.as_mut().expect("it is a batch");
    let statistic = tip.circuit_statistic.as_mut().expect("it has a statistic");
    let value = statistic.get_mut(kind).expect("the kind is there");
    *value = f32::from_bits(value.to_bits().wrapping_add_signed(change));
    execute(&golden, code, way).err().map(|failure| *failure)
}

#[test]
fn a_statistic_with_a_wrong_bit_is_noticed() {
    let Some((golden, code)) = precompiles() else { return };
    let tip = golden.batch.results.block_tip.as_ref().expect("it is a batch");
    let kinds: Vec<_> = tip.circuit_statistic.iter().flatten().map(|(kind, _)| kind).collect();
    assert_eq!(kinds.len(), 17);
    for kind in kinds {
        // Without being counted, accesses of memory have a bound only.
        let unnoticed = |way| way != Way::Recorded && kind == "ram_permutation";
        for way in [Way::Recorded, Way::Unbroken] {
            match with(&golden, &code, kind, 1, way) {
                Some(failure) => {
                    let text = failure.to_string();
                    assert!(text.contains("block_tip.circuit_statistic"), "{kind}: {text}");
                }
                None => assert!(unnoticed(way), "{kind}, {way}"),
            }
        }
    }
    let failure = with(&golden, &code, "ram_permutation", 1 << 24, Way::Unbroken);
    let text = failure.expect("four times as many is beyond the bound").to_string();
    assert!(text.contains("circuit_statistic.ram_permutation"), "{text}");
}
