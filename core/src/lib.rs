//! An exact, fast, `no_std` EraVM: the virtual machine of the ZK Stack.
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
pub use vm::{
    ACCOUNT_CODE_STORAGE, Entry, Event, Exit, FrameView, L1Message, Limits, NoTracer, Outcome,
    Refusal, RunError, Settings, SetupError, SnapshotError, Step, Stop, StorageAccess,
    StorageChange, Tracer, Verdict, Vm, is_kernel,
};
pub use word::{Address, Word, system_address};
