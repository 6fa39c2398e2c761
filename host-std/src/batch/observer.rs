//! Watching what the host of a batch does.

use super::hook::Hook;
use eravm_core::semantics::FatPointer;
use eravm_core::{Exit, Vm, Word};

/// What the host wrote to the bootloader's heap for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WriteReason {
    /// The parameters of the batch.
    Initial,
    /// A transaction.
    Transaction,
    /// The refund that the operator proposes.
    OperatorRefund,
    /// The last block, which has no transactions.
    LastBlock,
    /// What is published.
    Pubdata,
}

/// Somebody who watches what the host of a batch does, in order: for recordings, comparisons and progress.
///
/// Everything has a default that does nothing.
#[expect(unused_variables, reason = "the names are for those who implement it")]
pub trait Observer {
    /// The host wrote words to the bootloader's heap.
    fn heap_write(&mut self, reason: WriteReason, words: &[(u32, Word)]) {}
    /// The bootloader suspended the machine.
    fn hook(&mut self, hook: Hook, vm: &Vm) {}
    /// The host gave the current frame other ergs.
    fn set_ergs(&mut self, ergs: u32) {}
    /// The host read what the bootloader points to.
    fn heap_read(&mut self, pointer: FatPointer, bytes: &[u8]) {}
    /// The bootloader's frame ended.
    fn ended(&mut self, exit: Exit, output: &[u8], vm: &Vm) {}
    /// A snapshot was made.
    fn snapshot_made(&mut self) {}
    /// The newest snapshot was forgotten.
    fn snapshot_popped(&mut self) {}
    /// The host went back to the newest snapshot.
    fn rolled_back(&mut self) {}
    /// The next block was begun.
    fn block_begun(&mut self) {}
}

impl Observer for () {}
