//! Artifacts of foundry-zksync: `{"bytecode": {"object": …}, "hash": …, "factoryDependencies": {hash: name}}`.

use super::json::Node;
use super::{Artifact, ArtifactErrorKind, Contract};

/// Reads an artifact, which does not contain the contract's name.
pub(super) fn parse(top: Node<'_>, stem: &str) -> Result<Artifact, ArtifactErrorKind> {
    let bytecode = top.member("bytecode")?;
    let code = match bytecode.optional("object")? {
        Some(object) => object.code(stem),
        None => Ok(Vec::new()),
    };
    let missing = match bytecode.optional("missing_libraries")? {
        Some(libraries) => libraries.items()?.first().map(Node::string).transpose()?,
        None => None,
    };
    let stated = match top.optional("hash")? {
        Some(hash) if missing.is_none() => Some(hash.hash()?),
        _ => None,
    };
    let dependencies = match top.optional("factoryDependencies")? {
        Some(dependencies) => dependencies.dependencies()?,
        None => Vec::new(),
    };
    let code = match missing {
        Some(library) => Err(ArtifactErrorKind::Unlinked {
            contract: stem.to_owned(),
            library: library.to_owned(),
        }),
        None => code,
    };
    let contract = Contract::checked(stem.to_owned(), String::new(), code, stated, dependencies);
    Ok(Artifact { format: top.format, contracts: vec![contract] })
}
