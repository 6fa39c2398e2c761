//! All cases of the comparison.

use crate::case::Case;
use crate::engines;
use crate::engines::interpreter;
use crate::workloads::{self, Per, Workload};

/// A case that is yet to be made: loading all of them at once would take memory and time.
pub struct Plan {
    /// The case's name.
    pub name: String,
    /// Makes it.
    pub make: Box<dyn Fn() -> Case>,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("name", &self.name).finish_non_exhaustive()
    }
}

/// All cases, in the order of reports. Those that need a corpus which is missing are announced on standard error.
pub fn all() -> Vec<Plan> {
    let plan = |workload: &'static Workload| Plan {
        name: workload.name.to_owned(),
        make: Box::new(move || assembly(workload)),
    };
    workloads::ALL.iter().map(plan).collect()
}

fn assembly(workload: &Workload) -> Case {
    let call = workload.call();
    let (unit, units) = match workload.per {
        Per::Instruction => ("instruction", interpreter::CallWork::new(&call).instructions()),
        Per::Iteration(unit) => (unit, workload.iterations),
    };
    Case {
        name: workload.name.to_owned(),
        unit,
        units,
        contestants: engines::contestants(&call),
        absent: Vec::new(),
    }
}
