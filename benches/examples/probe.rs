use eravm_benches::{workloads, engines};
use eravm_benches::case::Work;
fn main(){
  let w=workloads::ALL.iter().find(|w| w.name=="far_call").unwrap();
  for n in 1..40u64 { let c=w.call_with(n);
    let a=engines::interpreter::CallWork::new(&c).end_state().unwrap();
    let b=engines::zk_evm::CallWork::new(&c).end_state().unwrap();
    let d=engines::vm2::CallWork::new(&c).end_state().unwrap();
    println!("{n} {:?} | {:?}", a.difference(&b), b.difference(&d));
  }
}
