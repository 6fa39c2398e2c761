//! Tar archives of artifacts, as system contracts are published.

use super::{Artifact, ArtifactErrorKind, Format, parse_json};
use crate::input;
use std::path::Path;

/// Where the mark is, and the mark.
const MARK: (core::ops::Range<usize>, &[u8]) = (257..262, b"ustar");
/// Most members that an archive may have.
const MAX_MEMBERS: usize = 10_000;

/// Whether this is a tar archive.
pub(crate) fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(MARK.0) == Some(MARK.1)
}

/// Reads all members that are artifacts in JSON; other files are passed over.
pub(super) fn parse(bytes: &[u8]) -> Result<Artifact, ArtifactErrorKind> {
    let mut contracts = Vec::new();
    json_members(bytes, |path, content| {
        contracts.extend(contracts_of(content, path)?);
        Ok::<_, ArtifactErrorKind>(())
    })?;
    Ok(Artifact { format: Format::Archive, contracts })
}

/// Calls `visit` with the path and the content of every member whose name ends in `.json`.
///
/// # Errors
/// If the archive is damaged or has too many members, or as `visit` says.
pub(crate) fn json_members<E: From<ArtifactErrorKind>>(
    bytes: &[u8],
    mut visit: impl FnMut(&Path, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let damaged = |error: std::io::Error| ArtifactErrorKind::Tar(error.to_string());
    let mut archive = tar::Archive::new(bytes);
    for (index, entry) in archive.entries().map_err(damaged)?.enumerate() {
        if index >= MAX_MEMBERS {
            return Err(ArtifactErrorKind::TooManyMembers(MAX_MEMBERS).into());
        }
        let entry = entry.map_err(damaged)?;
        let path = entry.path().map_err(damaged)?.into_owned();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let size = entry.size();
        // The members lie in memory already: reading them is bounded, whatever sizes they claim.
        let content =
            input::bounded(entry).map_err(|error| ArtifactErrorKind::Tar(error.to_string()))?;
        if content.len() as u64 != size {
            let name = path.display();
            return Err(ArtifactErrorKind::Tar(format!("{name} is cut off")).into());
        }
        visit(&path, &content)?;
    }
    Ok(())
}

fn contracts_of(content: &[u8], path: &Path) -> Result<Vec<super::Contract>, ArtifactErrorKind> {
    let place = path.to_string_lossy();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    match parse_json(content, &stem) {
        Ok(artifact) => Ok(artifact
            .contracts
            .into_iter()
            .map(|contract| super::Contract { source: place.clone().into_owned(), ..contract })
            .collect()),
        // Archives also hold settings and lists.
        Err(ArtifactErrorKind::UnknownJson(_)) => Ok(Vec::new()),
        Err(ArtifactErrorKind::Json(message)) => {
            Err(ArtifactErrorKind::Json(format!("{place}: {message}")))
        }
        Err(error) => Err(error),
    }
}
