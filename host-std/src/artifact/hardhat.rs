//! Artifacts of hardhat-zksync: `{"contractName": …, "bytecode": "0x…", "factoryDeps": {hash: name}}`.

use super::json::Node;
use super::{Artifact, ArtifactErrorKind, Contract};

/// Reads an artifact.
pub(super) fn parse(top: Node<'_>, stem: &str) -> Result<Artifact, ArtifactErrorKind> {
    let text = |key: &str| -> Result<Option<String>, ArtifactErrorKind> {
        top.optional(key)?.map(|node| node.string().map(str::to_owned)).transpose()
    };
    let name = text("contractName")?.unwrap_or_else(|| stem.to_owned());
    let source = text("sourceName")?.unwrap_or_default();
    let code = top.member("bytecode")?.code(&name);
    let dependencies = match top.optional("factoryDeps")? {
        Some(dependencies) => dependencies.dependencies()?,
        None => Vec::new(),
    };
    let contract = Contract::checked(name, source, code, None, dependencies);
    Ok(Artifact { format: top.format, contracts: vec![contract] })
}
