//! What a native contract does next: ends, or calls and goes on when the call has come back.

use super::context::Context;
use super::failure::Failure;
use crate::system_contracts::addresses::MSG_VALUE_SIMULATOR;
use eravm_core::semantics::FatPointer;
use eravm_core::{Address, Ending, NativeCall, NativeCaller, NativeData, Word};
use std::fmt;

/// Bytes that a frame passes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Data {
    /// New ones.
    Bytes(Vec<u8>),
    /// What a pointer points to that the frame was given: its calldata, or what its last call returned.
    Pointer(FatPointer),
}

impl Data {
    pub(crate) fn as_native(&self) -> NativeData<'_> {
        match self {
            Self::Bytes(bytes) => NativeData::Bytes(bytes),
            Self::Pointer(pointer) => NativeData::Pointer(*pointer),
        }
    }
}

/// A far call, as [`NativeCall`] describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Call {
    pub(crate) address: Address,
    pub(crate) caller: NativeCaller,
    pub(crate) ergs: u32,
    pub(crate) calldata: Data,
    pub(crate) value: u128,
    pub(crate) is_static: bool,
    pub(crate) is_constructor: bool,
    pub(crate) is_system: bool,
    /// Extra words of a system call.
    pub(crate) extra: Vec<Word>,
}

impl Call {
    /// An ordinary call with all ergs.
    pub(crate) const fn new(address: Address, calldata: Data) -> Self {
        Self {
            address,
            caller: NativeCaller::This,
            ergs: u32::MAX,
            calldata,
            value: 0,
            is_static: false,
            is_constructor: false,
            is_system: false,
            extra: Vec::new(),
        }
    }

    /// An ordinary call with value, which `MsgValueSimulator` moves.
    pub(crate) fn with_value(address: Address, calldata: Data, value: u128) -> Self {
        if value == 0 {
            return Self::new(address, calldata);
        }
        let extra = vec![Word::from_u128(value), Word::from_address(&address), Word::ZERO];
        Self { is_system: true, extra, ..Self::new(MSG_VALUE_SIMULATOR, calldata) }
    }

    pub(crate) fn as_native(&self) -> NativeCall<'_> {
        NativeCall {
            address: self.address,
            caller: self.caller,
            ergs: self.ergs,
            calldata: self.calldata.as_native(),
            context_u128: self.value,
            is_static: self.is_static,
            is_constructor: self.is_constructor,
            is_system: self.is_system,
            extra: &self.extra,
        }
    }
}

/// What came of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CallOutcome {
    /// Whether it returned.
    pub(crate) succeeded: bool,
    /// What it returned or reverted with; nothing if it panicked.
    pub(crate) data: FatPointer,
}

/// What a contract does when its call has come back.
pub(crate) type Then =
    Box<dyn FnOnce(&mut Context<'_>, CallOutcome) -> Result<Step, Failure> + Send + Sync>;

/// What a native contract does next.
pub(crate) enum Step {
    /// It ends: returns or reverts with data.
    End(Ending, Data),
    /// It calls, and then goes on.
    Call(Box<Call>, Then),
}

impl Step {
    /// It returns bytes.
    pub(crate) const fn returns(bytes: Vec<u8>) -> Self {
        Self::End(Ending::Returns, Data::Bytes(bytes))
    }

    /// It returns a word.
    pub(crate) fn returns_word(word: Word) -> Self {
        Self::returns(word.to_be_bytes().to_vec())
    }

    /// It returns nothing.
    pub(crate) const fn done() -> Self {
        Self::returns(Vec::new())
    }

    /// It calls, and ends as the callee does.
    pub(crate) fn forward(call: Call) -> Self {
        Self::Call(
            Box::new(call),
            Box::new(|_, outcome| {
                let ending = if outcome.succeeded { Ending::Returns } else { Ending::Reverts };
                Ok(Self::End(ending, Data::Pointer(outcome.data)))
            }),
        )
    }

    /// It reverts with a copy of what a call gave back, as compiled contracts do. Outside of kernel space not every pointer may be
    /// passed on.
    pub(crate) fn reverts_with(cx: &mut Context<'_>, data: FatPointer) -> Result<Self, Failure> {
        Ok(Self::End(Ending::Reverts, Data::Bytes(cx.read_bytes(data)?)))
    }

    /// It calls, and then goes on with what was returned. If the call fails, it reverts with the same data.
    pub(crate) fn call_through(
        call: Call,
        then: impl FnOnce(&mut Context<'_>, FatPointer) -> Result<Self, Failure> + Send + Sync + 'static,
    ) -> Self {
        Self::call(call, |cx, outcome| {
            if outcome.succeeded {
                then(cx, outcome.data)
            } else {
                Self::reverts_with(cx, outcome.data)
            }
        })
    }

    /// It calls, and then goes on.
    pub(crate) fn call(
        call: Call,
        then: impl FnOnce(&mut Context<'_>, CallOutcome) -> Result<Self, Failure>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self::Call(Box::new(call), Box::new(then))
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End(ending, data) => f.debug_tuple("End").field(ending).field(data).finish(),
            Self::Call(call, _) => f.debug_tuple("Call").field(call).finish_non_exhaustive(),
        }
    }
}
