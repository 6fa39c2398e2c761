//! Reading files: golden batches and the code they run.

use super::format::Batch;
use super::value::bytes;
use crate::engine::Engine;
use eravm_core::{CodeError, CodeKind, Program, VersionedHash};
use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most bytes that a file may have once it is decompressed.
pub const MAX_FILE_BYTES: u64 = 1 << 30;
/// Names of files that hold code.
const CODE_FILES: [&str; 2] = ["bytecodes.json.gz", "bytecodes.json"];

/// Why a file cannot be used.
#[derive(Debug)]
pub struct LoadError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub kind: LoadErrorKind,
}

/// What is wrong with a file.
#[derive(Debug)]
pub enum LoadErrorKind {
    /// It cannot be read or decompressed.
    Io(io::Error),
    /// Decompressed it has more than [`MAX_FILE_BYTES`].
    TooLarge,
    /// It is not the JSON that is expected.
    Json {
        /// Where, as `a.b[3]`.
        at: String,
        /// What is expected, with line and column.
        error: serde_json::Error,
    },
    /// A name that should be the hash of code is not.
    NotAHash(String),
    /// The code under a hash is not hexadecimal.
    NotHex(VersionedHash),
    /// The code under a hash has another hash.
    WrongHash(VersionedHash),
    /// The code under a hash cannot be code.
    NotCode(VersionedHash, CodeError),
    /// No code file is beside the golden or in the folder above.
    NoCodeFile,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.kind {
            LoadErrorKind::Io(error) => fmt::Display::fmt(error, f),
            LoadErrorKind::TooLarge => {
                write!(f, "more than {MAX_FILE_BYTES} bytes when decompressed")
            }
            LoadErrorKind::Json { at, error } => write!(f, "at {at}: {error}"),
            LoadErrorKind::NotAHash(name) => write!(f, "{name:.80?} is not the hash of code"),
            LoadErrorKind::NotHex(hash) => write!(f, "the code of {hash} is not hexadecimal"),
            LoadErrorKind::WrongHash(hash) => write!(f, "the code of {hash} has another hash"),
            LoadErrorKind::NotCode(hash, error) => write!(f, "the code of {hash}: {error}"),
            LoadErrorKind::NoCodeFile => {
                f.write_str("no bytecodes.json(.gz) beside it or in the folder above")
            }
        }
    }
}

impl std::error::Error for LoadError {}

impl LoadErrorKind {
    fn of(self, path: &Path) -> LoadError {
        LoadError { path: path.to_owned(), kind: self }
    }
}

/// Code by hash, and what executes it. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub struct Code {
    maps: Vec<Arc<HashMap<VersionedHash, Program>>>,
    engine: Engine,
}

impl Code {
    /// Reads a file that maps hashes to code.
    ///
    /// # Errors
    /// If it cannot be read, or code in it does not have the hash under which it stands.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let map: BTreeMap<String, String> = parse(path, &read(path)?)?;
        let entries = map.iter().map(|(name, code)| decode(name, code));
        let all: Result<_, _> = entries.collect();
        let map = Arc::new(all.map_err(|kind| kind.of(path))?);
        Ok(Self { maps: vec![map], engine: Engine::default() })
    }

    /// The same, executed by an engine.
    #[must_use]
    pub fn executed_by(self, engine: Engine) -> Self {
        Self { engine, ..self }
    }

    /// What executes it.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// This code and other code.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let maps = self.maps.iter().chain(&other.maps).cloned().collect();
        Self { maps, engine: self.engine.clone() }
    }

    /// The code file that belongs to a golden: beside it, or else in the folder above.
    ///
    /// # Errors
    /// If there is none.
    pub fn file_for(golden: &Path) -> Result<PathBuf, LoadError> {
        let beside = golden.parent().unwrap_or(Path::new(""));
        let folders = [beside.to_owned(), beside.join("..")];
        let candidates = folders.iter().flat_map(|folder| CODE_FILES.map(|name| folder.join(name)));
        let found = candidates.into_iter().find(|path| path.is_file());
        found.ok_or_else(|| LoadErrorKind::NoCodeFile.of(golden))
    }

    /// Whether a file holds code, by its name.
    pub fn is_code_file(path: &Path) -> bool {
        path.file_name().is_some_and(|name| CODE_FILES.iter().any(|known| name == *known))
    }

    /// The code behind a hash.
    pub fn get(&self, hash: &VersionedHash) -> Option<&Program> {
        self.maps.iter().find_map(|map| map.get(hash))
    }
}

