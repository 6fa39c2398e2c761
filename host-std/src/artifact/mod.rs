//! Programs in the formats that compilers and tools write.
//!
//! A file's format is chosen by its content alone; see [`parse`]. Whatever the format, the result is
//! an [`Artifact`]: contracts with names, code, and the hashes of the code that they deploy.

mod archive;
mod combined;
mod error;
mod hardhat;
mod json;
mod standard;
mod text;
mod zkout;

pub(crate) use archive::{is_tar, json_members};
pub use error::{ArtifactError, ArtifactErrorKind};

use crate::input;
use core::fmt;
use eravm_core::{MAX_CODE_WORDS, VersionedHash};
use std::collections::HashMap;
use std::path::Path;

/// What kind of file an artifact was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// The bytes of a code page.
    Raw,
    /// The same as hexadecimal digits.
    Hex,
    /// Source text of the assembler.
    Assembly,
    /// Artifact of foundry-zksync.
    Zkout,
    /// Artifact of hardhat-zksync.
    Hardhat,
    /// Standard JSON output of zksolc, or a build info file of hardhat around it.
    StandardJson,
    /// Combined JSON output of zksolc.
    CombinedJson,
    /// A tar archive of artifacts.
    Archive,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Raw => "raw bytecode",
            Self::Hex => "bytecode in hexadecimal",
            Self::Assembly => "EraVM assembly",
            Self::Zkout => "an artifact of foundry-zksync",
            Self::Hardhat => "an artifact of hardhat-zksync",
            Self::StandardJson => "standard JSON output of zksolc",
            Self::CombinedJson => "combined JSON output of zksolc",
            Self::Archive => "a tar archive of artifacts",
        })
    }
}

/// A contract of an artifact.
#[derive(Debug)]
pub struct Contract {
    /// Its name; of the file where the format has none.
    pub name: String,
    /// Its source file, or its place in the archive; may be empty.
    pub source: String,
    /// Its code, or why there is none that can be used.
    pub code: Result<Vec<u8>, ArtifactErrorKind>,
    /// Hashes of the code that it deploys, with the names the compiler gives them.
    pub dependencies: Vec<(VersionedHash, String)>,
}

impl Contract {
    /// A contract, after a check of its code against what the artifact states about it.
    fn checked(
        name: String,
        source: String,
        code: Result<Vec<u8>, ArtifactErrorKind>,
        stated: Option<VersionedHash>,
        dependencies: Vec<(VersionedHash, String)>,
    ) -> Self {
        let code = code.and_then(|code| check_code(code, &name, stated));
        Self { name, source, code, dependencies }
    }

    /// The name by which exactly this contract can be chosen.
    pub fn full_name(&self) -> String {
        match self.source.as_str() {
            "" => self.name.clone(),
            source => format!("{source}:{}", self.name),
        }
    }

    /// Whether a user who writes `name` means this contract.
    fn is_named(&self, name: &str) -> bool {
        let member = |path: &str| {
            path == name || path.strip_suffix(name).is_some_and(|rest| rest.ends_with('/'))
        };
        self.name == name || member(&self.source) || self.full_name() == name
    }
}

/// The length and the hash of code must be right.
fn check_code(
    code: Vec<u8>,
    contract: &str,
    stated: Option<VersionedHash>,
) -> Result<Vec<u8>, ArtifactErrorKind> {
    if code.is_empty() {
        return Err(ArtifactErrorKind::NoCode(contract.to_owned()));
    }
    if !code.len().is_multiple_of(32) {
        return Err(ArtifactErrorKind::PartialWord { bytes: code.len() });
    }
    let words = code.len() / 32;
    let actual = match VersionedHash::of_code(&code) {
        Some(hash) if words <= MAX_CODE_WORDS => hash,
        _ => return Err(ArtifactErrorKind::TooLong { words }),
    };
    match stated {
        Some(stated) if stated.at_rest() != actual => {
            Err(ArtifactErrorKind::HashMismatch { contract: contract.to_owned(), stated, actual })
        }
        _ => Ok(code),
    }
}

/// A file with programs.
#[derive(Debug)]
pub struct Artifact {
    /// What kind of file it was.
    pub format: Format,
    /// Its contracts, in the file's order.
    pub contracts: Vec<Contract>,
}

