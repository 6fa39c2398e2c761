//! An exact, fast, `no_std` EraVM: the virtual machine of the ZK Stack.
//!
//! A [`Vm`] is made from [`Settings`] and an [`Entry`] and run against a [`Host`], which answers for storage, code and
//! precompiles. It comes back with an [`Exit`] when the first frame ends, at a hook, at a limit or when a [`Tracer`] asks; running
//! again goes on. [`asm`] has an assembler and a disassembler, [`isa`] the instruction set.
//!
//! ```
//! use eravm_core::asm::assemble;
//! use eravm_core::{Address, Entry, Exit, InMemory, Program, Semantics, Settings, VersionedHash, Vm, Word};
//!
//! let code = assemble(".text\nentry:\n add 40, r0, r1\n add 2, r1, r1\n st.1 0, r1\n ret r0")?;
//! let program = Program::new(&code.bytecode)?;
//! let mut base_contract = VersionedHash::default();
//! base_contract.0[0] = VersionedHash::ERAVM;
//! let settings = Settings::new(Semantics::newest(), base_contract, base_contract);
//! let entry = Entry::new(Address::repeat_byte(1), Address::repeat_byte(2), program, &[], 1000);
//! let mut vm = Vm::new(settings, entry)?;
//! assert!(matches!(vm.run(&mut InMemory::new())?, Exit::Returned(_)));
//! assert_eq!(vm.heap_word(0), Word::from_u64(42));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Where the reference gives up
//!
//! The reference implementation is a library that trusts its caller: it asserts. Here nothing that code, calldata or state can do
//! panics; [`Stop`] has a table of what takes the place of each assertion.
//!
//! And four things the reference can do that this machine does not: they need kernel code which forges page numbers for
//! precompiles. Each ends the run with a [`Stop`], never with another result: reading a stack page
//! ([`Stop::PageNotReadable`]), reading a page that was freed because no pointer to it was left ([`Stop::PageFreed`]),
//! writing to a code or stack page ([`Stop::PageNotWritable`]), and more work than [`precompiles::MAX_INPUT_BYTES`]
//! ([`Stop::PrecompileTooMuchWork`]).
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

pub mod asm;
mod hash;
mod host;
mod in_memory;
pub mod isa;
pub mod precompiles;
mod program;
mod protocol;
pub mod pubdata;
pub mod semantics;
mod state;
mod versioned_hash;
mod vm;
mod word;

pub use host::{CodeStore, Host, HostTypes, Storage, StorageSlot};
pub use in_memory::InMemory;
pub use program::{CodeError, MAX_CODE_WORDS, Program};
pub use protocol::{
    Known, NEWEST_KNOWN_PROTOCOL, OLDEST_KNOWN_PROTOCOL, ProtocolTooOld, Semantics,
};
pub use versioned_hash::{CodeDigest, CodeKind, VersionedHash};
#[cfg(feature = "compiled")]
pub use vm::compiled;
pub use vm::{
    ACCOUNT_CODE_STORAGE, Ending, Entry, Event, Exit, FrameView, L1Message, Limits,
    MOST_KEPT_BYTES, NativeCall, NativeCaller, NativeData, NativePoint, NativeSlot, NativeWarmth,
    NoTracer, Outcome, Refusal, RunError, Settings, SetupError, SnapshotError, Step, Stop,
    StorageAccess, StorageChange, Tracer, Verdict, Vm, Work, is_kernel,
};
pub use word::{Address, Word, system_address};
