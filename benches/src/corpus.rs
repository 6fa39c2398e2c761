//! Real bytecodes and batches, kept outside the project.

use flate2::read::GzDecoder;
use serde_json::Value;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The folder of the corpora: the one that `ERAVM_CORPUS` names, else `shared/corpus` beside the workspace. `None` if
/// there is none.
pub fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("ERAVM_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
        PathBuf::from,
    );
    folder.is_dir().then_some(folder)
}

/// The largest contract of the corpora: `EcPairing` of protocol 27, 122 464 bytes.
///
/// # Errors
/// If its archive cannot be read or does not contain it.
pub fn largest_contract(corpus: &Path) -> io::Result<Vec<u8>> {
    const ARCHIVE: &str = "contracts/v27.tar.gz";
    const ARTIFACT: &str = "contracts/system-contracts/zkout/EcPairing.yul/EcPairing.json";
    let archive = File::open(corpus.join(ARCHIVE))?;
    let mut archive = tar::Archive::new(GzDecoder::new(archive));
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.path()?.ends_with(ARTIFACT) {
            let mut json = Vec::new();
            entry.read_to_end(&mut json)?;
            let artifact: Value = serde_json::from_slice(&json)?;
            let code = artifact["bytecode"]["object"].as_str().and_then(unhex);
            return code.ok_or_else(|| io::Error::other(format!("{ARTIFACT} holds no bytecode")));
        }
    }
    Err(io::Error::other(format!("{ARCHIVE} does not contain {ARTIFACT}")))
}

/// The bytes of a hexadecimal string.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some((digit(*high)? << 4 | digit(*low)?) as u8)).collect()
}

/// The bytecodes of the network's own VM benchmark, as that deploys them: name and code.
///
/// The files have any length: code is as much of each as makes an odd number of words.
///
/// # Errors
/// If a file cannot be read.
pub fn vm_benchmark(corpus: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(corpus.join("vm-benchmark"))? {
        let entry = entry?;
        let mut code = std::fs::read(entry.path())?;
        let words = code.len() / 32;
        code.truncate((words - usize::from(words % 2 == 0 && words > 0)) * 32);
        all.push((entry.file_name().to_string_lossy().into_owned(), code));
    }
    all.sort_unstable();
    Ok(all)
}
