//! What is run: far calls from a state.

use crate::abi::{Value, calldata};
use eravm_core::{Address, Program, VersionedHash, Word};

/// A far call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) to: Address,
    pub(crate) from: Address,
    pub(crate) calldata: Vec<u8>,
    pub(crate) value: u128,
    pub(crate) is_static: bool,
    pub(crate) is_system: bool,
    pub(crate) is_constructor: bool,
    pub(crate) extra: Vec<Word>,
    /// More makes no difference.
    pub(crate) ergs: u32,
    /// If this is not zero, the calldata is a part of what a contract returned, behind so many bytes.
    pub(crate) inset: usize,
}

/// Who calls where it is not said.
pub(crate) const USER: Address = Address::repeat_byte(0x55);

impl Call {
    /// A call with bytes, from a user.
    pub(crate) fn raw(to: Address, calldata: impl Into<Vec<u8>>) -> Self {
        Self {
            to,
            from: USER,
            calldata: calldata.into(),
            value: 0,
            is_static: false,
            is_system: false,
            is_constructor: false,
            extra: Vec::new(),
            ergs: u32::MAX,
            inset: 0,
        }
    }

    /// A call of a function, from a user.
    pub(crate) fn new(to: Address, signature: &str, arguments: &[Value]) -> Self {
        Self::raw(to, calldata(signature, arguments))
    }

    pub(crate) const fn from(mut self, from: Address) -> Self {
        self.from = from;
        self
    }

    pub(crate) const fn value(mut self, value: u128) -> Self {
        self.value = value;
        self
    }

    pub(crate) const fn statically(mut self) -> Self {
        self.is_static = true;
        self
    }

    pub(crate) const fn with_system_flag(mut self) -> Self {
        self.is_system = true;
        self
    }

    /// A system call with extra words.
    pub(crate) fn extra(mut self, words: &[Word]) -> Self {
        self.is_system = true;
        self.extra = words.to_vec();
        self
    }

    pub(crate) const fn with_constructor_flag(mut self) -> Self {
        self.is_constructor = true;
        self
    }

    pub(crate) const fn ergs(mut self, ergs: u32) -> Self {
        self.ergs = ergs;
        self
    }

    /// With bytes behind the calldata.
    pub(crate) fn with(mut self, bytes: &[u8]) -> Self {
        self.calldata.extend_from_slice(bytes);
        self
    }

    /// With the calldata cut off.
    pub(crate) fn cut(mut self, length: usize) -> Self {
        self.calldata.truncate(length);
        self
    }

    /// With another word at a place behind the selector.
    pub(crate) fn word(mut self, index: usize, word: Word) -> Self {
        let at = 4 + 32 * index;
        self.calldata[at..at + 32].copy_from_slice(&word.to_be_bytes());
        self
    }
}

/// Calls one after the other in one transaction.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) calls: Vec<Call>,
    /// Slots that are other than they are in a new chain.
    pub(crate) slots: Vec<(Address, Word, Word)>,
    /// Code that is there beside that of the actors.
    pub(crate) codes: Vec<(VersionedHash, Program)>,
    /// Whether gas may differ that calls return.
    pub(crate) gas_may_differ: bool,
    /// Whether it is varied.
    pub(crate) varies: bool,
}

impl Case {
    pub(crate) fn new(name: impl Into<String>, call: Call) -> Self {
        Self {
            name: name.into(),
            calls: vec![call],
            slots: Vec::new(),
            codes: Vec::new(),
            gas_may_differ: false,
            varies: true,
        }
    }

    /// And then another call.
    pub(crate) fn then(mut self, call: Call) -> Self {
        self.calls.push(call);
        self
    }

    /// With a slot.
    pub(crate) fn slot(mut self, address: Address, key: Word, value: Word) -> Self {
        self.slots.push((address, key, value));
        self
    }

    /// Without variants, as it takes too long.
    pub(crate) const fn unvaried(mut self) -> Self {
        self.varies = false;
        self
    }

    /// With slots.
    pub(crate) fn slots(mut self, slots: &[(Address, Word, Word)]) -> Self {
        self.slots.extend_from_slice(slots);
        self
    }
}
