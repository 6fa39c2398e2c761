//! Comparing what the executor does with what the recorded host did.

use super::super::compare::{bytes, values};
use super::super::failure::{Difference, FailureKind};
use super::super::format::{Batch, EndKind, Op};
use super::super::hooks::compare_hook;
use super::super::machine;
use super::super::numbering::Numbering;
use super::super::value::Hex;
use crate::batch::{Hook, Observer, WriteReason};
use eravm_core::semantics::FatPointer;
use eravm_core::{Exit, Vm, Word};

/// Watches an executor and follows the script. The first difference is kept; after it nothing is compared any more.
#[derive(Debug)]
pub(super) struct Watcher<'a> {
    script: &'a [Op],
    hook_address: u32,
    numbering: Numbering,
    /// Whether there is anything to compare with.
    compares: bool,
    next: usize,
    pub(super) hooks: u64,
    pub(super) failure: Option<FailureKind>,
}

impl<'a> Watcher<'a> {
    pub(super) fn new(batch: &'a Batch, compares: bool) -> Result<Self, FailureKind> {
        Ok(Self {
            script: &batch.host_script,
            hook_address: batch.initial_vm_state.hook_address_bytes,
            numbering: machine::numbering(batch)?,
            compares,
            next: 0,
            hooks: 0,
            failure: None,
        })
    }

    /// What the host did next.
    pub(super) fn next_op(&self) -> Option<&'a Op> {
        self.script.get(self.next)
    }

    /// Which of its actions that is.
    pub(super) fn op(&self) -> Option<usize> {
        self.compares.then_some(self.next)
    }

    /// Passes over a mark.
    pub(super) fn pass(&mut self) {
        self.next += 1;
    }

    /// Compares an action. `None` from `compare` says that the host did something else.
    fn compare(
        &mut self,
        did: &str,
        compare: impl FnOnce(usize, &'a Op, &Self) -> Option<Result<(), Difference>>,
    ) {
        if !self.compares || self.failure.is_some() {
            return;
        }
        let other = |expected: String| Difference {
            what: format!("host_script[{}].op", self.next),
            expected,
            actual: did.to_owned(),
        };
        let done = match self.next_op() {
            None => Err(other("the end".to_owned())),
            Some(op) => compare(self.next, op, self)
                .unwrap_or_else(|| Err(other(format!("{:.80}", format!("{op:?}"))))),
        };
        match done {
            Ok(()) => self.next += 1,
            Err(difference) => self.failure = Some(difference.into()),
        }
    }
}

/// Names of reasons to write, as goldens have them.
const fn name(reason: WriteReason) -> &'static str {
    match reason {
        WriteReason::Initial => "initial",
        WriteReason::Transaction => "push_tx",
        WriteReason::OperatorRefund => "operator_refund",
        WriteReason::LastBlock => "fictive_l2_block",
        WriteReason::Pubdata => "pubdata",
    }
}

impl Observer for Watcher<'_> {
    fn heap_write(&mut self, reason: WriteReason, words: &[(u32, Word)]) {
        self.compare(name(reason), |index, op, _| {
            let Op::HeapWrite { reason: expected, words: expected_words } = op else {
                return None;
            };
            let compare = || {
                let what = |part: &str| format!("host_script[{index}].{part}");
                values(|| what("reason"), &expected.as_str(), &name(reason))?;
                let words: Vec<_> = words.iter().map(|&(at, word)| (at, Hex(word))).collect();
                super::super::compare::lists(&what("words"), expected_words, &words)
            };
            Some(compare())
        });
    }

    fn hook(&mut self, hook: Hook, vm: &Vm) {
        self.hooks += 1;
        self.compare(hook.name(), |index, op, this| {
            let Op::Hook { icount, .. } = op else { return None };
            let compare = || {
                let what = || format!("host_script[{index}].icount");
                values(what, icount, &vm.instructions())?;
                let number = Word::from_u64(hook as u64);
                compare_hook(index, op, vm, &number, this.hook_address, this.numbering).map(|_| ())
            };
            Some(compare())
        });
    }

    fn set_ergs(&mut self, ergs: u32) {
        self.compare("set_gas", |index, op, _| {
            let Op::SetGas { gas } = op else { return None };
            Some(values(|| format!("host_script[{index}].gas"), gas, &ergs))
        });
    }

    fn heap_read(&mut self, pointer: FatPointer, read: &[u8]) {
        self.compare("read_heap", |index, op, this| {
            let Op::ReadHeap { data, page, start } = op else { return None };
            let compare = || {
                let what = |name: &'static str| move || format!("host_script[{index}].{name}");
                let pointer = pointer.narrowed();
                values(what("page"), page, &this.numbering.of(pointer.page))?;
                values(what("start"), start, &pointer.start)?;
                bytes(&what("data")(), &data.0, read)
            };
            Some(compare())
        });
    }

    fn ended(&mut self, exit: Exit, returned: &[u8], vm: &Vm) {
        self.compare("run_end", |index, op, _| {
            let Op::RunEnd { kind, gas, icount, output } = op else { return None };
            let compare = || {
                let what = |name: &'static str| move || format!("host_script[{index}].{name}");
                let actual = match exit {
                    Exit::Returned(_) => EndKind::ProgramFinished,
                    Exit::Reverted(_) => EndKind::Reverted,
                    _ => EndKind::Panicked,
                };
                values(what("kind"), kind, &actual)?;
                values(what("gas"), gas, &vm.ergs())?;
                values(what("icount"), icount, &vm.instructions())?;
                bytes(&what("output")(), &output.0, returned)
            };
            Some(compare())
        });
    }

    fn snapshot_made(&mut self) {
        self.compare("make_snapshot", |_, op, _| matches!(op, Op::MakeSnapshot).then_some(Ok(())));
    }

    fn snapshot_popped(&mut self) {
        self.compare("pop_snapshot", |_, op, _| matches!(op, Op::PopSnapshot).then_some(Ok(())));
    }

    fn rolled_back(&mut self) {
        self.compare("rollback_to_snapshot", |_, op, _| {
            matches!(op, Op::RollbackToSnapshot).then_some(Ok(()))
        });
    }

    fn block_begun(&mut self) {
        self.compare("start_new_l2_block", |_, op, _| {
            matches!(op, Op::StartNewL2Block).then_some(Ok(()))
        });
    }
}
