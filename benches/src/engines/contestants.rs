//! A call on every engine, to be timed and compared.

use super::{Action, Engine, Machine, interpreter, vm2, zk_evm};
use crate::call::{Call, Span};
use crate::case::{Contestant, Work, names};
use crate::end_state::EndState;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What a host does for a call: it runs it.
pub fn just_run() -> Rc<[Action]> {
    Rc::from([Action::Run])
}

/// A call with what its host does, on an engine.
#[derive(Debug)]
struct Job<E> {
    engine: E,
    script: Rc<[Action]>,
    span: Span,
}

fn play<M: Machine>(machine: &mut M, script: &[Action], mut at_stop: impl FnMut(&mut M)) {
    for action in script {
        match action {
            Action::Write(words) => {
                for (address, word) in words {
                    machine.write_heap(*address, word);
                }
            }
            Action::SetErgs(ergs) => machine.set_ergs(*ergs),
            Action::Run => {
                machine.run();
                at_stop(machine);
            }
            Action::MakeSnapshot => machine.make_snapshot(),
            Action::PopSnapshot => machine.pop_snapshot(),
            Action::Rollback => machine.rollback(),
        }
    }
}

impl<E: Engine> Work for Job<E> {
    fn time(&mut self) -> Duration {
        let Self { engine, script, span } = self;
        let begin = Instant::now();
        let mut machine = engine.machine(false);
        let made = Instant::now();
        play(&mut machine, script, |_| {});
        let ended = Instant::now();
        drop(machine);
        match span {
            Span::Run => ended - made,
            Span::Whole => begin.elapsed(),
        }
    }

    fn end_state(&mut self) -> Option<EndState> {
        let mut hooks = Vec::new();
        let mut machine = self.engine.machine(true);
        play(&mut machine, &self.script, |machine| hooks.push(machine.hook()));
        Some(EndState { hooks, ..machine.end_state() })
    }
}

/// Contestants of all engines for a call and what its host does.
pub fn contestants(call: &Call, script: &Rc<[Action]>) -> Vec<Contestant> {
    fn job<E: Engine + 'static>(
        name: &'static str,
        engine: E,
        call: &Call,
        script: &Rc<[Action]>,
    ) -> Contestant {
        let job = Job { engine, script: script.clone(), span: call.span };
        Contestant { engine: name, work: Box::new(job), may_differ: None }
    }
    vec![
        job(names::INTERPRETER, interpreter::Interpreter::new(call), call, script),
        job(names::JIT, interpreter::Interpreter::compiled(call), call, script),
        job(names::VM2, vm2::Vm2::new(call), call, script),
        job(names::ZK_EVM, zk_evm::ZkEvm::new(call), call, script),
    ]
}