fn decode(name: &str, code: &str) -> Result<(VersionedHash, Program), LoadErrorKind> {
    let hash = name.strip_prefix("0x").and_then(bytes).and_then(|hash| hash.try_into().ok());
    let hash = VersionedHash(hash.ok_or_else(|| LoadErrorKind::NotAHash(name.to_owned()))?);
    let Some((kind, false)) = hash.parse() else {
        return Err(LoadErrorKind::NotAHash(name.to_owned()));
    };
    let code = bytes(code.strip_prefix("0x").unwrap_or(code)).ok_or(LoadErrorKind::NotHex(hash))?;
    let program = Program::new(&code).map_err(|error| LoadErrorKind::NotCode(hash, error))?;
    let expected = VersionedHash::of_code(&code);
    let has_length = match kind {
        CodeKind::EraVm => usize::from(hash.length()) * 32 == code.len(),
        // The rest is padding.
        CodeKind::Blob => usize::from(hash.length()) <= code.len(),
    };
    if !has_length || expected.is_none_or(|expected| expected.digest() != hash.digest()) {
        return Err(LoadErrorKind::WrongHash(hash));
    }
    Ok((hash, program))
}

/// A golden batch with the file it is from.
#[derive(Clone, Debug)]
pub struct Golden {
    /// Its contents.
    pub batch: Batch,
    /// The trace of its instructions, if there is one.
    pub trace: Option<PathBuf>,
}

impl Golden {
    /// Reads a golden batch from a `.json` or `.json.gz` file. A file `NAME.trace.bin.gz` beside `NAME.json(.gz)` is
    /// its trace.
    ///
    /// # Errors
    /// If it cannot be read or is not a golden batch.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let batch = parse(path, &read(path)?)?;
        Ok(Self { batch, trace: trace_beside(path) })
    }

    /// Reads a golden batch from JSON; without a trace.
    ///
    /// # Errors
    /// If it is not a golden batch; the error names `path`.
    pub fn from_json(path: &Path, json: &[u8]) -> Result<Self, LoadError> {
        Ok(Self { batch: parse(path, json)?, trace: None })
    }
}

fn trace_beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".json.gz").or_else(|| name.strip_suffix(".json"))?;
    let trace = path.with_file_name(format!("{stem}.trace.bin.gz"));
    trace.is_file().then_some(trace)
}

/// The contents of a file, decompressed if it is gzipped, whatever its name.
fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let failed = |error| LoadErrorKind::Io(error).of(path);
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let mut start = Vec::new();
    (&mut file).take(2).read_to_end(&mut start).map_err(failed)?;
    let is_gzip = start == [0x1f, 0x8b];
    let all = io::Cursor::new(start).chain(file);
    if is_gzip { read_at_most(path, GzDecoder::new(all)) } else { read_at_most(path, all) }
}

fn read_at_most(path: &Path, source: impl Read) -> Result<Vec<u8>, LoadError> {
    let mut contents = Vec::new();
    let read = source.take(MAX_FILE_BYTES + 1).read_to_end(&mut contents);
    let length = read.map_err(|error| LoadErrorKind::Io(error).of(path))?;
    if length as u64 > MAX_FILE_BYTES {
        return Err(LoadErrorKind::TooLarge.of(path));
    }
    Ok(contents)
}

fn parse<T: DeserializeOwned>(path: &Path, json: &[u8]) -> Result<T, LoadError> {
    // Following the path takes time, so it is done only when there is an error to explain.
    serde_json::from_slice(json).map_err(|error| {
        let mut source = serde_json::Deserializer::from_slice(json);
        match serde_path_to_error::deserialize::<_, T>(&mut source) {
            Err(traced) => {
                let at = traced.path().to_string();
                LoadErrorKind::Json { at, error: traced.into_inner() }.of(path)
            }
            // What follows the value is wrong.
            Ok(_) => LoadErrorKind::Json { at: "the end".to_owned(), error }.of(path),
        }
    })
}
