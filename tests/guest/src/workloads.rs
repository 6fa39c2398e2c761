//! What the guest runs. The test includes this file, too, to run the same on the machine it runs on.

use eravm_core::{Address, Entry, Program, Semantics, Settings, VersionedHash, Vm};

/// Iterations of the two runs of each program. Their difference is free of what is done once.
pub const COUNTS: [u32; 2] = [500, 1000];

/// A program with a loop.
#[derive(Debug)]
pub struct Workload {
    /// What it is called in reports.
    pub name: &'static str,
    /// Assembly. It reads the number of iterations from its calldata.
    pub source: &'static str,
}

macro_rules! workload {
    ($name:literal, $path:literal) => {
        Workload { name: $name, source: include_str!(concat!("../../", $path, ".asm")) }
    };
}

/// All programs.
pub const ALL: [Workload; 7] = [
    workload!("arithmetic", "guest/workloads/arith"),
    workload!("multiplication", "guest/workloads/mul"),
    workload!("near calls", "guest/workloads/near_call"),
    workload!("bench arith", "../benches/workloads/arith"),
    workload!("bench mul", "../benches/workloads/mul"),
    workload!("bench near_call", "../benches/workloads/near_call"),
    workload!("bench heap", "../benches/workloads/heap"),
];

/// The calldata for a number of iterations.
pub fn calldata(count: u32) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[28..].copy_from_slice(&count.to_be_bytes());
    bytes
}

impl Workload {
    /// A machine at the first instruction; `None` if there cannot be one.
    pub fn machine(&self, program: &Program, calldata: &[u8]) -> Option<Vm> {
        // Neither of the two is ever run: there are no accounts. They must be well formed.
        let mut base = VersionedHash([0; 32]);
        base.0[0] = VersionedHash::ERAVM;
        let settings = Settings::new(Semantics::newest(), base, base);
        let user = Address::repeat_byte(0x11);
        let entry = Entry::new(user, user, program.clone(), calldata, u32::MAX);
        Vm::new(settings, entry).ok()
    }
}
