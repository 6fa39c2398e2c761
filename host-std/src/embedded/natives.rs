//! Running a machine with native contracts.

use super::call::{CallOutcome, Step, Then};
use super::context::Context;
use super::contract::NativeContract;
use super::failure::{Caught, Failure};
use super::world::{Catching, Store, World};
use crate::batch::NativeDeed;
use eravm_core::semantics::FatPointer;
use eravm_core::{
    Ending, Exit, Host, Limits, NativeCall, NativeData, NativePoint, NoTracer, RunError, Vm,
};
use std::fmt;

/// Native frames that wait for a call to come back, and what native contracts know beside the state.
///
/// A machine is run with one of these from its beginning to its end.
#[derive(Default)]
pub struct Natives {
    pub(crate) waiting: Vec<Then>,
    pub(crate) store: Store,
}

/// Runs a machine until it suspends or ends.
pub(crate) type Runner<'a> =
    dyn FnMut(&mut Vm, &mut dyn World) -> Result<Exit, RunError<Caught>> + 'a;

impl Natives {
    /// For a new machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs a machine as [`Vm::run`] does, and what is native of it. If the first frame is native, that is its host's business: the run
    /// comes back with [`Exit::Native`] whenever it is its turn.
    ///
    /// # Errors
    /// As [`Vm::run`].
    pub fn run<H: Host>(&mut self, vm: &mut Vm, host: &mut H) -> Result<Exit, RunError<H::Fault>> {
        self.run_after(vm, host, |_, _| Ok(()))
    }

    /// Makes a call from the first frame, which is native, and runs the machine as [`run`](Self::run) does: until the call has come
    /// back, which [`Vm::native_point`] then says, or something stops it.
    ///
    /// # Errors
    /// As [`Vm::native_call`] and [`Vm::run`].
    pub fn call<H: Host>(
        &mut self,
        vm: &mut Vm,
        host: &mut H,
        call: &NativeCall<'_>,
    ) -> Result<Exit, RunError<H::Fault>> {
        self.run_after(vm, host, |vm, mut world| vm.native_call(&mut world, call))
    }

    fn run_after<H: Host>(
        &mut self,
        vm: &mut Vm,
        host: &mut H,
        first: impl FnOnce(&mut Vm, &mut dyn World) -> Result<(), RunError<Caught>>,
    ) -> Result<Exit, RunError<H::Fault>> {
        let Self { waiting, store } = self;
        let mut world = Catching::new(host, store);
        let mut runner = |vm: &mut Vm, mut world: &mut dyn World| {
            vm.run_traced(&mut world, &mut NoTracer, Limits::default())
        };
        let exit = first(vm, &mut world)
            .and_then(|()| Frames { waiting }.run(vm, &mut world, &mut runner));
        exit.map_err(|stopped| match (stopped, world.into_fault()) {
            (RunError::Stopped(stop), _) => RunError::Stopped(stop),
            (RunError::Host(Caught), Some(fault)) => RunError::Host(fault),
            (RunError::Host(Caught), None) => unreachable!("a fault was caught"),
        })
    }

    /// Forgets frames that wait, after the machine was rolled back to where there are none.
    pub(crate) fn forget_frames(&mut self) {
        self.waiting.clear();
        self.store.passed_to_evm = None;
    }
}

impl fmt::Debug for Natives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Natives").field("waiting", &self.waiting.len()).finish_non_exhaustive()
    }
}

/// Makes a far call from the current, native frame.
pub(crate) fn begin_call(
    vm: &mut Vm,
    mut world: &mut dyn World,
    call: &NativeCall<'_>,
) -> Result<(), RunError<Caught>> {
    vm.native_call(&mut world, call)?;
    if let Some(watcher) = world.watcher() {
        let deed = NativeDeed::Called { caller: call.caller, is_static: call.is_static };
        watcher.native(&deed, vm);
    }
    Ok(())
}

/// Ends the current, native frame, which is not the first one.
fn end(vm: &mut Vm, world: &dyn World, ending: Ending, data: NativeData<'_>) {
    let watcher = world.watcher();
    if let Some(watcher) = watcher {
        watcher.native(&NativeDeed::Ends(ending), vm);
    }
    vm.native_end(ending, data);
    if let Some(watcher) = watcher {
        watcher.native(&NativeDeed::Ended, vm);
    }
}

/// The native frames of a machine.
pub(crate) struct Frames<'a> {
    /// What those do that wait for a call, the innermost last.
    pub(crate) waiting: &'a mut Vec<Then>,
}

impl Frames<'_> {
    /// Runs a machine until it suspends for another reason than a native frame above the first, or ends.
    pub(crate) fn run(
        &mut self,
        vm: &mut Vm,
        world: &mut dyn World,
        runner: &mut Runner<'_>,
    ) -> Result<Exit, RunError<Caught>> {
        loop {
            let exit = runner(vm, world)?;
            let is_first = vm.calling_frames().next().is_none();
            let point = match vm.native_point() {
                Some(point) if exit == Exit::Native && !is_first => point,
                _ => return Ok(exit),
            };
            self.do_step(vm, world, point)?;
        }
    }

    /// Does what a native frame does next.
    fn do_step(
        &mut self,
        vm: &mut Vm,
        world: &mut dyn World,
        point: NativePoint,
    ) -> Result<(), RunError<Caught>> {
        let cx = &mut Context::new(vm, world);
        let step = match point {
            NativePoint::Entered => NativeContract::enter_frame(cx),
            NativePoint::Returned | NativePoint::Failed => {
                let data = FatPointer::from_word(&cx.vm.register(1).0);
                let outcome = CallOutcome { succeeded: point == NativePoint::Returned, data };
                match self.waiting.pop() {
                    Some(then) => then(cx, outcome),
                    None => Err(Failure::Panic),
                }
            }
        };
        let Context { vm, world } = Context::new(vm, world);
        match step {
            Ok(Step::End(ending, data)) => end(vm, world, ending, data.as_native()),
            Err(Failure::Revert(data)) => {
                end(vm, world, Ending::Reverts, NativeData::Bytes(&data));
            }
            Err(Failure::Panic) => end(vm, world, Ending::Panics, NativeData::Bytes(&[])),
            Err(Failure::Stopped(stop)) => return Err(stop.into()),
            Err(Failure::Fault) => return Err(RunError::Host(Caught)),
            Ok(Step::Call(call, then)) => {
                begin_call(vm, world, &call.as_native())?;
                self.waiting.push(then);
            }
        }
        Ok(())
    }
}
