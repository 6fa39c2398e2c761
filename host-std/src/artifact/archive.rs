//! Tar archives of artifacts, as system contracts are published.

use super::{Artifact, ArtifactErrorKind, Format, json};
use crate::input;
use std::path::Path;

/// Where the mark is, and the mark.
const MARK: (core::ops::Range<usize>, &[u8]) = (257..262, b"ustar");
/// Most members that are looked at.
const MAX_MEMBERS: usize = 10_000;

/// Whether this is a tar archive.
pub(super) fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(MARK.0) == Some(MARK.1)
}

/// Reads all members that are artifacts in JSON; other files are passed over.
pub(super) fn parse(bytes: &[u8]) -> Result<Artifact, ArtifactErrorKind> {
    let damaged = |error: std::io::Error| ArtifactErrorKind::Tar(error.to_string());
    let mut contracts = Vec::new();
    let mut archive = tar::Archive::new(bytes);
    for entry in archive.entries().map_err(damaged)?.take(MAX_MEMBERS) {
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
            return Err(ArtifactErrorKind::Tar(format!("{name} is cut off")));
        }
        contracts.extend(contracts_of(&content, &path)?);
    }
    Ok(Artifact { format: Format::Archive, contracts })
}

fn contracts_of(content: &[u8], path: &Path) -> Result<Vec<super::Contract>, ArtifactErrorKind> {
    let place = path.to_string_lossy();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    let text = core::str::from_utf8(content)
        .map_err(|error| ArtifactErrorKind::Json(format!("{place}: {error}")))?;
    match json::parse(text, &stem) {
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
