//! Snapshots of a batch.

use super::super::blocks::SavedBlocks;
use super::super::circuits::CircuitUse;
use super::super::error::BatchError;
use super::super::observer::Observer;
use super::super::state::BatchState;
use super::BatchExecutor;
use super::filling::Filled;
use crate::embedded::bootloader::Progress;

/// What a snapshot needs beside the machine's own.
#[derive(Clone, Debug)]
pub(super) struct Saved {
    blocks: SavedBlocks,
    pushed: usize,
    run: usize,
    filled: Filled,
    circuits: CircuitUse,
    /// Of the embedded system.
    progress: Option<Progress>,
}

impl<S: BatchState, O: Observer> BatchExecutor<S, O> {
    /// Makes a snapshot of the whole batch. It is kept until [`pop_snapshot`](Self::pop_snapshot) or
    /// [`rollback`](Self::rollback).
    ///
    /// # Errors
    /// In the middle of a call, which is where the machine is after it could not go on.
    pub fn make_snapshot(&mut self) -> Result<(), BatchError<S::Fault>> {
        self.vm.make_snapshot()?;
        self.memory.make_snapshot();
        self.snapshots.push(Saved {
            blocks: self.blocks.save(),
            pushed: self.pushed.len(),
            run: self.run,
            filled: self.filled,
            circuits: self.circuits,
            progress: self.embedded.as_ref().map(|embedded| embedded.progress.clone()),
        });
        self.observer.snapshot_made();
        Ok(())
    }

    /// Forgets the newest snapshot: what happened since stays.
    ///
    /// # Errors
    /// Without a snapshot.
    pub fn pop_snapshot(&mut self) -> Result<(), BatchError<S::Fault>> {
        self.vm.pop_snapshot()?;
        self.memory.pop_snapshot();
        self.snapshots.pop();
        self.observer.snapshot_popped();
        Ok(())
    }

    /// Goes back to the newest snapshot and forgets it.
    ///
    /// # Errors
    /// Without a snapshot.
    pub fn rollback(&mut self) -> Result<(), BatchError<S::Fault>> {
        self.vm.rollback()?;
        self.memory.rollback();
        if let Some(saved) = self.snapshots.pop() {
            self.blocks.restore(saved.blocks);
            self.pushed.truncate(saved.pushed);
            self.run = saved.run;
            self.filled = saved.filled;
            self.circuits = saved.circuits;
            if let (Some(embedded), Some(progress)) = (&mut self.embedded, saved.progress) {
                embedded.progress = progress;
                embedded.natives.forget_frames();
            }
        }
        self.observer.rolled_back();
        Ok(())
    }
}
