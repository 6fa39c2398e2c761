//! Recording what the host of a batch does, so that any engine can be driven the same way.

use crate::end_state::{Ended, Hook as Stop};
use crate::engines::Action;
use eravm_core::{Exit, Vm, Word};
use eravm_host::batch::{Hook, Observer, WriteReason};

/// What was seen of a batch.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    /// What the host did, in order.
    pub(crate) script: Vec<Action>,
    /// All suspensions, and the end.
    pub(crate) stops: Vec<Stop>,
    /// How the machine ended, or where it was stopped last.
    pub(crate) ended: Ended,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { script: Vec::new(), stops: Vec::new(), ended: Ended::Panicked }
    }
}

impl Recorder {
    fn stop(&mut self, id: Option<u32>, vm: &Vm) {
        self.script.push(Action::Run);
        self.stops.push(Stop::new(id, vm.ergs(), vm.pubdata()));
    }
}

impl Observer for Recorder {
    fn heap_write(&mut self, _: WriteReason, words: &[(u32, Word)]) {
        let words = words.iter().map(|(index, word)| (index * 32, *word));
        self.script.push(Action::Write(words.collect()));
    }

    fn hook(&mut self, hook: Hook, vm: &Vm) {
        let id = hook as u32;
        self.stop(Some(id), vm);
        self.ended = Ended::AtHook(id);
    }

    fn set_ergs(&mut self, ergs: u32) {
        self.script.push(Action::SetErgs(ergs));
    }

    fn ended(&mut self, exit: Exit, output: &[u8], vm: &Vm) {
        self.stop(None, vm);
        self.ended = match exit {
            Exit::Returned(_) => Ended::Returned(output.to_vec()),
            Exit::Reverted(_) => Ended::Reverted(output.to_vec()),
            _ => Ended::Panicked,
        };
    }

    fn snapshot_made(&mut self) {
        self.script.push(Action::MakeSnapshot);
    }

    fn snapshot_popped(&mut self) {
        self.script.push(Action::PopSnapshot);
    }

    fn rolled_back(&mut self) {
        self.script.push(Action::Rollback);
    }
}
