//! Code that a batch file names: hexadecimal, or a file.

use super::error::{BatchFileError, BatchFileErrorKind};
use crate::artifact;
use crate::hex;
use crate::pubdata::check_bytecode;
use crate::transaction::FactoryDep;
use eravm_core::VersionedHash;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Code, with what its file says of code that it deploys itself.
#[derive(Clone, Debug)]
pub(super) struct NamedCode {
    pub(super) dep: FactoryDep,
    /// Hashes and names of what it deploys.
    pub(super) dependencies: Vec<(VersionedHash, String)>,
    /// All other code of the file.
    pub(super) companions: Vec<FactoryDep>,
}

/// Reads the code that a batch file names, each file once.
#[derive(Debug)]
pub(super) struct CodeLoader {
    /// Where relative paths begin.
    folder: PathBuf,
    loaded: HashMap<String, Arc<NamedCode>>,
}

impl CodeLoader {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, loaded: HashMap::new() }
    }

    /// The code that `text` names: hexadecimal digits with `0x`, or `FILE` or `FILE:NAME`.
    pub(super) fn load(
        &mut self,
        text: &str,
        place: impl FnOnce() -> String,
    ) -> Result<Arc<NamedCode>, BatchFileError> {
        if let Some(code) = self.loaded.get(text) {
            return Ok(Arc::clone(code));
        }
        let code = Arc::new(self.read(text).map_err(|kind| kind.at(place()))?);
        self.loaded.insert(text.to_owned(), Arc::clone(&code));
        Ok(code)
    }

    fn read(&self, text: &str) -> Result<NamedCode, BatchFileErrorKind> {
        if text.starts_with("0x") {
            let bytes = hex::decode(text).map_err(BatchFileErrorKind::Hex)?;
            let (dependencies, companions) = (Vec::new(), Vec::new());
            return Ok(NamedCode { dep: dep(bytes)?, dependencies, companions });
        }
        let path = self.folder.join(text).to_string_lossy().into_owned();
        let program = artifact::load(&path, None).map_err(BatchFileErrorKind::Artifact)?;
        let companions = program.companions.into_iter().filter_map(|code| dep(code).ok());
        Ok(NamedCode {
            dep: dep(program.code)?,
            dependencies: program.dependencies,
            companions: companions.collect(),
        })
    }
}

fn dep(code: Vec<u8>) -> Result<FactoryDep, BatchFileErrorKind> {
    check_bytecode(&code).map_err(BatchFileErrorKind::Bytecode)?;
    FactoryDep::new(code).map_err(|error| match error {
        crate::transaction::FactoryDepError::Code(error) => BatchFileErrorKind::Code(error),
        crate::transaction::FactoryDepError::EvenWords(words) => {
            BatchFileErrorKind::Bytecode(crate::pubdata::InvalidBytecode::EvenWords { words })
        }
    })
}

impl NamedCode {
    /// The code and what it deploys itself, as far as its file has it; and what its file has not.
    pub(super) fn with_dependencies(&self) -> (Vec<FactoryDep>, Vec<(VersionedHash, String)>) {
        let mut deps = vec![self.dep.clone()];
        let mut missing = Vec::new();
        for (hash, name) in &self.dependencies {
            let companion = self.companions.iter().find(|dep| dep.hash() == hash.at_rest());
            match companion {
                _ if deps.iter().any(|dep| dep.hash() == hash.at_rest()) => {}
                Some(dep) => deps.push(dep.clone()),
                None => missing.push((*hash, name.clone())),
            }
        }
        (deps, missing)
    }
}
