//! All cases of the comparison.

use crate::batch::Peer;
use crate::case::Case;
use crate::deployments::{DEPEND_ON_DST1, System};
use crate::engines::interpreter::Interpreter;
use crate::workloads::{self, Per, Workload};
use crate::{batch, corpus, engines, evm, first_call, replay};
use eravm_batches::{Batches, Scenario};
use eravm_host::golden::{Code, Golden};
use eravm_tests::solidity::Contracts;
use std::cell::OnceCell;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A case that is yet to be made: loading all of them at once would take memory and time.
pub struct Plan {
    /// The case's name.
    pub name: String,
    make: Box<dyn Fn() -> Result<Case, Box<dyn Error>>>,
}

impl Plan {
    fn new(
        name: impl Into<String>,
        make: impl Fn() -> Result<Case, Box<dyn Error>> + 'static,
    ) -> Self {
        Self { name: name.into(), make: Box::new(make) }
    }

    /// Makes the case.
    ///
    /// # Errors
    /// If a file of the corpora cannot be read.
    pub fn make(&self) -> Result<Case, Box<dyn Error>> {
        (self.make)()
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Folders of goldens.
const GOLDENS: [&str; 2] = ["goldens", "goldens-sdk"];

/// All cases.
#[derive(Debug)]
pub struct Cases {
    /// In the order of reports.
    pub plans: Vec<Plan>,
    /// Names of those that a missing corpus leaves out.
    pub left_out: Vec<&'static str>,
}

/// All cases.
///
/// # Errors
/// If a file of the corpora cannot be read.
pub fn all() -> Result<Cases, Box<dyn Error>> {
    let mut plans: Vec<Plan> = workloads::ALL
        .iter()
        .map(|workload| Plan::new(workload.name, || Ok(assembly(workload))))
        .collect();
    plans.extend(evm::ALL.iter().map(|workload| Plan::new(workload.name, || workload.case())));
    plans.push(Plan::new("create_empty", || Ok(first_call::creation("create_empty"))));
    let Some(corpus) = corpus::folder() else {
        let left_out = vec!["decode_largest", "vm-benchmark/*", "batch/*", "replay/*"];
        return Ok(Cases { plans, left_out });
    };
    let folder = corpus.clone();
    plans.push(Plan::new("decode_largest", move || {
        Ok(first_call::decoding("decode_largest", &corpus::largest_contract(&folder)?))
    }));
    plans.extend(deployments(&corpus)?);
    plans.extend(batches(&corpus)?);
    for folder in GOLDENS {
        plans.extend(goldens(&corpus.join(folder))?);
    }
    Ok(Cases { plans, left_out: Vec::new() })
}

fn assembly(workload: &Workload) -> Case {
    let call = workload.call();
    let (unit, units) = match workload.per {
        Per::Instruction => ("instruction", Interpreter::new(&call).instructions()),
        Per::Iteration(unit) => (unit, workload.iterations),
    };
    Case {
        name: workload.name.to_owned(),
        unit,
        units,
        contestants: engines::contestants(&call, &engines::just_run()),
        absent: Vec::new(),
    }
}

fn deployments(corpus: &Path) -> Result<Vec<Plan>, Box<dyn Error>> {
    let folder = corpus.join(GOLDENS[0]);
    let system: Rc<OnceCell<System>> = Rc::default();
    let plans = corpus::vm_benchmark(corpus)?.into_iter().map(|(name, bytecode)| {
        let (system, folder) = (system.clone(), folder.clone());
        Plan::new(format!("vm-benchmark/{name}"), move || {
            if system.get().is_none() {
                let golden = Golden::load(&folder.join("empty_batch.json.gz"))?;
                let code = Code::load(&folder.join(CODE))?;
                let _ = system.set(System::of(&golden, &code));
            }
            let system = system.get().ok_or("the system contracts were not loaded")?;
            Ok(system.case(&name, &bytecode))
        })
    });
    Ok(plans.collect())
}

/// Transactions of the batch that calls EVM code.
const EVM_CALLS: usize = 150;

/// Makes the scenario of a batch.
type Make = Rc<dyn Fn(&Batches) -> Result<Scenario, Box<dyn Error>>>;

/// Name and scenario of a batch, and what it is on Ethereum.
type Batch = (String, Make, Option<Peer>);

fn batches(corpus: &Path) -> Result<Vec<Plan>, Box<dyn Error>> {
    let mut scenarios: Vec<Batch> = Vec::new();
    for count in [100, 1000] {
        let folder = corpus.to_owned();
        let transfers: Make = Rc::new(move |batches| batches.transfers(count));
        let of_tokens: Make = Rc::new(move |batches| batches.erc20_transfers(&folder, count));
        scenarios.push((format!("transfers_{count}"), transfers, Some(Peer::Plain)));
        scenarios.push((format!("erc20_transfers_{count}"), of_tokens, Some(Peer::Token)));
    }
    let of_evm: Make = Rc::new(|batches| {
        let contracts = Contracts::load();
        batches.evm_calls(&evm::token(), &contracts.get("Workloads").creation, EVM_CALLS)
    });
    scenarios.push((format!("evm_calls_{EVM_CALLS}"), of_evm, None));
    for (name, bytecode) in corpus::vm_benchmark(corpus)? {
        if !DEPEND_ON_DST1.contains(&&*name) {
            let name = format!("deploy_{name}");
            let scenario = name.clone();
            let make = move |batches: &Batches| batches.deployment(&scenario, &bytecode);
            scenarios.push((name, Rc::new(make), None));
        }
    }
    let contracts: Rc<OnceCell<Batches>> = Rc::default();
    let plans = scenarios.into_iter().flat_map(|(name, make, peer)| {
        [batch::Form::Transactions, batch::Form::Full].map(|form| {
            let (contracts, corpus) = (contracts.clone(), corpus.to_owned());
            let is_deployment = name.starts_with("deploy_");
            let (name, make) = (form.name_of(&name), make.clone());
            Plan::new(name.clone(), move || {
                if contracts.get().is_none() {
                    let _ = contracts.set(Batches::new(&corpus)?);
                }
                let batches = contracts.get().ok_or("the contracts were not loaded")?;
                // Most of the deployments run in circles until the gas is gone.
                let embedded = match is_deployment {
                    true => None,
                    false => Some(make(&Batches::embedded()?)?),
                };
                batch::case(&name, make(batches)?, embedded, peer, form, !is_deployment)
            })
        })
    });
    Ok(plans.collect())
}

/// Code of all goldens of a folder.
const CODE: &str = "bytecodes.json.gz";

fn goldens(folder: &Path) -> Result<Vec<Plan>, Box<dyn Error>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    files.sort();
    let code: Rc<OnceCell<Code>> = Rc::default();
    let plans = files.into_iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?.strip_suffix(".json.gz")?.to_owned();
        if name == "bytecodes" {
            return None;
        }
        let code = code.clone();
        let code_file = path.with_file_name(CODE);
        Some(Plan::new(format!("replay/{name}"), move || {
            if code.get().is_none() {
                let _ = code.set(Code::load(&code_file)?);
            }
            let code = code.get().ok_or("the code was not loaded")?;
            let golden = Golden::load(&path)?;
            Ok(replay::case(&name, &replay::Batch::of(&golden, code)?))
        }))
    });
    Ok(plans.collect())
}