/// A contract that was chosen.
#[derive(Debug)]
pub struct Program {
    /// What kind of file it came from.
    pub format: Format,
    /// Its full name; empty for formats without names.
    pub name: String,
    /// Its code: at least one word.
    pub code: Vec<u8>,
    /// Hash of the code.
    pub hash: VersionedHash,
    /// Hashes of the code that it deploys, with names.
    pub dependencies: Vec<(VersionedHash, String)>,
    /// All other code of the file, which it may refer to.
    pub companions: Vec<Vec<u8>>,
}

impl Artifact {
    fn single(format: Format, code: Result<Vec<u8>, ArtifactErrorKind>) -> Self {
        let contract = Contract::checked(String::new(), String::new(), code, None, Vec::new());
        Self { format, contracts: vec![contract] }
    }

    /// Chooses a contract: the one with that name, or the only one with code.
    ///
    /// # Errors
    /// If that leaves none or several, or its code cannot be used.
    pub fn choose(self, name: Option<&str>) -> Result<Program, ArtifactErrorKind> {
        let format = self.format;
        let index = self.index_of(name)?;
        let mut contracts = self.contracts;
        if index >= contracts.len() {
            return Err(ArtifactErrorKind::NoContract);
        }
        let chosen = contracts.swap_remove(index);
        let name = chosen.full_name();
        let code = chosen.code?;
        let hash = VersionedHash::of_code(&code)
            .ok_or(ArtifactErrorKind::TooLong { words: code.len() / 32 })?;
        let companions = contracts.into_iter().filter_map(|other| other.code.ok()).collect();
        Ok(Program { format, name, code, hash, dependencies: chosen.dependencies, companions })
    }

    fn index_of(&self, name: Option<&str>) -> Result<usize, ArtifactErrorKind> {
        let has_code =
            |contract: &Contract| !matches!(contract.code, Err(ArtifactErrorKind::NoCode(_)));
        let all: Vec<usize> = (0..self.contracts.len()).collect();
        let matching: Vec<usize> = match name {
            Some(name) => {
                let named = |at: &usize| self.contracts[*at].is_named(name);
                all.iter().copied().filter(named).collect()
            }
            None => all.iter().copied().filter(|&at| has_code(&self.contracts[at])).collect(),
        };
        match (matching.as_slice(), name) {
            ([only], _) => Ok(*only),
            ([], None) => all.first().copied().ok_or(ArtifactErrorKind::NoContract),
            ([], Some(name)) => Err(ArtifactErrorKind::UnknownContract {
                name: name.to_owned(),
                known: self.names(&all),
            }),
            ([first, rest @ ..], Some(_)) if self.same_code(*first, rest) => Ok(*first),
            (several, _) => Err(ArtifactErrorKind::SeveralContracts(self.names(several))),
        }
    }

    /// The shortest names by which contracts can be chosen.
    fn names(&self, which: &[usize]) -> Vec<String> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for contract in &self.contracts {
            *counts.entry(&contract.name).or_default() += 1;
        }
        let shown = |contract: &Contract| match counts.get(contract.name.as_str()) {
            Some(2..) => contract.full_name(),
            _ => contract.name.clone(),
        };
        which.iter().filter_map(|&at| self.contracts.get(at)).map(shown).collect()
    }

    /// Whether it does not matter which of these is meant.
    fn same_code(&self, first: usize, rest: &[usize]) -> bool {
        let code = |at: usize| self.contracts.get(at).and_then(|one| one.code.as_ref().ok());
        code(first).is_some() && rest.iter().all(|&at| code(at) == code(first))
    }
}

/// Reads a program from `FILE`, `FILE:NAME` (a contract of several) or `-`.
///
/// `name` is the contract to choose if the reference itself names none.
///
/// # Errors
/// If the file cannot be read or is no artifact, or the choice is not clear.
pub fn load(reference: &str, name: Option<&str>) -> Result<Program, ArtifactError> {
    let (file, own_name) = split_reference(reference);
    open(file)?.choose(own_name.or(name)).map_err(|kind| error(file, kind))
}

fn open(file: &str) -> Result<Artifact, ArtifactError> {
    let bytes = input::read(file).map_err(|e| error(file, ArtifactErrorKind::Read(e)))?;
    let stem = Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem.filter(|_| file != input::STDIN).unwrap_or_default();
    parse(&bytes, &stem).map_err(|kind| error(file, kind))
}

fn error(file: &str, kind: ArtifactErrorKind) -> ArtifactError {
    ArtifactError { file: file.to_owned(), kind: Box::new(kind) }
}

