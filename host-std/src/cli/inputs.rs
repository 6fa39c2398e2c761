//! What commands that run transactions take: system contracts and a batch file.

use super::complain;
use super::engine::EngineArgs;
use super::error::CliError;
use crate::batch_file::{BatchFile, BatchFileError, BatchPlan};
use crate::system_contracts::{Flavour, SystemContracts};
use clap::Args;
use std::path::PathBuf;

/// System contracts and a batch file.
#[derive(Debug, Args)]
pub(super) struct Inputs {
    /// The system contracts: a folder of artifacts, or a tar archive of one. Without it, the embedded ones: exact but for the
    /// amounts of gas
    #[arg(long, value_name = "DIR_OR_TARGZ")]
    system: Option<PathBuf>,
    /// The state and the transactions, as JSON; `-` is the standard input. BATCH_FILE.md describes it
    #[arg(long, value_name = "FILE")]
    pub(super) batch: String,
    #[command(flatten)]
    engine: EngineArgs,
}

impl Inputs {
    /// The batch, to be run with this bootloader. What is strange about the system contracts is said.
    pub(super) fn plan(&self, bootloader: Flavour) -> Result<BatchPlan, CliError> {
        let file = BatchFile::load(&self.batch).map_err(|error| self.wrong(error))?;
        let contracts = match &self.system {
            None => SystemContracts::embedded(),
            Some(path) => {
                let (contracts, warnings) =
                    SystemContracts::load(path).map_err(CliError::Bundle)?;
                warnings.iter().for_each(|warning| complain("warning", warning));
                contracts
            }
        };
        let mut plan = file.plan_for(&contracts, bootloader).map_err(|error| self.wrong(error))?;
        plan.system.engine = self.engine.engine()?;
        Ok(plan)
    }

    /// Something is wrong with the batch file.
    pub(super) fn wrong(&self, error: BatchFileError) -> CliError {
        CliError::BatchFile { file: self.batch.clone(), error }
    }

    /// The batch file has no transaction with this number.
    pub(super) fn no_transaction(&self, index: usize, plan: &BatchPlan) -> CliError {
        let count = plan.transactions().count();
        CliError::NoTransaction { file: self.batch.clone(), index, count }
    }
}
