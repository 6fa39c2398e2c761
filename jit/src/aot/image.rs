//! Files of native code, opened.

use super::error::{AotError, AotErrorKind};
use super::format::{HEADER_BYTES, Header, Table, hash_of, read_table};
use super::mapping::Mapping;
use super::{EXTENSION, permissions};
use crate::code_hash::code_hash;
use crate::compiler::Compiler;
use crate::fingerprint::Fingerprint;
use eravm_core::Program;
use eravm_core::compiled::{CompiledCode, EntryPoint};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of native code that was opened, looked at, and mapped.
///
/// Programs that were given code of it keep the mapping, however long that is.
#[derive(Debug)]
pub struct AotImage {
    path: PathBuf,
    mapping: Arc<Mapping>,
    table: Table,
    /// Words of the programs, so that most of those that are not here need not be hashed.
    lengths: HashSet<usize>,
}

impl AotImage {
    /// Opens a file that an [`AotWriter`](crate::AotWriter) has written for such a compiler.
    ///
    /// # Errors
    /// If the file cannot be read and mapped, or others than its owner may write it; if it is of another build or for another
    /// processor; or if anything of it is not as it was written.
    pub fn open(path: &Path, compiler: &Compiler) -> Result<Self, AotError> {
        Self::open_for(path, &compiler.fingerprint())
    }

    /// Opens all files of a folder that are for such a compiler, in the order of their names. Those for others are passed over, as long
    /// as there is one.
    ///
    /// # Errors
    /// If a file is not as it was written, or there is none for this compiler; if others than its owner may write the folder.
    pub fn open_folder(folder: &Path, compiler: &Compiler) -> Result<Vec<Self>, AotError> {
        let fail = |kind: AotErrorKind| kind.of(folder);
        let read = |error: io::Error| fail(AotErrorKind::Read(error));
        permissions::check(&fs::metadata(folder).map_err(read)?).map_err(fail)?;
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(read)? {
            let path = entry.map_err(read)?.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                paths.push(path);
            }
        }
        paths.sort();
        let (mut images, mut other) = (Vec::new(), None);
        for path in paths {
            match Self::open(&path, compiler) {
                Ok(image) => images.push(image),
                Err(error) if error.is_for_another() => other = other.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        match (images.is_empty(), other) {
            (false, _) => Ok(images),
            (true, Some(error)) => Err(error),
            (true, None) => Err(fail(AotErrorKind::Empty)),
        }
    }

    pub(super) fn open_for(path: &Path, own: &Fingerprint) -> Result<Self, AotError> {
        Self::read(path, own).map_err(|kind| kind.of(path))
    }

    fn read(path: &Path, own: &Fingerprint) -> Result<Self, AotErrorKind> {
        let mut file = File::open(path).map_err(AotErrorKind::Read)?;
        let metadata = file.metadata().map_err(AotErrorKind::Read)?;
        permissions::check(&metadata)?;
        let length = metadata.len();
        let mut front = Vec::new();
        read_up_to(&mut file, HEADER_BYTES, &mut front)?;
        let header = Header::read(&front, length, own)?;
        read_up_to(&mut file, header.code_offset(), &mut front)?;
        let mapping = Mapping::new(&file, header.code_offset() as u64, header.code_bytes);
        let mapping = mapping.map_err(AotErrorKind::Map)?;
        if hash_of(&front, mapping.bytes()) != header.hash {
            return Err(AotErrorKind::Damaged);
        }
        let table = read_table(&front, &header)?;
        let lengths = table.keys().map(|hash| usize::from(hash.length())).collect();
        Ok(Self { path: path.to_owned(), mapping: Arc::new(mapping), table, lengths })
    }

    /// Gives a program its code, if it is here and the program has none yet. Returns whether it was given any.
    pub fn install(&self, program: &Program) -> bool {
        if program.is_native()
            || program.compiled().is_some()
            || !self.lengths.contains(&program.words().len())
        {
            return false;
        }
        let Some(stored) = self.table.get(&code_hash(program)) else { return false };
        let mut entries = Vec::with_capacity(stored.entries.len());
        for entry in &stored.entries {
            let offset = stored.code.start + entry.function as usize;
            // SAFETY: the code that is made below keeps the mapping. The file has its hash and is for this build and processor, whose
            // compiler has put a function there, unless somebody has written the file who may have any code executed.
            let Some(function) = (unsafe { self.mapping.function(offset) }) else { return false };
            entries.push((entry.pc, EntryPoint { function, number: entry.number.into() }));
        }
        let code = CompiledCode::new(&entries, Box::new(self.mapping.clone()), stored.code.len());
        // SAFETY: the functions are in the mapping, which `code` keeps, and were compiled from this very program.
        unsafe { program.install(code) }.is_ok()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many programs have code in it.
    pub fn programs(&self) -> usize {
        self.table.len()
    }

    /// Bytes of code in it.
    pub fn code_bytes(&self) -> usize {
        self.mapping.bytes().len()
    }
}

impl AotError {
    /// Whether the file is of another build or for another processor, and as good as any for that.
    const fn is_for_another(&self) -> bool {
        matches!(self.kind, AotErrorKind::OtherFormat(_) | AotErrorKind::OtherFingerprint { .. })
    }
}

/// Reads on until there are so many bytes, or the file ends.
fn read_up_to(file: &mut File, length: usize, bytes: &mut Vec<u8>) -> Result<(), AotErrorKind> {
    let more = length.saturating_sub(bytes.len()) as u64;
    file.take(more).read_to_end(bytes).map(drop).map_err(AotErrorKind::Read)
}
