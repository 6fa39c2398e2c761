//! Standard JSON output of zksolc: `{"contracts": {file: {name: {"evm": {"bytecode": {"object": …}}}}}}`.

use super::json::Node;
use super::{Artifact, ArtifactErrorKind, Contract};
use crate::number::quote;

/// Reads the output.
pub(super) fn parse(top: Node<'_>) -> Result<Artifact, ArtifactErrorKind> {
    let mut contracts = Vec::new();
    if let Some(files) = top.optional("contracts")? {
        for (file, node) in files.members()? {
            for (name, node) in node.members()? {
                contracts.push(contract(file, name, &node)?);
            }
        }
    }
    if contracts.iter().all(|contract| contract.code.is_err())
        && let Some(message) = first_error(&top)?
    {
        return Err(ArtifactErrorKind::CompilerErrors(message));
    }
    Ok(Artifact { format: top.format, contracts })
}

fn contract(file: &str, name: &str, node: &Node<'_>) -> Result<Contract, ArtifactErrorKind> {
    let evm = node.optional("evm")?;
    let bytecode = evm.map(|evm| evm.optional("bytecode")).transpose()?.flatten();
    let object = bytecode.map(|bytecode| bytecode.optional("object")).transpose()?.flatten();
    let code = object.map_or(Ok(Vec::new()), |object| object.code(name));
    let stated = match node.optional("hash")? {
        Some(hash) if code.is_ok() => Some(hash.hash()?),
        _ => None,
    };
    let dependencies = match node.optional("factoryDependencies")? {
        Some(dependencies) => dependencies.dependencies()?,
        None => Vec::new(),
    };
    Ok(Contract::checked(name.to_owned(), file.to_owned(), code, stated, dependencies))
}

/// The first message of severity "error".
fn first_error(top: &Node<'_>) -> Result<Option<String>, ArtifactErrorKind> {
    let Some(errors) = top.optional("errors")? else { return Ok(None) };
    for error in errors.items()? {
        let Some(severity) = error.optional("severity")? else { continue };
        if severity.string()? != "error" {
            continue;
        }
        let message = match error.optional("formattedMessage")? {
            Some(message) => Some(message),
            None => error.optional("message")?,
        };
        let text = message.map(|message| message.string()).transpose()?;
        return Ok(Some(quote(text.unwrap_or("without a message").trim())));
    }
    Ok(None)
}
