//! Opening the files of a store.

use super::batch::StoredBatch;
use super::error::StoreError;
use super::records::{ABOUT, BATCHES, CODE, FORMAT, FORMAT_KEY, NODES, SLOTS, TreeTables};
use crate::state_tree::{Position, TreeHead, TreeSource};
use redb::{Builder, Database, ReadTransaction, ReadableDatabase, TableError};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The file with everything.
pub(super) const FILE: &str = "state.redb";
/// The same before it is a store.
const NEW_FILE: &str = "state.redb.new";
/// The file that whoever has the store open has locked.
const LOCK_FILE: &str = "lock";

/// What every file of the database begins with.
const MAGIC: [u8; 9] = *b"redb\x1a\x0a\xa9\x0d\x0a";

/// How a store is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StoreOptions {
    /// How much of it is checked.
    pub check: Check,
    /// Bytes of the file that are kept in memory.
    pub cache_bytes: usize,
}

/// How much of a store is checked when it is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Check {
    /// All of it: every page is read and compared with its checksum. A file that is not as it was written is not opened.
    #[default]
    Everything,
    /// Only what is needed to begin: the file is taken for what was written, which it is after any end of a process. Where it is not, an error
    /// shows when the place is used, or never.
    Beginning,
}

impl Default for StoreOptions {
    /// Everything is checked; 256 MiB are kept in memory.
    fn default() -> Self {
        Self { check: Check::Everything, cache_bytes: 256 << 20 }
    }
}

/// What is open.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) database: Database,
    pub(super) last: Option<StoredBatch>,
    /// Keeps others out.
    pub(super) lock: File,
}

/// Opens the store in a folder, and makes both where they are not there.
pub(super) fn open(folder: &Path, options: &StoreOptions) -> Result<Opened, StoreError> {
    fs::create_dir_all(folder).map_err(|error| at(folder, error))?;
    let lock = lock(&folder.join(LOCK_FILE))?;
    let path = folder.join(FILE);
    if !path.try_exists().map_err(|error| at(&path, error))? {
        create(folder, &path)?;
    }
    if !has_magic(&path).map_err(|error| at(&path, error))? {
        return Err(StoreError::NotAStore(path));
    }
    let database = Builder::new()
        .set_cache_size(options.cache_bytes)
        .set_check_integrity_on_open(options.check == Check::Everything)
        .open(&path)
        .map_err(StoreError::of_database)?;
    let transaction = database.begin_read().map_err(StoreError::of_database)?;
    let last = last_batch(&transaction, &path)?;
    Ok(Opened { database, last, lock })
}

fn at(path: &Path, error: std::io::Error) -> StoreError {
    StoreError::File { path: path.to_owned(), error }
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(|error| at(path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(error)) => Err(at(path, error)),
    }
}

/// Whether a file begins as those of the database do.
fn has_magic(path: &Path) -> std::io::Result<bool> {
    let mut start = [0; MAGIC.len()];
    match File::open(path)?.read_exact(&mut start) {
        Ok(()) => Ok(start == MAGIC),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes an empty store. It gets its name when it is complete: what a process leaves that ends before is made anew.
fn create(folder: &Path, path: &Path) -> Result<(), StoreError> {
    let new: PathBuf = folder.join(NEW_FILE);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(at(&new, error)),
        _ => {}
    }
    let database = Builder::new().create(&new).map_err(StoreError::of_database)?;
    let mut transaction = database.begin_write().map_err(StoreError::of_database)?;
    transaction.set_quick_repair(true);
    {
        let mut about = transaction.open_table(ABOUT).map_err(StoreError::of_database)?;
        about.insert(FORMAT_KEY, FORMAT).map_err(StoreError::of_database)?;
        transaction.open_table(SLOTS).map_err(StoreError::of_database)?;
        transaction.open_table(NODES).map_err(StoreError::of_database)?;
        transaction.open_table(CODE).map_err(StoreError::of_database)?;
        transaction.open_table(BATCHES).map_err(StoreError::of_database)?;
    }
    transaction.commit().map_err(StoreError::of_database)?;
    database.close().map_err(StoreError::of_database)?;
    fs::rename(&new, path).map_err(|error| at(path, error))?;
    sync_folder(folder).map_err(|error| at(folder, error))
}

/// Makes sure that the names of files are on the disk.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere, folders cannot be opened as files.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// The last batch, if this is a store, and the beginning of its tree is what the batch says.
fn last_batch(
    transaction: &ReadTransaction,
    path: &Path,
) -> Result<Option<StoredBatch>, StoreError> {
    let about = match transaction.open_table(ABOUT) {
        Ok(about) => about,
        Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => {
            return Err(StoreError::NotAStore(path.to_owned()));
        }
        Err(error) => return Err(StoreError::of_database(error)),
    };
    let format = about.get(FORMAT_KEY).map_err(StoreError::of_database)?;
    match format.map(|format| format.value()) {
        None => return Err(StoreError::NotAStore(path.to_owned())),
        Some(FORMAT) => {}
        Some(actual) => return Err(StoreError::Version { actual, known: FORMAT }),
    }
    let batches = transaction.open_table(BATCHES).map_err(StoreError::of_database)?;
    let last = redb::ReadableTable::last(&batches).map_err(StoreError::of_database)?;
    let last = last.map(|(number, batch)| StoredBatch::decode(number.value(), batch.value()));
    let nodes = transaction.open_table(NODES).map_err(StoreError::of_database)?;
    let slots = transaction.open_table(SLOTS).map_err(StoreError::of_database)?;
    transaction.open_table(CODE).map_err(StoreError::of_database)?;
    let tree = TreeTables { nodes: &nodes, slots: &slots };
    let root = tree.node(&Position::ROOT)?.and_then(|node| node.hash(0));
    let head = last.map_or_else(TreeHead::empty, |batch| batch.tree);
    if root.unwrap_or(TreeHead::empty().root) != head.root {
        return Err(StoreError::Corrupt("the state tree is not that of the last batch".into()));
    }
    Ok(last)
}
