//! Contracts that a compiler made: `solidity/` has their sources, and how they were made.

use crate::corpus::unhex;
use alloc::collections::BTreeMap;
use eravm_core::Word;
use serde_json::Value;

/// The contracts by name.
#[derive(Clone, Debug)]
pub struct Contracts(BTreeMap<String, Contract>);

/// A contract.
#[derive(Clone, Debug)]
pub struct Contract {
    /// The code of its constructor, before the arguments.
    pub creation: Vec<u8>,
    /// Its code, if its constructor sets nothing in it.
    pub runtime: Vec<u8>,
    functions: BTreeMap<String, Vec<u8>>,
}

impl Contracts {
    /// All of them.
    ///
    /// # Panics
    /// If the file is damaged.
    pub fn load() -> Self {
        let json: Value = serde_json::from_str(include_str!("../solidity/contracts.json"))
            .expect("contracts.json is JSON");
        let code = |value: &Value| value.as_str().and_then(unhex).expect("it is code");
        let contracts = json["contracts"].as_object().expect("it has contracts").iter();
        let contracts = contracts.map(|(name, contract)| {
            let functions = contract["functions"].as_object().expect("it has functions").iter();
            let functions = functions.map(|(name, selector)| (name.clone(), code(selector)));
            let contract = Contract {
                creation: code(&contract["creation"]),
                runtime: code(&contract["runtime"]),
                functions: functions.collect(),
            };
            (name.clone(), contract)
        });
        Self(contracts.collect())
    }

    /// One by name.
    ///
    /// # Panics
    /// If there is none.
    pub fn get(&self, name: &str) -> &Contract {
        &self.0[name]
    }
}

impl Contract {
    /// The calldata of a function with some words for arguments.
    ///
    /// # Panics
    /// If there is no such function.
    pub fn call(&self, function: &str, arguments: &[u64]) -> Vec<u8> {
        let words = arguments.iter().flat_map(|word| Word::from_u64(*word).to_be_bytes());
        self.functions[function].iter().copied().chain(words).collect()
    }

    /// The calls of a `Scenario`: a name, the calldata, and enough gas.
    pub fn calls(&self) -> Vec<(&'static str, Vec<u8>, u64)> {
        let input: Vec<u8> = (0..192).collect();
        let precompiles = [self.call("precompiles(bytes)", &[32, 192]), input].concat();
        vec![
            ("trade", self.call("trade(uint256)", &[12]), 8_000_000),
            ("compute", self.call("compute(uint256)", &[3000]), 3_000_000),
            ("sort", self.call("sort(uint256)", &[24]), 3_000_000),
            ("dive", self.call("dive(uint256)", &[0]), 400_000),
            ("precompiles", precompiles, 3_000_000),
        ]
    }
}
