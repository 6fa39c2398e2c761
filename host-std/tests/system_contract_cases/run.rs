//! Running a case.

use crate::actors::{MIRROR, Mode, mirrored};
use crate::case::{Call, Case};
use crate::world::{Side, State};
use eravm_core::semantics::FatPointer;
use eravm_core::{
    Address, Ending, Entry, Event, Exit, L1Message, NativeCall, NativeCaller, NativeData,
    NativePoint, Program, RunError, Stop, Vm, Word,
};
use eravm_host::embedded::Natives;
use std::convert::Infallible;

/// How a call ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Outcome {
    pub(crate) ending: Ending,
    pub(crate) data: Vec<u8>,
    /// The counter of pubdata behind it.
    pub(crate) pubdata: i32,
}

/// What can be seen of a case but ergs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Observed {
    pub(crate) outcomes: Vec<Outcome>,
    /// What stopped the machine.
    pub(crate) stop: Option<String>,
    pub(crate) storage: Vec<(Address, Word, Word)>,
    pub(crate) events: Vec<Event>,
    pub(crate) messages: Vec<L1Message>,
}

/// A machine whose first frame is the test itself, as the bootloader.
pub(crate) struct Machine<'a> {
    pub(crate) vm: Vm,
    natives: Natives,
    state: State<'a>,
}

/// Runs a case on a side.
pub(crate) fn run(side: &Side, case: &Case) -> Observed {
    let mut machine = Machine::new(side, case);
    let mut observed = Observed::default();
    for call in &case.calls {
        match machine.call(call) {
            Ok(outcome) => observed.outcomes.push(outcome),
            Err(stop) => {
                observed.stop = Some(stop.to_string());
                return observed;
            }
        }
    }
    let vm = &machine.vm;
    observed.storage = vm
        .storage_changes()
        .into_iter()
        .map(|change| (change.address, change.key, change.after))
        .collect();
    observed.events = vm.events().to_vec();
    observed.messages = vm.l1_messages().to_vec();
    observed
}

impl<'a> Machine<'a> {
    /// In the state of a case.
    pub(crate) fn new(side: &'a Side, case: &Case) -> Self {
        let program = Program::native(vec![Word::ZERO]).expect("a word is code");
        let vm = Vm::new(side.settings, Entry::bootloader(program)).expect("it can run");
        Self { vm, natives: Natives::new(), state: State::new(side, case) }
    }

    /// Does a call.
    pub(crate) fn call(&mut self, call: &Call) -> Result<Outcome, Stop> {
        self.begin(call)?;
        self.finish()
    }

    /// Enters the callee.
    pub(crate) fn begin(&mut self, call: &Call) -> Result<(), Stop> {
        let calldata = match call.inset {
            0 => NativeData::Bytes(&call.calldata),
            inset => {
                let bytes = [&vec![0xa5; inset][..], &call.calldata].concat();
                self.call(&Call::raw(MIRROR, mirrored(Mode::Returns, &bytes)))?;
                let whole = FatPointer::from_word(&self.vm.register(1).0);
                NativeData::Pointer(FatPointer { offset: inset as u32, ..whole })
            }
        };
        self.vm.set_ergs(u32::MAX);
        let native_call = NativeCall {
            address: call.to,
            caller: NativeCaller::Mimicked(call.from),
            ergs: call.ergs,
            calldata,
            context_u128: call.value,
            is_static: call.is_static,
            is_constructor: call.is_constructor,
            is_system: call.is_system,
            extra: &call.extra,
        };
        self.vm.native_call(&mut self.state, &native_call).map_err(stop)
    }

    /// Runs until the call has come back.
    pub(crate) fn finish(&mut self) -> Result<Outcome, Stop> {
        let exit = self.natives.run(&mut self.vm, &mut self.state).map_err(stop)?;
        assert_eq!(exit, Exit::Native, "the first frame does not end by itself");
        let vm = &self.vm;
        let ending = match vm.native_point() {
            Some(NativePoint::Returned) => Ending::Returns,
            // A panic shows in the flags.
            Some(NativePoint::Failed) if vm.flags().lt => Ending::Panics,
            Some(NativePoint::Failed) => Ending::Reverts,
            point => panic!("the first frame waits for a call, and not at {point:?}"),
        };
        let data = vm.read_pointer(FatPointer::from_word(&vm.register(1).0));
        Ok(Outcome { ending, data, pubdata: vm.pubdata() })
    }
}

fn stop(error: RunError<Infallible>) -> Stop {
    match error {
        RunError::Stopped(stop) => stop,
        RunError::Host(never) => match never {},
    }
}
