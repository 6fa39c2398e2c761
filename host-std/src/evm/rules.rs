//! What code runs under: a fork, and what is different from it.

use super::differences::{Difference, Differences, MEMORY_LIMIT};
use super::fork::Fork;
use revm_interpreter::context_interface::cfg::GasParams;
use revm_interpreter::primitives::hardfork::SpecId;
use revm_interpreter::{GasTable, instructions};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The most bytes of memory of a frame without [`Difference::MemoryLimit`]: a quarter of what the interpreter's arithmetic can bear.
/// The gas of no block buys it.
const ETHEREUM_MEMORY_LIMIT: u64 = 1 << 30;
/// The most bytes of code that can be deployed, since EIP-170.
const MAX_CODE_BYTES: usize = 24_576;

/// A fork with its prices, and the differences from it.
#[derive(Clone)]
pub struct Rules(Arc<Inner>);

struct Inner {
    fork: Fork,
    differences: Differences,
    static_gas: GasTable,
    dynamic_gas: GasParams,
}

impl Rules {
    /// The rules of a fork, with some differences.
    pub fn new(fork: Fork, differences: Differences) -> Self {
        let spec = fork.spec();
        Self(Arc::new(Inner {
            fork,
            differences,
            static_gas: instructions::gas_table_spec(spec),
            dynamic_gas: GasParams::new_spec(spec),
        }))
    }

    /// The rules of ZKsync.
    pub fn zksync() -> Self {
        static RULES: OnceLock<Rules> = OnceLock::new();
        RULES.get_or_init(|| Self::new(Fork::Cancun, Differences::ZKSYNC)).clone()
    }

    /// The fork.
    pub fn fork(&self) -> Fork {
        self.0.fork
    }

    /// Whether the fork is not older than another.
    pub fn since(&self, fork: Fork) -> bool {
        self.0.fork >= fork
    }

    /// Whether there is a difference.
    pub fn has(&self, difference: Difference) -> bool {
        self.0.differences.has(difference)
    }

    /// The most bytes of code that can be deployed. `None` before there was a limit.
    pub fn max_code_bytes(&self) -> Option<usize> {
        self.since(Fork::SpuriousDragon).then_some(MAX_CODE_BYTES)
    }

    /// The most bytes of code that a constructor can have. `None` before there was a limit.
    pub fn max_init_code_bytes(&self) -> Option<usize> {
        self.since(Fork::Shanghai).then_some(2 * MAX_CODE_BYTES)
    }

    pub(super) fn spec(&self) -> SpecId {
        self.0.fork.spec()
    }

    pub(super) fn static_gas(&self) -> &GasTable {
        &self.0.static_gas
    }

    pub(super) fn dynamic_gas(&self) -> &GasParams {
        &self.0.dynamic_gas
    }

    pub(super) fn memory_limit(&self) -> u64 {
        if self.has(Difference::MemoryLimit) { MEMORY_LIMIT } else { ETHEREUM_MEMORY_LIMIT }
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("fork", &self.0.fork)
            .field("differences", &self.0.differences)
            .finish_non_exhaustive()
    }
}
