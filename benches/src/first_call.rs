//! What comes before the first instruction: decoding, and making a machine.

use crate::case::{Case, Contestant, Work, names};
use crate::end_state::EndState;
use crate::engines;
use crate::engines::vm2::Memory;
use crate::workloads;
use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Decodes code with a function.
struct Decoding<F> {
    code: Rc<[u8]>,
    decode: F,
}

impl<P, F: FnMut(&[u8]) -> P> Work for Decoding<F> {
    fn time(&mut self) -> Duration {
        let begin = Instant::now();
        let program = black_box((self.decode)(&self.code));
        let time = begin.elapsed();
        drop(program);
        time
    }

    fn end_state(&mut self) -> Option<EndState> {
        None
    }
}

/// Decoding code of `zksync_vm2` and of this project; `zk_evm` decodes nothing beforehand.
pub fn decoding(name: &str, code: &[u8]) -> Case {
    let code: Rc<[u8]> = code.into();
    let contestant = |engine, work| Contestant { engine, work, may_differ: None };
    let interpreter = Decoding { code: code.clone(), decode: eravm_core::Program::new };
    let vm2 = Decoding {
        code: code.clone(),
        decode: |code: &[u8]| zksync_vm2::Program::<(), Memory>::new(code, false),
    };
    Case {
        name: name.to_owned(),
        unit: "instruction decoded",
        units: code.len() as u64 / 8,
        contestants: vec![
            contestant(names::INTERPRETER, Box::new(interpreter)),
            contestant(names::VM2, Box::new(vm2)),
        ],
        absent: vec![(names::ZK_EVM, "decodes every instruction each time it is executed")],
    }
}

/// Making a machine, running a program of one instruction, and dropping the machine.
pub fn creation(name: &str) -> Case {
    Case {
        name: name.to_owned(),
        unit: "machine",
        units: 1,
        contestants: engines::contestants(&workloads::empty(), &engines::just_run()),
        absent: Vec::new(),
    }
}
