//! Files of native code, written.

use super::error::{AotError, AotErrorKind};
use super::format::{Header, Stored, Table, hash_of, write_table};
use super::{EXTENSION, permissions};
use crate::code_hash::code_hash;
use crate::compiler::Compiler;
use crate::fingerprint::Fingerprint;
use crate::native_code::{ALIGNMENT, FILLER, NativeCode};
use eravm_core::{Program, VersionedHash};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// Gathers native code of programs, and writes it to a file that an [`AotImage`](crate::AotImage) opens.
#[derive(Debug)]
pub struct AotWriter {
    fingerprint: Fingerprint,
    programs: BTreeMap<VersionedHash, NativeCode>,
}

impl AotWriter {
    /// For code of such a compiler.
    pub fn new(compiler: &Compiler) -> Self {
        Self::with(compiler.fingerprint())
    }

    pub(super) const fn with(fingerprint: Fingerprint) -> Self {
        Self { fingerprint, programs: BTreeMap::new() }
    }

    /// Whether there is code of a program already.
    pub fn has(&self, program: &Program) -> bool {
        self.programs.contains_key(&code_hash(program))
    }

    /// Takes the code of a program, which must be what a compiler with the same fingerprint has [generated](Compiler::generate) from
    /// it. Returns whether there is anything to be taken: not if nothing of the program is compiled.
    pub fn add(&mut self, program: &Program, code: NativeCode) -> bool {
        self.add_as(code_hash(program), code)
    }

    pub(super) fn add_as(&mut self, hash: VersionedHash, code: NativeCode) -> bool {
        if code.entries.is_empty() {
            return false;
        }
        self.programs.insert(hash, code);
        true
    }

    /// Writes a file to a folder, which is made if there is none; returns where the file is.
    ///
    /// Its name says what it depends on and which programs are in it, so files of several builds, for several processors and of several
    /// sets of programs can be in one folder, and one that is the same is replaced. It is there as a whole or not at all, whenever the
    /// process ends.
    ///
    /// # Errors
    /// If there is no code, the system does not let it be written, or others than the owner may write the folder.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, AotError> {
        let path = folder.join(self.name());
        if self.programs.is_empty() {
            return Err(AotErrorKind::NoPrograms.of(&path));
        }
        let fail = |error| AotErrorKind::Write(error).of(folder);
        create_folder(folder).map_err(fail)?;
        let metadata = fs::metadata(folder).map_err(fail)?;
        permissions::check(&metadata).map_err(|kind| kind.of(folder))?;
        let (front, code) = self.contents().map_err(|kind| kind.of(&path))?;
        replace(folder, &path, &[&front, &code])
            .map_err(|error| AotErrorKind::Write(error).of(&path))?;
        Ok(path)
    }

    fn name(&self) -> String {
        let mut sha256 = Sha256::new();
        self.programs.keys().for_each(|hash| sha256.update(hash.0));
        let digest: [u8; 32] = sha256.finalize().into();
        let programs: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{programs}.{EXTENSION}", self.fingerprint.short())
    }

    /// All that precedes the code, and the code.
    pub(super) fn contents(&self) -> Result<(Vec<u8>, Vec<u8>), AotErrorKind> {
        let (mut code, mut table) = (Vec::new(), Table::new());
        for (hash, native) in &self.programs {
            code.resize(code.len().next_multiple_of(ALIGNMENT), FILLER);
            let begin = code.len();
            code.extend_from_slice(&native.code);
            let entries = native.entries.clone();
            table.insert(*hash, Stored { code: begin..code.len(), entries });
        }
        let bytes = write_table(&table);
        let mut header = Header {
            programs: table.len() as u32,
            fingerprint: self.fingerprint,
            hash: [0; 32],
            table_bytes: bytes.len(),
            code_bytes: code.len(),
        };
        // What fits into a table is counted by 32 bits.
        header.check()?;
        let front = |header: Header| {
            let mut front = header.to_bytes().to_vec();
            front.extend_from_slice(&bytes);
            front.resize(header.code_offset(), 0);
            front
        };
        header.hash = hash_of(&front(header), &code);
        Ok((front(header), code))
    }
}

/// Makes a folder, and those that it is in, which nobody but the owner may write.
fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    builder.create(folder)
}

/// Puts a file with these contents in a place, where there is no file, the old one or the new one at any time.
fn replace(folder: &Path, path: &Path, contents: &[&[u8]]) -> io::Result<()> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{}-{number}.tmp", process::id()));
    // A process with the same number may have been ended in the middle.
    let _ = fs::remove_file(&temporary);
    let written = write_new(&temporary, contents).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // It may be that there is none.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    sync_folder(folder)
}

fn write_new(path: &Path, contents: &[&[u8]]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    let mut file = options.open(path)?;
    for bytes in contents {
        file.write_all(bytes)?;
    }
    file.sync_all()
}

/// A new name is on disk when the folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Folders cannot be opened here.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
