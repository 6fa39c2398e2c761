//! Combined JSON of zksolc: `{"contracts": {"File.sol:Name": {"bin": …, "factory-deps": {hash: name}}}}`.

use super::json::Node;
use super::{Artifact, ArtifactErrorKind, Contract};

/// Reads the output.
pub(super) fn parse(top: Node<'_>) -> Result<Artifact, ArtifactErrorKind> {
    let contracts = top.member("contracts")?.members()?;
    let contracts = contracts.into_iter().map(|(name, node)| contract(name, &node));
    Ok(Artifact { format: top.format, contracts: contracts.collect::<Result<_, _>>()? })
}

fn contract(full_name: &str, node: &Node<'_>) -> Result<Contract, ArtifactErrorKind> {
    let (source, name) = full_name.rsplit_once(':').unwrap_or(("", full_name));
    let code = match node.optional("bin")? {
        Some(code) => code.code(name),
        None => Ok(Vec::new()),
    };
    let dependencies = match node.optional("factory-deps")? {
        Some(dependencies) => dependencies.dependencies()?,
        None => Vec::new(),
    };
    Ok(Contract::checked(name.to_owned(), source.to_owned(), code, None, dependencies))
}
