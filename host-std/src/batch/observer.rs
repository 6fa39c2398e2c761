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

/// What the embedded system's bootloader says of the gas of a transaction. That of bytecode says it with [hooks](Hook) and its heap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GasNote {
    /// Gas for the validation; of transactions from L1, for their hash and the code that comes with them.
    Prepared(u64),
    /// What is called begins; the ergs of the bootloader's frame.
    CallBegins(u32),
    /// The operator is asked for a refund.
    RefundAsked {
        /// Gas that the bootloader proposes to refund.
        proposed: Word,
        /// Gas spent on pubdata.
        spent_on_pubdata: Word,
        /// Gas that a byte of pubdata costs the transaction.
        gas_per_pubdata: u32,
    },
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
    /// The embedded system's bootloader says what a part of a transaction took.
    fn gas(&mut self, note: GasNote) {}
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
