//! Playing a batch for its own sake: as fast as possible, without comparing.

use super::Figures;
use super::failure::{Difference, FailureKind};
use super::format::Op;
use super::host::World;
use super::load::{Code, Golden};
use super::machine::{self, HEAP_WORDS};
use super::script::stopped;
use eravm_core::{Exit, Vm};
use std::time::Instant;

/// Plays a batch, any number of times.
///
/// What a run is made of is prepared once; each [`play`](Self::play) begins with a new machine.
#[derive(Clone, Debug)]
pub struct Player<'a> {
    golden: &'a Golden,
    code: &'a Code,
    world: World<'a>,
}

impl<'a> Player<'a> {
    /// Prepares a batch.
    pub fn new(golden: &'a Golden, code: &'a Code) -> Self {
        Self { golden, code, world: World::new(&golden.batch, code) }
    }

    /// A new machine before the first instruction.
    ///
    /// # Errors
    /// If the golden does not describe one.
    pub fn machine(&self) -> Result<Vm, FailureKind> {
        machine::machine(&self.golden.batch, self.code)
    }

    /// Plays the batch once. Nothing is compared but how and when the machine comes back.
    ///
    /// # Errors
    /// If the machine stops, or comes back at another place than the golden says.
    pub fn play(&mut self) -> Result<Figures, FailureKind> {
        let begin = Instant::now();
        let mut vm = self.machine()?;
        let mut hooks = 0;
        for (index, op) in self.golden.batch.host_script.iter().enumerate() {
            match op {
                Op::HeapWrite { words, .. } => {
                    for (word, value) in words {
                        if *word >= HEAP_WORDS {
                            return Err(FailureKind::BeyondHeap(*word));
                        }
                        vm.write_heap_word(word * 32, &value.0);
                    }
                }
                Op::Hook { icount, .. } => {
                    hooks += 1;
                    self.run(&mut vm, index, *icount, false)?;
                }
                Op::RunEnd { icount, .. } => self.run(&mut vm, index, *icount, true)?,
                Op::SetGas { gas } => vm.set_ergs(*gas),
                Op::MakeSnapshot => vm.make_snapshot()?,
                Op::PopSnapshot => vm.pop_snapshot()?,
                Op::RollbackToSnapshot => vm.rollback()?,
                Op::ReadHeap { .. }
                | Op::StartNewL2Block
                | Op::TxBegin { .. }
                | Op::TxEnd { .. }
                | Op::FinishBatch => {}
            }
        }
        Ok(Figures {
            instructions: vm.instructions(),
            transactions: self.golden.batch.transactions.len(),
            hooks,
            storage_accesses: vm.storage_log().len(),
            fast: begin.elapsed(),
            ..Figures::default()
        })
    }

    fn run(&mut self, vm: &mut Vm, op: usize, icount: u64, ends: bool) -> Result<(), FailureKind> {
        if vm.ended().is_some() {
            return Err(FailureKind::AfterEnd);
        }
        let exit = vm.run(&mut self.world).map_err(stopped)?;
        if vm.instructions() == icount && matches!(exit, Exit::Hook(_)) != ends {
            return Ok(());
        }
        Err(FailureKind::Differs(Difference {
            what: format!("host_script[{op}].icount"),
            expected: icount.to_string(),
            actual: format!("{}, {exit:?}", vm.instructions()),
        }))
    }
}
