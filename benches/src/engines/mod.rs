//! The engines, behind one interface.

#[cfg(feature = "peers")]
mod contestants;
pub mod interpreter;
mod surroundings;
#[cfg(feature = "peers")]
pub mod vm2;
#[cfg(feature = "peers")]
pub mod zk_evm;
#[cfg(feature = "peers")]
mod zk_evm_storage;
#[cfg(feature = "peers")]
mod zk_evm_tracer;

use crate::end_state::{EndState, Hook};
use eravm_core::Word;

#[cfg(feature = "peers")]
pub use contestants::{contestants, just_run};

/// An engine with a call prepared: code decoded, state loaded.
pub trait Engine {
    /// A machine.
    type Machine<'a>: Machine
    where
        Self: 'a;

    /// A machine at the first instruction. `watched` ones also keep what [`Machine::end_state`] wants to know.
    fn machine(&mut self, watched: bool) -> Self::Machine<'_>;
}

/// A machine with its host.
pub trait Machine {
    /// Runs until the hook or the end.
    fn run(&mut self);
    /// Where it was stopped.
    fn hook(&mut self) -> Hook;
    /// Writes a word to a byte address of the first frame's heap.
    fn write_heap(&mut self, address: u32, word: &Word);
    /// Gives the current frame other ergs.
    fn set_ergs(&mut self, ergs: u32);
    /// Makes a snapshot.
    fn make_snapshot(&mut self);
    /// Forgets the snapshot.
    fn pop_snapshot(&mut self);
    /// Goes back to the snapshot.
    fn rollback(&mut self);
    /// What came out.
    fn end_state(self) -> EndState;
}

/// What a host does to a machine.
#[derive(Clone, Debug)]
pub enum Action {
    /// Writes words to the first frame's heap, by byte address.
    Write(Vec<(u32, Word)>),
    /// Gives the current frame other ergs.
    SetErgs(u32),
    /// Runs until the hook, or the end.
    Run,
    /// Makes a snapshot of the machine.
    MakeSnapshot,
    /// Forgets the snapshot.
    PopSnapshot,
    /// Goes back to the snapshot.
    Rollback,
}
