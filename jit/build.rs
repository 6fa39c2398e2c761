//! Names the sources that native code depends on: those of this crate and of the machine, the versions of all that they are built of,
//! and the compiler, which lays out the machine's structures. Code in files is used by a build with the same name only.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// FNV-1a with 128 bits. It tells builds apart, and protects from nobody.
struct Fnv(u128);

impl Fnv {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

    /// Adds bytes and their number, so that what follows cannot be taken for a part of them.
    fn add(&mut self, bytes: &[u8]) {
        for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(Self::PRIME);
        }
    }
}

/// All files of a folder and of those in it, in an order that is the same everywhere.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<_> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.sort();
    let mut all = Vec::new();
    for entry in entries {
        if entry.is_dir() {
            all.extend(files(&entry)?);
        } else {
            all.push(entry);
        }
    }
    Ok(all)
}

fn main() -> io::Result<()> {
    let mut hash = Fnv(Fnv::BASIS);
    for folder in ["src", "../core/src"] {
        println!("cargo::rerun-if-changed={folder}");
        for file in files(folder.as_ref())? {
            hash.add(file.to_string_lossy().replace('\\', "/").as_bytes());
            hash.add(&fs::read(&file)?);
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    // Where this is part of another workspace, that one's lock file is not to be found from here; Cranelift tells its version itself.
    println!("cargo::rerun-if-changed=../Cargo.lock");
    hash.add(&fs::read("../Cargo.lock").unwrap_or_default());
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    hash.add(&Command::new(compiler).arg("-vV").output()?.stdout);
    println!("cargo::rustc-env=ERAVM_JIT_SOURCES={:032x}", hash.0);
    Ok(())
}
