use eravm_core::*;
use eravm_tests::generate;
use std::collections::BTreeMap;
#[test]
fn stats() {
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    let mut total = 0;
    for seed in 0..4000 {
        let world = generate::structured(seed);
        let p = world.prepare();
        let (mut vm, mut host) = p.vm();
        let mut last = String::new();
        loop {
            let step = vm.next_step();
            let depth0 = vm.calling_frames().count();
            let text = match step.outcome { Outcome::Panics(Refusal::Pending) => last.clone(), Outcome::Panics(r) => format!("{r:?} {:?}", step.instruction.opcode()), _ => format!("{:?}", step.instruction.opcode()) };
            last = text;
            total += 1;
            match vm.run_limited(&mut host, Limits{instructions: Some(1), ergs: None}) {
                Ok(e) if !e.is_final() => { if vm.calling_frames().count() < depth0 && vm.flags().lt { *reasons.entry(format!("far: {last}")).or_default() += 1; } }
                Ok(Exit::Panicked) => { *reasons.entry(format!("first: {last}")).or_default() += 1; break; }
                _ => break,
            }
            if vm.instructions() > 3000 { break; }
        }
    }
    let mut v: Vec<_> = reasons.into_iter().collect();
    v.sort_by_key(|x| std::cmp::Reverse(x.1));
    println!("{total}");
    for (k, n) in v.iter().take(40) { println!("{n} {k}"); }
}
