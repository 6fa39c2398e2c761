//! The bootloader's frame: far calls, near frames, ergs.

use super::{Bootloader, Interrupt};
use crate::batch::ErrorCode;
use crate::embedded::call::{Call, CallOutcome};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::natives::{Frames, begin_call};
use crate::embedded::world::World;
use eravm_core::semantics::FatPointer;
use eravm_core::{Ending, Exit, NativePoint, Vm};

/// Ergs that the bootloader keeps for itself when it gives some to a transaction.
const RESERVE_ERGS: u64 = 1_000_000;

impl Bootloader<'_> {
    /// The bootloader's frame for system contracts that are called as functions.
    pub(super) fn context(&mut self) -> Context<'_> {
        Context::new(self.vm, self.world)
    }

    /// Makes a far call and runs the machine until it has come back.
    pub(super) fn call(&mut self, call: &Call) -> Result<CallOutcome, Interrupt> {
        begin_call(self.vm, self.world, &call.as_native())?;
        let operator = &mut *self.operator;
        let mut runner = |vm: &mut Vm, world: &mut dyn World| operator.run(vm, world);
        let exit = Frames { waiting: self.waiting }.run(self.vm, self.world, &mut runner)?;
        let succeeded = match (exit, self.vm.native_point()) {
            (Exit::Native, Some(NativePoint::Returned)) => true,
            (Exit::Native, Some(NativePoint::Failed)) => false,
            (Exit::Paused, _) => return Err(Interrupt::Tracer),
            // Not even the place where the call would come back could be reached: the call stack is full.
            _ => return Err(Interrupt::Panics),
        };
        self.returned = FatPointer::from_word(&self.vm.register(1).0);
        Ok(CallOutcome { succeeded, data: self.returned })
    }

    /// What a call gave back.
    pub(super) fn data_of(&self, outcome: &CallOutcome) -> Vec<u8> {
        self.vm.read_pointer(outcome.data)
    }

    /// Does something in a near frame with some of the ergs. `None` if that panicked: what it did is taken back, and the ergs are gone.
    pub(super) fn near<T>(
        &mut self,
        gas: u64,
        work: impl FnOnce(&mut Self) -> Result<T, Interrupt>,
    ) -> Result<Option<T>, Interrupt> {
        self.vm.native_begin(u32::try_from(gas).unwrap_or(u32::MAX));
        match work(self) {
            Ok(result) => {
                self.vm.native_end_near(Ending::Returns);
                Ok(Some(result))
            }
            Err(Interrupt::NearPanics) => {
                self.vm.charge(u32::MAX);
                self.vm.native_end_near(Ending::Panics);
                Ok(None)
            }
            Err(interrupt) => Err(interrupt),
        }
    }

    /// Makes sure that ergs which are to be given to a near frame are there, and some for what comes behind it.
    pub(super) fn check_enough_gas(&self, gas: u64) -> Result<(), Interrupt> {
        if u64::from(self.vm.ergs()) < gas.saturating_add(RESERVE_ERGS) {
            return Err(Interrupt::halt(ErrorCode::NotEnoughGasProvided));
        }
        Ok(())
    }

    /// Gas that was spent since there was so much.
    pub(super) fn gas_since(&self, before: u32) -> u64 {
        u64::from(before.saturating_sub(self.vm.ergs()))
    }

    /// Does what a system contract does, in a near frame that panics if that fails.
    pub(super) fn in_near<T>(
        &mut self,
        work: impl FnOnce(&mut Context<'_>) -> Result<T, Failure>,
    ) -> Result<T, Interrupt> {
        work(&mut self.context()).map_err(Interrupt::of_near_call)
    }
}
