//! The bootloader: what validates, charges and executes transactions, and ends the batch.
//!
//! It is the native first frame of the machine. Its host calls it for one transaction after the other, and for the end of the batch;
//! what it must remember in between is its [`Progress`]. System contracts it calls as Rust functions, everything else by far calls.
//!
//! SPEC: the steps, their order and their errors are those of `bootloader.yul` of protocol 29 (era-contracts).

mod batch;
mod block;
mod execution;
mod gas;
mod interrupt;
mod l1;
mod l2;
mod machine;
mod methods;
mod operator;
mod payment;
mod progress;
mod refund;
mod structure;
mod submission;
mod tip;
mod validation;

pub(crate) use block::BlockDescription;
pub(crate) use interrupt::Interrupt;
pub(crate) use operator::{Operator, RefundQuestion};
pub(crate) use progress::Progress;
pub(crate) use submission::Submission;

use super::call::Then;
use super::world::World;
use crate::batch::{BatchEnvironment, Hook};
use eravm_core::Vm;
use eravm_core::semantics::FatPointer;

/// What a bootloader is made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Purpose {
    /// Whether accounts and paymasters must return the word that stands for yes.
    pub(crate) insists_on_magic: bool,
    /// Whether senders need not have signed: nothing is validated, charged or refunded.
    pub(crate) impersonates: bool,
    /// Whether it simulates: the base fee is what the host says, and calls can be made without validation.
    pub(crate) simulates: bool,
}

/// The bootloader at work.
pub(crate) struct Bootloader<'a> {
    pub(crate) vm: &'a mut Vm,
    pub(crate) world: &'a mut dyn World,
    /// What native frames do that wait for a call.
    pub(crate) waiting: &'a mut Vec<Then>,
    pub(crate) operator: &'a mut dyn Operator,
    pub(crate) batch: &'a BatchEnvironment,
    pub(crate) purpose: Purpose,
    pub(crate) progress: &'a mut Progress,
    /// What the last far call gave back.
    pub(crate) returned: FatPointer,
}

impl Bootloader<'_> {
    /// Tells the host where it is.
    fn tell(&mut self, hook: Hook) -> Result<(), Interrupt> {
        self.operator.hook(hook, self.vm)
    }

    /// The counter of pubdata, as an instruction shows it.
    fn pubdata(&self) -> u32 {
        self.vm.pubdata().cast_unsigned()
    }
}
