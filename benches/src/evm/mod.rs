//! EVM code: on the embedded system, and on `revm`.
//!
//! A run is one call of a contract from outside. Both keep the memory of the run before: `revm` its machine, this one a machine to be
//! recycled. The embedded system has frames of EraVM around those of the EVM, with ergs, rollback and system contracts; `revm` has what
//! belongs to a transaction of Ethereum.

mod embedded;
mod peer;

use crate::case::{Case, Contestant, names};
use eravm_core::{Address, Word};
use eravm_tests::solidity::Contracts;
use std::error::Error;

pub use peer::PeerBatch;

/// Who calls.
const CALLER: Address = Address::repeat_byte(0xca);
/// Where the contract is.
const CONTRACT: Address = Address::repeat_byte(0xc0);
/// Gas of a call: what all ergs are worth that a call can have.
const GAS: u64 = u32::MAX as u64 / 5;

/// A call of a function of `Workloads`, which is in `tests/solidity`.
#[derive(Clone, Copy, Debug)]
pub struct EvmWorkload {
    /// Name of the case.
    pub name: &'static str,
    function: &'static str,
    /// How often it does what its times are divided by.
    iterations: u64,
    /// What that is, in the singular.
    unit: &'static str,
}

/// All of them.
pub const ALL: &[EvmWorkload] = &[
    EvmWorkload {
        name: "evm/fibonacci",
        function: "fibonacci(uint256)",
        iterations: 50_000,
        unit: "step",
    },
    EvmWorkload {
        name: "evm/keccak",
        function: "hashes(uint256)",
        iterations: 10_000,
        unit: "hash of 64 bytes",
    },
    EvmWorkload {
        name: "evm/erc20",
        function: "transfers(uint256)",
        iterations: 1_000,
        unit: "transfer",
    },
    EvmWorkload { name: "evm/tracer", function: "trace(uint256)", iterations: 40, unit: "line" },
];

/// The code that creates a token for the sender, arguments included.
pub fn token() -> Vec<u8> {
    let contracts = Contracts::load();
    let mut code = contracts.get("Token").creation.clone();
    // An offset, the supply, and an empty name.
    let arguments = [Word::from_u64(64), Word::from_u64(u64::MAX), Word::ZERO];
    code.extend(arguments.iter().flat_map(Word::to_be_bytes));
    code
}

/// What can be seen of a call on both engines.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Seen {
    returned: Vec<u8>,
    /// Addresses, topics and data of its events.
    events: Vec<(Address, Vec<Word>, Vec<u8>)>,
}

impl EvmWorkload {
    /// The case, with so many iterations.
    ///
    /// # Errors
    /// If an engine fails to run it, or they do not do the same.
    pub fn case_with(&self, iterations: u64) -> Result<Case, Box<dyn Error>> {
        let contracts = Contracts::load();
        let contract = contracts.get("Workloads");
        let calldata = contract.call(self.function, &[iterations]);
        let embedded = embedded::Work::new(&contract.runtime, &calldata)?;
        let mut peer = peer::Work::new(&contract.runtime, &calldata);
        let (ours, theirs) = (embedded.run()?, peer.run()?);
        if ours != theirs {
            return Err(
                format!("{}: revm does something else: {ours:?} {theirs:?}", self.name).into()
            );
        }
        Ok(Case {
            name: self.name.to_owned(),
            unit: self.unit,
            units: iterations,
            contestants: vec![
                Contestant { engine: names::EMBEDDED, work: Box::new(embedded), may_differ: None },
                Contestant { engine: names::REVM, work: Box::new(peer), may_differ: None },
            ],
            absent: Vec::new(),
        })
    }

    /// The case as it is measured.
    ///
    /// # Errors
    /// As [`case_with`](Self::case_with).
    pub fn case(&self) -> Result<Case, Box<dyn Error>> {
        self.case_with(self.iterations)
    }
}
