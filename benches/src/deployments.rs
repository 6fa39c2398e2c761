//! The bytecodes of the network's own VM benchmark, each run once as what it is there: the constructor of a contract.

use crate::call::{Call, Code, Span};
use crate::case::{Case, names};
use crate::engines;
use eravm_core::{Address, CodeKind};
use eravm_host::golden;

/// Ergs of a run: the gas limit of the benchmark's transactions.
const ERGS: u32 = 30_000_000;
/// Where the contract is.
const ADDRESS: u64 = 0x7fff_0001;
/// r2 of constructors.
const IS_CONSTRUCTOR: u64 = 1;

/// Bytecodes that find leftovers of `dst1` in registers. `zk_evm` 0.153.12 clears it, as protocol 31 does, so it takes
/// another path there. `zksync_vm2` 0.5.0 does not, as protocol 30.
pub(crate) const DEPEND_ON_DST1: &[&str] = &["slot_hash_collision", "write_and_decode"];

/// The system contracts as they are before a golden batch.
#[derive(Clone, Debug)]
pub struct System {
    empty: Call,
}

impl System {
    /// Takes storage and code from a golden batch.
    pub fn of(golden: &golden::Golden, code: &golden::Code) -> Self {
        let batch = &golden.batch;
        let mut empty = Call::new(Address::from_low_u64_be(ADDRESS), Vec::new());
        empty.storage = batch
            .initial_storage
            .iter()
            .map(|(address, key, value, _)| (address.0, key.0, value.0))
            .collect();
        empty.base_contracts = [batch.default_aa_hash.0, batch.evm_emulator_hash.0];
        let hashes = batch.initial_factory_deps.iter().map(|hash| hash.0);
        empty.codes = hashes
            .chain(empty.base_contracts)
            .filter(|hash| matches!(hash.parse(), Some((CodeKind::EraVm, _))))
            .filter_map(|hash| {
                let words = code.get(&hash)?.words();
                let bytes = words.iter().flat_map(|word| word.to_be_bytes()).collect();
                Some(Code { hash, bytes })
            })
            .collect();
        empty.codes.sort_by_key(|code| code.hash);
        empty.codes.dedup_by_key(|code| code.hash);
        Self { empty }
    }

    /// The case for a bytecode.
    pub fn case(&self, name: &str, code: &[u8]) -> Case {
        let call = Call {
            code: code.to_vec(),
            ergs: ERGS,
            flags: IS_CONSTRUCTOR,
            span: Span::Whole,
            ..self.empty.clone()
        };
        let mut contestants = engines::contestants(&call, &engines::just_run());
        for contestant in &mut contestants {
            if contestant.engine == names::ZK_EVM && DEPEND_ON_DST1.contains(&name) {
                contestant.may_differ = Some("depends on whether dst1 is cleared");
            }
        }
        Case {
            name: format!("vm-benchmark/{name}"),
            unit: "run",
            units: 1,
            contestants,
            absent: Vec::new(),
        }
    }
}
