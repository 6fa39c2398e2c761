//! Reading a bundle from a folder or an archive.
//!
//! Only files whose name is that of a part of a bundle are opened, so what else lies in a folder of build outputs does not matter.

use super::bytecode::Bytecode;
use super::error::{BundleError, BundleErrorKind, Warning};
use super::table::{Role, role_of};
use crate::artifact::{self, ArtifactErrorKind};
use crate::input::{self, MAX_FILE_BYTES};
use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::path::Path;

/// Most files and folders in a folder, those in its folders included.
const MAX_ENTRIES: usize = 100_000;
/// Most folders within each other.
const MAX_DEPTH: usize = 16;

/// The parts of a bundle by name.
#[derive(Debug, Default)]
pub(super) struct Parts {
    parts: BTreeMap<&'static str, Part>,
    pub(super) warnings: Vec<Warning>,
}

#[derive(Debug)]
struct Part {
    role: Role,
    code: Bytecode,
    /// Where it was found.
    entry: String,
}

impl Parts {
    /// The parts with what they are.
    pub(super) fn roles(&self) -> impl Iterator<Item = (Role, &Bytecode)> {
        self.parts.values().map(|part| (part.role, &part.code))
    }

    /// The code of the artifact with this name.
    pub(super) fn code(&self, name: &str) -> Option<&Bytecode> {
        self.parts.get(name).map(|part| &part.code)
    }

    /// Takes up a file, if it is part of a bundle by its name.
    fn add(&mut self, entry: &Path, content: &[u8]) -> Result<(), BundleErrorKind> {
        let stem = stem(entry);
        let Some((name, role)) = role_of(&stem) else { return Ok(()) };
        let entry = entry.to_string_lossy().into_owned();
        let artifact = match artifact::parse_json(content, &stem) {
            // A file of settings that happens to have the name.
            Err(ArtifactErrorKind::UnknownJson(_)) => return Ok(()),
            artifact => artifact.map_err(BundleErrorKind::Artifact)?,
        };
        let named = artifact.contracts.into_iter().find(|contract| contract.name == name);
        let code = match named.map(|contract| contract.code) {
            None | Some(Err(ArtifactErrorKind::NoCode(_))) => {
                self.warnings.push(Warning::WithoutCode(entry));
                return Ok(());
            }
            Some(code) => code.map_err(BundleErrorKind::Artifact)?,
        };
        let code = Bytecode::new(&code).map_err(BundleErrorKind::Bytecode)?;
        match self.parts.get(name) {
            None => drop(self.parts.insert(name, Part { role, code, entry })),
            Some(first) if first.code == code => {
                let first = first.entry.clone();
                self.warnings.push(Warning::Repeated { first, second: entry });
            }
            Some(first) => return Err(BundleErrorKind::Conflict { other: first.entry.clone() }),
        }
        Ok(())
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn error(entry: &Path, kind: BundleErrorKind) -> BundleError {
    BundleError { entry: entry.to_string_lossy().into_owned(), kind: Box::new(kind) }
}

/// Reads the parts of a bundle.
pub(super) fn read(path: &Path) -> Result<Parts, BundleError> {
    let mut parts = Parts::default();
    if path.is_dir() {
        let mut budget = Budget { entries: MAX_ENTRIES, bytes: MAX_FILE_BYTES };
        read_folder(path, 0, &mut budget, &mut parts)?;
    } else {
        let bytes = input::read_file(path);
        let bytes = bytes.map_err(|reason| error(path, BundleErrorKind::Read(reason)))?;
        read_archive(path, bytes, &mut parts)?;
    }
    Ok(parts)
}

fn read_archive(path: &Path, bytes: Vec<u8>, parts: &mut Parts) -> Result<(), BundleError> {
    /// A member that is to blame, or none if the archive itself is.
    struct Failure(Option<String>, BundleErrorKind);
    impl From<ArtifactErrorKind> for Failure {
        fn from(kind: ArtifactErrorKind) -> Self {
            Self(None, BundleErrorKind::Artifact(kind))
        }
    }
    let whole = |kind| error(path, kind);
    let bytes = artifact::unpacked(bytes).map_err(|kind| whole(BundleErrorKind::Artifact(kind)))?;
    if !artifact::is_tar(&bytes) {
        return Err(whole(BundleErrorKind::NotABundle));
    }
    let read = artifact::json_members(&bytes, |member, content| {
        let failure = |kind| Failure(Some(member.to_string_lossy().into_owned()), kind);
        parts.add(member, content).map_err(failure)
    });
    read.map_err(|Failure(member, kind)| match member {
        Some(member) => error(&path.join(member), kind),
        None => whole(kind),
    })
}

/// What may still be read.
struct Budget {
    entries: usize,
    bytes: u64,
}

fn read_folder(
    folder: &Path,
    depth: usize,
    budget: &mut Budget,
    parts: &mut Parts,
) -> Result<(), BundleError> {
    let failed = |reason| error(folder, BundleErrorKind::Read(input::ReadError::Io(reason)));
    if depth > MAX_DEPTH {
        return Err(error(folder, BundleErrorKind::TooDeep(MAX_DEPTH)));
    }
    let mut entries: Vec<DirEntry> = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let too_many = || error(folder, BundleErrorKind::TooManyEntries(MAX_ENTRIES));
        budget.entries = budget.entries.checked_sub(1).ok_or_else(too_many)?;
        entries.push(entry.map_err(failed)?);
    }
    // The same order on every system, so that the same of several equal artifacts is used.
    entries.sort_by_key(DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Links to folders are not followed: they may lead in circles.
        if entry.file_type().map_err(failed)?.is_dir() {
            read_folder(&path, depth + 1, budget, parts)?;
        } else if is_artifact(&path) && path.is_file() {
            let failed = |kind| error(&path, kind);
            let content = input::read_file(&path);
            let content = content.map_err(|reason| failed(BundleErrorKind::Read(reason)))?;
            let left = budget.bytes.checked_sub(content.len() as u64);
            budget.bytes = left.ok_or_else(|| error(folder, BundleErrorKind::TooLarge))?;
            parts.add(&path, &content).map_err(failed)?;
        }
    }
    Ok(())
}

fn is_artifact(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json") && role_of(&stem(path)).is_some()
}
