//! One row group of the comparison: the same work for several engines.

use crate::end_state::EndState;
use std::time::Duration;

/// Names of the engines in reports.
pub mod names {
    /// This project's interpreter.
    pub const INTERPRETER: &str = "interpreter";
    /// The same with all code compiled beforehand.
    pub const JIT: &str = "jit";
    /// This project's interpreter with its host: the batch is run from its transactions.
    pub const EXECUTOR: &str = "executor";
    /// The same in a node that knows the signers of the transactions before.
    pub const EXECUTOR_WITH_SIGNERS: &str = "executor+signers";
    /// The executor with the embedded system instead of that of bytecode.
    pub const EMBEDDED: &str = "embedded";
    /// The same in a node that knows the signers.
    pub const EMBEDDED_WITH_SIGNERS: &str = "embedded+signers";
    /// `zksync_vm2`.
    pub const VM2: &str = "vm2";
    /// `revm`, with Ethereum's transactions.
    pub const REVM: &str = "revm";
    /// `zk_evm`.
    pub const ZK_EVM: &str = "zk_evm";
}

/// Work that can be repeated, always with the same result.
pub trait Work {
    /// Does the work once and says how long the measured part took.
    fn time(&mut self) -> Duration;

    /// Does the work once and says what came out; `None` if there is nothing to compare.
    fn end_state(&mut self) -> Option<EndState>;
}

/// An engine with its part of a case.
pub struct Contestant {
    /// Its name in reports, see [`names`].
    pub engine: &'static str,
    /// What it does.
    pub work: Box<dyn Work>,
    /// Why its end state is allowed to differ from that of the others, if it is.
    pub may_differ: Option<&'static str>,
}

impl std::fmt::Debug for Contestant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contestant").field("engine", &self.engine).finish_non_exhaustive()
    }
}

/// The same work for several engines.
#[derive(Debug)]
pub struct Case {
    /// Name in reports.
    pub name: String,
    /// What the times are divided by, in the singular: "instruction", "call", "run".
    pub unit: &'static str,
    /// How many of those there are in a run.
    pub units: u64,
    /// The engines. The first one is the measure for end states.
    pub contestants: Vec<Contestant>,
    /// Engines that cannot run it, with the reason.
    pub absent: Vec<(&'static str, &'static str)>,
}

impl Case {
    /// Runs every engine once and compares how they end.
    ///
    /// # Errors
    /// What differs, if anything does that may not.
    pub fn verify(&mut self) -> Result<(), String> {
        let Some((first, others)) = self.contestants.split_first_mut() else {
            return Ok(());
        };
        let Some(expected) = first.work.end_state() else {
            return Ok(());
        };
        for other in others {
            let Some(found) = other.work.end_state() else { continue };
            let difference = expected.difference(&found);
            if let (Some(difference), None) = (difference, other.may_differ) {
                return Err(format!(
                    "{}: {} and {} end differently: {difference}",
                    self.name, first.engine, other.engine
                ));
            }
        }
        Ok(())
    }
}
