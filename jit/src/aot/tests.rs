//! Files as they are written, and as nobody writes them.

use super::format::{HEADER_BYTES, Header, PAGE_BYTES, Stored, Table, hash_of, write_table};
use super::*;
use crate::fingerprint::Fingerprint;
use crate::native_code::{CodeEntry, NativeCode};
use crate::options::CompileStats;
use eravm_core::VersionedHash;
use std::fs;
use std::path::{Path, PathBuf};

const OWN: Fingerprint = Fingerprint([7; 32]);

/// The hash of some program with so many words.
fn hash(number: u8, words: u8) -> VersionedHash {
    let mut hash = VersionedHash([number; 32]);
    hash.0[..4].copy_from_slice(&[VersionedHash::ERAVM, 0, 0, words]);
    hash
}

fn native(bytes: usize, entries: &[CodeEntry]) -> NativeCode {
    let code = (0..bytes).map(|at| at as u8).collect();
    NativeCode { code, entries: entries.to_vec(), stats: CompileStats::default() }
}

const fn entry(pc: u16, function: u32) -> CodeEntry {
    CodeEntry { pc, number: pc / 2, function }
}

/// Two programs.
fn writer() -> AotWriter {
    let mut writer = AotWriter::with(OWN);
    assert!(writer.add_as(hash(2, 3), native(100, &[entry(0, 0), entry(11, 64), entry(4, 64)])));
    assert!(writer.add_as(hash(1, 1), native(33, &[entry(3, 32)])));
    writer
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

/// Writes a file that only its owner may write. Another one each time, as a file that is mapped must not be written over.
fn put(path: &Path, bytes: &[u8]) {
    let _ = fs::remove_file(path);
    fs::write(path, bytes).expect("it can be written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("it is ours");
    }
}

/// Writes these bytes to a file and opens it.
fn open(folder: &Path, bytes: &[u8]) -> Result<AotImage, AotErrorKind> {
    let path = folder.join("file");
    put(&path, bytes);
    AotImage::open_for(&path, &OWN).map_err(|error| {
        assert_eq!(error.path, path);
        assert!(error.to_string().contains("eravm jit-aot"), "{error}");
        error.kind
    })
}

fn bytes(writer: &AotWriter) -> Vec<u8> {
    let (front, code) = writer.contents().expect("it is small");
    assert_eq!(front.len(), PAGE_BYTES);
    [front, code].concat()
}

#[test]
fn what_is_written_is_read() {
    let folder = folder();
    let path = writer().write(folder.path()).expect("it is written");
    assert_eq!(writer().write(folder.path()).expect("again"), path, "the same has the same name");
    let names: Vec<PathBuf> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(names, std::slice::from_ref(&path), "nothing else is left behind");
    let image = AotImage::open_for(&path, &OWN).expect("it is opened");
    assert_eq!((image.path(), image.programs(), image.code_bytes()), (&*path, 2, 64 + 100));
    let (front, code) = writer().contents().unwrap();
    assert_eq!(fs::read(&path).unwrap(), [front, code].concat());
    assert_eq!(bytes(&writer())[PAGE_BYTES + 64 + 99], 99, "code of the second program");
}

#[test]
fn what_has_no_entries_is_not_taken() {
    let mut writer = AotWriter::with(OWN);
    assert!(!writer.add_as(hash(1, 1), native(0, &[])));
    let folder = folder();
    let error = writer.write(folder.path()).expect_err("there is nothing");
    assert!(matches!(error.kind, AotErrorKind::NoPrograms), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn every_byte_that_is_changed_is_found() {
    let (folder, good) = (folder(), bytes(&writer()));
    open(folder.path(), &good).expect("it is good");
    let end = HEADER_BYTES + 2 * 52 + 4 * 8;
    let filling = (end..PAGE_BYTES).step_by(4099);
    for at in (0..end).chain(filling).chain(PAGE_BYTES..good.len()) {
        for bit in [1 << (at % 8), 0xff] {
            let mut bad = good.clone();
            bad[at] ^= bit;
            assert!(open(folder.path(), &bad).is_err(), "byte {at}");
        }
    }
}

#[test]
fn every_length_but_its_own_is_refused() {
    let (folder, good) = (folder(), bytes(&writer()));
    let within = (HEADER_BYTES..PAGE_BYTES).step_by(1777);
    for length in (0..HEADER_BYTES).chain(within).chain(PAGE_BYTES - 1..good.len()) {
        let error = open(folder.path(), &good[..length]).expect_err("it is too short");
        assert!(matches!(error, AotErrorKind::Truncated { .. }), "{length}: {error}");
    }
    let longer = [&good[..], &[0]].concat();
    assert!(matches!(open(folder.path(), &longer), Err(AotErrorKind::TooLong { .. })));
}

#[test]
fn what_is_no_such_file_is_refused() {
    let folder = folder();
    let text = b"{\"contracts\": {}}".repeat(20_000);
    assert!(matches!(open(folder.path(), &text), Err(AotErrorKind::NotNativeCode)));
    let mut newer = bytes(&writer());
    newer[8] += 1;
    assert!(matches!(open(folder.path(), &newer), Err(AotErrorKind::OtherFormat(2))));
    let path = writer().write(folder.path()).unwrap();
    let error = AotImage::open_for(&path, &Fingerprint([8; 32])).expect_err("it is another's");
    let AotErrorKind::OtherFingerprint { found, own } = &error.kind else { panic!("{error}") };
    assert_eq!((found.0, own.0), ([7; 32], [8; 32]));
    assert!(error.to_string().contains("another build"), "{error}");
    let missing = AotImage::open_for(&folder.path().join("missing"), &OWN).expect_err("none");
    assert!(matches!(missing.kind, AotErrorKind::Read(_)), "{missing}");
}

/// A file with this table and a hash that is right.
fn with_table(programs: u32, table: &[u8], code: &[u8]) -> Vec<u8> {
    let mut header = Header {
        programs,
        fingerprint: OWN,
        hash: [0; 32],
        table_bytes: table.len(),
        code_bytes: code.len(),
    };
    let front = |header: Header| {
        let mut front = [&header.to_bytes(), table].concat();
        front.resize(header.code_offset(), 0);
        front
    };
    header.hash = hash_of(&front(header), code);
    [&front(header), code].concat()
}

/// What is wrong with a table whose hash is right.
fn wrong(programs: u32, table: &[u8]) -> &'static str {
    match open(folder().path(), &with_table(programs, table, &[0; 256])) {
        Err(AotErrorKind::Malformed(what)) => what,
        other => panic!("{other:?}"),
    }
}

fn stored(begin: usize, end: usize, entries: &[CodeEntry]) -> Stored {
    Stored { code: begin..end, entries: entries.to_vec() }
}

fn table(programs: &[(VersionedHash, Stored)]) -> Vec<u8> {
    write_table(&programs.iter().cloned().collect::<Table>())
}

#[test]
fn tables_that_contradict_themselves_are_refused() {
    let one =
        |begin, end, entries: &[CodeEntry]| table(&[(hash(1, 1), stored(begin, end, entries))]);
    let good = one(0, 256, &[entry(3, 224)]);
    open(folder().path(), &with_table(1, &good, &[0; 256])).expect("it is good");
    assert!(wrong(1, &one(0, 256, &[entry(4, 0)])).contains("at no instruction"));
    assert!(wrong(1, &one(0, 32, &[entry(0, 32)])).contains("an entry is outside"));
    assert!(wrong(1, &one(0, 256, &[entry(0, 31)])).contains("an entry is outside"));
    assert!(wrong(1, &one(0, 257, &[])).contains("outside"));
    assert!(wrong(1, &one(288, 288, &[])).contains("outside"));
    assert!(wrong(1, &one(16, 32, &[])).contains("not aligned"));
    let overlapping = [(hash(1, 1), stored(0, 64, &[])), (hash(2, 1), stored(32, 96, &[]))];
    assert!(wrong(2, &table(&overlapping)).contains("that of another"));
    assert!(wrong(0, &[]).contains("more or fewer"));
    assert!(wrong(0, &good).contains("more or fewer"));
    assert!(wrong(2, &good).contains("the table ends"));
    assert!(wrong(1, &[&good[..], &[0]].concat()).contains("more or fewer"));
    assert!(wrong(1, &good[..good.len() - 1]).contains("the table ends"));
    assert!(wrong(2, &[&good[..], &good].concat()).contains("that of another"));
    let empty = one(0, 0, &[]);
    assert!(wrong(2, &[&empty[..], &empty].concat()).contains("order"));
    let foreign = VersionedHash([2; 32]);
    assert!(wrong(1, &table(&[(foreign, stored(0, 64, &[entry(0, 0)]))])).contains("a hash"));
}

/// Numbers of everything that may be anything are not believed, and no memory is taken for them.
#[test]
fn huge_numbers_are_refused() {
    let good = table(&[(hash(1, 1), stored(0, 256, &[entry(3, 224)]))]);
    for (at, bytes) in [(32, 8), (40, 8), (48, 4)] {
        let mut table = good.clone();
        table[at..at + bytes].fill(0xff);
        wrong(1, &table);
    }
    wrong(u32::MAX, &good);
    for at in [80, 88] {
        let mut file = with_table(1, &good, &[0; 256]);
        file[at..at + 8].fill(0xff);
        let error = open(folder().path(), &file).expect_err("it is too large");
        assert!(matches!(error, AotErrorKind::TooLarge(u64::MAX)), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn what_others_may_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = writer().write(folder.path()).unwrap();
    let chmod =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for (mode, is_refused) in [(0o664, true), (0o646, true), (0o600, false), (0o444, false)] {
        chmod(&path, mode);
        match AotImage::open_for(&path, &OWN).map_err(|error| error.kind) {
            Err(AotErrorKind::WritableByOthers(found)) if is_refused => {
                assert_eq!(found & 0o777, mode);
            }
            Ok(_) if !is_refused => {}
            other => panic!("{mode:o}: {other:?}"),
        }
    }
    chmod(folder.path(), 0o770);
    let error = writer().write(folder.path()).expect_err("others may write the folder");
    assert!(matches!(error.kind, AotErrorKind::WritableByOthers(_)), "{error}");
    assert!(error.to_string().contains("permissions 770"), "{error}");
}

/// Folders as a compiler for this machine opens them.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod folders {
    use super::*;
    use crate::{Compiler, Limits, Options};

    fn compiler(options: Options) -> Compiler {
        Compiler::new(options).expect("a machine that is supported")
    }

    #[test]
    fn fingerprints_depend_on_what_code_depends_on() {
        let options = Options { verify: false, ..Options::default() };
        let own = compiler(options).fingerprint();
        assert_eq!(compiler(Options { verify: true, ..options }).fingerprint(), own);
        let others = [
            Options { single_pass: true, ..options },
            Options { limits: Limits { region: 100, ..options.limits }, ..options },
            Options { limits: Limits { forced_exits: true, ..options.limits }, ..options },
        ];
        for other in others {
            assert_ne!(compiler(other).fingerprint(), own, "{other:?}");
        }
    }

    #[test]
    fn files_of_other_builds_are_passed_over() {
        let (folder, compiler) = (folder(), compiler(Options::default()));
        let images = || AotImage::open_folder(folder.path(), &compiler);
        assert!(matches!(images().expect_err("empty").kind, AotErrorKind::Empty));
        fs::write(folder.path().join("README"), "no native code").unwrap();
        assert!(matches!(images().expect_err("nothing of ours").kind, AotErrorKind::Empty));
        let other = writer().write(folder.path()).unwrap();
        let error = images().expect_err("another's");
        assert!(matches!(error.kind, AotErrorKind::OtherFingerprint { .. }), "{error}");
        assert_eq!(error.path, other);
        let mut own = AotWriter::new(&compiler);
        own.add_as(hash(3, 3), native(32, &[entry(0, 0)]));
        let own = own.write(folder.path()).unwrap();
        let paths: Vec<_> = images().unwrap().iter().map(|it| it.path().to_owned()).collect();
        assert_eq!(paths, std::slice::from_ref(&own));
        let mut bytes = fs::read(&own).unwrap();
        bytes[PAGE_BYTES] ^= 1;
        put(&own, &bytes);
        let error = images().expect_err("damaged");
        assert!(matches!(error.kind, AotErrorKind::Damaged), "{error}");
    }
}
