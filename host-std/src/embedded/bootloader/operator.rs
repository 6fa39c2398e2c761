//! Whoever runs the bootloader: its host.

use super::interrupt::Interrupt;
use crate::batch::{GasNote, Hook};
use crate::embedded::failure::Caught;
use crate::embedded::world::World;
use eravm_core::semantics::FatPointer;
use eravm_core::{Exit, RunError, Vm, Word};

/// What the operator is asked to refund.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefundQuestion {
    /// The gas limit of the transaction.
    pub(crate) gas_limit: Word,
    /// What the bootloader proposes.
    pub(crate) proposed: Word,
    /// Gas spent on pubdata.
    pub(crate) spent_on_pubdata: Word,
    /// Gas per byte of pubdata.
    pub(crate) gas_per_pubdata: u32,
}

/// The bootloader's host.
pub(crate) trait Operator {
    /// Runs the machine until it suspends.
    fn run(&mut self, vm: &mut Vm, world: &mut dyn World) -> Result<Exit, RunError<Caught>>;

    /// Hears where the bootloader is, and hides ergs from accounts or gives them back.
    fn hook(&mut self, hook: Hook, vm: &mut Vm) -> Result<(), Interrupt>;

    /// What came of a transaction, and a pointer to what it gave back.
    fn post_result(&mut self, vm: &Vm, succeeded: bool, data: FatPointer) -> Result<(), Interrupt>;

    /// The refund that the operator proposes, in gas.
    fn refund(&mut self, vm: &Vm, question: &RefundQuestion) -> Result<u64, Interrupt>;

    /// Hears what a part of a transaction took.
    fn gas(&mut self, note: GasNote);

    /// Hears what is refunded, in gas.
    fn refunded(&mut self, vm: &Vm, gas: u64) -> Result<(), Interrupt>;
}
