//! The engines, behind one interface.

pub mod interpreter;
pub mod vm2;
pub mod zk_evm;
mod zk_evm_storage;

use crate::call::{Call, Span};
use crate::case::{Contestant, names};
use std::time::{Duration, Instant};

/// Contestants of all engines for a call.
pub fn contestants(call: &Call) -> Vec<Contestant> {
    vec![
        Contestant {
            engine: names::INTERPRETER,
            work: Box::new(interpreter::CallWork::new(call)),
            may_differ: None,
        },
        Contestant {
            engine: names::VM2,
            work: Box::new(vm2::CallWork::new(call)),
            may_differ: None,
        },
        Contestant {
            engine: names::ZK_EVM,
            work: Box::new(zk_evm::CallWork::new(call)),
            may_differ: None,
        },
    ]
}

/// Makes a machine, runs and drops it, and returns the time of the part that counts.
fn time<M>(span: Span, make: impl FnOnce() -> M, run: impl FnOnce(&mut M)) -> Duration {
    let begin = Instant::now();
    let mut machine = make();
    let made = Instant::now();
    run(&mut machine);
    let ended = Instant::now();
    drop(machine);
    match span {
        Span::Run => ended - made,
        Span::Whole => begin.elapsed(),
    }
}