/// Reads all code that can be used of `FILE`, or that of one contract from `FILE:NAME`.
///
/// # Errors
/// If the file cannot be read or is no artifact, or there is no code that can be used.
pub fn load_all(reference: &str) -> Result<Vec<Vec<u8>>, ArtifactError> {
    Ok(load_named(reference)?.into_iter().map(|(_, code)| code).collect())
}

/// The same, each with the contract's full name; that of the file where the format has none.
///
/// # Errors
/// As [`load_all`].
pub fn load_named(reference: &str) -> Result<Vec<(String, Vec<u8>)>, ArtifactError> {
    let (file, name) = split_reference(reference);
    let artifact = open(file)?;
    if name.is_some() || artifact.contracts.len() == 1 {
        let chosen = artifact.choose(name).map_err(|kind| error(file, kind))?;
        let name = if chosen.name.is_empty() { file.to_owned() } else { chosen.name };
        return Ok(vec![(name, chosen.code)]);
    }
    let named = artifact.contracts.into_iter().filter_map(|contract| {
        let name = contract.full_name();
        contract.code.ok().map(|code| (name, code))
    });
    Ok(named.collect())
}

/// Splits `FILE:NAME` at the first colon in front of which there is a file's name.
fn split_reference(reference: &str) -> (&str, Option<&str>) {
    if reference == input::STDIN || Path::new(reference).exists() {
        return (reference, None);
    }
    let parts =
        reference.match_indices(':').map(|(at, _)| (&reference[..at], &reference[at + 1..]));
    for (file, name) in parts {
        if !name.is_empty() && (file == input::STDIN || Path::new(file).is_file()) {
            return (file, Some(name));
        }
    }
    (reference, None)
}

/// First bytes of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Reads an artifact, choosing the format by content. `stem` names the contract where the format does not.
///
/// In this order: what is packed with gzip is unpacked first; a tar archive has its mark in the first
/// header; anything with a zero byte or that is not UTF-8 is raw bytecode; text that begins with `{`
/// is JSON; hexadecimal digits are bytecode; text with a section of the assembler is assembly.
///
/// # Errors
/// If it is damaged or nothing of this kind. Faults of one contract among several are kept with it.
pub fn parse(bytes: &[u8], stem: &str) -> Result<Artifact, ArtifactErrorKind> {
    if bytes.starts_with(&GZIP) && !bytes.len().is_multiple_of(32) {
        return parse_unpacked(&gunzip(bytes)?, stem);
    }
    // Code may begin with the mark of gzip too; then it cannot be unpacked.
    if bytes.starts_with(&GZIP) {
        return match gunzip(bytes) {
            Ok(unpacked) => parse_unpacked(&unpacked, stem),
            Err(ArtifactErrorKind::Gzip(_)) => parse_unpacked(bytes, stem),
            Err(error) => Err(error),
        };
    }
    parse_unpacked(bytes, stem)
}

/// Reads an artifact that is JSON.
pub(crate) fn parse_json(bytes: &[u8], stem: &str) -> Result<Artifact, ArtifactErrorKind> {
    let text = core::str::from_utf8(bytes);
    let text = text.map_err(|error| ArtifactErrorKind::Json(error.to_string()))?;
    json::parse(text, stem)
}

/// The bytes of an archive, unpacked if they are packed.
pub(crate) fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, ArtifactErrorKind> {
    if bytes.starts_with(&GZIP) { gunzip(&bytes) } else { Ok(bytes) }
}

fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, ArtifactErrorKind> {
    input::bounded(flate2::read::MultiGzDecoder::new(bytes)).map_err(|error| match error {
        input::ReadError::Io(error) => ArtifactErrorKind::Gzip(error.to_string()),
        error @ input::ReadError::TooLarge => ArtifactErrorKind::Read(error),
    })
}

fn parse_unpacked(bytes: &[u8], stem: &str) -> Result<Artifact, ArtifactErrorKind> {
    if bytes.is_empty() {
        return Err(ArtifactErrorKind::Empty);
    }
    if archive::is_tar(bytes) {
        return archive::parse(bytes);
    }
    match core::str::from_utf8(bytes) {
        Ok(text) if !bytes.contains(&0) => text::parse(text, stem),
        _ => Ok(Artifact::single(Format::Raw, Ok(bytes.to_vec()))),
    }
}
